"""`reference.stochastic_gradient` against automatic differentiation and plain enumeration."""

from itertools import combinations, product

import numpy as np
import pytest
import torch

from reference import stochastic_gradient as sg


def _data(n: int = 11, d: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(23)
    return generator.normal(size=(n, d)), generator.normal(size=n), generator.normal(size=d)


def _automatic(X: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    weights = torch.tensor(w, requires_grad=True)
    loss = ((torch.tensor(X) @ weights - torch.tensor(y)) ** 2).mean() / 2
    (gradient,) = torch.autograd.grad(loss, weights)
    return gradient.numpy()


def test_the_batch_gradient_is_that_of_the_mean_loss() -> None:
    """`batch_gradient` is what automatic differentiation gives."""
    X, y, w = _data()
    np.testing.assert_allclose(sg.batch_gradient(X, y, w), _automatic(X, y, w))


def test_a_samples_gradient_is_that_of_its_own_loss() -> None:
    """`sample_gradient` is the gradient of the loss of that sample alone, also in the table."""
    X, y, w = _data()
    for i in range(len(y)):
        expected = _automatic(X[i : i + 1], y[i : i + 1], w)
        np.testing.assert_allclose(sg.sample_gradient(X, y, w, i), expected)
        np.testing.assert_allclose(sg.sample_gradients(X, y, w)[i], expected)


def test_the_mean_over_the_samples_is_the_full_gradient() -> None:
    """A sample drawn with equal chances is an unbiased estimate."""
    X, y, w = _data()
    mean = np.mean([sg.sample_gradient(X, y, w, i) for i in range(len(y))], axis=0)
    np.testing.assert_allclose(mean, sg.batch_gradient(X, y, w))


def test_unequal_chances_need_the_weight() -> None:
    """With the weight 1/(N p) a sample drawn with any chances is unbiased, without it is not."""
    X, y, w = _data()
    p = np.arange(1.0, 12.0) / 66
    gradients = sg.sample_gradients(X, y, w)
    weights = np.array([sg.sampling_weight(11, chance) for chance in p])
    np.testing.assert_allclose((p * weights) @ gradients, sg.batch_gradient(X, y, w))
    assert not np.allclose(p @ gradients, sg.batch_gradient(X, y, w))


@pytest.mark.parametrize(
    ("N", "B", "E", "number"),
    [(60000, 32, 10, 18750), (10, 3, 2, 8), (9, 3, 2, 6), (5, 8, 3, 3), (7, 1, 1, 7), (7, 7, 4, 4)],
)
def test_an_incomplete_batch_is_an_update(N: int, B: int, E: int, number: int) -> None:
    """The number of updates is that of the slices that a loop over the samples takes."""
    assert sg.updates(N, B, E) == number
    assert number == E * len(range(0, N, B))


@pytest.mark.parametrize("B", [1, 2, 3, 4])
def test_the_variances_are_those_over_all_batches(B: int) -> None:
    """Both formulas are the mean squared distance over every batch that can be drawn."""
    X, y, w = _data(n=5, d=2)
    gradients = sg.sample_gradients(X, y, w)
    full = gradients.mean(axis=0)

    def scatter(batches: list[tuple[int, ...]]) -> float:
        means = np.array([gradients[list(batch)].mean(axis=0) for batch in batches])
        return float(np.mean(np.sum((means - full) ** 2, axis=1)))

    drawn_with = scatter(list(product(range(5), repeat=B)))
    drawn_without = scatter(list(combinations(range(5), B)))
    assert sg.minibatch_variance(gradients, B, True) == pytest.approx(drawn_with)
    assert sg.minibatch_variance(gradients, B, False) == pytest.approx(drawn_without)


def test_the_whole_set_without_replacement_is_certain() -> None:
    """B = N without replacement has no variance; more than N cannot be drawn."""
    gradients = sg.sample_gradients(*_data())
    assert sg.minibatch_variance(gradients, 11, False) == 0
    assert sg.minibatch_variance(gradients, 22, True) > 0
    with pytest.raises(ValueError, match="12 samples cannot be drawn from 11"):
        sg.minibatch_variance(gradients, 12, False)


def test_the_expected_decrease_is_reached_by_the_worst_case() -> None:
    """On the parabola of curvature L the bound is the exact mean over the samples."""
    L, lr, w = 6.0, 0.2, 1.5
    estimates = L * w + np.array([-4.0, 1.0, 3.0])
    mean_after = np.mean(L / 2 * (w - lr * estimates) ** 2)
    variance = sg.gradient_variance(estimates[:, None])
    decrease = sg.expected_decrease(lr, L, L * w, variance)
    assert L / 2 * w**2 - mean_after == pytest.approx(decrease)


def test_the_rate_limit_is_where_the_decrease_ends() -> None:
    """Below the limit the expected decrease is positive, at it 0; without noise it is 2/L."""
    limit = sg.rate_limit(5.0, 2.0, 3.0)
    assert sg.expected_decrease(limit, 5.0, 2.0, 3.0) == pytest.approx(0)
    assert sg.expected_decrease(0.99 * limit, 5.0, 2.0, 3.0) > 0
    assert sg.rate_limit(5.0, 2.0, 0.0) == pytest.approx(2 / 5)
