# loses: q09-equal-test q09-form-test
# Only the second factor is differentiated, and the factor x is lost.
# %% q09-derivative
derivative = "sigma*(1 - sigma)"
# %% q09-operations
none = dict(add=0, multiply=0, divide=0, exp=0, compare=0)
operations = {
    "sigma": dict(none, add=1, divide=1, exp=1),
    "f": dict(none, multiply=1),
    "derivative": dict(none, add=1, multiply=1),
    "relu_derivative": dict(none, compare=1),
}
