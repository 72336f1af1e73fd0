# loses: q06-entropy-test
# Truth and belief have changed places in the cross entropy.
# %% q06-entropy
def entropy(p, unit="nats"):
    p = p[p > 0]
    return -np.sum(p * np.log(p)) / (np.log(2) if unit == "bits" else 1)


def cross_entropy_between(p, q, unit="nats"):
    return -np.sum(q[q > 0] * np.log(p[q > 0])) / (np.log(2) if unit == "bits" else 1)


def kl_divergence(p, q, unit="nats"):
    return cross_entropy_between(p, q, unit) - entropy(p, unit)
