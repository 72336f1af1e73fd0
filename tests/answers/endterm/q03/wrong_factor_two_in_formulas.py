# loses: q03-unbiased-test
# The 2 of the square does not meet the 1/2 of the loss.
# %% q03-unbiased
sample_derivative = "2*x*(w*x - y)"
expected_derivative = "2/3*(x1*(w*x1 - y1) + x2*(w*x2 - y2) + x3*(w*x3 - y3))"
