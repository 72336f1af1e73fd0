# loses: q01-hand-test
# The eigenvalues 25 and 9 of A^T A are given as the singular values of A.
# %% q01-hand
hand_singular_values = np.array([25.0, 9.0])
hand_rank_one = np.array([[2.5, 2.5], [2.5, 2.5], [0.0, 0.0]])
