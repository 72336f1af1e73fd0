# loses: q06-loss-stable-test
# The logarithm of a stable softmax: log 0 where the prediction is sure and wrong.
# %% q06-loss
def cross_entropy(logits, labels):
    return -np.log(softmax(logits)[np.arange(len(labels)), labels]).mean()
