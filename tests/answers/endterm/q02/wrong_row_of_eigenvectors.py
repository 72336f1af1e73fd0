# loses: q02-pca-test
# A row of the matrix of eigenvectors; for two features of equal variance it looks right.
# %% q02-pca
def pca_1d(X):
    mean = X.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(X.T))
    w = vectors[-1]
    return mean, w, (X - mean) @ w, values[-1] / values.sum()
