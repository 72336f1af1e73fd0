"""The network of the C++ question in NumPy: what a handed-in network is held against.

Layers l = 1 .. L; parameters stand in one row as `nn.hpp` orders them: for each layer its weights
w[j][i] from input i to neuron j, j outermost, then its biases.

    z_l = W_l a_(l-1) + b_l,   a_l = phi_l(z_l),   a_0 = x,   y_hat = a_L
    delta_L = dL/dz_L,   delta_(l-1) = (W_l^T delta_l) phi'(z_(l-1))
    dL/dW_l = delta_l a_(l-1)^T,   dL/db_l = delta_l

Reference:
    Goodfellow, Bengio, Courville, "Deep Learning" (2016), algorithms 6.3 and 6.4.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.activations import leaky_relu, relu, sigmoid, tanh
from reference.losses import softmax

Array = NDArray[np.float64]

HIDDEN = ("identity", "sigmoid", "tanh", "relu", "leaky_relu")
OUTPUT = ("identity", "sigmoid", "softmax")
LOSS = ("squared_error", "cross_entropy", "binary_cross_entropy")
LEAK = 0.01  # slope of leaky_relu below zero
TINY = 1e-300  # keeps logarithms finite


@dataclass(frozen=True)
class Description:
    """Which network it is, as `nn.hpp` names it.

    Attributes:
        hidden: Activation of the hidden layers.
        output: Activation of the last layer.
        loss: The loss.
        batch: Samples between two steps of the training loop.
    """

    hidden: str
    output: str
    loss: str
    batch: int = 1


def read_description(text: str) -> Description | None:
    """The network that a description names; None where a word is missing or unknown."""
    words = dict(w.split("=", 1) for w in text.split() if "=" in w)
    update = re.fullmatch(r"sample|batch:([1-9]\d{0,8})", words.get("update", ""))
    known = (
        words.get("hidden") in HIDDEN
        and words.get("output") in OUTPUT
        and words.get("loss") in LOSS
    )
    if not known or update is None:
        return None
    return Description(words["hidden"], words["output"], words["loss"], int(update[1] or 1))


def layers(p: ArrayLike, sizes: Sequence[int]) -> list[tuple[Array, Array]]:
    """Weights (n[l], n[l-1]) and biases (n[l],) of each layer.

    Args:
        p: All parameters, shape (P,).
        sizes: Neurons of each layer, inputs first.
    """
    row, found, at = np.asarray(p, float), [], 0
    for n, m in zip(sizes[1:], sizes[:-1], strict=True):
        W = row[at : at + n * m].reshape(n, m)
        found.append((W, row[at + n * m : at + n * m + n]))
        at += n * m + n
    return found


def parts(sizes: Sequence[int]) -> dict[str, slice]:
    """Where each layer's weights and biases stand among the parameters, by name.

    Args:
        sizes: Neurons of each layer, inputs first.

    Returns:
        For example `{"weights of layer 1": slice(0, 6), "biases of layer 1": slice(6, 9)}`.
    """
    found, at = {}, 0
    for layer, (n, m) in enumerate(zip(sizes[1:], sizes[:-1], strict=True), 1):
        found[f"weights of layer {layer}"] = slice(at, at + n * m)
        found[f"biases of layer {layer}"] = slice(at + n * m, at + n * m + n)
        at += n * m + n
    return found


def activate(z: Array, name: str) -> Array:
    """The activation of that name, element by element; softmax over all of z.

    Args:
        z: Weighted sums of one layer, shape (n,).
        name: One of `HIDDEN` or `OUTPUT`.

    Returns:
        Shape (n,).
    """
    if name == "identity":
        return z
    if name == "leaky_relu":
        return leaky_relu(z, LEAK)
    return {"sigmoid": sigmoid, "tanh": tanh, "relu": relu, "softmax": softmax}[name](z)


def slope(a: Array, name: str) -> Array:
    """Derivative of an activation other than softmax, from its value a: any shape, and the same.

    The derivatives of `reference.activations` are by z, which a network does not keep.
    """
    if name == "sigmoid":
        return a * (1 - a)
    if name == "tanh":
        return 1 - a**2
    below = {"identity": 1.0, "relu": 0.0, "leaky_relu": LEAK}[name]
    return np.where(a > 0, 1.0, below)


def forward(p: ArrayLike, sizes: Sequence[int], x: ArrayLike, network: Description) -> list[Array]:
    """The values of all layers, the input first, y_hat last.

    Args:
        p: All parameters, shape (P,).
        sizes: Neurons of each layer, inputs first.
        x: One sample, shape (n[0],).
        network: Activations and loss.

    Returns:
        Shapes (n[0],), ..., (n[L],).
    """
    values = [np.asarray(x, float)]
    weights = layers(p, sizes)
    for number, (W, b) in enumerate(weights, 1):
        name = network.output if number == len(weights) else network.hidden
        values.append(activate(W @ values[-1] + b, name))
    return values


def loss(y_hat: ArrayLike, y: ArrayLike, kind: str) -> float:
    """The loss of one prediction, summed over the outputs; logarithms are natural.

    The functions of `reference.losses` take logits and the mean of many samples; a handed-in
    network gives its outputs, one sample at a time.

    Args:
        y_hat: Outputs, shape (n[L],).
        y: Targets, shape (n[L],).
        kind: One of `LOSS`.
    """
    got, truth = np.asarray(y_hat, float), np.asarray(y, float)
    if kind == "squared_error":
        return float(((got - truth) ** 2).sum())
    first = -(truth * np.log(np.maximum(got, TINY))).sum()
    if kind == "cross_entropy":
        return float(first)
    return float(first - ((1 - truth) * np.log(np.maximum(1 - got, TINY))).sum())


def output_error(y_hat: Array, y: Array, network: Description) -> Array:
    """delta_L = dL/dz_L, shape (n[L],).

    Args:
        y_hat: Outputs, shape (n[L],).
        y: Targets, shape (n[L],).
        network: Output activation and loss.
    """
    if network.loss == "squared_error":
        upstream = 2 * (y_hat - y)
    elif network.loss == "cross_entropy":
        upstream = -y / np.maximum(y_hat, TINY)
    else:
        upstream = (y_hat - y) / np.maximum(y_hat * (1 - y_hat), TINY)
    if network.output == "softmax":
        return np.asarray(y_hat * (upstream - upstream @ y_hat))
    return upstream * slope(y_hat, network.output)


def gradient(
    p: ArrayLike,
    sizes: Sequence[int],
    x: ArrayLike,
    y: ArrayLike,
    network: Description,
    *,
    hidden_from: ArrayLike | None = None,
) -> Array:
    """dL/dp, in the order of the parameters.

    Args:
        p: All parameters, shape (P,).
        sizes: Neurons of each layer, inputs first.
        x: One sample, shape (n[0],).
        y: Its target, shape (n[L],).
        network: Activations and loss.
        hidden_from: What to carry back from the outputs in place of delta_L, shape (n[L],): the
            gradient of a known mistake.

    Returns:
        Shape (P,).
    """
    values, weights = forward(p, sizes, x, network), layers(p, sizes)
    delta = output_error(values[-1], np.asarray(y, float), network)
    found: list[Array] = []
    for number in range(len(weights) - 1, -1, -1):
        found += [delta, np.outer(delta, values[number]).ravel()]
        if number == len(weights) - 1 and hidden_from is not None:
            delta = np.asarray(hidden_from, float)
        if number:
            delta = (weights[number][0].T @ delta) * slope(values[number], network.hidden)
    return np.concatenate(found[::-1])


def cosine(a: ArrayLike, b: ArrayLike) -> float:
    """Cosine of the angle between two rows of numbers; 0 where one of them is zero."""
    u, v = np.asarray(a, float).ravel(), np.asarray(b, float).ravel()
    size = float(np.linalg.norm(u) * np.linalg.norm(v))
    return float(u @ v) / size if size > 0 and np.isfinite(size) else 0.0
