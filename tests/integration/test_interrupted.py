"""A run that is killed at bad moments: started again, it ends with what it should."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.errors import InputError
from autograder.grade import grade
from autograder.gradebook import Gradebook
from autograder.notebook import dumps, load_source
from autograder.verdict import NotebookResult, Status, SubmissionResult, Verdict
from autograder.workers import alone
from benchmarks.interrupted import adopting, children, killed, outcome
from tests.conftest import HONEST, NAME, filled

STUDENTS = ("s0401", "s0402", "s0403")
Moment = Callable[[], bool]


def hand_in(course: Course) -> None:
    """Honest work of three students."""
    source = load_source(course.source("hw") / f"{NAME}.ipynb")
    for student in STUDENTS:
        folder = course.submitted(student, "hw")
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_text(dumps(filled(source, HONEST)))


def there(course: Course, pattern: str) -> Moment:
    """The moment when the first path of a pattern is there."""
    return lambda: any(course.root.glob(pattern))


def schema_version(path: Path) -> list[tuple[str]]:
    """What nbgrader's own upgrades read."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT version_num FROM alembic_version").fetchall()
    finally:
        connection.close()


@pytest.mark.slow
def test_a_killed_run_goes_on_and_leaves_nothing_behind(course: Course, confined: str) -> None:
    """Killed as a group while the gradebook is made, and alone while two students are judged."""
    hand_in(course)
    moments = [
        (there(course, ".autograder/gradebook.db"), False),
        (there(course, "autograded/*/.hw.draft-*"), True),
    ]
    own = children()
    with adopting():
        for moment, first_alone in moments:
            assert killed(course, "hw", moment, alone=first_alone, own=own)
        for left in (".hw.draft-1", ".hw.old-1"):  # had it been killed while files were moved
            (course.root / "autograded" / "s0401" / left).mkdir(parents=True, exist_ok=True)
        assert not killed(course, "hw", lambda: False, alone=True, own=own)
    found = outcome(course, "hw")
    assert {s: sum(score.points for score in found["scores"][s]) for s in found["scores"]} == (
        dict.fromkeys(STUDENTS, 3.0)
    )
    assert set(found["verdicts"]) == set(STUDENTS)
    assert not [f for f in found["files"] if "/.hw" in f or f.startswith("tmp/")]
    assert not {"scratch", "gradebook.db"} & {p.name for p in course.cache.iterdir()}
    assert len(schema_version(course.gradebook)) == 1


def test_two_runs_at_a_time_are_refused(
    course: Course, confined: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second says so, and touches nothing."""
    monkeypatch.setattr("autograder.workers.LOCK_PATIENCE_S", 0.2)
    hand_in(course)
    with (
        alone(course.cache / "grading.lock", "somebody grades"),
        pytest.raises(InputError, match="this course is being graded already"),
    ):
        grade(course, course.assignment("hw"))
    assert not course.gradebook.exists()


def test_a_submission_is_recorded_as_a_whole_or_not_at_all(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where recording stops half-way, the gradebook does not know of the submission."""
    source = load_source(course.source("hw") / f"{NAME}.ipynb")
    verdict = Verdict("q01-double-test", Status.PASSED, 2.0, 2.0)
    result = SubmissionResult("hw", "s0401", (NotebookResult(NAME, (verdict,), ()),), (), "none")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with Gradebook(course) as book:
        book.register(course.assignment("hw"), [source])
        with monkeypatch.context() as patched:
            patched.setattr("autograder.gradebook._write", stop)
            with pytest.raises(KeyboardInterrupt):
                book.record(result, None)
        assert book.students("hw") == ()
        book.record(result, None)
    with Gradebook(course) as book:
        assert sum(s.points for s in book.scores("hw", "s0401")) == 2.0
