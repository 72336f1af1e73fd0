# A wave on a bent line: corner at 0 with a slope in between, formula with max and min, a custom autograd function.
# %% q11-activation
class Bent(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.where(x > 0, x + torch.sin(x) ** 2, 0.25 * x)

    @staticmethod
    def backward(ctx, dy):
        return dy * d_activation(ctx.saved_tensors[0])


def activation(x):
    return Bent.apply(x)


def d_activation(x):
    slope = torch.where(x > 0, 1 + torch.sin(2 * x), torch.full_like(x, 0.25))
    return torch.where(x == 0, torch.full_like(x, 0.6), slope)
# %% q11-formula
formula = "max(x, 0) + np.sin(max(x, 0))**2 + min(x, 0)/4"
# %% q11-claims
claims = {"range": (-math.inf, math.inf), "monotone": True, "smooth": False, "zero_centred": False, "saturating": "none", "lipschitz": 2}
