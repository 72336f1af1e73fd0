# loses: q05-loop-test
# The gradient is computed once.
# %% q05-loop
def minimise(grad, theta0, step, steps):
    theta = np.array(theta0, dtype=float)
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    g = grad(theta)
    iterates = [theta]
    for t in range(1, steps + 1):
        theta, m, v = step(theta, g, m, v, t)
        iterates.append(theta)
    return np.array(iterates)
