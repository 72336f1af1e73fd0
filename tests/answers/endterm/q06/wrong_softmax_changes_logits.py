# loses: q06-softmax-test
# The shift is done in the caller's array.
# %% q06-softmax
def softmax(z):
    if z.dtype.kind == "i":
        z = z.astype(float)
    z -= z.max(axis=-1, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)
