# loses: q04-bound-test
# The factor 1/2 of the parabola is lost.
# %% q04-bound
decrease = r"\eta (1 - L \eta) g^2"
