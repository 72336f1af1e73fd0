# loses: q11-training-test
# The function leaves autograd by a detour through NumPy.
# %% q11-activation
def activation(x):
    values = x.detach().numpy()
    return torch.tensor(values * np.tanh(values), dtype=x.dtype)


def d_activation(x):
    return torch.tanh(x) + x * (1 - torch.tanh(x) ** 2)
# %% q11-formula
formula = "x*tanh(x)"
# %% q11-claims
claims = {"range": (0, math.inf), "monotone": False, "smooth": True, "zero_centred": False, "saturating": "none", "lipschitz": 1.19968}
