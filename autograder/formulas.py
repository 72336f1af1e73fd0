"""Formulas for the pages: LaTeX as MathML, which browsers draw without a script.

A formula comes from an answer, so its text is hostile. Only commands and characters of a short
list reach the converter (it knows macros, links and raw characters), and only known elements
without attributes of theirs leave it. Whatever else it holds is shown as typed.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element
from markupsafe import Markup, escape

DEPTH_LIMIT = 100  # nested brackets and scripts of a formula that is drawn

_GREEK = """alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu
    nu xi pi rho sigma varsigma tau upsilon phi varphi chi psi omega
    Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"""
_FUNCTIONS = """sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth exp log ln max min
    det dim ker lim operatorname mathrm mathbf mathbb mathcal text"""
_LAYOUT = """frac dfrac tfrac sqrt left right begin end overline hat bar tilde vec partial nabla
    cdot times div pm mp leq geq le ge neq ne approx infty sum prod int in to top prime circ ldots
    cdots dots quad qquad lt gt mid lVert rVert lvert rvert langle rangle"""
COMMANDS = frozenset(f"{_GREEK} {_FUNCTIONS} {_LAYOUT}".split())
ENVIRONMENTS = frozenset("matrix pmatrix bmatrix vmatrix cases".split())
ELEMENTS = frozenset(
    """math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover
    mtable mtr mtd mstyle""".split()
)
_ATTRIBUTES = {  # of an element, with the values that may stand there
    "stretchy": frozenset({"true", "false"}),
    "fence": frozenset({"true", "false"}),
    "form": frozenset({"prefix", "postfix", "infix"}),
    "mathvariant": frozenset({"normal"}),
    "display": frozenset({"block"}),
}

_COMMAND = re.compile(r"\\([A-Za-z]+)")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)(?![A-Za-z])(?:\{([a-z]+)\})?")
_PUNCTUATION = re.compile(r"\\[,;:! |{}\\]")
_PLAIN = re.compile(r"(?:[A-Za-z0-9 +\-*/=()\[\].,:;!|'^_{}]|& )*")  # a matrix has "1 & 2"


def is_drawable(latex: str) -> bool:
    """Whether a formula holds nothing but commands and characters of the short list."""
    if not latex.strip() or _nesting(latex) > DEPTH_LIMIT:
        return False
    if not set(_COMMAND.findall(latex)) <= COMMANDS:
        return False
    if not {name or "" for name in _ENVIRONMENT.findall(latex)} <= ENVIRONMENTS:
        return False
    return bool(_PLAIN.fullmatch(_PUNCTUATION.sub("", _COMMAND.sub("", latex))))


def _nesting(latex: str) -> int:
    depth = deepest = 0
    for bracket in re.findall(r"(?<!\\)[{}]|\\left|\\right|\\begin|\\end", latex):
        depth += 1 if bracket in ("{", r"\left", r"\begin") else -1
        deepest = max(deepest, depth)
    return deepest


def mathml(latex: str) -> Markup | None:
    """A formula as a MathML element; None where it has to be shown as typed."""
    if not is_drawable(latex):
        return None
    try:
        return _written(convert_to_element(latex, display="block"))
    except Exception:  # noqa: BLE001 - its errors are of many kinds; the text itself stays readable
        return None


def _written(element: Element) -> Markup | None:
    """An element and all that it holds, rebuilt from known names; None where one is unknown."""
    if element.tag not in ELEMENTS:
        return None
    inner = [_written(child) for child in element]
    if any(child is None for child in inner):
        return None
    attributes = Markup("").join(
        Markup(' {}="{}"').format(name, value)
        for name, value in element.attrib.items()
        if value in _ATTRIBUTES.get(name, ())
    )
    text = escape(_characters(element.text or ""))
    body = text + Markup("").join(child for child in inner if child is not None)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(element.tag), attributes, body)


def _characters(text: str) -> str:
    """The characters that the converter means: it writes some of them as `&#x003C3;`."""
    return re.sub(r"&#x([0-9A-Fa-f]{1,6});", lambda m: chr(int(m[1], 16)), text)
