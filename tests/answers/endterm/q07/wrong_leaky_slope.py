# loses: q07-joints-test
# Leaky ReLU with slope 0.1 on the left; the derivative is carried on rightly and costs nothing more.
# %% q07-joints
def relu(x):
    return np.maximum(x, 0.0)


def leaky_relu(x):
    return np.where(x > 0, x, 0.1 * x)


def elu(x):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


# %% q07-joint-derivatives
def d_relu(x):
    return np.where(x > 0, 1.0, 0.0)


def d_leaky_relu(x):
    return np.where(x > 0, 1.0, 0.1)


def d_elu(x):
    return np.where(x > 0, 1.0, np.exp(np.minimum(x, 0)))
