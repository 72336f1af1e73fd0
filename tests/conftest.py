# ruff: noqa: E402, E501  (tables of cases read better unwrapped)
"""A tiny course that many tests share, and sandboxes that are started once."""

from __future__ import annotations

import os
import shutil

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")  # before numpy loads: the tests fork

from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from autograder import gradebook
from autograder.course import Course, Limits, load_course
from autograder.examine import Examined, examine
from autograder.notebook import SourceNotebook, dumps, grade_id, load_source
from autograder.sandbox import why_not
from autograder.verdict import Status, Verdict
from autograder.warm import Submission, Warm

NAME = "q01-double"
TINY_COURSE = """
[course]
id = "tiny"
name = "A tiny course"
timezone = "Asia/Kolkata"

[limits]
cells_cpu_s = 4
test_cpu_s = 2
memory_mb = 1500
processes = 40
file_mb = 16
output_kb = 20
notebook_mb = 1

[assignment.hw]
title = "Homework"
deadline = 2026-03-01T12:00:00
imports = ["numpy"]

[[assignment.hw.question]]
id = "q01"
title = "Twice as much"
notebook = "q01-double"
points = 4
"""
GIVEN = "import numpy as np\n\nscale = 2.0"
DOUBLE = '''def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return scale * x
    ### END SOLUTION'''
DOUBLE_TEST = """# Test: double gives twice its argument
assert double(3.0) == 6.0, "twice 3 is 6"
### BEGIN HIDDEN TESTS
from autograder.verdict import fail

for x in (-1.5, 0.25, 7.0):
    if double(x) != 2 * x:
        fail("That is not twice as much.", expected=2 * x, hint="Multiply by 2.", note="not-twice")
### END HIDDEN TESTS"""
MEAN = """### BEGIN SOLUTION
def mean(values):
    return float(np.mean(values))
### END SOLUTION"""
MEAN_TEST = """# Test: mean gives the average
assert abs(mean([1.0, 2.0, 6.0]) - 3.0) < 1e-9, "the average of 1, 2, 6 is 3"
### BEGIN HIDDEN TESTS
found = mean(np.array([4.0, 5.0, 9.5]))
assert np.isclose(found, 18.5 / 3)
### END HIDDEN TESTS"""
WHY = "**Why?** Say it in a sentence.\n\n### BEGIN SOLUTION\nBecause.\n### END SOLUTION"
HONEST = {
    "q01-double": "def double(x):\n    return scale * x",
    "q01-mean": "def mean(values):\n    return float(np.mean(values))",
}


@pytest.fixture(autouse=True)
def same_environment() -> Iterator[None]:
    """Grading in this process sets variables for its children: no test sees another's."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session", autouse=True)
def one_empty_gradebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nbgrader takes seconds to make an empty gradebook: it is made once, and then copied."""
    real, folder = gradebook._make, tmp_path_factory.mktemp("gradebook")

    def make(course: Course) -> None:
        kept = folder / f"{course.id}.db"
        if not kept.exists():
            real(course)
            shutil.copyfile(course.gradebook, kept)
        shutil.copyfile(kept, course.gradebook)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gradebook, "_make", make)
        yield


def nbgrader(grade_id: str, kind: str, points: float = 0) -> dict[str, Any]:
    """Metadata of a `given`, `answer`, `test` or `essay` cell."""
    flags: dict[str, Any] = {
        "grade_id": grade_id, "schema_version": 3, "task": False, "locked": kind in ("given", "test"),
        "grade": kind in ("test", "essay"), "solution": kind in ("answer", "essay"),
    }  # fmt: skip
    if flags["grade"]:
        flags["points"] = points
    return {"nbgrader": flags}


def code(key: str, source: str, metadata: Mapping[str, Any] | None = None) -> NotebookNode:
    """A code cell with a chosen id."""
    return nbformat.v4.new_code_cell(source, id=key, metadata=dict(metadata or {}))


def text(key: str, source: str, metadata: Mapping[str, Any] | None = None) -> NotebookNode:
    """A Markdown cell with a chosen id."""
    return nbformat.v4.new_markdown_cell(source, id=key, metadata=dict(metadata or {}))


def tiny_notebook() -> NotebookNode:
    """The tiny course's source notebook: two tests of 2 and 1 points, an essay of 1."""
    cells = [
        text(f"{NAME}-01", "# Twice as much"),
        code("q01-given", GIVEN, nbgrader("q01-given", "given")),
        code("q01-double", DOUBLE, nbgrader("q01-double", "answer")),
        code("q01-double-test", DOUBLE_TEST, nbgrader("q01-double-test", "test", 2)),
        code("q01-mean", MEAN, nbgrader("q01-mean", "answer")),
        code("q01-mean-test", MEAN_TEST, nbgrader("q01-mean-test", "test", 1)),
        text("q01-why", WHY, nbgrader("q01-why", "essay", 1)),
    ]
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def write_course(root: Path) -> Course:
    """Write the tiny course into a folder."""
    (root / "source" / "hw").mkdir(parents=True)
    (root / "course.toml").write_text(TINY_COURSE)
    (root / "source" / "hw" / f"{NAME}.ipynb").write_text(dumps(tiny_notebook()))
    return load_course(root / "course.toml")


def filled(
    source: SourceNotebook, cells: Mapping[str, str], extra: Mapping[str, str] | None = None
) -> NotebookNode:
    """A hand-in: the release with answers filled in, and own cells after named ones."""
    notebook = nbformat.from_dict(dict(source.student))
    done = []
    for cell in notebook.cells:
        key = grade_id(cell) or cell.id
        own = nbformat.from_dict(dict(cell))
        if key in cells:
            own.source = cells[key]
        done.append(own)
        if extra and key in extra:
            done.append(nbformat.v4.new_code_cell(extra[key]))
    return nbformat.v4.new_notebook(cells=done)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """The tiny course in a folder of its own."""
    return write_course(tmp_path / "course")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> SourceNotebook:
    """The tiny course's source notebook, loaded."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / f"{NAME}.ipynb").write_text(dumps(tiny_notebook()))
    return load_source(folder / f"{NAME}.ipynb")


@pytest.fixture(scope="session")
def limits(tmp_path_factory: pytest.TempPathFactory) -> Limits:
    """The tiny course's limits."""
    return write_course(tmp_path_factory.mktemp("limits") / "course").limits


@pytest.fixture(scope="session")
def confined() -> str:
    """The sandbox `bubblewrap`; tests that need it are left out, with the reason, without it."""
    reason = why_not()
    if reason:
        pytest.skip(f"no sandbox on this machine: {reason}")
    return "bubblewrap"


@pytest.fixture(scope="session")
def warm(confined: str, limits: Limits, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """One warm process for all tests."""
    data = tmp_path_factory.mktemp("data")
    with Warm(["numpy", "sympy", "torch"], data, limits, confined) as started:
        yield started


@pytest.fixture(scope="session")
def submission(warm: Warm) -> Iterator[Submission]:
    """One sandbox for all tests that leave it as it was."""
    with Submission(warm) as opened:
        yield opened


@pytest.fixture
def fresh(warm: Warm) -> Iterator[Submission]:
    """A sandbox for one test that may spoil it."""
    with Submission(warm) as opened:
        yield opened


Judge = Callable[..., dict[str, Verdict]]


@pytest.fixture
def judge(tiny: SourceNotebook, submission: Submission) -> Judge:
    """Judge answers of the tiny notebook; what is not given is answered honestly."""

    def judged(
        cells: Mapping[str, str] | None = None,
        *,
        extra: Mapping[str, str] | None = None,
        source: SourceNotebook | None = None,
        inside: Submission | None = None,
    ) -> dict[str, Verdict]:
        chosen = source or tiny
        notebook = filled(chosen, {**HONEST, **(cells or {})}, extra)
        result = examine(chosen, notebook, inside or submission, "secret").result
        return {v.cell_id: v for v in result.verdicts}

    return judged


def points_of(examined: Examined) -> dict[str, float | None]:
    """Points by cell."""
    return {v.cell_id: v.points for v in examined.result.verdicts}


def passed(verdict: Verdict) -> bool:
    """Whether a verdict gives all the points."""
    return verdict.status is Status.PASSED and verdict.points == verdict.max_points


class Tags(HTMLParser):
    """Every tag, attribute and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag and its attributes."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.texts.append(data)

    @property
    def text(self) -> str:
        """All texts as they stand, one after the other."""
        return "".join(self.texts)

    @property
    def words(self) -> str:
        """The words, one blank between two, whatever tags and lines are there."""
        return " ".join(" ".join(self.texts).split())
