# LaTeX, with the product written without a sign.
# %% q09-derivative
derivative = r"f'(x) = \sigma(x)\left(1 - f(x)\right) + f(x)"
