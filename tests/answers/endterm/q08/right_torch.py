# Automatic differentiation by torch for the gradient; goals on the edges of the closed quarters; squares by hand.
# %% q08-gradient
import torch


def weight_gradient(delta, x):
    x = torch.as_tensor(np.asarray(x, dtype=float))
    w = torch.zeros(len(x), dtype=torch.float64, requires_grad=True)
    (delta * (w @ x)).backward()
    return w.grad
# %% q08-wanted
wanted = [(0.0, 3.0), (1.0, -1e-3)]
two_steps = [(2, [0.5, 1.0]), (-1, [1.0, 5.0])]
# %% q08-path
def stochastic_path(X, targets, start, rate, order):
    X, targets = torch.tensor(X), torch.tensor(targets)
    w = torch.tensor(start, requires_grad=True)
    path = [w.tolist()]
    for i in order:
        loss = 0.5 * (X[i] @ w - targets[i]) ** 2
        (slope,) = torch.autograd.grad(loss, w)
        with torch.no_grad():
            w -= rate * slope
        path.append(w.tolist())
    return path
# %% q08-detour
def detour(path):
    path = np.array(path)
    way = 0.0
    for before, after in zip(path[:-1], path[1:]):
        way += np.sqrt(((after - before) ** 2).sum())
    return way / np.sqrt(((path[-1] - path[0]) ** 2).sum())


detours = np.array([[detour(stochastic_path(*draw_task(s, c))) for c in (False, True)] for s in range(10)])
detour_positive, detour_centred = np.median(detours, axis=0)
