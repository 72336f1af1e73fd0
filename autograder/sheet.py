"""A sheet: one student's results and scores, question by question, in the words of the pages.

The examiner's verdict says what was found; the gradebook's score says what counts, since a
person may have decided otherwise. A sheet joins the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from autograder.collect import Receipt, read_receipt, receipt_folder
from autograder.course import Assignment, Course, Question
from autograder.errors import InputError
from autograder.gradebook import CellScore, Gradebook
from autograder.overrides import Override, fault, read_overrides
from autograder.ratification import QuestionPoints, QuestionStanding, Standing, Tick, ratify
from autograder.verdict import (
    Remark,
    Status,
    SubmissionResult,
    Verdict,
    question_of,
)

RESULTS = "verdicts.json"
LOST = frozenset({"unreadable", "wrong-assignment", "notebook-missing", "notebook-unreadable"})
NOT_ANSWERED = "not-answered"  # the note of an answer cell that was left as released

WORDS = {
    "passed": "passed",
    "partial": "partly",
    "failed": "not yet",
    "crashed": "crashed",
    "timed_out": "ran out of time",
    "out_of_memory": "out of memory",
    "ungraded": "waits for a person",
    "person": "graded by a person",
    "missing": "no result",
}

STALE = "A person graded this before the last change and will look again; until then it stays so."
MESSAGES = {
    Status.PARTIAL: "A part of this is right.",
    Status.FAILED: "This check does not pass yet.",
    Status.CRASHED: "Your code stopped with an error while this check ran.",
    Status.TIMED_OUT: "Your code took longer than this check allows.",
    Status.OUT_OF_MEMORY: "Your code needed more memory than this check allows.",
    Status.UNGRADED: "A person reads this answer; its points come later.",
}

HINTS = {
    Status.CRASHED: "Restart the kernel, run every cell from the top, and look at the first error.",
    Status.TIMED_OUT: "Look for a loop that never ends, or for work that whole arrays could do.",
    Status.OUT_OF_MEMORY: "Look for an array that is far larger than the task needs.",
}


class Scores(Protocol):
    """What the pages need of a gradebook."""

    def scores(self, assignment: str, student: str) -> tuple[CellScore, ...]:
        """The scores of one student."""

    def students(self, assignment: str) -> tuple[str, ...]:
        """Everybody who has scores."""


@dataclass(frozen=True)
class Check:
    """One graded cell.

    Attributes:
        notebook: Name of the source notebook.
        verdict: What the examiner found.
        score: What the gradebook says; None where it says nothing.
        remarks: What concerns this cell.
        file: Where the student has the notebook.
        override: The grader's row in the file of overrides; None where there is none.
    """

    notebook: str
    verdict: Verdict
    score: CellScore | None = None
    remarks: tuple[Remark, ...] = ()
    file: str = ""
    override: Override | None = None

    @property
    def cell_id(self) -> str:
        """Grade id of the cell."""
        return self.verdict.cell_id

    @property
    def title(self) -> str:
        """What was asked; the grade id where the source does not say."""
        return self.verdict.title or self.cell_id

    @property
    def max_points(self) -> float:
        """Points that the cell is worth."""
        return self.score.max_points if self.score else self.verdict.max_points

    @property
    def points(self) -> float:
        """Points so far."""
        return self.score.points if self.score else self.verdict.points or 0.0

    @property
    def waits(self) -> bool:
        """Whether a person still has to decide."""
        undecided = self.verdict.status is Status.UNGRADED or self.verdict.points is None
        if self.score is None:
            return undecided
        return self.score.needs_manual or (undecided and self.score.manual is None)

    @property
    def bonus(self) -> float:
        """Points on top, from a person; `points` holds them too."""
        return self.score.extra_credit if self.score else 0.0

    @property
    def is_stale(self) -> bool:
        """Whether a person graded it before its last change: the score stays, and it waits."""
        return self.score is not None and self.score.is_stale

    @property
    def is_overridden(self) -> bool:
        """Whether a person's points stand in the place of the machine's or come from the file."""
        by_hand = self.score is not None and self.score.manual is not None
        return by_hand and (self.override is not None or self.machine is not None)

    @property
    def machine(self) -> float | None:
        """Points from the machine; None where it did not decide."""
        return self.score.auto if self.score else self.verdict.points

    @property
    def by_person(self) -> bool:
        """Whether a person has decided."""
        return not self.waits and self.score is not None and self.score.manual is not None

    @property
    def full(self) -> bool:
        """Whether all points are earned."""
        return not self.waits and self.points >= self.max_points

    @property
    def state(self) -> str:
        """A key of `WORDS`."""
        if self.waits:
            return "ungraded"
        return "person" if self.by_person else self.verdict.status.value

    @property
    def word(self) -> str:
        """The verdict in words."""
        return WORDS[self.state]

    @property
    def message(self) -> str:
        """What was found, never empty unless the check passed."""
        if self.is_stale:
            return STALE
        return self.verdict.message or MESSAGES.get(self.verdict.status, "")

    @property
    def hint(self) -> str:
        """How to go on."""
        return self.verdict.hint or HINTS.get(self.verdict.status, "")

    @property
    def comment(self) -> str:
        """What the grader wrote, in the file of overrides and in formgrader."""
        written = self.score.comment.strip() if self.score and self.score.comment else ""
        reason = self.override.reason if self.override else ""
        return "\n".join(dict.fromkeys(text for text in (reason, written) if text))

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to say but that it passed."""
        said = self.verdict.message or self.verdict.printed.strip() or self.comment or self.remarks
        return self.state == "passed" and self.full and not said


@dataclass(frozen=True)
class QuestionSheet:
    """One question of a sheet.

    Attributes:
        question: The question.
        checks: Its graded cells.
        remarks: What concerns the question and none of its graded cells.
        tick: A grader's decision that it is done, or not; None where there is none.
    """

    question: Question
    checks: tuple[Check, ...] = ()
    remarks: tuple[Remark, ...] = ()
    tick: Tick | None = None

    @property
    def points(self) -> float:
        """Points so far."""
        return sum(c.points for c in self.checks)

    @property
    def bonus(self) -> float:
        """Points on top, from a person; `points` holds them too."""
        return sum(c.bonus for c in self.checks)

    @property
    def max_points(self) -> float:
        """Points of the question without bonus; those of its cells where the course is silent."""
        return self.question.points or sum(c.max_points for c in self.checks)

    @property
    def waiting(self) -> int:
        """How many cells wait for a person."""
        return sum(c.waits for c in self.checks)

    @property
    def waiting_points(self) -> float:
        """Points that a person may still give."""
        return sum(max(0.0, c.max_points - c.points + c.bonus) for c in self.checks if c.waits)

    @property
    def state(self) -> str:
        """A key of `WORDS` for the question as a whole."""
        if not self.checks:
            return "missing"
        decided = [c for c in self.checks if not c.waits]
        if not decided:
            return "ungraded"
        if all(c.full for c in decided):
            return "passed"
        if any(c.points > 0 for c in decided):
            return "partial"
        states = {c.state for c in decided}
        return states.pop() if len(states) == 1 else "failed"

    @property
    def word(self) -> str:
        """The state in words."""
        return WORDS[self.state]

    @property
    def open(self) -> bool:
        """Whether the student could still improve something."""
        return self.state not in {"passed", "ungraded", "person"}


@dataclass(frozen=True)
class Sheet:
    """One student's assignment.

    Attributes:
        student: The student's roll number.
        assignment: The assignment.
        questions: In the order of the course file.
        remarks: What concerns no question, each with the notebook's name or an empty string.
        graded: Whether there are results.
        sandbox: What confined the student's code; empty where nothing says so.
        problem: Why there are no results, where that is not the student's doing.
        receipt: What was collected; None where nothing says so.
    """

    student: str
    assignment: Assignment
    questions: tuple[QuestionSheet, ...]
    remarks: tuple[tuple[str, Remark], ...] = ()
    graded: bool = True
    sandbox: str = ""
    problem: str = ""
    receipt: Receipt | None = None

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every graded cell."""
        return tuple(c for q in self.questions for c in q.checks)

    @property
    def points(self) -> float:
        """Points so far."""
        return sum(q.points for q in self.questions)

    @property
    def max_points(self) -> float:
        """Points of the assignment, without bonus."""
        return sum(q.max_points for q in self.questions)

    @property
    def bonus(self) -> float:
        """Points on top, from people; `points` holds them too."""
        return sum(q.bonus for q in self.questions)

    @cached_property
    def standing(self) -> Standing | None:
        """Whether the assignment is ratified, and why; None where the course has no rule."""
        if self.assignment.ratification is None:
            return None
        parts = [_points_of(q, self.graded) for q in self.questions]
        return ratify(self.assignment.ratification, parts)

    def standing_of(self, question: str) -> QuestionStanding | None:
        """Where one question stands; None where the course has no rule."""
        return self.standing.question(question) if self.standing else None

    @property
    def waiting(self) -> int:
        """How many cells wait for a person."""
        return sum(q.waiting for q in self.questions)

    @property
    def waiting_points(self) -> float:
        """Points that a person may still give."""
        return sum(q.waiting_points for q in self.questions)

    @property
    def remark_count(self) -> int:
        """How many remarks there are, wherever they stand."""
        placed = sum(len(q.remarks) + sum(len(c.remarks) for c in q.checks) for q in self.questions)
        return len(self.remarks) + placed

    @cached_property
    def all_remarks(self) -> tuple[Remark, ...]:
        """Every remark, wherever it stands."""
        inner = (r for q in self.questions for r in _remarks_within(q))
        return (*(r for _, r in self.remarks), *inner)

    @property
    def lost(self) -> tuple[tuple[str, Remark], ...]:
        """Remarks that say that a notebook could not be judged at all."""
        return tuple(pair for pair in self.remarks if pair[1].kind in LOST)

    @property
    def nothing_read(self) -> bool:
        """Whether there was nothing to judge, so that the student must hand in again."""
        if self.problem:
            return False
        judged = any(c.points or c.verdict.status is not Status.FAILED for c in self.checks)
        return not self.checks or (bool(self.lost) and not judged)

    @property
    def version(self) -> str:
        """Which version of the hand-in counts, for people; empty where nothing says so."""
        if self.receipt is None or not self.receipt.files:
            return ""
        commit = f"commit {self.receipt.commit[:10]}" if self.receipt.commit else "the files"
        time = self.receipt.commit_time
        return f"{commit} of {time[:16].replace('T', ' ')} UTC" if time else commit


def make_sheet(
    assignment: Assignment,
    student: str,
    result: SubmissionResult | None,
    scores: Sequence[CellScore] = (),
    problem: str = "",
    receipt: Receipt | None = None,
    overrides: Sequence[Override] = (),
) -> Sheet:
    """Join results, scores and a grader's decisions.

    Args:
        assignment: The assignment; its questions give the order.
        student: The student's roll number.
        result: What the examiner found; None where nothing could be judged.
        scores: The gradebook's scores of the student.
        problem: Why there are no results, where that is not the student's doing.
        receipt: What was collected.
        overrides: Rows of the file of overrides; those of other students are passed over.

    Raises:
        InputError: The results belong to another student or assignment.
    """
    if result and (result.student, result.assignment) != (student, assignment.name):
        raise InputError(
            f"the results are those of {result.student!r} in {result.assignment!r}",
            f"{student}, {assignment.name}",
            "grade this submission again",
        )
    own = {o.id: o for o in overrides if o.student == student}
    checks = _checks(result, scores, receipt)
    checks = tuple(replace(c, override=own.get(c.cell_id)) for c in checks)
    remarks = _remarks(result, receipt)
    known = {q.id: q for q in assignment.questions}
    for check in checks:
        name = question_of(check.cell_id)
        known.setdefault(name, Question(name, name, check.notebook, 0.0))
    ticks = {name: row.tick for name, row in own.items()}
    questions = tuple(
        replace(_question_sheet(q, checks, remarks), tick=ticks.get(q.id)) for q in known.values()
    )
    loose = tuple(pair for pair in remarks if question_of(pair[1].cell_id) not in known)
    sandbox = result.sandbox if result else ""
    graded = result is not None
    return Sheet(student, assignment, questions, loose, graded, sandbox, problem, receipt)


def _points_of(part: QuestionSheet, graded: bool) -> QuestionPoints:
    """What ratification needs to know of a question; without results nothing is judged."""
    return QuestionPoints(
        question=part.question.id,
        points=part.points - part.bonus,
        max_points=part.max_points,
        waiting=part.waiting_points,
        tick=part.tick,
        judged=graded and bool(part.checks),
    )


def _checks(
    result: SubmissionResult | None, scores: Sequence[CellScore], receipt: Receipt | None
) -> tuple[Check, ...]:
    """Every verdict with its score, then the scores that have no verdict."""
    files = {m.notebook: m.path for m in receipt.matched} if receipt else {}
    left = {(s.notebook, s.cell_id): s for s in scores}
    judged = [
        (n.notebook, v, left.pop((n.notebook, v.cell_id), None))
        for n in (result.notebooks if result else ())
        for v in n.verdicts
    ]
    # Without results a score of nought means nothing but that nobody wrote one down.
    shown = [s for s in left.values() if result is not None or s.manual is not None]
    unjudged = [(s.notebook, _verdict_of(s), s) for s in shown]
    return tuple(
        Check(notebook, verdict, score, file=files.get(notebook, f"{notebook}.ipynb"))
        for notebook, verdict, score in [*judged, *unjudged]
    )


def _verdict_of(score: CellScore) -> Verdict:
    if score.auto is None:
        return Verdict(score.cell_id, Status.UNGRADED, None, score.max_points)
    status = Status.PASSED if score.auto >= score.max_points else Status.PARTIAL
    status = status if score.auto > 0 else Status.FAILED
    return Verdict(score.cell_id, status, score.auto, score.max_points)


def _remarks(
    result: SubmissionResult | None, receipt: Receipt | None
) -> tuple[tuple[str, Remark], ...]:
    """Every remark once, with its notebook's name."""
    collected = [("", r) for r in receipt.remarks] if receipt else []
    whole = [("", r) for r in result.remarks] if result else []
    notebooks = result.notebooks if result else ()
    inner = [(n.notebook, r) for n in notebooks for r in n.remarks]
    said = {r for _, r in inner}
    return tuple(dict.fromkeys([p for p in collected + whole if p[1] not in said] + inner))


def _question_sheet(
    question: Question, checks: Iterable[Check], remarks: Iterable[tuple[str, Remark]]
) -> QuestionSheet:
    here = [r for _, r in remarks if question_of(r.cell_id) == question.id]
    own = [c for c in checks if question_of(c.cell_id) == question.id]
    placed = tuple(
        replace(c, remarks=tuple(r for r in here if r.cell_id == c.cell_id)) for c in own
    )
    cells = {c.cell_id for c in own}
    return QuestionSheet(question, placed, tuple(r for r in here if r.cell_id not in cells))


def _remarks_within(question: QuestionSheet) -> Iterable[Remark]:
    yield from question.remarks
    for check in question.checks:
        yield from check.remarks


def read_result(course: Course, assignment: str, student: str) -> SubmissionResult | None:
    """The results of one submission; None where there are none.

    Raises:
        ValueError: The file is not a result.
        OSError: The file is there and cannot be read.
    """
    path = course.autograded(student, assignment) / RESULTS
    if not path.is_file():
        return None
    return SubmissionResult.from_json(path.read_text(encoding="utf-8"))


def read_sheet(
    course: Course,
    assignment: str,
    student: str,
    scores: Sequence[CellScore],
    overrides: Sequence[Override] = (),
) -> Sheet:
    """The sheet of one student; results that cannot be used become its `problem`."""
    receipt = read_receipt(course, assignment, student)
    chosen = course.assignment(assignment)
    try:
        result = read_result(course, assignment, student)
        return make_sheet(chosen, student, result, scores, receipt=receipt, overrides=overrides)
    except InputError as error:
        problem = error.what
    except json.JSONDecodeError as error:
        problem = f"{RESULTS} is not JSON, line {error.lineno}"
    except (ValueError, OSError) as error:
        problem = f"{RESULTS} cannot be used: {error}"
    return make_sheet(chosen, student, None, scores, problem, receipt, overrides)


def students_of(course: Course, assignment: str, known: Iterable[str] = ()) -> tuple[str, ...]:
    """Everybody with a receipt, a hand-in, a result or a row in the gradebook, sorted."""
    found = set(known) | {f.stem for f in receipt_folder(course, assignment).glob("*.json")}
    for stage in ("submitted", "autograded"):
        found |= {folder.parent.name for folder in (course.root / stage).glob(f"*/{assignment}")}
    return tuple(sorted(found))


def open_scores(course: Course, gradebook: Scores | None = None) -> AbstractContextManager[Scores]:
    """The gradebook given, left open at the end; else the course's own, closed at the end."""
    if gradebook is not None:
        return nullcontext(gradebook)
    return Gradebook(course)


def enter_overrides(course: Course, assignment: str, gradebook: Scores) -> tuple[Override, ...]:
    """The file of overrides, checked, its points in the gradebook.

    Args:
        course: The course.
        assignment: Name of the assignment.
        gradebook: Where the points go; one that only shows scores is left alone.

    Raises:
        InputError: A row cannot be used; the message names its line.
    """
    path = course.overrides(assignment)
    rows = read_overrides(path, [q.id for q in course.assignment(assignment).questions])
    known = students_of(course, assignment, gradebook.students(assignment)) if rows else ()
    for row in rows:
        if row.student not in known:
            what = f"nothing was handed in by {row.student!r}"
            raise fault(path, row, what, "check the roll number, or collect first")
    if isinstance(gradebook, Gradebook):
        gradebook.enter(assignment, rows)
    return rows
