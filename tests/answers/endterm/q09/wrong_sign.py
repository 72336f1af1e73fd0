# loses: q09-equal-test q09-form-test
# A sign is lost when the terms are collected.
# %% q09-derivative
derivative = "f + sigma*(1 + f)"
