"""Activation functions, their derivatives, and what a derivative costs (question q09).

All functions take and return arrays of any shape, element by element, in float64, and stay exact
for |x| = 1000, where exp(x) would overflow.

Reference:
    Swish: Ramachandran, Zoph, Le, "Searching for activation functions" (2017), section 4;
    the others: Goodfellow, Bengio, Courville, "Deep Learning", section 6.3.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import sympy
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


def swish(x: ArrayLike) -> Array:
    """f(x) = x sigma(x)."""
    x = np.asarray(x, dtype=np.float64)
    return x * sigmoid(x)


def d_swish(x: ArrayLike) -> Array:
    """f'(x), from f(x) and sigma(x)."""
    return d_swish_from(swish(x), sigmoid(x))


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
