"""The committed course: proved, released as committed, and a proof that can break."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from autograder.course import Course, load_course
from autograder.lint import lint
from autograder.release import release
from autograder.sandbox import why_not
from tests.e2e.conftest import ROOT, autograder

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def committed() -> Course:
    """The course of this repository."""
    if why_not():
        pytest.skip(f"no sandbox: {why_not()}")
    return load_course(ROOT / "course.toml")


def test_every_question_is_proved(proof: Any) -> None:
    """Solution, stub, one kernel, known right and wrong answers: all as they should be."""
    assert complaints(proof) == []
    assert len(proof["cases"]) > 100


def test_the_committed_release_is_fresh(committed: Course) -> None:
    """A build gives the very bytes that are committed, and leaks no line."""
    built = release(committed, committed.assignment("endterm"), check=True)
    assert built.changed == ()
    assert built.leaks == ()


def test_the_sources_keep_the_rules(committed: Course) -> None:
    """lint finds nothing."""
    assert lint(committed, committed.assignment("endterm")) == ()


@pytest.fixture
def copied(tmp_path: Path) -> Course:
    """A course with q02 alone, to break."""
    if why_not():
        pytest.skip(f"no sandbox: {why_not()}")
    (tmp_path / "source" / "endterm").mkdir(parents=True)
    shutil.copy(ROOT / "source" / "endterm" / "q02-pca.ipynb", tmp_path / "source" / "endterm")
    shutil.copytree(
        ROOT / "tests" / "answers" / "endterm" / "q02",
        tmp_path / "tests" / "answers" / "endterm" / "q02",
    )
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    head, *questions = (ROOT / "course.toml").read_text().split("[[assignment.endterm.question]]")
    kept = [q for q in questions if "q02-pca" in q]
    text = "[[assignment.endterm.question]]".join([head, *kept])
    (tmp_path / "course.toml").write_text(text)
    return load_course(tmp_path / "course.toml")


def change(course: Course, key: str, old: str, new: str) -> None:
    """Replace a piece of one source cell."""
    path = course.source("endterm") / "q02-pca.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["id"] == key:
            source = "".join(cell["source"])
            assert old in source
            cell["source"] = source.replace(old, new).splitlines(keepends=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def complaints(proof: Any) -> list[str]:
    """Everything that a proof complains of."""
    cases = [f"{p['case']['name']}: {text}" for p in proof["cases"] for text in p["problems"]]
    return [*proof["problems"], *cases]


def problems(course: Course) -> str:
    """What a proof complains of, as one text; it must complain."""
    found = complaints(autograder(course, "prove", "endterm"))
    assert found
    return "\n".join(found)


def test_a_test_that_cannot_fail_breaks_the_proof(copied: Course) -> None:
    """Without its hidden part, a wrong answer keeps points that it should lose."""
    change(
        copied,
        "q02-pca-test",
        "### BEGIN HIDDEN TESTS",
        "### BEGIN HIDDEN TESTS\nif False:\n    x = 1\n'''",
    )
    change(copied, "q02-pca-test", "### END HIDDEN TESTS", "'''\n### END HIDDEN TESTS")
    assert "keeps points that this answer should lose" in problems(copied)


def test_a_broken_solution_breaks_the_proof(copied: Course) -> None:
    """A solution that raises loses its points, and the proof says where."""
    change(
        copied, "q02-pca", "### BEGIN SOLUTION", "### BEGIN SOLUTION\n    raise ValueError('oh')"
    )
    found = problems(copied)
    assert "takes points from a right answer" in found
    assert "fails in one kernel" in found


def test_a_leak_stops_the_release(copied: Course) -> None:
    """A line of a solution that also stands in the README is found, and nothing is written."""
    secret = "return mean, direction, scores, explained"
    path = copied.source("endterm") / "q02-pca.ipynb"
    lines = "".join(json.loads(path.read_text())["cells"][-1]["source"])
    assert secret not in lines
    change(copied, "q02-pca", "### BEGIN SOLUTION", f"### BEGIN SOLUTION\n    # {secret} as asked")
    (copied.source("endterm") / "README.md").write_text(f"# {secret} as asked\n")
    built = release(copied, copied.assignment("endterm"))
    assert any(secret in leak for leak in built.leaks)
    assert not copied.release("endterm").exists()
