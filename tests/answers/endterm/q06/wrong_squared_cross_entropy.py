# loses: q06-squared-test
# The derivative of cross entropy for that of squared error.
# %% q06-squared
gradient_squared_softmax = "p1 - y1"
