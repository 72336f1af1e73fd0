# loses: q11-claims-test
# All claims are those of tanh: nearly nothing is true.
# %% q11-claims
claims = {"range": (-1, 1), "monotone": True, "smooth": True, "zero_centred": True, "saturating": "both", "lipschitz": 1}
