"""Compression of a matrix by its singular value decomposition (question q01).

A = U diag(S) V^T, the singular values in S descending. The first k terms are the best
approximation of rank k, and they need k(m + n + 1) numbers in place of m n.

Reference:
    Golub, Van Loan, "Matrix Computations" (4th ed.), theorems 2.4.1 (decomposition) and 2.4.8
    (Eckart-Young).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def svd_compress(A: Array, k: int) -> tuple[Array, Array, Array]:
    """Keep the k largest singular values of a matrix with their vectors.

    Args:
        A: Shape (m, n).
        k: Number of terms, 1 to min(m, n).

    Returns:
        U_k, shape (m, k); S_k, shape (k,), descending; Vt_k, shape (k, n).

    Raises:
        ValueError: k is out of range.
    """
    if not 1 <= k <= min(A.shape):
        raise ValueError(f"k is {k}; it must lie between 1 and {min(A.shape)}")
    U, S, Vt = np.linalg.svd(A, full_matrices=False)  # (m, r), (r,), (r, n)
    return U[:, :k], S[:k], Vt[:k]


def reconstruct(U_k: Array, S_k: Array, Vt_k: Array) -> Array:
    """Sum the kept terms, sum over i of S[i] u_i v_i^T, shape (m, n)."""
    return (U_k * S_k) @ Vt_k


def singular_values(A: Array) -> Array:
    """All singular values, descending, shape (min(m, n),): roots of the eigenvalues of A^T A."""
    return np.asarray(np.linalg.svd(A, compute_uv=False), dtype=np.float64)


def truncation_error(S: Array, k: int) -> float:
    """Frobenius error of the best approximation of rank k: sqrt(sum of the dropped S^2).

    Args:
        S: All singular values, descending.
        k: Number of kept terms.

    Reference:
        Eckart, Young, "The approximation of one matrix by another of lower rank",
        Psychometrika 1 (1936).
    """
    return float(np.sqrt(np.sum(S[k:] ** 2)))


def energy(S: Array, k: int) -> float:
    """Kept share of the sum of squares, in [0, 1]; a ratio of squares, not of norms.

    Args:
        S: All singular values, descending, not all zero.
        k: Number of kept terms.
    """
    return float(np.sum(S[:k] ** 2) / np.sum(S**2))


def storage_ratio(m: int, n: int, k: int) -> float:
    """Numbers of the compressed form for each number of the matrix: k(m + n + 1) / (m n)."""
    return k * (m + n + 1) / (m * n)


@dataclass(frozen=True)
class Compression:
    """What compressing one matrix to k terms costs and saves.

    Attributes:
        k: Number of kept terms.
        rank: Numerical rank of the matrix.
        error: Frobenius norm of what was lost.
        energy: Kept share of the sum of squares.
        ratio: Numbers kept for each number of the matrix.
    """

    k: int
    rank: int
    error: float
    energy: float
    ratio: float


def measure(A: Array, k: int) -> Compression:
    """Compress a matrix of shape (m, n) to k terms and say what that does to it."""
    S = singular_values(A)
    lost = A - reconstruct(*svd_compress(A, k))
    rank = int(np.linalg.matrix_rank(A))
    error = float(np.linalg.norm(lost))
    return Compression(k, rank, error, energy(S, k), storage_ratio(len(A), len(A.T), k))


def picture(height: int = 60, width: int = 80) -> Array:
    """A picture to compress: rings in a bright sky above a dark edge, shape (height, width)."""
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    rings = np.cos(9 * np.hypot(down, across))
    slope = np.where(down > 0.5 * across + 0.4, -1.0, 1.0)
    return np.asarray(0.5 * rings + 0.5 * slope)
