# loses: q08-wanted-test
# The way round uses a negative input, which no sigmoid gives.
# %% q08-wanted
wanted = np.array([[1.0, -1.0], [-1.0, 1.0]])
two_steps = [(-1.0, np.array([0.5, -0.5])), (-1.0, np.array([0.5, -0.5]))]
