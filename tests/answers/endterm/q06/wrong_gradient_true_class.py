# loses: q06-gradient-test
# Right for the true class only.
# %% q06-gradient
gradient_cross_entropy = "p - 1"
