"""Formulas: LaTeX becomes MathML, and hostile LaTeX becomes nothing else."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from latex2mathml.converter import convert

from autograder import formulas
from autograder.formulas import ELEMENTS, is_drawable, mathml


def text_of(latex: str) -> str:
    """The characters of a formula's MathML, in order."""
    drawn = mathml(latex)
    assert drawn is not None
    return "".join(ET.fromstring(drawn).itertext())


@pytest.mark.parametrize(
    ("latex", "elements", "text"),
    [
        (r"f + \sigma \cdot \left(1 - f\right)", {"mi", "mo", "mn"}, "f+σ·(1−f)"),
        (r"\frac{37 + \sqrt{565}}{2}", {"mfrac", "msqrt"}, "37+5652"),
        (r"\left(1 + e^{-x}\right)^{2}", {"msup"}, "(1+e−x)2"),
        (r"x_{1}", {"msub"}, "x1"),
        (r"\operatorname{erf}\left(\alpha'\right)", {"mo", "msup"}, "erf(α′)"),
        (r"\left[\begin{matrix}1 & 2\\3 & 4\end{matrix}\right]", {"mtable", "mtd"}, "[1234]"),
        (r"a \lt b", {"mo"}, "a<b"),
    ],
)
def test_a_formula_becomes_mathml(latex: str, elements: set[str], text: str) -> None:
    """Fractions, roots, scripts, matrices and Greek letters arrive, and every character."""
    drawn = mathml(latex)
    assert drawn is not None
    tree = ET.fromstring(drawn)
    assert tree.tag == "math"
    assert elements <= {e.tag for e in tree.iter()} <= ELEMENTS
    assert text_of(latex) == text


HOSTILE = [
    r"\text{<script>alert(1)</script>}",
    r"\href{javascript:alert(1)}{x}",
    r"\unicode{x3c}script",
    r"\def\a{\a\a}\a",
    r"\newcommand{\x}{\x\x}\x",
    r"\style{background:url(//evil.test)}{x}",
    r"\class{x}{y}",
    r"\color{red}{x}",
    r"\begin{evil}x\end{evil}",
    "<img src=x>",
    "&#60;script&#62;",
    "&lt;b&gt;",
    'x" onclick="y',
    "`$ @everyone #12",
    "x\ny",
    "é",
    "\ud800",
    "{" * 500 + "}" * 500,
    "",
    "   ",
]


@pytest.mark.parametrize("latex", HOSTILE)
def test_hostile_latex_is_not_drawn(latex: str) -> None:
    """Markup, macros, links, styles, foreign characters and deep nesting never reach a browser."""
    assert mathml(latex) is None
    assert not is_drawable(latex)


def test_the_converter_alone_would_not_do() -> None:
    """The converter writes tags and links through: this is why nothing of it is passed on."""
    assert "<script>" in convert(HOSTILE[0])
    assert "javascript:" in convert(HOSTILE[1])


def test_what_the_converter_adds_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """An element that we do not know drops the formula, an attribute drops out."""
    made = ET.Element("math", onclick="x")
    ET.SubElement(made, "mi", href="javascript:x", mathvariant="normal").text = "a"
    monkeypatch.setattr(formulas, "convert_to_element", lambda *_, **__: made)
    assert mathml("x") == '<math><mi mathvariant="normal">a</mi></math>'
    ET.SubElement(made, "script").text = "alert(1)"
    assert mathml("x") is None


@pytest.mark.parametrize("latex", [r"\frac{1}{", "{x", "x}", r"\left(x", "x^", r"\begin{matrix}1"])
def test_broken_latex_stays_text(latex: str) -> None:
    """A formula that breaks off gives no MathML or a whole element, never an error."""
    drawn = mathml(latex)
    assert drawn is None or ET.fromstring(drawn).tag == "math"


@given(st.text(alphabet="\\{}^_&<>\"'()abfrcsqtx0 123+-", max_size=40))
def test_whatever_is_drawn_is_clean(latex: str) -> None:
    """Any text of dangerous characters gives nothing, or known elements with known attributes."""
    drawn = mathml(latex)
    if drawn is not None:
        for element in ET.fromstring(drawn).iter():
            assert element.tag in ELEMENTS
            assert set(element.attrib) <= {"stretchy", "fence", "form", "mathvariant", "display"}
