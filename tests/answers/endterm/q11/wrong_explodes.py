# loses: q11-training-test
# x^5 explodes from layer to layer.
# %% q11-activation
def activation(x):
    return x**5


def d_activation(x):
    return 5 * x**4
# %% q11-formula
formula = "x**5"
# %% q11-claims
claims = {"range": (-math.inf, math.inf), "monotone": True, "smooth": True, "zero_centred": True, "saturating": "none", "lipschitz": math.inf}
