"""Positive inputs and the zig-zag of the weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reference import zigzag


def test_the_gradient_is_that_of_the_library() -> None:
    """`weight_gradient` is what automatic differentiation gives for one neuron and one sample."""
    x = torch.tensor([0.3, 0.9, 0.1], dtype=torch.float64)
    w = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64, requires_grad=True)
    z = w @ x + 0.7
    z.retain_grad()
    (torch.tanh(z) - 2).square().backward()
    assert z.grad is not None
    assert w.grad is not None
    np.testing.assert_allclose(zigzag.weight_gradient(z.grad.item(), x), w.grad)


@pytest.mark.parametrize("delta", [2.5, -0.3])
def test_positive_inputs_give_one_sign(delta: float) -> None:
    """With x > 0 every component of the gradient has the sign of delta."""
    gradient = zigzag.weight_gradient(delta, [0.2, 3.0, 1e-9])
    assert (np.sign(gradient) == np.sign(delta)).all()


@pytest.mark.parametrize(
    ("change", "reachable"),
    [([1.0, 3.0], True), ([-2.0, -0.1], True), ([1.0, -1.0], False), ([0.0, 1.0], False)],
)
def test_one_step_goes_all_up_or_all_down(change: list[float], reachable: bool) -> None:
    """A change is reachable in one step exactly if all its components have one sign."""
    assert zigzag.is_reachable(change) is reachable


def test_two_steps_reach_every_change() -> None:
    """Two samples with positive inputs add up to a change of both signs."""
    change = np.array([1.5, -2.0, 0.0])
    samples = zigzag.two_steps(change)
    assert all((x > 0).all() for _, x in samples)
    np.testing.assert_allclose(sum(-zigzag.weight_gradient(d, x) for d, x in samples), change)


def test_centred_inputs_are_the_same_samples_moved() -> None:
    """Both kinds of task differ in the inputs' mean alone, and in the rate that follows."""
    positive, centred = zigzag.task(3, centred=False), zigzag.task(3, centred=True)
    assert (positive.X > 0).all()
    np.testing.assert_allclose(positive.X - 0.5, centred.X)
    np.testing.assert_array_equal(positive.order, centred.order)
    np.testing.assert_array_equal(positive.start, centred.start)
    assert positive.X.shape == (40, 10)
    assert positive.rate == pytest.approx(1 / max(x @ x for x in positive.X))


def test_the_path_is_that_of_sgd() -> None:
    """The path is that of torch.optim.SGD on one sample at a time."""
    t = zigzag.task(1, centred=False)
    w = torch.tensor(t.start, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=t.rate)
    expected = [t.start]
    for i in t.order[:25]:
        optimizer.zero_grad()
        ((torch.tensor(t.X[i]) @ w - t.targets[i]) ** 2 / 2).backward()
        optimizer.step()
        expected.append(w.detach().numpy().copy())
    path = zigzag.stochastic_path(t.X, t.targets, t.start, t.rate, t.order[:25])
    np.testing.assert_allclose(path, expected, rtol=1e-10, atol=1e-13)


def test_a_step_meets_its_target_where_the_rate_fits() -> None:
    """With the rate 1/|x|^2 the neuron gives the target of the sample after the step."""
    X, targets = np.array([[1.0, 2.0, 2.0]]), np.array([4.5])
    path = zigzag.stochastic_path(X, targets, np.zeros(3), 1 / 9, [0])
    assert X[0] @ path[-1] == pytest.approx(4.5)


def test_the_detour_of_a_known_path() -> None:
    """Three sides of a square are three times as long as the fourth; a straight line is 1."""
    assert zigzag.detour([[0, 0], [0, 2], [2, 2], [2, 0]]) == pytest.approx(3)
    assert zigzag.detour([[1, 1], [2, 3], [3, 5]]) == pytest.approx(1)


def test_positive_inputs_take_the_longer_way() -> None:
    """The median detour of ten seeds is twice as long with positive as with centred inputs."""
    positive, centred = zigzag.median_detour(False), zigzag.median_detour(True)
    assert positive > 2 * centred > 2
