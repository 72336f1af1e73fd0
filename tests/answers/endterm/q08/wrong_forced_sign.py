# loses: q08-gradient-test
# Forces the sign of delta on all components, whatever the inputs are.
# %% q08-gradient
def weight_gradient(delta, x):
    return delta * np.abs(np.asarray(x))
# %% q08-path
def stochastic_path(X, targets, start, rate, order):
    path = [np.array(start, dtype=float)]
    for i in order:
        path.append(path[-1] - rate * (X[i] @ path[-1] - targets[i]) * X[i])
    return np.array(path)
