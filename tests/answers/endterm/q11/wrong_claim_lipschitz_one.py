# loses: q11-claims-test
# The slope of Swish claimed never to exceed 1.
# %% q11-activation
def activation(x):
    return x * torch.sigmoid(x)


def d_activation(x):
    s = torch.sigmoid(x)
    return s + x * s * (1 - s)
# %% q11-formula
formula = "x*sigmoid(x)"
# %% q11-claims
claims = {"range": (-0.2784645, math.inf), "monotone": False, "smooth": True, "zero_centred": False, "saturating": "left", "lipschitz": 1}
