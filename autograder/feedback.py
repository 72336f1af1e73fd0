"""Feedback: one page per student, as HTML and as Markdown.

A page says what was asked, what was found and how to go on, with the points so far. It is made
from verdicts and scores alone, never from a source notebook, so no hidden test and no answer can
get into it; and from one student's values, so nobody sees another's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.collect import read_receipt
from autograder.course import Course
from autograder.errors import InputError
from autograder.gradebook import CellScore
from autograder.pages import render_html, render_markdown, write_text
from autograder.sheet import (
    Scores,
    Sheet,
    enter_overrides,
    make_sheet,
    open_scores,
    read_sheet,
    students_of,
)
from autograder.verdict import SubmissionResult

PAGE = "index.html"
TEXT = "feedback.md"


@dataclass(frozen=True)
class FeedbackPage:
    """One page that was written.

    Attributes:
        student: The student's roll number.
        path: The HTML page; the Markdown lies beside it.
        points: Points so far.
        max_points: Points of the assignment, without bonus.
        waiting: Graded cells that wait for a person.
        graded: Whether there were results.
        problem: Why results could not be used; empty where they could.
    """

    student: str
    path: Path
    points: float
    max_points: float
    waiting: int
    graded: bool
    problem: str = ""


@dataclass(frozen=True)
class FeedbackResult:
    """What the stage wrote."""

    assignment: str
    pages: tuple[FeedbackPage, ...]

    @property
    def troubled(self) -> tuple[FeedbackPage, ...]:
        """Pages of students whose results could not be used."""
        return tuple(p for p in self.pages if p.problem)


def feedback(
    course: Course,
    assignment: str,
    students: Iterable[str] | None = None,
    *,
    gradebook: Scores | None = None,
    progress: Callable[[FeedbackPage], None] = lambda page: None,
) -> FeedbackResult:
    """Write the feedback of an assignment.

    Args:
        course: The course.
        assignment: Name of the assignment.
        students: Roll numbers; everybody with a hand-in where None.
        gradebook: Where the scores are; the course's own gradebook where None.
        progress: Called after every page.

    Raises:
        CourseError: There is no such assignment.
        InputError: A student is named who handed in nothing.
    """
    course.assignment(assignment)
    pages = []
    with open_scores(course, gradebook) as scores:
        known = students_of(course, assignment, scores.students(assignment))
        chosen = _chosen(students, known, assignment)
        overrides = enter_overrides(course, assignment, scores)
        ungraded = [s for s in chosen if _is_ungraded(course, assignment, s)]
        if chosen and len(ungraded) == len(chosen):
            where, cure = str(course.root / "autograded"), f"run `autograder grade {assignment}`"
            raise InputError(f"nothing of {assignment} has been graded yet", where, cure)
        for student in chosen:
            _refuse_path(student)
            if student in ungraded:
                path = course.feedback(student, assignment) / PAGE
                words = "is not graded yet, so no page was written; run `autograder grade`"
                pages.append(FeedbackPage(student, path, 0, 0, 0, False, words))
                continue
            found = scores.scores(assignment, student)
            sheet = read_sheet(course, assignment, student, found, overrides)
            path = _write(course, sheet)
            pages.append(_page(sheet, path))
            progress(pages[-1])
    return FeedbackResult(assignment, tuple(pages))


def _is_ungraded(course: Course, assignment: str, student: str) -> bool:
    """Whether a hand-in lies there ungraded: it must not read as an unreadable one."""
    handed_in = course.submitted(student, assignment).is_dir()
    return handed_in and not course.autograded(student, assignment).is_dir()


def write_feedback(
    course: Course,
    assignment: str,
    student: str,
    result: SubmissionResult | None,
    scores: Sequence[CellScore],
) -> Path:
    """Write the pages of one student.

    Args:
        course: The course.
        assignment: Name of the assignment.
        student: The student's roll number.
        result: What the examiner found; None where there was nothing to judge.
        scores: The gradebook's scores of this student.

    Returns:
        The HTML page; `feedback.md` lies beside it.

    Raises:
        InputError: The results belong to somebody else, or the roll number is no folder name.
    """
    _refuse_path(student)
    receipt = read_receipt(course, assignment, student)
    sheet = make_sheet(course.assignment(assignment), student, result, scores, receipt=receipt)
    return _write(course, sheet)


def _refuse_path(student: str) -> None:
    """A roll number becomes a folder's name, so it must be one.

    Raises:
        InputError: It is not.
    """
    if student in {"", ".", ".."} or Path(student).name != student or "\0" in student:
        raise InputError(f"{student!r} is no folder name", "roll number", "correct it")


def _write(course: Course, sheet: Sheet) -> Path:
    folder = course.feedback(sheet.student, sheet.assignment.name)
    write_text(folder / TEXT, feedback_markdown(course, sheet))
    return write_text(folder / PAGE, feedback_html(course, sheet))


def feedback_html(course: Course, sheet: Sheet) -> str:
    """The HTML page of a sheet: one file, no script, nothing to load."""
    return render_html("feedback.html", course=course, sheet=sheet)


def feedback_markdown(course: Course, sheet: Sheet) -> str:
    """The same as Markdown, for an issue or a pull request."""
    return render_markdown("feedback.md", course=course, sheet=sheet)


def _page(sheet: Sheet, path: Path) -> FeedbackPage:
    return FeedbackPage(
        student=sheet.student,
        path=path,
        points=sheet.points,
        max_points=sheet.max_points,
        waiting=sheet.waiting,
        graded=sheet.graded,
        problem=sheet.problem,
    )


def _chosen(
    students: Iterable[str] | None, known: tuple[str, ...], assignment: str
) -> tuple[str, ...]:
    if students is None:
        return known
    chosen = tuple(dict.fromkeys(students))
    for student in chosen:
        if student not in known:
            raise InputError(
                f"nothing was handed in by {student!r}",
                assignment,
                "check the roll number, or collect first",
            )
    return chosen
