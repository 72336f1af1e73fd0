"""`reference.svd` against numpy.linalg and hand values."""

import numpy as np
import pytest

from reference import svd

A = np.random.default_rng(3).normal(size=(7, 4))


def test_all_terms_give_the_matrix_back() -> None:
    """With k = min(m, n) nothing is lost."""
    np.testing.assert_allclose(svd.reconstruct(*svd.svd_compress(A, 4)), A, atol=1e-12)


def test_shapes_are_those_of_the_question() -> None:
    """U_k is (m, k), S_k is (k,), Vt_k is (k, n)."""
    U, S, Vt = svd.svd_compress(A, 3)
    assert (U.shape, S.shape, Vt.shape) == ((7, 3), (3,), (3, 4))


def test_singular_values_are_roots_of_the_eigenvalues() -> None:
    """S^2 are the eigenvalues of A^T A, in descending order."""
    eigenvalues = np.linalg.eigvalsh(A.T @ A)[::-1]
    np.testing.assert_allclose(svd.singular_values(A) ** 2, eigenvalues)


def test_first_term_of_a_known_matrix() -> None:
    """The first term of [[3, 2], [2, 3], [2, -2]] has 2.5 in its first two rows, not 5."""
    B = np.array([[3.0, 2.0], [2.0, 3.0], [2.0, -2.0]])
    first = svd.reconstruct(*svd.svd_compress(B, 1))
    np.testing.assert_allclose(first, [[2.5, 2.5], [2.5, 2.5], [0, 0]], atol=1e-12)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_error_is_what_was_lost(k: int) -> None:
    """The formula of Eckart and Young gives the Frobenius norm of the difference."""
    lost = np.linalg.norm(A - svd.reconstruct(*svd.svd_compress(A, k)))
    assert svd.truncation_error(svd.singular_values(A), k) == pytest.approx(lost, abs=1e-12)


def test_no_other_matrix_of_the_rank_is_closer() -> None:
    """Random matrices of rank 2, fitted as well as they can be, stay farther away."""
    best = svd.truncation_error(svd.singular_values(A), 2)
    generator = np.random.default_rng(5)
    for _ in range(20):
        basis, _ = np.linalg.qr(generator.normal(size=(7, 2)))
        assert np.linalg.norm(A - basis @ basis.T @ A) > best


def test_energy_is_a_share_of_squares() -> None:
    """For singular values 4 and 3 the first term keeps 16/25, where norms would give 4/5."""
    assert svd.energy(np.array([4.0, 3.0]), 1) == pytest.approx(0.64)


def test_storage_counts_every_kept_number() -> None:
    """Compressing 60 by 80 to 8 terms keeps 8 (60 + 80 + 1) numbers of 4,800."""
    assert svd.storage_ratio(60, 80, 8) == pytest.approx(1128 / 4800)


def test_the_example_is_worth_compressing() -> None:
    """The picture keeps 98 % of its energy in a quarter of its numbers, below its rank."""
    report = svd.measure(svd.picture(), 8)
    assert report.k < report.rank
    assert report.ratio < 0.25
    assert 0.98 < report.energy < 1
    S = svd.singular_values(svd.picture())
    assert report.error == pytest.approx(svd.truncation_error(S, 8))


@pytest.mark.parametrize("k", [0, 5, -1])
def test_k_out_of_range_is_refused(k: int) -> None:
    """k below 1 or above min(m, n) raises ValueError."""
    with pytest.raises(ValueError, match="between 1 and 4"):
        svd.svd_compress(A, k)
