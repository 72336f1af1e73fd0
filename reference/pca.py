"""Principal component analysis from two dimensions, or more, to one (question q02).

Reference:
    Bishop, "Pattern Recognition and Machine Learning", section 12.1.1, equations (12.3) to
    (12.5); here with n - 1 in the covariance.
"""

from __future__ import annotations

import numpy as np
import sympy
from numpy.typing import NDArray

Array = NDArray[np.float64]

POINTS = ((4, 11), (8, 4), (13, 5), (7, 14))  # the four points of the question


def covariance(X: Array) -> Array:
    """Sample covariance, sum of (x - mean)(x - mean)^T / (n - 1).

    Args:
        X: One sample a row, shape (n, d), n at least 2.

    Returns:
        Shape (d, d), symmetric.
    """
    centred = X - X.mean(axis=0)  # (n, d)
    return np.asarray(centred.T @ centred / (len(X) - 1))


def pca_1d(X: Array) -> tuple[Array, Array, Array, float]:
    """Find the direction along which the samples vary most, and their places on it.

    Args:
        X: One sample a row, shape (n, d), n at least 2, not all alike.

    Returns:
        The mean, shape (d,); the direction, shape (d,), of length 1, its sign free; the scores
        (x - mean) . direction, shape (n,); and the explained fraction of the variance, in [0, 1].
    """
    mean = X.mean(axis=0)  # (d,)
    values, vectors = np.linalg.eigh(covariance(X))  # ascending
    direction = vectors[:, -1]  # (d,)
    scores = (X - mean) @ direction  # (n,)
    return mean, direction, scores, float(values[-1] / values.sum())


def exact_covariance(points: tuple[tuple[int, ...], ...] = POINTS) -> sympy.Matrix:
    """The covariance of points with whole coordinates, in exact fractions, (d, d)."""
    X = sympy.Matrix(points)  # (n, d)
    n = X.rows
    mean = sympy.ones(1, n) * X / n  # (1, d)
    centred = X - sympy.ones(n, 1) * mean
    return centred.T * centred / (n - 1)


def exact_eigenvalues(points: tuple[tuple[int, ...], ...] = POINTS) -> tuple[sympy.Expr, ...]:
    """The eigenvalues of the exact covariance, largest first.

    They are the roots of lambda^2 - trace lambda + determinant; for the four points of the
    question (37 +- sqrt(565)) / 2.
    """
    roots = exact_covariance(points).eigenvals(multiple=True)
    return tuple(sorted(roots, key=lambda root: -float(root)))
