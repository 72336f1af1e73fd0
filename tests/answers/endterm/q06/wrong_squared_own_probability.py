# loses: q06-squared-test
# Softmax is differentiated like a sigmoid.
# %% q06-squared
gradient_squared_softmax = "2*(p1 - y1)*p1*(1 - p1)"
