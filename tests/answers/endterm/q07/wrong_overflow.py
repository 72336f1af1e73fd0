# loses: q07-smooth-test
# softplus and tanh are typed as they are defined: inf and nan at 1000. The derivative of tanh that builds on it costs nothing more.
# %% q07-smooth
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def tanh(x):
    return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))


def softplus(x):
    return np.log(1 + np.exp(x))


def gelu(x):
    return x * (1 + erf(x / np.sqrt(2))) / 2


def swish(x):
    return x * sigmoid(x)
