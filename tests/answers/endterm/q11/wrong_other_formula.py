# loses: q11-formula-test
# The formula is GELU's, the function x erf(x).
# %% q11-formula
formula = "x*(1 + erf(x/sqrt(2)))/2"
