# loses: q05-memory-test
# The share 1 - beta is missing in the weight.
# %% q05-memory
weight_of_gradient = "beta**(t - i)"
sum_of_weights = "(1 - beta**t)/(1 - beta)"
