"""Overrides: a grader's decisions in a file, each mistake in it named with line and cure."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import InputError
from autograder.overrides import Override, read_overrides
from autograder.ratification import Tick

HEAD = "roll_number,id,points,done,reason,grader\n"
QUESTIONS = ("q01", "q02")


def read(folder: Path, text: str | bytes) -> tuple[Override, ...]:
    """The decisions of a file."""
    path = folder / "hw.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_overrides(path, QUESTIONS)


def test_no_file_is_no_decision(tmp_path: Path) -> None:
    """A course without overrides needs no file."""
    assert read_overrides(tmp_path / "hw.csv", QUESTIONS) == ()


def test_cells_have_points_and_questions_are_ticked(tmp_path: Path) -> None:
    """Points, yes and no, reason, grader and line are read; empty lines are not."""
    rows = read(
        tmp_path,
        HEAD + 's0417,q01-double-test,2.5,,"right, but\nnamed otherwise",g01\n\n,,,,,\n'
        "s0423,q02,,Yes,shown at the board,g02\ns0423,q01,,no,copied,\n",
    )
    assert rows == (
        Override("s0417", "q01-double-test", 2.5, None, "right, but\nnamed otherwise", "g01", 2),
        Override("s0423", "q02", None, True, "shown at the board", "g02", 6),
        Override("s0423", "q01", None, False, "copied", "", 7),
    )
    assert [r.question for r in rows] == ["q01", "q02", "q01"]
    assert [r.tick for r in rows] == [
        None, Tick(True, "shown at the board", "g02"), Tick(False, "copied"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffroll_number,id,points,done,reason\r\ns0417,q01-a,1,,why\r\n",
        "roll_number;id;points;done;reason;grader\ns0417;q01-a;1;;why;\n",
        " Roll_Number ,ID,Reason,Points\ns0417, q01-a ,why,1\n",
    ],
)
def test_files_as_spreadsheets_write_them_are_read(tmp_path: Path, text: str) -> None:
    """Byte order mark, semicolons, other order, absent optional columns."""
    (row,) = read(tmp_path, text)
    assert (row.student, row.id, row.points, row.reason) == ("s0417", "q01-a", 1.0, "why")


@pytest.mark.parametrize(
    ("row", "said", "cure"),
    [
        ("s1,q01-a,1,,,g01", "line 2: there is no reason", "write why"),
        ("s1,q01-a,1,,  ,g01", "line 2: there is no reason", "write why"),
        (",q01-a,1,,why,", "no roll number", "whom"),
        ("s1,q09-a,1,,why,", "no question 'q09-a'", "q01, q02"),
        ("s1,,1,,why,", "no question ''", "q01, q02"),
        ("s1,q01-a,-1,,why,", "points is '-1'", "not below 0"),
        ("s1,q01-a,nan,,why,", "points is 'nan'", "2.5"),
        ("s1,q01-a,1e3,,why,", "points is '1e3'", "2.5"),
        ('s1,q01-a,"1,5",,why,', "points is '1,5'", "not a comma"),
        ("s1,q01-a,1,5,,why,g01", "has 7 fields", "not a comma"),
        ("s1,q01-a,1,5,,why", "done is '5'", "not a comma"),
        ("s1,q01-a,1,,\u200b\u2060,", "there is no reason", "write why"),
        ("s1,q01-a,1,,\u3164\u2800\u034f,", "there is no reason", "write why"),
        ("s1,q01-a,1,,-,", "there is no reason", "write why"),
        ("s1,q01,,perhaps,why,", "done is 'perhaps'", "yes, no"),
        ("s1,q01,2,,why,", "those of its cells", "grade id"),
        ("s1,q01,2,yes,why,", "those of its cells", "grade id"),
        ("s1,q01-a,,yes,why,", "only a question is done", "question's id"),
        ("s1,q01-a,,,why,", "nothing is decided", "points"),
        ("s1,q01,,,why,", "nothing is decided", "yes or no"),
        ("s1,q01-a,1,,right, but late,", "has 7 fields", "double quotes"),
        ("s2,q01,,yes,why,\ns2,q01,,no,why,", "line 3: s2 q01 stands in line 2", "one of the two"),
        ('s1,q01,,yes,"a\nb",\ns2,q01,,yes,,', "line 4: there is no reason", "write why"),
    ],
)
def test_a_mistake_is_named_with_line_and_cure(
    tmp_path: Path, row: str, said: str, cure: str
) -> None:
    """One message: the line, what is wrong, what to do."""
    with pytest.raises(InputError) as caught:
        read(tmp_path, HEAD + row + "\n")
    assert said in caught.value.what
    assert cure in caught.value.cure
    assert caught.value.where.endswith("hw.csv")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column roll_number"),
        ("roll_number,id,points,done\n", "no column reason"),
        ("roll_number,id,reason,mark\n", "'mark' is not a column"),
        ("roll_number,id,reason,points,points\n", "'points' stands there twice"),
        (b"\xff\xfe", "not UTF-8"),
        (HEAD.encode() + b's1,q01,,yes,"' + b"x" * 200_000 + b'",', "is not CSV"),
        (b"x" * 6_000_000, "too large"),
    ],
)
def test_a_file_that_is_no_such_table_is_named(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    """Head, encoding and size are checked."""
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert said in caught.value.what


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from(list('s1q0-a,;"\n\r yesno.\x00é=')), max_size=60))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever stands there: rows that keep the rules, or the one exception."""
    rows: tuple[Override, ...] = ()
    with suppress(InputError):
        rows = read(tmp_path_factory.getbasetemp(), HEAD + text)
    assert all(r.reason and r.student and (r.points is None) != (r.done is None) for r in rows)


@pytest.mark.parametrize(
    "text",
    [
        's0401,q01-a,1,,"right but for a name,g01\ns0402,q01-a,0,,copied,g02\n',
        's0401,q01-a,1,,"right,g01\ns0402,q01-a,0,,"copied",g02\n',
        's0401,q01-a,1,,"right,g01\ns0402,q01-a,0,,copied",g02\n',
    ],
)
def test_a_quote_that_is_not_closed_swallows_no_other_student(tmp_path: Path, text: str) -> None:
    """The next student's row would be lost, and be shown to this one."""
    with pytest.raises(InputError, match=r"CSV|double quote"):
        read(tmp_path, HEAD + text)
