# loses: q03-batch-test
# The sum over the samples where the mean was asked for.
# %% q03-gradients
def batch_gradient(X, y, w):
    return X.T @ (X @ w - y)

def sample_gradient(X, y, w, i):
    return (X[i] @ w - y[i]) * X[i]
