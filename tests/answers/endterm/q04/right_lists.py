# Lists and copies; D in expanded form; batches by reshuffled index lists from the random module.
# %% q04-descent
def gradient_descent(grad, theta0, lr=1e-3, steps=1000):
    theta = np.asarray(theta0) * 1.0
    path = [theta]
    while len(path) <= steps:
        theta = theta - lr * grad(theta)
        path.append(theta)
    return np.stack(path)
# %% q04-condition
def quadratic_iterate(theta0, curvature, lr, t):
    return np.array([x * (1 - lr * c) ** t for x, c in zip(theta0, curvature)])

def rate_limit(L):
    return 2.0 / L

curvature_limit = 2000
# %% q04-bound
decrease = r"\eta g^2 - \frac{L \eta^2 g^2}{2}"
# %% q04-loop
import random


def train_loop(X, y, w0, gradient, lr, epochs, batch_size, seed):
    shuffler = random.Random(seed)
    w = list(w0)
    history = [mean_loss(X, y, np.array(w))]
    indices = list(range(len(y)))
    for epoch in range(epochs):
        shuffler.shuffle(indices)
        todo = indices[:]
        while todo:
            batch, todo = todo[:batch_size], todo[batch_size:]
            g = gradient(np.array([X[i] for i in batch]), np.array([y[i] for i in batch]), np.array(w))
            w = [a - lr * b for a, b in zip(w, g)]
        history.append(mean_loss(X, y, np.array(w)))
    return w, history
