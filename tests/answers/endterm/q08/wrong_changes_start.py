# loses: q08-path-test
# Walks with the caller's own array.
# %% q08-path
def stochastic_path(X, targets, start, rate, order):
    w = start
    path = [w.copy()]
    for i in order:
        w -= rate * weight_gradient(X[i] @ w - targets[i], X[i])
        path.append(w.copy())
    return np.array(path)
