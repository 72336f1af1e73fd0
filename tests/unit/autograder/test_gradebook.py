"""The gradebook: scores of people beside the machine's, in nbgrader's own database."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader import api

from autograder.course import Course, load_course
from autograder.errors import InputError
from autograder.gradebook import CellScore, Gradebook, comment_on
from autograder.overrides import Override
from autograder.verdict import NotebookResult, Status, SubmissionResult, Verdict
from tests.conftest import TINY_COURSE

pytestmark = pytest.mark.filterwarnings(  # nbgrader's own
    "ignore:Object of type:sqlalchemy.exc.SAWarning"
)
TEST, WHY = "q01-double-test", "q01-why"
FIRST = {TEST: "a", WHY: "b"}  # digests of the work


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real gradebook of a notebook with an answer, its test of 2 points and an essay of 1."""
    root = tmp_path_factory.mktemp("gradebook")
    (root / "course.toml").write_text(TINY_COURSE)
    with Gradebook(load_course(root / "course.toml")) as found:
        found.api.add_assignment("hw", course_id="tiny")
        found.api.add_notebook("one", "hw")
        found.api.add_solution_cell("q01-double", "one", "hw")
        found.api.add_grade_cell(TEST, "one", "hw", max_score=2, cell_type="code")
        found.api.add_grade_cell(WHY, "one", "hw", max_score=1, cell_type="markdown")
        found.api.add_solution_cell(WHY, "one", "hw")
    return root


@pytest.fixture
def book(made: Path, tmp_path: Path) -> Iterator[Gradebook]:
    """A copy of that gradebook, open: making one takes seconds."""
    for name in ("course.toml", "gradebook.db"):
        shutil.copy(made / name, tmp_path)
    with Gradebook(load_course(tmp_path / "course.toml")) as found:
        yield found


def record(book: Gradebook, auto: float, works: dict[str, str], student: str = "s01") -> None:
    """Record a judged submission: points of the test; the essay waits."""
    status = Status.PASSED if auto == 2 else Status.FAILED
    verdicts = (Verdict(TEST, status, auto, 2), Verdict(WHY, Status.UNGRADED, None, 1))
    result = SubmissionResult("hw", student, (NotebookResult("one", verdicts),))
    book.record(result, None, works)


def score(book: Gradebook, cell: str, student: str = "s01") -> CellScore:
    """One score, as the kit reads it."""
    return next(s for s in book.scores("hw", student) if s.cell_id == cell)


def grade_by_hand(book: Gradebook, cell: str, points: float | None, comment: str = "") -> None:
    """What formgrader does when a score or a comment is entered, through nbgrader's API."""
    grade = book.api.find_grade(cell, "one", "hw", "s01")
    grade.manual_score = points
    grade.needs_manual_grade = points is None and grade.auto_score is None
    if comment:
        name = cell if cell == WHY else "q01-double"
        book.api.find_comment(name, "one", "hw", "s01").manual_comment = comment
    book.api.db.commit()


def row(points: float, cell: str = TEST, student: str = "s01", reason: str = "why") -> Override:
    """A row of the file of overrides."""
    return Override(student, cell, points, None, reason, "g01", 2)


def manual(book: Gradebook, cell: str = TEST) -> tuple[float | None, bool]:
    """A person's points, and whether the cell waits, as nbgrader's own API says."""
    with api.Gradebook(book.url, "tiny") as theirs:
        grade = theirs.find_grade(cell, "one", "hw", "s01")
        return grade.manual_score, grade.needs_manual_grade


# --- formgrader ------------------------------------------------------------------------------


def test_a_persons_score_on_a_test_goes_before_the_machines(book: Gradebook) -> None:
    """Points by hand count, the machine's stay beside them, the answer's comment is the reason."""
    record(book, 0, FIRST)
    grade_by_hand(book, TEST, 1.5, "right but for a name")
    found = score(book, TEST)
    assert (found.points, found.auto, found.manual) == (1.5, 0, 1.5)
    assert (found.comment, found.is_stale) == ("right but for a name", False)


def test_scores_and_comments_survive_the_same_work_judged_again(book: Gradebook) -> None:
    """Judging again changes neither points nor comment, and asks nobody to look."""
    record(book, 0, FIRST)
    grade_by_hand(book, TEST, 1.5, "nearly")
    grade_by_hand(book, WHY, 0.5, "short")
    record(book, 2, FIRST)
    assert (manual(book), manual(book, WHY)) == ((1.5, False), (0.5, False))
    assert (score(book, TEST).comment, score(book, WHY).comment) == ("nearly", "short")
    assert score(book, TEST).auto == 2


def test_scores_survive_other_work_and_wait_for_a_look(book: Gradebook) -> None:
    """The work has changed: points and comment stay, and that cell alone waits, until graded."""
    record(book, 0, FIRST)
    grade_by_hand(book, TEST, 1.5, "nearly")
    grade_by_hand(book, WHY, 0.5, "short")
    record(book, 0, FIRST | {WHY: "other"})
    assert (manual(book, WHY), manual(book)) == ((0.5, True), (1.5, False))
    found = score(book, WHY)
    assert (found.is_stale, found.points, found.comment) == (True, 0.5, "short")
    record(book, 0, FIRST | {WHY: "other"})
    assert score(book, WHY).is_stale, "it waits until a person has looked"
    grade_by_hand(book, WHY, 0.5)
    record(book, 0, FIRST | {WHY: "other"})
    assert not score(book, WHY).is_stale


def test_work_that_nobody_graded_does_not_turn_stale(book: Gradebook) -> None:
    """Without a person's score a change changes nothing but the machine's points."""
    record(book, 0, FIRST)
    record(book, 2, {TEST: "x", WHY: "y"})
    assert (score(book, TEST).needs_manual, score(book, WHY).needs_manual) == (False, True)
    assert not score(book, WHY).is_stale


@pytest.mark.parametrize(
    ("cell", "comment"),
    [
        ("q02-pca-test", "on pca"),
        ("q02-pca-sign-test", "on sign"),
        ("q02-why", "on why"),
        ("q02-both-test", "on rest"),
        ("q03-test", ""),
    ],
)
def test_a_comment_belongs_to_the_tests_of_its_answer(cell: str, comment: str) -> None:
    """The longest answer that the test's id begins with; else answers that no test claims."""
    comments = {
        "q02-pca": "on pca", "q02-pca-sign": "on sign", "q02-why": "on why", "q02-rest": "on rest",
        "q04-x": "on x",
    }  # fmt: skip
    graded = ["q02-pca-test", "q02-pca-sign-test", "q02-why", "q02-both-test", "q03-test"]
    assert comment_on(cell, comments, graded) == comment


# --- the file --------------------------------------------------------------------------------


def test_points_of_the_file_reach_nbgraders_gradebook(book: Gradebook) -> None:
    """They stand where formgrader and exporters look, and an essay no longer waits."""
    record(book, 0, FIRST)
    book.enter("hw", [row(1.5), row(1, WHY)])
    assert (manual(book), manual(book, WHY)) == ((1.5, False), (1.0, False))
    with api.Gradebook(book.url, "tiny") as theirs:
        assert theirs.find_submission("hw", "s01").score == 2.5


def test_entering_twice_and_judging_again_change_nothing(book: Gradebook) -> None:
    """The same file is entered any number of times; the score survives a new run."""
    record(book, 0, FIRST)
    for _ in range(2):
        book.enter("hw", [row(1.5)])
        record(book, 2, FIRST)
    assert (manual(book), score(book, TEST).auto) == ((1.5, False), 2)


def test_a_row_that_has_gone_gives_back_what_was_there(book: Gradebook) -> None:
    """The machine's points, a person's earlier ones, or the queue."""
    record(book, 2, FIRST)
    book.enter("hw", [row(1.5), row(1, WHY)])
    book.enter("hw", [])
    assert (manual(book), manual(book, WHY)) == ((None, False), (None, True))
    grade_by_hand(book, TEST, 0.5)
    book.enter("hw", [row(1.5)])
    assert manual(book) == (1.5, False)
    book.enter("hw", [row(1)])
    assert manual(book) == (1, False)
    book.enter("hw", [])
    assert manual(book) == (0.5, False)


def test_a_score_of_the_file_waits_when_the_work_changes(book: Gradebook) -> None:
    """As one of formgrader's; a row with new words settles it."""
    record(book, 0, FIRST)
    book.enter("hw", [row(1.5)])
    record(book, 0, FIRST | {TEST: "other"})
    book.enter("hw", [row(1.5)])
    assert manual(book) == (1.5, True)
    book.enter("hw", [row(1.5, reason="looked at again")])
    assert manual(book) == (1.5, False)


def test_a_row_that_has_gone_gives_back_a_score_that_waited(book: Gradebook) -> None:
    """The work had changed before the row came; nobody has looked at it since."""
    record(book, 0, FIRST)
    grade_by_hand(book, TEST, 0.5)
    record(book, 2, FIRST | {TEST: "other"})
    assert manual(book) == (0.5, True)
    book.enter("hw", [row(1.5)])
    assert manual(book) == (1.5, False)
    book.enter("hw", [])
    assert manual(book) == (0.5, True)


def test_formgrader_after_the_file_is_a_contradiction_that_is_told(book: Gradebook) -> None:
    """Nobody's later decision is overwritten in silence; taking the row away keeps it."""
    record(book, 0, FIRST)
    book.enter("hw", [row(1.5)])
    grade_by_hand(book, TEST, 2)
    with pytest.raises(InputError, match="line 2: s01 q01-double-test was graded in formgrader"):
        book.enter("hw", [row(1.5)])
    assert manual(book) == (2, False)
    book.enter("hw", [row(2)])
    grade_by_hand(book, TEST, 0.5)
    book.enter("hw", [])
    assert manual(book) == (0.5, False)


@pytest.mark.parametrize(
    ("wrong", "said", "cure"),
    [
        (row(2.5), "2.5 points for a cell of 2", "at most 2"),
        (row(1, "q01-nothing"), "there is no graded cell 'q01-nothing'", f"{TEST}, {WHY}"),
        (row(1, "q01-double"), "there is no graded cell 'q01-double'", TEST),
        (row(1, student="s99"), "nothing of 's99' has been graded", "roll number"),
    ],
)
def test_a_row_that_fits_nothing_changes_nothing(
    book: Gradebook, wrong: Override, said: str, cure: str
) -> None:
    """The message names line and cure, and no row of that file is entered."""
    record(book, 0, FIRST)
    with pytest.raises(InputError) as caught:
        book.enter("hw", [row(1, WHY), wrong])
    assert f"line 2: {said}" in caught.value.what
    assert cure in caught.value.cure
    assert manual(book, WHY) == (None, True)


def test_ticks_are_no_business_of_the_gradebook(book: Gradebook) -> None:
    """A row about a question enters nothing, not even a table."""
    record(book, 0, FIRST)
    book.enter("hw", [Override("s01", "q01", None, True, "why", "", 2)])
    assert manual(book) == (None, False)


def test_nbgraders_tables_stay_as_they_were(book: Gradebook) -> None:
    """One table of our own is added; nbgrader opens the database and knows its version."""
    record(book, 0, FIRST)
    book.enter("hw", [row(1)])
    with sqlite3.connect(book.course.gradebook) as raw:
        names = {n for (n,) in raw.execute("select name from sqlite_master where type = 'table'")}
    raw.close()
    assert names - {"autograder_origin"} == {*api.Base.metadata.tables, "alembic_version"}


def test_another_assignments_scores_are_left_alone(book: Gradebook, tmp_path: Path) -> None:
    """Entering one assignment's file takes back nothing of another's."""
    course: Course = book.course
    assert course.overrides("hw") == tmp_path / "overrides" / "hw.csv"
    record(book, 0, FIRST)
    book.enter("hw", [row(1)])
    book.enter("other", [])
    assert manual(book) == (1, False)
