"""Values of a formula in x that somebody wrote down (question q11).

A formula is a sympy expression, or text as one types it in Python: `x*erf(x)`, `max(0, x)`,
`Piecewise((0, x < -3), (x, x > 3), (x*(x + 3)/6, True))`. It is never executed: the text is read
into Python's syntax tree, and only numbers, arithmetic, comparisons and the functions of
`FUNCTIONS` are worked out, in float64.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

MAX_LENGTH = 2000  # characters

_erf = np.vectorize(math.erf, otypes=[np.float64])


def _sigmoid(x: Array) -> Array:
    value: Array = 0.5 * (1 + np.tanh(x / 2))
    return value


def _of_one(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function with one argument only: NumPy would take a second one as a place to write to."""
    return lambda x: function(x)


FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        **{n: _of_one(getattr(np, n)) for n in ("exp", "expm1", "log", "log1p", "sqrt", "sign")},
        **{n: _of_one(getattr(np, n)) for n in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
        **{f"a{n}": _of_one(getattr(np, f"arc{n}")) for n in ("sin", "cos", "tan", "sinh", "tanh")},
        "abs": _of_one(np.abs),
        "square": _of_one(np.square),
        "erf": _of_one(_erf),
        "erfc": lambda x: 1 - _erf(x),
        "phi": lambda x: (1 + _erf(x / math.sqrt(2))) / 2,  # Phi of the normal distribution
        "sigmoid": _sigmoid,
        "softplus": lambda x: np.logaddexp(0, x),
        "relu": lambda x: np.maximum(x, 0),
        "max": lambda *values: np.max(np.broadcast_arrays(*values), axis=0),
        "min": lambda *values: np.min(np.broadcast_arrays(*values), axis=0),
        "clip": lambda x, low, high: np.clip(x, low, high),
        "heaviside": lambda x, at_zero=0.5: np.heaviside(x, at_zero),
        "where": lambda condition, value, other: np.where(condition, value, other),
        "piecewise": lambda *pieces: _piecewise(*pieces),
        "and": lambda *conditions: np.logical_and.reduce(np.broadcast_arrays(*conditions)),
        "or": lambda *conditions: np.logical_or.reduce(np.broadcast_arrays(*conditions)),
        "not": _of_one(np.logical_not),
        "pow": lambda base, exponent: _power(base, exponent),
    }
)
_ALIASES = {
    "ln": "log", "fabs": "abs", "sgn": "sign", "sigma": "sigmoid", "logistic": "sigmoid",
    "expit": "sigmoid", "maximum": "max", "minimum": "min", "clamp": "clip", "power": "pow",
    "step": "heaviside", "σ": "sigmoid", "φ": "phi",
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "tanh")},
}  # fmt: skip
_CONSTANTS = {"pi": math.pi, "e": math.e, "oo": math.inf, "inf": math.inf}
_MODULES = frozenset({"np", "numpy", "torch", "math", "sympy", "sp", "nn", "functional", "special"})
_DEFINING = re.compile(r"\s*[A-Za-zα-ω_]\w*\s*(?:\(\s*x\s*\))?\s*:?=(?!=)")
_SIGNS = {"−": "-", "·": "*", "×": "*", "²": "**2", "³": "**3", "^": "**", "≤": "<=", "≥": ">=",
          "π": "pi", "∞": "oo", "√": "sqrt"}  # fmt: skip


def values(formula: str | sympy.Basic, x: ArrayLike) -> Array:
    """Work out a formula at some places.

    Args:
        formula: Text or a sympy expression in the one variable x.
        x: Places, shape (n,).

    Returns:
        Values, shape (n,), float64; not a number where the formula has no real value.

    Raises:
        ValueError: The formula cannot be read; the message says why, in words for its author.
    """
    tree = _read(formula)
    places = np.array(x, dtype=np.float64)
    try:
        with np.errstate(all="ignore"):
            value = _value(tree.body, places)
    except (RecursionError, OverflowError) as error:
        raise ValueError("it is too deeply nested, or holds too large a number") from error
    except TypeError as error:
        raise ValueError("a function in it has the wrong number of arguments") from error
    if isinstance(value, tuple):
        raise ValueError("it is several numbers: decimals are written with a point")
    found = np.asarray(value)
    if found.dtype.kind not in "fiu":
        raise ValueError("it is no number but a condition")
    return np.broadcast_to(found, places.shape).astype(np.float64)


def _read(formula: str | sympy.Basic) -> ast.Expression:
    text = formula if isinstance(formula, str) else str(formula)
    text = _DEFINING.sub("", text.strip().strip("$"), count=1).strip()
    for sign, plain in _SIGNS.items():
        text = text.replace(sign, plain)
    if not text or len(text) > MAX_LENGTH:
        raise ValueError("it is empty" if not text else "it is too long")
    if "\\" in text:
        raise ValueError("it is LaTeX; write it as in Python, such as x*tanh(x)/2")
    try:
        return ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError("it is no formula as one types it in Python, such as x*exp(-x)") from error


def _value(node: ast.expr, x: Array) -> Any:
    match node:
        case ast.Constant(value=bool() as value):
            return np.bool_(value)
        case ast.Constant(value=int() | float() as value):
            return np.float64(value)
        case ast.Name(id=name):
            return _named(name, x)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(operand, x)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _number(operand, x)
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
            return np.logical_not(_value(operand, x))
        case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr() as operator, right=right):
            join = np.logical_and if isinstance(operator, ast.BitAnd) else np.logical_or
            return join(_value(left, x), _value(right, x))
        case ast.BinOp(left=left, op=operator, right=right):
            return _arithmetic(operator, _number(left, x), _number(right, x))
        case ast.BoolOp(op=operator, values=conditions):
            name = "and" if isinstance(operator, ast.And) else "or"
            return FUNCTIONS[name](*(_value(c, x) for c in conditions))
        case ast.Compare():
            return _compared(node, x)
        case ast.IfExp(test=test, body=body, orelse=other):
            return np.where(_value(test, x), _number(body, x), _number(other, x))
        case ast.Tuple(elts=parts):
            return tuple(_value(p, x) for p in parts)
        case ast.Call(func=function, args=arguments, keywords=[]):
            return _function(function)(*(_value(a, x) for a in arguments))
    raise ValueError(f"{ast.unparse(node)[:60]!r} has no meaning in a formula")


def _number(node: ast.expr, x: Array) -> Any:
    value = _value(node, x)
    if isinstance(value, tuple):
        raise ValueError(f"{ast.unparse(node)[:60]!r} is no number: is a comma meant as a point?")
    return np.asarray(value, dtype=np.float64)


def _named(name: str, x: Array) -> Array:
    if name == "x":
        return x
    if name.lower() in _CONSTANTS:
        return np.asarray(_CONSTANTS[name.lower()])
    if name.lower() in FUNCTIONS or name.lower() in _ALIASES:
        raise ValueError(f"{name} stands without its argument: write {name}(x)")
    raise ValueError(
        f"the name {name!r} is not known; x is the only variable, constants are numbers"
    )


def _function(node: ast.expr) -> Callable[..., Any]:
    name = node
    while isinstance(name, ast.Attribute) and _is_module(name.value):
        name = ast.Name(name.attr)
    if not isinstance(name, ast.Name):
        raise ValueError(f"{ast.unparse(node)[:60]!r} is no function; is a * missing?")
    plain = _ALIASES.get(name.id.lower(), name.id.lower())
    if plain not in FUNCTIONS:
        missing = "; is a * missing?" if name.id == "x" else ""
        raise ValueError(f"the function {name.id!r} is not known{missing}")
    return FUNCTIONS[plain]


def _is_module(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in _MODULES and _is_module(node.value)
    return isinstance(node, ast.Name) and node.id in _MODULES | {"F"}


def _arithmetic(operator: ast.operator, left: Any, right: Any) -> Any:
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
        case ast.Pow():
            return _power(left, right)
    raise ValueError(f"the operator {type(operator).__name__} has no meaning in a formula")


def _power(base: Any, exponent: Any) -> Any:
    return np.power(np.asarray(base, np.float64), np.asarray(exponent, np.float64))


def _compared(node: ast.Compare, x: Array) -> Any:
    compare: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
        ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater, ast.GtE: np.greater_equal,
        ast.Eq: np.equal, ast.NotEq: np.not_equal,
    }  # fmt: skip
    if any(type(operator) not in compare for operator in node.ops):
        raise ValueError(f"{ast.unparse(node)[:60]!r} has no meaning in a formula")
    sides = [_number(side, x) for side in (node.left, *node.comparators)]
    pairs = zip(node.ops, sides, sides[1:], strict=False)
    return FUNCTIONS["and"](*(compare[type(o)](a, b) for o, a, b in pairs))


def _piecewise(*pieces: Any) -> Any:
    if not all(isinstance(p, tuple) and len(p) == 2 for p in pieces) or not pieces:
        raise ValueError("Piecewise takes pairs (formula, condition)")
    shape = np.broadcast_shapes(*(np.shape(part) for piece in pieces for part in piece))
    conditions = [np.broadcast_to(np.asarray(c, dtype=bool), shape) for _, c in pieces]
    choices = [np.broadcast_to(np.asarray(v, np.float64), shape) for v, _ in pieces]
    return np.select(conditions, choices, np.nan)
