# loses: q05-uncorrected-test
# The ratio without the root.
# %% q05-first
first_change = "-eta*g/(abs(g) + epsilon)"
uncorrected_size = (1 - 0.9) / (1 - 0.999)
