# loses: q07-softmax-test
# Overflow is avoided by cutting the logits off: large ones then look equal.
# %% q07-softmax
def softmax(z):
    weights = np.exp(np.clip(z, -500, 500))
    return weights / weights.sum()


def softmax_jacobian(z):
    p = softmax(z)
    return np.diag(p) - np.outer(p, p)
