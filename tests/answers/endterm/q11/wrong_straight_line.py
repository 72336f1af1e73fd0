# loses: q11-training-test
# A straight line: the network stays linear.
# %% q11-activation
def activation(x):
    return 0.8 * x


def d_activation(x):
    return torch.full_like(x, 0.8)
# %% q11-formula
formula = "4*x/5"
# %% q11-claims
claims = {"range": (-math.inf, math.inf), "monotone": True, "smooth": True, "zero_centred": True, "saturating": "none", "lipschitz": 0.8}
