"""The report: tables that a spreadsheet may open, and a page that says where the class stands."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.course import Course, load_course
from autograder.errors import CourseError, InputError
from autograder.feedback import feedback
from autograder.gradebook import CellScore, Gradebook
from autograder.overrides import Override
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
from tests.conftest import Tags

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


def test_grades_have_one_row_a_student(course: Course) -> None:
    """Points by question, total, what waits, remarks; empty where nobody judged anything."""
    rows = rows_of(grades_csv(write_report(course, "a1", sheets_of(course))))
    assert list(rows[0]) == [
        "student", "q01", "q02", "bonus", "total", "max", "waiting", "remarks", "sandbox",
    ]  # fmt: skip
    assert [list(r.values()) for r in rows] == [
        ["s0001", "4", "2.5", "0", "6.5", "7", "0", "0", "bubblewrap"],
        ["s0002", "0", "0", "0", "0", "7", "1", "0", "bubblewrap"],
        ["s0003", "1", "0", "0", "1", "7", "1", "1", "bubblewrap"],
        ["s0004", "2", "0", "0", "2", "7", "1", "0", "none"],
        ["s0005", "", "", "0", "", "7", "0", "0", ""],
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
        "status": "failed", "points": "3", "bonus": "0", "max": "4", "waiting": "0",
        "by_person": "1", "look_again": "0", "note": "sign", "message": "message of sign",
        "comment": "Nearly, well done",
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
    assert "alert(1)" in page.words
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
    assert "message of square-forgotten" in Tags(page_of(result)).words


def test_the_queue_names_who_waits(course: Course) -> None:
    """Every answer that waits for a person is in the queue, and no other."""
    result = write_report(course, "a1", sheets_of(course))
    assert [(q.cell_id, q.students) for q in result.queue] == [
        ("q02-essay", ("s0002", "s0003", "s0004"))
    ]
    assert result.waiting == 3
    assert "autograder feedback a1" in Tags(page_of(result)).words


def test_a_run_without_sandbox_is_marked(course: Course) -> None:
    """`none` stands out at the top of the page, in the table, in the CSV and in the value."""
    sheets = sheets_of(course)
    result = write_report(course, "a1", sheets)
    assert result.unconfined == ("s0004",)
    assert result.sandboxes == (("bubblewrap", 3), ("none", 1))
    text = Tags(page_of(result)).words
    assert "1 submission ran without a sandbox" in text
    assert "no sandbox" in text
    confined = write_report(course, "a1", [s for s in sheets if s.student != "s0004"])
    assert "without a sandbox" not in Tags(page_of(confined)).words


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
            assert re.fullmatch(
                r"#.*|(grades|cells|decisions)\.csv|\.\./\.\./feedback/s000\d/a1/.*", value
            )


def test_a_second_run_changes_nothing(course: Course) -> None:
    """The same input gives the same bytes, and the files are left alone."""
    folder = write_report(course, "a1", sheets_of(course)).folder
    before = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()}
    write_report(course, "a1", sheets_of(course))
    assert before == {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()}
    assert set(before) == {"grades.csv", "cells.csv", "decisions.csv", "index.html"}


# --- ratification and decisions of people ----------------------------------------------------

RULED = (
    COURSE.replace("points = 3", "points = 3\nbonus = 1")
    + """
[assignment.a1.ratification]
all_of = ["q01", "q02"]
"""
)


@pytest.fixture
def ruled(tmp_path: Path) -> Course:
    """The same course with a rule: both questions are needed; q02 has a bonus point."""
    (tmp_path / "course.toml").write_text(RULED, encoding="utf-8")
    return load_course(tmp_path / "course.toml")


def by_hand(cell: str, auto: float | None, manual: float | None, **more: object) -> CellScore:
    """A score of the gradebook."""
    most = 4.0 if cell == "q01-test" else 3.0
    return replace(CellScore("one", cell, auto, manual, 0.0, most, False, ""), **more)


def class_of(course: Course, reason: str = "shown at the board") -> list[Sheet]:
    """Ratified with bonus, pending, not ratified, ratified by a tick, without results, stale."""
    assignment = course.assignment("a1")

    def sheet(student: str, points: float, essay: float | None, *scores: CellScore) -> Sheet:
        result = result_of(student, *judged(points, essay=essay))
        rows = [
            Override("s0004", "q02", None, True, reason, "g01", 2),
            Override("s0006", "q01-test", 2.0, None, reason, "", 3),
        ]
        return make_sheet(assignment, student, result, scores, overrides=rows)

    return [
        sheet("s0001", 4, None, by_hand("q02-essay", None, 1.5, extra_credit=1.0)),
        sheet("s0002", 4, None),
        sheet("s0003", 1, None),
        sheet("s0004", 2, 0.5),
        make_sheet(assignment, "s0005", None),
        sheet(
            "s0006", 0, 0,
            by_hand("q01-test", 0, 2.0, needs_manual=True, comment="right idea"),
            by_hand("q02-essay", 0, 1.0, comment="read it again"),
        ),
    ]  # fmt: skip


def test_the_verdict_stands_in_the_values(ruled: Course) -> None:
    """Verdict, reason, mark a question; a bonus point fills no gap; the class is counted."""
    result = write_report(ruled, "a1", class_of(ruled))
    assert [(s.verdict, s.marks, s.total, s.bonus) for s in result.students] == [
        ("ratified", ("done", "done"), 6.5, 1),
        ("pending", ("done", "pending"), 4, 0),
        ("not ratified", ("not done", "pending"), 1, 0),
        ("ratified", ("done", "done"), 2.5, 0),
        ("pending", ("pending", "pending"), None, 0),
        ("not ratified", ("done", "not done"), 3, 0),
    ]
    assert result.verdicts == (("ratified", 2), ("pending", 2), ("not ratified", 2))
    assert [q.marks for q in result.questions] == [
        (("done", 4), ("pending", 1), ("not done", 1)),
        (("done", 2), ("pending", 3), ("not done", 1)),
    ]
    assert result.students[2].reason == (
        "q01 is not done: 1 of 4 points, 2 needed. "
        "q02 is pending: 0 of 3 points, 1.5 needed, up to 3 more wait for a person."
    )


def test_bonus_makes_no_question_done(ruled: Course) -> None:
    """An essay of half a point with a bonus point stays below 1.5 of 3."""
    score = by_hand("q02-essay", None, 0.5, extra_credit=1.0)
    result = result_of("s0001", *judged(4, essay=None))
    sheet = make_sheet(ruled.assignment("a1"), "s0001", result, [score])
    assert sheet.standing is not None
    assert (sheet.points, sheet.standing.decision) == (5.5, "not ratified")


def test_results_that_cannot_be_used_fail_nobody(ruled: Course) -> None:
    """Damage on our side leaves everything pending, whatever scores are there."""
    scores = [by_hand("q02-essay", None, 0.5)]
    sheet = make_sheet(ruled.assignment("a1"), "s0001", None, scores, "damaged")
    assert sheet.standing is not None
    assert sheet.standing.decision == "pending"


def test_the_tables_say_who_is_ratified_and_who_decided(ruled: Course) -> None:
    """Verdict, reason and marks in `grades.csv`; decisions with machine, person and reason."""
    result = write_report(ruled, "a1", class_of(ruled))
    first, *_, last = rows_of(grades_csv(result))
    assert (first["q01"], first["q02"]) == ("4", "1.5"), "bonus has a column of its own"
    assert list(first)[-4:] == ["verdict", "reason", "q01_mark", "q02_mark"]
    assert (first["verdict"], first["bonus"], first["total"]) == ("ratified", "1", "6.5")
    assert (last["verdict"], last["q02_mark"]) == ("not ratified", "not done")
    assert last["reason"] == "q02 is not done: 1 of 3 points, 1.5 needed."
    text = (result.folder / "decisions.csv").read_text("utf-8")
    assert [list(r.values()) for r in rows_of(text)] == [
        ["s0004", "q02", "", "", "", "yes", "shown at the board", "g01", "file", "0"],
        ["s0006", "q01-test", "0", "2", "4", "", "shown at the board right idea", "", "file", "1"],
        ["s0006", "q02-essay", "0", "1", "3", "", "read it again", "", "formgrader", "0"],
    ]
    cells = {(r["student"], r["cell"]): r for r in rows_of(cells_csv(class_of(ruled)))}
    stale = cells["s0006", "q01-test"]
    assert (stale["by_person"], stale["waiting"], stale["look_again"]) == ("1", "1", "1")
    essay = cells["s0001", "q02-essay"]
    assert (essay["points"], essay["bonus"]) == ("1.5", "1")


def test_the_page_says_who_is_ratified_and_why(ruled: Course) -> None:
    """Class counts, the rule, a verdict with its reason, decisions with theirs."""
    text = Tags(page_of(write_report(ruled, "a1", class_of(ruled)))).words
    for said in (
        "ratified 2 pending 2 not ratified 2",
        "Needed: q01 and q02 done. A question is done with 50 % of its points",
        "q02 is counted as done by a person (g01): shown at the board.",
        "graded before the last change shown at the board right idea",
        "There are no results yet.",
    ):
        assert said in text
    assert "graded before the last change: q01-test" in text, "it is to be looked at"


def test_without_a_rule_nothing_speaks_of_ratification(course: Course) -> None:
    """No columns, no section, no verdict."""
    result = write_report(course, "a1", sheets_of(course))
    assert result.verdicts == ()
    assert "ratif" not in page_of(result)
    assert "verdict" not in (result.folder / "grades.csv").read_text("utf-8")


def test_bonus_above_its_limit_is_to_be_looked_at(course: Course) -> None:
    """Extra credit where the course has none is told."""
    score = by_hand("q02-essay", None, 3.0, extra_credit=0.5)
    result = result_of("s0001", *judged(4, essay=None))
    sheet = make_sheet(course.assignment("a1"), "s0001", result, [score])
    (row,) = write_report(course, "a1", [sheet]).troubled
    assert row.trouble == ("bonus above its limit: q02, 0.5 of 0",)


def test_hostile_reasons_are_text(ruled: Course) -> None:
    """A reason cannot be a formula in a table or script on the page."""
    written = write_report(ruled, "a1", class_of(ruled, HOSTILE))
    for name in ("grades.csv", "decisions.csv"):
        for row in rows_of((written.folder / name).read_text("utf-8")):
            assert not any(re.match(r"\s*[=+\-@]", value) for value in row.values())
    page = Tags(page_of(written))
    assert "alert(1)" in page.words
    assert "script" not in page.tags


@pytest.mark.filterwarnings("ignore:Object of type:sqlalchemy.exc.SAWarning")  # nbgrader's own
def test_the_file_of_overrides_is_entered_and_applied(ruled: Course) -> None:
    """Points reach nbgrader's gradebook, a tick the verdict; an unknown student is named."""
    folder = ruled.autograded("s0001", "a1")
    folder.mkdir(parents=True)
    judgement = result_of("s0001", *judged(1, essay=0.5))
    (folder / "verdicts.json").write_text(judgement.to_json(), "utf-8")
    with Gradebook(ruled) as book:
        book.api.add_assignment("a1", course_id=ruled.id)
        book.api.add_notebook("one", "a1")
        book.api.add_grade_cell("q01-test", "one", "a1", max_score=4, cell_type="code")
        book.api.add_grade_cell("q02-essay", "one", "a1", max_score=3, cell_type="markdown")
        book.record(judgement, None)
    path = ruled.overrides("a1")
    path.parent.mkdir()
    head = "roll_number,id,points,done,reason,grader\n"
    rows = "s0001,q01-test,3,,the shape was right,g01\ns0001,q02,,yes,told us,g01\n"
    path.write_text(head + rows)
    result = report(ruled, "a1")
    assert [(s.total, s.verdict) for s in result.students] == [(3.5, "ratified")]
    assert [(d.id, d.machine, d.points, d.done) for d in result.decisions] == [
        ("q01-test", 1, 3, None), ("q02", None, None, True),
    ]  # fmt: skip
    with Gradebook(ruled) as book:
        assert book.api.find_submission("a1", "s0001").score == 3.5
    assert "the shape was right" in feedback(ruled, "a1").pages[0].path.read_text("utf-8")
    path.write_text(head + "s0009,q01,,yes,why,g01\n")
    with pytest.raises(InputError, match="line 2: nothing was handed in by 's0009'"):
        report(ruled, "a1")
    path.unlink()
    assert [(s.total, s.verdict) for s in report(ruled, "a1").students] == [(1.5, "not ratified")]


def test_the_stage_reads_what_is_there(course: Course) -> None:
    """Results come from their folder and the real gradebook; an empty class gets a report too."""
    empty = report(course, "a1")
    assert (empty.students, empty.totals) == ((), ())
    assert "students 0" in Tags(page_of(empty)).words
    folder = course.autograded("s0001", "a1")
    folder.mkdir(parents=True)
    (folder / "verdicts.json").write_text(result_of("s0001", *judged(4)).to_json(), "utf-8")
    full = report(course, "a1")
    assert [(s.student, s.points, s.total) for s in full.students] == [("s0001", (4.0, 0.0), 4.0)]
    with pytest.raises(CourseError, match="no assignment 'a9'"):
        report(course, "a9")
