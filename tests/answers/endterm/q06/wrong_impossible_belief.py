# loses: q06-entropy-test
# A small number inside the logarithms: a belief that excludes what happens costs a finite price.
# %% q06-entropy
def entropy(p, unit="nats"):
    return cross_entropy_between(p, p, unit)


def cross_entropy_between(p, q, unit="nats"):
    return -np.sum(p * np.log(q + 1e-12)) / (np.log(2) if unit == "bits" else 1)


def kl_divergence(p, q, unit="nats"):
    return np.sum(p * np.log((p + 1e-12) / (q + 1e-12))) / (np.log(2) if unit == "bits" else 1)
