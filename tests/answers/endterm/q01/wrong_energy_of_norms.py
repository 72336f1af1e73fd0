# loses: q01-shares-test
# Energy as a ratio of norms: the root was not left out. The example reports what this function says.
# %% q01-measures
def truncation_error(sigma, k):
    return np.linalg.norm(sigma[k:])

def energy(sigma, k):
    return np.linalg.norm(sigma[:k]) / np.linalg.norm(sigma)

def storage_ratio(m, n, k):
    return k * (m + n + 1) / (m * n)
