# loses: q11-training-test
# Bends so little and so far away that hardly anything passes.
# %% q11-activation
def activation(x):
    return torch.sigmoid(8 * x - 40)


def d_activation(x):
    s = torch.sigmoid(8 * x - 40)
    return 8 * s * (1 - s)
# %% q11-formula
formula = "1/(1 + exp(40 - 8*x))"
# %% q11-claims
claims = {"range": (0, 1), "monotone": True, "smooth": True, "zero_centred": False, "saturating": "both", "lipschitz": 2}
