# loses: q05-loop-test
# The steps are counted from 0.
# %% q05-loop
def minimise(grad, theta0, step, steps):
    theta = np.array(theta0, dtype=float)
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    iterates = [theta]
    for t in range(steps):
        theta, m, v = step(theta, grad(theta), m, v, t)
        iterates.append(theta)
    return np.array(iterates)
