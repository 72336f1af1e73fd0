# ruff: noqa: E501  (tables of cases read better unwrapped)
"""Rules of authoring: each is broken once, and found with its cure."""

import subprocess
from collections.abc import Callable

import pytest
from nbformat import NotebookNode

from autograder.course import Course, load_course
from autograder.lint import Finding, lint
from autograder.notebook import dumps
from tests.conftest import NAME, TINY_COURSE, code, nbgrader, tiny_notebook


def findings(course: Course, change: Callable[[NotebookNode], None] | None = None) -> list[Finding]:
    """What lint says about the tiny course after a change of its notebook."""
    node = tiny_notebook()
    if change is not None:
        change(node)
    (course.source("hw") / f"{NAME}.ipynb").write_text(dumps(node))
    return list(lint(course, course.assignment("hw")))


def edit(number: int, old: str, new: str) -> Callable[[NotebookNode], None]:
    """Replace text in one cell."""

    def change(node: NotebookNode) -> None:
        assert old in node.cells[number].source
        node.cells[number].source = node.cells[number].source.replace(old, new)

    return change


def test_a_good_notebook_has_no_finding(course: Course) -> None:
    """The tiny course keeps every rule."""
    assert findings(course) == []


TEST, LAST = 3, "### END HIDDEN TESTS"


def add_foreign_question(node: NotebookNode) -> None:
    """A cell of another question."""
    node.cells.insert(1, code("q09-x", "1", nbgrader("q09-x", "given")))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (edit(TEST, "# Test: ", "# "), "does not say what it asks"),
        (edit(TEST, "from autograder", "import"), "is no Python"),
        (edit(TEST, "assert double(3.0)", "import pandas\nassert double(3.0)"), "imports pandas"),
        (edit(TEST, "for x in", "double = 3\nfor x in"), "binds double, a name of the answer"),
        (edit(TEST, LAST, f"double(2.0)\n{LAST}"), "would be read as points"),
        (edit(TEST, LAST, f"assert double is mean\n{LAST}"), "it sees a copy"),
        (edit(TEST, LAST, f"double.weight.fill_(1)\n{LAST}"), "changes a copy"),
        (edit(TEST, LAST, f"import torch\ntorch.optim.SGD(double.parameters())\n{LAST}"), "SGD() gets copies"),
        (edit(TEST, LAST, f"double.weight.data = 1\n{LAST}"), "sets .data on a copy"),
        (edit(TEST, LAST, f"import math\ndef probe_a():\n    return math.pi\n{LAST}"),
         "uses math, imported outside"),
        (add_foreign_question, "holds cells of q01, q09"),
        (lambda n: n.cells[TEST].metadata.nbgrader.update(points=5), "hold 7 points, course.toml says 4"),
        (lambda n: n.cells[TEST].metadata.nbgrader.update(grade_id="q01-check"), "does not end in -test"),
        (lambda n: n.cells[1].metadata.update(tags=["x"]), "not in canonical form"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_found(
    course: Course, change: Callable[[NotebookNode], None], said: str
) -> None:
    """The finding says where, what, and what to do."""
    found = [f for f in findings(course, change) if said in f.what]
    assert found, findings(course, change)
    assert found[0].where.startswith(NAME)
    assert found[0].cure


def test_fix_brings_notebooks_to_canonical_form(course: Course) -> None:
    """After `fix` nothing fixable is left, and a second run changes no byte."""
    path = course.source("hw") / f"{NAME}.ipynb"
    node = tiny_notebook()
    node.cells[1].metadata["tags"] = ["x"]
    path.write_text(dumps(node))
    assert lint(course, course.assignment("hw"), fix=True) == ()
    once = path.read_bytes()
    lint(course, course.assignment("hw"), fix=True)
    assert path.read_bytes() == once


def test_student_data_under_git_are_found(course: Course) -> None:
    """A tracked gradebook is refused by name."""
    findings(course)
    (course.root / "gradebook.db").write_text("")
    for line in (["init", "-q"], ["add", "-f", "gradebook.db"]):
        subprocess.run(["git", "-C", str(course.root), *line], check=True, capture_output=True)
    found = lint(course, course.assignment("hw"))
    assert [(f.where, f.what) for f in found] == [
        ("gradebook.db", "is student data and tracked by git")
    ]


def test_points_of_the_course_file_are_compared(course: Course) -> None:
    """A question whose points changed in `course.toml` alone is found."""
    path = course.root / "course.toml"
    path.write_text(TINY_COURSE.replace("points = 4", "points = 5"))
    assert "says 5" in findings(load_course(path))[0].what
