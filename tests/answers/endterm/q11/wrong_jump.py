# loses: q11-continuous-test
# The two pieces of a leaky ReLU were shifted apart at x = 1: a jump.
# %% q11-activation
def activation(x):
    return torch.where(x > 1, x, 0.2 * x + 0.5)


def d_activation(x):
    return torch.where(x > 1, torch.ones_like(x), torch.full_like(x, 0.2))
# %% q11-formula
formula = "Piecewise((x, x > 1), (0.2*x + 0.5, True))"
# %% q11-claims
claims = {"range": (-math.inf, math.inf), "monotone": True, "smooth": False, "zero_centred": False, "saturating": "none", "lipschitz": 1.0}
