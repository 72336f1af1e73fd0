# loses: q06-entropy-test
# Bits whatever the unit is.
# %% q06-entropy
def entropy(p, unit="nats"):
    p = p[p > 0]
    return -np.sum(p * np.log2(p))


def cross_entropy_between(p, q, unit="nats"):
    return -np.sum(p[p > 0] * np.log2(q[p > 0]))


def kl_divergence(p, q, unit="nats"):
    return cross_entropy_between(p, q, unit) - entropy(p, unit)
