# loses: q11-formula-test
# The sign in the exponent of the formula is wrong.
# %% q11-activation
def activation(x):
    return x * torch.sigmoid(x)


def d_activation(x):
    s = torch.sigmoid(x)
    return s + x * s * (1 - s)
# %% q11-formula
formula = "x/(1 + exp(x))"
# %% q11-claims
claims = {"range": (-0.2784645, math.inf), "monotone": False, "smooth": True, "zero_centred": False, "saturating": "left", "lipschitz": 1.09984}
