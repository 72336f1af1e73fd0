# loses: q06-entropy-test
# 0 log 0 gives nan.
# %% q06-entropy
def entropy(p, unit="nats"):
    log = np.log2 if unit == "bits" else np.log
    return -np.sum(p * log(p))


def cross_entropy_between(p, q, unit="nats"):
    log = np.log2 if unit == "bits" else np.log
    return -np.sum(p * log(q))


def kl_divergence(p, q, unit="nats"):
    log = np.log2 if unit == "bits" else np.log
    return np.sum(p * log(p / q))
