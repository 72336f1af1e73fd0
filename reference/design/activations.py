"""Activation functions as layers, fixed and trainable.

The design is f(x) = x erf(x), a GELU made even: f(x) = (GELU(cx) + GELU(-cx)) / c with c = sqrt(2),
just as |x| = ReLU(x) + ReLU(-x).

Reference:
    GELU: Hendrycks, Gimpel, "Gaussian error linear units (GELUs)" (2016), equation 1.
    An even GELU with a factor: Yu, Su, "Symmetrical Gaussian error linear units" (2019).
    Swish: Ramachandran, Zoph, Le, "Searching for activation functions" (2017), section 4.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor, nn

LIPSCHITZ = math.erf(1) + 2 / (math.e * math.sqrt(math.pi))  # the steepest slope of x erf(x): 1.258


def symmetric_gelu(x: Tensor) -> Tensor:
    """f(x) = x erf(x), element by element."""
    return x * torch.erf(x)


def d_symmetric_gelu(x: Tensor) -> Tensor:
    """f'(x) = erf(x) + 2x exp(-x^2) / sqrt(pi), by the product rule."""
    return torch.erf(x) + 2 * x * torch.exp(-x.square()) / math.sqrt(math.pi)


class SymmetricGELU(nn.Module):
    """x erf(x)."""

    def forward(self, x: Tensor) -> Tensor:
        """Apply it to every element; shape and type stay."""
        return symmetric_gelu(x)


class AdaptiveSymmetricGELU(nn.Module):
    """alpha x erf(x), one trainable alpha a layer.

    Args:
        alpha: What alpha is before training.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.tensor(alpha))

    def forward(self, x: Tensor) -> Tensor:
        """Apply it to every element; shape and type stay."""
        return self.alpha * symmetric_gelu(x)


class Swish(nn.Module):
    """x sigma(beta x), one trainable beta a layer.

    Args:
        beta: What beta is before training.
    """

    def __init__(self, beta: float = 1.0) -> None:
        super().__init__()
        self.beta = nn.Parameter(torch.tensor(beta))

    def forward(self, x: Tensor) -> Tensor:
        """Apply it to every element; shape and type stay."""
        return x * torch.sigmoid(self.beta * x)


MakeActivation = Callable[[], nn.Module]
ACTIVATIONS: Mapping[str, MakeActivation] = MappingProxyType(
    {
        "relu": nn.ReLU,
        "gelu": nn.GELU,
        "symmetric-gelu": SymmetricGELU,
        "adaptive-symmetric-gelu": AdaptiveSymmetricGELU,
        "swish": Swish,
    }
)


def learned(model: nn.Module) -> dict[str, list[float]]:
    """What the trainable activations of a network are now, from the input to the output.

    Returns:
        For example `{"alpha": [1.2, 0.9]}`; empty where the activations are fixed.
    """
    values: dict[str, list[float]] = {}
    for module in model.modules():
        if isinstance(module, AdaptiveSymmetricGELU):
            values.setdefault("alpha", []).append(module.alpha.item())
        elif isinstance(module, Swish):
            values.setdefault("beta", []).append(module.beta.item())
    return values
