# loses: q11-claims-test
# A claim "monotone" for Swish.
# %% [from] wrong_claim_lipschitz_one
# %% q11-claims
claims = {"range": (-0.27846, math.inf), "monotone": True, "smooth": True, "zero_centred": False, "saturating": "left", "lipschitz": 1.0998}
