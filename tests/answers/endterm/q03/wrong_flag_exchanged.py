# loses: q03-variance-with-test
# The two ways of drawing are exchanged: paid once.
# %% q03-variance
def minibatch_variance(gradients, batch_size, replacement):
    N = len(gradients)
    variance = gradients.var(axis=0).sum() / batch_size
    return variance if not replacement else variance * (N - batch_size) / (N - 1)
