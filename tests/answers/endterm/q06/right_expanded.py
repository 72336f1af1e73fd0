# Shift by reduce, one-hot labels, expanded formulas, Greek letter.
# %% q06-softmax
def log_softmax(z):
    top = np.maximum.reduce(z, axis=-1, keepdims=True)
    return z - top - np.log(np.sum(np.exp(z - top), axis=-1, keepdims=True))


def softmax(z):
    return np.exp(log_softmax(np.array(z, dtype=float)))
# %% q06-loss
def cross_entropy(logits, labels):
    one_hot = np.eye(logits.shape[1])[labels]
    return float(np.mean(np.sum(-one_hot * log_softmax(logits), axis=-1)))
# %% q06-gradient
gradient_cross_entropy = "-(y - p)"
# %% q06-sigmoid
gradient_squared_sigmoid = "2*(σ(z) - y)*(σ(z) - σ(z)**2)"
# %% q06-squared
gradient_squared_softmax = "2*(p1 - y1)*p1*(1 - p1) - 2*(p2 - y2)*p1*p2 - 2*(p3 - y3)*p1*p3"
# %% q06-entropy
def cross_entropy_between(p, q, unit="nats"):
    with np.errstate(divide="ignore", invalid="ignore"):
        surprise = np.where(p > 0, -p * np.log(q), 0.0)
    return surprise.sum() * {"nats": 1, "bits": 1 / np.log(2)}[unit]


def entropy(p, unit="nats"):
    return cross_entropy_between(p, p, unit)


def kl_divergence(p, q, unit="nats"):
    return cross_entropy_between(p, q, unit) - entropy(p, unit)
