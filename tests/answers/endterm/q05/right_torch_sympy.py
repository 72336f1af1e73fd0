# Tensors throughout; formulas by sympy; m and v start as plain zeros of the library.
# %% q05-adam
def adam_step(theta, g, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    theta, g, m, v = (torch.as_tensor(part).clone() for part in (theta, g, m, v))
    m.mul_(beta1).add_(g, alpha=1 - beta1)
    v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
    denominator = (v / (1 - beta2**t)).sqrt().add(eps)
    return theta.addcdiv(m / (1 - beta1**t), denominator, value=-lr), m, v
# %% q05-memory
beta, t, i = sympy.symbols("beta t i", positive=True)
weight_of_gradient = (1 - beta) * beta ** (t - i)
sum_of_weights = 1 - beta**t
# %% q05-first
eta, g, epsilon = sympy.symbols("eta g epsilon", real=True)
first_change = -eta * g / (sympy.sqrt(g**2) + epsilon)
uncorrected_size = np.float64(0.1) / np.sqrt(0.001)
# %% q05-loop
def minimise(grad, theta0, step, steps):
    theta = np.asarray(theta0, dtype=np.float64)
    m = v = np.zeros(theta.shape)
    iterates = np.empty((steps + 1, *theta.shape))
    iterates[0] = theta
    for k in range(steps):
        theta, m, v = step(theta, grad(theta), m, v, k + 1)
        iterates[k + 1] = theta
    return torch.tensor(iterates)
