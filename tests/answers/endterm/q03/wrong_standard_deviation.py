# loses: q03-variance-with-test q03-variance-without-test
# Standard deviations in place of variances.
# %% q03-variance
def minibatch_variance(gradients, batch_size, replacement):
    N = len(gradients)
    variance = gradients.var(axis=0).sum() / batch_size
    return (variance if replacement else variance * (N - batch_size) / (N - 1)) ** 0.5
