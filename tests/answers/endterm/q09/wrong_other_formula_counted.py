# loses: q09-operations-test
# The table counts another form than the one that was handed in.
# %% q09-derivative
derivative = "sigma - sigma*f + f"
# %% q09-operations
none = dict(add=0, multiply=0, divide=0, exp=0, compare=0)
operations = {
    "sigma": dict(none, add=1, divide=1, exp=1),
    "f": dict(none, multiply=1),
    "derivative": dict(none, add=2, multiply=2),
    "relu_derivative": dict(none, compare=1),
}
