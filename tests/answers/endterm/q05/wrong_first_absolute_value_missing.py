# loses: q05-first-test
# The root of g squared is taken for g.
# %% q05-first
first_change = "-eta*g/(g + epsilon)"
uncorrected_size = (1 - 0.9) / (1 - 0.999) ** 0.5
