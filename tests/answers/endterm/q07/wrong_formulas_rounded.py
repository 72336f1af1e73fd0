# loses: q07-formulas-test
# The place of the steepest slope was read off a plot.
# %% q07-formulas
formulas = {
    "sigmoid": "sigma - sigma**2",
    "softplus": "1 - 1/(1 + exp(x))",
    "gelu": "Phi + x*phi",
    "gelu_second": "2*phi - x**2*phi",
    "gelu_steepest": "1.414",
}
