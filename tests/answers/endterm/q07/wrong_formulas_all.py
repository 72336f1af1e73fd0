# loses: q07-formulas-test
# The inner derivatives are forgotten everywhere.
# %% q07-formulas
formulas = {
    "sigmoid": "1/(1 + exp(-x))**2",
    "softplus": "1/(1 + exp(x))",
    "gelu": "Phi",
    "gelu_second": "phi",
    "gelu_steepest": "0",
}
