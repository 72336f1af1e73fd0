"""`reference.pca` against the question's numbers and numpy.linalg."""

import numpy as np
import pytest
import sympy

from reference import pca

POINTS = np.array(pca.POINTS, dtype=float)


def test_covariance_of_the_four_points() -> None:
    """The covariance with n - 1 is [[14, -11], [-11, 23]]."""
    np.testing.assert_allclose(pca.covariance(POINTS), [[14, -11], [-11, 23]])
    assert pca.exact_covariance() == sympy.Matrix([[14, -11], [-11, 23]])


def test_direction_scores_and_share_of_the_four_points() -> None:
    """The direction is +-(0.5574, -0.8303), with matching scores, and explains 82.12 %."""
    mean, direction, scores, explained = pca.pca_1d(POINTS)
    sign = np.sign(direction[0])
    np.testing.assert_allclose(mean, [8, 8.5])
    np.testing.assert_allclose(sign * direction, [0.5574, -0.8303], atol=5e-5)
    np.testing.assert_allclose(sign * scores, [-4.3052, 3.7361, 5.6928, -5.1238], atol=5e-5)
    assert explained == pytest.approx(0.8212, abs=5e-5)


def test_exact_eigenvalues_of_the_four_points() -> None:
    """They are (37 +- sqrt(565)) / 2, the larger one first."""
    large, small = pca.exact_eigenvalues()
    assert sympy.simplify(large - (37 + sympy.sqrt(565)) / 2) == 0
    assert sympy.simplify(small - (37 - sympy.sqrt(565)) / 2) == 0


@pytest.mark.parametrize("shape", [(9, 3), (6, 2), (5, 7)])
def test_other_shapes_agree_with_the_svd_of_the_centred_data(shape: tuple[int, int]) -> None:
    """Direction, scores and share follow from the first singular triple, up to sign."""
    X = np.random.default_rng(11).normal(size=shape) @ np.diag(np.arange(1.0, shape[1] + 1))
    mean, direction, scores, explained = pca.pca_1d(X)
    U, S, Vt = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    sign = np.sign(direction @ Vt[0])
    np.testing.assert_allclose(mean, X.sum(axis=0) / shape[0])
    np.testing.assert_allclose(sign * direction, Vt[0], atol=1e-10)
    np.testing.assert_allclose(sign * scores, U[:, 0] * S[0], atol=1e-10)
    assert explained == pytest.approx(S[0] ** 2 / np.sum(S**2))


def test_covariance_agrees_with_numpy() -> None:
    """`covariance` is numpy's, for samples in rows."""
    X = np.random.default_rng(12).normal(size=(8, 3))
    np.testing.assert_allclose(pca.covariance(X), np.cov(X, rowvar=False))
