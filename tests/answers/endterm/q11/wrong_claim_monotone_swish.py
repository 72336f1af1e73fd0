# loses: q11-claims-test
# A claim "monotone" for Swish.
# %% q11-activation
def activation(x):
    return x * torch.sigmoid(x)


def d_activation(x):
    s = torch.sigmoid(x)
    return s + x * s * (1 - s)
# %% q11-formula
formula = "x*sigmoid(x)"
# %% q11-claims
claims = {"range": (-0.27846, math.inf), "monotone": True, "smooth": True, "zero_centred": False, "saturating": "left", "lipschitz": 1.0998}
