# loses: q08-wanted-test
# The second goal is twice the first.
# %% q08-wanted
wanted = np.array([[1.0, -1.0], [2.0, -2.0]])
two_steps = [(-1.0, np.array([2.0, 1.0])), (1.0, np.array([1.0, 2.0]))]
