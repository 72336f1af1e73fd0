"""Step rules of first-order optimisation, as functions (question q05).

A rule takes the parameters, the gradient there and what it remembers, and returns the new
parameters and the new memory. All arithmetic is element by element, g is the gradient, and every
memory begins with zeros:

    SGD        theta <- theta - lr g
    momentum   b <- mu b + g                     theta <- theta - lr b
    AdaGrad    s <- s + g^2                      theta <- theta - lr g / (sqrt(s) + eps)
    RMSProp    v <- rho v + (1 - rho) g^2        theta <- theta - lr g / (sqrt(v) + eps)
    Adam       m <- beta1 m + (1 - beta1) g
               v <- beta2 v + (1 - beta2) g^2
               theta <- theta - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)

The steps are those of the library's optimisers with the same settings; the defaults are the
library's as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def sgd_step(theta: Array, g: Array, lr: float = 1e-3) -> Array:
    """A step against the gradient.

    Args:
        theta: Parameters, of any shape.
        g: Gradient at theta, of theta's shape.
        lr: Rate.

    Returns:
        The new parameters.

    Reference:
        Robbins and Monro, "A Stochastic Approximation Method" (1951).
    """
    return theta - lr * g


def momentum_step(
    theta: Array, g: Array, b: Array, lr: float = 1e-3, momentum: float = 0.9
) -> tuple[Array, Array]:
    """A step of the heavy ball: the past steps roll on, damped.

    With b = (theta_before - theta) / lr this is Polyak's form, theta - lr g + momentum
    (theta - theta_before).

    Args:
        theta: Parameters, of any shape.
        g: Gradient at theta, of theta's shape.
        b: The damped sum of the gradients so far, of theta's shape; zeros at first.
        lr: Rate.
        momentum: The share mu of the last step that rolls on, in [0, 1).

    Returns:
        The new parameters and the new sum.

    Reference:
        Polyak, "Some methods of speeding up the convergence of iteration methods" (1964).
    """
    b = momentum * b + g
    return theta - lr * b, b


def adagrad_step(
    theta: Array, g: Array, s: Array, lr: float = 1e-2, eps: float = 1e-10
) -> tuple[Array, Array]:
    """A step of AdaGrad: each parameter's rate falls with the squares that it has seen.

    Args:
        theta: Parameters, of any shape.
        g: Gradient at theta, of theta's shape.
        s: Sum of the squared gradients so far, of theta's shape; zeros at first.
        lr: Rate.
        eps: Keeps the denominator from 0.

    Returns:
        The new parameters and the new sum of squares.

    Reference:
        Duchi, Hazan, Singer, "Adaptive Subgradient Methods" (2011), section 1.1, the diagonal form.
    """
    s = s + g**2
    return theta - lr * g / (np.sqrt(s) + eps), s


def rmsprop_step(
    theta: Array, g: Array, v: Array, lr: float = 1e-2, rho: float = 0.99, eps: float = 1e-8
) -> tuple[Array, Array]:
    """A step of RMSProp: AdaGrad with a mean that forgets in place of the sum.

    Args:
        theta: Parameters, of any shape.
        g: Gradient at theta, of theta's shape.
        v: Moving mean of the squared gradients, of theta's shape; zeros at first.
        lr: Rate.
        rho: The share of the old mean that stays, in [0, 1).
        eps: Keeps the denominator from 0.

    Returns:
        The new parameters and the new mean.

    Reference:
        Tieleman and Hinton, "Neural Networks for Machine Learning", lecture 6.5 (2012); with eps
        as in Goodfellow, Bengio, Courville, "Deep Learning", algorithm 8.5, but outside the root.
    """
    v = rho * v + (1 - rho) * g**2
    return theta - lr * g / (np.sqrt(v) + eps), v


def adam_step(
    theta: Array,
    g: Array,
    m: Array,
    v: Array,
    t: int,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Array, Array, Array]:
    """A step of Adam: moving means of g and g^2, freed from their zero start.

    For a constant gradient m = (1 - beta1^t) g, since the means begin at 0; the division takes
    the factor away. The first step has size lr |g| / (|g| + eps), about lr for |g| >> eps.

    Args:
        theta: Parameters, of any shape.
        g: Gradient at theta, of theta's shape.
        m: Moving mean of the gradients, of theta's shape; zeros at first.
        v: Moving mean of their squares, of theta's shape; zeros at first.
        t: Number of this step; the first is 1.
        lr: Rate.
        beta1: The share of m that stays, in [0, 1).
        beta2: The share of v that stays, in [0, 1).
        eps: Keeps the denominator from 0; added after the root.

    Returns:
        The new parameters and the new means, not corrected.

    Reference:
        Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1.
    """
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_corrected = m / (1 - beta1**t)
    v_corrected = v / (1 - beta2**t)
    return theta - lr * m_corrected / (np.sqrt(v_corrected) + eps), m, v


@dataclass(frozen=True)
class Rule:
    """A step rule with its settings put in.

    Attributes:
        memories: How many arrays of theta's shape it remembers.
        step: Takes theta, g, the memories and the number of the step (from 1), and returns theta
            and the memories anew.
    """

    memories: int
    step: Callable[[Array, Array, tuple[Array, ...], int], tuple[Array, ...]]


def sgd(lr: float = 1e-3) -> Rule:
    """`sgd_step` as a rule."""
    return Rule(0, lambda theta, g, memory, t: (sgd_step(theta, g, lr),))


def momentum(lr: float = 1e-3, momentum: float = 0.9) -> Rule:
    """`momentum_step` as a rule."""
    return Rule(1, lambda theta, g, memory, t: momentum_step(theta, g, memory[0], lr, momentum))


def adagrad(lr: float = 1e-2, eps: float = 1e-10) -> Rule:
    """`adagrad_step` as a rule."""
    return Rule(1, lambda theta, g, memory, t: adagrad_step(theta, g, memory[0], lr, eps))


def rmsprop(lr: float = 1e-2, rho: float = 0.99, eps: float = 1e-8) -> Rule:
    """`rmsprop_step` as a rule."""
    return Rule(1, lambda theta, g, memory, t: rmsprop_step(theta, g, memory[0], lr, rho, eps))


def adam(lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> Rule:
    """`adam_step` as a rule."""
    return Rule(
        2,
        lambda theta, g, memory, t: adam_step(
            theta, g, memory[0], memory[1], t, lr, beta1, beta2, eps
        ),
    )


def minimise(
    grad: Callable[[Array], ArrayLike], theta0: ArrayLike, rule: Rule, steps: int = 1000
) -> Array:
    """Walk downhill by a rule, and keep every point of the walk.

    Args:
        grad: Maps a point of theta0's shape to a gradient there, exact or estimated.
        theta0: The start, of any shape; it is not changed.
        rule: The step rule; its memories begin with zeros.
        steps: Number of steps, 0 or more.

    Returns:
        All iterates, the start first, shape (steps + 1, ...), float64.
    """
    theta = np.asarray(theta0, dtype=np.float64)
    memory = tuple(np.zeros_like(theta) for _ in range(rule.memories))
    iterates = [theta]
    for t in range(1, steps + 1):
        g = np.asarray(grad(theta.copy()), dtype=np.float64)
        theta, *rest = rule.step(theta, g, memory, t)
        memory = tuple(rest)
        iterates.append(theta)
    return np.stack(iterates)
