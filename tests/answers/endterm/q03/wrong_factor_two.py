# loses: q03-batch-test
# The loss without its 1/2, in both gradients: paid once.
# %% q03-gradients
def batch_gradient(X, y, w):
    return 2 * X.T @ (X @ w - y) / len(y)

def sample_gradient(X, y, w, i):
    return 2 * (X[i] @ w - y[i]) * X[i]
