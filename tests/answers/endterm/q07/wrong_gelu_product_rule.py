# loses: q07-smooth-derivatives-test
# Only the first factor of x Phi(x) is differentiated.
# %% q07-smooth-derivatives
def d_sigmoid(x):
    return sigmoid(x) * (1 - sigmoid(x))


def d_tanh(x):
    return 1 - tanh(x) ** 2


def d_softplus(x):
    return sigmoid(x)


def d_gelu(x):
    return (1 + erf(x / np.sqrt(2))) / 2


def d_swish(x):
    return sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x))
