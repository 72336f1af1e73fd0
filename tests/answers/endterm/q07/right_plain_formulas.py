# The formulas as they stand: exp overflows in places, with a warning, and the values are right all the same; LaTeX and sympy.
# %% q07-smooth
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def tanh(x):
    return 2 / (1 + np.exp(-2 * x)) - 1


def softplus(x):
    return np.where(x > 30, x, np.log(1 + np.exp(x)))


def gelu(x):
    return 0.5 * x * (1.0 + erf(x / math.sqrt(2)))


def swish(x):
    return x / (1 + np.exp(-x))


# %% q07-smooth-derivatives
def d_sigmoid(x):
    s = sigmoid(x)
    return s * (1 - s)


def d_tanh(x):
    return 1 - tanh(x) ** 2


d_softplus = sigmoid


def d_gelu(x):
    return 0.5 * (1.0 + erf(x / math.sqrt(2))) + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


def d_swish(x):
    f, s = swish(x), sigmoid(x)
    return f + s * (1 - f)


# %% q07-joints
relu = lambda x: np.maximum(0, x)


def leaky_relu(x):
    return np.where(x > 0, x, x / 100)


def elu(x):
    return np.where(x > 0, x, np.exp(x) - 1)


# %% q07-joint-derivatives
def d_relu(x):
    return (x > 0).astype(float)


def d_leaky_relu(x):
    return np.clip(np.sign(x), 0.01, 1)


def d_elu(x):
    return np.exp(np.minimum(x, 0.0))


# %% q07-formulas
x = sympy.Symbol("x")
density = sympy.exp(-(x**2) / 2) / sympy.sqrt(2 * sympy.pi)
slope = sympy.diff(x * (1 + sympy.erf(x / sympy.sqrt(2))) / 2, x)
formulas = {
    "sigmoid": r"\sigma'(x) = \sigma(x)\,(1 - \sigma(x))",
    "softplus": r"\frac{1}{1 + e^{-x}}",
    "gelu": slope,
    "gelu_second": sympy.diff(slope, x),
    "gelu_steepest": sympy.sqrt(2),
}
# %% q07-softmax
def softmax(z):
    e = np.exp(z - np.max(z))
    return e / np.sum(e)


def softmax_jacobian(z):
    p = softmax(z)[:, None]
    return p * (np.eye(len(z)) - p.T)


# %% q07-properties
up = math.inf
properties = {
    "sigmoid": {"range": (0, 1), "monotone": True, "smooth": True, "zero_centred": False, "saturating": "both", "lipschitz": 0.25},
    "tanh": {"range": (-1, 1), "monotone": True, "smooth": True, "zero_centred": True, "saturating": "both", "lipschitz": 1},
    "relu": {"range": (0, up), "monotone": True, "smooth": False, "zero_centred": False, "saturating": "left", "lipschitz": 1},
    "leaky_relu": {"range": (-up, up), "monotone": True, "smooth": False, "zero_centred": False, "saturating": "none", "lipschitz": 1},
    "elu": {"range": (-1, up), "monotone": True, "smooth": False, "zero_centred": False, "saturating": "left", "lipschitz": 1},
    "softplus": {"range": (0, up), "monotone": True, "smooth": True, "zero_centred": False, "saturating": "left", "lipschitz": 1},
    "gelu": {"range": (-0.17, up), "monotone": False, "smooth": True, "zero_centred": False, "saturating": "left", "lipschitz": 1.129},
    "swish": {"range": (-0.278, up), "monotone": False, "smooth": True, "zero_centred": False, "saturating": "left", "lipschitz": 1.1},
}
