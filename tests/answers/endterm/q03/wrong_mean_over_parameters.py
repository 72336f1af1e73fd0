# loses: q03-variance-with-test
# The squares are averaged over the parameters, not added: numpy's mean over everything.
# %% q03-variance
def minibatch_variance(gradients, batch_size, replacement):
    N = len(gradients)
    variance = np.mean((gradients - gradients.mean(axis=0)) ** 2) / batch_size
    return variance if replacement else variance * (N - batch_size) / (N - 1)
