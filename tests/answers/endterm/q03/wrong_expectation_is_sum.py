# loses: q03-unbiased-test
# The expectation is given as the sum of the three derivatives.
# %% q03-unbiased
sample_derivative = "x*(w*x - y)"
expected_derivative = "x1*(w*x1 - y1) + x2*(w*x2 - y2) + x3*(w*x3 - y3)"
