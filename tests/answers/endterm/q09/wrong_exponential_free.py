# loses: q09-operations-test
# sigma is counted as if the exponential cost nothing.
# %% q09-operations
none = dict(add=0, multiply=0, divide=0, exp=0, compare=0)
operations = {
    "sigma": dict(none, add=1, divide=1),
    "f": dict(none, multiply=1),
    "derivative": dict(none, add=2, multiply=1),
    "relu_derivative": dict(none, compare=1),
}
