# loses: q05-loop-test
# Returns the last point, not the walk.
# %% q05-loop
def minimise(grad, theta0, step, steps):
    theta = np.array(theta0, dtype=float)
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for t in range(1, steps + 1):
        theta, m, v = step(theta, grad(theta), m, v, t)
    return theta
