# ruff: noqa: E501  (tables of cases read better unwrapped)
"""The command: exit codes, three lines for a mistake, JSON and nothing else on request."""

import json
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.course import Course
from tests.conftest import NAME


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    said = capsys.readouterr()
    return int(caught.value.code or 0), said.out, said.err


def test_all_well_is_zero(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """A course that keeps the rules ends with 0."""
    code, out, _ = run(capsys, "lint", "hw", "--course", str(course.root))
    assert (code, out.strip()) == (0, "Every rule is kept.")


def test_something_found_is_one(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """Findings end with 1, and as JSON they are JSON alone."""
    path = course.root / "course.toml"
    path.write_text(path.read_text().replace("points = 4", "points = 5"))
    code, out, _ = run(capsys, "lint", "hw", "--json", "--course", str(course.root))
    assert code == 1
    assert "says 5" in json.loads(out)[0]["what"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["lint", "hv"], ["grade", "hw"], ["grade", "hw", "--student", "s1"], ["prove", "hw", "--sandbox", "jail"],
        ["prove", "hw", "--question", "q07"], ["collect", "hw", "--from", "none.csv"],
        ["release", "hv"], ["report", "hv"],
    ],
)  # fmt: skip
def test_a_wrong_input_is_two_and_says_what_where_and_cure(
    course: Course, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """What, where and what to do; no traceback."""
    code, _, err = run(capsys, *arguments, "--course", str(course.root))
    assert code == 2, err
    assert "What to do: " in err
    assert "Traceback" not in err


@pytest.mark.parametrize("arguments", [["grad"], ["grade"], ["grade", "hw", "--workers", "0"]])
def test_a_misspelt_command_is_two(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """What the command line does not know ends with 2."""
    assert run(capsys, *arguments)[0] == 2


def test_no_course_is_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Outside of a course the message names the file that is missing."""
    code, _, err = run(capsys, "lint", "hw", "--course", str(tmp_path))
    assert code == 2
    assert "no course.toml" in err


def test_our_own_fault_is_three(
    course: Course, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours says so and asks for a report; with --debug comes the traceback."""
    monkeypatch.setattr("autograder.lint.lint", lambda *a, **k: 1 / 0)
    code, _, err = run(capsys, "lint", "hw", "--course", str(course.root))
    assert code == 3
    assert "a fault of ours: ZeroDivisionError" in err
    assert "Traceback" not in err
    code, _, err = run(capsys, "lint", "hw", "--debug", "--course", str(course.root))
    assert code == 3
    assert "Traceback" in err


def test_a_broken_source_is_two(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """An unreadable source notebook is the author's, named by its path."""
    (course.source("hw") / f"{NAME}.ipynb").write_text("{")
    code, _, err = run(capsys, "lint", "hw", "--course", str(course.root))
    assert code == 2
    assert "is no valid notebook" in err


def test_a_file_that_cannot_be_read_is_two(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the operating system refuses is said in its words, with the file."""
    (course.root / "course.toml").unlink()
    (course.root / "course.toml").mkdir()
    code, _, err = run(capsys, "lint", "hw", "--course", str(course.root))
    assert code == 2
    assert "Traceback" not in err
