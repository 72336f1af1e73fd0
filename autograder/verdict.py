"""What a check says: the verdict of one test, and the results of one submission.

Hidden tests import three functions from here:

* `fail` ends the test with a message, what was expected, what was found, and a hint;
* `ungraded` hands the decision to a person;
* `partial` gives a part of the points, with a reason (use it as the cell's last expression).

Each of them is recorded before it raises, so a test that catches exceptions cannot undo it.
In an ordinary kernel, without an examiner around, they raise or return and nothing more.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, NoReturn

MESSAGE_LIMIT = 1000  # characters of a message
TEXT_LIMIT = 200  # characters of a student's value that a message may show
CODE_LIMIT = 2000  # characters of a tool's lines
CURVE_POINTS = 121  # points that are kept of a curve


class Status(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    UNGRADED = "ungraded"


@dataclass(frozen=True)
class Curves:
    """Values of the answer over one variable, and the values that were expected there.

    Attributes:
        x: Where, in rising order.
        got: What the answer gave there; None where that was no finite number.
        expected: What was expected there; None where there is no finite number.
        x_label: Name of the variable.
        y_label: What is drawn over it.
    """

    x: tuple[float, ...]
    got: tuple[float | None, ...]
    expected: tuple[float | None, ...]
    x_label: str = "x"
    y_label: str = ""


@dataclass(frozen=True)
class Verdict:
    """The outcome of one graded cell.

    Attributes:
        cell_id: Grade id of the cell that holds the points.
        status: How the check ended.
        points: Points earned; None while a person has to decide.
        max_points: Points that the cell is worth.
        title: What the check asks, one line for the student.
        message: What was found, in the student's terms.
        expected: What the check expected, at most 200 characters; may be empty.
        got: What the answer gave, at most 200 characters; may be empty.
        hint: One sentence on how to go on; may be empty.
        note: Stable answer note, for counting the mistakes of a class; may be empty.
        printed: What the student's code printed while the check ran, shortened.
        formula: LaTeX of the formula that was read from the answer; may be empty.
        code: Lines of a tool, a compiler for example, kept as they are; may be empty.
        curves: The answer's values beside the expected ones; None where values are no curve.
        heading: The heading in the notebook under which the cell stands; may be empty.
        number: Place of the cell in the notebook that was handed in, from 1; 0 where it is not
            there.
        wall_s: Wall time of the check in seconds.
    """

    cell_id: str
    status: Status
    points: float | None
    max_points: float
    title: str = ""
    message: str = ""
    expected: str = ""
    got: str = ""
    hint: str = ""
    note: str = ""
    printed: str = ""
    formula: str = ""
    code: str = ""
    curves: Curves | None = None
    heading: str = ""
    number: int = 0
    wall_s: float = 0.0

    @property
    def question(self) -> str:
        """The question that the cell belongs to: the grade id up to its first hyphen."""
        return question_of(self.cell_id)


@dataclass(frozen=True)
class Remark:
    """Something about the hand-in that the student and the instructor should know.

    Attributes:
        kind: Stable word, for example `locked-cell-changed`, `test-missing`, `unreadable`.
        message: One sentence in the student's terms.
        cell_id: Grade id concerned; may be empty.
    """

    kind: str
    message: str
    cell_id: str = ""


@dataclass(frozen=True)
class NotebookResult:
    """Everything that was found in one notebook of one submission.

    Attributes:
        notebook: Name of the source notebook, without suffix.
        verdicts: One verdict for every graded cell of the source notebook, in its order.
        remarks: What was changed, missing or odd.
        cpu_s: Processor time in seconds, the student's cells and judging together.
        wall_s: Wall time in seconds.
    """

    notebook: str
    verdicts: tuple[Verdict, ...]
    remarks: tuple[Remark, ...] = ()
    cpu_s: float = 0.0
    wall_s: float = 0.0


@dataclass(frozen=True)
class SubmissionResult:
    """The results of one student's submission of one assignment.

    Attributes:
        assignment: Name of the assignment.
        student: The student's roll number.
        notebooks: One result for every source notebook.
        remarks: Remarks that concern the hand-in as a whole.
        sandbox: Name of the sandbox that confined the student's code.
    """

    assignment: str
    student: str
    notebooks: tuple[NotebookResult, ...]
    remarks: tuple[Remark, ...] = ()
    sandbox: str = ""

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """All verdicts, notebook by notebook."""
        return tuple(v for notebook in self.notebooks for v in notebook.verdicts)

    def to_json(self) -> str:
        """The result as JSON text with sorted keys."""
        text = json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        return text.encode("utf-8", "replace").decode("utf-8")  # half a character from a student

    @classmethod
    def from_json(cls, text: str) -> SubmissionResult:
        """The result that `to_json` wrote.

        Raises:
            ValueError: The text is not such a result.
        """
        try:
            data = json.loads(text)
            notebooks = tuple(notebook_from_dict(n) for n in data.pop("notebooks"))
            remarks = tuple(Remark(**r) for r in data.pop("remarks"))
            return cls(notebooks=notebooks, remarks=remarks, **data)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a submission result: {error}") from error


def verdict_from_dict(data: Mapping[str, Any]) -> Verdict:
    """The verdict that `dataclasses.asdict` made into a mapping."""
    curves = data.get("curves")
    return Verdict(
        **{
            **data,
            "status": Status(data["status"]),
            "curves": None if curves is None else _curves_from_dict(curves),
        }
    )


def _curves_from_dict(data: Mapping[str, Any]) -> Curves:
    values = {k: tuple(data[k]) for k in ("x", "got", "expected")}
    return Curves(**{**data, **values})


def notebook_from_dict(data: Mapping[str, Any]) -> NotebookResult:
    """The notebook result that `dataclasses.asdict` made into a mapping."""
    verdicts = tuple(verdict_from_dict(v) for v in data["verdicts"])
    remarks = tuple(Remark(**r) for r in data["remarks"])
    return NotebookResult(data["notebook"], verdicts, remarks, data["cpu_s"], data["wall_s"])


def question_of(cell_id: str) -> str:
    """The question of a grade id: `q02` for `q02-pca-test`."""
    return cell_id.partition("-")[0]


def shorten(value: object, limit: int = TEXT_LIMIT) -> str:
    """Text of a value on one line, control characters escaped, at most `limit` characters."""
    text = value if isinstance(value, str) else repr(value)
    text = " ".join(text.split())
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


# --- what hidden tests call -------------------------------------------------------------


class CheckFailed(AssertionError):
    """A hidden test called `fail`."""


class CheckUngraded(AssertionError):
    """A hidden test called `ungraded`."""


@dataclass
class Recorder:
    """Keeps what a running test says, out of the test's reach. The first word counts."""

    verdict: Verdict | None = field(default=None)

    def record(self, verdict: Verdict) -> None:
        """Keep a verdict; a later one does not replace a failure."""
        if self.verdict is None or self.verdict.status is Status.PARTIAL:
            self.verdict = verdict


_recorder: ContextVar[Recorder | None] = ContextVar("autograder_recorder", default=None)


@contextmanager
def recording(cell_id: str, max_points: float) -> Iterator[Recorder]:
    """Collect what the hidden test of one cell says while the block runs."""
    recorder = Recorder()
    token = _recorder.set(recorder)
    try:
        yield recorder
    finally:
        _recorder.reset(token)
        if recorder.verdict is not None:
            recorder.verdict = replace(recorder.verdict, cell_id=cell_id, max_points=max_points)


def _record(status: Status, points: float | None, message: str, **texts: Any) -> None:
    recorder = _recorder.get()
    if recorder is not None:
        recorder.record(Verdict("", status, points, 0.0, message=message, **texts))


def fail(
    message: str,
    *,
    expected: object = "",
    got: object = "",
    hint: str = "",
    note: str = "",
    curves: Curves | None = None,
    formula: str = "",
    code: str = "",
) -> NoReturn:
    """End the test: it failed.

    Args:
        message: What is wrong, one sentence for the student.
        expected: What was expected; shown shortened.
        got: What the answer gave; shown shortened.
        hint: How to go on, one sentence.
        note: Stable answer note, for example `eigenvalue-not-root`.
        curves: The answer's values beside the expected ones, from `curves`.
        formula: LaTeX of the formula that was read from the answer.
        code: Lines of a tool, for example a compiler's.

    Raises:
        CheckFailed: Always.
    """
    texts = {"expected": shorten(expected), "got": shorten(got), "hint": hint, "note": note}
    message = shorten(message, MESSAGE_LIMIT)
    more = {"curves": curves, "formula": formula[:MESSAGE_LIMIT], "code": code[:CODE_LIMIT]}
    _record(Status.FAILED, 0.0, message, **texts, **more)
    shown = [f"{k}: {v}" for k, v in texts.items() if v and k != "note"]
    raise CheckFailed("\n".join([message, *shown]))


def curves(
    x: object, got: object, expected: object, y_label: str = "", x_label: str = "x"
) -> Curves:
    """The answer's values beside the expected ones, thinned out for a plot.

    Args:
        x: Where, shape (n,), in rising order: a list, an array or a tensor.
        got: The answer's values there, shape (n,).
        expected: The expected values there, shape (n,).
        y_label: What is drawn, for example `swish(x)`.
        x_label: Name of the variable.

    Raises:
        ValueError: The three are not of one length, or not rows of numbers.
    """
    rows = [_numbers(values) for values in (x, got, expected)]
    if len({len(row) for row in rows}) != 1:
        raise ValueError("a curve needs as many values as places")
    step = max(1, -(-len(rows[0]) // CURVE_POINTS))
    where = tuple(value or 0.0 for value in rows[0][::step])
    return Curves(where, rows[1][::step], rows[2][::step], x_label, y_label)


def _numbers(values: object) -> tuple[float | None, ...]:
    listed = values.tolist() if hasattr(values, "tolist") else values
    if not isinstance(listed, Iterable):
        raise ValueError("a curve is a row of numbers")
    return tuple(map(_finite, listed))


def _finite(value: Any) -> float | None:
    try:
        number = float(value)
    except OverflowError:  # a whole number of hundreds of digits
        return None
    except (TypeError, ValueError) as error:
        raise ValueError("a curve is a row of numbers") from error
    return number if math.isfinite(number) else None


def ungraded(reason: str, *, formula: str = "") -> NoReturn:
    """End the test without a decision: a person has to grade it.

    Args:
        reason: Why, one sentence for the student.
        formula: LaTeX of the formula that was read from the answer.

    Raises:
        CheckUngraded: Always.
    """
    _record(Status.UNGRADED, None, reason, formula=formula[:MESSAGE_LIMIT])
    raise CheckUngraded(reason)


def partial(points: float, reason: str, *, hint: str = "", note: str = "") -> float:
    """Give a part of the points. Use it as the last expression of a test cell.

    Args:
        points: Points to give; the examiner clips them to the cell's range.
        reason: Why not all, one sentence for the student.
        hint: How to go on, one sentence.
        note: Stable answer note.

    Returns:
        The points, so that stock nbgrader reads them as partial credit too.
    """
    _record(Status.PARTIAL, float(points), reason, hint=hint, note=note)
    return float(points)
