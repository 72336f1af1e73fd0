# Loops and the math module; formulas as sympy expressions, the last one term by term and with p2 + p3 for 1 - p1.
# %% q06-softmax
import math


def softmax(z):
    z = np.asarray(z, float)
    out = np.zeros(z.shape)
    for place in np.ndindex(*z.shape[:-1]):
        row = [math.exp(v - max(z[place])) for v in z[place]]
        out[place] = [v / sum(row) for v in row]
    return out
# %% q06-loss
def cross_entropy(logits, labels):
    total = 0.0
    for row, c in zip(logits.tolist(), labels.tolist()):
        top = max(row)
        total += top + math.log(sum(math.exp(v - top) for v in row)) - row[c]
    return total / len(labels)
# %% q06-gradient
p, y = sympy.symbols("p y")
gradient_cross_entropy = -y * (1 - p) + (1 - y) * p
# %% q06-sigmoid
z = sympy.Symbol("z")
gradient_squared_sigmoid = sympy.diff((1 / (1 + sympy.exp(-z)) - y) ** 2, z)
# %% q06-squared
p1, p2, p3, y1, y2, y3 = sympy.symbols("p1:4 y1:4")
gradient_squared_softmax = 2 * (p1 - y1) * p1 * (p2 + p3) - 2 * (p2 - y2) * p1 * p2 - 2 * (p3 - y3) * p1 * p3
# %% q06-entropy
def entropy(p, unit="nats"):
    log = math.log2 if unit == "bits" else math.log
    return -sum(a * log(a) for a in p if a > 0)


def cross_entropy_between(p, q, unit="nats"):
    log = math.log2 if unit == "bits" else math.log
    if any(a > 0 and b == 0 for a, b in zip(p, q)):
        return math.inf
    return -sum(a * log(b) for a, b in zip(p, q) if a > 0)


def kl_divergence(p, q, unit="nats"):
    return cross_entropy_between(p, q, unit) - entropy(p, unit)
