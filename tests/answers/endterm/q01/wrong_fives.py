# loses: q01-hand-test
# The rank-one term is made from vectors that were not divided by their lengths: fives for 2.5.
# %% q01-hand
hand_singular_values = np.array([5.0, 3.0])
hand_rank_one = 5 * np.outer([1, 1, 0], [1, 1])
