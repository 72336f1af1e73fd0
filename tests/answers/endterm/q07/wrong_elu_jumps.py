# loses: q07-joints-test
# ELU without the -1: it jumps from 1 down to 0 at the joint.
# %% q07-joints
def relu(x):
    return np.maximum(x, 0.0)


def leaky_relu(x):
    return np.where(x > 0, x, 0.01 * x)


def elu(x):
    return np.where(x > 0, x, np.exp(np.minimum(x, 0)))
