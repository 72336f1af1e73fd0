# loses: q07-joint-derivatives-test
# ELU's derivative off by alpha: the function itself on the left.
# %% q07-joint-derivatives
def d_relu(x):
    return np.where(x > 0, 1.0, 0.0)


def d_leaky_relu(x):
    return np.where(x > 0, 1.0, 0.01)


def d_elu(x):
    return np.where(x > 0, 1.0, np.expm1(np.minimum(x, 0)))
