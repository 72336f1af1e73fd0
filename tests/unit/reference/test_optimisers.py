"""`reference.optimisers` against PyTorch's optimisers and closed forms."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from reference import optimisers as opt

SETTINGS = [
    (opt.sgd, torch.optim.SGD, {"lr": 0.07}, {"lr": 0.07}),
    (
        opt.momentum,
        torch.optim.SGD,
        {"lr": 0.03, "momentum": 0.8},
        {"lr": 0.03, "momentum": 0.8},
    ),
    (opt.adagrad, torch.optim.Adagrad, {"lr": 0.2, "eps": 0.03}, {"lr": 0.2, "eps": 0.03}),
    (
        opt.rmsprop,
        torch.optim.RMSprop,
        {"lr": 0.05, "rho": 0.7, "eps": 0.02},
        {"lr": 0.05, "alpha": 0.7, "eps": 0.02},
    ),
    (
        opt.adam,
        torch.optim.Adam,
        {"lr": 0.04, "beta1": 0.7, "beta2": 0.9, "eps": 0.05},
        {"lr": 0.04, "betas": (0.7, 0.9), "eps": 0.05},
    ),
]
NAMES = ["sgd", "momentum", "adagrad", "rmsprop", "adam"]


def _library_walk(
    optimiser: type[torch.optim.Optimizer],
    start: np.ndarray,
    gradients: np.ndarray,
    **settings: Any,
) -> np.ndarray:
    theta = torch.tensor(start, requires_grad=True)
    stepper = optimiser([theta], **settings)
    walk = [start]
    for g in gradients:
        theta.grad = torch.tensor(g)
        stepper.step()
        walk.append(theta.detach().numpy().copy())
    return np.array(walk)


def _own_walk(rule: opt.Rule, start: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    sequence = iter(gradients)
    return opt.minimise(lambda theta: next(sequence), start, rule, steps=len(gradients))


@pytest.mark.parametrize(("rule", "library", "own", "theirs"), SETTINGS, ids=NAMES)
def test_equal_to_the_library_over_a_random_sequence(
    rule: Callable[..., opt.Rule],
    library: type[torch.optim.Optimizer],
    own: dict[str, float],
    theirs: dict[str, Any],
) -> None:
    """Each rule walks as the library's optimiser does, settings far from the defaults."""
    generator = np.random.default_rng(31)
    start, gradients = generator.normal(size=(2, 3)), generator.normal(size=(25, 2, 3))
    expected = _library_walk(library, start, gradients, **theirs)
    np.testing.assert_allclose(_own_walk(rule(**own), start, gradients), expected, rtol=1e-11)


@pytest.mark.parametrize(
    ("rule", "library"),
    [
        (opt.sgd, torch.optim.SGD),
        (opt.adagrad, torch.optim.Adagrad),
        (opt.rmsprop, torch.optim.RMSprop),
        (opt.adam, torch.optim.Adam),
    ],
    ids=["sgd", "adagrad", "rmsprop", "adam"],
)
def test_the_defaults_are_the_librarys(
    rule: Callable[..., opt.Rule], library: type[torch.optim.Optimizer]
) -> None:
    """Without settings the walk is the library's without settings, for tiny gradients too."""
    generator = np.random.default_rng(32)
    start = generator.normal(size=4)
    gradients = generator.normal(size=(12, 4)) * [1e-9, 1e-8, 1e-3, 10.0]
    expected = _library_walk(library, start, gradients)
    np.testing.assert_allclose(_own_walk(rule(), start, gradients), expected, rtol=0, atol=1e-14)


def test_momentum_is_polyaks_heavy_ball() -> None:
    """Each step is the gradient step and a share of the step before it."""
    A, lr, mu = np.array([[3.0, 1.0], [1.0, 2.0]]), 0.1, 0.6
    walk = opt.minimise(lambda theta: A @ theta, [1.0, -2.0], opt.momentum(lr, mu), steps=8)
    for before, here, after in zip(walk, walk[1:], walk[2:], strict=False):
        np.testing.assert_allclose(after, here - lr * A @ here + mu * (here - before))


@pytest.mark.parametrize("g", [1e-6, -0.3, 4e5])
def test_the_first_step_of_adam_has_the_size_of_the_rate(g: float) -> None:
    """Whatever the gradient's size, as long as it is far above eps, the first step is lr."""
    walk = opt.minimise(lambda theta: g, 2.0, opt.adam(lr=0.01), steps=1)
    assert walk[0] - walk[1] == pytest.approx(0.01 * np.sign(g), rel=0.011)


def test_the_first_step_of_adam_halves_where_the_gradient_is_eps() -> None:
    """For |g| = eps the first step is lr/2: eps stands outside of the root."""
    theta, _, _ = opt.adam_step(
        np.zeros(1), np.array([1e-3]), np.zeros(1), np.zeros(1), 1, lr=0.5, eps=1e-3
    )
    np.testing.assert_allclose(theta, [-0.25])


def test_the_means_of_a_constant_gradient_are_short_by_their_factor() -> None:
    """m = (1 - beta1^t) g and v = (1 - beta2^t) g^2, so that each step of Adam has size lr."""
    theta, m, v, g = (np.full(2, x) for x in (0.0, 0.0, 0.0, 3.0))
    for t in range(1, 8):
        theta, m, v = opt.adam_step(theta, g, m, v, t, lr=0.01)
        np.testing.assert_allclose(m, (1 - 0.9**t) * g)
        np.testing.assert_allclose(v, (1 - 0.999**t) * g**2)
    np.testing.assert_allclose(theta, -0.07, rtol=1e-7)


def test_adam_does_not_see_the_scale_of_the_loss() -> None:
    """Where eps is 0, a loss times 1000 gives the same walk."""
    grad = np.array([1.0, 40.0])
    small, large = (
        opt.minimise(lambda theta, s=s: s * grad * theta, [1.0, 1.0], opt.adam(0.05, eps=0.0), 20)
        for s in (1.0, 1000.0)
    )
    np.testing.assert_allclose(large, small, rtol=1e-9)


@pytest.mark.parametrize("rule", [opt.sgd, opt.momentum, opt.adagrad, opt.rmsprop, opt.adam])
def test_every_rule_lowers_a_badly_scaled_bowl(rule: Callable[..., opt.Rule]) -> None:
    """On curvatures 1 and 100 every rule comes closer to the minimum."""
    curvature = np.array([1.0, 100.0])
    walk = opt.minimise(lambda theta: curvature * theta, [1.0, 1.0], rule(), steps=300)
    loss = (curvature * walk**2).sum(axis=1) / 2
    assert loss[-1] < 0.6 * loss[0]


def test_the_start_and_the_arguments_are_left_alone() -> None:
    """Neither the loop nor a rule writes into what it was given, nor may grad into the walk."""
    start = np.array([1.0, -2.0])

    def careless(theta: np.ndarray) -> np.ndarray:
        theta += 1000.0
        return np.ones(2)

    walk = opt.minimise(careless, start, opt.sgd(0.5), steps=2)
    np.testing.assert_array_equal(start, [1.0, -2.0])
    np.testing.assert_allclose(walk, [[1, -2], [0.5, -2.5], [0, -3]])
    arguments = [np.full(3, float(k)) for k in range(1, 5)]
    opt.adam_step(*arguments, 1)
    np.testing.assert_array_equal(arguments, [[1] * 3, [2] * 3, [3] * 3, [4] * 3])
    assert opt.minimise(lambda theta: theta, 3, opt.adam(), steps=0).tolist() == [3.0]
