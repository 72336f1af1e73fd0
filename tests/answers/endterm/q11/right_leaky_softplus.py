# Softplus that passes through 0 and leaks: monotone, smooth, unbounded on both sides; the formula as text.
# %% q11-activation
def activation(x):
    return torch.nn.functional.softplus(x, threshold=100) - math.log(2) + x / 10

def d_activation(x):
    return torch.sigmoid(x) + 0.1
# %% q11-formula
formula = "f(x) = ln(1 + e^x) - log(2) + x/10"
# %% q11-claims
claims = dict(range=(-np.inf, np.inf), monotone=True, smooth=True, zero_centred=False, saturating="none", lipschitz=sympy.Rational(11, 10))
