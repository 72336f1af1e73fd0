# loses: q11-training-test
# A constant: nothing passes.
# %% q11-activation
def activation(x):
    return 0 * x + 0.5


def d_activation(x):
    return torch.zeros_like(x)
# %% q11-formula
formula = "0.5"
# %% q11-claims
claims = {"range": (0.5, 0.5), "monotone": True, "smooth": True, "zero_centred": False, "saturating": "both", "lipschitz": 0}
