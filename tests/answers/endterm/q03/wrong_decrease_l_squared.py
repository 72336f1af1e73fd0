# loses: q03-decrease-test
# L squared, since the step was squared.
# %% q03-decrease
expected_decrease = "eta*g**2 - eta**2*L**2/2*(g**2 + V)"
