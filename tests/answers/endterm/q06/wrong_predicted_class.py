# loses: q06-loss-test
# The largest probability is taken, not that of the label.
# %% q06-loss
def cross_entropy(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -log_p.max(axis=1).mean()
