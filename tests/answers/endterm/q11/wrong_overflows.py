# loses: q11-elementwise-test
# Softplus written as log(1 + exp(x)) overflows at x = 1000.
# %% q11-activation
def activation(x):
    return torch.log(1 + torch.exp(x)) - math.log(2)


def d_activation(x):
    return torch.sigmoid(x)
# %% q11-formula
formula = "log(1 + exp(x)) - log(2)"
# %% q11-claims
claims = {"range": (-math.log(2), math.inf), "monotone": True, "smooth": True, "zero_centred": False, "saturating": "left", "lipschitz": 1}
