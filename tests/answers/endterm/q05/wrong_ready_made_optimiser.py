# loses: q05-adam-test
# The step of torch.optim.Adam, which is fed the given means, in place of the formulas.
# %% q05-adam
def adam_step(theta, g, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    parameter = torch.tensor(theta, dtype=torch.float64)
    optimiser = torch.optim.Adam([parameter], lr=lr, betas=(beta1, beta2), eps=eps)
    optimiser.state[parameter] = {
        "step": torch.tensor(float(t - 1)),
        "exp_avg": torch.tensor(m, dtype=torch.float64),
        "exp_avg_sq": torch.tensor(v, dtype=torch.float64),
    }
    parameter.grad = torch.tensor(g, dtype=torch.float64)
    optimiser.step()
    kept = optimiser.state[parameter]
    return parameter.numpy(), kept["exp_avg"].numpy(), kept["exp_avg_sq"].numpy()
