# loses: q11-continuous-test
# An activation with a jump at 0.
# %% q11-activation
def activation(x):
    return torch.where(x > 0, x + 0.2, torch.tanh(x))


def d_activation(x):
    return torch.where(x > 0, torch.ones_like(x), 1 - torch.tanh(x) ** 2)
# %% q11-formula
formula = "x + 0.2 if x > 0 else tanh(x)"
# %% q11-claims
claims = {"range": (-1, math.inf), "monotone": True, "smooth": False, "zero_centred": False, "saturating": "left", "lipschitz": math.inf}
