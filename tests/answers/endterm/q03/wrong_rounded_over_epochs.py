# loses: q03-updates-test
# Batches run over the border of two epochs.
# %% q03-updates
def updates(N, B, E):
    return -(-E * N // B)
