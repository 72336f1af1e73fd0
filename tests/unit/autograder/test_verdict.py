"""Verdicts: what is recorded counts, whatever the test does afterwards."""

import json

import pytest

from autograder.verdict import (
    CODE_LIMIT,
    CURVE_POINTS,
    CheckFailed,
    CheckUngraded,
    Curves,
    NotebookResult,
    Remark,
    Status,
    SubmissionResult,
    Verdict,
    curves,
    fail,
    partial,
    question_of,
    recording,
    shorten,
    ungraded,
)


def result() -> SubmissionResult:
    """A submission with every kind of field filled."""
    verdicts = (
        Verdict("q01-a-test", Status.PASSED, 2.0, 2.0, "asks", wall_s=0.5),
        Verdict("q01-b", Status.UNGRADED, None, 1.0, message="λ ≤ 2", got="[1, 2]", note="n"),
        Verdict(
            "q01-c", Status.FAILED, 0.0, 1.0, formula=r"\frac{x}{2}", code="nn.cpp:1: error",
            curves=Curves((0.0, 1.0), (None, 2.5), (0.5, None), "t", "f(t)"),
            heading="a) By hand", number=7,
        ),
    )  # fmt: skip
    notebook = NotebookResult("q01-x", verdicts, (Remark("k", "m", "q01-b"),), 1.5, 2.5)
    return SubmissionResult("hw", "s0417", (notebook,), (Remark("late", "by a day"),), "bubblewrap")


def test_a_result_survives_the_file() -> None:
    """Written and read again it is equal, with its numbers and its open verdicts."""
    assert SubmissionResult.from_json(result().to_json()) == result()
    assert result().verdicts[1].points is None


def test_a_result_of_an_earlier_version_is_read() -> None:
    """A file without the fields that came later gives a result without them."""
    data = json.loads(result().to_json())
    for verdict in data["notebooks"][0]["verdicts"]:
        for name in ("formula", "code", "curves", "heading", "number"):
            del verdict[name]
    read = SubmissionResult.from_json(json.dumps(data)).verdicts[2]
    assert (read.formula, read.code, read.curves) == ("", "", None)
    assert (read.heading, read.number) == ("", 0)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"notebooks": [{}], "remarks": []}'])
def test_what_is_no_result_is_refused(text: str) -> None:
    """Every other text raises ValueError, so that it is judged anew."""
    with pytest.raises(ValueError, match=r"."):
        SubmissionResult.from_json(text)


def test_an_unknown_status_is_refused() -> None:
    """A result with a status that we do not know is no result."""
    data = json.loads(result().to_json())
    data["notebooks"][0]["verdicts"][0]["status"] = "splendid"
    with pytest.raises(ValueError, match="splendid"):
        SubmissionResult.from_json(json.dumps(data))


def test_half_a_character_can_be_written() -> None:
    """A lone surrogate from a student does not stop the file from being written."""
    verdict = Verdict("q01-a", Status.FAILED, 0.0, 1.0, message="\ud800")
    text = SubmissionResult("hw", "s1", (NotebookResult("n", (verdict,)),)).to_json()
    assert text.encode("utf-8")


def test_a_failure_cannot_be_caught_away() -> None:
    """A test that swallows the exception of `fail` has failed nevertheless."""
    with recording("q01-a-test", 3.0) as recorder:
        try:
            fail("no", expected=[1], got=2, hint="h", note="n")
        except AssertionError:
            partial(3.0, "all after all")
    verdict = recorder.verdict
    assert verdict is not None
    assert (verdict.status, verdict.points, verdict.max_points) == (Status.FAILED, 0.0, 3.0)
    assert (verdict.cell_id, verdict.expected, verdict.got) == ("q01-a-test", "[1]", "2")


def test_a_failure_after_partial_credit_counts() -> None:
    """Partial credit first, then a failure: the failure stands."""
    with recording("q", 3.0) as recorder:
        partial(2.0, "half")
        with pytest.raises(CheckFailed):
            fail("no")
    assert recorder.verdict is not None
    assert recorder.verdict.status is Status.FAILED


def test_undecided_stays_undecided() -> None:
    """After `ungraded` neither partial credit nor a failure decides."""
    with recording("q", 3.0) as recorder:
        with pytest.raises(CheckUngraded):
            ungraded("who knows")
        partial(3.0, "all")
    assert recorder.verdict is not None
    assert recorder.verdict.status is Status.UNGRADED
    assert recorder.verdict.points is None


def test_in_an_ordinary_kernel_they_raise_or_return() -> None:
    """Without an examiner `fail` raises its words and `partial` gives its number."""
    with pytest.raises(AssertionError, match="no\nexpected: 1\nhint: look"):
        fail("no", expected=1, hint="look", note="hidden-note")
    assert partial(1, "half") == 1.0


def test_one_test_does_not_hear_another() -> None:
    """A recorder hears only what is said inside its own block."""
    with recording("outer", 1.0) as outer:
        with recording("inner", 1.0) as inner, pytest.raises(CheckFailed):
            fail("no")
        assert inner.verdict is not None
    assert outer.verdict is None


def test_shortened_text_is_one_printable_line() -> None:
    """Control characters and line ends are escaped or joined, and the length is bounded."""
    assert shorten("a\n\tb") == "a b"
    assert shorten("\x1b[31mred\x00") == "\\x1b[31mred\\x00"
    assert shorten([1, 2]) == "[1, 2]"
    assert len(shorten("x" * 1000)) == 200
    assert shorten("x" * 200) == "x" * 200


def test_the_question_is_the_id_up_to_the_first_hyphen() -> None:
    """`q02` for `q02-pca-test`."""
    assert question_of("q02-pca-test") == "q02"
    assert Verdict("q10-a", Status.PASSED, 1, 1).question == "q10"


# --- curves, formulas, lines of a tool -----------------------------------------------------


def test_a_failure_keeps_curves_formula_and_lines() -> None:
    """What the page draws is recorded with the failure, the lines of a tool not without end."""
    drawn = curves([0, 1], [1, 2], [1, 3], "f(t)", "t")
    with recording("q01-a", 1.0) as recorder, pytest.raises(CheckFailed) as raised:
        fail("no", curves=drawn, formula="x^2", code="e" * 10 * CODE_LIMIT)
    verdict = recorder.verdict
    assert verdict is not None
    assert (verdict.curves, verdict.formula) == (drawn, "x^2")
    assert len(verdict.code) == CODE_LIMIT
    assert str(raised.value) == "no", "in a student's kernel the message is short"


def test_an_undecided_formula_is_kept() -> None:
    """Who grades by hand sees how the answer was read."""
    with recording("q01-a", 1.0) as recorder, pytest.raises(CheckUngraded):
        ungraded("who knows", formula="x^2")
    assert recorder.verdict is not None
    assert recorder.verdict.formula == "x^2"


def test_curves_come_from_lists_arrays_and_tensors() -> None:
    """Rows of any library become plain numbers; what is not finite is a gap."""
    import numpy as np
    import torch

    got = torch.tensor([1.0, float("nan"), float("-inf")])
    made = curves(np.array([1, 2, 3]), got, [0.5, 10**400, 2])
    assert made == Curves((1.0, 2.0, 3.0), (1.0, None, None), (0.5, None, 2.0))


def test_long_curves_are_thinned_out() -> None:
    """Many places become few, evenly, in order, and each keeps its own values."""
    x = range(10_000)
    made = curves(x, [2 * v for v in x], [3 * v for v in x])
    assert CURVE_POINTS // 2 < len(made.x) <= CURVE_POINTS
    assert made.got == tuple(2 * v for v in made.x)
    assert made.expected == tuple(3 * v for v in made.x)
    assert len({b - a for a, b in zip(made.x, made.x[1:], strict=False)}) == 1


@pytest.mark.parametrize("got", [[1.0], [[1.0], [2.0]], 3.0, None, ["a", "b"]])
def test_what_is_no_curve_is_refused(got: object) -> None:
    """Another length, a matrix, a number or words are a mistake of the test's author."""
    with pytest.raises(ValueError, match="a curve"):
        curves([0, 1], got, [1, 2])
