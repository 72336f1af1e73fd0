"""The course and the class of the attacks: two notebooks, hostile and honest hand-ins."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course import Course, load_course
from autograder.grade import read_result
from autograder.notebook import SourceNotebook, dumps, load_source
from autograder.verdict import Remark, SubmissionResult
from tests.attacks.attacks import ATTACKS, DOUBLE, MEAN, SLOPE, Attack
from tests.conftest import NAME, TINY_COURSE, code, filled, nbgrader, text, tiny_notebook

SLOPE_NAME = "q02-slope"
HONEST = {"q01-double": DOUBLE, "q01-mean": MEAN, "q02-slope": SLOPE}
NEIGHBOURS = ("s0000", "s1005", "s9999")  # before, among and after the others
FULL = 6.0  # points of an honest neighbour: all but the essay's
QUESTION = """
[[assignment.hw.question]]
id = "q02"
title = "The slope of Swish"
notebook = "q02-slope"
points = 3
"""
JUDGE = """# Test: the slope is {what}
assert slope is not None, "slope is empty"
### BEGIN HIDDEN TESTS
from autograder.symbolic import check_{what}

check_{what}(
    slope,
    "f + sigma*(1 - f)",
    what="The slope",
    definitions={{"f(x)": "x*sigma(x)", "sigma(x)": "1/(1 + exp(-x))"}},
    symbols=["x"],{more}
)
### END HIDDEN TESTS"""
ANSWER = f"### BEGIN SOLUTION\n{SLOPE}\n### END SOLUTION"


def slope_notebook() -> NotebookNode:
    """A formula, judged for equality (2 points) and for form (1 point)."""
    equal = JUDGE.format(what="equal", more="")
    form = JUDGE.format(what="form", more='\n    only=["f", "sigma"],')
    cells = [
        text(f"{SLOPE_NAME}-01", "# The slope of Swish, in f and sigma"),
        code("q02-slope", ANSWER, nbgrader("q02-slope", "answer")),
        code("q02-equal-test", equal, nbgrader("q02-equal-test", "test", 2)),
        code("q02-form-test", form, nbgrader("q02-form-test", "test", 1)),
    ]
    return nbformat.v4.new_notebook(cells=cells, metadata=tiny_notebook().metadata)


def write_course(root: Path) -> Course:
    """Write the course of the attacks into a folder."""
    (root / "source" / "hw").mkdir(parents=True)
    imports = TINY_COURSE.replace('["numpy"]', '["numpy", "sympy", "torch"]')
    (root / "course.toml").write_text(imports + QUESTION)
    for name, notebook in ((NAME, tiny_notebook()), (SLOPE_NAME, slope_notebook())):
        (root / "source" / "hw" / f"{name}.ipynb").write_text(dumps(notebook))
    return load_course(root / "course.toml")


def hand_in(course: Course, student: str, attack: Attack | None) -> None:
    """Put a hand-in where collected ones lie; an honest one for no attack."""
    folder = course.submitted(student, "hw")
    folder.mkdir(parents=True)
    for name in (NAME, SLOPE_NAME):
        source = _source(course.source("hw") / f"{name}.ipynb")
        if attack is None:
            (folder / f"{name}.ipynb").write_text(dumps(filled(source, HONEST)))
        elif bool(attack.slope) == (name == SLOPE_NAME):
            (folder / f"{name}.ipynb").write_bytes(content_of(source, attack))


@cache
def _source(path: Path) -> SourceNotebook:
    return load_source(path)


def content_of(source: SourceNotebook, attack: Attack) -> bytes:
    """The notebook that an attack hands in."""
    answers = {"q01-double": attack.double, "q01-mean": attack.mean, "q02-slope": attack.slope}
    extra = {"q01-given": attack.before} if attack.before else None
    notebook = filled(source, answers, extra)
    notebook.metadata = nbformat.from_dict(dict(source.node.metadata))
    changed = attack.change(notebook) if attack.change is not None else None
    return changed if changed is not None else json.dumps(notebook).encode()


def roll_number(number: int) -> str:
    """A roll number of the class; those of the neighbours lie before, among and after them."""
    return f"s{10 * number:04d}"


@dataclass
class Class:
    """A graded class.

    Attributes:
        course: The course.
        students: Roll numbers by attack.
        code: How the command ended.
        said: What it printed.
        results: What was found, by roll number.
    """

    course: Course
    students: dict[str, str]
    code: int = 0
    said: str = ""
    results: dict[str, SubmissionResult] = field(default_factory=dict)

    def points(self, student: str) -> float:
        """What the machine gave."""
        return sum(v.points or 0.0 for v in self.results[student].verdicts)

    def of(self, attack: str) -> SubmissionResult:
        """What was found in an attack's hand-in."""
        return self.results[self.students[attack]]

    def read(self) -> None:
        """Read the results of the whole class."""
        for folder in sorted((self.course.root / "submitted").iterdir()):
            result = read_result(self.course, "hw", folder.name)
            if result is None:
                raise AssertionError(f"{folder.name} has no result: {self.said[-2000:]}")
            self.results[folder.name] = result


def write_class(root: Path, attacks: dict[str, Attack] = ATTACKS) -> Class:
    """Write the course, one hand-in for each attack, and the honest neighbours."""
    course = write_course(root)
    students = {name: roll_number(n) for n, name in enumerate(attacks, start=1)}
    for name, student in students.items():
        hand_in(course, student, attacks[name])
    for student in NEIGHBOURS:
        hand_in(course, student, None)
    return Class(course, students)


def run_grade(course: Course, *options: str) -> tuple[int, str]:
    """Run the real command; how it ended, and what it said."""
    line = [sys.executable, "-m", "autograder.cli", "grade", "hw", "--course", str(course.root)]
    done = subprocess.run(
        [*line, *options], capture_output=True, text=True, timeout=900, check=False
    )
    return done.returncode, done.stdout + done.stderr


def remarks_of(result: SubmissionResult) -> tuple[Remark, ...]:
    """All remarks on one submission."""
    return tuple(r for n in result.notebooks for r in n.remarks) + result.remarks
