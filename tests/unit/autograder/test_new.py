"""A new assignment: proved as it stands, and nothing written over."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course import Course, load_course
from autograder.errors import InputError
from autograder.lint import lint
from autograder.new import new
from autograder.prove import prove
from autograder.release import release


def contents(folder: Path) -> dict[str, str]:
    """Every file of a folder."""
    return {
        str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def test_an_empty_folder_becomes_a_course(tmp_path: Path) -> None:
    """With settings that load, as many questions as asked for, and their known answers."""
    made = new(tmp_path, "homework2", title='The "second"', questions=2)
    course = load_course(tmp_path / "course.toml")
    assignment = course.assignment("homework2")
    assert assignment.title == 'The "second"'
    assert [q.notebook for q in assignment.questions] == ["q01-mean-square", "q02-mean-square"]
    assert set(made.files) == set(contents(tmp_path))
    assert "submitted/" in (tmp_path / ".gitignore").read_text()
    assert not any("q00" in text for text in contents(tmp_path).values())


def test_a_folder_with_files_keeps_them(tmp_path: Path) -> None:
    """What git or nbgrader has there already stays as it is."""
    (tmp_path / ".gitignore").write_text("mine\n")
    made = new(tmp_path, "first")
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    assert ".gitignore" not in made.files
    assert "nbgrader_config.py" in made.files


def test_a_course_that_is_there_is_only_added_to(course: Course) -> None:
    """Its settings keep every line; its other files are not touched."""
    before = contents(course.root)
    new(course.root, "extra.hw")
    after = contents(course.root)
    assert after["course.toml"].startswith(before.pop("course.toml").rstrip())
    assert before.items() <= after.items()
    again = load_course(course.root / "course.toml")
    assert set(again.assignments) == {"hw", "extra.hw"}
    assert ".gitignore" not in after


@pytest.mark.parametrize(
    ("name", "questions", "said"),
    [
        ("../up", 1, "no folder name"),
        ("hw", 1, "already"),
        ("b", 0, "0 questions"),
        ("b", 100, "100"),
    ],
)
def test_what_cannot_be_made_changes_nothing(
    course: Course, name: str, questions: int, said: str
) -> None:
    """A name that leaves the folder, one in use, an impossible number."""
    before = contents(course.root)
    with pytest.raises(InputError, match=said):
        new(course.root, name, questions=questions)
    assert contents(course.root) == before


@pytest.mark.parametrize("title", ["a\nb", "a\x07b", "a\x7fb", "\ud800", "x" * 201])
def test_a_title_that_is_no_line_of_text_is_refused(course: Course, title: str) -> None:
    """It would stand in course.toml, and break it for every assignment."""
    before = contents(course.root)
    with pytest.raises(InputError, match="title"):
        new(course.root, "b", title=title)
    assert contents(course.root) == before


def test_a_title_may_hold_what_toml_and_json_escape(tmp_path: Path) -> None:
    """Backslashes and quotes come back as they were, in course and assignment."""
    title = 'a\\b "c" $id'
    new(tmp_path, "first", title=title)
    course = load_course(tmp_path / "course.toml")
    assert (course.name, course.assignment("first").title) == (title, title)
    assert title in (tmp_path / "source" / "first" / "README.md").read_text()


def test_a_course_is_called_after_its_folder(tmp_path: Path) -> None:
    """With what may stand in its id; in every file alike."""
    for name, identity in (("Deep Learning-2", "deeplearning2"), ("--", "course")):
        (tmp_path / name).mkdir()
        new(tmp_path / name, "first")
        assert load_course(tmp_path / name / "course.toml").id == identity
        config = (tmp_path / name / "nbgrader_config.py").read_text()
        assert f'course_id = "{identity}"' in config


@pytest.mark.parametrize("place", ["source/b", "tests/answers/b"])
def test_a_folder_in_the_way_is_left_alone(course: Course, place: str) -> None:
    """Somebody's files may lie there, though the course does not name them."""
    (course.root / place).mkdir(parents=True)
    before = contents(course.root)
    with pytest.raises(InputError, match="is there already"):
        new(course.root, "b")
    assert contents(course.root) == before


def test_a_write_that_fails_is_taken_back(course: Course) -> None:
    """A file where a folder should be: what was written before goes again."""
    (course.root / "tests").write_text("in the way")
    before = contents(course.root)
    with pytest.raises(OSError, match="tests"):
        new(course.root, "b")
    assert contents(course.root) == before
    assert not (course.root / "source" / "b").exists()
    assert not (course.root / "release").exists()


@pytest.mark.slow
def test_the_skeleton_is_proved_as_it_stands(tmp_path: Path, confined: str) -> None:
    """Linted, proved and released, in a folder that was empty."""
    new(tmp_path, "first")
    course = load_course(tmp_path / "course.toml")
    assignment = course.assignment("first")
    assert lint(course, assignment) == ()
    assert prove(course, assignment, workers=1).holds
    assert release(course, assignment).leaks == ()
