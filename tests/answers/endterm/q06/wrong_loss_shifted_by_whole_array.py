# loses: q06-loss-stable-test
# The largest logit of the whole batch is subtracted; the logarithm of a sum that is 0.
# %% q06-loss
def cross_entropy(logits, labels):
    z = logits - logits.max()
    return (np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(labels)), labels]).mean()
