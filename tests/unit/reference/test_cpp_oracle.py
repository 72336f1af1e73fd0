"""The network in NumPy that handed-in C++ networks are held against."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from reference.neural_network import (
    HIDDEN,
    LOSS,
    OUTPUT,
    Description,
    cosine,
    forward,
    gradient,
    loss,
    output_error,
    parts,
    read_description,
)

SIZES = [4, 5, 3, 2]  # all different
COUNT = 4 * 5 + 5 + 5 * 3 + 3 + 3 * 2 + 2
PAIRS = [(o, k) for o in OUTPUT for k in LOSS if o != "identity" or k == "squared_error"]
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": lambda z: torch.nn.functional.leaky_relu(z, 0.01),
    "softmax": lambda z: torch.softmax(z, 0),
}
LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "squared_error": lambda a, y: ((a - y) ** 2).sum(),
    "cross_entropy": lambda a, y: -(y * a.log()).sum(),
    "binary_cross_entropy": lambda a, y: -(y * a.log() + (1 - y) * (1 - a).log()).sum(),
}


def by_torch(p: np.ndarray, x: np.ndarray, y: np.ndarray, network: Description) -> tuple:
    """Outputs, loss and gradient by automatic differentiation."""
    row = torch.tensor(p, requires_grad=True)
    a, at = torch.tensor(x), 0
    for number, (m, n) in enumerate(pairwise(SIZES), 2):
        W, b = row[at : at + n * m].reshape(n, m), row[at + n * m : at + n * m + n]
        name = network.output if number == len(SIZES) else network.hidden
        a, at = ACTIVATIONS[name](W @ a + b), at + n * m + n
    value = LOSSES[network.loss](a, torch.tensor(y))
    value.backward()
    assert row.grad is not None
    return a.detach().numpy(), float(value.detach()), row.grad.numpy()


@pytest.fixture
def drawn() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parameters, a sample and a target, none of them special."""
    rng = np.random.default_rng(3)
    return rng.uniform(-1.5, 1.5, COUNT), rng.normal(size=4), np.array([0.3, 0.7])


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(("output", "kind"), PAIRS)
def test_it_agrees_with_automatic_differentiation(
    drawn: tuple[np.ndarray, np.ndarray, np.ndarray], hidden: str, output: str, kind: str
) -> None:
    """Outputs, loss and gradient, for every description that makes sense."""
    p, x, y = drawn
    network = Description(hidden, output, kind)
    y_hat, value, slopes = by_torch(p, x, y, network)
    got = forward(p, SIZES, x, network)[-1]
    np.testing.assert_allclose(got, y_hat, rtol=1e-12)
    assert loss(got, y, kind) == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(gradient(p, SIZES, x, y, network), slopes, rtol=1e-9, atol=1e-12)


def test_the_known_mistake_differs_below_the_last_layer(
    drawn: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """With another error carried back, only the last layer's gradient stays."""
    p, x, y = drawn
    network = Description("sigmoid", "sigmoid", "squared_error")
    y_hat = forward(p, SIZES, x, network)[-1]
    right = gradient(p, SIZES, x, y, network)
    same = gradient(p, SIZES, x, y, network, hidden_from=output_error(y_hat, y, network))
    wrong = gradient(p, SIZES, x, y, network, hidden_from=y_hat - y)
    np.testing.assert_array_equal(same, right)
    last = parts(SIZES)["weights of layer 3"].start
    np.testing.assert_array_equal(wrong[last:], right[last:])
    assert cosine(wrong, right) < 0.99


def test_parts_cover_all_parameters_once() -> None:
    """Weights and biases of every layer, in the order of the row."""
    places = list(parts(SIZES).values())
    assert [p.start for p in places] == [0, *(p.stop for p in places[:-1])]
    assert places[-1].stop == COUNT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hidden=tanh output=softmax loss=cross_entropy update=sample", ("tanh", 1)),
        ("update=batch:16 loss=squared_error hidden=relu output=identity", ("relu", 16)),
        ("hidden=tanh output=softmax loss=cross_entropy", None),
        ("hidden=tanh output=softmax loss=cross_entropy update=batch:0", None),
        ("hidden=gelu output=softmax loss=cross_entropy update=sample", None),
        ("", None),
    ],
)
def test_descriptions_are_read(text: str, expected: tuple[str, int] | None) -> None:
    """Four known words in any order; anything else is no description."""
    found = read_description(text)
    assert (found and (found.hidden, found.batch)) == expected


def test_nothing_overflows() -> None:
    """Weights of 1000 give finite outputs and losses."""
    p = np.full(COUNT, 1000.0)
    for output, kind in PAIRS:
        y_hat = forward(p, SIZES, [1.0, -2.0, 3.0, -4.0], Description("tanh", output, kind))[-1]
        assert np.isfinite(y_hat).all()
        assert np.isfinite(loss(y_hat, [0.0, 1.0], kind))


def test_the_cosine_of_nothing_is_zero() -> None:
    """A row of zeros has no direction."""
    assert cosine([0, 0], [1, 2]) == 0
    assert cosine([1, 2], [2, 4]) == pytest.approx(1)
