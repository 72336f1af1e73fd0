# loses: q06-softmax-test q06-loss-stable-test
# Softmax sums over the whole array; the loss uses it, which is paid for once, but its logarithm of 0 is a mistake of its own.
# %% q06-softmax
def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()
# %% q06-loss
def cross_entropy(logits, labels):
    return -np.mean(np.log(softmax(logits)[np.arange(len(labels)), labels]))
