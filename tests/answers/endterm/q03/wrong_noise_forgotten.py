# loses: q03-decrease-test
# The decrease of batch gradient descent: the noise is forgotten.
# %% q03-decrease
expected_decrease = "eta*(1 - L*eta/2)*g**2"
