# loses: q07-joints-test
# The result takes the type of x: for whole numbers the left branch is cut off to 0.
# %% q07-joints
def relu(x):
    return np.maximum(x, 0)


def leaky_relu(x):
    y = np.zeros_like(x)
    y[x > 0] = x[x > 0]
    y[x <= 0] = 0.01 * x[x <= 0]
    return y


def elu(x):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
