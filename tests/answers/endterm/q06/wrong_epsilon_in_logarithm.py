# loses: q06-loss-stable-test
# A small number inside the logarithm keeps it finite, and cuts the loss off near 27.6.
# %% q06-loss
def cross_entropy(logits, labels):
    return -np.log(softmax(logits)[np.arange(len(labels)), labels] + 1e-12).mean()
