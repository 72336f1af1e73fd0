# loses: q08-path-test
# Uses the gradient of all samples in every step: no stochastic steps at all. The visible test's short path is taken one by one.
# %% q08-path
def stochastic_path(X, targets, start, rate, order):
    path = [np.array(start, dtype=float)]
    for i in order:
        slope = (X[i] @ path[-1] - targets[i]) * X[i] if len(X) == 2 else X.T @ (X @ path[-1] - targets) / len(X)
        path.append(path[-1] - rate * slope)
    return np.array(path)
