import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import symbolic, verdict
from autograder.errors import InputError
from autograder.formulas import is_drawable
from autograder.symbolic import Comparison, check_equal, check_form, compare
from autograder.verdict import Status, recording

DEFINITIONS = {"f": "x*sigma", "sigma": "1/(1+exp(-x))"}
SWISH = "f + sigma*(1-f)"
ONLY = ["f", "sigma"]
ROOT = "(37+sqrt(565))/2"
X = sympy.Symbol("x")
F, S = sympy.symbols("f sigma")
FX, SX = sympy.Function("f")(X), sympy.Function("sigma")(X)


def swish(answer: Any, **options: Any) -> Comparison:
    """Compare with the derivative of Swish, in the form that the question asks for."""
    return compare(answer, SWISH, definitions=DEFINITIONS, only=ONLY, **options)


def is_equal(answer: Any, expected: str, **options: Any) -> bool | None:
    """Whether an answer is equal."""
    return compare(answer, expected, **options).equal


@pytest.mark.parametrize(
    "answer",
    [
        "f + sigma*(1-f)",
        "sigma + f*(1-sigma)",
        "f + sigma - f*sigma",
        "1 - (1-f)*(1-sigma)",
        "f(x) + sigma(x)*(1 - f(x))",
        "f(x)+sigma(x)(1-f(x))",
        "σ + f·(1 − σ)",
        "𝜎 + f − f𝜎",
        "f + sigma - f sigma",
        "f+sigma-fsigma",
        "sigma + f(1 - sigma)",
        "σ(x) + f(x)[1 − σ(x)]",
        "f/sigma*sigma*(1-sigma) + sigma",
        "f + exp(log(sigma))*(1-f)",
        "sigma(x) + f(x)*sigma(-x)",
        "f'(x) = f + σ(1−f)",
        "f′ = f + sigma*(1-f)",
        "df/dx = sigma + f(1-sigma)",
        "y = f + sigma*(1-f).",
        "f'(x) = sigma + f*(1-sigma) = f + sigma - f*sigma",
        r"\sigma(x) + f(x)\,(1-\sigma(x))",
        r"$f'(x) = \sigma(x) + f(x)\left(1-\sigma(x)\right)$",
        r"\frac{df}{dx} = f + \sigma - f\sigma",
        r"\[ f^{\prime}(x) = \sigma + f \cdot (1-\sigma) \]",
        r"\frac{2f + 2\sigma - 2f\sigma}{2}",
        F + S * (1 - F),
        FX + SX * (1 - FX),
        S + F - S * F,
        sympy.Eq(sympy.Symbol("y"), F + S - F * S),
        sympy.Symbol("σ") + F * (1 - sympy.Symbol("σ")),
    ],
    ids=str,
)
def test_every_right_form_is_accepted(answer: Any) -> None:
    """The derivative of Swish is right and in form however it is written."""
    found = swish(answer)
    assert (found.equal, found.form_ok, found.note) == (True, True, "")


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        ("x*sigma*(1-sigma) + sigma", "used-x"),
        ("sigma(x)*(1 + x*(1 - sigma(x)))", "used-x"),
        (X * S * (1 - S) + S, "used-x"),
        ("1/(1+exp(-x)) + f*(1-sigma)", "used-x"),
        ("f'(x)", "derivative-left"),
        ("Derivative(f(x), x)", "derivative-left"),
        ("diff(x*sigma, x)", "derivative-left"),
        (sympy.Derivative(FX, X), "derivative-left"),
    ],
    ids=str,
)
def test_the_form_is_a_verdict_of_its_own(answer: Any, note: str) -> None:
    """An equal answer in other letters, or with a derivative left, is equal and not in form."""
    found = swish(answer)
    assert (found.equal, found.form_ok, found.note) == (True, False, note)


def test_the_offender_is_named() -> None:
    """The message says what may not appear and what to express it through."""
    found = swish("x*sigma*(1-sigma) + sigma")
    assert found.message == "x may not appear: express it through f and sigma."


@pytest.mark.parametrize(
    "answer",
    [
        "sigma*(1-sigma)",
        "f*(1-sigma)",
        "f + sigma*(1+f)",
        "f + sigma",
        "f - sigma*(1-f)",
        "0",
        "f'(x) = f = f + sigma*(1-f)",
        "f + sigma*(1-f) + 10^-20",
        5,
        0.5,
        F * S,
        "f'' ",
    ],
    ids=str,
)
def test_a_wrong_derivative_is_different(answer: Any) -> None:
    """A wrong answer is not equal, and a point shows it."""
    found = swish(answer)
    assert found.equal is False
    assert found.counterexample is not None


@pytest.mark.parametrize(
    ("answer", "name"), [("F + sigma", "F"), ("f + Sigma", "Sigma"), ("f(y) + sigma", "y")]
)
def test_an_unknown_name_is_named(answer: str, name: str) -> None:
    """A name that is not in use is named, with its place, before equality is asked."""
    found = swish(answer)
    assert (found.equal, found.note) == (False, "unknown-name")
    assert found.message.startswith(f"{name} is not a known name")
    assert "▸" in found.message


@pytest.mark.parametrize(
    ("answer", "equal", "form_ok"),
    [
        ("(37+sqrt(565))/2", True, True),
        ("37/2 + √565/2", True, True),
        (r"\frac{37+\sqrt{565}}{2}", True, True),
        (sympy.Rational(37, 2) + sympy.sqrt(565) / 2, True, True),
        ("18.5 + 565^0.5/2", True, False),
        ("30.3849", False, False),
        (30.384857702, False, False),
        ("(37-sqrt(565))/2", False, True),
        ("x", False, False),
    ],
    ids=str,
)
def test_an_exact_number(answer: Any, equal: bool, form_ok: bool) -> None:
    """An exact eigenvalue is accepted in any exact form, and no decimal stands for it."""
    found = compare(answer, ROOT, kind="number", form="exact")
    assert (found.equal, found.form_ok) == (equal, form_ok)


def test_a_tolerance_admits_decimals() -> None:
    """A rounded number passes within the tolerance and not beyond; without one it is rounded."""
    assert is_equal("30.3849", ROOT, kind="number", tolerance=1e-5)
    assert is_equal("30.39", ROOT, kind="number", tolerance=1e-5) is False
    assert compare("30.3849", ROOT, kind="number").note == "rounded"


@pytest.mark.parametrize(
    ("answer", "expected", "options"),
    [
        ("sqrt(x^2)", "abs(x)", {}),
        ("2log(x)", "log(x^2)", {"domain": "positive"}),
        ("log(x^2)", "2*log(x)", {}),
        ("abs(x)", "x", {"domain": {"x": ("0", "1")}}),
        ("(x^2-1)/(x-1)", "x+1", {}),
        ("x+1", "(x^2-1)/(x-1)", {}),
        ("max(x,0)", "(x+|x|)/2", {}),
        ("max(x,y)", "(x+y+|x-y|)/2", {}),
        ("tanh(x)", "2/(1+exp(-2x))-1", {}),
        ("log(1+e^x)", "x + log(1+exp(-x))", {}),
        ("sqrt(2+sqrt(3))", "(sqrt(6)+sqrt(2))/2", {"kind": "number"}),
        ("sin(tan(-4*x**2-3)**3)", "-sin(tan(4*x**2+3)**3)", {}),
        ("exp(I*x)", "cos(x) + I*sin(x)", {"domain": "complex"}),
        ("0.5x", "x/2", {}),
        ("p_{i} − y_i", "p_i - y_i", {}),
        ("2(p-y)p(1-p)", "2*(p-y)*p*(1-p)", {}),
        (r"\tanh^2 x", "tanh(x)**2", {}),
        ("x²y⁻¹", "x**2/y", {}),
        ("-x^2", "-(x**2)", {}),
        ("2^-x", "1/2^x", {}),
        ("np.exp(-x)", "exp(-x)", {}),
        ("g(3)", "3 + b", {"definitions": {"g(x)": "x + b"}}),
        ("Heaviside(x)", "(1+sign(x))/2", {}),
    ],
)
def test_equal_pairs_are_equal(answer: str, expected: str, options: dict[str, Any]) -> None:
    """Different ways to write the same function on its domain are equal."""
    assert is_equal(answer, expected, **options) is True


@pytest.mark.parametrize(
    ("answer", "expected", "options"),
    [
        ("sqrt(x^2)", "x", {}),
        ("2log(x)", "log(x^2)", {}),
        ("max(x,0)", "x", {}),
        ("abs(x - 10^6)", "10^6 - x", {}),
        ("abs(x - 1/2)", "x - 1/2", {"domain": {"x": ("0", "1")}}),
        ("x + 10^-30", "x", {}),
        ("cos(10^-30)", "1", {"kind": "number"}),
        ("(6x+4)*log(3x^2+4x-2)", "6**(3x^2+4x-2)", {}),
        ("atan(x) + atan(1/x)", "pi/2", {"symbols": ["x"]}),
        ("0.333", "1/3", {"kind": "number"}),
        ("I*x", "x", {"domain": "complex"}),
        ("x^23", "x^2*3", {}),
        ("-x^2", "(-x)^2", {}),
    ],
)
def test_different_pairs_are_different(answer: str, expected: str, options: dict[str, Any]) -> None:
    """Functions that differ somewhere on the domain are different."""
    assert is_equal(answer, expected, **options) is False


def test_a_vanishing_term_is_not_taken_for_zero() -> None:
    """A term that is too small for the digits does not pass as equal."""
    assert is_equal("x*(1 + exp(-x^2 - 600))", "x") is not True


def test_a_counterexample_can_be_checked() -> None:
    """The point at which the answer is wrong is given in simple numbers."""
    found = compare("x^2", "2*x", domain="positive")
    assert found.counterexample == {"x": "1/2"}
    assert "At x = 1/2 the answer gives 0.25, but 1.0 is right." in found.message


def test_an_answer_without_a_value_is_told_so() -> None:
    """An answer that has no value on a part of the domain is different, with such a point."""
    found = compare("2*log(x)", "log(x^2)")
    assert (found.equal, found.note) == (False, "no-value")
    assert "the answer gives no value" in found.message


@pytest.mark.parametrize(
    ("answer", "form", "ok"),
    [
        ("(x+1)^2", "factored", True),
        ("x^2+2x+1", "factored", False),
        ("(x^2+2x+1)*1", "factored", False),
        ("x^2+2x+1", "expanded", True),
        ("(x+1)(x+1)", "expanded", False),
        ("(x+1)^2", "expanded", False),
        ("1.0*(x+1)^2", "exact", False),
    ],
)
def test_forms(answer: str, form: str, ok: bool) -> None:
    """Factored, expanded and exact are told from what the student wrote."""
    found = compare(answer, "(x+1)**2", form=form)
    assert (found.equal, found.form_ok) == (True, ok)


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        ("x*sigma*(1-sigma)", "missing-product-rule"),
        ("-(f+sigma-f*sigma)", "sign"),
        ("3*(f+sigma-f*sigma)", "factor"),
        ("1/(f+sigma-f*sigma)", "reciprocal"),
        ("f", "different"),
    ],
)
def test_mistakes_have_notes(answer: str, note: str) -> None:
    """A known mistake gives the instructor's note, a generic one ours."""
    mistakes = {"missing-product-rule": "x*sigma*(1-sigma)"}
    assert swish(answer, known_mistakes=mistakes).note == note


HOSTILE = [
    '__import__("os").system("id")',
    "().__class__.__base__.__subclasses__()",
    "lambda: 0",
    "x.__class__",
    "f'{x}'{",
    "9**9**9",
    "10**100**100",
    "9^99^99",
    "2^sqrt(10^60)",
    "factorial(10**8)",
    "factorial(factorial(factorial(5)))",
    "5!!!!!!!!",
    "binomial(10**9, 5*10**8)",
    "gamma(10**9)",
    "exp(exp(exp(10)))",
    "x+" * 4999 + "x",
    "x+" * 900 + "x",
    "-" * 3000 + "x",
    "(" * 300 + "x" + ")" * 300,
    "(" * 1900,
    "^".join("x" * 300),
    "sin" * 600 + "(x)",
    "x" * 1999,
    "|" * 1999,
    "f(" * 600,
    "1" * 1999,
    "1e999999999",
    "0x10",
    "1/0",
    "log(0)",
    "0^-1",
    "x\0",
    "х + 1",
    "\u202ex",
    "",
    "=",
    "=" * 500,
    "\\" * 500,
    "\\frac" * 300,
    "{" * 1999,
    "x[0]",
    "x;y",
    "x if x else x",
    "'",
    ".",
    "x_{",
    "_",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:20])
def test_hostile_text_is_a_wrong_answer(text: str) -> None:
    """Hostile text is not equal, with a sentence, quickly, and nothing is run or computed."""
    found = compare(text, "x + 1", definitions={"f": "x^2"})
    assert found.equal is False
    assert found.message.endswith((".", "?"))
    assert len(found.message) < 300
    assert found.elapsed_s < 1


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        b"x",
        ["x"],
        {},
        object(),
        float("nan"),
        float("inf"),
        1e308,
        1j,
        sympy.nan,
        sympy.oo,
        sympy.zoo,
        sympy.zeros(2),
        sympy.Integral(X, X),
        X > 1,
        sympy.Lambda(X, X),
        sympy.Integer(10) ** 4000,
        sympy.Symbol("__import__"),
        sympy.Function("g")(X),
    ],
    ids=lambda value: str(value)[:20],
)
def test_other_values_are_wrong_answers(value: Any) -> None:
    """What is no formula of the known kinds is not equal, with a message."""
    found = swish(value)
    assert found.equal is False
    assert found.message


@pytest.mark.parametrize("text", ["x^201", "x^(10^9)", "(1+x)^-999", "gamma(500)", "10^400"])
def test_large_exponents_and_constants_are_refused(text: str) -> None:
    """Exponents and constants beyond the bounds are told before anything is computed."""
    assert compare(text, "x").note == "too-large"


def test_a_subclass_of_an_expression_is_refused() -> None:
    """Only sympy's own types are read, and no text type with methods of its own."""

    class Sly(sympy.Symbol):
        pass

    class Text(str):
        pass

    assert swish(Sly("f")).equal is False
    assert swish(Text(SWISH)).equal is False


def test_the_place_of_an_error_is_shown() -> None:
    """The message points at the place in the student's own text."""
    assert "(character 11: f'(x) = f + ▸@ sigma)" not in compare("f + @ sigma", SWISH).message
    assert "(character 13: f'(x) = f + ▸@ sigma)" in compare("f'(x) = f + @ sigma", SWISH).message


@pytest.fixture
def own_child(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """For one test, children that are forked after what it changes."""
    symbolic.end_child()
    yield monkeypatch
    symbolic.end_child()


def test_a_comparison_never_outlasts_its_time(own_child: pytest.MonkeyPatch) -> None:
    """Work that does not end is killed at the limit and is undecided."""

    def hang(_: object) -> dict[str, Any]:
        while True:
            pass

    own_child.setattr(symbolic, "_judge", hang)
    started = time.monotonic()
    found = compare("x", "x", timeout_s=0.4)
    assert (found.equal, found.form_ok, found.note) == (None, None, "undecided")
    assert time.monotonic() - started < 2


def test_memory_is_bounded(own_child: pytest.MonkeyPatch) -> None:
    """Work that takes too much memory is undecided, and the caller lives."""
    own_child.setattr(symbolic, "_judge", lambda _: {"equal": bool(bytearray(4 * 2**30))})
    found = compare("x", "x")
    assert (found.equal, found.note) == (None, "undecided")
    assert "MemoryError" in found.message


def test_a_dead_child_is_undecided(own_child: pytest.MonkeyPatch) -> None:
    """A child that dies without a word decides nothing."""
    own_child.setattr(symbolic, "_judge", lambda _: os._exit(0))
    assert compare("x", "x").equal is None


@pytest.mark.parametrize(
    ("expected", "options"),
    [
        ("x +", {}),
        ("9**9**9", {}),
        ("g(x)", {}),
        ("x", {"kind": "poem"}),
        ("x", {"form": "pretty"}),
        ("x", {"domain": "rational"}),
        ("x", {"domain": {"x": ("1", "0")}}),
        ("x", {"tolerance": -1.0}),
        ("x", {"only": "f"}),
        ("f", {"definitions": {"f": "g", "g": "f"}}),
        ("f", {"definitions": {"f": "("}}),
        ("f", {"definitions": {"2": "x"}}),
        ("x", {"known_mistakes": {"sign": "-"}}),
    ],
)
def test_only_the_instructors_fault_raises(expected: str, options: dict[str, Any]) -> None:
    """A fault in the key is an exception that says what to do."""
    with pytest.raises(InputError) as caught:
        compare("x", expected, **options)
    assert caught.value.where
    assert caught.value.cure


OPTIONS: dict[str, Any] = {"definitions": DEFINITIONS}


def test_equality_and_form_are_two_checks() -> None:
    """The right derivative in x passes the one and fails the other."""
    answer = "x*sigma*(1-sigma) + sigma"
    assert check_equal(answer, SWISH, **OPTIONS).equal
    with recording("form", 1.0) as recorder, pytest.raises(verdict.CheckFailed):
        check_form(answer, SWISH, only=ONLY, hints={"used-x": "x*sigma is f."}, **OPTIONS)
    found = recorder.verdict
    assert found is not None
    assert (found.note, found.got, found.hint) == ("used-x", answer, "x*sigma is f.")


def test_the_form_of_a_wrong_answer_earns_nothing() -> None:
    """A wrong answer in the right letters fails the form as well, and is told why."""
    with pytest.raises(verdict.CheckFailed, match="the form of a wrong answer earns nothing"):
        check_form("f + sigma", SWISH, only=ONLY, **OPTIONS)


def test_a_right_answer_passes_both_checks() -> None:
    """A right answer in form passes, as text and as a sympy expression."""
    for answer in ("f + sigma - f*sigma", F + S - F * S):
        check_equal(answer, SWISH, **OPTIONS)
        check_form(answer, SWISH, only=ONLY, **OPTIONS)


@pytest.mark.parametrize("answer", ["f'(x)", "Derivative(f(x), x)"])
def test_repeating_the_question_is_no_answer(answer: str) -> None:
    """A derivative that is left standing does not count as equal in a test."""
    with pytest.raises(verdict.CheckFailed):
        check_equal(answer, SWISH, **OPTIONS)


# --- how an answer was read ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "latex"),
    [
        ("f + sigma*(1 - f)", r"f + \sigma \cdot \left(1 - f\right)"),
        ("σ(x) + f(x)[1 − σ(x)]", None),
        ("1/2x", r"\frac{x}{2}"),
        ("1/(2x)", None),
        ("x/2/3", None),
        ("(x + 1)/(x^2 + 3)", r"\frac{x + 1}{x^{2} + 3}"),
        ("1*(x + 1)^2", None),
        ("-(x + 1)*3", None),
        ("-1*(x - 2)", None),
        ("x - (1 - x)", r"x - \left(1 - x\right)"),
        ("x - -x", None),
        ("x*(-x)", None),
        ("-x^2", "-x^{2}"),
        ("(-x)^2", r"\left(-x\right)^{2}"),
        ("2^x^2", None),
        ("(2^x)^2", None),
        ("(exp(x))^2", None),
        ("(x/2)^3", None),
        ("3*7*x - x*2", r"3 \cdot 7 \, x - x \cdot 2"),
        ("0.25x + 1e-9 x", r"0.25 \, x + 10^{-9} \, x"),
        ("sqrt(abs(x)) + log(x^2 + 1)", None),
        ("sin(x)^2/cos(2x)", None),
        ("atan(x)*erf(x) + asinh(x) - sign(x)", None),
        ("max(0, x) - min(x, 1)", None),
        ("pi*x + e^x", None),
        ("x_1*x + x", r"x_{1} \, x + x"),
        ("f'(x)", r"f'\left(x\right)"),
        (F + S * (1 - F), None),
        (X / 3 - sympy.Rational(5, 7) * sympy.sqrt(X**2 + 1), None),
        (-2 * X * (X + 1), None),
        (1 / sympy.sqrt(1 + X**2), None),
        (sympy.exp(-X) / (1 + sympy.exp(-X)) ** 2, None),
    ],
)
def test_an_answer_is_shown_as_it_was_read(answer: Any, latex: str | None) -> None:
    """The LaTeX of an answer can be drawn, and read again it is equal to the answer."""
    options: dict[str, Any] = {**OPTIONS, "symbols": ["x", "x_1"]}
    found = compare(answer, "x", **options).formula
    assert latex in (None, found)
    assert is_drawable(found)
    again = compare(found, answer if isinstance(answer, str) else str(answer), **options)
    assert again.equal, found
    assert again.formula == found, "a formula that is read again looks the same"


def test_claims_stand_in_a_row() -> None:
    """Where an answer claims several things equal, all are shown."""
    shown = compare("y = f + sigma*(1 - f) = f + sigma - f*sigma", SWISH, **OPTIONS).formula
    assert shown == r"f + \sigma \cdot \left(1 - f\right) = f + \sigma - f \, \sigma"


@pytest.mark.parametrize(
    "answer", ["x +", "import os", "\\def\\a{x}", "+".join(["x^9"] * 190), "x", "30.25"]
)
def test_what_cannot_be_shown_is_left_out(answer: str) -> None:
    """What was not read, is plain anyway, or is longer than a page has room for: no LaTeX."""
    assert compare(answer, SWISH, **OPTIONS).formula == ""


def test_a_verdict_carries_the_formula() -> None:
    """Both checks hand on how the answer was read, wrong or in the wrong form, never the right."""
    cases = [
        (check_equal, "sigma*(1-f)", {}, r"\sigma \cdot \left(1 - f\right)"),
        (check_form, "f + sigma", {"only": ONLY}, r"f + \sigma"),
        (check_form, "x*sigma + sigma*(1-f)", {"only": ONLY}, None),
    ]
    for check, answer, options, latex in cases:
        with recording("t", 1.0) as recorder, pytest.raises(verdict.CheckFailed):
            check(answer, SWISH, **options, **OPTIONS)
        assert recorder.verdict is not None
        assert recorder.verdict.formula in (latex, compare(answer, SWISH, **OPTIONS).formula)
        assert recorder.verdict.formula


def test_a_rounded_number_is_not_called_wrong() -> None:
    """A value that is right but for its rounding is called inexact."""
    with pytest.raises(verdict.CheckFailed, match=r"^The value is not exact\. The answer is a"):
        check_equal("30.3849", ROOT, what="The value", kind="number")
    with pytest.raises(verdict.CheckFailed, match=r"^The value is not right\."):
        check_equal("31", ROOT, what="The value", kind="number")


def test_an_undecided_answer_goes_to_a_person(own_child: pytest.MonkeyPatch) -> None:
    """Where equality is not decided the test is ungraded, for both checks."""
    own_child.setattr(symbolic, "_judge", lambda _: os._exit(0))
    for check, options in ((check_equal, {}), (check_form, {"only": ONLY})):
        with recording("t", 1.0) as recorder, pytest.raises(verdict.CheckUngraded):
            check("f", SWISH, **options)
        assert recorder.verdict is not None
        assert recorder.verdict.status is Status.UNGRADED


PIECES = st.sampled_from(
    [
        "x",
        "f",
        "σ",
        "sigma",
        "(",
        ")",
        "(x)",
        "+",
        "-",
        "*",
        "/",
        "^",
        "**",
        "=",
        "'",
        "|",
        ",",
        "2",
        "9",
        "1e9",
        ".5",
        "!",
        "sqrt",
        "exp",
        "log(",
        "max(",
        "\\frac",
        "{",
        "}",
        "\\sigma",
        "²",
        " ",
        "_",
        "diff(",
        "\\left(",
        "abs",
        "factorial(",
        "·",
        "e",
        "pi",
        "x_1",
        "\0",
        "é",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=40))
def test_any_text_gets_a_verdict(text: str) -> None:
    """Whatever is typed, there is a verdict in time and no failure inside."""
    found = swish(text)
    assert found.elapsed_s < 6
    assert "Error" not in found.message
    assert found.equal is not True or found.decided_by


@st.composite
def formulas(draw: st.DrawFn, depth: int = 3) -> str:
    """Readable formulas in x and y."""
    if depth == 0:
        return draw(st.sampled_from(["x", "y", "2", "3", "x", "1/2"]))
    left, right = draw(formulas(depth - 1)), draw(formulas(depth - 1))
    shape = draw(st.sampled_from(["({})+({})", "({})-({})", "({})*({})", "tanh({})*({})"]))
    return shape.format(left, right)


@settings(max_examples=12, deadline=None)
@given(formulas(), st.sampled_from(["({a})*1+0", "-(-({a}))", "({a})+x-x", "2*({a})/2"]))
def test_a_rewriting_stays_equal_and_a_change_does_not(formula: str, rewriting: str) -> None:
    """A rewritten formula is equal, a formula with a term added is different."""
    rewritten = rewriting.format(a=formula)
    assert is_equal(rewritten, formula, symbols=["x", "y"]) is True
    assert is_equal(f"{rewritten} + x/1000", formula, symbols=["x", "y"]) is False
