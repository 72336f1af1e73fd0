# loses: q03-weight-test
# Unbiased for the sum, not for the mean.
# %% q03-weight
weight = "1/p"
