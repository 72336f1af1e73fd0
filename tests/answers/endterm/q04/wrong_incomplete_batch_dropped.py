# loses: q04-loop-test
# Only full batches: what does not fill the last one is dropped.
# %% q04-loop
def train_loop(X, y, w0, gradient, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    w = np.array(w0, float)
    losses = [mean_loss(X, y, w)]
    for _ in range(epochs):
        order = rng.permutation(len(X))
        for k in range(len(X) // batch_size):
            batch = order[k * batch_size : (k + 1) * batch_size]
            w = w - lr * gradient(X[batch], y[batch], w)
        losses.append(mean_loss(X, y, w))
    return w, losses
