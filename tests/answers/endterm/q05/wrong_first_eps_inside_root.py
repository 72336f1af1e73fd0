# loses: q05-first-test
# epsilon inside of the root, in the formula.
# %% q05-first
first_change = r"-\frac{\eta g}{\sqrt{g^2 + \epsilon}}"
uncorrected_size = (1 - 0.9) / (1 - 0.999) ** 0.5
