# loses: q04-loop-test
# Takes the samples in the order of the data, every epoch.
# %% q04-loop
def train_loop(X, y, w0, gradient, lr, epochs, batch_size, seed):
    w = np.array(w0, float)
    losses = [mean_loss(X, y, w)]
    for _ in range(epochs):
        for start in range(0, len(X), batch_size):
            w = w - lr * gradient(X[start : start + batch_size], y[start : start + batch_size], w)
        losses.append(mean_loss(X, y, w))
    return w, losses
