# loses: q05-loop-test
# m and v are set to 0 inside of the loop.
# %% q05-loop
def minimise(grad, theta0, step, steps):
    theta = np.array(theta0, dtype=float)
    iterates = [theta]
    for t in range(1, steps + 1):
        m, v = np.zeros_like(theta), np.zeros_like(theta)
        theta, m, v = step(theta, grad(theta), m, v, t)
        iterates.append(theta)
    return np.array(iterates)
