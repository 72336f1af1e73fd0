# loses: q03-updates-test
# Only full batches are counted.
# %% q03-updates
def updates(N, B, E):
    return E * max(N // B, 1)
