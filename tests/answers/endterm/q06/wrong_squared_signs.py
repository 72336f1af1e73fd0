# loses: q06-squared-test
# The other probabilities are taken to rise with the first logit.
# %% q06-squared
gradient_squared_softmax = "2*(p1 - y1)*p1*(1 - p1) + 2*(p2 - y2)*p1*p2 + 2*(p3 - y3)*p1*p3"
