# Other formulas for everything, loops where the solution has none, lists and float("inf") in the table.
# %% q07-smooth
def sigmoid(x):
    return 0.5 + 0.5 * np.tanh(np.asarray(x) / 2)


def tanh(x):
    x = np.asarray(x, dtype=float)
    small = np.exp(-2 * np.abs(x))
    return np.sign(x) * (1 - small) / (1 + small)


def softplus(x):
    return np.logaddexp(0.0, x)


def gelu(x):
    x = np.asarray(x, dtype=float)
    return x * np.array([(1 + math.erf(value / math.sqrt(2))) / 2 for value in x.ravel()]).reshape(x.shape)


def swish(x):
    return x * sigmoid(x)


# %% q07-smooth-derivatives
def d_sigmoid(x):
    return 0.25 - (sigmoid(x) - 0.5) ** 2


def d_tanh(x):
    return 4 * d_sigmoid(2 * np.asarray(x))


def d_softplus(x):
    return 1 - sigmoid(-np.asarray(x))


def d_gelu(x):
    x = np.asarray(x, dtype=float)
    return 0.5 * (1 + erf(x / 2**0.5)) + x * np.exp(-x * x / 2) / (2 * np.pi) ** 0.5


def d_swish(x):
    return swish(x) + sigmoid(x) * (1 - swish(x))


# %% q07-joints
def relu(x):
    return x * (x > 0)


def leaky_relu(x):
    return np.maximum(x, 0.01 * x)


def elu(x):
    y = np.array(x, dtype=float)
    y[y < 0] = np.exp(y[y < 0]) - 1
    return y


# %% q07-joint-derivatives
def d_relu(x):
    return 0.5 * (1 + np.sign(x))  # one half at the corner


def d_leaky_relu(x):
    return np.where(x >= 0, 1.0, 0.01)  # the right slope at the corner


def d_elu(x):
    return np.where(x > 0, 1.0, elu(x) + 1)


# %% q07-formulas
formulas = dict(
    sigmoid="exp(-x)/(1 + exp(-x))**2",
    softplus="e^x/(1 + e^x)",
    gelu="(1 + erf(x/sqrt(2)))/2 + x*exp(-x**2/2)/sqrt(2*pi)",
    gelu_second="2*phi(x) - x^2*phi(x)",
    gelu_steepest="2**(1/2)",
)
# %% q07-softmax
def softmax(z):
    z = np.asarray(z, dtype=float)
    return np.array([1 / np.exp(np.minimum(z - one, 700)).sum() for one in z])


def softmax_jacobian(z):
    p = softmax(z)
    J = np.zeros((len(p), len(p)))
    for i in range(len(p)):
        for j in range(len(p)):
            J[i, j] = p[i] * (1 - p[i]) if i == j else -p[i] * p[j]
    return J


# %% q07-properties
fine = np.linspace(-5, 5, 100001)
steep = {"gelu": float(d_gelu(fine).max()), "swish": float(d_swish(fine).max())}
low = {"gelu": float(gelu(fine).min()), "swish": float(swish(fine).min())}
top = float("inf")
properties = {}
for row, (lower, upper, monotone, smooth, odd, side, constant) in {
    "sigmoid": (0, 1, True, True, False, "both", 1 / 4),
    "tanh": (-1, 1, True, True, True, "both", 1.0),
    "relu": (0, top, True, False, False, "left", 1),
    "leaky_relu": (-top, top, True, False, False, "none", 1),
    "elu": (-1, top, True, False, False, "left", 1),
    "softplus": (0, top, True, True, False, "left", 1),
    "gelu": (low["gelu"], top, False, True, False, "left", steep["gelu"]),
    "swish": (low["swish"], top, False, True, False, "left", steep["swish"]),
}.items():
    properties[row] = {"range": [lower, upper], "monotone": monotone, "smooth": smooth, "zero_centred": odd, "saturating": side, "lipschitz": constant}
