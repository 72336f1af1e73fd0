"""Stochastic against batch gradients on least squares (question q03).

J is a mean over N samples, J(w) = (1/N) sum_i J_i(w) with J_i(w) = (x_i . w - y_i)^2 / 2, and so
is its gradient. A sample drawn with equal chances therefore gives the gradient of J on average:

    E[grad J_i(w)] = sum_i (1/N) grad J_i(w) = grad J(w)

The mean over B samples keeps that, and the more samples, the less it scatters. With
sigma^2 = (1/N) sum_i |grad J_i - grad J|^2,

    E |g_B - grad J|^2 = sigma^2 / B                      drawn with replacement,
                       = sigma^2 / B (N - B) / (N - 1)    drawn without,

the second since two different samples of one set are slightly opposed: their deviations add up
to 0 over the set, so each pair has the covariance -sigma^2 / (N - 1).

Reference:
    Bottou, Curtis, Nocedal, "Optimization Methods for Large-Scale Machine Learning" (2018),
    sections 3 and 4; Cochran, "Sampling Techniques" (3rd ed.), theorem 2.2, for the finite set.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def sample_gradient(X: Array, y: Array, w: Array, i: int) -> Array:
    """Gradient of one sample's loss, (x_i . w - y_i) x_i.

    Args:
        X: Inputs, shape (N, d).
        y: Targets, shape (N,).
        w: Parameters, shape (d,).
        i: The sample, 0 to N - 1.

    Returns:
        Shape (d,).
    """
    return np.asarray((X[i] @ w - y[i]) * X[i])


def sample_gradients(X: Array, y: Array, w: Array) -> Array:
    """The gradients of all samples' losses, one a row.

    Args:
        X: Inputs, shape (N, d).
        y: Targets, shape (N,).
        w: Parameters, shape (d,).

    Returns:
        Shape (N, d).
    """
    return (X @ w - y)[:, None] * X


def batch_gradient(X: Array, y: Array, w: Array) -> Array:
    """Gradient of the mean loss, X^T (X w - y) / N: the mean of the samples' gradients.

    Args:
        X: Inputs, shape (N, d).
        y: Targets, shape (N,).
        w: Parameters, shape (d,).

    Returns:
        Shape (d,).
    """
    return np.asarray(X.T @ (X @ w - y) / len(y))


def updates(N: int, B: int, E: int) -> int:
    """Number of updates in E epochs over N samples in batches of B: E ceil(N / B).

    The last batch of an epoch is smaller where B does not divide N, and counts as an update.
    """
    return E * -(-N // B)


def sampling_weight(N: int, p: float) -> float:
    """What a sample drawn with probability p must be weighted by for an unbiased estimate: 1/(N p).

    Args:
        N: Number of samples.
        p: Probability that this sample is the one drawn, above 0.

    Reference:
        Horvitz and Thompson (1952): sum_i p_i (weight_i grad J_i) = (1/N) sum_i grad J_i.
    """
    return 1 / (N * p)


def gradient_variance(gradients: Array) -> float:
    """Mean squared distance of the samples' gradients, shape (N, d), from their mean: sigma^2."""
    deviations = gradients - gradients.mean(axis=0)
    return float(np.sum(deviations**2) / len(gradients))


def minibatch_variance(gradients: Array, batch_size: int, replacement: bool) -> float:
    """Expected squared distance of a mini-batch's mean gradient from the full gradient.

    Args:
        gradients: The samples' gradients, shape (N, d) with N of at least 2.
        batch_size: Number of samples B in a batch; at most N where drawn without replacement.
        replacement: Whether a sample may come twice in a batch.

    Returns:
        sigma^2 / B, times (N - B) / (N - 1) without replacement.

    Raises:
        ValueError: A batch without replacement is to hold more samples than there are.
    """
    N = len(gradients)
    variance = gradient_variance(gradients) / batch_size
    if replacement:
        return variance
    if batch_size > N:
        raise ValueError(f"{batch_size} samples cannot be drawn from {N} without replacement")
    return variance * (N - batch_size) / (N - 1)


def expected_decrease(lr: float, L: float, gradient_norm: float, variance: float) -> float:
    """What a step along an unbiased estimate takes off the loss on average, at the least.

    The estimate G has E[G] = grad J and E|G|^2 = |grad J|^2 + variance. In the parabola above an
    L-smooth loss, J(w - lr G) <= J(w) - lr grad J . G + (L/2) lr^2 |G|^2, this gives

        E[J(w - lr G)] <= J(w) - [lr (1 - L lr / 2) |grad J|^2 - (L/2) lr^2 variance]

    Args:
        lr: Rate.
        L: Lipschitz constant of the gradient.
        gradient_norm: Length of the full gradient.
        variance: Expected squared distance of the estimate from the full gradient.

    Returns:
        The bracket; negative where the noise may outweigh the step.

    Reference:
        Bottou, Curtis, Nocedal (2018), lemma 4.4.
    """
    return lr * (1 - L * lr / 2) * gradient_norm**2 - L / 2 * lr**2 * variance


def rate_limit(L: float, gradient_norm: float, variance: float) -> float:
    """The bound below which `expected_decrease` is positive: (2/L) |grad J|^2 / E|G|^2.

    Args:
        L: Lipschitz constant of the gradient, above 0.
        gradient_norm: Length of the full gradient.
        variance: Expected squared distance of the estimate from the full gradient.
    """
    return 2 / L * gradient_norm**2 / (gradient_norm**2 + variance)
