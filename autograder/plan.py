"""What judging needs, loaded once: source notebooks, data, the sandbox, warm modules.

`grade` and `prove` judge with the same plan, so that what is proved is what grades.
"""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from autograder import agent, memory, sandbox
from autograder.course import DATA_VARIABLE, SECRET_VARIABLE, Assignment, Course
from autograder.data import CourseData, course_data
from autograder.errors import SandboxError, SourceError
from autograder.files import read_files
from autograder.notebook import SourceNotebook, dumps, grade_id, load_source, points
from autograder.verdict import question_of
from autograder.warm import Warm

CODE_SUFFIXES = (".py", ".cpp", ".hpp")


@dataclass(frozen=True)
class Plan:
    """What is needed to judge a submission, the same for all of them."""

    course: Course
    assignment: Assignment
    sources: tuple[SourceNotebook, ...]
    data: CourseData
    sandbox: str


def nbgrader_config(root: Path) -> Any:
    """The course's `nbgrader_config.py`, so that stubs are the ones that its release has."""
    from traitlets.config.loader import Config, PyFileConfigLoader

    if not (root / "nbgrader_config.py").is_file():
        return Config()
    return PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()


def load_sources(course: Course, assignment: Assignment) -> tuple[SourceNotebook, ...]:
    """The source notebooks of an assignment.

    Raises:
        SourceError: One is missing or breaks a rule of authoring.
    """
    config = nbgrader_config(course.root)
    folder = course.source(assignment.name)
    return tuple(load_source(folder / f"{n}.ipynb", config) for n in assignment.notebooks)


def make_plan(course: Course, assignment: Assignment, wish: str = "auto") -> Plan:
    """Everything that judging needs, loaded once.

    Raises:
        InputError: A source, a setting or the sandbox is not usable.
    """
    kind = sandbox.choose(wish)
    for folder in sandbox.visible_folders():
        if kind != "none" and course.source(assignment.name).is_relative_to(folder):
            raise SandboxError(
                "the course lies inside Python's own folder, which student code can read",
                str(folder),
                "make the environment in a folder of its own, such as .venv",
            )
    sources = load_sources(course, assignment)
    _check_points(assignment, sources)
    return Plan(course, assignment, sources, course_data(course), kind)


def _check_points(assignment: Assignment, sources: tuple[SourceNotebook, ...]) -> None:
    for question in assignment.questions:
        cells = [c for s in sources for c in s.graded if question_of(grade_id(c)) == question.id]
        total = sum(points(c) for c in cells)
        if abs(total - question.points) > 1e-9:
            raise SourceError(
                f"the cells of {question.id} hold {total:g} points, "
                f"course.toml says {question.points:g}",
                f"{question.notebook}.ipynb",
                "make the two agree",
            )


def warm_process(plan: Plan) -> Warm:
    """Start the process that loads what student code imports, while we load what tests import."""
    return Warm(plan.assignment.imports, plan.data.root, plan.course.limits, plan.sandbox)


def warm_up(plan: Plan) -> None:
    """Load, on one thread, what the tests import; forks then have it at no cost."""
    os.environ[DATA_VARIABLE] = str(plan.data.root)
    os.environ[SECRET_VARIABLE] = plan.course.secret
    os.environ["MPLBACKEND"] = "Agg"
    agent.warm_up([*plan.assignment.imports, "sympy", "reference"])
    if "torchvision" in sys.modules:
        agent.serve_mnist(str(plan.data.root))
    memory.settle()


def patterns_of(plan: Plan, source: SourceNotebook) -> tuple[str, ...]:
    """Patterns of the files that belong to the answers of one source notebook."""
    questions = [q for q in plan.assignment.questions if q.notebook == source.name]
    return tuple(dict.fromkeys(p for q in questions for p in q.files))


def released_files(plan: Plan, source: SourceNotebook) -> dict[str, bytes]:
    """The files of a source notebook's answers as students get them, by path."""
    found: dict[str, bytes] = {}
    patterns = patterns_of(plan, source)
    folders = {name: plan.course.root / path for name, path in plan.assignment.copies.items()}
    for name, folder in folders.items():
        here = [p.partition("/")[2] for p in patterns if p.partition("/")[0] == name]
        found |= {f"{name}/{path}": text for path, text in read_files(folder, here).items()}
    return found | read_files(plan.course.source(plan.assignment.name), patterns)


def solution_files(plan: Plan, source: SourceNotebook) -> dict[str, bytes]:
    """The files of the instructor's solution, by the path that a student gives them."""
    found: dict[str, bytes] = {}
    for question in plan.assignment.questions:
        if question.notebook == source.name and question.solution_files:
            folder = plan.course.root / question.solution_files
            found |= read_files(folder, question.files)
    return found


def wall_limit_s(plan: Plan, notebooks: int) -> float:
    """Wall time after which a whole job is given up: a backstop behind all other limits."""
    limits = plan.course.limits
    tests = sum(len(s.graded) for s in plan.sources)
    cpu_s = limits.cells_cpu_s * notebooks + limits.test_cpu_s * tests
    return 600 + 2 * cpu_s * limits.wall_factor  # what was lost is done once more


@cache
def code_digest() -> str:
    """A digest of the kit's own code, so that a new version grades anew."""
    here = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for folder in (here, here.parent / "reference"):
        for path in sorted(p for p in folder.rglob("*") if p.suffix in CODE_SUFFIXES):
            digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def sources_digest(plan: Plan) -> str:
    """A digest of everything that decides verdicts, except the hand-in."""
    settings = [
        code_digest(),
        plan.course.secret,
        repr(plan.course.limits),
        plan.sandbox,
        plan.data.name,
    ]
    texts = [*settings, *(dumps(s.node) for s in plan.sources)]
    for source in plan.sources:
        texts += [repr(patterns_of(plan, source)), repr(released_files(plan, source))]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
