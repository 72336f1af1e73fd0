# loses: q09-form-test
# The quotient rule, and neither f nor sigma in the result.
# %% q09-derivative
derivative = "(1 + exp(-x) + x*exp(-x))/(1 + exp(-x))**2"
# %% q09-operations
none = dict(add=0, multiply=0, divide=0, exp=0, compare=0)
operations = {
    "sigma": dict(none, add=1, divide=1, exp=1),
    "f": dict(none, multiply=1),
    "derivative": dict(none, add=3, multiply=2, divide=1, exp=3),
    "relu_derivative": dict(none, compare=1),
}
