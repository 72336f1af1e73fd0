# loses: q05-uncorrected-test
# Leaves out the correction of m only.
# %% q05-first
first_change = "-eta*g/(abs(g) + epsilon)"
uncorrected_size = 0.1
