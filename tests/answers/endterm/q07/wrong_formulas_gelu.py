# loses: q07-formulas-test
# A sign in the derivative of the density, and so no root of the second derivative; the answer to the last is then taken from the density alone.
# %% q07-formulas
formulas = {
    "sigmoid": "sigma*(1 - sigma)",
    "softplus": "sigma",
    "gelu": "Phi + x*phi",
    "gelu_second": "(2 + x**2)*phi",
    "gelu_steepest": "1",
}
