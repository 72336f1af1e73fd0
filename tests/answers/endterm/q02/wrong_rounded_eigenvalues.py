# loses: q02-eigenvalues-test
# Decimal numbers where exact values are asked for.
# %% q02-eigenvalues
eigenvalues_exact = ["30.3849", "6.6151"]
