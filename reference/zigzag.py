"""Why positive inputs make the weights of a neuron zig-zag (question q08).

A neuron forms z = w . x + b. With delta = dL/dz, the chain rule gives dL/dw = delta x. Where all
inputs are positive, as after a sigmoid, every component of the gradient has the sign of delta: one
sample moves all weights up, or all down. A goal that asks some weights to rise and others to fall
is reached by turns of both, on a path that is longer than the straight line.

Reference:
    LeCun, Bottou, Orr, Mueller, "Efficient BackProp", in "Neural Networks: Tricks of the Trade"
    (1998), section 4.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

INPUTS = 10  # of the neuron
SAMPLES = 40
STEPS = 200
SEEDS = range(10)


def weight_gradient(delta: float, x: ArrayLike) -> Array:
    """Gradient of the loss of one sample with respect to the weights of one neuron: delta x.

    Args:
        delta: dL/dz, where z = w . x + b.
        x: Inputs of the neuron, shape (d,).

    Returns:
        dL/dw, shape (d,).
    """
    return delta * np.asarray(x, dtype=np.float64)


def is_reachable(change: ArrayLike) -> bool:
    """Whether one step of one sample with positive inputs can change the weights in this way.

    The step is -rate delta x. With x > 0 its components are all positive, all negative, or, for
    delta = 0, all zero; and each such change is reached by some x.
    """
    signs = np.sign(np.asarray(change, dtype=np.float64))
    return bool((signs == signs.flat[0]).all())


def two_steps(change: ArrayLike) -> tuple[tuple[float, Array], tuple[float, Array]]:
    """Two samples with positive inputs whose steps, with the rate 1, add up to any change.

    The parts that rise and fall are taken apart, change = rise - fall, and 1 is added to both.

    Args:
        change: Wanted change of the weights, shape (d,).

    Returns:
        Two pairs of delta and x > 0, x of shape (d,).
    """
    change = np.asarray(change, dtype=np.float64)
    rise, fall = np.maximum(change, 0), np.maximum(-change, 0)
    return (-1.0, rise + 1), (1.0, fall + 1)


@dataclass(frozen=True)
class Task:
    """A neuron without bias that should learn the weights of another, sample by sample.

    Attributes:
        X: Inputs, shape (N, d).
        targets: Values that the neuron should give, shape (N,).
        start: Weights at the start, shape (d,).
        rate: Rate of the steps: 1 over the largest squared length of a sample.
        order: Sample of each step, shape (steps,).
    """

    X: Array
    targets: Array
    start: Array
    rate: float
    order: NDArray[np.int64]


def task(seed: int, centred: bool) -> Task:
    """Draw a task; the one with centred inputs has the same samples, less 1/2.

    Args:
        seed: Seed of everything that is drawn.
        centred: Whether 1/2 is taken off every input; else all lie between 0 and 1.
    """
    generator = np.random.default_rng(seed)
    X = 1 / (1 + np.exp(-generator.normal(size=(SAMPLES, INPUTS))))
    X = X - 0.5 if centred else X
    goal, start = generator.normal(size=(2, INPUTS))
    order = generator.integers(SAMPLES, size=STEPS)
    return Task(X, X @ goal, start, float(1 / np.max(np.sum(X**2, axis=1))), order)


def stochastic_path(
    X: ArrayLike, targets: ArrayLike, start: ArrayLike, rate: float, order: Iterable[int]
) -> Array:
    """The weights of z = w . x under steps on one sample each, loss (z - target)^2 / 2.

    Args:
        X: Inputs, shape (N, d).
        targets: Shape (N,).
        start: Weights before the first step, shape (d,).
        rate: Rate of the steps. Below 2 over the squared length of every sample, none overshoots
            so far that its own error grows.
        order: Sample of each step.

    Returns:
        The weights before the first and after each step, shape (steps + 1, d).
    """
    inputs, wanted = np.asarray(X, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    path = [np.array(start, dtype=np.float64)]
    for i in order:
        delta = inputs[i] @ path[-1] - wanted[i]
        path.append(path[-1] - rate * weight_gradient(delta, inputs[i]))
    return np.stack(path)


def detour(path: ArrayLike) -> float:
    """Length of a path over the straight distance from its first to its last point, at least 1.

    Args:
        path: Points, shape (steps + 1, d).
    """
    points = np.asarray(path, dtype=np.float64)
    length = np.linalg.norm(np.diff(points, axis=0), axis=1).sum()
    return float(length / np.linalg.norm(points[-1] - points[0]))


def median_detour(centred: bool, seeds: Iterable[int] = SEEDS) -> float:
    """Median of the detours over several draws of the task."""
    tasks = [task(seed, centred) for seed in seeds]
    paths = [stochastic_path(t.X, t.targets, t.start, t.rate, t.order) for t in tasks]
    return float(np.median([detour(path) for path in paths]))
