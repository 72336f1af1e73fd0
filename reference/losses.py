"""Losses of classification, their gradients, and the information theory behind them (question q06).

All functions compute in float64. Those that take logits are exact for logits of any finite size:
the largest logit of each row is subtracted first, which changes neither softmax nor the loss, and
the logarithm of a probability is never taken from the probability.

Write p for the prediction and y for the truth, one entry a class. After softmax

    cross entropy   dL/dz_i = p_i - y_i
    squared error   dL/dz_i = 2 p_i ((p_i - y_i) - sum_j p_j (p_j - y_j))

The second keeps the factor p_i of softmax's derivative, so it goes to 0 where the prediction is
sure, even if it is wrong; in the first the logarithm has cancelled that factor.

Reference:
    Goodfellow, Bengio, Courville, "Deep Learning", sections 3.13, 4.1, 6.2.2.2 and 6.2.2.3.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.activations import sigmoid

Array = NDArray[np.float64]
Unit = Literal["bits", "nats"]
NATS_PER_UNIT: dict[str, float] = {"nats": 1.0, "bits": float(np.log(2))}


# --- softmax ----------------------------------------------------------------------------


def log_softmax(z: ArrayLike) -> Array:
    """ln p_i = z_i - ln sum_k exp(z_k), along the last axis.

    Args:
        z: Logits, shape (..., C), of any finite size.

    Returns:
        Logarithms of probabilities, shape (..., C), at most 0.

    Reference:
        Goodfellow, Bengio, Courville, "Deep Learning", section 4.1.
    """
    z = np.asarray(z, dtype=np.float64)
    shifted = z - z.max(axis=-1, keepdims=True)  # (..., C), the largest is 0
    log_p: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return log_p


def softmax(z: ArrayLike) -> Array:
    """p_i = exp(z_i) / sum_k exp(z_k), along the last axis.

    Args:
        z: Logits, shape (..., C), of any finite size.

    Returns:
        Probabilities, shape (..., C); each sum over the last axis is 1.

    Reference:
        Goodfellow, Bengio, Courville, "Deep Learning", equation (6.29).
    """
    z = np.asarray(z, dtype=np.float64)
    weights = np.exp(z - z.max(axis=-1, keepdims=True))  # (..., C), the largest is 1
    p: Array = weights / weights.sum(axis=-1, keepdims=True)
    return p


def softmax_jacobian(z: ArrayLike) -> Array:
    """dp_i/dz_j = p_i (delta_ij - p_j), for the last axis; symmetric, each row sums to 0.

    Args:
        z: Logits, shape (..., C).

    Returns:
        Shape (..., C, C), [..., i, j] the derivative of probability i by logit j.

    Reference:
        Bishop, "Pattern Recognition and Machine Learning", equation (4.106).
    """
    p = softmax(z)
    jacobian: Array = p[..., :, None] * (np.eye(p.shape[-1]) - p[..., None, :])  # (..., C, C)
    return jacobian


# --- cross entropy ----------------------------------------------------------------------


def cross_entropy(logits: ArrayLike, labels: ArrayLike) -> float:
    """Mean over the samples of -ln p of the true class, in nats.

    Args:
        logits: Shape (N, C).
        labels: The true classes, shape (N,), integers from 0 to C - 1.

    Reference:
        Goodfellow, Bengio, Courville, "Deep Learning", equation (6.30).
    """
    log_p = log_softmax(logits)  # (N, C)
    labels = np.asarray(labels)
    return float(-log_p[np.arange(len(labels)), labels].mean())


def cross_entropy_gradient(logits: ArrayLike, labels: ArrayLike) -> Array:
    """Gradient of `cross_entropy` in the logits: (p - y) / N, with y one-hot.

    With dp_k/dz_i = p_k (delta_ki - p_i) the chain rule gives

        -sum_k (y_k / p_k) p_k (delta_ki - p_i) = -y_i + p_i sum_k y_k = p_i - y_i.

    Args:
        logits: Shape (N, C).
        labels: Shape (N,), integers.

    Returns:
        Shape (N, C); each row sums to 0.

    Reference:
        Bishop, "Pattern Recognition and Machine Learning", equation (4.109).
    """
    gradient = softmax(logits)  # (N, C)
    labels = np.asarray(labels)
    gradient[np.arange(len(labels)), labels] -= 1
    return gradient / len(labels)


def binary_cross_entropy(logits: ArrayLike, targets: ArrayLike) -> float:
    """Mean of -y ln p - (1 - y) ln(1 - p) with p = sigma(z), from the logits.

    Since -ln sigma(z) = ln(1 + exp(-z)) and 1 - sigma(z) = sigma(-z), an element is
    ln(1 + exp(z)) - y z = max(z, 0) - y z + ln(1 + exp(-|z|)).

    Args:
        logits: Any shape.
        targets: Truth in [0, 1], of the same shape.

    Reference:
        Goodfellow, Bengio, Courville, "Deep Learning", section 6.2.2.2.
    """
    z, y = np.asarray(logits, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    return float(np.mean(np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))))


def binary_cross_entropy_gradient(logits: ArrayLike, targets: ArrayLike) -> Array:
    """Gradient of `binary_cross_entropy` in the logits: (sigma(z) - y) / number of elements.

    Args:
        logits: Any shape.
        targets: Truth in [0, 1], of the same shape.

    Returns:
        The same shape.
    """
    p = sigmoid(logits)
    return (p - np.asarray(targets, dtype=np.float64)) / p.size


# --- squared error, for contrast --------------------------------------------------------


def squared_error_sigmoid(z: ArrayLike, y: ArrayLike) -> Array:
    """(sigma(z) - y)^2, element by element.

    Args:
        z: Logits, any shape.
        y: Truth, of the same shape.
    """
    error: Array = (sigmoid(z) - np.asarray(y, dtype=np.float64)) ** 2
    return error


def squared_error_sigmoid_gradient(z: ArrayLike, y: ArrayLike) -> Array:
    """Derivative of `squared_error_sigmoid` in z: 2 (p - y) p (1 - p), with 1 - p = sigma(-z).

    Never more than 8/27 in size for y = 0 or 1 (at p = 2/3 or 1/3), and 0 at both ends.

    Args:
        z: Logits, any shape.
        y: Truth, of the same shape.

    Returns:
        The same shape.
    """
    p = sigmoid(z)
    slope: Array = 2 * (p - np.asarray(y, dtype=np.float64)) * p * sigmoid(-np.asarray(z))
    return slope


def squared_error_softmax(z: ArrayLike, y: ArrayLike) -> Array:
    """sum_j (p_j - y_j)^2 with p = softmax(z), along the last axis.

    Args:
        z: Logits, shape (..., C).
        y: Truth, shape (..., C).

    Returns:
        Shape (...).
    """
    difference = softmax(z) - np.asarray(y, dtype=np.float64)
    error: Array = (difference**2).sum(axis=-1)
    return error


def squared_error_softmax_gradient(z: ArrayLike, y: ArrayLike) -> Array:
    """Gradient of `squared_error_softmax` in the logits.

    With e_j = p_j - y_j the chain rule gives

        sum_j 2 e_j p_j (delta_ij - p_i) = 2 p_i (e_i - sum_j p_j e_j).

    Args:
        z: Logits, shape (..., C).
        y: Truth, shape (..., C).

    Returns:
        Shape (..., C).
    """
    p = softmax(z)
    e = p - np.asarray(y, dtype=np.float64)
    gradient: Array = 2 * p * (e - (p * e).sum(axis=-1, keepdims=True))
    return gradient


# --- information ------------------------------------------------------------------------


def entropy(p: ArrayLike, unit: Unit = "nats") -> float:
    """H(p) = -sum_i p_i log p_i, where 0 log 0 is 0.

    Args:
        p: Probabilities, shape (n,).
        unit: Bits (logarithm of base 2) or nats (natural logarithm).

    Reference:
        Cover, Thomas, "Elements of Information Theory" (2nd ed.), section 2.1.
    """
    return cross_entropy_between(p, p, unit)


def cross_entropy_between(p: ArrayLike, q: ArrayLike, unit: Unit = "nats") -> float:
    """H(p, q) = -sum_i p_i log q_i = H(p) + KL(p, q); infinite where some q_i = 0 < p_i.

    Args:
        p: The true probabilities, shape (n,).
        q: The believed probabilities, shape (n,).
        unit: Bits or nats.

    Reference:
        Goodfellow, Bengio, Courville, "Deep Learning", equation (3.51).
    """
    p, q = np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64)
    happens = p > 0
    with np.errstate(divide="ignore"):  # log 0 = -inf is the right value
        nats = -(p[happens] * np.log(q[happens])).sum()
    return float(nats) / NATS_PER_UNIT[unit]


def kl_divergence(p: ArrayLike, q: ArrayLike, unit: Unit = "nats") -> float:
    """KL(p, q) = sum_i p_i log(p_i / q_i), 0 only for q = p; infinite where some q_i = 0 < p_i.

    Args:
        p: The true probabilities, shape (n,).
        q: The believed probabilities, shape (n,).
        unit: Bits or nats.

    Reference:
        Cover, Thomas, "Elements of Information Theory" (2nd ed.), section 2.3.
    """
    p, q = np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64)
    happens = p > 0
    with np.errstate(divide="ignore"):
        nats = (p[happens] * (np.log(p[happens]) - np.log(q[happens]))).sum()
    return float(nats) / NATS_PER_UNIT[unit]
