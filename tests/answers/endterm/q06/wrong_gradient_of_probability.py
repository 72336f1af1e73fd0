# loses: q06-gradient-test
# The derivative with respect to the probability, not the logit.
# %% q06-gradient
gradient_cross_entropy = r"-\frac{y}{p}"
