# loses: q06-gradient-test
# Only the term k = i of the chain rule.
# %% q06-gradient
gradient_cross_entropy = "y*(p - 1)"
