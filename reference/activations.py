"""Activation functions, their derivatives, and what a derivative costs (questions q07, q09, q11).

All functions take and return arrays of any shape, element by element, in float64, and stay exact
for |x| = 1000, where exp(x) would overflow. `d_f` is the derivative of `f` by x; at a corner any
value between the one-sided derivatives is a subgradient, and these functions return the left one.
`FUNCTIONS` holds the pairs by name; what is true of each stands in `reference.properties`.

Reference:
    GELU: Hendrycks, Gimpel, "Gaussian error linear units" (2016), section 2; ELU: Clevert,
    Unterthiner, Hochreiter, "Fast and accurate deep network learning by exponential linear
    units" (2016), section 3; Swish: Ramachandran, Zoph, Le, "Searching for activation functions"
    (2017), section 4; the others: Goodfellow, Bengio, Courville, "Deep Learning", section 6.3.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import sympy
import torch
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def sigmoid(x: ArrayLike) -> Array:
    """sigma(x) = 1 / (1 + exp(-x)), from exp(-|x|) alone, which cannot overflow.

    For x < 0 both sides of the fraction are multiplied by exp(x): exp(x) / (1 + exp(x)).
    """
    x = np.asarray(x, dtype=np.float64)
    small = np.exp(-np.abs(x))  # in (0, 1]
    value: Array = np.where(x >= 0, 1.0, small) / (1 + small)
    return value


def d_sigmoid(x: ArrayLike) -> Array:
    """sigma'(x) = sigma(x) sigma(-x); 1 - sigma(x) would round to 0 for x > 37."""
    x = np.asarray(x, dtype=np.float64)
    return sigmoid(x) * sigmoid(-x)


def tanh(x: ArrayLike) -> Array:
    """The sigmoid stretched to (-1, 1): 2 sigma(2x) - 1."""
    return np.tanh(np.asarray(x, dtype=np.float64))


def d_tanh(x: ArrayLike) -> Array:
    """tanh'(x) = 1 - tanh(x)^2 = 4 sigma'(2x); the second form loses no digits for large |x|."""
    return 4 * d_sigmoid(2 * np.asarray(x, dtype=np.float64))


def relu(x: ArrayLike) -> Array:
    """max(x, 0)."""
    return np.maximum(np.asarray(x, dtype=np.float64), 0.0)


def d_relu(x: ArrayLike) -> Array:
    """1 for x > 0, else 0; at the corner any value in [0, 1] is a subgradient, here 0."""
    return np.where(np.asarray(x) > 0, 1.0, 0.0)


def leaky_relu(x: ArrayLike, slope: float = 0.01) -> Array:
    """x for x > 0, else slope x, with 0 < slope < 1."""
    x = np.asarray(x, dtype=np.float64)
    value: Array = np.maximum(x, slope * x)
    return value


def d_leaky_relu(x: ArrayLike, slope: float = 0.01) -> Array:
    """1 for x > 0, else the slope; at the corner any value in [slope, 1] is a subgradient."""
    return np.where(np.asarray(x) > 0, 1.0, slope)


def elu(x: ArrayLike, alpha: float = 1.0) -> Array:
    """x for x > 0, else alpha (exp(x) - 1); expm1 keeps the digits near 0."""
    x = np.asarray(x, dtype=np.float64)
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0.0)))


def d_elu(x: ArrayLike, alpha: float = 1.0) -> Array:
    """1 for x > 0, else alpha exp(x) = f + alpha: for alpha = 1 without a corner at 0."""
    x = np.asarray(x, dtype=np.float64)
    return np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0.0)))


def softplus(x: ArrayLike) -> Array:
    """log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)), where nothing overflows."""
    x = np.asarray(x, dtype=np.float64)
    value: Array = np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))
    return value


def d_softplus(x: ArrayLike) -> Array:
    """The sigmoid: exp(x) / (1 + exp(x))."""
    return sigmoid(x)


def normal_cdf(x: ArrayLike) -> Array:
    """Phi(x), the standard normal distribution function, as erfc(-x / sqrt(2)) / 2.

    (1 + erf(x / sqrt(2))) / 2 is the same, but loses all digits for x < -8.
    """
    scaled = -np.asarray(x, dtype=np.float64) / math.sqrt(2)
    value: Array = torch.erfc(torch.as_tensor(scaled)).numpy() / 2
    return value


def normal_density(x: ArrayLike) -> Array:
    """phi(x) = exp(-x^2 / 2) / sqrt(2 pi), the derivative of Phi."""
    x = np.asarray(x, dtype=np.float64)
    value: Array = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    return value


def gelu(x: ArrayLike) -> Array:
    """x Phi(x), exact: not the approximation with tanh."""
    return np.asarray(x, dtype=np.float64) * normal_cdf(x)


def d_gelu(x: ArrayLike) -> Array:
    """Phi(x) + x phi(x), by the product rule."""
    return normal_cdf(x) + np.asarray(x, dtype=np.float64) * normal_density(x)


def swish(x: ArrayLike, beta: float = 1.0) -> Array:
    """f(x) = x sigma(beta x); beta is 1 in questions q07 and q09."""
    x = np.asarray(x, dtype=np.float64)
    return x * sigmoid(beta * x)


def d_swish(x: ArrayLike, beta: float = 1.0) -> Array:
    """f'(x), from the values beta f(x) and sigma(beta x): see `d_swish_from`."""
    return d_swish_from(beta * swish(x, beta), sigmoid(beta * np.asarray(x, dtype=np.float64)))


def d_swish_by_beta(x: ArrayLike, beta: float = 1.0) -> Array:
    """How x sigma(beta x) changes with beta: x^2 sigma'(beta x)."""
    x = np.asarray(x, dtype=np.float64)
    return x**2 * d_sigmoid(beta * x)


def d_swish_from(f: ArrayLike, s: ArrayLike) -> Array:
    """f' in terms of the values f = f(x) and s = sigma(x): f + s (1 - f).

    The product rule gives sigma + x sigma'. With sigma' = sigma (1 - sigma) this is
    sigma + x sigma (1 - sigma) = sigma + f (1 - sigma) = f + sigma (1 - f), without x. Both
    values are known from the forward pass.

    Args:
        f: Values of Swish.
        s: Values of the sigmoid at the same places.

    Reference:
        Ramachandran, Zoph, Le (2017), section 4.
    """
    f, s = np.asarray(f, dtype=np.float64), np.asarray(s, dtype=np.float64)
    slope: Array = f + s * (1 - f)
    return slope


def symmetric_gelu(x: ArrayLike, alpha: float = 1.0) -> Array:
    """alpha x erf(x), an even function: it ignores the sign of its input."""
    x = np.asarray(x, dtype=np.float64)
    value: Array = alpha * x * torch.erf(torch.as_tensor(x)).numpy()
    return value


def d_symmetric_gelu(x: ArrayLike, alpha: float = 1.0) -> Array:
    """alpha (erf(x) + 2 x exp(-x^2) / sqrt(pi)), by the product rule."""
    x = np.asarray(x, dtype=np.float64)
    bell = 2 * x * np.exp(-(x**2)) / math.sqrt(math.pi)
    value: Array = alpha * (torch.erf(torch.as_tensor(x)).numpy() + bell)
    return value


def d_symmetric_gelu_by_alpha(x: ArrayLike, alpha: float = 1.0) -> Array:
    """How alpha x erf(x) changes with alpha: x erf(x), whatever alpha is."""
    return symmetric_gelu(x)


def hard_tanh(x: ArrayLike) -> Array:
    """x, cut off at -1 and 1."""
    return np.clip(np.asarray(x, dtype=np.float64), -1.0, 1.0)


def d_hard_tanh(x: ArrayLike) -> Array:
    """1 between -1 and 1, else 0; at the corners the left value."""
    x = np.asarray(x)
    return np.where((x > -1) & (x <= 1), 1.0, 0.0)


def hard_sigmoid(x: ArrayLike) -> Array:
    """x/6 + 1/2, cut off at 0 and 1."""
    return np.clip(np.asarray(x, dtype=np.float64) / 6 + 0.5, 0.0, 1.0)


def d_hard_sigmoid(x: ArrayLike) -> Array:
    """1/6 between -3 and 3, else 0; at the corners the left value."""
    x = np.asarray(x)
    return np.where((x > -3) & (x <= 3), 1 / 6, 0.0)


def hard_swish(x: ArrayLike) -> Array:
    """X times the hard sigmoid of x."""
    return np.asarray(x, dtype=np.float64) * hard_sigmoid(x)


def d_hard_swish(x: ArrayLike) -> Array:
    """0, then x/3 + 1/2 between -3 and 3, then 1; at the corners the left value."""
    x = np.asarray(x, dtype=np.float64)
    return np.where(x <= -3, 0.0, np.where(x <= 3, x / 3 + 0.5, 1.0))


Function = Callable[[ArrayLike], Array]

FUNCTIONS: Mapping[str, tuple[Function, Function]] = MappingProxyType(
    {
        "sigmoid": (sigmoid, d_sigmoid),
        "tanh": (tanh, d_tanh),
        "relu": (relu, d_relu),
        "leaky_relu": (leaky_relu, d_leaky_relu),
        "elu": (elu, d_elu),
        "softplus": (softplus, d_softplus),
        "gelu": (gelu, d_gelu),
        "swish": (swish, d_swish),
        "symmetric_gelu": (symmetric_gelu, d_symmetric_gelu),
        "hard_tanh": (hard_tanh, d_hard_tanh),
        "hard_sigmoid": (hard_sigmoid, d_hard_sigmoid),
        "hard_swish": (hard_swish, d_hard_swish),
    }
)


def swish_derivative_steps() -> tuple[sympy.Expr, ...]:
    """The lines of the derivation of f' from the definition, each equal to the one before it."""
    x = sympy.Symbol("x", real=True)
    s = 1 / (1 + sympy.exp(-x))
    f = x * s
    return (
        sympy.diff(x * s, x),
        s + x * sympy.diff(s, x),  # product rule
        s + x * s * (1 - s),  # sigma' = sigma (1 - sigma)
        s + f * (1 - s),  # x sigma is f
        f + s * (1 - f),  # the same terms in another order
    )


def operations(expression: sympy.Expr) -> Counter[str]:
    """Floating-point operations for one element, counted as an expression is written.

    Args:
        expression: An expression as typed, for example `sympify("f + s*(1 - f)", evaluate=False)`.

    Returns:
        How often each operation occurs: ADD, SUB, MUL, DIV, NEG, EXP and so on.
    """
    count = sympy.count_ops(expression, visual=True)
    terms = sympy.Add.make_args(count)
    numbers = {str(term.free_symbols.pop()): int(term.as_coeff_Mul()[0]) for term in terms if term}
    return Counter(numbers)
