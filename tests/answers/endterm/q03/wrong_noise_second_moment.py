# loses: q03-decrease-test
# E|G|^2 is taken for the variance.
# %% q03-decrease
expected_decrease = r"\eta g^2 - \frac{L \eta^2}{2} V"
