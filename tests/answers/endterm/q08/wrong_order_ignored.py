# loses: q08-path-test
# Goes through the samples one after the other, whatever order says.
# %% q08-path
def stochastic_path(X, targets, start, rate, order):
    path = [np.array(start, dtype=float)]
    for step in range(len(order)):
        i = step % len(X)
        path.append(path[-1] - rate * weight_gradient(X[i] @ path[-1] - targets[i], X[i]))
    return np.array(path)
