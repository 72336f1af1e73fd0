# loses: q03-sample-test
# The gradient of a sample is divided by N: its sum, not its mean, would be the full gradient.
# %% q03-gradients
def batch_gradient(X, y, w):
    return X.T @ (X @ w - y) / len(y)

def sample_gradient(X, y, w, i):
    return (X[i] @ w - y[i]) * X[i] / len(y)
