# loses: q03-sample-test q03-unbiased-test
# The factor x_i of the chain rule is missing in the single sample's gradient and in its formulas.
# %% q03-gradients
def batch_gradient(X, y, w):
    return X.T @ (X @ w - y) / len(y)

def sample_gradient(X, y, w, i):
    return X[i] @ w - y[i]
# %% q03-unbiased
sample_derivative = "w*x - y"
expected_derivative = "(w*(x1 + x2 + x3) - y1 - y2 - y3)/3"
