# loses: q07-joint-derivatives-test
# ReLU's derivative as (1 + x/|x|)/2: nan at the corner.
# %% q07-joint-derivatives
def d_relu(x):
    return (1 + x / np.abs(x)) / 2


def d_leaky_relu(x):
    return np.where(x > 0, 1.0, 0.01)


def d_elu(x):
    return np.where(x > 0, 1.0, np.exp(np.minimum(x, 0)))
