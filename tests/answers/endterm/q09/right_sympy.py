# A sympy expression, derived by sympy, with f and sigma put in.
# %% q09-derivative
x, f, sigma = sympy.symbols("x f sigma")
s = 1 / (1 + sympy.exp(-x))
check = sympy.simplify(sympy.diff(x * s, x) - (f + sigma - f * sigma).subs({f: x * s, sigma: s}))
assert check == 0
derivative = f + sigma - f * sigma
