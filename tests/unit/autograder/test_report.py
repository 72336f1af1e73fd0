"""The report: tables that a spreadsheet may open, and a page that says where the class stands."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from autograder.course import Course, load_course
from autograder.errors import CourseError
from autograder.gradebook import CellScore
from autograder.report import (
    ReportResult,
    cells_csv,
    distribution_svg,
    grades_csv,
    report,
    safe_cell,
    write_report,
)
from autograder.sheet import Sheet, make_sheet
from autograder.verdict import NotebookResult, Remark, Status, SubmissionResult, Verdict

COURSE = """
[course]
id = "mini"
name = "A small course"

[assignment.a1]
title = "First assignment"

[[assignment.a1.question]]
id = "q01"
title = "Eigenvalues"
notebook = "one"
points = 4

[[assignment.a1.question]]
id = "q02"
title = "An essay"
notebook = "one"
points = 3
"""

HOSTILE = '=HYPERLINK("https://evil.test","<script>alert(1)</script>")\n\r\t;=1+1 \x00\u202e\ud800'


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course of two questions."""
    (tmp_path / "course.toml").write_text(COURSE, encoding="utf-8")
    return load_course(tmp_path / "course.toml")


def result_of(student: str, *verdicts: Verdict, **more: object) -> SubmissionResult:
    """The results of one student in notebook `one`."""
    result = SubmissionResult(
        "a1", student, (NotebookResult("one", verdicts),), sandbox="bubblewrap"
    )
    return replace(result, **more)


def judged(points: float, note: str = "", essay: float | None = None) -> tuple[Verdict, Verdict]:
    """Verdicts of both questions; the essay waits where it has no points."""
    status = Status.PASSED if points == 4 else Status.PARTIAL if points else Status.FAILED
    decided = Status.UNGRADED if essay is None else Status.PARTIAL
    return (
        Verdict("q01-test", status, points, 4, "Eigenvalues", f"message of {note}", note=note),
        Verdict("q02-essay", decided, essay, 3, "Why so?"),
    )


def sheets_of(course: Course) -> list[Sheet]:
    """A class of five: all right, a mistake twice, one without sandbox, one without results."""
    assignment = course.assignment("a1")
    results = [
        result_of("s0001", *judged(4, essay=2.5)),
        result_of("s0002", *judged(0, "square-forgotten")),
        result_of("s0003", *judged(1, "square-forgotten"), remarks=(Remark("late", "1 h late."),)),
        result_of("s0004", *judged(2, "sign"), sandbox="none"),
    ]
    sheets = [make_sheet(assignment, r.student, r) for r in results]
    return [*sheets, make_sheet(assignment, "s0005", None)]


def rows_of(text: str) -> list[dict[str, str]]:
    """The rows of a CSV text."""
    return list(csv.DictReader(io.StringIO(text), strict=True))


def page_of(result: ReportResult) -> str:
    """The HTML page of a report."""
    return (result.folder / "index.html").read_text("utf-8")


class Tags(HTMLParser):
    """Every tag, attribute and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag and its attributes."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.text += " ".join(data.split()) + " "


def test_grades_have_one_row_a_student(course: Course) -> None:
    """Points by question, total, what waits, remarks; empty where nobody judged anything."""
    rows = rows_of(grades_csv(write_report(course, "a1", sheets_of(course))))
    assert list(rows[0]) == [
        "student", "q01", "q02", "total", "max", "waiting", "remarks", "sandbox",
    ]  # fmt: skip
    assert [list(r.values()) for r in rows] == [
        ["s0001", "4", "2.5", "6.5", "7", "0", "0", "bubblewrap"],
        ["s0002", "0", "0", "0", "7", "1", "0", "bubblewrap"],
        ["s0003", "1", "0", "1", "7", "1", "1", "bubblewrap"],
        ["s0004", "2", "0", "2", "7", "1", "0", "none"],
        ["s0005", "", "", "", "7", "0", "0", ""],
    ]


def test_cells_have_one_row_a_graded_cell(course: Course) -> None:
    """Each graded cell with its note, a person's points and whether it waits."""
    comment = CellScore("one", "q01-test", 0.0, 3.0, 0.0, 4.0, False, "Nearly, well done")
    sheet = make_sheet(
        course.assignment("a1"), "s0002", result_of("s0002", *judged(0, "sign")), [comment]
    )
    first, second = rows_of(cells_csv([sheet]))
    assert first == {
        "student": "s0002", "notebook": "one", "question": "q01", "cell": "q01-test",
        "status": "failed", "points": "3", "max": "4", "waiting": "0", "by_person": "1",
        "note": "sign", "message": "message of sign", "comment": "Nearly, well done",
    }  # fmt: skip
    assert (second["waiting"], second["points"], second["status"]) == ("1", "0", "ungraded")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r\n=1",
        "  =1",
        "\xa0=1",
        "＝1",
        "＋1",
        "－1",
        "＠a",
    ],
)
def test_no_field_is_a_formula(text: str) -> None:
    """Text that a spreadsheet would compute gets an apostrophe, also behind blanks and tabs."""
    assert safe_cell(text).startswith("'")
    assert re.match(r"x;\s*'", safe_cell(f"x;{text}"))


def test_numbers_and_harmless_text_stay() -> None:
    """Our own numbers and ordinary text are not touched."""
    values = [-1.5, 2, None, "a - b", "s0417", "1=1", "x, -3"]
    assert [safe_cell(v) for v in values] == ["-1.5", "2", "", "a - b", "s0417", "1=1", "x, -3"]


def test_hostile_text_breaks_no_table_and_no_page(course: Course) -> None:
    """Hostile text in every field stays in its field, on one line, and is text on the page."""
    verdict = Verdict("q01-test", Status.CRASHED, 0, 4, *[HOSTILE] * 6, printed=HOSTILE)
    waits = Verdict("q02-essay", Status.UNGRADED, None, 3, HOSTILE, HOSTILE)
    remarks = (Remark(HOSTILE, HOSTILE), Remark("x", HOSTILE, "q01-test"))
    result = SubmissionResult(
        "a1", "s0001", (NotebookResult(HOSTILE, (verdict, waits), remarks),), remarks, HOSTILE
    )
    score = CellScore(HOSTILE, "q01-test", None, 1.0, 0.0, 4.0, False, HOSTILE)
    sheet = make_sheet(course.assignment("a1"), "s0001", result, [score])
    written = write_report(course, "a1", [sheet])
    for name in ("grades.csv", "cells.csv"):
        text = (written.folder / name).read_text("utf-8")
        rows = rows_of(text)
        assert len(text.splitlines()) == len(rows) + 1
        for row in rows:
            assert not any(re.match(r"\s*[=+\-@]", value) for value in row.values())
            assert None not in row
    page = Tags(page_of(written))
    assert "alert(1)" in page.text
    assert "script" not in page.tags
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e]", page_of(written))


def test_questions_have_mean_and_median(course: Course) -> None:
    """Statistics run over the students who have a result."""
    first, second = write_report(course, "a1", sheets_of(course)).questions
    assert (first.mean, first.median, first.full, first.students) == (1.75, 1.5, 1, 4)
    assert (second.waiting, second.max_points) == (3, 3)


def test_answers_left_as_released_are_counted(course: Course) -> None:
    """An answer that nobody touched is counted as such and is no mistake."""
    sheet = make_sheet(
        course.assignment("a1"), "s0001", result_of("s0001", *judged(0, "not-answered", 1))
    )
    result = write_report(course, "a1", [sheet])
    assert [q.unanswered for q in result.questions] == [1, 0]
    assert result.notes == ()


def test_notes_are_counted(course: Course) -> None:
    """The commonest mistake comes first, with its students and a message as example."""
    result = write_report(course, "a1", sheets_of(course))
    assert [(n.note, n.students) for n in result.notes] == [
        ("square-forgotten", ("s0002", "s0003")),
        ("sign", ("s0004",)),
    ]
    assert "message of square-forgotten" in Tags(page_of(result)).text


def test_the_queue_names_who_waits(course: Course) -> None:
    """Every answer that waits for a person is in the queue, and no other."""
    result = write_report(course, "a1", sheets_of(course))
    assert [(q.cell_id, q.students) for q in result.queue] == [
        ("q02-essay", ("s0002", "s0003", "s0004"))
    ]
    assert result.waiting == 3
    assert "autograder feedback a1" in Tags(page_of(result)).text


def test_a_run_without_sandbox_is_marked(course: Course) -> None:
    """`none` stands out at the top of the page, in the table, in the CSV and in the value."""
    sheets = sheets_of(course)
    result = write_report(course, "a1", sheets)
    assert result.unconfined == ("s0004",)
    assert result.sandboxes == (("bubblewrap", 3), ("none", 1))
    text = Tags(page_of(result)).text
    assert "1 submission ran without a sandbox" in text
    assert "no sandbox" in text
    confined = write_report(course, "a1", [s for s in sheets if s.student != "s0004"])
    assert "without a sandbox" not in Tags(page_of(confined)).text


def test_troubled_submissions_are_listed(course: Course) -> None:
    """Missing results, remarks, stops and missing sandboxes are what to look at."""
    crashed = Verdict("q01-test", Status.TIMED_OUT, 0, 4)
    sheets = [
        *sheets_of(course),
        make_sheet(course.assignment("a1"), "s0006", result_of("s0006", crashed)),
        make_sheet(course.assignment("a1"), "s0007", None, problem="verdicts.json is not JSON"),
    ]
    result = write_report(course, "a1", sheets)
    assert {s.student: s.trouble for s in result.troubled} == {
        "s0003": ("late: 1 h late.",),
        "s0004": ("ran without a sandbox",),
        "s0005": ("no results",),
        "s0006": ("q01-test timed out",),
        "s0007": ("results cannot be used: verdicts.json is not JSON",),
    }


def test_the_picture_is_accessible_and_takes_the_pages_colours() -> None:
    """The histogram has a text, no address and no fixed colour, and is the same every time."""
    svg = distribution_svg([0, 6.9, 7, 3.5, 9], 7)
    assert 'role="img"' in svg
    assert "0 to 1 points: 1" in svg
    assert "3 to 4 points: 1" in svg
    assert "6 to 7 points: 3" in svg, "totals above the maximum count in the last bin"
    assert not re.search(r"http|#[0-9a-f]{6}|<script|<metadata|<!DOCTYPE", svg)
    assert svg == distribution_svg([0, 6.9, 7, 3.5, 9], 7)
    assert distribution_svg([], 7) == ""
    assert distribution_svg([1], 0) == ""


def test_the_page_is_whole_in_itself(course: Course) -> None:
    """No script, nothing to load; links lead to the tables and the students' pages only."""
    page = page_of(write_report(course, "a1", sheets_of(course)))
    tags = Tags(page)
    assert "script" not in tags.tags
    assert "http:" not in page
    assert "https:" not in page
    for name, value in tags.attributes:
        if name in {"href", "xlink:href"}:
            assert re.fullmatch(r"#.*|(grades|cells)\.csv|\.\./\.\./feedback/s000\d/a1/.*", value)


def test_a_second_run_changes_nothing(course: Course) -> None:
    """The same input gives the same bytes, and the files are left alone."""
    folder = write_report(course, "a1", sheets_of(course)).folder
    before = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()}
    write_report(course, "a1", sheets_of(course))
    assert before == {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()}
    assert set(before) == {"grades.csv", "cells.csv", "index.html"}


def test_the_stage_reads_what_is_there(course: Course) -> None:
    """Results come from their folder and the real gradebook; an empty class gets a report too."""
    empty = report(course, "a1")
    assert (empty.students, empty.totals) == ((), ())
    assert "students 0" in " ".join(Tags(page_of(empty)).text.split())
    folder = course.autograded("s0001", "a1")
    folder.mkdir(parents=True)
    (folder / "verdicts.json").write_text(result_of("s0001", *judged(4)).to_json(), "utf-8")
    full = report(course, "a1")
    assert [(s.student, s.points, s.total) for s in full.students] == [("s0001", (4.0, 0.0), 4.0)]
    with pytest.raises(CourseError, match="no assignment 'a9'"):
        report(course, "a9")
