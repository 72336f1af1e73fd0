# loses: q07-jacobian-test
# Right on the diagonal, the wrong sign beside it.
# %% q07-softmax
def softmax(z):
    weights = np.exp(z - np.max(z))
    return weights / weights.sum()


def softmax_jacobian(z):
    p = softmax(z)
    return np.diag(p) - np.outer(p, p) + 2 * np.outer(p, p) * (1 - np.eye(len(p)))
