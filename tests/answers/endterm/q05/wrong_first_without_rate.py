# loses: q05-first-test
# The rate is missing in the formula.
# %% q05-first
first_change = "-g/(abs(g) + epsilon)"
uncorrected_size = (1 - 0.9) / (1 - 0.999) ** 0.5
