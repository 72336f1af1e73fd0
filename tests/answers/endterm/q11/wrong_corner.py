# loses: q11-derivative-test
# At the corner of a leaky ReLU the derivative is 3, which is no slope of either side. Half of the points stay.
# %% q11-activation
def activation(x):
    return torch.where(x > 0, x, 0.1 * x)


def d_activation(x):
    slope = torch.where(x > 0, torch.ones_like(x), torch.full_like(x, 0.1))
    return torch.where(x == 0, torch.full_like(x, 3.0), slope)
# %% q11-formula
formula = "max(x, x/10)"
# %% q11-claims
claims = {"range": (-math.inf, math.inf), "monotone": True, "smooth": False, "zero_centred": False, "saturating": "none", "lipschitz": 1}
