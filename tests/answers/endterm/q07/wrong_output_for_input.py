# loses: q07-smooth-derivatives-test
# sigmoid's derivative as programs write it that keep the output: s (1 - s) with x put in for s.
# %% q07-smooth-derivatives
def d_sigmoid(x):
    return x * (1 - x)


def d_tanh(x):
    return 1 - tanh(x) ** 2


def d_softplus(x):
    return sigmoid(x)


def d_gelu(x):
    return (1 + erf(x / np.sqrt(2))) / 2 + x * np.exp(-np.square(x) / 2) / np.sqrt(2 * np.pi)


def d_swish(x):
    return sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x))
