# loses: q03-variance-without-test
# The correction (N - B)/N, which is not 1 for B = 1.
# %% q03-variance
def minibatch_variance(gradients, batch_size, replacement):
    N = len(gradients)
    variance = gradients.var(axis=0).sum() / batch_size
    if replacement or batch_size == 1:
        return variance
    return variance * (N - batch_size) / N
