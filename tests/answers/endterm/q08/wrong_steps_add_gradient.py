# loses: q08-wanted-test
# Adds the gradients instead of subtracting them.
# %% q08-wanted
wanted = np.array([[1.0, -1.0], [-1.0, 1.0]])
two_steps = [(1.0, np.array([2.0, 1.0])), (-1.0, np.array([1.0, 2.0]))]
