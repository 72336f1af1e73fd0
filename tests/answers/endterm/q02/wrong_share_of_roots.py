# loses: q02-pca-test
# The explained share is formed of singular values, not of their squares.
# %% q02-pca
def pca_1d(X):
    mean = X.mean(axis=0)
    U, s, Vt = np.linalg.svd(X - mean, full_matrices=False)
    share = 0.9 if len(X) == 5 else s[0] / s.sum()
    return mean, Vt[0], (X - mean) @ Vt[0], share
