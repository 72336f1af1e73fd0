# Automatic differentiation, sympy expressions, and the unbiased variance with its own finite correction.
# %% q03-gradients
import torch


def batch_gradient(X, y, w):
    w = torch.tensor(w, dtype=torch.float64, requires_grad=True)
    loss = 0.5 * torch.mean((torch.tensor(X, dtype=torch.float64) @ w - torch.tensor(y)) ** 2)
    loss.backward()
    return w.grad

def sample_gradient(X, y, w, i):
    return batch_gradient(X[i : i + 1], y[i : i + 1], w)
# %% q03-unbiased
w, x, y, x1, x2, x3, y1, y2, y3 = sympy.symbols("w x y x1 x2 x3 y1 y2 y3")
one_loss = (w * x - y) ** 2 / 2
losses = [one_loss.subs({x: a, y: b}) for a, b in [(x1, y1), (x2, y2), (x3, y3)]]
sample_derivative = sympy.diff(one_loss, w)
expected_derivative = sympy.diff(sum(losses) / 3, w)
# %% q03-weight
N, p = sympy.symbols("N p", positive=True)
weight = (1 / N) / p
# %% q03-updates
def updates(N, B, E):
    return E * ((N + B - 1) // B)
# %% q03-variance
def minibatch_variance(gradients, batch_size, replacement):
    N = len(gradients)
    if replacement:
        return np.trace(np.atleast_2d(np.cov(gradients, rowvar=False, bias=True))) / batch_size
    return gradients.var(axis=0, ddof=1).sum() * (1 / batch_size - 1 / N)
# %% q03-decrease
eta, L, g, V = sympy.symbols("eta L g V")
expected_decrease = eta * (1 - L * eta / 2) * g**2 - L * eta**2 * V / 2
