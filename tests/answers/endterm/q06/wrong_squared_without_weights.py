# loses: q06-squared-test
# The sum lacks the probabilities as weights.
# %% q06-squared
gradient_squared_softmax = "2*p1*((p1 - y1) - ((p1 - y1) + (p2 - y2) + (p3 - y3)))"
