# PyTorch's logsumexp; LaTeX with indices; cross entropy as entropy plus divergence.
# %% q06-softmax
import torch


def softmax(z):
    return torch.softmax(torch.as_tensor(z, dtype=torch.float64), dim=-1)
# %% q06-loss
def cross_entropy(logits, labels):
    z = torch.tensor(logits, dtype=torch.float64)
    picked = z.gather(1, torch.tensor(labels).long()[:, None])[:, 0]
    return (torch.logsumexp(z, dim=1) - picked).mean()
# %% q06-gradient
gradient_cross_entropy = r"p_i (1 - y_i) - y_i (1 - p_i)"
# %% q06-sigmoid
gradient_squared_sigmoid = r"2 \, (\sigma(z) - y) \, \sigma(z) \left(1 - \sigma(z)\right)"
# %% q06-squared
gradient_squared_softmax = r"2 p_1 \left((p_1 - y_1) - \left(p_1 (p_1 - y_1) + p_2 (p_2 - y_2) + p_3 (p_3 - y_3)\right)\right)"
# %% q06-entropy
def entropy(p, unit="nats"):
    p = torch.tensor(p)
    return torch.special.entr(p).sum() / (torch.log(torch.tensor(2.0, dtype=p.dtype)) if unit == "bits" else 1)


def cross_entropy_between(p, q, unit="nats"):
    return entropy(p, unit) + kl_divergence(p, q, unit)


def kl_divergence(p, q, unit="nats"):
    p, q = torch.tensor(p), torch.tensor(q)
    total = torch.where(p > 0, p * torch.log(p / q), torch.zeros_like(p)).sum()
    return total if unit == "nats" else total / torch.tensor(2.0, dtype=p.dtype).log()
