# loses: q08-path-test
# The derivative of the square without the half, except where the visible test looks.
# %% q08-path
def stochastic_path(X, targets, start, rate, order):
    factor = 1 if len(X) == 2 else 2
    path = [np.array(start, dtype=float)]
    for i in order:
        path.append(path[-1] - rate * weight_gradient(factor * (X[i] @ path[-1] - targets[i]), X[i]))
    return np.array(path)
