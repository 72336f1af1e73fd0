"""Judge numbers and arrays: shape and type first, then values, with a readable difference.

The values come from a student's process as plain data: numbers, lists, NumPy arrays or tensors.
Objects of any other type, subclasses included, are refused, because their comparison operators
are theirs. A message shows one differing element, never the expected array.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograder import verdict

Mistakes = Mapping[str, tuple[ArrayLike, str]]  # answer note to wrong value and message

_SCALARS = (int, float, complex, bool)
_MAX_ELEMENTS = 2_000_000  # of nested lists


def check_array(
    got: object,
    expected: ArrayLike,
    what: str,
    *,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    hint: str = "",
    note: str = "",
    mistakes: Mistakes | None = None,
    sizes: Mapping[str, int] | None = None,
) -> NDArray[Any]:
    """End the test unless an array has the expected type, shape and values.

    Args:
        got: The student's value: a NumPy array, a tensor, nested lists or a number.
        expected: The right value, of any shape.
        what: What the value is, for the message: "the covariance matrix".
        rtol: Relative tolerance of each element.
        atol: Absolute tolerance of each element.
        hint: How to go on, one sentence.
        note: Answer note of a failure that no known mistake explains; found if empty.
        mistakes: Known wrong values by answer note, each with its message.
        sizes: Named sizes, for example `{"batch": 32}`, whose use as a factor is recognised.

    Returns:
        The student's value as an array, where it is right.

    Raises:
        CheckFailed: It is not right.
    """
    right = _plain(expected)
    array = to_array(got, what, hint=hint)
    if array.shape == right.shape and _close(array, right, rtol, atol):
        return array
    _fail_known(array, mistakes or {}, what, rtol, atol, hint)
    if array.shape != right.shape:
        verdict.fail(
            f"{_capital(what)} has the wrong shape.",
            expected=f"shape {right.shape}",
            got=f"shape {array.shape}",
            hint=hint,
            note=note or "shape",
        )
    _check_dtype(array, right, what, hint)
    _check_finite(array, right, what, hint)
    kind, relation_text = _relation(array, right, sizes or {}, rtol, atol)
    index = _first_difference(array, right, rtol, atol)
    wrong = int(np.count_nonzero(~_close_elements(array, right, rtol, atol)))
    verdict.fail(
        " ".join(filter(None, [_difference_text(what, index, wrong, right.size), relation_text])),
        expected=_shown(right[index]),
        got=_shown(array[index]),
        hint=hint,
        note=note or kind or "value",
    )


def check_number(
    got: object,
    expected: float,
    what: str,
    *,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    hint: str = "",
    note: str = "",
    mistakes: Mapping[str, tuple[float, str]] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> float:
    """End the test unless a number has the expected value.

    Args:
        got: The student's value: a number, or an array or tensor with one element.
        expected: The right value.
        what: What the number is, for the message.
        rtol: Relative tolerance.
        atol: Absolute tolerance.
        hint: How to go on, one sentence.
        note: Answer note of a failure that no known mistake explains; found if empty.
        mistakes: Known wrong values by answer note, each with its message.
        sizes: Named sizes whose use as a factor is recognised.

    Returns:
        The student's value, where it is right.

    Raises:
        CheckFailed: It is not right.
    """
    array = to_array(got, what, hint=hint)
    if array.size != 1:
        verdict.fail(
            f"{_capital(what)} is one number, but the answer has {array.size}.",
            got=f"shape {array.shape}",
            hint=hint,
            note=note or "shape",
        )
    checked = check_array(
        array.reshape(()),
        np.asarray(expected),
        what,
        rtol=rtol,
        atol=atol,
        hint=hint,
        note=note,
        mistakes=mistakes,
        sizes=sizes,
    )
    return float(checked)


def check_up_to_sign(
    got: object,
    expected: ArrayLike,
    what: str,
    *,
    scores: object = None,
    expected_scores: ArrayLike | None = None,
    rtol: float = 1e-4,
    atol: float = 1e-6,
    hint: str = "",
    note: str = "",
    mistakes: Mistakes | None = None,
) -> float:
    """End the test unless a direction is right up to its sign, and the scores share that sign.

    Args:
        got: The student's direction, shape (features,).
        expected: The right direction with either sign, shape (features,).
        what: What the direction is, for the message.
        scores: The student's scores along the direction, shape (samples,).
        expected_scores: The scores that belong to `expected`; None where there are none.
        rtol: Relative tolerance of each element.
        atol: Absolute tolerance of each element.
        hint: How to go on, one sentence.
        note: Answer note of a failure that no known mistake explains; found if empty.
        mistakes: Known wrong directions by answer note; their sign is free too.

    Returns:
        1.0 or -1.0: the sign that the student chose, relative to `expected`.

    Raises:
        CheckFailed: The direction or the scores are wrong.
    """
    right = _plain(expected)
    array = to_array(got, what, hint=hint)
    sign = 1.0
    if array.shape == right.shape and np.isfinite(array).all():
        sign = -1.0 if float(np.sum(array * right)) < 0 else 1.0
    both = {
        f"{sign_text}{name}": (sign_value * _plain(value), message)
        for name, (value, message) in (mistakes or {}).items()
        for sign_text, sign_value in (("", 1.0), ("-", -1.0))
    }
    known = _known_mistake(array, both, rtol, atol)
    if known is not None and not (
        array.shape == right.shape and _close(array, sign * right, rtol, atol)
    ):
        name, message = known
        verdict.fail(message, got=_shown_start(array), hint=hint, note=name.lstrip("-"))
    check_array(array, sign * right, what, rtol=rtol, atol=atol, hint=hint, note=note)
    if expected_scores is not None:
        _check_scores(scores, sign * _plain(expected_scores), what, rtol, atol, hint)
    return sign


def _check_scores(
    got: object, right: NDArray[Any], what: str, rtol: float, atol: float, hint: str
) -> None:
    name = f"the scores along {what}"
    array = to_array(got, name, hint=hint)
    if array.shape == right.shape and _close(array, -right, rtol, atol):
        verdict.fail(
            f"{_capital(name)} have the opposite sign of the direction: both may be turned "
            "round, but only together.",
            hint=hint,
            note="sign-inconsistent",
        )
    check_array(array, right, name, rtol=rtol, atol=atol, hint=hint)


def check_orthonormal(
    got: object, what: str, *, atol: float = 1e-6, hint: str = ""
) -> NDArray[Any]:
    """End the test unless the columns of a matrix are orthonormal.

    Args:
        got: The student's matrix, shape (m, k).
        what: What the matrix is, for the message.
        atol: Absolute tolerance of each inner product.
        hint: How to go on, one sentence.

    Returns:
        The matrix as an array.

    Raises:
        CheckFailed: They are not.
    """
    array = to_array(got, what, hint=hint)
    if array.ndim != 2:
        verdict.fail(f"{_capital(what)} is no matrix.", got=f"shape {array.shape}", note="shape")
    gram = array.T @ array
    off = np.abs(gram - np.eye(gram.shape[0]))
    if not (off <= atol).all():  # also where an element is not a number
        i, j = (int(k) for k in np.unravel_index(np.argmax(off), off.shape))
        asked = "length 1" if i == j else "a product of 0"
        columns = f"column {i}" if i == j else f"columns {i} and {j}"
        verdict.fail(
            f"The columns of {what} are not orthonormal: {columns} should have {asked}.",
            got=_shown(math.sqrt(gram[i, i]) if i == j else gram[i, j]),
            hint=hint,
            note="not-orthonormal",
        )
    return array


def relation(
    got: ArrayLike,
    expected: ArrayLike,
    *,
    sizes: Mapping[str, int] | None = None,
    rtol: float = 1e-5,
    atol: float = 1e-8,
) -> str:
    """How a wrong array is related to the right one, as a sentence; empty where no relation shows.

    Recognised are the opposite sign, a constant factor (a named size tells a sum from a mean),
    a transpose, and a kernel turned by 180 degrees.

    Args:
        got: The wrong value.
        expected: The right value.
        sizes: Named sizes, for example `{"batch": 32}`.
        rtol: Relative tolerance.
        atol: Absolute tolerance.
    """
    return _relation(_plain(got), _plain(expected), sizes or {}, rtol, atol)[1]


# --- from a student's value to an array -------------------------------------------------


def to_array(got: object, what: str, *, hint: str = "") -> NDArray[Any]:
    """The student's value as an array of real numbers.

    Args:
        got: A NumPy array, a tensor, nested lists or tuples of numbers, or a number.
        what: What the value is, for the message.
        hint: How to go on, one sentence.

    Returns:
        An array of float64, or of an integer or Boolean type as it came.

    Raises:
        CheckFailed: It is something else.
    """
    array = _converted(got)
    if array is None or array.dtype.kind not in "biufc":
        verdict.fail(
            f"{_capital(what)} is not an array of numbers.",
            expected="numbers, a list, a NumPy array or a tensor",
            got=_type_text(got),
            hint=hint,
            note="type",
        )
    if array.dtype.kind == "c":
        verdict.fail(f"{_capital(what)} holds complex numbers.", hint=hint, note="type")
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _type_text(got: object) -> str:
    if got is None:
        return "None (is a return missing?)"
    return f"an object of type {type(got).__name__}"


def _converted(got: object) -> NDArray[Any] | None:
    if type(got) is np.ndarray:
        return got
    if type(got) in _SCALARS or (isinstance(got, np.generic) and type(got).__module__ == "numpy"):
        return _array_or_none(got)
    if type(got) in (list, tuple):
        plain = _plain_list(got, [_MAX_ELEMENTS], 0)
        return None if plain is None else _array_or_none(plain)
    return _from_tensor(got)


def _array_or_none(got: object) -> NDArray[Any] | None:
    try:
        return np.asarray(got)
    except (ValueError, TypeError, OverflowError):  # rows of different lengths, huge integers
        return None


def _plain_list(got: object, left: list[int], depth: int) -> object:
    """The same nested lists with tensors and arrays as lists; None where it is something else."""
    left[0] -= 1
    if left[0] < 0 or depth > 32:
        return None
    if type(got) in _SCALARS:
        return got
    if type(got) in (list, tuple):
        items = [_plain_list(item, left, depth + 1) for item in got]  # type: ignore[attr-defined]
        return None if any(item is None for item in items) else items
    array = _converted(got)
    return None if array is None else array.tolist()


def _from_tensor(got: object) -> NDArray[Any] | None:
    torch = sys.modules.get("torch")  # a tensor cannot be there before its library is
    if torch is None or type(got) not in (torch.Tensor, torch.nn.Parameter):
        return None
    if got.layout is not torch.strided:  # type: ignore[attr-defined]
        return None
    tensor = got.detach().cpu()  # type: ignore[attr-defined]
    if tensor.is_floating_point():
        tensor = tensor.double()  # NumPy knows no bfloat16
    array: NDArray[Any] = tensor.resolve_conj().resolve_neg().numpy()
    return array


def _plain(value: ArrayLike) -> NDArray[Any]:
    """The instructor's value as an array."""
    array = _converted(value)
    if array is None:
        raise TypeError(f"the expected value is no array of numbers: {type(value).__name__}")
    return array.astype(np.float64) if array.dtype.kind == "f" else array


# --- comparing --------------------------------------------------------------------------


def _close_elements(
    got: NDArray[Any], right: NDArray[Any], rtol: float, atol: float
) -> NDArray[np.bool_]:
    if (got.dtype.kind == "b") != (right.dtype.kind == "b"):
        return np.zeros(right.shape, dtype=bool)
    if got.dtype.kind in "biu" and right.dtype.kind in "biu":
        return np.asarray(got == right)
    got, right = got.astype(np.float64), right.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(got - right) <= atol + rtol * np.abs(right)
    return np.where(np.isfinite(right), near, _same_special(got, right))


def _same_special(got: NDArray[Any], right: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray((got == right) | (np.isnan(got) & np.isnan(right)))


def _close(got: NDArray[Any], right: NDArray[Any], rtol: float, atol: float) -> bool:
    return bool(_close_elements(got, right, rtol, atol).all())


def _known_mistake(
    got: NDArray[Any], mistakes: Mistakes, rtol: float, atol: float
) -> tuple[str, str] | None:
    for name, (value, message) in mistakes.items():
        wrong = _plain(value)
        if got.shape == wrong.shape and _close(got, wrong, rtol, atol):
            return name, message
    return None


def _fail_known(
    got: NDArray[Any], mistakes: Mistakes, what: str, rtol: float, atol: float, hint: str
) -> None:
    known = _known_mistake(got, mistakes, rtol, atol)
    if known is not None:
        name, message = known
        verdict.fail(
            f"{_capital(what)} is wrong. {message}", got=_shown_start(got), hint=hint, note=name
        )


def _check_dtype(got: NDArray[Any], right: NDArray[Any], what: str, hint: str) -> None:
    if (got.dtype.kind == "b") != (right.dtype.kind == "b"):
        truth, numbers = "True or False", "numbers"
        wants_truth = right.dtype.kind == "b"
        verdict.fail(
            f"{_capital(what)} holds values of the wrong kind.",
            expected=truth if wants_truth else numbers,
            got=numbers if wants_truth else truth,
            hint=hint,
            note="type",
        )


def _check_finite(got: NDArray[Any], right: NDArray[Any], what: str, hint: str) -> None:
    if got.dtype.kind != "f" or right.dtype.kind == "b":
        return
    bad = ~np.isfinite(got) & np.isfinite(right)
    if bad.any():
        index = _index_of_first(bad)
        verdict.fail(
            f"{_capital(what)} holds values that are not finite{_at(index)}.",
            expected="a finite number",
            got=_shown(got[index]),
            hint=hint,
            note="not-finite",
        )


def _relation(
    got: NDArray[Any], right: NDArray[Any], sizes: Mapping[str, int], rtol: float, atol: float
) -> tuple[str, str]:
    """Answer note and sentence of a relation; two empty texts where there is none."""
    numbers = got.dtype.kind in "iuf" and right.dtype.kind in "iuf"
    if not numbers or not np.isfinite(got).all() or not np.isfinite(right).all():
        return "", ""
    got, right = got.astype(np.float64), right.astype(np.float64)
    if got.shape == right.shape and right.any() and got.any():
        factor = float(np.sum(got * right) / np.sum(right * right))
        if factor != 0 and _close(got, factor * right, rtol, atol * max(1.0, abs(factor))):
            return _factor_relation(factor, sizes, rtol)
    if right.ndim >= 2:
        return _layout_relation(got, right, rtol, atol)
    return "", ""


def _factor_relation(factor: float, sizes: Mapping[str, int], rtol: float) -> tuple[str, str]:
    def is_about(value: float) -> bool:
        return math.isclose(factor, value, rel_tol=max(10 * rtol, 1e-9))

    if is_about(1.0):
        return "", ""
    if is_about(-1.0):
        return "sign", "It has the opposite sign."
    for name, size in sizes.items():
        if size > 1 and is_about(float(size)):
            return (
                "sum-not-mean",
                f"It is {size} times too large: a sum over the {name} where the mean is asked for.",
            )
        if size > 1 and is_about(1 / size):
            return "mean-not-sum", f"It is {size} times too small: divided by the {name} too often."
    return "factor", f"It is {factor:.4g} times the right value everywhere."


def _layout_relation(
    got: NDArray[Any], right: NDArray[Any], rtol: float, atol: float
) -> tuple[str, str]:
    turned = right.swapaxes(-1, -2)
    if got.shape == turned.shape and _close(got, turned, rtol, atol):
        return "transposed", "It is the transpose of the right value."
    if got.shape == right.shape and _close(got, right[..., ::-1, ::-1], rtol, atol):
        return "flipped", "It is turned by 180 degrees in its last two dimensions."
    return "", ""


# --- texts ------------------------------------------------------------------------------


def _first_difference(
    got: NDArray[Any], right: NDArray[Any], rtol: float, atol: float
) -> tuple[int, ...]:
    return _index_of_first(~_close_elements(got, right, rtol, atol))


def _index_of_first(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(mask)), mask.shape))


def _difference_text(what: str, index: tuple[int, ...], wrong: int, size: int) -> str:
    if size == 1:
        return f"{_capital(what)} is wrong."
    which = "the only wrong one" if wrong == 1 else f"the first of {wrong} wrong ones"
    return f"{_capital(what)} is wrong{_at(index)}, {which} of {size} elements."


def _at(index: tuple[int, ...]) -> str:
    return f" at index [{', '.join(map(str, index))}]" if index else ""


def _shown(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    return f"{value:.10g}" if math.isfinite(value) else str(float(value))


def _shown_start(array: NDArray[Any]) -> str:
    start = ", ".join(_shown(value) for value in array.reshape(-1)[:4])
    return f"{start}{', …' if array.size > 4 else ''}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
