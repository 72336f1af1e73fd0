# The corrections moved into the rate and into eps, as the paper suggests; formulas in LaTeX; loop with while.
# %% q05-adam
def adam_step(theta, g, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = m + (1 - beta1) * (g - m)
    v = v + (1 - beta2) * (g * g - v)
    root = np.sqrt(1 - beta2**t)
    return theta - lr * root / (1 - beta1**t) * m / (v**0.5 + eps * root), m, v
# %% q05-memory
weight_of_gradient = r"(1-\beta) \frac{\beta^{t}}{\beta^{i}}"
sum_of_weights = r"1-\beta^t"
# %% q05-first
first_change = r"-\frac{\eta g}{|g| + \epsilon}"
uncorrected_size = 3.162
# %% q05-loop
def minimise(grad, theta0, step, steps):
    walk = [np.array(theta0, float)]
    memory = (0 * walk[0], 0 * walk[0])
    t = 0
    while t < steps:
        t += 1
        theta, *memory = step(walk[-1].copy(), grad(walk[-1].copy()), *memory, t)
        walk.append(np.array(theta))
    return walk
