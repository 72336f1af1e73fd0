"""Files beside a notebook: released, handed in, judged, proved."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from autograder.course import Course, load_course
from autograder.errors import SourceError
from autograder.grade import grade, read_result, works_of
from autograder.notebook import dumps
from autograder.plan import make_plan
from autograder.prove import prove
from autograder.release import release
from tests.conftest import (
    HONEST,
    NAME,
    TINY_COURSE,
    code,
    filled,
    nbgrader,
    tiny_notebook,
)

SETTINGS = """files = ["kit/essay.md"]
solution_files = "solutions"

[assignment.hw.copies]
kit = "template"
"""
PAPER_TEST = """# Test: the essay has at least three words
### BEGIN HIDDEN TESTS
from autograder import handin
from autograder.verdict import fail

paper = handin.file("kit/essay.md")
if paper is None:
    fail("There is no essay.", note="no-essay")
if len(paper.split()) < 3:
    fail("The essay is too short.", got=paper.decode(), note="short-essay")
### END HIDDEN TESTS"""
WRITES = "%%writefile kit/essay.md\nwritten in a cell\n"


@pytest.fixture
def written(course: Course) -> Course:
    """The tiny course, with a test of a file that the release carries as a stub."""
    root = course.root
    notebook = tiny_notebook()
    notebook.cells.append(code("q01-essay-test", PAPER_TEST, nbgrader("q01-essay-test", "test", 1)))
    (course.source("hw") / f"{NAME}.ipynb").write_text(dumps(notebook))
    for folder, text in (("template", "TODO"), ("solutions/kit", "three good words")):
        (root / folder).mkdir(parents=True)
        (root / folder / "essay.md").write_text(text)
    (root / "template" / "stale.o").write_text("left by a build")
    (root / "course.toml").write_text(TINY_COURSE.replace("points = 4", "points = 5") + SETTINGS)
    return load_course(root / "course.toml")


def essay_points(course: Course, student: str) -> tuple[float | None, set[str]]:
    """Points of the essay's test, and the kinds of all remarks."""
    result = read_result(course, "hw", student)
    assert result is not None
    points = next(v.points for v in result.verdicts if v.cell_id == "q01-essay-test")
    return points, {r.kind for n in result.notebooks for r in n.remarks}


def hand_in(course: Course, student: str, path: str, text: str, extra: str = "") -> None:
    """An honest notebook with one file beside it, and perhaps a cell of the student's own."""
    from autograder.plan import load_sources

    (source,) = load_sources(course, course.assignment("hw"))
    folder = course.submitted(student, "hw")
    (folder / path).parent.mkdir(parents=True)
    (folder / path).write_text(text)
    notebook = filled(source, HONEST, {"q01-mean": extra} if extra else None)
    (folder / f"{NAME}.ipynb").write_text(dumps(nbformat.from_dict(dict(notebook))))


@pytest.mark.slow
def test_a_file_is_judged_wherever_the_student_put_it(written: Course, confined: str) -> None:
    """In its place, in another folder, in a cell; a stub and a missing one earn nothing."""
    hand_in(written, "s0001", "kit/essay.md", "one two three")
    hand_in(written, "s0002", "my work/kit/essay.md", "one two three")
    hand_in(written, "s0003", "kit/essay.md", "TODO", WRITES)
    hand_in(written, "s0004", "kit/essay.md", "TODO")
    hand_in(written, "s0005", "notes.txt", "one two three")
    hand_in(written, "s0006", "kit/essay.md", "too short", WRITES)
    grade(written, written.assignment("hw"), workers=2)
    assert essay_points(written, "s0001") == (1.0, set())
    assert essay_points(written, "s0002") == (1.0, {"found-elsewhere"})
    points, remarks = essay_points(written, "s0003")
    assert points == 1.0
    assert "file-from-cell" in remarks
    assert [essay_points(written, f"s000{n}")[0] for n in (4, 5, 6)] == [0.0, 0.0, 0.0]
    # A person's points are for the file that was judged: a cell's text is such a file, too.
    plan = make_plan(written, written.assignment("hw"))
    first, moved, cell, stub = (works_of(plan, f"s000{n}")["q01-why"] for n in (1, 2, 3, 4))
    assert first == moved
    assert len({first, cell, stub}) == 3


def test_the_release_carries_the_folder(written: Course, tmp_path: Path) -> None:
    """As it is, without what a build left; a missing one stops the release."""
    release(written, written.assignment("hw"))
    assert (written.release("hw") / "kit" / "essay.md").read_text() == "TODO"
    assert not (written.release("hw") / "kit" / "stale.o").exists()
    (written.root / "template").rename(tmp_path / "away")
    with pytest.raises(SourceError, match="missing"):
        release(written, written.assignment("hw"))


@pytest.mark.slow
def test_proof_takes_files_from_solution_and_answers(written: Course, confined: str) -> None:
    """The solution's file earns, the released one does not, and an answer's replaces it."""
    folder = written.answers("hw") / "q01"
    folder.mkdir(parents=True)
    edit = "# %% [edit] kit/essay.md\n- three good words\n+ "
    (folder / "right_longer.py").write_text(edit + "many more good words\n")
    (folder / "wrong_short.py").write_text("# loses: q01-essay-test\n" + edit + "two words\n")
    gone = "# loses: q01-essay-test\n# %% [no file] kit/essay.md\n"
    (folder / "wrong_missing.py").write_text(gone)
    (folder / "wrong_kept.py").write_text("# loses: q01-essay-test\n" + edit + "never mind it\n")
    proof = prove(written, written.assignment("hw"), workers=1)
    problems = {p.case.name: p.problems for p in proof.cases if p.problems}
    assert list(problems) == ["wrong_kept"]
    assert "keeps points" in problems["wrong_kept"][0]
    (written.root / "solutions" / "kit" / "essay.md").write_text("three good words\nand more\n")
    again = prove(written, written.assignment("hw"), workers=1)
    assert not any(p.cached for p in again.cases)
