# loses: q04-loop-test
# The inputs are shuffled, the targets are not.
# %% q04-loop
def train_loop(X, y, w0, gradient, lr, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    w = np.array(w0, float)
    losses = [mean_loss(X, y, w)]
    for _ in range(epochs):
        X_new = rng.permutation(X)
        for start in range(0, len(X), batch_size):
            w = w - lr * gradient(X_new[start : start + batch_size], y[start : start + batch_size], w)
        losses.append(mean_loss(X, y, w))
    return w, losses
