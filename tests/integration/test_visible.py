"""The visible tests as students run them: a real kernel, the release's files and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autograder.course import load_course
from autograder.new import new
from autograder.release import release
from demo.visible import main


def ended(root: Path) -> int:
    """How the command ends for a course with this interpreter."""
    with pytest.raises(SystemExit) as caught:
        main([sys.executable, "--course", str(root), "--assignment", "first"])
    assert isinstance(caught.value.code, int)
    return caught.value.code


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new course, released."""
    root = tmp_path_factory.mktemp("course")
    new(root, "first")
    course = load_course(root / "course.toml")
    release(course, course.assignment("first"))
    return root


@pytest.mark.slow
def test_visible_tests_run_where_students_run_them(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The solution passes; a test that refuses it is named, with what it says."""
    monkeypatch.setenv("COLUMNS", "300")
    assert ended(root) == 0
    assert "none" in capsys.readouterr().out
    path = root / "release" / "first" / "q01-mean-square.ipynb"
    path.write_text(path.read_text().replace("found - 14 / 3", "found - 15 / 3"))
    assert ended(root) == 1
    said = capsys.readouterr().out
    assert "q01-mean-square-test: AssertionError: the squares of 3, -1, 2" in said


@pytest.mark.slow
def test_an_interpreter_that_cannot_run_notebooks_is_no_pass(root: Path, tmp_path: Path) -> None:
    """It is told, with what it said last."""
    poor = tmp_path / "python"
    poor.write_text("#!/bin/sh\necho no nbformat >&2\nexit 1\n")
    poor.chmod(0o755)
    with pytest.raises(RuntimeError, match="no nbformat"):
        main([str(poor), "--course", str(root), "--assignment", "first"])
