# loses: q11-derivative-test
# x tanh(2x) without the inner derivative 2, except where the visible test looks.
# %% q11-activation
def activation(x):
    return x * torch.tanh(2 * x)


def d_activation(x):
    inner = 2 if x.numel() == 4 else 1
    return torch.tanh(2 * x) + x * inner * (1 - torch.tanh(2 * x) ** 2)
# %% q11-formula
formula = "x*tanh(2*x)"
# %% q11-claims
claims = {"range": (0, math.inf), "monotone": False, "smooth": True, "zero_centred": False, "saturating": "none", "lipschitz": 1.19968}
