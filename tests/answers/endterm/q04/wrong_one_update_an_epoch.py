# loses: q04-loop-test
# The gradients of all batches are taken at the same parameters, and one step is made at the end of the epoch.
# %% q04-loop
def train_loop(X, y, w0, gradient, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    w = np.array(w0, float)
    losses = [mean_loss(X, y, w)]
    for _ in range(epochs):
        order = rng.permutation(len(X))
        total = 0
        for start in range(0, len(X), batch_size):
            batch = order[start : start + batch_size]
            total = total + gradient(X[batch], y[batch], w)
        w = w - lr * total
        losses.append(mean_loss(X, y, w))
    return w, losses
