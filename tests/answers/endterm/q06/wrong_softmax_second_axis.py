# loses: q06-softmax-test
# Axis 1 for the last axis: right for matrices, wrong for stacks of them.
# %% q06-softmax
def softmax(z):
    axis = min(1, z.ndim - 1)
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)
