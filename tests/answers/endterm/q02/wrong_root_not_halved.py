# loses: q02-eigenvalues-test
# The 2 below the fraction line reaches the 37 only.
# %% q02-eigenvalues
eigenvalues_exact = ["37/2 + sqrt(565)", "37/2 - sqrt(565)"]
