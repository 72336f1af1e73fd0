# loses: q05-memory-test
# The weights of a mean are taken to add up to 1 from the start.
# %% q05-memory
weight_of_gradient = "(1 - beta)*beta**(t - i)"
sum_of_weights = "1"
