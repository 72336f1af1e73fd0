# loses: q03-variance-with-test
# Mean of the squared lengths, the mean gradient not subtracted.
# %% q03-variance
def minibatch_variance(gradients, batch_size, replacement):
    N = len(gradients)
    variance = np.sum(gradients**2) / N / batch_size
    return variance if replacement else variance * (N - batch_size) / (N - 1)
