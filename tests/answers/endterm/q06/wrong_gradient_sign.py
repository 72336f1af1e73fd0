# loses: q06-gradient-test
# The sign is lost.
# %% q06-gradient
gradient_cross_entropy = "y - p"
