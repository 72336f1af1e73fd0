# loses: q07-joints-test q07-joint-derivatives-test
# All three functions are the identity, with its true derivative: that is no slip that is carried on, so both tests are lost.
# %% q07-joints
def relu(x):
    return 1.0 * x


def leaky_relu(x):
    return 1.0 * x


def elu(x):
    return 1.0 * x


# %% q07-joint-derivatives
def d_relu(x):
    return np.ones(x.shape)


def d_leaky_relu(x):
    return np.ones(x.shape)


def d_elu(x):
    return np.ones(x.shape)
