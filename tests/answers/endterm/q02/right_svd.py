# By the SVD of the centred data; the other sign; eigenvalues as sympy expressions.
# %% q02-data
data_mean = [8, 8.5]
data_covariance = [[14, -11], [-11, 23]]
data_explained = 0.8212
data_direction = [0.5574, -0.8303]
data_scores = [-4.3052, 3.7361, 5.6928, -5.1238]
# %% q02-eigenvalues
lam = sympy.symbols("lam")
roots = sympy.solve(lam**2 - 37 * lam + 201, lam)
eigenvalues_exact = [max(roots), min(roots)]
# %% q02-pca
def pca_1d(X):
    mu = np.mean(X, axis=0)
    U, s, Vt = np.linalg.svd(X - mu, full_matrices=False)
    return mu, -Vt[0], -U[:, 0] * s[0], s[0] ** 2 / np.sum(s**2)
