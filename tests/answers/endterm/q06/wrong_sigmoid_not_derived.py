# loses: q06-sigmoid-test
# The derivative of the sigmoid is missing.
# %% q06-sigmoid
gradient_squared_sigmoid = "2*(p - y)"
