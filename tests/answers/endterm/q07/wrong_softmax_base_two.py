# loses: q07-softmax-test
# Powers of 2; the Jacobian in terms of these p is carried on rightly, and costs nothing more.
# %% q07-softmax
def softmax(z):
    weights = 2.0 ** (z - np.max(z))
    return weights / weights.sum()


def softmax_jacobian(z):
    p = softmax(z)
    return np.diag(p) - np.outer(p, p)
