"""`reference.properties`: the table against measurements, and measurements against known cases."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from reference import activations, properties
from reference.properties import TABLE, Properties, agrees, malformed, measured, wrong_claims

Function = Callable[[np.ndarray], np.ndarray]
EXACT = vars(TABLE["swish"])


@pytest.mark.parametrize("name", TABLE)
def test_the_table_is_what_is_measured(name: str) -> None:
    """All six properties of every standard function follow from its values."""
    found = measured(activations.FUNCTIONS[name][0])
    assert found.finite
    assert wrong_claims(vars(found.properties), TABLE[name]) == ()


def test_every_function_has_a_row() -> None:
    """The table and the functions have the same names."""
    assert set(TABLE) == set(activations.FUNCTIONS)


@pytest.mark.parametrize("name", TABLE)
def test_single_precision_measures_all_but_bends(name: str) -> None:
    """In float32 only ELU's joint, a jump of the second derivative, cannot be seen."""
    function = activations.FUNCTIONS[name][0]

    def single(x: np.ndarray) -> np.ndarray:
        return function(x.astype(np.float32)).astype(np.float32)

    found = measured(single)
    wrong = ("smooth",) if name == "elu" else ()
    assert wrong_claims(vars(found.properties), TABLE[name]) == wrong


@pytest.mark.parametrize(
    ("name", "slope"), [("gelu", 1.1289), ("swish", 1.0998), ("symmetric_gelu", 1.2578)]
)
def test_the_constants_are_the_steepest_slopes(name: str, slope: float) -> None:
    """The table's Lipschitz constant is the largest |f'| on a fine grid, and the known value."""
    x = np.linspace(-5, 5, 200_001)
    steepest = float(np.abs(activations.FUNCTIONS[name][1](x)).max())
    assert TABLE[name].lipschitz == pytest.approx(steepest, abs=1e-8)
    assert TABLE[name].lipschitz == pytest.approx(slope, abs=5e-5)


@pytest.mark.parametrize("name", ["gelu", "swish"])
def test_the_minima_are_exact(name: str) -> None:
    """The table's lower bound is the least value on a fine grid."""
    x = np.linspace(-3, 0, 300_001)
    least = float(activations.FUNCTIONS[name][0](x).min())
    assert TABLE[name].range[0] == pytest.approx(least, abs=1e-9)


CASES: list[tuple[str, Function, Properties]] = [
    ("sine", np.sin, Properties((-1, 1), False, True, True, "none", 1)),
    ("square", lambda x: x * x, Properties((0, math.inf), False, True, False, "none", math.inf)),
    ("bell", lambda x: np.exp(-x * x), Properties((0, 1), False, True, False, "both", 0.8578)),
    (
        "arctangent",
        np.arctan,
        Properties((-math.pi / 2, math.pi / 2), True, True, True, "both", 1),
    ),
    (
        "logarithm",  # slow, but without a bound
        lambda x: np.sign(x) * np.log1p(np.abs(x)),
        Properties((-math.inf, math.inf), True, False, True, "none", 1),
    ),
    (
        "root",
        lambda x: np.sign(x) * np.sqrt(np.abs(x)),
        Properties((-math.inf, math.inf), True, False, True, "none", math.inf),
    ),
    (
        "turned round",
        lambda x: -np.maximum(x, 0),
        Properties((-math.inf, 0), False, False, False, "left", 1),
    ),
    (
        "right side",
        lambda x: np.minimum(x, 0),
        Properties((-math.inf, 0), True, False, False, "right", 1),
    ),
    (
        "steep",
        lambda x: np.tanh(50 * x),
        Properties((-1, 1), True, True, True, "both", 50),
    ),
]


@pytest.mark.parametrize(("function", "truth"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_other_functions_are_measured(function: Function, truth: Properties) -> None:
    """Bounds, slopes, limits and symmetry of functions outside the table are found."""
    assert wrong_claims(vars(measured(function).properties), truth) == ()


@pytest.mark.parametrize("where", [0.0, 0.3, -2.0, 7.77])
@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_joint_is_found_where_it_is(where: float, order: int) -> None:
    """A jump of f, of f' or of f'' is found on and off the grid, with its order."""
    pieces = (lambda t: 0.01 + 0 * t, lambda t: 0.2 * t, lambda t: 0.1 * (t - np.log1p(t)))

    def joined(x: np.ndarray) -> np.ndarray:
        return np.tanh(x) + np.where(x > where, pieces[order](np.maximum(x - where, 0)), 0.0)

    found = measured(joined)
    assert [b.order for b in found.breaks] == [order]
    assert found.breaks[0].x == pytest.approx(where, abs=2e-3)
    assert not found.properties.smooth
    assert (found.properties.lipschitz == math.inf) is (order == 0)
    assert bool(found.jumps) is (order == 0)
    assert bool(found.corners) is (order == 1)


def test_a_tiny_jump_is_not_lost_beside_a_corner() -> None:
    """A jump of 3e-5 at 0.3 is seen although the corner at 0 is far rougher."""
    found = measured(lambda x: np.maximum(x, 0) + 3e-5 * (x > 0.3))
    assert [(b.order, round(b.x, 1)) for b in found.breaks] == [(1, 0.0), (0, 0.3)]
    assert found.jumps[0].size == pytest.approx(3e-5, rel=0.1)


def test_a_single_misplaced_value_is_a_jump() -> None:
    """f(0) = 0.5 for ReLU breaks continuity, although all other values are right."""
    found = measured(lambda x: np.where(x == 0, 0.5, np.maximum(x, 0)))
    assert [b.order for b in found.breaks] == [0]
    assert "0" in found.evidence["smooth"]


def test_a_joint_of_third_order_needs_the_derivative() -> None:
    """max(x, 0)^3 / (1 + x^2) looks smooth by itself, and not with its derivative."""

    def f(x: np.ndarray) -> np.ndarray:
        return np.maximum(x, 0) ** 3 / (1 + x * x)

    def df(x: np.ndarray) -> np.ndarray:
        right = np.maximum(x, 0)
        return (3 * right**2 + right**4) / (1 + right**2) ** 2

    assert measured(f).properties.smooth
    assert not measured(f, df).properties.smooth
    assert [b.order for b in measured(f, df).breaks] == [3]


def test_what_is_not_finite_is_reported_and_left_out() -> None:
    """exp overflows before 1000: `finite` is false; what is finite is still measured."""
    with np.errstate(over="ignore", invalid="ignore"):
        found = measured(np.exp)
    assert not found.finite
    assert found.properties.monotone
    assert found.properties.saturating == "left"
    assert not measured(lambda x: np.full_like(x, np.nan)).finite


def test_values_in_another_shape_are_refused() -> None:
    """A function that returns one number for all places cannot be measured."""
    with pytest.raises(ValueError, match="shape"):
        measured(lambda x: x.sum())


def test_evidence_shows_the_students_own_values() -> None:
    """The sentence for monotone holds two places, the second of them lower."""
    text = measured(activations.swish).evidence["monotone"]
    assert "f(-1.28" in text
    assert "-0.278" in text
    assert measured(np.cos).evidence["zero_centred"].startswith("f(0) = 1")


@pytest.mark.parametrize(
    ("name", "claim", "true"),
    [
        ("range", (-0.278, math.inf), True),
        ("range", [-0.2785, float("inf")], True),
        ("range", (0, math.inf), False),
        ("range", (-0.278, 10**400), True),
        ("range", (-0.278, 1e9), False),
        ("range", (-0.278, -math.inf), False),
        ("range", (-0.27, math.inf), False),
        ("range", (math.nan, math.inf), False),
        ("range", -0.278, False),
        ("monotone", False, True),
        ("monotone", np.False_, True),
        ("monotone", True, False),
        ("monotone", 0, False),
        ("smooth", True, True),
        ("zero_centred", "False", False),
        ("saturating", " Left ", True),
        ("saturating", "both", False),
        ("saturating", "somewhere", False),
        ("lipschitz", 1.0998, True),
        ("lipschitz", 1.1, True),
        ("lipschitz", 1, False),
        ("lipschitz", True, False),
        ("lipschitz", None, False),
    ],
)
def test_a_claim_is_true_or_not(name: str, claim: object, true: bool) -> None:
    """Swish: what a student may claim, in the forms that are understood."""
    assert agrees(name, claim, TABLE["swish"]) is true


def test_true_is_no_number() -> None:
    """True and False equal 1 and 0 in Python, but claim no constant and no bound."""
    assert not agrees("lipschitz", True, TABLE["relu"])
    assert not agrees("range", (False, True), TABLE["sigmoid"])


def test_unreadable_claims_say_what_is_asked() -> None:
    """Each property names its form; a good claim gets no word."""
    for name in properties.NAMES:
        assert malformed(name, EXACT[name]) == ""
        assert name in malformed(name, object())
    with pytest.raises(KeyError):
        malformed("convex", True)


def test_a_claim_that_is_missing_is_wrong() -> None:
    """No claim earns nothing, and right ones are not listed."""
    claims = {**EXACT, "monotone": True}
    del claims["lipschitz"]
    assert wrong_claims(claims, TABLE["swish"]) == ("monotone", "lipschitz")
