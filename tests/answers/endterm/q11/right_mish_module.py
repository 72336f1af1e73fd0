# Mish as a module with a class of its own, the formula in sympy, the claims computed.
# %% q11-activation
class Mish(torch.nn.Module):
    def forward(self, x):
        return x * torch.tanh(torch.nn.functional.softplus(x))


activation = Mish()


def d_activation(x):
    gate = torch.tanh(torch.nn.functional.softplus(x))
    return gate + x * (1 - gate**2) * torch.sigmoid(x)
# %% q11-formula
x = sympy.Symbol("x", real=True)
formula = x * sympy.tanh(sympy.log(1 + sympy.exp(x)))
# %% q11-claims
grid = torch.linspace(-5, 5, 200001, dtype=torch.float64)
claims = {
    "range": [float(activation(grid).min()), float("inf")],
    "monotone": False,
    "smooth": True,
    "zero_centred": False,
    "saturating": "left",
    "lipschitz": d_activation(grid).abs().max(),
}
