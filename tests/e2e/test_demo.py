"""The demo: real repositories over real transports, graded with real parts."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest

from autograder.grade import read_result
from autograder.gradebook import Gradebook
from autograder.verdict import Status, SubmissionResult
from tests.e2e.conftest import DemoRun, autograder

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

RIGHT = ("s0401", "s0402", "s0403", "s0413", "s0414", "s0417", "s0419")
CLASS = 20


def result_of(demo: DemoRun, student: str) -> SubmissionResult:
    """What the examiner found."""
    result = read_result(demo.course, "endterm", student)
    assert result is not None
    return result


def machine_points(demo: DemoRun, student: str) -> dict[str, float]:
    """Points of the cells that the machine decides."""
    return {
        v.cell_id: v.points or 0.0
        for v in result_of(demo, student).verdicts
        if "-test" in v.cell_id
    }


@pytest.mark.parametrize("student", RIGHT)
def test_right_work_earns_every_point_of_the_machine(demo: DemoRun, student: str) -> None:
    """Right answers in any form, with essays, CUDA, Colab's drive or pip, lose nothing."""
    lost = [
        v
        for v in result_of(demo, student).verdicts
        if v.points is not None and v.points < v.max_points
    ]
    assert not lost


def test_an_untouched_release_earns_nothing(demo: DemoRun) -> None:
    """Whoever hands the release back as it was gets 0, and nothing waits for a person."""
    assert sum(v.points or 0 for v in result_of(demo, "s0405").verdicts) == 0
    assert all(v.points is not None for v in result_of(demo, "s0405").verdicts)


@pytest.mark.parametrize("cheat", ["s0411", "s0412"])
def test_deleted_tests_and_stripped_asserts_gain_nothing(demo: DemoRun, cheat: str) -> None:
    """The same mistakes with the tests deleted, or assert stripped, earn the same points."""
    assert machine_points(demo, cheat) == machine_points(demo, "s0406")


def test_work_committed_after_the_deadline_does_not_count(demo: DemoRun) -> None:
    """What was pushed later is not graded: the second half of the notebooks is empty."""
    assert machine_points(demo, "s0404") != machine_points(demo, "s0401")
    assert result_of(demo, "s0404").notebooks[-1].verdicts[0].points == 0


def test_colab_metadata_and_a_renamed_notebook_cost_nothing(demo: DemoRun) -> None:
    """A notebook is found by what is in it."""
    assert machine_points(demo, "s0408") == machine_points(demo, "s0401")


def test_a_broken_notebook_waits_for_a_person_and_the_others_are_graded(demo: DemoRun) -> None:
    """JSON that cannot be read is neither zero nor full marks."""
    result = result_of(demo, "s0409")
    unreadable = [n for n in result.notebooks if any(r.kind == "unreadable" for r in n.remarks)]
    assert len(unreadable) == 1
    assert all(v.status is Status.UNGRADED for v in unreadable[0].verdicts)
    others = [v for n in result.notebooks if n not in unreadable for v in n.verdicts]
    assert sum(v.points or 0 for v in others) > 0


def test_an_endless_loop_costs_its_own_tests_alone(demo: DemoRun) -> None:
    """Every other question keeps its points."""
    late = [v for v in result_of(demo, "s0410").verdicts if v.status is Status.TIMED_OUT]
    assert {v.cell_id for v in late} == {"q04-loop-test"}
    right = machine_points(demo, "s0401")
    ours = machine_points(demo, "s0410")
    assert {k for k in right if ours[k] != right[k]} == {"q04-loop-test"}


def test_the_gradebook_holds_the_same_points_as_the_verdicts(demo: DemoRun) -> None:
    """Scores that nbgrader shows are the ones that the examiner gave."""
    with Gradebook(demo.course) as gradebook:
        students = gradebook.students("endterm")
        assert len(students) == CLASS
        for student in students:
            scores = {s.cell_id: s.auto for s in gradebook.scores("endterm", student)}
            verdicts = {v.cell_id: v.points for v in result_of(demo, student).verdicts}
            assert scores == verdicts


def test_every_student_has_a_page_without_hidden_tests(demo: DemoRun) -> None:
    """No line of a hidden test or of a solution stands in any feedback."""
    hidden = secret_lines(demo)
    pages = sorted((demo.course.root / "feedback").glob("*/endterm/index.html"))
    assert len(pages) == CLASS
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not [line for line in hidden if line in text]


def secret_lines(demo: DemoRun) -> set[str]:
    """Telling lines of hidden tests, as they would look in HTML."""
    lines: set[str] = set()
    for path in demo.course.source("endterm").glob("*.ipynb"):
        inside = False
        cells: list[Any] = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for line in "\n".join("".join(c["source"]) for c in cells).splitlines():
            inside = (inside or "### BEGIN HIDDEN" in line) and "### END HIDDEN" not in line
            plain = line.strip()
            if inside and len(plain) > 25 and not set(plain) & set("<>&\"'#"):
                lines.add(plain)
    assert len(lines) > 20
    return lines


def grades(demo: DemoRun) -> dict[str, dict[str, str]]:
    """The rows of grades.csv by roll number."""
    path = demo.course.report("endterm") / "grades.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_the_report_lists_the_class(demo: DemoRun) -> None:
    """grades.csv has a row for everybody."""
    assert list(grades(demo)) == [f"s{n:04d}" for n in range(401, 401 + CLASS)]


@pytest.mark.parametrize(
    ("student", "verdict"),
    [
        ("s0401", "ratified"),  # although essays wait
        ("s0404", "not ratified"),
        ("s0405", "not ratified"),
        ("s0409", "pending"),  # one notebook waits for a person
        ("s0418", "ratified"),  # one of the two design questions is enough
        ("s0420", "ratified"),  # by a grader's tick
    ],
)
def test_the_verdict_follows_the_rule(demo: DemoRun, student: str, verdict: str) -> None:
    """Done, pending and ticked questions make the verdict of the assignment."""
    row = grades(demo)[student]
    assert row["verdict"] == verdict, row["reason"]


def test_a_graders_tick_is_told_with_its_reason(demo: DemoRun) -> None:
    """Report and page of the student say who decided what, and why."""
    assert grades(demo)["s0420"]["q05_mark"] == "done"
    page = demo.course.feedback("s0420", "endterm") / "index.html"
    assert "at the board" in page.read_text(encoding="utf-8")


def test_a_source_that_does_not_compile_is_explained(demo: DemoRun) -> None:
    """Every test of the program fails alike, with the compiler's line; nothing else is lost."""
    lost = [v for v in result_of(demo, "s0416").verdicts if v.points == 0 < v.max_points]
    assert lost
    assert {v.question for v in lost} == {"q12"}
    assert all("do not compile" in v.message and "nn.cpp" in v.code for v in lost)


def test_a_program_that_crashes_costs_its_own_question_alone(demo: DemoRun) -> None:
    """The grader lives, the other questions keep their points."""
    right, ours = machine_points(demo, "s0401"), machine_points(demo, "s0415")
    lost = {k for k in right if ours[k] != right[k]}
    assert lost
    assert all(k.startswith("q12-") for k in lost)


def test_grading_again_changes_nothing_and_judges_nothing(demo: DemoRun) -> None:
    """A second run finds everything done."""
    course = demo.course
    before = {p: p.read_bytes() for p in course.root.glob("autograded/*/endterm/*")}
    assert autograder(course, "grade", "endterm")["unchanged"] == CLASS
    assert {p: p.read_bytes() for p in course.root.glob("autograded/*/endterm/*")} == before


def test_the_demo_ends_with_the_pages_to_open(demo: DemoRun) -> None:
    """The last lines name the report, a page of feedback and the gradebook."""
    for path in (demo.course.report("endterm") / "index.html", demo.course.gradebook):
        assert str(path) in demo.printed
        assert path.is_file()
