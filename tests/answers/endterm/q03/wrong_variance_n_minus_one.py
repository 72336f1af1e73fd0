# loses: q03-variance-with-test
# sigma^2 is divided by N - 1; the correction without replacement is right.
# %% q03-variance
def minibatch_variance(gradients, batch_size, replacement):
    N = len(gradients)
    variance = gradients.var(axis=0, ddof=1).sum() / batch_size
    return variance if replacement else variance * (N - batch_size) / (N - 1)
