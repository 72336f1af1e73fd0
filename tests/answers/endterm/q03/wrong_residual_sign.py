# loses: q03-batch-test
# Target minus prediction, in both gradients: paid once.
# %% q03-gradients
def batch_gradient(X, y, w):
    return X.T @ (y - X @ w) / len(y)

def sample_gradient(X, y, w, i):
    return (y[i] - X[i] @ w) * X[i]
