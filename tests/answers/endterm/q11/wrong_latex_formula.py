# loses: q11-formula-test
# LaTeX, which belongs into the paper.
# %% q11-formula
formula = r"x \cdot \mathrm{erf}(x)"
