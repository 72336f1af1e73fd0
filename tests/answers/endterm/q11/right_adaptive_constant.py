# 1.2 x erf(x), with the constant as a parameter that could be trained; the formula with where and Phi.
# %% q11-activation
alpha = torch.nn.Parameter(torch.tensor(1.2))


def activation(x):
    return alpha.to(x.dtype) * x * torch.erf(x)


def d_activation(x):
    with torch.no_grad():
        return alpha.to(x.dtype) * (torch.erf(x) + 2 / torch.pi**0.5 * x * torch.exp(-x * x))
# %% q11-formula
formula = "1.2 * where(x > 0, x, -x) * (2*Phi(sqrt(2)*abs(x)) - 1)"
# %% q11-claims
claims = {
    "range": (0, float("inf")),
    "monotone": False,
    "smooth": True,
    "zero_centred": False,
    "saturating": "none",
    "lipschitz": 1.2 * 1.2578,
}
