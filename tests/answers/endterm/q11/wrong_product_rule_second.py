# loses: q11-derivative-test
# The derivative is the factor beside x only.
# %% q11-activation
def activation(x):
    return x * torch.erf(x)


def d_activation(x):
    return torch.erf(x)
