# loses: q07-smooth-derivatives-test
# The derivative of softplus mirrored: 1/(1 + exp(x)) for exp(x)/(1 + exp(x)).
# %% q07-smooth-derivatives
def d_sigmoid(x):
    return sigmoid(x) * (1 - sigmoid(x))


def d_tanh(x):
    return 1 - tanh(x) ** 2


def d_softplus(x):
    return sigmoid(-x)


def d_gelu(x):
    return (1 + erf(x / np.sqrt(2))) / 2 + x * np.exp(-np.square(x) / 2) / np.sqrt(2 * np.pi)


def d_swish(x):
    return sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x))
