# loses: q04-descent-test
# Works on the caller's own array.
# %% q04-descent
def gradient_descent(grad, theta0, lr=1e-3, steps=1000):
    theta = np.asarray(theta0)
    if theta.dtype.kind == "i":
        theta = theta.astype(float)
    path = [theta.copy()]
    for _ in range(steps):
        theta[...] = theta - lr * grad(theta)
        path.append(theta.copy())
    return np.array(path)
