# loses: q04-loop-test
# One order for all epochs.
# %% q04-loop
def train_loop(X, y, w0, gradient, lr, epochs, batch_size, seed):
    w = np.array(w0, float)
    order = np.random.default_rng(seed).permutation(len(X))
    losses = [mean_loss(X, y, w)]
    for _ in range(epochs):
        for start in range(0, len(X), batch_size):
            batch = order[start : start + batch_size]
            w = w - lr * gradient(X[batch], y[batch], w)
        losses.append(mean_loss(X, y, w))
    return w, losses
