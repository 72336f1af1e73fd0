"""`reference.gradient_descent` against closed forms and PyTorch's optimiser."""

import numpy as np
import pytest
import torch

from reference import gradient_descent as gd


def test_iterates_begin_at_the_start() -> None:
    """There are steps + 1 iterates of theta0's shape, and the first is theta0."""
    start = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])
    iterates = gd.gradient_descent(lambda theta: 2 * theta, start, steps=7)
    assert iterates.shape == (8, 2, 3)
    np.testing.assert_array_equal(iterates[0], start)


def test_a_number_is_a_point() -> None:
    """theta0 may be a plain number."""
    iterates = gd.gradient_descent(lambda theta: 2 * theta, 3, lr=0.25, steps=2)
    np.testing.assert_allclose(iterates, [3, 1.5, 0.75])


def test_the_default_rate_is_the_questions() -> None:
    """Without a rate each step is 0.001 times the gradient."""
    iterates = gd.gradient_descent(lambda theta: np.array([5.0]), [1.0], steps=3)
    np.testing.assert_allclose(np.diff(iterates[:, 0]), [-0.005] * 3)


def test_quadratic_follows_the_closed_form() -> None:
    """On curvature lambda the iterates are (1 - lr lambda)^t theta0."""
    curvature, start = np.array([1.0, 30.0, 700.0]), np.array([2.0, -3.0, 0.5])
    iterates = gd.gradient_descent(lambda theta: curvature * theta, start, steps=50)
    np.testing.assert_allclose(iterates, gd.quadratic_iterates(curvature, start, 1e-3, 50))


def test_equal_to_sgd_of_the_library() -> None:
    """On a loss that is no quadratic the iterates are those of torch.optim.SGD."""
    theta = torch.tensor([1.5, -0.7], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([theta], lr=0.05)
    expected = [theta.detach().numpy().copy()]
    for _ in range(9):
        optimizer.zero_grad()
        (theta**4).sum().backward()
        optimizer.step()
        expected.append(theta.detach().numpy().copy())
    found = gd.gradient_descent(lambda t: 4 * t**3, [1.5, -0.7], lr=0.05, steps=9)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize(("L", "falls"), [(1999.0, True), (2001.0, False)])
def test_the_condition_separates_descent_from_divergence(L: float, falls: bool) -> None:
    """With rate 0.001 the iterates shrink for L below 2000 and grow above it."""
    assert gd.descends(1e-3, L) is falls
    iterates = gd.gradient_descent(lambda theta: L * theta, [1.0], steps=100)
    assert bool(abs(iterates[-1, 0]) < 1) is falls
    assert gd.largest_lipschitz_constant(1e-3) == pytest.approx(2000)


def test_the_guaranteed_decrease_is_reached_by_the_worst_case() -> None:
    """On the quadratic of curvature L the bound of the descent lemma is an equality."""
    L, lr, theta = 40.0, 0.01, 3.0
    before, after = L / 2 * theta**2, L / 2 * (theta - lr * L * theta) ** 2
    assert before - after == pytest.approx(gd.guaranteed_decrease(lr, L, L * theta))


def _data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(8)
    X = generator.normal(size=(103, 4))
    w = np.array([1.0, -2.0, 0.5, 3.0])
    return X, X @ w, w


def test_the_loop_finds_the_weights_and_lowers_the_loss() -> None:
    """On data without noise the loss falls every epoch, to the true weights."""
    X, y, w = _data()
    found, losses = gd.train(X, y, np.zeros(4), lr=0.1, epochs=60)
    assert losses == sorted(losses, reverse=True)
    np.testing.assert_allclose(found, w, atol=1e-4)


def test_the_loop_uses_every_sample_once_an_epoch_in_a_new_order() -> None:
    """103 samples in batches of 32 give three full batches and one of 7, shuffled anew."""
    X, y, _ = _data()
    seen: list[np.ndarray] = []

    def spy(X: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
        seen.append(y.copy())
        return np.zeros_like(w)

    gd.train(X, y, np.zeros(4), epochs=2, gradient=spy)
    assert [len(batch) for batch in seen] == [32, 32, 32, 7] * 2
    first, second = np.concatenate(seen[:4]), np.concatenate(seen[4:])
    np.testing.assert_array_equal(np.sort(first), np.sort(y))
    np.testing.assert_array_equal(np.sort(second), np.sort(y))
    assert not np.array_equal(first, y)
    assert not np.array_equal(first, second)


def test_the_start_is_left_alone() -> None:
    """The loop does not write into the parameters that it was given."""
    X, y, _ = _data()
    start = np.ones(4)
    gd.train(X, y, start)
    np.testing.assert_array_equal(start, np.ones(4))


def test_the_gradient_is_that_of_the_loss() -> None:
    """`squared_loss_gradient` is what automatic differentiation gives."""
    X, y, _ = _data()
    w = torch.tensor([0.3, -0.2, 0.9, 1.1], dtype=torch.float64, requires_grad=True)
    loss = ((torch.tensor(X) @ w - torch.tensor(y)) ** 2).mean() / 2
    loss.backward()
    assert w.grad is not None
    values = w.detach().numpy()
    np.testing.assert_allclose(gd.squared_loss_gradient(X, y, values), w.grad.numpy())
    assert gd.squared_loss(X, y, values) == pytest.approx(loss.item())
