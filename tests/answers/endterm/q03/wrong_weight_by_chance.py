# loses: q03-weight-test
# Weighted by the chance, which counts it twice.
# %% q03-weight
weight = "p"
