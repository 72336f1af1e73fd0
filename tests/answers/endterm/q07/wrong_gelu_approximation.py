# loses: q07-smooth-test
# GELU by the approximation with tanh; the derivative belongs to it, and costs nothing more.
# %% q07-smooth
def sigmoid(x):
    return np.exp(-np.logaddexp(0, -x))


def tanh(x):
    return np.tanh(x)


def softplus(x):
    return np.logaddexp(0, x)


def gelu(x):
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def swish(x):
    return x * sigmoid(x)

# %% q07-smooth-derivatives
def d_sigmoid(x):
    return sigmoid(x) * (1 - sigmoid(x))


def d_tanh(x):
    return 1 - tanh(x) ** 2


def d_softplus(x):
    return sigmoid(x)


def d_gelu(x):
    inner, slope = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3), np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2)
    return (1 + np.tanh(inner)) / 2 + x / 2 * (1 - np.tanh(inner) ** 2) * slope


def d_swish(x):
    return sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x))
