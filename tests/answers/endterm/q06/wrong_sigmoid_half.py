# loses: q06-sigmoid-test
# The factor 2 of the square is lost.
# %% q06-sigmoid
gradient_squared_sigmoid = r"(p - y) \cdot p \cdot (1 - p)"
