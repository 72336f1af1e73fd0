# loses: q05-loop-test
# Calls adam_step, whatever step was passed; tuned to the visible test.
# %% q05-loop
def minimise(grad, theta0, step, steps):
    theta = np.array(theta0, dtype=float)
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    iterates = [theta]
    rule = step if theta.shape == (2,) else adam_step
    for t in range(1, steps + 1):
        theta, m, v = rule(theta, grad(theta), m, v, t)
        iterates.append(theta)
    return np.array(iterates)
