"""Gradient descent with a fixed rate, and a training loop (question q04).

For J with an L-Lipschitz gradient, put the step theta' = theta - lr grad J(theta) into the
quadratic upper bound of J, and write g for the gradient:

    J(theta') <= J(theta) + g . (theta' - theta) + (L/2) |theta' - theta|^2
              =  J(theta) - lr |g|^2 + (L/2) lr^2 |g|^2
              =  J(theta) - lr (1 - L lr / 2) |g|^2

The loss falls for certain as long as lr (1 - L lr / 2) > 0, that is for 0 < lr < 2/L.

Reference:
    Nesterov, "Lectures on Convex Optimization" (2nd ed.), lemma 1.2.3 and section 1.2.3.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def gradient_descent(
    grad: Callable[[Array], ArrayLike], theta0: ArrayLike, lr: float = 1e-3, steps: int = 1000
) -> Array:
    """Follow the negative gradient with a fixed rate.

    Args:
        grad: Maps a point of theta0's shape to the gradient there, of the same shape.
        theta0: The start, of any shape.
        lr: Rate, fixed.
        steps: Number of steps, 0 or more.

    Returns:
        All iterates, the start first, shape (steps + 1, ...), float64.

    Reference:
        theta[t+1] = theta[t] - lr grad J(theta[t]); Goodfellow, Bengio, Courville, "Deep
        Learning", equation (4.5).
    """
    start = np.asarray(theta0, dtype=np.float64)
    iterates = np.empty((steps + 1, *start.shape))
    iterates[0] = start
    for t in range(steps):
        iterates[t + 1] = iterates[t] - lr * np.asarray(grad(iterates[t]))
    return iterates


def quadratic_iterates(curvature: ArrayLike, theta0: ArrayLike, lr: float, steps: int) -> Array:
    """The iterates on J = sum of curvature theta^2 / 2 in closed form: (1 - lr curvature)^t theta0.

    Args:
        curvature: Eigenvalues of the quadratic form, of theta0's shape or a number.
        theta0: The start in the coordinates of the eigenvectors.
        lr: Rate.
        steps: Number of steps.

    Returns:
        Shape (steps + 1, ...).
    """
    factor = 1 - lr * np.asarray(curvature, dtype=np.float64)
    start = np.asarray(theta0, dtype=np.float64)
    return np.stack([factor**t * start for t in range(steps + 1)])


def descends(lr: float, L: float) -> bool:
    """Whether a step must lower a loss with an L-Lipschitz gradient: 0 < lr < 2/L."""
    return 0 < lr < 2 / L


def largest_lipschitz_constant(lr: float) -> float:
    """The bound 2/lr that L must stay under for a fixed rate; 2000 for a rate of 0.001."""
    return 2 / lr


def guaranteed_decrease(lr: float, L: float, gradient_norm: float) -> float:
    """What a step takes off the loss at the least: lr (1 - L lr / 2) |g|^2."""
    return lr * (1 - L * lr / 2) * gradient_norm**2


def squared_loss(X: Array, y: Array, w: Array) -> float:
    """Mean over the samples of (x . w - y)^2 / 2, for X (n, d), y (n,), w (d,)."""
    return float(np.mean((X @ w - y) ** 2) / 2)


def squared_loss_gradient(X: Array, y: Array, w: Array) -> Array:
    """Gradient of `squared_loss` in w, X^T (X w - y) / n, shape (d,)."""
    return np.asarray(X.T @ (X @ w - y) / len(y))


def train(
    X: Array,
    y: Array,
    w: Array,
    lr: float = 1e-3,
    epochs: int = 10,
    batch_size: int = 32,
    seed: int = 0,
    gradient: Callable[[Array, Array, Array], Array] = squared_loss_gradient,
    loss: Callable[[Array, Array, Array], float] = squared_loss,
) -> tuple[Array, list[float]]:
    """A training loop: each epoch takes every sample once, in a new order, batch by batch.

    The last batch is smaller where the batch size does not divide the number of samples; leaving
    it out would leave samples unused.

    Args:
        X: Inputs, shape (n, d).
        y: Targets, shape (n,).
        w: Parameters to begin with, shape (d,); not changed.
        lr: Rate, fixed.
        epochs: Number of passes.
        batch_size: Samples a step.
        seed: Fixes the orders.
        gradient: Maps a batch's X, y and the parameters to the gradient, of w's shape.
        loss: Maps X, y and the parameters to the loss.

    Returns:
        The parameters, shape (d,), and the loss on all samples after each epoch.

    Reference:
        Goodfellow, Bengio, Courville, "Deep Learning", algorithm 8.1.
    """
    orders = np.random.default_rng(seed)
    losses = []
    for _ in range(epochs):
        order = orders.permutation(len(y))
        for start in range(0, len(y), batch_size):
            batch = order[start : start + batch_size]
            w = w - lr * gradient(X[batch], y[batch], w)
        losses.append(loss(X, y, w))
    return w, losses
