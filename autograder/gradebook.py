"""nbgrader's database. Nobody else touches it.

Scores, the manual queue and comments stand where nbgrader's own tools look for them, so its
formgrader, exporters and reports work on them unchanged. Two facts that nbgrader has no place for
stand in a table of our own beside its tables: which work a score was given for, and which points
came from a file of overrides, with those that they replaced.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import sqlalchemy as sa
import sqlalchemy.exc
from nbgrader import api

from autograder.course import Assignment, Course
from autograder.errors import AutograderError, InputError
from autograder.notebook import SourceNotebook
from autograder.overrides import Override, fault
from autograder.verdict import Status, SubmissionResult, Verdict, question_of

BUSY_S = 60  # seconds to wait while another process writes
ORIGINS = sa.Table(
    "autograder_origin",
    sa.MetaData(),
    sa.Column("grade", sa.String(32), primary_key=True),  # nbgrader's id of the grade
    sa.Column("work", sa.String(64)),  # digest of the work that was recorded last
    sa.Column("points", sa.Float),  # from the file; null where the file says nothing
    sa.Column("reason", sa.Text),
    sa.Column("before", sa.Float),  # a person's points that the file's have replaced
    sa.Column("before_waits", sa.Boolean),  # whether those waited for another look
)


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
    def is_stale(self) -> bool:
        """Whether a person's points were given before the work changed: they stay, and wait."""
        return self.manual is not None and self.needs_manual

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
            if not course.gradebook.exists():
                _make(course)
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

    def record(
        self,
        result: SubmissionResult,
        handed_in: datetime | None,
        works: Mapping[str, str] | None = None,
    ) -> None:
        """Write the scores of one submission, all or none.

        Scores and comments of people stay. Where the work behind a person's score is another than
        when it was recorded before, the cell waits for a look again, with its score.

        Args:
            result: What the examiner found.
            handed_in: When it was handed in, with time zone; None where it is not known.
            works: Digest of the student's work by graded cell.
        """
        with (
            _explained(self.course.gradebook),
            warnings.catch_warnings(),
        ):  # nbgrader adds a submission in a way that SQLAlchemy notes
            warnings.filterwarnings("ignore", "Object of type", sqlalchemy.exc.SAWarning)
            ORIGINS.create(self.api.engine, checkfirst=True)
            with self._one_transaction():
                self._write_scores(result, handed_in, works or {})

    @contextmanager
    def _one_transaction(self) -> Iterator[None]:
        """Nbgrader's functions commit at once: while the block runs they wait for its end."""
        session = self.api.db()
        session.commit = session.flush
        try:
            yield
        except BaseException:
            session.rollback()
            raise
        else:
            del session.commit
            session.commit()
        finally:
            vars(session).pop("commit", None)

    def _write_scores(
        self, result: SubmissionResult, handed_in: datetime | None, works: Mapping[str, str]
    ) -> None:
        when = handed_in.astimezone(UTC).replace(tzinfo=None) if handed_in else None
        self.api.update_or_create_student(result.student)
        submission = self.api.update_or_create_submission(
            result.assignment, result.student, timestamp=when
        )
        verdicts = {(n.notebook, v.cell_id): v for n in result.notebooks for v in n.verdicts}
        found = self._rows(api.Grade, submission.id)
        grades = [(grade, verdicts[n, c]) for grade, n, c in found if (n, c) in verdicts]
        worked = {g.id: works[v.cell_id] for g, v in grades if v.cell_id in works}
        changed = self._note_works(worked)
        for grade, verdict in grades:
            _write(grade, verdict, grade.id in changed)
        judged = {n.notebook for n in result.notebooks}
        for comment, notebook, cell in self._rows(api.Comment, submission.id):
            if notebook in judged:
                said = verdicts.get((notebook, cell))
                empty = said is not None and said.note == "not-answered"
                comment.auto_comment = "No response." if empty else None

    def _rows(self, kind: Any, submission: str) -> list[tuple[Any, str, str]]:
        """All grades or comments of a submission, with the names of notebook and cell.

        In one query: to ask nbgrader's objects for their names takes one query each.
        """
        query = (
            sa.select(kind, api.Notebook.name, api.BaseCell.name)
            .join(api.BaseCell, kind.cell_id == api.BaseCell.id)
            .join(api.SubmittedNotebook, kind.notebook_id == api.SubmittedNotebook.id)
            .join(api.Notebook, api.SubmittedNotebook.notebook_id == api.Notebook.id)
            .where(api.SubmittedNotebook.assignment_id == submission)
        )
        return [tuple(row) for row in self.api.db.execute(query)]

    def _note_works(self, works: Mapping[str, str]) -> set[str]:
        """Keep digests of works, by grade, and say where it was another one before."""
        query = sa.select(ORIGINS).where(ORIGINS.c.grade.in_(list(works)))
        before = {row.grade: row.work for row in self.api.db.execute(query)}
        new = [{"grade": g, "work": w} for g, w in works.items() if g not in before]
        other = [{"of": g, "now": w} for g, w in works.items() if before.get(g, w) != w]
        if new:
            self.api.db.execute(sa.insert(ORIGINS), new)
        if other:
            chosen = sa.update(ORIGINS).where(ORIGINS.c.grade == sa.bindparam("of"))
            self.api.db.execute(chosen.values(work=sa.bindparam("now")), other)
        return {g for g, work in works.items() if before.get(g) not in (None, work)}

    def _origin(self, grade_id: str) -> Any:
        found = self.api.db.execute(sa.select(ORIGINS).where(ORIGINS.c.grade == grade_id))
        return found.one_or_none()

    def _keep_origin(self, grade_id: str, **values: object) -> None:
        if self._origin(grade_id) is None:
            self.api.db.execute(sa.insert(ORIGINS).values(grade=grade_id))
        self.api.db.execute(sa.update(ORIGINS).where(ORIGINS.c.grade == grade_id).values(**values))

    def enter(self, assignment: str, overrides: Sequence[Override]) -> None:
        """Bring the points of a file of overrides into the gradebook, all or none.

        Each row's points become its cell's score by a person; a row that has gone gives the cell
        back the score that it had. What is there already is left alone.

        Args:
            assignment: Name of the assignment.
            overrides: All rows of its file; those about questions are no business of a gradebook.

        Raises:
            InputError: A row names nobody or nothing that is known, gives more than the cell is
                worth, or the score was changed by other means since.
        """
        wanted = [o for o in overrides if o.points is not None]
        if not wanted and not sa.inspect(self.api.engine).has_table(ORIGINS.name):
            return
        with _explained(self.course.gradebook):
            ORIGINS.create(self.api.engine, checkfirst=True)
            try:
                entered = {self._enter(assignment, row) for row in wanted}
                for grade, origin in self._entered(assignment):
                    if grade.id not in entered:
                        self._take_back(grade, origin)
                self.api.db.commit()
            except BaseException:
                self.api.db.rollback()
                raise

    def _enter(self, assignment: str, row: Override) -> str:
        """Enter one row; the id of its grade."""
        path = self.course.overrides(assignment)
        grade = self._grade(assignment, row)
        assert row.points is not None
        if row.points > grade.cell.max_score:
            most = f"{grade.cell.max_score:g}"
            cure = f"write at most {most}; bonus goes into formgrader's extra credit"
            raise fault(path, row, f"{row.points:g} points for a cell of {most}", cure)
        origin = self._origin(grade.id)
        if origin is None or origin.points is None:
            waits = bool(grade.needs_manual_grade)
            self._keep_origin(grade.id, before=grade.manual_score, before_waits=waits)
        elif grade.manual_score not in (origin.points, row.points):
            now = "none" if grade.manual_score is None else f"{grade.manual_score:g}"
            what = f"{row.student} {row.id} was graded in formgrader since: its score is {now}"
            cure = "take the row away, so that formgrader counts, or write the same points here"
            raise fault(path, row, what, cure)
        if origin is None or (origin.points, origin.reason) != (row.points, row.reason):
            grade.manual_score, grade.needs_manual_grade = row.points, False
            self._keep_origin(grade.id, points=row.points, reason=row.reason)
        return str(grade.id)

    def _grade(self, assignment: str, row: Override) -> Any:
        """The grade that a row is about."""
        path = self.course.overrides(assignment)
        try:
            submission = self.api.find_submission(assignment, row.student)
        except api.MissingEntry as error:
            what = f"nothing of {row.student!r} has been graded"
            cure = "check the roll number, or grade the hand-in first"
            raise fault(path, row, what, cure) from error
        grades = {g.name: g for n in submission.notebooks for g in n.grades}
        if row.id not in grades:
            near = sorted(i for i in grades if question_of(i) == row.question)
            what = f"there is no graded cell {row.id!r}"
            raise fault(path, row, what, f"use one of {', '.join(near)}")
        return grades[row.id]

    def _entered(self, assignment: str) -> list[tuple[Any, Any]]:
        """Grades of an assignment whose points came from the file, with their origins."""
        origins = self.api.db.execute(sa.select(ORIGINS).where(ORIGINS.c.points.is_not(None)))
        by_id = {o.grade: o for o in origins}
        grades = self.api.db.query(api.Grade).filter(api.Grade.id.in_(list(by_id)))
        return [(g, by_id[g.id]) for g in grades if g.notebook.assignment.name == assignment]

    def _take_back(self, grade: Any, origin: Any) -> None:
        """Undo a row that has gone, unless formgrader has decided since."""
        if grade.manual_score == origin.points:
            grade.manual_score = origin.before
            scored = origin.before is not None
            stale = scored and (grade.needs_manual_grade or bool(origin.before_waits))
            grade.needs_manual_grade = stale or (not scored and grade.auto_score is None)
        nothing = {"points": None, "reason": None, "before": None, "before_waits": None}
        self._keep_origin(grade.id, **nothing)

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
            graded = {g.name for g in notebook.grades}
            for grade in notebook.grades:
                comment = comment_on(grade.name, comments, graded)
                found.append(_score(notebook.name, grade, comment))
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


def _write(grade: Any, verdict: Verdict, changed: bool) -> None:
    """The score of one cell; a person's score stays beside it, and waits if the work changed."""
    undecided = verdict.status is Status.UNGRADED
    grade.auto_score = None if undecided else verdict.points
    if grade.manual_score is None:
        grade.needs_manual_grade = undecided
    else:
        grade.needs_manual_grade = bool(grade.needs_manual_grade or changed)


def comment_on(cell_id: str, comments: Mapping[str, str], graded: Collection[str]) -> str:
    """What a grader wrote about a graded cell.

    Formgrader takes comments at answers only. So what stands at a code answer belongs to its
    tests: those whose ids begin with the answer's, else all tests of its question that no answer
    claims.

    Args:
        cell_id: Grade id of the graded cell.
        comments: Comments of the notebook by the id of their cell.
        graded: Ids of all graded cells of the notebook.
    """
    if cell_id in comments:
        return comments[cell_id]
    answers = [a for a in comments if a not in graded and question_of(a) == question_of(cell_id)]
    own = [a for a in answers if cell_id.startswith(f"{a}-")]
    tests = [t for t in graded if t not in comments]
    free = [a for a in answers if not any(t.startswith(f"{a}-") for t in tests)]
    chosen = [max(own, key=len)] if own else free
    return "\n".join(comments[a] for a in sorted(chosen) if comments[a].strip())


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


def _make(course: Course) -> None:
    """Make an empty gradebook, whole or not at all.

    Nbgrader makes it in several steps and takes one that stopped in between for a whole one.
    """
    draft = course.cache / "gradebook.db"
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.unlink(missing_ok=True)
    made = api.Gradebook(f"sqlite:///{draft}", course.id)
    made.close()
    made.engine.dispose()
    draft.rename(course.gradebook)


def _find_alembic() -> None:
    """Nbgrader calls `alembic` by name: put the environment's programs where it will look."""
    programs = str(Path(sys.executable).parent)
    if programs not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = programs + os.pathsep + os.environ.get("PATH", "")
