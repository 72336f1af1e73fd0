"""Formulas that somebody wrote down."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy
import torch

from reference import formula

X = np.linspace(-5, 5, 41)
HARD_SWISH = np.asarray(torch.nn.functional.hardswish(torch.tensor(X)))
SWISH = np.asarray(torch.nn.functional.silu(torch.tensor(X)))


@pytest.mark.parametrize(
    "text",
    [
        "x*erf(x)",
        "f(x) = erf(x) * x",
        "x*(2*Phi(sqrt(2)*x) - 1)",
        "abs(x) * erf(Abs(x))",
        "x*torch.erf(x)",
        "$x*math.erf(x)$",
    ],
)
def test_one_function_in_many_spellings(text: str) -> None:
    """Text in the spellings of sympy, torch, and of a person gives the values of x erf(x)."""
    expected = [v * math.erf(v) for v in X]
    np.testing.assert_allclose(formula.values(text, X), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    "text",
    [
        "Piecewise((0, x < -3), (x, x > 3), (x*(x + 3)/6, True))",
        "x*min(max(x + 3, 0), 6)/6",
        "0 if x <= -3 else x if x >= 3 else x*(x + 3)/6",
        "where((x > -3) & (x < 3), x*(x + 3)/6, relu(x))",
        "x*clamp(x + 3, 0, 6)/6",
        "x*(x + 3)/6 if x > -3 and x < 3 else max(x, 0)",
        "max(x, 0) if x <= -3 or x >= 3 else x*(x + 3)/6",
        "Piecewise((x*(x+3)/6, -3 <= x <= 3), (0, x < 0), (x, not x < 0))",
    ],
)
def test_pieces_in_many_spellings(text: str) -> None:
    """A function of three pieces is read from Piecewise, max and min, where, or if."""
    np.testing.assert_allclose(formula.values(text, X), HARD_SWISH, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    "text", ["x*σ(x)", "x·sigmoid(x)", "x/(1 + e^(-x))", "x/(1+np.exp(-x))", "x − x·σ(−x)"]
)
def test_greek_and_carets(text: str) -> None:
    """Signs that a person types are understood."""
    np.testing.assert_allclose(formula.values(text, X), SWISH, rtol=1e-10, atol=1e-14)


def test_sympy_expressions() -> None:
    """A sympy expression has the values that sympy gives it."""
    x = sympy.Symbol("x", real=True)
    pieces = sympy.Piecewise((sympy.exp(x) - 1, x < 0), (sympy.Max(x, x**2 / 2), True))
    expected = [float(pieces.subs(x, v)) for v in X]
    np.testing.assert_allclose(formula.values(pieces, X), expected, rtol=1e-12, atol=1e-15)
    odd = sympy.Heaviside(x) * sympy.sqrt(2) * sympy.Abs(x) ** sympy.Rational(1, 2) * sympy.pi
    np.testing.assert_allclose(formula.values(odd, [4.0, -4.0]), [math.sqrt(8) * math.pi, 0])


def test_a_constant_has_a_value_at_every_place() -> None:
    """A formula without x gives as many values as there are places."""
    np.testing.assert_array_equal(formula.values("2", [1.0, 2.0, 3.0]), [2.0, 2.0, 2.0])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x*sigma", "argument"),
        ("alpha*x", "alpha"),
        ("x(1 + x)", "missing"),
        (r"\frac{x}{2}", "LaTeX"),
        ("x *", "Python"),
        ("", "empty"),
        ("x > 0", "condition"),
        ("x*1,5", "decimals"),
        ("exp(x, x)", "arguments"),
        ("__import__('os').system('true')", "no function"),
        ("(lambda: x)()", "no function"),
        ("x.__class__", "meaning"),
        ("exp(x, x, x, x)", "arguments"),
        ("9**9**9**9*x + 1" + "0" * 400, "large"),
        ("x" * 2001, "long"),
        ("Piecewise(x, x > 0)", "pairs"),
    ],
)
def test_what_is_no_formula_is_refused(text: str, why: str) -> None:
    """Other text is refused with a reason, and is never executed."""
    with pytest.raises(ValueError, match=why):
        formula.values(text, X)


def test_the_places_are_left_alone() -> None:
    """No formula can write into the places that it is worked out at."""
    places = X.copy()
    for text in ("exp(x, x)", "clip(x, 0, 1, x)", "x*2"):
        try:
            formula.values(text, places)
        except ValueError:
            continue
    np.testing.assert_array_equal(places, X)


def test_deep_nesting_is_worked_out() -> None:
    """Ninety functions inside each other are no trouble."""
    assert np.isfinite(formula.values("tanh(" * 90 + "x" + ")" * 90, X)).all()
