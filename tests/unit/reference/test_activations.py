"""`reference.activations` against PyTorch, automatic differentiation and sympy."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import sympy
import torch
import torch.nn.functional as F

from reference import activations

X = np.array([-1000.0, -38.0, -3.7, -0.4, 0.2, 1.9, 41.0, 1000.0])
Function = Callable[[np.ndarray], np.ndarray]
PAIRS = [
    (activations.sigmoid, activations.d_sigmoid, torch.sigmoid),
    (activations.tanh, activations.d_tanh, torch.tanh),
    (activations.relu, activations.d_relu, torch.relu),
    (activations.swish, activations.d_swish, F.silu),
    (activations.leaky_relu, activations.d_leaky_relu, F.leaky_relu),
    (activations.elu, activations.d_elu, F.elu),
    (activations.softplus, activations.d_softplus, F.softplus),
    (activations.gelu, activations.d_gelu, F.gelu),
    (activations.symmetric_gelu, activations.d_symmetric_gelu, lambda x: x * torch.erf(x)),
    (activations.hard_tanh, activations.d_hard_tanh, F.hardtanh),
    (  # the library's own derivative is rounded to float32
        activations.hard_sigmoid,
        activations.d_hard_sigmoid,
        lambda x: torch.clamp(x / 6 + 0.5, 0, 1),
    ),
    (activations.hard_swish, activations.d_hard_swish, F.hardswish),
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
    np.testing.assert_allclose(function(X), y.detach().numpy(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(derivative(X), x.grad.numpy(), rtol=1e-9, atol=1e-14)


def test_every_pair_stands_under_its_name() -> None:
    """`FUNCTIONS` holds each function with its own derivative, none left out of the test above."""
    for name, (function, derivative) in activations.FUNCTIONS.items():
        assert (function.__name__, derivative.__name__) == (name, f"d_{name}")
    assert set(activations.FUNCTIONS.values()) == {(f, d) for f, d, _ in PAIRS}


@pytest.mark.parametrize(
    ("name", "corner", "left"),
    [("relu", 0, 0), ("leaky_relu", 0, 0.01), ("elu", 0, 1), ("hard_tanh", 1, 1)],
)
def test_at_a_corner_the_left_derivative_is_returned(name: str, corner: float, left: float) -> None:
    """A value between the one-sided derivatives; for ELU with alpha 1 both are 1."""
    assert float(activations.FUNCTIONS[name][1](corner)) == left


@pytest.mark.parametrize("beta", [-0.7, 0.5, 2.0])
def test_swish_with_beta_has_both_derivatives(beta: float) -> None:
    """The derivatives by x and by beta are those of automatic differentiation."""
    x = torch.tensor(X, requires_grad=True)
    b = torch.tensor([beta] * len(X), dtype=torch.float64, requires_grad=True)
    y = x * torch.sigmoid(b * x)
    y.sum().backward()
    assert x.grad is not None
    assert b.grad is not None
    np.testing.assert_allclose(activations.swish(X, beta), y.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(activations.d_swish(X, beta), x.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(activations.d_swish_by_beta(X, beta), b.grad.numpy(), atol=1e-12)


def test_symmetric_gelu_with_alpha_has_both_derivatives() -> None:
    """The derivatives by x and by alpha are those of automatic differentiation."""
    x = torch.tensor(X, requires_grad=True)
    alpha = torch.tensor([1.7] * len(X), dtype=torch.float64, requires_grad=True)
    y = alpha * x * torch.erf(x)
    y.sum().backward()
    assert x.grad is not None
    assert alpha.grad is not None
    np.testing.assert_allclose(activations.symmetric_gelu(X, 1.7), y.detach().numpy())
    np.testing.assert_allclose(activations.d_symmetric_gelu(X, 1.7), x.grad.numpy())
    by_alpha = activations.d_symmetric_gelu_by_alpha(X, 1.7)
    np.testing.assert_allclose(by_alpha, alpha.grad.numpy())


@pytest.mark.parametrize(("alpha", "slope"), [(0.3, 0.2), (1.5, 0.05)])
def test_elu_and_leaky_relu_take_their_parameter(alpha: float, slope: float) -> None:
    """Other alphas and slopes than the usual ones are used in value and derivative."""
    x = torch.tensor(X, requires_grad=True)
    y = F.elu(x, alpha) + F.leaky_relu(x, slope)
    y.sum().backward()
    assert x.grad is not None
    value = activations.elu(X, alpha) + activations.leaky_relu(X, slope)
    derivative = activations.d_elu(X, alpha) + activations.d_leaky_relu(X, slope)
    np.testing.assert_allclose(value, y.detach().numpy())
    np.testing.assert_allclose(derivative, x.grad.numpy())


def test_gelu_keeps_its_digits_on_the_left() -> None:
    """At x = -20 GELU is -20 Phi(-20), about -5.5e-88, where 1 + erf would round to 0."""
    exact = float(-10 * sympy.erfc(20 / sympy.sqrt(2)).evalf(20))
    assert float(activations.gelu(-20.0)) == pytest.approx(exact, rel=1e-12, abs=0)


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
