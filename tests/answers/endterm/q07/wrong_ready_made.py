# loses: q07-smooth-test q07-smooth-derivatives-test
# PyTorch's activations and its automatic differentiation in place of the formulas.
# %% q07-smooth
def sigmoid(x):
    return torch.sigmoid(torch.tensor(x, dtype=torch.float64)).numpy()


def tanh(x):
    return np.tanh(x)


def softplus(x):
    return torch.nn.functional.softplus(torch.tensor(x, dtype=torch.float64)).numpy()


def gelu(x):
    return torch.nn.functional.gelu(torch.tensor(x, dtype=torch.float64)).numpy()


def swish(x):
    return torch.nn.functional.silu(torch.tensor(x, dtype=torch.float64)).numpy()


# %% q07-smooth-derivatives
def slope(function, x):
    t = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(function(t).sum(), t)[0].numpy()


def d_sigmoid(x):
    return slope(torch.sigmoid, x)


def d_tanh(x):
    return slope(torch.tanh, x)


def d_softplus(x):
    return slope(torch.nn.functional.softplus, x)


def d_gelu(x):
    return slope(torch.nn.functional.gelu, x)


def d_swish(x):
    return slope(torch.nn.functional.silu, x)
