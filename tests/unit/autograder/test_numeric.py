import math
from collections.abc import Callable

import numpy as np
import pytest

from autograder import verdict
from autograder.numeric import (
    check_array,
    check_number,
    check_orthonormal,
    check_up_to_sign,
    relation,
    to_array,
)
from autograder.verdict import Verdict, recording

MATRIX = np.array([[14.0, -11.0], [-10.5, 23.0]])
DIRECTION = np.array([0.5574, -0.8303])
SCORES = np.array([-4.3052, 3.7361, 5.6928, -5.1238])


def failed(check: Callable[[], object]) -> Verdict:
    """The verdict of a check that has to fail."""
    with recording("q", 1.0) as recorder, pytest.raises(verdict.CheckFailed):
        check()
    assert recorder.verdict is not None
    return recorder.verdict


class Agreeable:
    """An object that claims to be equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __array__(self, *args: object, **kwargs: object) -> np.ndarray:
        return MATRIX

    __hash__ = None


class OddFloat(float):
    """A number with an opinion of its own."""


class OddArray(np.ndarray):
    """An array with methods of its own."""


@pytest.mark.parametrize("form", ["array", "list", "tuple", "float32", "tensor", "bfloat16"])
def test_a_right_array_passes_in_any_plain_form(form: str) -> None:
    """NumPy arrays, tensors, lists and tuples of the right values are accepted."""
    torch = pytest.importorskip("torch")
    forms = {
        "array": MATRIX,
        "list": MATRIX.tolist(),
        "tuple": tuple(tuple(row) for row in MATRIX.tolist()),
        "float32": MATRIX.astype(np.float32),
        "tensor": torch.nn.Parameter(torch.tensor(MATRIX)),
        "bfloat16": torch.tensor(MATRIX, dtype=torch.bfloat16),
    }
    assert np.array_equal(check_array(forms[form], MATRIX, "the covariance"), MATRIX)


def test_lists_of_tensors_are_arrays() -> None:
    """A list of one-element tensors and NumPy numbers is read as numbers."""
    torch = pytest.importorskip("torch")
    assert to_array([torch.tensor(1.5), np.float32(2.5), 3], "x").tolist() == [1.5, 2.5, 3.0]


@pytest.mark.parametrize(
    "value",
    [
        None,
        "14",
        Agreeable(),
        OddFloat(14.0),
        MATRIX.view(OddArray),
        [[1, 2], [3]],
        {"a": 1},
        [Agreeable()],
        np.array([None]),
        np.array(["a"]),
        MATRIX + 0j,
        object,
        [[10**400]],
    ],
)
def test_what_is_no_plain_array_fails(value: object) -> None:
    """Other objects, subclasses, ragged rows and complex numbers are refused by type."""
    assert failed(lambda: check_array(value, MATRIX, "the covariance")).note == "type"


@pytest.mark.parametrize(
    ("value", "note"),
    [
        (MATRIX[:1], "shape"),
        (MATRIX.reshape(-1), "shape"),
        (np.full((2, 2), np.nan), "not-finite"),
        (np.full((2, 2), np.inf), "not-finite"),
        (MATRIX > 0, "type"),
        (MATRIX + np.array([[0, 0], [0, 0.01]]), "value"),
        (-MATRIX, "sign"),
        (MATRIX * 1.5, "factor"),
        (MATRIX.T, "transposed"),
        (MATRIX[::-1, ::-1], "flipped"),
        (MATRIX * 0, "value"),
    ],
)
def test_a_wrong_array_fails_with_its_note(value: np.ndarray, note: str) -> None:
    """Shape comes before kind, kind before finiteness, finiteness before value."""
    assert failed(lambda: check_array(value, MATRIX, "the covariance")).note == note


def test_the_message_shows_one_element_only() -> None:
    """The first differing element is shown with its index, and not the expected array."""
    wrong = MATRIX.copy()
    wrong[1, 0] = 7.25
    found = failed(lambda: check_array(wrong, MATRIX, "the covariance", hint="Centre first."))
    said = "The covariance is wrong at index [1, 0], the only wrong one of 4 elements."
    assert found.message == said
    assert (found.expected, found.got, found.hint) == ("-10.5", "7.25", "Centre first.")


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_an_expected_special_value_must_be_met(special: float) -> None:
    """Where infinity or NaN is right, only the same passes."""
    expected = np.array([1.0, special])
    check_array(expected.copy(), expected, "the limit")
    for other in (1.0, -5.0, math.nan if math.isinf(special) else math.inf):
        failed(lambda other=other: check_array([1.0, other], expected, "the limit"))


def test_a_known_mistake_is_named() -> None:
    """A known wrong value gives its note and message, also where its shape is wrong."""
    mistakes = {
        "eigenvalue-not-root": ([9.0, 4.0], "Take the root of the eigenvalues."),
        "last-dropped": ([3.0], "The last one is missing."),
    }
    for value, note in (([9.0, 4.0], "eigenvalue-not-root"), ([3.0], "last-dropped")):
        found = failed(lambda value=value: check_array(value, [3.0, 2.0], "S", mistakes=mistakes))
        assert found.note == note
        assert mistakes[note][1] in found.message


def test_a_mistake_of_another_shape_is_not_named() -> None:
    """A known wrong number does not explain an array that repeats it."""
    mistakes = {"five": (5.0, "That is five.")}
    found = failed(lambda: check_array([5.0, 5.0], [2.5, 3.0], "S", mistakes=mistakes))
    assert found.note == "value"


def test_a_mistake_that_equals_the_answer_is_none() -> None:
    """A right answer passes even if a mistake happens to have the same value."""
    check_array([1.0], [1.0], "S", mistakes={"m": ([1.0], "wrong")})


def test_a_number_passes_in_any_plain_form() -> None:
    """Numbers, NumPy numbers and arrays with one element are accepted."""
    for value in (2, 2.0, np.float64(2), np.array(2.0), [2.0], np.array([[2.0]])):
        assert check_number(value, 2.0, "the energy") == 2.0


@pytest.mark.parametrize(
    ("value", "note"),
    [
        (2.1, "factor"),
        (-2.0, "sign"),
        ([2.0, 2.0], "shape"),
        (True, "type"),
        (None, "type"),
        (math.nan, "not-finite"),
        (0.0, "value"),
        (64.0, "sum-not-mean"),
        (1 / 16, "mean-not-sum"),
    ],
)
def test_a_wrong_number_fails_with_its_note(value: object, note: str) -> None:
    """A wrong number is explained where it can be."""
    assert failed(lambda: check_number(value, 2.0, "the loss", sizes={"batch": 32})).note == note


def test_a_number_mistake_is_named() -> None:
    """A known wrong number gives its note."""
    mistakes = {"norms": (0.9, "That is a ratio of norms.")}
    found = failed(lambda: check_number(0.9, 0.81, "the energy", mistakes=mistakes))
    assert (found.note, "ratio of norms" in found.message) == ("norms", True)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_direction_may_have_either_sign(sign: float) -> None:
    """Both signs are accepted, if the scores go along."""
    found = check_up_to_sign(
        sign * DIRECTION,
        DIRECTION,
        "the first direction",
        scores=(sign * SCORES).tolist(),
        expected_scores=SCORES,
    )
    assert found == sign


def test_scores_must_share_the_sign() -> None:
    """Scores that belong to the other sign are told so."""
    found = failed(
        lambda: check_up_to_sign(-DIRECTION, DIRECTION, "it", scores=SCORES, expected_scores=SCORES)
    )
    assert found.note == "sign-inconsistent"


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_known_wrong_direction_is_named(sign: float) -> None:
    """The known direction (0.55, 0.82) is recognised with either sign."""
    wrong = {"sign-of-covariance": ([0.5574, 0.8303], "The covariance is negative.")}
    found = failed(
        lambda: check_up_to_sign([sign * 0.5574, sign * 0.8303], DIRECTION, "it", mistakes=wrong)
    )
    assert found.note == "sign-of-covariance"


def test_wrong_directions_and_scores_fail() -> None:
    """A direction of another length, shape or angle fails, and so do other scores."""
    for value in (2 * DIRECTION, DIRECTION[:1], DIRECTION[::-1], [math.nan, 1.0], None):
        failed(lambda value=value: check_up_to_sign(value, DIRECTION, "it"))
    for scores in (SCORES + 1, SCORES[:3], None):
        failed(
            lambda scores=scores: check_up_to_sign(
                DIRECTION, DIRECTION, "it", scores=scores, expected_scores=SCORES
            )
        )


def test_orthonormal_columns_pass_and_others_fail() -> None:
    """Columns of length 1 at right angles pass; long, skew and NaN columns fail."""
    q, _ = np.linalg.qr(np.arange(12.0).reshape(4, 3) ** 2 + np.eye(4, 3))
    check_orthonormal(q, "U")
    for wrong in (2 * q, q + 0.01, np.full((4, 3), np.nan), q[:, 0]):
        failed(lambda wrong=wrong: check_orthonormal(wrong, "U"))


def test_relations_are_told() -> None:
    """The sentence names the factor, and tells a sum from a mean."""
    assert "opposite sign" in relation(-MATRIX, MATRIX)
    assert "2 times" in relation(2 * MATRIX, MATRIX)
    assert "sum over the batch" in relation(32 * MATRIX, MATRIX, sizes={"batch": 32})
    assert "divided by the batch" in relation(MATRIX / 32, MATRIX, sizes={"batch": 32})
    assert relation(MATRIX, MATRIX) == ""
    assert relation(MATRIX + 1, MATRIX) == ""
    assert relation([1.0, 2.0], [[1.0], [2.0]]) == ""
