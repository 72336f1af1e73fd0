# loses: q01-shares-test
# The k singular values themselves are not counted as storage.
# %% q01-measures
def truncation_error(sigma, k):
    return np.sqrt(np.sum(sigma[k:] ** 2))

def energy(sigma, k):
    return np.sum(sigma[:k] ** 2) / np.sum(sigma**2)

def storage_ratio(m, n, k):
    return k * (m + n) / (m * n)
