"""Judge what a student wrote as a formula: is it equal, and is it in the form asked for?

Equality and form are two verdicts (`Comparison.equal`, `Comparison.form_ok`), so that a right
derivative in the wrong letters can keep the points of the one and lose those of the other.

The student's text is hostile. It is read by a parser of our own into a tree of a dozen kinds of
node (`Node`), bounded in length, depth, size and in every number in it, and is never handed to
Python's or sympy's evaluation. A sympy expression is rebuilt into the same tree, node by node,
from an exact list of types. Everything runs in a forked child with limits of time and memory.

Equality climbs a ladder: the same tree; exact algebra for rational functions; evaluation with 120
digits at simple and random points of the declared domain; rewriting, where evaluation cannot
decide. What no rung decides is `None` and goes to a person.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import math
import random
import re
import signal
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NoReturn

import mpmath
import sympy
from sympy.core.function import UndefinedFunction

from autograder import handin, verdict
from autograder.aside import Helper
from autograder.errors import InputError

MAX_LENGTH = 2000  # characters of an answer
MAX_NODES = 400  # nodes of an answer's tree
MAX_DEPTH = 40  # nesting of brackets, exponents and calls
MAX_DIGITS = 40  # digits of one number
MAX_RUN = 30  # letters of names that are written without a space
MAX_EXPONENT = 200  # absolute value of a constant exponent
MAX_BITS = 1000  # binary magnitude of a constant part: up to about 1e301
MAX_EXPANDED = 20_000  # nodes after the definitions are put in
MAX_LATEX = 700  # characters of LaTeX that are shown of an answer
MEMORY_MB = 512  # what a comparison may take beyond what the process already holds
DIGITS = 120  # decimal digits of the evaluation
RANDOM_POINTS = 16  # that are compared
DRAWN_POINTS = 200  # that are tried, since not all of them can be used
ENOUGH_POINTS = 8  # random points that must agree before evaluation decides

KINDS = ("expression", "number")
FORMS = ("exact", "factored", "expanded", "no_derivative")
DOMAINS = ("real", "positive", "complex")


@dataclass(frozen=True)
class Comparison:
    """What was found about one answer.

    Attributes:
        equal: Whether the answer equals what was expected; None where that is not decided.
        form_ok: Whether the answer has the form asked for (true where none was asked for);
            None where the form was not decided.
        note: Stable answer note, for example `used-x`, `sign`, `unknown-name`, `undecided`;
            empty where nothing is wrong.
        message: What is wrong, in the student's terms; empty where nothing is wrong.
        counterexample: A point, name to value, at which the answer is wrong; None without one.
        elapsed_s: Wall time in seconds.
        decided_by: The rung that decided equality: `structure`, `algebra`, `evaluation`,
            `rewriting`, `reading` (the text could not be read), or empty.
        formula: LaTeX of the answer as it was read, so that the student sees what was
            understood; empty where it could not be read, is a bare number or name, or is too
            long to show.
    """

    equal: bool | None
    form_ok: bool | None
    note: str = ""
    message: str = ""
    counterexample: Mapping[str, str] | None = None
    elapsed_s: float = 0.0
    decided_by: str = ""
    formula: str = ""


@dataclass(frozen=True)
class Node:
    """A node of the tree that answers and keys are read into.

    `op` is one of number (value: a fraction), name, constant (`pi`, `e`, `I`), add, mul, neg,
    inv, pow, call (value: a function of `FUNCTIONS`), apply (value: a defined name, one
    argument), prime (value: a defined name, the order in `order`, one argument),
    derivative (value: the variable, the order in `order`).
    """

    op: str
    args: tuple[Node, ...] = ()
    value: str | Fraction = ""
    order: int = 1
    decimal: bool = field(default=False, compare=False)
    at: int = field(default=0, compare=False)


class _Fault(Exception):
    """The student's text cannot be used; the message says why, and where."""

    def __init__(self, message: str, note: str = "unreadable", at: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.note = note
        self.at = at


class _TooLarge(Exception):
    """A value is out of the range that is computed."""


class _Unclear(Exception):
    """A value cannot be told from zero with the digits at hand."""


class _Undefined(Exception):
    """An expression has no value at a point."""


class _OutOfTime(BaseException):
    """A time box has ended. Not an Exception, because sympy catches those."""


# --- names ------------------------------------------------------------------------------

# Functions that anybody may write, with the least and the largest number of arguments.
FUNCTIONS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("exp", "sqrt", "abs", "sign", "erf", "erfc", "factorial", "gamma"), (1, 1)),
    **dict.fromkeys(("sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan"), (1, 1)),
    **dict.fromkeys(("sinh", "cosh", "tanh", "coth", "asinh", "acosh", "atanh"), (1, 1)),
    "log": (1, 2),
    "Heaviside": (1, 1),
    "max": (2, 8),
    "min": (2, 8),
}
_ALIASES = {
    "ln": "log",
    "Abs": "abs",
    "Max": "max",
    "Min": "min",
    "sgn": "sign",
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan")},
    **{f"ar{name}": f"a{name}" for name in ("sinh", "cosh", "tanh")},
}
_CONSTANTS = {"pi": "pi", "e": "e", "E": "e"}
_DERIVATIVES = ("diff", "Derivative")
_FREE_FUNCTIONS = frozenset({"exp", "log", "sqrt", "abs"})  # what `only` never forbids
_WITH_CORNERS = frozenset({"abs", "sign", "max", "min", "Heaviside"})

_GREEK = {
    letter: unicodedata.name(letter).rsplit(" ", 1)[1].lower().replace("lamda", "lambda")
    for letter in "αβγδεζηθικλμνξοπρστυφχψω"
} | {"ς": "sigma", "ϵ": "epsilon", "ϕ": "phi", "Δ": "Delta", "Σ": "Sigma", "Φ": "Phi"}
_GREEK_NAMES = frozenset(_GREEK.values())
_LATEX_NAMES = {"varphi": "phi", "varepsilon": "epsilon", "varsigma": "sigma"}
_LATEX_OPERATORS = {"cdot": "*", "times": "*", "ast": "*", "div": "/", "lvert": "|", "rvert": "|"}
_LATEX_SPACES = frozenset(
    {"left", "right", "quad", "qquad", "displaystyle", "big", "Big", "bigl", "bigr"}
)
_OPERATORS = {
    "−": "-",
    "–": "-",
    "·": "*",
    "⋅": "*",
    "∙": "*",
    "×": "*",
    "∗": "*",
    "÷": "/",
    "∕": "/",
    "′": "'",
    "’": "'",
}
_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))


# --- from text to tokens ----------------------------------------------------------------


@dataclass(frozen=True)
class _Token:
    kind: str  # number, name, frac, sqrt, superscript, end, or the operator itself
    text: str
    at: int


_SPACE = re.compile(r"(?:\s|\$|~|&|\\[,;:! ()\[\]])+")
_MODULE = re.compile(r"(?:np|numpy|sp|sympy|math|torch)\.(?=[A-Za-z])")
_NUMBER = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_(?:[A-Za-z0-9]+|\{[A-Za-z0-9]+\}))*")
_PRIME = re.compile(r"\^\s*(?:\\prime|\{\s*(?:\\prime\s*)+\})")
_UPRIGHT = re.compile(r"\\(?:mathrm|operatorname|text|textrm|mathit)\s*\{\s*([A-Za-z]+)\s*\}")
_COMMAND = re.compile(r"\\([A-Za-z]+)")


def _tokens(text: str) -> list[_Token]:
    """Cut a text into tokens.

    Raises:
        _Fault: A character or a LaTeX command is not understood, or there is too much.
    """
    if len(text) > MAX_LENGTH:
        raise _Fault(f"The answer has {len(text)} characters; at most {MAX_LENGTH} are read.")
    found: list[_Token] = []
    at = 0
    while at < len(text):
        space = _SPACE.match(text, at) or _MODULE.match(text, at)
        if space:
            at = space.end()
            continue
        tokens, at = _next_tokens(text, at)
        found.extend(tokens)
    found.append(_Token("end", "", len(text)))
    return found


def _next_tokens(text: str, at: int) -> tuple[list[_Token], int]:
    if text[at] == "\\" or _PRIME.match(text, at):
        return _latex_tokens(text, at)
    number = _NUMBER.match(text, at)
    if number:
        return [_Token("number", number.group(), at)], number.end()
    name = _NAME.match(text, at)
    if name:
        return [_Token("name", re.sub(r"[{}]", "", name.group()), at)], name.end()
    if text[at] in _SUPERSCRIPTS:
        end = at
        while end < len(text) and text[end] in _SUPERSCRIPTS:
            end += 1
        digits = "".join(_SUPERSCRIPTS[c] for c in text[at:end])
        return [_Token("superscript", digits, at)], end
    if text.startswith("**", at):
        return [_Token("^", "**", at)], at + 2
    return _character_token(text, at)


def _character_token(text: str, at: int) -> tuple[list[_Token], int]:
    shown = text[at]
    plain = unicodedata.normalize("NFKC", shown) if ord(shown) > 127 else shown
    plain = plain if len(plain) == 1 else shown
    if shown in _OPERATORS or plain in _OPERATORS:
        operator = _OPERATORS.get(shown) or _OPERATORS[plain]
        return [_Token(operator, shown, at)], at + 1
    if plain in _GREEK:
        return [_Token("name", _GREEK[plain], at)], at + 1
    if shown == "√":
        return [_Token("sqrt", shown, at)], at + 1
    if plain in "+-*/^()[]{}|,!'":
        return [_Token(plain, shown, at)], at + 1
    if plain.isascii() and plain.isalpha():
        return [_Token("name", plain, at)], at + 1
    if shown == "_":
        raise _Fault("An underscore stands where a name has to begin", at=at)
    name = "" if ord(shown) < 128 else f" ({unicodedata.name(shown, 'no name')})"
    raise _Fault(f"The character {verdict.shorten(shown)}{name} is not understood", at=at)


def _latex_tokens(text: str, at: int) -> tuple[list[_Token], int]:
    prime = _PRIME.match(text, at)
    if prime:
        count = prime.group().count("prime")
        return [_Token("'", "'", at)] * count, prime.end()
    upright = _UPRIGHT.match(text, at)
    if upright:
        return [_Token("name", upright.group(1), at)], upright.end()
    command = _COMMAND.match(text, at)
    if command is None:
        if text[at + 1 : at + 2] in ("{", "}", "|"):
            return [_Token(text[at + 1], text[at : at + 2], at)], at + 2
        raise _Fault("This backslash is not understood", at=at)
    return _command_tokens(command.group(1), at), command.end()


def _command_tokens(word: str, at: int) -> list[_Token]:
    if word in _LATEX_SPACES:
        return []
    if word in _LATEX_OPERATORS:
        return [_Token(_LATEX_OPERATORS[word], f"\\{word}", at)]
    if word in ("frac", "dfrac", "tfrac"):
        return [_Token("frac", f"\\{word}", at)]
    if word == "sqrt":
        return [_Token("sqrt", "\\sqrt", at)]
    name = _LATEX_NAMES.get(word, word)
    if name in _GREEK_NAMES or name in FUNCTIONS or name in _ALIASES or name in _GREEK.values():
        return [_Token("name", name, at)]
    raise _Fault(f"The LaTeX command \\{verdict.shorten(word, 30)} is not understood", at=at)


# --- from tokens to a tree --------------------------------------------------------------


@dataclass(frozen=True)
class _Names:
    """The names that a text may use.

    Attributes:
        symbols: Plain symbols.
        defined: Names with a definition; they may be applied to an argument.
        variables: For each defined name the variable that its argument stands for; empty
            where that is not one variable.
        open: Whether any other name is taken as a symbol (the instructor's formulas).
        imaginary: Whether `I` is the imaginary unit.
    """

    symbols: frozenset[str] = frozenset()
    defined: frozenset[str] = frozenset()
    variables: Mapping[str, str] = field(default_factory=dict)
    open: bool = False
    imaginary: bool = False

    def known(self) -> frozenset[str]:
        return self.symbols | self.defined

    def find(self, name: str) -> str:
        """The known name that is meant, or an empty text."""
        if name in self.known():
            return name
        bare = name.replace("_", "")
        matches = [known for known in self.known() if known.replace("_", "") == bare]
        return matches[0] if len(matches) == 1 and len(bare) > 1 else ""


class _Parser:
    """A Pratt parser for sums, products, powers, calls and their LaTeX."""

    def __init__(self, tokens: list[_Token], names: _Names, *, products: bool) -> None:
        self.tokens = tokens
        self.names = names
        self.products = products  # read f(1 - sigma) as a product
        self.ambiguous = False
        self.position = 0
        self.depth = 0
        self.nodes = 0

    # -- the machine

    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def take(self, *kinds: str) -> _Token | None:
        token = self.token
        if token.kind not in kinds:
            return None
        self.position += 1
        return token

    def expect(self, kind: str, why: str) -> None:
        if self.take(kind) is None:
            raise self.fault(why)

    def fault(self, why: str) -> _Fault:
        return _Fault(why, at=self.token.at)

    @contextmanager
    def deeper(self) -> Iterator[None]:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fault(f"The answer is nested more than {MAX_DEPTH} levels deep")
        yield
        self.depth -= 1

    def node(self, op: str, *args: Node, at: int, value: str | Fraction = "", **more: Any) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _Fault(f"The answer has more than {MAX_NODES} parts", at=at)
        return Node(op, args, value, at=at, **more)

    # -- the grammar, from the loosest to the tightest binding

    def whole(self) -> Node:
        if self.token.kind == "end":
            raise _Fault("The answer is empty", note="empty")
        tree = self.sum()
        if self.token.kind != "end":
            closing = self.token.kind in (")", "]", "}")
            raise self.fault(
                "A bracket is closed that was not opened" if closing else "This does not fit here"
            )
        return tree

    def sum(self) -> Node:
        with self.deeper():
            at = self.token.at
            terms = [self.product()]
            while sign := self.take("+", "-"):
                term = self.product()
                terms.append(self.node("neg", term, at=sign.at) if sign.kind == "-" else term)
            return terms[0] if len(terms) == 1 else self.node("add", *terms, at=at)

    def product(self) -> Node:
        at = self.token.at
        negative = False
        while sign := self.take("+", "-"):
            negative ^= sign.kind == "-"
        factors = [self.power()]
        while True:
            last = self.tokens[self.position - 1]
            operator = self.take("*", "/")
            if operator is None and not self.starts_factor(last):
                break
            factor = self.signed_power() if operator else self.power()
            inverse = operator is not None and operator.kind == "/"
            factors.append(self.node("inv", factor, at=factor.at) if inverse else factor)
        whole = factors[0] if len(factors) == 1 else self.node("mul", *factors, at=at)
        return self.node("neg", whole, at=at) if negative else whole

    def starts_factor(self, last: _Token) -> bool:
        if self.token.kind == "number" and last.kind in ("number", "superscript"):
            raise self.fault("An operator is missing between two numbers")
        return self.token.kind in ("number", "name", "frac", "sqrt", "(", "[", "{")

    def signed_power(self) -> Node:
        at = self.token.at
        negative = False
        while sign := self.take("+", "-"):
            negative ^= sign.kind == "-"
        power = self.power()
        return self.node("neg", power, at=at) if negative else power

    def power(self) -> Node:
        return self.raised(self.atom())

    def raised(self, base: Node) -> Node:
        """A base with the factorials and exponents that follow it."""
        while mark := self.take("!"):
            base = self.node("call", base, at=mark.at, value="factorial")
        if small := self.take("superscript"):
            exponent = self.number(_Token("number", small.text.lstrip("-"), small.at))
            if small.text.startswith("-"):
                exponent = self.node("neg", exponent, at=small.at)
        elif self.take("^"):
            with self.deeper():
                exponent = self.signed_power()
        else:
            return base
        if base.op == "constant" and base.value == "e":
            return self.node("call", exponent, at=base.at, value="exp")
        return self.node("pow", base, exponent, at=base.at)

    def atom(self) -> Node:
        token = self.token
        if token.kind == "number":
            self.position += 1
            return self.number(token)
        if token.kind == "name":
            self.position += 1
            return self.named(token)
        if token.kind == "frac":
            self.position += 1
            above, below = self.braced(), self.braced()
            return self.node("mul", above, self.node("inv", below, at=below.at), at=token.at)
        if token.kind == "sqrt":
            self.position += 1
            return self.root(token)
        if token.kind == "|":
            self.position += 1
            inside = self.sum()
            self.expect("|", "The bar | that closes an absolute value is missing")
            return self.node("call", inside, at=token.at, value="abs")
        if token.kind in ("(", "[", "{"):
            return self.bracketed()
        raise self.fault(
            "Something is missing here"
            if token.kind == "end"
            else "A number, a name or a bracket is missing before this"
        )

    def bracketed(self) -> Node:
        opening = self.tokens[self.position]
        self.position += 1
        closing = {"(": ")", "[": "]", "{": "}"}[opening.kind]
        inside = self.sum()
        if self.token.kind != closing:
            raise _Fault(f"The bracket {opening.kind} is not closed", at=opening.at)
        self.position += 1
        return inside

    def braced(self) -> Node:
        """An argument of a LaTeX command: in braces, or one digit or name."""
        if self.token.kind == "{":
            return self.bracketed()
        token = self.token
        if token.kind == "number" and token.text.isdigit() and len(token.text) > 1:
            rest = _Token("number", token.text[1:], token.at + 1)
            self.tokens[self.position] = rest
            return self.number(_Token("number", token.text[0], token.at))
        return self.atom()

    def root(self, token: _Token) -> Node:
        if token.text == "\\sqrt" and self.token.kind == "[":
            index = self.bracketed()
            inverse = self.node("inv", index, at=index.at)
            return self.node("pow", self.braced(), inverse, at=token.at)
        inside = self.braced() if token.text == "\\sqrt" else self.atom()
        return self.node("call", inside, at=token.at, value="sqrt")

    def number(self, token: _Token) -> Node:
        mantissa, _, exponent = token.text.lower().partition("e")
        if len(mantissa) > MAX_DIGITS or len(exponent) > 4 or abs(int(exponent or 0)) > 100:
            raise _Fault("This number is too long", note="too-large", at=token.at)
        decimal = "." in token.text or bool(exponent)
        value = Fraction(mantissa.rstrip(".") or "0") * Fraction(10) ** int(exponent or 0)
        return self.node("number", at=token.at, value=value, decimal=decimal)

    # -- names, functions, application

    def named(self, token: _Token) -> Node:
        known = self.names.find(token.text)
        if known:
            return self.symbol(known, token)
        function = _ALIASES.get(token.text, token.text)
        if function in FUNCTIONS:
            return self.call(function, token)
        if token.text in _DERIVATIVES:
            return self.derivative(token)
        if token.text in _CONSTANTS or (token.text == "I" and self.names.imaginary):
            value = _CONSTANTS.get(token.text, token.text)
            return self.node("constant", at=token.at, value=value)
        if self.names.open:
            if self.token.kind in ("'", "("):
                raise _Fault(f"{token.text} is applied but has no definition", at=token.at)
            return self.node("name", at=token.at, value=token.text)
        return self.run_together(token)

    def run_together(self, token: _Token) -> Node:
        """Several known names written without a space, as in `fsigma`."""
        parts = _segment(token.text, self.names, self.token.kind == "(")
        if parts is None:
            raise _unknown(token, self.names)
        at, pieces = token.at, []
        for part in parts:
            pieces.append(_Token("name", part, at))
            at += len(part)
        self.tokens[self.position : self.position] = pieces[1:]
        return self.named(pieces[0])

    def symbol(self, name: str, token: _Token) -> Node:
        primes = 0
        while self.take("'"):
            primes += 1
        if name not in self.names.defined:
            if primes:
                raise _Fault(f"{name} has no derivative here", at=token.at)
            return self.node("name", at=token.at, value=name)
        argument, exponent = self.argument(primes > 0)
        whole = self.applied(name, argument, primes, token)
        return whole if exponent is None else self.node("pow", whole, exponent, at=token.at)

    def argument(self, primed: bool) -> tuple[Node | None, Node | None]:
        """The argument that follows a defined name, and the exponent in `sigma^2(x)`."""
        start, exponent = self.position, None
        if self.take("^"):
            power = self.take("number")
            if power is None or not power.text.isdigit():
                self.position = start
                return None, None
            exponent = power
        else:
            exponent = self.take("superscript")
        if self.token.kind != "(" or not (primed or self.is_application()):
            self.position = start
            return None, None
        inside = self.bracketed()
        if exponent is None:
            return inside, None
        sign = -1 if exponent.text.startswith("-") else 1
        number = self.number(_Token("number", exponent.text.lstrip("-"), exponent.at))
        return inside, (number if sign > 0 else self.node("neg", number, at=exponent.at))

    def is_application(self) -> bool:
        """Whether the bracket ahead holds an argument, and not a factor.

        `f(x)` is an application. `f(1 - sigma)` is what people write for a product; it is
        marked as ambiguous, and both readings are tried.
        """
        level = 0
        for token in self.tokens[self.position :]:
            level += (token.kind == "(") - (token.kind == ")")
            if level == 0:
                break
            if token.kind == "name" and self.names.find(token.text) in self.names.defined:
                self.ambiguous = True
                return not self.products
        return True

    def applied(self, name: str, argument: Node | None, primes: int, token: _Token) -> Node:
        if argument is not None and not self.names.variables.get(name):
            raise _Fault(f"Write {name} without an argument", at=token.at)
        if primes:
            variable = self.names.variables.get(name, "")
            if not variable:
                raise _Fault(f"{name} has no derivative here", at=token.at)
            inner = argument or self.node("name", at=token.at, value=variable)
            return self.node("prime", inner, at=token.at, value=name, order=min(primes, 4))
        if argument is None:
            return self.node("name", at=token.at, value=name)
        return self.node("apply", argument, at=token.at, value=name)

    def call(self, function: str, token: _Token) -> Node:
        exponent = None
        if self.take("^"):
            exponent = self.atom()
        elif small := self.take("superscript"):
            exponent = self.number(_Token("number", small.text.lstrip("-") or "0", small.at))
            if small.text.startswith("-"):
                exponent = self.node("neg", exponent, at=small.at)
        arguments = self.arguments(function)
        least, most = FUNCTIONS[function]
        if not least <= len(arguments) <= most:
            raise _Fault(f"{token.text} does not take {len(arguments)} arguments", at=token.at)
        if function == "log" and len(arguments) == 2:
            logs = [self.node("call", a, at=a.at, value="log") for a in arguments]
            whole = self.node("mul", logs[0], self.node("inv", logs[1], at=token.at), at=token.at)
        else:
            whole = self.node("call", *arguments, at=token.at, value=function)
        return whole if exponent is None else self.node("pow", whole, exponent, at=token.at)

    def arguments(self, function: str) -> list[Node]:
        opening = self.token
        if opening.kind in ("(", "[", "{"):
            self.position += 1
            found = [self.sum()]
            while self.take(","):
                found.append(self.sum())
            closing = {"(": ")", "[": "]", "{": "}"}[opening.kind]
            if self.take(closing) is None:
                raise _Fault(f"The bracket after {function} is not closed", at=opening.at)
            return found
        if opening.kind not in ("name", "number", "|", "frac", "sqrt"):
            raise self.fault(f"{function} needs an argument in brackets")
        with self.deeper():
            only = self.raised(self.atom())
        last = self.tokens[self.position - 1]
        if self.starts_factor(last):
            raise _Fault(f"Put the argument of {function} in brackets", at=opening.at)
        return [only]

    def derivative(self, token: _Token) -> Node:
        self.expect("(", f"{token.text} needs its arguments in brackets")
        inside = self.sum()
        self.expect(",", f"{token.text} needs the variable as its second argument")
        variable = self.take("name")
        name = self.names.find(variable.text) if variable else ""
        if not name or name in self.names.defined:
            raise _Fault(f"{token.text} needs a variable as its second argument", at=token.at)
        order = 1
        if self.take(","):
            count = self.take("number")
            if count is None or count.text not in ("1", "2", "3", "4"):
                raise self.fault("The order of a derivative is a number up to 4")
            order = int(count.text)
        self.expect(")", f"The bracket after {token.text} is not closed")
        return self.node("derivative", inside, at=token.at, value=name, order=order)


def _segment(text: str, names: _Names, applied: bool) -> list[str] | None:
    """Split a text into known names, the last one a function where it is applied."""
    if len(text) > MAX_RUN:
        return None
    ways: list[list[str] | None] = [None] * len(text) + [[]]
    for start in range(len(text) - 1, -1, -1):
        for end in range(start + 1, len(text) + 1):
            rest, part = ways[end], text[start:end]
            function = applied and end == len(text) and _ALIASES.get(part, part) in FUNCTIONS
            if rest is not None and (part in names.known() or function):
                ways[start] = [part, *rest]
    return ways[0]


def _unknown(token: _Token, names: _Names) -> _Fault:
    shown = verdict.shorten(token.text, 30)
    similar = [n for n in sorted(names.known()) if n.lower() == token.text.lower()]
    known = ", ".join(sorted(names.known())) or "none"
    advice = f"did you mean {similar[0]}?" if similar else f"the names in use are {known}"
    return _Fault(f"{shown} is not a known name; {advice}", note="unknown-name", at=token.at)


_LABEL_NAME = r"(?:\\?[A-Za-z]+|[α-ω])(?:_\{?\w+\}?)?'*(?:\(\\?\w+\))?"
_LABEL = re.compile(
    rf"(?:{_LABEL_NAME}|d{_LABEL_NAME}/d\w|d/d\w{_LABEL_NAME}"
    rf"|\\[dt]?frac\{{d(?:{_LABEL_NAME})?\}}\{{d\w\}}(?:{_LABEL_NAME})?)"
)


def _sides(text: str) -> list[tuple[str, int]]:
    """The parts of a chain of equations that are claims, each with its place in the text.

    A left side that is only a name, as in `f'(x) = ...`, is a label and is dropped.
    """
    if len(text) > MAX_LENGTH:
        raise _Fault(f"The answer has {len(text)} characters; at most {MAX_LENGTH} are read.")
    if "==" in text:
        raise _pointed(_Fault("Write one formula, no comparison", at=text.index("==")), text, 0)
    found, at = [], 0
    for part in text.rstrip(" \t\r\n.,;").split("="):
        found.append((part, at))
        at += len(part) + 1
    if len(found) > 1 and _LABEL.fullmatch(_label_text(found[0][0])):
        found = found[1:]
    if len(found) > 8:
        raise _Fault("The answer is a chain of more than eight equations")
    return found


def _label_text(text: str) -> str:
    text = re.sub(r"\\left|\\right|\\[,;:! ()\[\]]|[\s$&]", "", text)
    text = re.sub(r"\\mathrm\{(\w+)\}", r"\1", _PRIME.sub("'", text))
    return text.replace("′", "'").replace("’", "'")


@dataclass(frozen=True)
class _Parsed:
    """One reading of an answer: what is claimed to be equal; the last part is the answer."""

    claims: tuple[Node, ...]
    ambiguous: bool = False

    @property
    def tree(self) -> Node:
        return self.claims[-1]


def _parse(text: str, names: _Names, *, products: bool = True) -> _Parsed:
    """Read a text.

    Raises:
        _Fault: The text cannot be read; the message points at the place.
    """
    claims, ambiguous = [], False
    for part, start in _sides(text):
        try:
            parser = _Parser(_tokens(part), names, products=products)
            tree = parser.whole()
            ambiguous |= parser.ambiguous
            _check_numbers(tree)
        except _Fault as fault:
            raise _pointed(fault, text, start) from None
        claims.append(tree)
    return _Parsed(tuple(claims), ambiguous)


def _pointed(fault: _Fault, text: str, start: int) -> _Fault:
    """The same fault with the place shown in the student's own text."""
    if fault.at is None:
        return fault
    at = start + fault.at
    left, right = text[max(0, at - 25) : at], text[at : at + 25]
    shown = verdict.shorten(f"{'…' if at > 25 else ''}{left}▸{right}", 80)
    return _Fault(f"{fault.message} (character {at + 1}: {shown}).", fault.note)


# --- from a sympy expression to a tree --------------------------------------------------

_SYMPY_FUNCTIONS: dict[str, Any] = {
    **{n: getattr(sympy, n) for n in FUNCTIONS if n not in ("abs", "max", "min")},
    "abs": sympy.Abs,
    "max": sympy.Max,
    "min": sympy.Min,
}
_SYMPY_NAMES = {
    cls: name for name, cls in _SYMPY_FUNCTIONS.items() if isinstance(cls, type)
}  # sqrt is no class in sympy


class _Rebuilder:
    """Copies a sympy expression into a tree; unknown types are refused."""

    def __init__(self, names: _Names, limit: int = MAX_NODES) -> None:
        self.names = names
        self.limit = limit
        self.nodes = 0

    def tree(self, expression: Any, depth: int = 0) -> Node:
        self.nodes += 1
        if self.nodes > self.limit or depth > MAX_DEPTH:
            raise _Fault("The expression has too many parts")
        kind = type(expression)
        if isinstance(kind, UndefinedFunction):
            return self.applied(expression, depth)
        if issubclass(kind, sympy.Number) and kind.__module__ == "sympy.core.numbers":
            return self.number(expression)
        reader: Callable[[Any], Node] | None = {
            sympy.Symbol: self.symbol,
            sympy.core.numbers.Pi: lambda _: Node("constant", value="pi"),
            sympy.core.numbers.Exp1: lambda _: Node("constant", value="e"),
        }.get(kind)
        if reader is not None:
            return reader(expression)
        if kind is sympy.core.numbers.ImaginaryUnit and self.names.imaginary:
            return Node("constant", value="I")
        return self.compound(kind, expression, depth)

    def compound(self, kind: type, expression: Any, depth: int) -> Node:
        if kind is sympy.Derivative:
            return self.derivative(expression, depth)
        if kind is sympy.Heaviside:
            return Node("call", (self.tree(expression.args[0], depth + 1),), "Heaviside")
        if kind not in (sympy.Add, sympy.Mul, sympy.Pow) and kind not in _SYMPY_NAMES:
            raise _Fault(f"{verdict.shorten(kind.__name__, 40)} is not understood in an answer")
        args = tuple(self.tree(argument, depth + 1) for argument in expression.args)
        if kind is sympy.Add:
            return Node("add", args)
        if kind is sympy.Mul:
            return Node("mul", args)
        if kind is sympy.Pow:
            minus_one = args[1] == Node("number", value=Fraction(-1))
            return Node("inv", args[:1]) if minus_one else Node("pow", args)
        return Node("call", args, _SYMPY_NAMES[kind])

    def number(self, expression: Any) -> Node:
        if isinstance(expression, sympy.Float):
            text = str(expression)
            if not re.fullmatch(r"-?\d+\.\d*(?:e[+-]?\d{1,3})?", text):
                raise _Fault("The expression holds a number that is not finite")
            return Node("number", value=Fraction(text), decimal=True)
        if not isinstance(expression, sympy.Rational):
            raise _Fault("The expression holds a number that is not finite")
        numerator, denominator = int(expression.p), int(expression.q)
        if denominator == 0 or max(numerator.bit_length(), denominator.bit_length()) > MAX_BITS:
            raise _Fault("The expression holds a number that is too large", note="too-large")
        return Node("number", value=Fraction(numerator, denominator))

    def symbol(self, expression: Any) -> Node:
        name = expression.name
        if type(name) is not str or len(name) > 60:
            raise _Fault("The expression holds a symbol with an odd name")
        tokens = _tokens(name)
        found = ""
        if len(tokens) == 2 and tokens[0].kind == "name":
            found = self.names.find(tokens[0].text)
        if not found and self.names.open:
            found = name
        if not found:
            raise _unknown(_Token("name", name, 0), self.names)
        return Node("name", value=found)

    def applied(self, expression: Any, depth: int) -> Node:
        name = str(type(expression).__name__)
        found = self.names.find(_GREEK.get(name, name.lstrip("\\")))
        if found not in self.names.defined:
            raise _unknown(_Token("name", name, 0), self.names)
        if len(expression.args) != 1 or not self.names.variables.get(found):
            raise _Fault(f"Write {found} with one argument, or without")
        return Node("apply", (self.tree(expression.args[0], depth + 1),), found)

    def derivative(self, expression: Any, depth: int) -> Node:
        tree = self.tree(expression.args[0], depth + 1)
        for pair in expression.args[1:]:
            variable, count = self.tree(pair[0], depth + 1), self.tree(pair[1], depth + 1)
            order = count.value
            if variable.op != "name" or not isinstance(order, Fraction) or not 1 <= order <= 4:
                raise _Fault("This derivative is not understood")
            tree = Node("derivative", (tree,), variable.value, order=int(order))
        return tree


def _read(answer: object, names: _Names, *, products: bool = True) -> _Parsed:
    """Read an answer of any kind that is accepted.

    Raises:
        _Fault: The answer cannot be used.
    """
    if type(answer) is str:
        return _parse(answer, names, products=products)
    if isinstance(answer, sympy.Equality) and type(answer) is sympy.Equality:
        answer = answer.args[1]
    if type(answer) in (int, float) and math.isfinite(answer):  # type: ignore[arg-type]
        if abs(answer) > 1e100:  # type: ignore[arg-type]
            raise _Fault("The number is too large", note="too-large")
        return _parse(repr(answer).replace("inf", ""), names)
    if not isinstance(answer, sympy.Basic):
        kind = verdict.shorten(type(answer).__name__, 40)
        raise _Fault(f"A formula is expected, as text or from sympy, but this is {kind}", "type")
    tree = _Rebuilder(names).tree(answer)
    _check_numbers(tree)
    return _Parsed((tree,))


# --- trees ------------------------------------------------------------------------------


def _walk(tree: Node) -> Iterator[Node]:
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.args))


def _check_numbers(tree: Node) -> bool:
    """Refuse constants and exponents that are too large; tell whether the tree is constant.

    Raises:
        _Fault: A part without symbols is too large or not defined.
    """
    constant = tree.op not in ("name", "apply", "prime", "derivative")
    parts = [_check_numbers(argument) for argument in tree.args]
    constant = constant and all(parts)
    if tree.op == "pow" and parts[1] and abs(_constant(tree.args[1])) > MAX_EXPONENT:
        raise _Fault(f"This exponent is larger than {MAX_EXPONENT}", "too-large", tree.at)
    if constant:
        _constant(tree)
    return constant


def _constant(tree: Node) -> Any:
    try:
        value = _evaluation(40).value(tree, {})
    except _TooLarge:
        raise _Fault("This number is too large", "too-large", tree.at) from None
    except _Unclear:
        return mpmath.mpf(1)
    except _Undefined:
        raise _Fault("This has no value", "undefined", tree.at) from None
    if value and abs(mpmath.mp.mag(value)) > MAX_BITS:
        raise _Fault("This number is too large", "too-large", tree.at)
    return value


@dataclass(frozen=True)
class _Definitions:
    """Names with their formulas, and the variable that an argument stands for."""

    trees: Mapping[str, Node] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)

    def expanded(self, tree: Node, budget: list[int] | None = None) -> Node:
        """The tree with all definitions put in and all derivatives carried out.

        Raises:
            _Fault: The result is too large, or a derivative cannot be carried out.
        """
        budget = budget if budget is not None else [MAX_EXPANDED]
        budget[0] -= 1
        if budget[0] < 0:
            raise _Fault("The answer grows too large when the definitions are put in")
        args = tuple(self.expanded(argument, budget) for argument in tree.args)
        name = tree.value if isinstance(tree.value, str) else ""
        if tree.op == "name" and name in self.trees:
            return self.expanded(self.trees[name], budget)
        if tree.op in ("apply", "prime"):
            formula = self.expanded(self.trees[name], budget)
            if tree.op == "prime":
                formula = _differentiated(formula, self.variables[name], tree.order)
            return _substituted(formula, self.variables[name], args[0], budget)
        if tree.op == "derivative":
            return _differentiated(args[0], name, tree.order)
        return Node(tree.op, args, tree.value, decimal=tree.decimal, at=tree.at)


def _substituted(tree: Node, name: str, by: Node, budget: list[int]) -> Node:
    budget[0] -= 1
    if budget[0] < 0:
        raise _Fault("The answer grows too large when the definitions are put in")
    if tree.op == "name" and tree.value == name:
        return by
    args = tuple(_substituted(argument, name, by, budget) for argument in tree.args)
    return Node(tree.op, args, tree.value, decimal=tree.decimal, at=tree.at)


def _differentiated(tree: Node, variable: str, order: int) -> Node:
    expression = sympy.diff(_to_sympy(tree), sympy.Symbol(variable, real=True), order)
    return _Rebuilder(_Names(open=True, imaginary=True), MAX_EXPANDED).tree(expression)


def _variables(tree: Node) -> frozenset[str]:
    return frozenset(str(node.value) for node in _walk(tree) if node.op == "name")


def _to_sympy(tree: Node, assumptions: Mapping[str, Mapping[str, bool]] | None = None) -> Any:
    """A sympy expression of an expanded tree; symbols are real unless said otherwise."""
    args = [_to_sympy(argument, assumptions) for argument in tree.args]
    if tree.op == "number":
        assert isinstance(tree.value, Fraction)
        return sympy.Rational(tree.value.numerator, tree.value.denominator)
    if tree.op == "constant":
        return {"pi": sympy.pi, "e": sympy.E, "I": sympy.I}[str(tree.value)]
    if tree.op == "name":
        return sympy.Symbol(
            str(tree.value), **(assumptions or {}).get(str(tree.value), {"real": True})
        )
    if tree.op == "call":
        return _SYMPY_FUNCTIONS[str(tree.value)](*args)
    return {
        "add": lambda: sympy.Add(*args),
        "mul": lambda: sympy.Mul(*args),
        "neg": lambda: -args[0],
        "inv": lambda: 1 / args[0],
        "pow": lambda: args[0] ** args[1],
    }[tree.op]()


# --- from a tree to LaTeX ---------------------------------------------------------------

_SUM, _PRODUCT, _POWER, _ATOM = range(4)  # how tightly a piece of LaTeX holds together
_LATEX_FUNCTIONS = {
    **{n: rf"\{n}" for n in ("exp", "sin", "cos", "tan", "cot", "sec", "csc", "log")},
    **{n: rf"\{n}" for n in ("sinh", "cosh", "tanh", "coth", "max", "min")},
    **{f"a{n}": rf"\arc{n}" for n in ("sin", "cos", "tan")},
    **{f"a{n}": rf"\operatorname{{ar{n}}}" for n in ("sinh", "cosh", "tanh")},
    "sign": r"\operatorname{sgn}",
    "gamma": r"\Gamma",
}


def _latex(tree: Node, least: int = _SUM) -> str:
    """LaTeX of a tree, in brackets where it holds together less tightly than asked for."""
    text, binding = _latex_piece(tree)
    return text if binding >= least else rf"\left({text}\right)"


def _latex_piece(tree: Node) -> tuple[str, int]:
    args, value = tree.args, str(tree.value)
    if tree.op == "number":
        return _latex_number(tree)
    if tree.op == "constant":
        return {"pi": r"\pi", "e": "e", "I": "i"}[value], _ATOM
    if tree.op == "name":
        return _latex_name(value), _ATOM
    if tree.op == "add":
        return _latex_sum(args), _SUM
    if tree.op == "neg":
        return f"-{_latex(args[0], _PRODUCT)}", _SUM
    if tree.op in ("mul", "inv"):
        return _latex_product(args if tree.op == "mul" else (tree,))
    if tree.op == "pow":
        if args[1] == Node("number", value=Fraction(1, 2)):  # sympy's way to write a root
            return rf"\sqrt{{{_latex(args[0])}}}", _ATOM
        return f"{_latex(args[0], _ATOM)}^{{{_latex(args[1])}}}", _POWER
    if tree.op == "call":
        return _latex_call(value, args)
    if tree.op == "derivative":
        order = f"^{{{tree.order}}}" if tree.order > 1 else ""
        above, below = f"d{order}", f"d {_latex_name(value)}{order}"
        return rf"\frac{{{above}}}{{{below}}} {_latex(args[0], _ATOM)}", _PRODUCT
    primes = "'" * tree.order if tree.op == "prime" else ""
    return rf"{_latex_name(value)}{primes}\left({_latex(args[0])}\right)", _ATOM


def _latex_number(tree: Node) -> tuple[str, int]:
    value = tree.value
    assert isinstance(value, Fraction)
    if tree.decimal:
        text = mpmath.nstr(mpmath.mpf(value.numerator) / value.denominator, 15)
        mantissa, _, exponent = str(text).partition("e")
        mantissa = mantissa.removesuffix(".0")
        factor = f"{mantissa} \\cdot " * (mantissa != "1")
        text = f"{factor}10^{{{int(exponent)}}}" if exponent else mantissa
        return text, _SUM if value < 0 else _PRODUCT if exponent else _ATOM
    sign = "-" if value < 0 else ""
    if value.denominator == 1:
        return str(value), _SUM if sign else _ATOM
    return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}", (
        _SUM if sign else _PRODUCT
    )


def _latex_name(name: str) -> str:
    first, *below = name.split("_")
    letters = rf"\{first}" if first in _GREEK.values() else first
    if len(first) > 1 and letters == first:
        letters = rf"\mathrm{{{first}}}"
    return f"{letters}_{{{','.join(below)}}}" if below else letters


def _latex_sum(terms: Sequence[Node]) -> str:
    text = _latex(terms[0])
    for term in terms[1:]:
        shown = _latex(term, _PRODUCT if term.op == "add" else _SUM)
        text += f" - {shown[1:]}" if shown.startswith("-") else f" + {shown}"
    return text


def _latex_product(factors: Sequence[Node]) -> tuple[str, int]:
    """A product as one fraction, where it divides by anything."""
    number = Fraction(1)  # sympy's leading coefficient
    first = factors[0].value
    if isinstance(first, Fraction) and not factors[0].decimal and len(factors) > 1:
        number, factors = first, factors[1:]
    above = [f for f in factors if f.op != "inv"]
    below = [f.args[0] for f in factors if f.op == "inv"]
    if abs(number.numerator) != 1:
        above = [Node("number", value=Fraction(abs(number.numerator))), *above]
    if number.denominator != 1:
        below = [Node("number", value=Fraction(number.denominator)), *below]
    text = _latex_factors(above, _SUM if below else _PRODUCT)
    if below:
        text = rf"\frac{{{text}}}{{{_latex_factors(below)}}}"
    return (f"-{text}", _SUM) if number < 0 else (text, _PRODUCT)


def _latex_factors(factors: Sequence[Node], alone: int = _SUM) -> str:
    if len(factors) < 2:
        return _latex(factors[0], alone) if factors else "1"
    text = ""
    for before, factor in zip([None, *factors], factors, strict=False):
        shown = _latex(factor, _PRODUCT)
        # A name before a bracket would read as a function and its argument.
        applied = before is not None and before.op == "name" and shown.startswith(r"\left(")
        between = r" \cdot " if applied or shown[0].isdigit() else r" \, "
        text += between * bool(text) + shown
    return text


def _latex_call(function: str, args: Sequence[Node]) -> tuple[str, int]:
    first = _latex(args[0])
    if function == "exp":
        return f"e^{{{first}}}", _POWER
    if function == "sqrt":
        return rf"\sqrt{{{first}}}", _ATOM
    if function == "abs":
        return rf"\left|{first}\right|", _ATOM
    if function == "factorial":
        return f"{_latex(args[0], _ATOM)}!", _POWER
    name = _LATEX_FUNCTIONS.get(function, rf"\operatorname{{{function}}}")
    if function == "log" and len(args) == 2:
        return rf"{name}_{{{_latex(args[1])}}}\left({first}\right)", _ATOM
    return rf"{name}\left({', '.join(map(_latex, args))}\right)", _ATOM


def _formula(reading: _Parsed) -> str:
    """LaTeX of a reading; empty for a bare number or name, and where it is too long to show."""
    if not any(claim.args for claim in reading.claims):
        return ""
    text = " = ".join(_latex(claim) for claim in reading.claims)
    return text if len(text) <= MAX_LATEX else ""


# --- evaluation with many digits --------------------------------------------------------

_LARGEST = 10**5  # of an exponent, so that results stay below about exp(1e5)


@functools.cache  # a context costs milliseconds to make and holds nothing but its precision
def _evaluation(digits: int) -> _Evaluation:
    return _Evaluation(digits)


class _Evaluation:
    """Evaluates expanded trees with a fixed number of decimal digits.

    A sum whose terms differ so much in size that a small one would vanish is `_Unclear`:
    `1 + exp(-1000)` must not be taken for 1.
    """

    def __init__(self, digits: int) -> None:
        self.mp = mpmath.mp.clone()
        self.mp.dps = digits
        self.lost = int(self.mp.prec * 0.7)  # bits between terms at which one would vanish
        self.noise = int(self.mp.prec * 0.75)  # bits of cancellation that mean zero

    def value(self, tree: Node, point: Mapping[str, Any]) -> Any:
        """The value of a tree at a point.

        Raises:
            _Undefined: There is no value.
            _TooLarge: The value is out of range.
            _Unclear: The digits do not suffice.
        """
        try:
            return self._value(tree, point)
        except (ZeroDivisionError, ValueError):
            raise _Undefined from None
        except OverflowError:
            raise _TooLarge from None

    def _value(self, tree: Node, point: Mapping[str, Any]) -> Any:
        if tree.op == "number":
            assert isinstance(tree.value, Fraction)
            return self.mp.mpf(tree.value.numerator) / tree.value.denominator
        if tree.op == "constant":
            return {"pi": +self.mp.pi, "e": +self.mp.e, "I": self.mp.j}[str(tree.value)]
        if tree.op == "name":
            return point[str(tree.value)]
        args = [self._value(argument, point) for argument in tree.args]
        if tree.op == "add":
            return self.total(args)
        if tree.op == "mul":
            return self.mp.fprod(args)
        if tree.op == "neg":
            return -args[0]
        if tree.op == "inv":
            return 1 / args[0]
        if tree.op == "pow":
            return self.power(*args)
        return self.function(str(tree.value), args)

    def total(self, terms: Sequence[Any]) -> Any:
        """The sum of terms; what is only noise of cancellation is zero.

        Raises:
            _Unclear: A term would vanish beside a larger one.
        """
        sizes = [self.mp.mag(term) for term in terms if term != 0]
        if not sizes:
            return self.mp.zero
        if min(sizes) < max(sizes) - self.lost:
            raise _Unclear
        total = self.mp.fsum(terms)
        noise = total != 0 and self.mp.mag(total) < max(sizes) - self.noise
        return self.mp.zero if noise else total

    def power(self, base: Any, exponent: Any) -> Any:
        if base == 0:
            if self.mp.re(exponent) < 0:
                raise _Undefined
            return self.mp.one if exponent == 0 else self.mp.zero
        if abs(exponent) * max(1, abs(self.mp.mag(base))) > _LARGEST:
            raise _TooLarge
        return base**exponent

    def function(self, name: str, args: Sequence[Any]) -> Any:
        if name in ("max", "min"):
            if any(self.mp.im(a) != 0 for a in args):
                raise _Undefined
            return (max if name == "max" else min)(args, key=self.mp.re)
        argument = args[0]
        self.check_size(name, argument)
        if name == "abs":
            return abs(argument)
        if name in ("sign", "Heaviside"):
            if self.mp.im(argument) != 0:
                raise _Undefined
            sign = self.mp.sign(self.mp.re(argument))
            return sign if name == "sign" else (1 + sign) / 2
        value = getattr(self.mp, name)(argument)
        if not self.mp.isfinite(value):
            raise _Undefined
        return value

    def check_size(self, name: str, argument: Any) -> None:
        limit = {"factorial": 200, "gamma": 200, "erf": 200, "erfc": 200, "exp": _LARGEST}.get(
            name, 10**30
        )
        if name in ("sinh", "cosh", "tanh", "coth"):
            limit = _LARGEST
        bounded = name not in ("abs", "sign", "Heaviside", "sqrt", "log")
        if bounded and (abs(argument) > limit or abs(self.mp.im(argument)) > _LARGEST):
            raise _TooLarge


@dataclass(frozen=True)
class _Point:
    """A point of the domain; `generic` where both sides must be defined."""

    values: Mapping[str, Fraction | tuple[Fraction, Fraction]]
    generic: bool

    def in_digits(self, mp: Any) -> dict[str, Any]:
        """The coordinates as numbers of an evaluation."""
        return {name: _in_digits(mp, value) for name, value in self.values.items()}

    def shown(self) -> dict[str, str]:
        """The coordinates as text."""
        return {name: _shown_coordinate(value) for name, value in sorted(self.values.items())}


def _in_digits(mp: Any, value: Fraction | tuple[Fraction, Fraction]) -> Any:
    if isinstance(value, tuple):
        return mp.mpc(*(mp.mpf(part.numerator) / part.denominator for part in value))
    return mp.mpf(value.numerator) / value.denominator


def _shown_coordinate(value: Fraction | tuple[Fraction, Fraction]) -> str:
    if isinstance(value, tuple):
        return f"{value[0]} + {value[1]} i"
    return str(value)


@dataclass(frozen=True)
class _Domain:
    """Where the symbols live: per symbol a name of `DOMAINS` or an open interval."""

    default: str = "real"
    special: Mapping[str, str | tuple[Fraction, Fraction]] = field(default_factory=dict)

    def of(self, name: str) -> str | tuple[Fraction, Fraction]:
        """The domain of one symbol."""
        return self.special.get(name, self.default)

    def is_complex(self) -> bool:
        """Whether a value may be complex."""
        return self.default == "complex" or "complex" in self.special.values()

    def assumptions(self, name: str) -> dict[str, bool]:
        """What sympy may assume about a symbol."""
        domain = self.of(name)
        if domain == "complex":
            return {}
        positive = domain == "positive" or (isinstance(domain, tuple) and domain[0] >= 0)
        return {"positive": True} if positive else {"real": True}

    def draw(self, name: str, rng: random.Random) -> Fraction | tuple[Fraction, Fraction]:
        """A random coordinate."""
        domain = self.of(name)
        if isinstance(domain, tuple):
            low, high = domain
            return low + (high - low) * Fraction(rng.randrange(1, 10_007), 10_007)
        size = rng.choice((1, 3, 3, 10, 30))
        value = Fraction(rng.randrange(1, size * 1009), 1009)
        if domain == "positive":
            return value
        if domain == "complex":
            return (value * rng.choice((-1, 1)), Fraction(rng.randrange(-3027, 3027), 1009))
        return value * rng.choice((-1, 1))

    def holds(self, name: str, value: Fraction) -> bool:
        """Whether a real value lies in a symbol's domain."""
        domain = self.of(name)
        if isinstance(domain, tuple):
            return domain[0] < value < domain[1]
        return domain != "positive" or value > 0


_SIMPLE = tuple(
    Fraction(n, d) for n, d in ((2, 1), (1, 2), (-1, 1), (3, 1), (-2, 1), (1, 1), (0, 1))
)


def _points(
    names: Sequence[str], domain: _Domain, rng: random.Random, corners: Sequence[Fraction] = ()
) -> Iterator[_Point]:
    """Simple points first, because they make good counterexamples, then random ones."""
    if not names:
        yield _Point({}, True)
        return
    for shift in range(len(_SIMPLE)):
        values = {n: _SIMPLE[(shift + 2 * i) % len(_SIMPLE)] for i, n in enumerate(names)}
        if all(domain.holds(n, v) for n, v in values.items()):
            yield _Point(values, False)
    for corner in corners:
        if domain.holds(names[0], corner):
            yield _Point({names[0]: corner}, False)
    for _ in range(DRAWN_POINTS):
        yield _Point({n: domain.draw(n, rng) for n in names}, True)


@dataclass
class _Evidence:
    """What evaluation has found about two trees."""

    pairs: list[tuple[Any, Any]] = field(default_factory=list)
    compared: int = 0  # generic points that could be used
    agreed: int = 0  # generic points with equal values
    against: _Point | None = None  # the first point with different values
    against_values: tuple[Any, Any] | None = None  # the answer's may be None: no value


def _evidence(
    answer: Node,
    expected: Node,
    points: Iterable[_Point],
    *,
    complex_values: bool,
    tolerance: float | None,
) -> _Evidence:
    """Evaluate both trees at all points and compare.

    Points where the expected formula has no value are left out; so are special points where
    the answer has none (a removable point is no mistake). At a generic point the answer must
    have a value where the expected formula has one.
    """
    found = _Evidence()
    evaluation, finer = _evaluation(DIGITS), _evaluation(2 * DIGITS)
    for point in points:
        if found.compared >= RANDOM_POINTS:
            break
        pair = _pair(answer, expected, point, evaluation, complex_values)
        if pair is None or (pair[0] is None and not point.generic):
            continue
        same = pair[0] is not None and _same(*pair, evaluation, tolerance)
        if not same and pair[0] is not None and tolerance is None:
            pair = _pair(answer, expected, point, finer, complex_values)  # rule out rounding
            if pair is None or pair[0] is None:
                continue
            same = _same(*pair, finer, None)
            if same:
                continue
        if pair[0] is not None:
            found.pairs.append(pair)
        found.compared += point.generic
        found.agreed += same and point.generic
        if not same and found.against is None:
            found.against, found.against_values = point, pair
    return found


def _pair(
    answer: Node, expected: Node, point: _Point, evaluation: _Evaluation, complex_values: bool
) -> tuple[Any, Any] | None:
    """The two values; None where the point cannot be used."""
    values = point.in_digits(evaluation.mp)
    try:
        right = evaluation.value(expected, values)
        if not complex_values:
            right = _real(right, evaluation)
    except (_Undefined, _TooLarge, _Unclear):
        return None
    try:
        left = evaluation.value(answer, values)
        return (left if complex_values else _real(left, evaluation)), right
    except _Undefined:
        return None, right
    except (_TooLarge, _Unclear):
        return None


def _real(value: Any, evaluation: _Evaluation) -> Any:
    real, imaginary = evaluation.mp.re(value), evaluation.mp.im(value)
    if imaginary == 0:
        return real
    if evaluation.mp.mag(imaginary) < evaluation.mp.mag(value) - evaluation.noise:
        return real
    raise _Undefined


def _same(left: Any, right: Any, evaluation: _Evaluation, tolerance: float | None) -> bool:
    if tolerance is not None:
        return bool(abs(left - right) <= tolerance * (abs(right) or 1))
    try:
        return bool(evaluation.total([left, -right]) == 0)
    except _Unclear:
        return False


# --- equality ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Decision:
    """Whether two trees are equal, and what shows it."""

    equal: bool | None
    by: str = ""
    evidence: _Evidence | None = None


def _decide(
    answer: Node,
    expected: Node,
    domain: _Domain,
    rng: random.Random,
    tolerance: float | None,
    box_s: float,
    *,
    rewrite: bool = True,
) -> _Decision:
    """Climb the ladder for two expanded trees; the last rung only with `rewrite`."""
    if answer == expected:
        return _Decision(True, "structure")
    if tolerance is None and _algebra(answer, expected, box_s):
        return _Decision(True, "algebra")
    names = sorted(_variables(answer) | _variables(expected))
    corners, covered = _corners(answer, expected, names, box_s)
    points = _points(names, domain, rng, corners)
    evidence = _evidence(
        answer, expected, points, complex_values=domain.is_complex(), tolerance=tolerance
    )
    if evidence.against is not None:
        return _Decision(False, "evaluation", evidence)
    if covered and evidence.agreed >= (ENOUGH_POINTS if names else 1):
        return _Decision(True, "evaluation", evidence)
    if rewrite and tolerance is None and _rewriting(answer, expected, domain, box_s):
        return _Decision(True, "rewriting")
    return _Decision(None)


@contextmanager
def _time_box(seconds: float) -> Iterator[None]:
    """Raise `_OutOfTime` in the block after some processor seconds. Only in the child."""

    def stop(*_: object) -> NoReturn:
        raise _OutOfTime

    previous = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def _boxed(work: Callable[[], bool], seconds: float) -> bool:
    """Whether the work says yes in time."""
    try:
        with _time_box(seconds):
            return bool(work())
    except _OutOfTime:
        return False
    except Exception:  # noqa: BLE001 - sympy fails in many ways; then this rung decides nothing
        return False


def _degree(tree: Node) -> float:
    """A bound of the degree of a rational function; infinite for anything else."""
    degrees = [_degree(argument) for argument in tree.args]
    if tree.op in ("number", "name"):
        return float(tree.op == "name")
    if tree.op in ("add", "mul"):
        return sum(degrees)
    if tree.op in ("neg", "inv"):
        return degrees[0]
    exponent = tree.args[1] if tree.op == "pow" else None
    if exponent is None or exponent.op != "number" or not isinstance(exponent.value, Fraction):
        return math.inf
    return degrees[0] * abs(exponent.value) if exponent.value.denominator == 1 else math.inf


def _algebra(answer: Node, expected: Node, box_s: float) -> bool:
    """Whether exact algebra of rational functions shows equality."""
    if _degree(answer) + _degree(expected) > 40:
        return False
    return _boxed(lambda: sympy.cancel(_to_sympy(answer) - _to_sympy(expected)) == 0, box_s)


def _rewriting(answer: Node, expected: Node, domain: _Domain, box_s: float) -> bool:
    """Whether sympy's simplification shows equality."""
    names = _variables(answer) | _variables(expected)
    assumptions = {name: domain.assumptions(name) for name in names}

    def simplified() -> bool:
        smooth = _to_sympy(_by_absolute(answer)) - _to_sympy(_by_absolute(expected))
        if names and not domain.is_complex() and sympy.expand(smooth) == 0:
            return True
        difference = _to_sympy(answer, assumptions) - _to_sympy(expected, assumptions)
        if difference == 0 or sympy.simplify(difference) == 0:
            return True
        pieces = sympy.piecewise_fold(difference.rewrite(sympy.Piecewise))
        return bool(sympy.simplify(pieces) == 0)

    return _boxed(simplified, box_s)


def _by_absolute(tree: Node) -> Node:
    """The tree with max and min written by absolute values."""
    args = tuple(_by_absolute(argument) for argument in tree.args)
    if tree.op != "call" or tree.value not in ("max", "min"):
        return Node(tree.op, args, tree.value)
    whole, sign = args[0], Fraction(1 if tree.value == "max" else -1, 2)
    for other in args[1:]:
        gap = Node("call", (Node("add", (whole, Node("neg", (other,)))),), "abs")
        half = Node("mul", (Node("number", value=Fraction(1, 2)), Node("add", (whole, other))))
        whole = Node("add", (half, Node("mul", (Node("number", value=sign), gap))))
    return whole


def _corners(
    answer: Node, expected: Node, names: Sequence[str], box_s: float
) -> tuple[list[Fraction], bool]:
    """Points on, beside and between the corners of |x|, max and their like.

    Returns:
        The points, and whether evaluation may decide: between corners the formulas are smooth,
        so agreement there means something. With several variables, or where the corners
        cannot be found, it may not.
    """
    bends = [n for t in (answer, expected) for n in _walk(t) if n.value in _WITH_CORNERS]
    if not bends:
        return [], True
    if len(names) != 1:
        return [], not names
    roots: set[Fraction] = set()

    def find() -> bool:
        for bend in bends:
            for argument in _bending(bend):
                polynomial = sympy.Poly(_to_sympy(argument), sympy.Symbol(names[0], real=True))
                roots.update(_roots(polynomial))
        return True

    found = _boxed(find, box_s)
    ordered = sorted(roots)
    middles = [(a + b) / 2 for a, b in itertools.pairwise(ordered)]
    beside = [r + s * d for r in ordered for s in (-1, 1) for d in (Fraction(1, 1000), 1)]
    beyond = [ordered[0] - 7, ordered[-1] + 7] if ordered else []
    return [*ordered, *middles, *beside, *beyond], found


def _bending(node: Node) -> Iterator[Node]:
    """Formulas whose zeros are the corners of a function."""
    if len(node.args) == 1:
        yield node.args[0]
    for i, left in enumerate(node.args):
        for right in node.args[i + 1 :]:
            yield Node("add", (left, Node("neg", (right,))))


def _roots(polynomial: Any) -> Iterator[Fraction]:
    if polynomial.is_zero:
        return
    for root in sympy.real_roots(polynomial):
        exact = root if root.is_Rational else sympy.Rational(str(root.evalf(20)))
        yield Fraction(int(exact.p), int(exact.q))


# --- form -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Offence:
    """What is wrong with a form."""

    note: str
    message: str


def _form_offence(
    tree: Node, only: Sequence[str] | None, forms: Sequence[str], box_s: float
) -> _Offence | None:
    """What breaks the form asked for, or None."""
    nodes = list(_outside_arguments(tree))
    derivative = any(n.op in ("prime", "derivative") for n in _walk(tree))
    if derivative and (only is not None or "no_derivative" in forms):
        return _Offence("derivative-left", "A derivative is left in the answer: carry it out.")
    if only is not None:
        offence = _forbidden_name(nodes, only)
        if offence is not None:
            return offence
    if "exact" in forms and any(n.decimal for n in _walk(tree)):
        return _Offence(
            "not-exact",
            "The answer holds a decimal number: write it exactly, with fractions and roots.",
        )
    if "expanded" in forms and not _is_expanded(tree):
        return _Offence("not-expanded", "The answer is not expanded: multiply the brackets out.")
    if "factored" in forms and not _is_factored(tree, box_s):
        return _Offence("not-factored", "The answer is not fully factored.")
    return None


def _outside_arguments(tree: Node) -> Iterator[Node]:
    """All nodes but those in the argument of a defined name: x in f(x) is no use of x."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        if node.op not in ("apply", "prime"):
            stack.extend(reversed(node.args))


def _forbidden_name(nodes: Sequence[Node], only: Sequence[str]) -> _Offence | None:
    allowed = " and ".join([", ".join(only[:-1]), only[-1]] if len(only) > 1 else only)
    for node in nodes:
        name = str(node.value)
        symbol = node.op in ("name", "apply") and name not in only
        function = node.op == "call" and name not in _FREE_FUNCTIONS and name not in only
        if symbol or function:
            return _Offence(f"used-{name}", f"{name} may not appear: express it through {allowed}.")
    return None


def _is_expanded(tree: Node) -> bool:
    for node in _walk(tree):
        sums = [a for a in node.args if _stripped(a).op == "add"]
        if node.op == "mul" and sums:
            return False
        if node.op == "neg" and sums:
            return False
        whole = node.op == "pow" and node.args[1].op == "number"
        if whole and sums and node.args[1].value in (2, 3, 4, 5, 6, 7, 8, 9, 10):
            return False
    return True


def _stripped(tree: Node) -> Node:
    while tree.op == "neg":
        tree = tree.args[0]
    return tree


def _factors(tree: Node) -> Iterator[Node]:
    if tree.op == "mul":
        for argument in tree.args:
            yield from _factors(argument)
    elif tree.op in ("neg", "inv", "pow"):
        yield from _factors(tree.args[0])
    else:
        yield tree


def _is_factored(tree: Node, box_s: float) -> bool:
    """Whether no factor can be split further, over the rationals, in the names as written."""
    plain = Node(tree.op, tree.args, tree.value)
    sums = [factor for factor in _factors(plain) if factor.op == "add"]

    def irreducible() -> bool:
        for factor in sums:
            _, parts = sympy.factor_list(_to_sympy(_bare(factor)))
            if sum(power for _, power in parts) > 1:
                return False
        return True

    return _boxed(irreducible, box_s)


def _bare(tree: Node) -> Node:
    """The tree with applied names as plain symbols."""
    if tree.op in ("apply", "prime"):
        return Node("name", value=f"{tree.value}{tree.order if tree.op == 'prime' else ''}")
    return Node(tree.op, tuple(_bare(a) for a in tree.args), tree.value)


# --- notes ------------------------------------------------------------------------------


def _generic_note(evidence: _Evidence, has_names: bool) -> tuple[str, str]:
    """A note on a simple relation between the answer's values and the expected ones."""
    if evidence.against_values is not None and evidence.against_values[0] is None:
        return "no-value", ""
    pairs = [(a, b) for a, b in evidence.pairs if a != 0 or b != 0]
    if any(a == 0 or b == 0 for a, b in pairs) or len(pairs) < (5 if has_names else 1):
        return "", ""
    close = mpmath.mpf(10) ** -60
    if all(abs(a + b) <= abs(b) * close for a, b in pairs):
        return "sign", "The answer has the wrong sign."
    first = pairs[0][0] / pairs[0][1]
    if abs(first - 1) < mpmath.mpf(10) ** -9:
        return "", ""
    if all(abs(a * b - 1) <= close for a, b in pairs):
        return "reciprocal", "The answer is the reciprocal of the right one."
    if has_names and all(abs(a - first * b) <= abs(a) * close for a, b in pairs):
        return "factor", "The answer is wrong by a constant factor."
    return "", ""


def _digits(answer: Any, expected: Any) -> tuple[str, str]:
    """Both values, with as many digits as it takes to tell them apart."""
    if answer is None:
        return "no value", str(mpmath.nstr(expected, 6))
    for count in (6, 12, 24, 48):
        shown = str(mpmath.nstr(answer, count)), str(mpmath.nstr(expected, count))
        if shown[0] != shown[1]:
            break
    return shown


def _difference_message(evidence: _Evidence) -> str:
    if evidence.against is None or evidence.against_values is None:
        return "The answer is not equal to what is asked for."
    answer, expected = _digits(*evidence.against_values)
    point = ", ".join(f"{name} = {value}" for name, value in evidence.against.shown().items())
    if not point:
        return f"The answer is {answer}, which is not the number asked for."
    return f"At {point} the answer gives {answer}, but {expected} is right."


# --- the judgement, in the child --------------------------------------------------------


@dataclass(frozen=True)
class _Request:
    """The arguments of `compare`."""

    answer: object
    expected: str
    kind: str
    symbols: Sequence[str]
    definitions: Mapping[str, str]
    domain: str | Mapping[str, str | tuple[str, str]]
    only: Sequence[str] | None
    forms: Sequence[str]
    tolerance: float | None
    known_mistakes: Mapping[str, str]
    timeout_s: float
    seed: int

    @property
    def box_s(self) -> float:
        """Seconds for one attempt of sympy."""
        return self.timeout_s / 5


def _instructor(text: str, names: _Names, where: str) -> Node:
    if type(text) is not str:
        raise InputError(f"{where} is not text.", where, "Write the formula as a string.")
    try:
        return _parse(text, names, products=False).tree
    except _Fault as fault:
        raise InputError(
            f"The formula cannot be read: {fault.message}", where, "Correct the formula."
        ) from None


_DEFINED = re.compile(r"\s*([A-Za-z]\w*)\s*(?:\(\s*([A-Za-z]\w*)\s*\))?\s*")


def _definitions(request: _Request) -> _Definitions:
    """The definitions as trees, checked for circles.

    Raises:
        InputError: A definition cannot be used.
    """
    heads = {}
    for key, formula in request.definitions.items():
        head = _DEFINED.fullmatch(key)
        if head is None:
            raise InputError(f"{key!r} is not a name.", "definitions", "Write f or f(x).")
        heads[head.group(1)] = (head.group(2) or "", formula)
    defined = frozenset(heads)
    every = dict.fromkeys(defined, "?")  # any argument may stand while the formulas are read
    names = _Names(frozenset(request.symbols), defined, every, open=True)
    trees = {
        name: _instructor(formula, names, f"definitions[{name!r}]")
        for name, (_, formula) in heads.items()
    }
    _refuse_circles(trees)
    variables = {name: head or _sole_variable(name, trees) for name, (head, _) in heads.items()}
    return _Definitions(trees, variables)


def _refuse_circles(trees: Mapping[str, Node]) -> None:
    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            circle = " -> ".join([*above, name])
            raise InputError(f"Definitions go in a circle: {circle}.", "definitions", "Break it.")
        for node in _walk(trees[name]):
            if node.op in ("name", "apply", "prime") and str(node.value) in trees:
                visit(str(node.value), (*above, name))

    for name in trees:
        visit(name, ())


def _sole_variable(name: str, trees: Mapping[str, Node]) -> str:
    found: set[str] = set()
    waiting, seen = [name], {name}
    while waiting:
        for node in _walk(trees[waiting.pop()]):
            value = str(node.value)
            if node.op in ("name", "apply", "prime") and value in trees:
                if value not in seen:
                    seen.add(value)
                    waiting.append(value)
            elif node.op == "name":
                found.add(value)
    return found.pop() if len(found) == 1 else ""


def _domain(request: _Request) -> _Domain:
    given = request.domain
    if isinstance(given, str):
        given = {"": given}
    special: dict[str, str | tuple[Fraction, Fraction]] = {}
    for name, value in given.items():
        if isinstance(value, str):
            if value not in DOMAINS:
                raise InputError(
                    f"The domain {value!r} is not known.", "domain", f"Use one of {DOMAINS}."
                )
            special[name] = value
        else:
            low, high = (_bound(text) for text in value)
            if not low < high:
                raise InputError(f"The interval of {name!r} is empty.", "domain", "Swap its ends.")
            special[name] = (low, high)
    default = special.pop("", "real")
    return _Domain(default if isinstance(default, str) else "real", special)


def _bound(text: str) -> Fraction:
    if text.strip() in ("oo", "-oo", "inf", "-inf"):
        return Fraction(-30 if text.strip().startswith("-") else 30)
    tree = _instructor(text, _Names(), "domain")
    return Fraction(str(mpmath.nstr(_evaluation(40).value(tree, {}), 30)))


@dataclass(frozen=True)
class _Key:
    """What the instructor gave, read."""

    expected: Node
    mistakes: Mapping[str, Node]
    definitions: _Definitions
    domain: _Domain
    names: _Names


def _key(request: _Request) -> _Key:
    """Read the instructor's side.

    Raises:
        InputError: Something of it cannot be used.
    """
    definitions, domain = _definitions(request), _domain(request)
    defined = frozenset(definitions.trees)
    symbols = frozenset(request.symbols)
    imaginary = domain.is_complex()
    names = _Names(symbols, defined, definitions.variables, open=True, imaginary=imaginary)
    expected = _instructor(request.expected, names, "expected")
    mistakes = {
        note: _instructor(text, names, f"known_mistakes[{note!r}]")
        for note, text in request.known_mistakes.items()
    }
    for tree in (expected, *definitions.trees.values()):
        symbols |= _variables(tree)
    symbols |= frozenset(request.only or ()) - frozenset(FUNCTIONS)
    student = _Names(symbols - defined, defined, definitions.variables, imaginary=imaginary)
    return _Key(
        _instructor_expanded(definitions, expected, "expected"),
        {n: _instructor_expanded(definitions, t, "known_mistakes") for n, t in mistakes.items()},
        definitions,
        domain,
        student,
    )


def _instructor_expanded(definitions: _Definitions, tree: Node, where: str) -> Node:
    try:
        return definitions.expanded(tree)
    except _Fault as fault:
        raise InputError(fault.message, where, "Simplify the formula.") from None


def _judge(request: _Request) -> dict[str, Any]:
    """The whole comparison, as fields of `Comparison`."""
    key = _key(request)
    try:
        reading = _read(request.answer, key.names)
        readings = [reading]
        if reading.ambiguous:
            readings.append(_read(request.answer, key.names, products=False))
        results = [
            _judge_reading(request, key, reading) | {"formula": _formula(reading)}
            for reading in readings
        ]
    except _Fault as fault:
        return _fields(False, False, fault.note, _sentence(fault.message), by="reading")
    return next((r for r in results if r["equal"]), results[0])


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


def _fields(
    equal: bool | None,
    form_ok: bool | None,
    note: str = "",
    message: str = "",
    counterexample: Mapping[str, str] | None = None,
    by: str = "",
) -> dict[str, Any]:
    return {
        "equal": equal,
        "form_ok": form_ok,
        "note": note,
        "message": message,
        "counterexample": dict(counterexample) if counterexample else None,
        "decided_by": by,
    }


def _judge_reading(request: _Request, key: _Key, reading: _Parsed) -> dict[str, Any]:
    offence = _form_offence(reading.tree, request.only, request.forms, request.box_s)
    form_ok = offence is None
    trees = [key.definitions.expanded(claim) for claim in reading.claims]
    if request.kind == "number" and _variables(trees[-1]):
        name = sorted(_variables(trees[-1]))[0]
        return _fields(
            False, form_ok, "not-a-number", f"A number is asked for, but {name} is left."
        )
    for tree in trees:
        decision = _decide(
            tree,
            key.expected,
            key.domain,
            random.Random(request.seed),
            request.tolerance,
            request.box_s,
        )
        if decision.equal is not True:
            break
    if decision.equal is None:
        return _fields(None, form_ok, "undecided", _UNDECIDED)
    if decision.equal is False:
        assert decision.evidence is not None
        note, message = _what_went_wrong(request, key, tree, decision.evidence)
        against = decision.evidence.against
        return _fields(
            False, form_ok, note, message, against.shown() if against else None, decision.by
        )
    note, message = (offence.note, offence.message) if offence else ("", "")
    return _fields(True, form_ok, note, message, by=decision.by)


_UNDECIDED = "Whether the answer is equal could not be decided; a person will look at it."


def _what_went_wrong(
    request: _Request, key: _Key, tree: Node, evidence: _Evidence
) -> tuple[str, str]:
    message = _difference_message(evidence)
    for note, mistake in key.mistakes.items():
        rng = random.Random(request.seed)
        same = _decide(
            tree, mistake, key.domain, rng, request.tolerance, request.box_s / 20, rewrite=False
        )
        if same.equal:
            return note, message
    if request.kind == "number" and _is_rounded(tree, evidence):
        return "rounded", "The answer is a rounded number: give the exact value."
    note, found = _generic_note(evidence, bool(_variables(tree)))
    return (note or "different"), f"{found} {message}".strip()


def _is_rounded(tree: Node, evidence: _Evidence) -> bool:
    decimal = any(node.decimal for node in _walk(tree))
    return decimal and all(abs(a - b) <= abs(b) / 1000 for a, b in evidence.pairs)


# --- the child process ------------------------------------------------------------------


def _told(request: _Request) -> dict[str, Any]:
    """The comparison, or the instructor's fault in it."""
    try:
        return _judge(request)
    except InputError as error:
        return {"fault": [error.what, error.where, error.cure]}


_helper = Helper(lambda fields: _told(_Request(**fields)), MEMORY_MB)


def end_child() -> None:
    """End the child that remembers the comparisons so far; the next one gets a fresh one."""
    _helper.end()


atexit.register(end_child)


def _aside(request: _Request) -> dict[str, Any] | None:
    """Judge in a child; None where there is no result in time."""
    if type(request.answer) is str:
        return _helper.ask(vars(request), request.timeout_s)
    once = Helper(lambda _: _told(request), MEMORY_MB)  # what is no text goes there by the fork
    try:
        return once.ask({}, request.timeout_s)
    finally:
        once.end()


# --- what others call -------------------------------------------------------------------


def compare(
    answer: str | sympy.Basic,
    expected: str,
    *,
    kind: str = "expression",
    symbols: Sequence[str] | None = None,
    definitions: Mapping[str, str] | None = None,
    domain: str | Mapping[str, str | tuple[str, str]] = "real",
    only: Sequence[str] | None = None,
    form: str | Sequence[str] | None = None,
    tolerance: float | None = None,
    known_mistakes: Mapping[str, str] | None = None,
    timeout_s: float = 5.0,
) -> Comparison:
    """Compare a student's formula with the expected one.

    Args:
        answer: What the student wrote: text (Python, Unicode or LaTeX) or a sympy expression.
        expected: The right formula.
        kind: `expression` or `number`.
        symbols: Further names that the student may use; those of `expected`, `definitions`
            and `only` are known anyway.
        definitions: Names with their formulas, put in for equality, never for form. A key is a
            name, or a name with its variable (`f(x)`) where the formula has several.
        domain: `real`, `positive` or `complex` for all symbols, or a mapping from symbol to one
            of these or to the two ends of an open interval.
        only: Names that the answer may use; arithmetic, powers, exp, log, sqrt and |.| stay
            allowed, and the argument in `f(x)` does not count.
        form: Any of `FORMS`.
        tolerance: Relative tolerance of values; without it equality is exact.
        known_mistakes: Answer notes, each with the wrong formula that it stands for.
        timeout_s: Processor time after which the comparison is given up, in seconds.

    Returns:
        The two verdicts. Text that cannot be read is not equal, with a message.

    Raises:
        InputError: A fault of the instructor's side.
    """
    started = time.monotonic()
    forms = (form,) if isinstance(form, str) else tuple(form or ())
    _check_choice("kind", kind, KINDS)
    for name in forms:
        _check_choice("form", name, FORMS)
    if tolerance is not None and not 0 < tolerance < 1:
        raise InputError("The tolerance is not between 0 and 1.", "tolerance", "Use 1e-4, say.")
    if only is not None and (isinstance(only, str) or not only):
        raise InputError("`only` is not a list of names.", "only", 'Write ["f", "sigma"].')
    request = _Request(
        answer=answer,
        expected=expected,
        kind=kind,
        symbols=tuple(symbols or ()),
        definitions=dict(definitions or {}),
        domain=domain,
        only=only,
        forms=forms,
        tolerance=tolerance,
        known_mistakes=dict(known_mistakes or {}),
        timeout_s=timeout_s,
        seed=handin.seed(f"symbolic {expected}"),
    )
    result = _aside(request)
    elapsed_s = time.monotonic() - started
    if result is None or "lost" in result:
        why = f" ({result['lost']})" if result else ""
        return Comparison(None, None, "undecided", _UNDECIDED + why, elapsed_s=elapsed_s)
    if "fault" in result:
        raise InputError(*result["fault"])
    return Comparison(**result, elapsed_s=elapsed_s)


def _check_choice(setting: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise InputError(
            f"{value!r} is not a {setting} that can be judged.",
            setting,
            f"Use one of {', '.join(choices)}.",
        )


def _is_small(expression: sympy.Basic) -> bool:
    parts = itertools.islice(sympy.preorder_traversal(expression), MAX_NODES + 1)
    return sum(1 for _ in parts) <= MAX_NODES


def _shown_answer(answer: object) -> str:
    if type(answer) is str:
        return answer
    if isinstance(answer, (int, float)):
        return repr(answer)
    if isinstance(answer, sympy.Basic) and _is_small(answer):
        return str(answer)
    return type(answer).__name__


def check_equal(
    answer: str | sympy.Basic,
    expected: str,
    *,
    what: str = "Your answer",
    hints: Mapping[str, str] | None = None,
    **options: Any,
) -> Comparison:
    """End the test unless a formula is equal to the expected one.

    Form plays no part, except that a derivative that is left standing only repeats the question.

    Args:
        answer: What the student wrote.
        expected: The right formula.
        what: What the formula is, for the message.
        hints: Hints by answer note, for example for `known_mistakes`.
        options: Further arguments of `compare`.

    Returns:
        The comparison, where the answer is equal.

    Raises:
        CheckFailed: It is not equal.
        CheckUngraded: That is not decided.
        InputError: A fault of the instructor's side.
    """
    found = compare(answer, expected, **{**options, "only": None, "form": "no_derivative"})
    if found.equal is None:
        verdict.ungraded(f"{what}: {found.message}", formula=found.formula)
    if not (found.equal and found.form_ok):
        hint = (hints or {}).get(found.note, "")
        wrong = "not exact" if found.note == "rounded" else "not right"
        verdict.fail(
            f"{what} is {wrong}. {found.message}",
            got=_shown_answer(answer),
            hint=hint,
            note=found.note,
            formula=found.formula,
        )
    return found


def check_form(
    answer: str | sympy.Basic,
    expected: str,
    *,
    what: str = "Your answer",
    hints: Mapping[str, str] | None = None,
    **options: Any,
) -> Comparison:
    """End the test unless a right formula also has the form asked for.

    Args:
        answer: What the student wrote.
        expected: The right formula: the form of a wrong answer is worth nothing.
        what: What the formula is, for the message.
        hints: Hints by answer note.
        options: Further arguments of `compare`, among them `only` or `form`.

    Returns:
        The comparison, where the answer is equal and has the form.

    Raises:
        CheckFailed: The answer is not equal, or does not have the form.
        CheckUngraded: One of them is not decided.
        InputError: A fault of the instructor's side.
    """
    if not options.get("only") and not options.get("form"):
        raise InputError("No form is asked for.", "check_form", "Give `only` or `form`.")
    found = compare(answer, expected, **options)
    shown = _shown_answer(answer)
    if found.equal is None or found.form_ok is None:
        verdict.ungraded(f"{what}: {found.message}", formula=found.formula)
    hint = (hints or {}).get(found.note, "")
    if not found.equal:
        verdict.fail(
            f"{what} is not right, and the form of a wrong answer earns nothing. {found.message}",
            got=shown,
            hint=hint,
            note=found.note,
            formula=found.formula,
        )
    if not found.form_ok:
        message = f"{what} is right, but not in the form asked for. {found.message}"
        verdict.fail(message, got=shown, hint=hint, note=found.note, formula=found.formula)
    return found
