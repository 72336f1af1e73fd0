"""nbgrader's database. Nobody else touches it.

Scores, the manual queue and comments stand where nbgrader's own tools look for them, so its
formgrader, exporters and reports work on them unchanged.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import sqlalchemy.exc
from nbgrader import api

from autograder.course import Assignment, Course
from autograder.errors import AutograderError, InputError
from autograder.notebook import SourceNotebook
from autograder.verdict import Status, SubmissionResult, Verdict

BUSY_S = 60  # seconds to wait while another process writes


@dataclass(frozen=True)
class CellScore:
    """The scores of one graded cell of one student.

    Attributes:
        notebook: Name of the notebook.
        cell_id: Grade id.
        auto: Points from the machine; None where it did not decide.
        manual: Points from a person; None where nobody has decided.
        extra_credit: Points on top, from a person.
        max_points: Points that the cell is worth.
        needs_manual: Whether it waits for a person.
        comment: What the grader wrote; may be empty.
    """

    notebook: str
    cell_id: str
    auto: float | None
    manual: float | None
    extra_credit: float
    max_points: float
    needs_manual: bool
    comment: str

    @property
    def points(self) -> float:
        """Points that count: a person's before the machine's, and extra credit on top."""
        base = self.manual if self.manual is not None else self.auto
        return (base or 0.0) + self.extra_credit


class Gradebook:
    """The gradebook of a course, open. Use it as a context manager.

    Args:
        course: The course whose `gradebook.db` is opened; it is made if it is not there.

    Raises:
        AutograderError: The database cannot be opened.
    """

    def __init__(self, course: Course) -> None:
        self.course = course
        self.url = f"sqlite:///{course.gradebook}?timeout={BUSY_S}"
        _find_alembic()
        try:
            self.api = api.Gradebook(self.url, course.id)
        except Exception as error:  # SQLAlchemy and sqlite raise many kinds
            raise InputError(
                f"the gradebook cannot be opened: {str(error).splitlines()[0]}",
                str(course.gradebook),
                "check that the file is a gradebook and the folder can be written",
            ) from error

    def __enter__(self) -> Gradebook:
        return self

    def __exit__(self, *_: object) -> None:
        self.api.close()

    def register(self, assignment: Assignment, sources: Sequence[SourceNotebook]) -> None:
        """Make the assignment, its notebooks and their cells known, as nbgrader's own release does.

        Args:
            assignment: From the course file.
            sources: Its source notebooks.

        Raises:
            AutograderError: Cells were added or removed since work was graded.
        """
        due = None
        if assignment.deadline is not None:
            due = assignment.deadline.astimezone(UTC).replace(tzinfo=None)
        with _explained(self.course.gradebook):
            self.api.update_or_create_assignment(
                assignment.name, duedate=due, course_id=self.course.id
            )
            for source in sources:
                self._save_cells(assignment.name, source)

    def _save_cells(self, assignment: str, source: SourceNotebook) -> None:
        from nbgrader.preprocessors import ClearSolutions, ComputeChecksums, LockCells, SaveCells

        notebook = nbformat.from_dict(json.loads(json.dumps(source.node)))
        resources: dict[str, Any] = {
            "nbgrader": {"notebook": source.name, "assignment": assignment, "db_url": self.url}
        }
        try:
            for preprocessor in (LockCells, ClearSolutions, ComputeChecksums, SaveCells):
                notebook, resources = preprocessor().preprocess(notebook, resources)
        except RuntimeError as error:
            raise AutograderError(
                f"{source.name}: {error}",
                str(self.course.gradebook),
                "give changed cells their old ids back, or move gradebook.db away and grade anew",
            ) from error

    def record(self, result: SubmissionResult, handed_in: datetime | None) -> None:
        """Write the scores of one submission. Scores and comments of people stay.

        Args:
            result: What the examiner found.
            handed_in: When it was handed in, with time zone; None where it is not known.
        """
        self.api.update_or_create_student(result.student)
        with (
            _explained(self.course.gradebook),
            warnings.catch_warnings(),
        ):  # nbgrader adds a submission in a way that SQLAlchemy notes
            warnings.filterwarnings("ignore", "Object of type", sqlalchemy.exc.SAWarning)
            self._write_scores(result, handed_in)

    def _write_scores(self, result: SubmissionResult, handed_in: datetime | None) -> None:
        when = handed_in.astimezone(UTC).replace(tzinfo=None) if handed_in else None
        self.api.update_or_create_submission(result.assignment, result.student, timestamp=when)
        for notebook in result.notebooks:
            submitted = self.api.find_submission_notebook(
                notebook.notebook, result.assignment, result.student
            )
            verdicts = {v.cell_id: v for v in notebook.verdicts}
            for grade in submitted.grades:
                verdict = verdicts.get(grade.name)
                if verdict is not None:
                    _write(grade, verdict)
            for comment in submitted.comments:
                verdict = verdicts.get(comment.name)
                empty = verdict is not None and verdict.note == "not-answered"
                comment.auto_comment = "No response." if empty else None
        self.api.db.commit()

    def students(self, assignment: str) -> tuple[str, ...]:
        """Roll numbers of those who have a submission of the assignment, sorted."""
        return tuple(sorted(s.student.id for s in self.api.assignment_submissions(assignment)))

    def scores(self, assignment: str, student: str) -> tuple[CellScore, ...]:
        """The scores of one student, notebook by notebook; empty where there is no submission."""
        try:
            submission = self.api.find_submission(assignment, student)
        except api.MissingEntry:
            return ()
        found = []
        for notebook in submission.notebooks:
            comments = {c.name: c.manual_comment or "" for c in notebook.comments}
            for grade in notebook.grades:
                found.append(_score(notebook.name, grade, comments.get(grade.name, "")))
        return tuple(sorted(found, key=lambda s: (s.notebook, s.cell_id)))


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Say what to do where the database cannot be written."""
    try:
        yield
    except (sqlalchemy.exc.SQLAlchemyError, api.InvalidEntry) as error:
        text = str(error)
        if "locked" in text:
            what, cure = "another program is writing to the gradebook", "close it, and run again"
        elif "readonly" in text or "full" in text:
            what, cure = (
                "the gradebook cannot be written",
                "make it writable, free space, run again",
            )
        else:
            what, cure = f"the gradebook refuses: {text.splitlines()[0]}", "see docs/nbgrader.md"
        raise InputError(what, str(path), cure) from error


def _write(grade: Any, verdict: Verdict) -> None:
    """The score of one cell; a person's score stays beside it."""
    undecided = verdict.status is Status.UNGRADED
    grade.auto_score = None if undecided else verdict.points
    grade.needs_manual_grade = undecided and grade.manual_score is None


def _score(notebook: str, grade: Any, comment: str) -> CellScore:
    return CellScore(
        notebook=notebook,
        cell_id=grade.name,
        auto=grade.auto_score,
        manual=grade.manual_score,
        extra_credit=grade.extra_credit or 0.0,
        max_points=float(grade.cell.max_score),
        needs_manual=bool(grade.needs_manual_grade),
        comment=comment,
    )


def _find_alembic() -> None:
    """Nbgrader calls `alembic` by name: put the environment's programs where it will look."""
    programs = str(Path(sys.executable).parent)
    if programs not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = programs + os.pathsep + os.environ.get("PATH", "")
