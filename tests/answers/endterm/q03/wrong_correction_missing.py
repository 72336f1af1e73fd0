# loses: q03-variance-without-test
# The draws without replacement are treated as independent.
# %% q03-variance
def minibatch_variance(gradients, batch_size, replacement):
    return gradients.var(axis=0).sum() / batch_size
