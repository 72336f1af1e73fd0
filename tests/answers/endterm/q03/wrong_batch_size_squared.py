# loses: q03-variance-with-test
# Divided by B squared; the correction is right.
# %% q03-variance
def minibatch_variance(gradients, batch_size, replacement):
    N = len(gradients)
    variance = gradients.var(axis=0).sum() / batch_size**2
    return variance if replacement else variance * (N - batch_size) / (N - 1)
