"""`reference.activations` against PyTorch, automatic differentiation and sympy."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import sympy
import torch

from reference import activations

X = np.array([-1000.0, -38.0, -3.7, -0.4, 0.2, 1.9, 41.0, 1000.0])
Function = Callable[[np.ndarray], np.ndarray]
PAIRS = [
    (activations.sigmoid, activations.d_sigmoid, torch.sigmoid),
    (activations.tanh, activations.d_tanh, torch.tanh),
    (activations.relu, activations.d_relu, torch.relu),
    (activations.swish, activations.d_swish, torch.nn.functional.silu),
]


@pytest.mark.parametrize(("function", "derivative", "library"), PAIRS)
def test_value_and_derivative_are_the_librarys(
    function: Function, derivative: Function, library: Callable[[torch.Tensor], torch.Tensor]
) -> None:
    """Values and derivatives agree with PyTorch from -1000 to 1000."""
    x = torch.tensor(X, requires_grad=True)
    y = library(x)
    y.sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(function(X), y.detach().numpy(), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(derivative(X), x.grad.numpy(), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize(("function", "derivative", "library"), PAIRS)
def test_nothing_overflows(function: Function, derivative: Function, library: object) -> None:
    """No floating-point error is raised for |x| = 1000."""
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert np.isfinite(function(X)).all()
        assert np.isfinite(derivative(X)).all()


def test_any_shape_comes_back() -> None:
    """Arrays keep their shape, and numbers are taken."""
    assert activations.swish(np.ones((2, 3, 5))).shape == (2, 3, 5)
    assert float(activations.sigmoid(0)) == 0.5


def test_derivatives_keep_their_digits_far_out() -> None:
    """At x = 40 sigma' is exp(-40), which 1 - sigma(40) would lose altogether."""
    assert float(activations.d_sigmoid(40.0)) == pytest.approx(np.exp(-40), rel=1e-12, abs=0)
    assert float(activations.d_tanh(-20.0)) == pytest.approx(4 * np.exp(-40), rel=1e-12, abs=0)


def test_swish_derivative_needs_only_f_and_sigma() -> None:
    """f + sigma (1 - f) is the derivative that sympy finds for x sigma(x)."""
    x = sympy.Symbol("x", real=True)
    s = 1 / (1 + sympy.exp(-x))
    form = x * s + s * (1 - x * s)
    assert sympy.simplify(sympy.diff(x * s, x) - form) == 0
    exact = [float(sympy.diff(x * s, x).subs(x, value)) for value in X[2:6]]
    f, sigma = activations.swish(X[2:6]), activations.sigmoid(X[2:6])
    np.testing.assert_allclose(activations.d_swish_from(f, sigma), exact, rtol=1e-12)


def test_each_line_of_the_derivation_equals_the_one_before() -> None:
    """No step of the derivation changes the value."""
    lines = activations.swish_derivative_steps()
    assert len(lines) == 5
    for before, after in pairwise(lines):
        assert sympy.simplify(before - after) == 0


def test_operations_are_counted_as_written() -> None:
    """f + sigma (1 - f) costs three operations, ReLU's derivative none but a comparison."""
    form = sympy.sympify("f + s*(1 - f)", evaluate=False)
    assert activations.operations(form) == {"ADD": 1, "SUB": 1, "MUL": 1}
    naive = sympy.sympify("s + x*exp(-x)*s*s", evaluate=False)
    assert activations.operations(naive)["EXP"] == 1
    assert activations.operations(sympy.Integer(1)) == {}
