"""Many submissions: found, judged, kept, recorded; odd folders harm nobody."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from autograder.course import Course
from autograder.errors import InputError
from autograder.examine import _clean_outputs
from autograder.grade import Graded, find_notebook, grade, handed_in_at, read_result
from autograder.gradebook import Gradebook
from autograder.notebook import dumps, load_source
from autograder.verdict import SubmissionResult
from tests.conftest import HONEST, NAME, filled, tiny_notebook

HandIn = Callable[[str, bytes], Path]


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Grading sets variables for its children; put them back."""
    for name in ("AUTOGRADER_DATA_ROOT", "AUTOGRADER_SECRET", "MPLBACKEND"):
        monkeypatch.setenv(name, os.environ.get(name, ""))


def honest(course: Course) -> bytes:
    """An honest hand-in."""
    source = load_source(course.source("hw") / f"{NAME}.ipynb")
    return dumps(filled(source, HONEST)).encode()


def hand_in(course: Course, student: str, content: bytes, name: str = f"{NAME}.ipynb") -> Path:
    """Put a file where collected ones lie."""
    folder = course.submitted(student, "hw")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder


def run(course: Course, **options: object) -> Graded:
    """Grade the tiny course."""
    return grade(course, course.assignment("hw"), workers=2, **options)  # type: ignore[arg-type]


def result_of(course: Course, student: str) -> SubmissionResult:
    """A student's result."""
    result = read_result(course, "hw", student)
    assert result is not None
    return result


def total(course: Course, student: str) -> float:
    """A student's points from the machine."""
    return sum(v.points or 0.0 for v in result_of(course, student).verdicts)


def remarks(course: Course, student: str) -> set[str]:
    """Kinds of all remarks on a student's work."""
    return {r.kind for n in result_of(course, student).notebooks for r in n.remarks}


@pytest.mark.slow
def test_odd_hand_ins_are_told_apart_and_harm_nobody(course: Course, confined: str) -> None:
    """Unreadable goes to a person, missing is zero, misnamed is found, links are not followed."""
    good = honest(course)
    hand_in(course, "s01", good)
    hand_in(course, "s02", b"{")
    hand_in(course, "s03", b" " * 2_000_000)
    hand_in(course, "s04", json.dumps(json.loads(good)).replace('"code"', '["code"]').encode())
    hand_in(course, "s05", good, "my answers.ipynb")
    hand_in(course, "s06", b"nothing", "readme.txt")
    (hand_in(course, "s07", b"x", "x") / f"{NAME}.ipynb").symlink_to(
        course.submitted("s01", "hw") / f"{NAME}.ipynb"
    )
    (hand_in(course, "s08", b"x", "x") / "more").symlink_to(course.submitted("s01", "hw"))
    (hand_in(course, "s09", good) / "big.bin").write_bytes(bytes(20 * 2**20))
    os.mkfifo(hand_in(course, "s10", good) / "pipe")
    (hand_in(course, "s11", b"x", "x") / f"{NAME}.ipynb").mkdir()
    (course.root / "submitted" / "s12").write_text("a file, no folder")
    (course.root / "submitted" / "s13").mkdir()
    (course.root / "submitted" / "s13" / "hw").write_text("a file, no folder")
    private = hand_in(course, "s14", good)
    (private / "x.csv").write_text("")
    (private / "x.csv").chmod(0o600)
    graded = run(course)
    assert graded.failures == ()
    for student in ("s01", "s05", "s09", "s10", "s14"):
        assert total(course, student) == 3.0, result_of(course, student)
    assert remarks(course, "s01") == set()
    assert remarks(course, "s05") == {"found-by-content"}
    for student in ("s02", "s03"):
        assert [v.points for v in result_of(course, student).verdicts] == [None] * 3
        assert remarks(course, student) == {"unreadable"}
    for student in ("s06", "s07", "s08", "s11"):
        assert [v.points for v in result_of(course, student).verdicts] == [0.0] * 3
        assert remarks(course, student) == {"notebook-missing"}
    assert total(course, "s04") == 0.0
    assert [r.student for r in graded.results] == [
        *(f"s{n:02d}" for n in range(1, 12)), "s14",
    ]  # fmt: skip


def test_nothing_to_grade_is_the_instructors_mistake(course: Course, confined: str) -> None:
    """No hand-ins at all, or none of that student, is said."""
    with pytest.raises(InputError, match="nothing has been handed in"):
        run(course)
    hand_in(course, "s01", honest(course))
    with pytest.raises(InputError, match="s02 has handed in nothing"):
        run(course, students=["s02"])


def test_work_is_judged_again_only_where_something_changed(course: Course, confined: str) -> None:
    """A changed hand-in, a lost result and `again` are; all else keeps its verdicts."""
    hand_in(course, "s01", honest(course))
    hand_in(course, "s02", honest(course))
    assert run(course).unchanged == 0
    stamp = (course.autograded("s01", "hw") / "verdicts.json").stat().st_mtime_ns
    assert run(course).unchanged == 2
    assert (course.autograded("s01", "hw") / "verdicts.json").stat().st_mtime_ns == stamp
    worse = honest(course).replace(b"return scale * x", b"return 7.0")
    hand_in(course, "s02", worse)
    assert run(course).unchanged == 1
    assert (total(course, "s01"), total(course, "s02")) == (3.0, 1.0)
    shutil.rmtree(course.autograded("s01", "hw"))
    assert run(course).unchanged == 1
    assert total(course, "s01") == 3.0
    assert run(course, again=True).unchanged == 0
    with Gradebook(course) as book:
        scores = {s.cell_id: s.auto for s in book.scores("hw", "s02")}
    assert scores == {"q01-double-test": 0.0, "q01-mean-test": 1.0, "q01-why": 0.0}


def test_an_interrupted_run_goes_on(course: Course, confined: str) -> None:
    """What was judged before the interruption is not judged again; leftovers do no harm."""
    for student in ("s01", "s02", "s03"):
        hand_in(course, student, honest(course))

    def stop(student: str, done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(course, on_progress=stop)
    draft = course.autograded("s02", "hw").with_name(".hw.draft-1")
    draft.mkdir(parents=True, exist_ok=True)
    assert run(course).unchanged >= 1
    assert all(total(course, s) == 3.0 for s in ("s01", "s02", "s03"))


def test_a_persons_score_survives_a_new_run(course: Course, confined: str) -> None:
    """Manual points and comments stay when the work is judged again."""
    source = load_source(course.source("hw") / f"{NAME}.ipynb")
    essay = dumps(filled(source, {**HONEST, "q01-why": "Because."})).encode()
    hand_in(course, "s01", essay)
    run(course)
    with Gradebook(course) as book:
        found = {s.cell_id: s for s in book.scores("hw", "s01")}
        assert found["q01-why"].needs_manual
        grade_ = book.api.find_grade("q01-why", NAME, "hw", "s01")
        grade_.manual_score, grade_.needs_manual_grade = 0.75, False
        book.api.db.commit()
    run(course, again=True)
    with Gradebook(course) as book:
        found = {s.cell_id: s for s in book.scores("hw", "s01")}
    assert (found["q01-why"].manual, found["q01-why"].needs_manual) == (0.75, False)


def test_a_persons_score_waits_where_the_work_has_changed(course: Course, confined: str) -> None:
    """Another answer flags its test, another essay the essay; scores and comments stay."""
    source = load_source(course.source("hw") / f"{NAME}.ipynb")

    def handed_in(**answers: str) -> None:
        texts = {**HONEST, "q01-why": "Because.", **{f"q01-{k}": v for k, v in answers.items()}}
        hand_in(course, "s01", dumps(filled(source, texts)).encode())
        run(course)

    def decide(cell: str, points: float) -> None:
        with Gradebook(course) as book:
            grade_ = book.api.find_grade(cell, NAME, "hw", "s01")
            grade_.manual_score, grade_.needs_manual_grade = points, False
            book.api.db.commit()

    def stale() -> dict[str, tuple[float | None, bool]]:
        with Gradebook(course) as book:
            scores = book.scores("hw", "s01")
        return {s.cell_id: (s.manual, s.is_stale) for s in scores if s.manual is not None}

    handed_in()
    decide("q01-why", 0.75)
    decide("q01-double-test", 1.0)
    run(course, again=True)
    assert stale() == {"q01-why": (0.75, False), "q01-double-test": (1.0, False)}
    handed_in(double="def double(x):\n    return 7.0")
    assert stale() == {"q01-why": (0.75, False), "q01-double-test": (1.0, True)}
    handed_in(double="def double(x):\n    return 7.0", why="Because of that.")
    assert stale() == {"q01-why": (0.75, True), "q01-double-test": (1.0, True)}


def test_a_notebook_is_found_by_what_is_inside(course: Course) -> None:
    """The one with most of the known cells wins; checkpoints and links do not count."""
    source = load_source(course.source("hw") / f"{NAME}.ipynb")
    folder = hand_in(course, "s01", b"{", "broken.ipynb")
    assert find_notebook(folder, source, 1) == (None, ())
    few = tiny_notebook()
    few.cells = few.cells[:2]
    hand_in(course, "s01", dumps(few).encode(), "a.ipynb")
    (folder / "deep" / ".ipynb_checkpoints").mkdir(parents=True)
    (folder / "deep" / ".ipynb_checkpoints" / "c.ipynb").write_bytes(honest(course))
    elsewhere = hand_in(course, "s02", honest(course))
    (folder / "aa.ipynb").symlink_to(elsewhere / f"{NAME}.ipynb")
    path, found = find_notebook(folder, source, 1)
    assert path == folder / "a.ipynb"
    assert [r.kind for r in found] == ["found-by-content"]
    (folder / "deep" / "b.ipynb").write_bytes(honest(course))
    assert find_notebook(folder, source, 1)[0] == folder / "deep" / "b.ipynb"
    empty = nbformat.v4.new_notebook()
    (folder / f"{NAME}.ipynb").write_text(nbformat.writes(empty))
    assert find_notebook(folder, source, 1)[0] == folder / f"{NAME}.ipynb"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-02-20 10:00:00 UTC", "2026-02-20T10:00:00+00:00"),
        ("2026-02-20 10:00:00", "2026-02-20T10:00:00+00:00"),
        ("2026-02-20 10:00:00.250000 UTC\n", "2026-02-20T10:00:00.250000+00:00"),
        ("soon", None),
        ("", None),
    ],
)
def test_times_of_hand_in_are_read(tmp_path: Path, text: str, found: str | None) -> None:
    """nbgrader's own form; what is no time is none."""
    (tmp_path / "timestamp.txt").write_text(text)
    read = handed_in_at(tmp_path)
    assert (read.isoformat() if read else None) == found
    assert handed_in_at(tmp_path / "none") is None


@pytest.mark.slow
def test_work_in_another_form_goes_to_a_person(course: Course, confined: str) -> None:
    """A scan or an own notebook is neither zero nor full marks; nothing at all is zero."""
    own = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("2 + 2")])
    hand_in(course, "s01", b"%PDF-1.4", "answers.pdf")
    hand_in(course, "s02", dumps(own).encode(), "mine.ipynb")
    hand_in(course, "s03", b"nothing", "readme.txt")
    run(course)
    for student in ("s01", "s02"):
        assert {v.points for v in result_of(course, student).verdicts} == {None}
        assert remarks(course, student) == {"other-work"}
    assert total(course, "s03") == 0
    assert remarks(course, "s03") == {"notebook-missing"}


@pytest.mark.parametrize("count", [-5, 2**70, True, "1"])
def test_an_impossible_count_in_an_output_is_dropped(count: object) -> None:
    """An output that came from a student cannot make a notebook that cannot be written."""
    output = {
        "output_type": "execute_result",
        "execution_count": count,
        "data": {"text/plain": "1"},
    }
    (clean,) = _clean_outputs([output])
    assert clean.execution_count is None
    assert clean.data == {"text/plain": "1"}


@pytest.mark.slow
def test_a_fault_of_ours_costs_one_notebook_and_is_told(
    course: Course, confined: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the examiner cannot take goes to a person; the words for the student hold no detail."""

    def broken(*_: object) -> None:
        raise OverflowError("a detail of the grader")

    monkeypatch.setattr("autograder.grade.examine", broken)
    hand_in(course, "s01", honest(course))
    graded = run(course)
    assert graded.failures[0][1].what == f"{NAME}: OverflowError: a detail of the grader"
    assert {v.points for v in result_of(course, "s01").verdicts} == {None}
    assert "detail" not in result_of(course, "s01").to_json()
