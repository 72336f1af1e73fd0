"""The course file: every mistake in it is named with its place and its cure."""

from datetime import timedelta
from pathlib import Path

import pytest

from autograder.course import Course, Limits, find_course, load_course
from autograder.errors import CourseError
from autograder.ratification import Rule
from tests.conftest import TINY_COURSE


def load(folder: Path, text: str) -> Course:
    """A course from the text of its file."""
    (folder / "course.toml").write_text(text)
    return load_course(folder / "course.toml")


def test_the_tiny_course_is_read(tmp_path: Path) -> None:
    """Limits, deadline with its zone, questions and paths are what the file says."""
    course = load(tmp_path, TINY_COURSE)
    assignment = course.assignment("hw")
    assert course.limits == Limits(4.0, 2.0, 1500, 40, 16, 20, 1)
    assert assignment.deadline is not None
    assert assignment.deadline.utcoffset() == timedelta(hours=5, minutes=30)
    assert assignment.notebooks == ("q01-double",)
    assert assignment.question("q01").points == 4.0
    assert course.submitted("s1", "hw") == tmp_path / "submitted" / "s1" / "hw"
    assert course.secret == "demo"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "tiny"', "", r"\[course\] id is missing"),
        ('timezone = "Asia/Kolkata"', 'timezone = "Mars/One"', "names no time zone"),
        ("test_cpu_s = 2", "test_cpu_s = 0", r"\[limits\] test_cpu_s is 0"),
        ("test_cpu_s = 2", "test_cpu_s = -1.5", r"\[limits\] test_cpu_s is -1.5"),
        ("test_cpu_s = 2", 'test_cpu_s = "2"', "of kind str"),
        ("test_cpu_s = 2", "test_cpu_s = true", "of kind bool"),
        ("test_cpu_s = 2", "test_cpu = 2", "test_cpu is not a setting"),
        ("memory_mb = 1500", "memory_mb = 1.5", "of kind float"),
        ("[limits]", "[limit]", "limit is not a setting"),
        ('id = "q01"', 'id = "q-01"', "no hyphen"),
        ('notebook = "q01-double"', 'notebook = "../q01"', "notebook is '../q01'"),
        ("points = 4", "", r"points is missing"),
        ("deadline = 2026-03-01T12:00:00", 'deadline = "soon"', "is no date and time"),
        ("[assignment.hw]", "[assignment.hw", "is not TOML"),
        ("imports =", "import =", "import is not a setting"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    """The message names the setting, the file, and what to write instead."""
    assert old in TINY_COURSE
    with pytest.raises(CourseError, match=said) as caught:
        load(tmp_path, TINY_COURSE.replace(old, new))
    assert caught.value.where == str(tmp_path / "course.toml")
    assert caught.value.cure
    assert caught.value.exit_code == 2


def test_a_question_stands_there_once(tmp_path: Path) -> None:
    """Two entries of one id are refused."""
    entry = TINY_COURSE[TINY_COURSE.index("[[assignment") :]
    with pytest.raises(CourseError, match="q01 stands there twice"):
        load(tmp_path, TINY_COURSE + entry)


RULE = """
[[assignment.hw.question]]
id = "q02"
title = "Half as much"
notebook = "q02-half"
points = 6

[assignment.hw.ratification]
done_share = 0.6
all_of = ["q01"]
any_of = ["q02"]
at_least = 1
asked = ["q02"]
"""


def test_the_rule_of_ratification_is_read(tmp_path: Path) -> None:
    """Share and questions are what the file says; without the table there is no rule."""
    assert load(tmp_path, TINY_COURSE).assignment("hw").ratification is None
    rule = load(tmp_path, TINY_COURSE + RULE).assignment("hw").ratification
    assert rule == Rule(0.6, ("q01",), ("q02",), 1, ("q02",))
    short = RULE[: RULE.index("done_share")] + 'all_of = ["q01"]'
    rule = load(tmp_path, TINY_COURSE + short).assignment("hw").ratification
    assert rule == Rule(0.5, ("q01",))


@pytest.mark.parametrize(
    ("old", "new", "said", "cure"),
    [
        ('all_of = ["q01"]', 'all_of = ["q07"]', "all_of names no question: 'q07'", "q01, q02"),
        ('any_of = ["q02"]', "any_of = [2]", "any_of names no question: 2", "q01, q02"),
        ('asked = ["q02"]', 'asked = ["x"]', "asked names no question: 'x'", "q01, q02"),
        ('all_of = ["q01"]', "all_of = []", "all_of is empty", "take the setting away"),
        ('all_of = ["q01"]', 'all_of = "q01"', "all_of is of kind str", "list"),
        ('all_of = ["q01"]', 'all_of = ["q01", "q01"]', "all_of names q01 twice", "once"),
        ('any_of = ["q02"]', 'any_of = ["q01"]', "any_of names q01, as all_of does", "one of them"),
        ('all_of = ["q01"]\nany_of = ["q02"]\n', "", "needs no question", "all_of"),
        ("done_share = 0.6", "done_share = 0", "done_share is 0", "above 0"),
        ("done_share = 0.6", "done_share = 1.1", "done_share is 1.1", "at most 1"),
        ("done_share = 0.6", "done_share = nan", "done_share is nan", "at most 1"),
        ("done_share = 0.6", 'done_share = "half"', "done_share is of kind str", "float"),
        ("at_least = 1", "at_least = 2", "at_least is 2", "from 1 to 1"),
        ("at_least = 1", "at_least = 0", "at_least is 0", "from 1 to 1"),
        ("at_least = 1", "at_last = 1", "at_last is not a setting", "at_least"),
        ("[assignment.hw.ratification]", "[[assignment.hw.ratification]]", "is not a table", "["),
    ],
)
def test_a_mistake_in_the_rule_is_named(
    tmp_path: Path, old: str, new: str, said: str, cure: str
) -> None:
    """Unknown, empty, doubled, out of range or of a wrong kind: named with what to write."""
    assert old in RULE
    with pytest.raises(CourseError) as caught:
        load(tmp_path, TINY_COURSE + RULE.replace(old, new))
    assert said in caught.value.what
    assert "ratification" in caught.value.what
    assert cure in caught.value.cure


@pytest.mark.parametrize("text", ["[[limits]]", "limits = 3", "[assignment]\nhw = 3"])
def test_a_section_of_a_wrong_kind_is_named(tmp_path: Path, text: str) -> None:
    """What should be a table and is none is said, not crashed on."""
    with pytest.raises(CourseError):
        load(tmp_path, f'{text}\n[course]\nid = "a"\nname = "b"\n')


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    """A file that is no UTF-8 is the instructor's mistake."""
    (tmp_path / "course.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(CourseError, match="UTF-8"):
        load_course(tmp_path / "course.toml")


def test_the_environment_overrides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data folder and secret may come from the environment."""
    monkeypatch.setenv("AUTOGRADER_DATA_ROOT", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("AUTOGRADER_SECRET", "hush")
    course = load(tmp_path, TINY_COURSE)
    assert (course.data_root, course.secret) == (tmp_path / "elsewhere", "hush")


def test_a_course_is_found_from_inside(tmp_path: Path) -> None:
    """From a folder below, and not from a place without one."""
    load(tmp_path, TINY_COURSE)
    (tmp_path / "source" / "hw").mkdir(parents=True)
    assert find_course(tmp_path / "source" / "hw").root == tmp_path
    with pytest.raises(CourseError, match=r"no course\.toml"):
        find_course(Path("/proc"))


def test_unknown_names_are_answered_with_known_ones(tmp_path: Path) -> None:
    """An unknown assignment or question is answered with those that there are."""
    course = load(tmp_path, TINY_COURSE)
    with pytest.raises(CourseError, match="no assignment 'hv'") as caught:
        course.assignment("hv")
    assert "hw" in caught.value.cure
    with pytest.raises(CourseError, match="no question 'q02'") as caught:
        course.assignment("hw").question("q02")
    assert "q01" in caught.value.cure


FILES = 'files = ["cpp/*.cpp", "paper.md"]\nsolution_files = "reference"\n'
COPIES = '\n[assignment.hw.copies]\ncpp = "cpp_template"\n'


def test_files_of_an_answer_and_folders_of_the_release_are_settings(tmp_path: Path) -> None:
    """Patterns of files, where their solution lies, and what the release carries."""
    assignment = load(tmp_path, TINY_COURSE + FILES + COPIES).assignment("hw")
    assert assignment.files == ("cpp/*.cpp", "paper.md")
    assert assignment.question("q01").solution_files == "reference"
    assert assignment.copies == {"cpp": "cpp_template"}
    assert load(tmp_path, TINY_COURSE).assignment("hw").files == ()


def test_a_pattern_of_two_questions_is_one(tmp_path: Path) -> None:
    """Files are asked for once, whichever question they belong to."""
    entry = TINY_COURSE[TINY_COURSE.index("[[assignment") :].replace("q01", "q02")
    text = TINY_COURSE + FILES + entry + 'files = ["paper.md", "x.md"]\nbudget_cpu_s = 1.5\n'
    assignment = load(tmp_path, text).assignment("hw")
    assert assignment.files == ("cpp/*.cpp", "paper.md", "x.md")
    assert [q.budget_cpu_s for q in assignment.questions] == [0.0, 1.5]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('files = ["../x"]', "files holds '../x'"),
        ('files = ["/etc/passwd"]', "files holds '/etc/passwd'"),
        ("files = [3]", "files holds 3"),
        ('files = [""]', "files holds ''"),
        ('files = "cpp"', "files is of kind str"),
        ('[assignment.hw.copies]\ncpp = "../x"', r"copies\] cpp is '../x'"),
        ('[assignment.hw.copies]\n"a/b" = "x"', r"copies\] a/b is 'x'"),
        ("[assignment.hw.copies]\ncpp = 3", r"copies\] cpp is 3"),
        ('[assignment.hw.copies]\ncpp = "."', r"copies\] cpp is '\.'"),
    ],
)
def test_a_file_outside_the_hand_in_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """Patterns stay in the hand-in, copies in the course."""
    with pytest.raises(CourseError, match=said):
        load(tmp_path, f"{TINY_COURSE}{text}\n")
