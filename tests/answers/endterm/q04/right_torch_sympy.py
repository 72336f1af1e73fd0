# PyTorch tensors and its permutation; D as a sympy expression.
# %% q04-descent
import torch


def gradient_descent(grad, theta0, lr=1e-3, steps=1000):
    theta = torch.as_tensor(theta0, dtype=torch.float64).clone()
    out = [theta.clone()]
    for _ in range(steps):
        theta -= lr * torch.as_tensor(np.asarray(grad(theta.numpy().copy())))
        out.append(theta.clone())
    return torch.stack(out)
# %% q04-bound
eta, L, g = sympy.symbols("eta L g", positive=True)
decrease = eta * g**2 * (2 - L * eta) / 2
# %% q04-loop
def train_loop(X, y, w0, gradient, lr, epochs, batch_size, seed):
    torch.manual_seed(seed)
    w = np.array(w0, float)
    losses = np.zeros(epochs + 1)
    losses[0] = mean_loss(X, y, w)
    for e in range(epochs):
        for batch in torch.randperm(len(y)).split(batch_size):
            w -= lr * gradient(X[batch.numpy()], y[batch.numpy()], w)
        losses[e + 1] = mean_loss(X, y, w)
    return w, losses
