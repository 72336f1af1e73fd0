# loses: q11-claims-test
# The range of Swish claimed to begin at 0.
# %% [from] wrong_claim_lipschitz_one
# %% q11-claims
claims = {"range": (0, math.inf), "monotone": False, "smooth": True, "zero_centred": False, "saturating": "left", "lipschitz": 1.0998}
