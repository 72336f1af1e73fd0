"""The report: the grades of a class as CSV, and one page that says where the class stands."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from pathlib import Path
from statistics import fmean, median

from autograder.course import Assignment, Course
from autograder.overrides import Override
from autograder.pages import line, number, plain, render_html, write_text
from autograder.ratification import Decision, Mark
from autograder.sheet import (
    NOT_ANSWERED,
    Check,
    Scores,
    Sheet,
    enter_overrides,
    open_scores,
    read_sheet,
    students_of,
)
from autograder.verdict import Status

GRADES = "grades.csv"
CELLS = "cells.csv"
DECISIONS = "decisions.csv"
PAGE = "index.html"
UNCONFINED = "none"  # the sandbox's name where there was none
NOTES_SHOWN = 25

FORMULA = re.compile(r"(^|;)(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
STOPPED = {Status.CRASHED, Status.TIMED_OUT, Status.OUT_OF_MEMORY}


@dataclass(frozen=True)
class StudentRow:
    """One student's line in the table of the class.

    Attributes:
        student: Roll number.
        points: Points so far without bonus, one a question, in the order of the report's
            questions; None where the question has no result.
        total: Points so far, with bonus; None where there are no results at all.
        bonus: Points on top, from people.
        max_points: Points of the assignment, without bonus.
        waiting: Graded cells that wait for a person.
        remarks: Number of remarks on the hand-in.
        sandbox: What confined the student's code; empty where nothing was run.
        trouble: What the instructor should look at, one phrase each.
        verdict: `ratified`, `pending` or `not ratified`; empty where the course has no rule.
        reason: Why, in words.
        marks: `done`, `pending` or `not done`, one a question; empty where there is no rule.
    """

    student: str
    points: tuple[float | None, ...]
    total: float | None
    bonus: float
    max_points: float
    waiting: int
    remarks: int
    sandbox: str
    trouble: tuple[str, ...] = ()
    verdict: str = ""
    reason: str = ""
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class QuestionRow:
    """How the class did in one question. Means and medians are None for an empty class.

    Attributes:
        question: Id of the question.
        title: Its title.
        max_points: Its points, without bonus.
        mean: Mean of the points so far over the students who have a result.
        median: Median of the same.
        full: Students with all points.
        unanswered: Students who left an answer of it as it was released.
        waiting: Students of whose answer a part waits for a person.
        students: Students who have a result.
        marks: How many students are `done`, `pending`, `not done`; empty where there is no rule.
    """

    question: str
    title: str
    max_points: float
    mean: float | None
    median: float | None
    full: int
    unanswered: int
    waiting: int
    students: int
    marks: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class DecisionRow:
    """A person's decision that goes before the machine's, or that must be looked at again.

    Attributes:
        student: Roll number.
        id: Grade id of a cell, or id of a question.
        machine: The cell's points from the machine; None where it did not decide.
        points: The cell's points from the person; None where a question was decided.
        max_points: Points that the cell is worth; None where a question was decided.
        done: Whether the question counts as done; None where a cell was decided.
        reason: Why, in the grader's words; may be empty in formgrader.
        grader: Who; empty where nothing says so.
        source: `file` or `formgrader`.
        look_again: Whether the work has changed since.
    """

    student: str
    id: str
    machine: float | None
    points: float | None
    max_points: float | None
    done: bool | None
    reason: str
    grader: str
    source: str
    look_again: bool = False


@dataclass(frozen=True)
class NoteRow:
    """One answer note and who made that mistake: the cell, its students, a message as example."""

    note: str
    cell_id: str
    students: tuple[str, ...]
    example: str


@dataclass(frozen=True)
class QueueRow:
    """A cell that waits for a person, and whose answers wait."""

    cell_id: str
    title: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class ReportResult:
    """The report as values; the same stands in its files.

    Attributes:
        assignment: Name of the assignment.
        folder: Where `grades.csv`, `cells.csv`, `decisions.csv` and `index.html` lie.
        students: One row a student, by roll number.
        questions: One row a question, in the order of the course file.
        notes: The commonest answer notes first.
        queue: What waits for a person.
        sandboxes: Each sandbox used, with its number of submissions.
        decisions: What people decided otherwise than the machine, or before the last change.
        verdicts: How many students are `ratified`, `pending`, `not ratified`; empty without a rule.
    """

    assignment: str
    folder: Path
    students: tuple[StudentRow, ...]
    questions: tuple[QuestionRow, ...]
    notes: tuple[NoteRow, ...]
    queue: tuple[QueueRow, ...]
    sandboxes: tuple[tuple[str, int], ...]
    decisions: tuple[DecisionRow, ...] = ()
    verdicts: tuple[tuple[str, int], ...] = ()

    @property
    def unconfined(self) -> tuple[str, ...]:
        """Students whose code ran without a sandbox."""
        return tuple(s.student for s in self.students if s.sandbox == UNCONFINED)

    @property
    def troubled(self) -> tuple[StudentRow, ...]:
        """Rows that the instructor should look at."""
        return tuple(s for s in self.students if s.trouble)

    @property
    def waiting(self) -> int:
        """Answers that wait for a person."""
        return sum(len(q.students) for q in self.queue)

    @property
    def totals(self) -> tuple[float, ...]:
        """Totals of everybody who has results."""
        return tuple(s.total for s in self.students if s.total is not None)


def report(course: Course, assignment: str, *, gradebook: Scores | None = None) -> ReportResult:
    """Write the report of an assignment.

    Args:
        course: The course.
        assignment: Name of the assignment.
        gradebook: Where the scores are; the course's own gradebook where None.

    Raises:
        CourseError: There is no such assignment.
    """
    course.assignment(assignment)
    with open_scores(course, gradebook) as scores:
        overrides = enter_overrides(course, assignment, scores)
        sheets = tuple(
            read_sheet(course, assignment, student, scores.scores(assignment, student), overrides)
            for student in students_of(course, assignment, scores.students(assignment))
        )
    return write_report(course, assignment, sheets)


def write_report(course: Course, assignment: str, sheets: Sequence[Sheet]) -> ReportResult:
    """Write the report of the sheets of a class.

    Args:
        course: The course.
        assignment: Name of the assignment.
        sheets: One a student, in the order in which they are to be shown.

    Returns:
        The report as values.
    """
    result = summarize(course.assignment(assignment), sheets, course.report(assignment))
    write_text(result.folder / GRADES, grades_csv(result))
    write_text(result.folder / CELLS, cells_csv(sheets))
    write_text(result.folder / DECISIONS, decisions_csv(result))
    page = render_html(
        "report.html",
        course=course,
        assignment=course.assignment(assignment),
        report=result,
        plot=distribution_svg(result.totals, _max_points(result)),
        mean=fmean(result.totals) if result.totals else None,
        median=median(result.totals) if result.totals else None,
        notes_shown=NOTES_SHOWN,
    )
    write_text(result.folder / PAGE, page)
    return result


def summarize(assignment: Assignment, sheets: Sequence[Sheet], folder: Path) -> ReportResult:
    """The report of a class as values.

    Args:
        assignment: The assignment.
        sheets: One a student.
        folder: Where its files lie or will lie.
    """
    ids = _question_ids(assignment, sheets)
    sandboxes: dict[str, int] = defaultdict(int)
    for sheet in sheets:
        if sheet.graded:
            sandboxes[sheet.sandbox or "not recorded"] += 1
    return ReportResult(
        assignment=assignment.name,
        folder=folder,
        students=tuple(_student_row(s, ids) for s in sheets),
        questions=tuple(_question_row(i, assignment, sheets) for i in ids),
        notes=_note_rows(sheets),
        queue=_queue_rows(sheets),
        sandboxes=tuple(sorted(sandboxes.items())),
        decisions=tuple(row for s in sheets for row in _decision_rows(s)),
        verdicts=_counts(Decision, [s.standing.decision for s in sheets if s.standing]),
    )


def _counts(kinds: type[StrEnum], found: Sequence[StrEnum]) -> tuple[tuple[str, int], ...]:
    """How often each kind was found, in their order; nothing where nothing was."""
    return tuple((kind.value, found.count(kind)) for kind in kinds) if found else ()


def _question_ids(assignment: Assignment, sheets: Iterable[Sheet]) -> tuple[str, ...]:
    """The course's questions, then those that only results know of."""
    found = (q.question.id for sheet in sheets for q in sheet.questions)
    return tuple(dict.fromkeys([*(q.id for q in assignment.questions), *found]))


def _student_row(sheet: Sheet, ids: Sequence[str]) -> StudentRow:
    points = {q.question.id: q.points - q.bonus for q in sheet.questions if q.checks}
    standing = sheet.standing
    marks = {q.question: q.mark.value for q in standing.questions} if standing else {}
    return StudentRow(
        student=sheet.student,
        points=tuple(points.get(i) for i in ids),
        total=sheet.points if sheet.graded or points else None,
        bonus=sheet.bonus,
        max_points=sum(q.points for q in sheet.assignment.questions),
        waiting=sheet.waiting,
        remarks=sheet.remark_count,
        sandbox=sheet.sandbox,
        trouble=_trouble(sheet),
        verdict=standing.decision.value if standing else "",
        reason=standing.reason if standing else "",
        marks=tuple(marks.get(i, "") for i in ids) if standing else (),
    )


def _trouble(sheet: Sheet) -> tuple[str, ...]:
    """What an instructor should look at, the gravest first."""
    if sheet.problem:
        return (f"results cannot be used: {sheet.problem}",)
    if not sheet.graded:
        return ("no results", *(f"{r.kind}: {line(r.message)}" for r in sheet.all_remarks))
    phrases = ["ran without a sandbox"] if sheet.sandbox == UNCONFINED else []
    stopped = [c for c in sheet.checks if c.verdict.status in STOPPED]
    phrases += [f"{c.cell_id} {c.verdict.status.value.replace('_', ' ')}" for c in stopped]
    stale = [c.cell_id for c in sheet.checks if c.is_stale]
    phrases += [f"graded before the last change: {name}" for name in stale]
    over = [q for q in sheet.questions if q.bonus > q.question.bonus]
    phrases += [
        f"bonus above its limit: {q.question.id}, {number(q.bonus)} of {number(q.question.bonus)}"
        for q in over
    ]
    told = [r for r in sheet.all_remarks if r.kind != "note"]  # a note is no trouble
    phrases += [f"{r.kind}: {line(r.message)}" for r in told]
    return tuple(dict.fromkeys(phrases))


def _question_row(name: str, assignment: Assignment, sheets: Sequence[Sheet]) -> QuestionRow:
    parts = [q for s in sheets for q in s.questions if q.question.id == name and q.checks]
    points = [q.points - q.bonus for q in parts]
    known = {q.id: q for q in assignment.questions}
    most = known[name].points if name in known else max((q.max_points for q in parts), default=0.0)
    return QuestionRow(
        question=name,
        title=known[name].title if name in known else name,
        max_points=most,
        mean=fmean(points) if points else None,
        median=median(points) if points else None,
        full=sum(p >= most for p in points),
        unanswered=sum(any(c.verdict.note == NOT_ANSWERED for c in q.checks) for q in parts),
        waiting=sum(q.waiting > 0 for q in parts),
        students=len(parts),
        marks=_counts(Mark, [q.mark for s in sheets if (q := s.standing_of(name))]),
    )


def _decision_rows(sheet: Sheet) -> Iterable[DecisionRow]:
    """Ticks, overridden cells and cells graded before the last change, question by question."""
    for part in sheet.questions:
        if part.tick:
            yield DecisionRow(
                sheet.student, part.question.id, None, None, None, part.tick.done,
                part.tick.reason, part.tick.grader, "file",
            )  # fmt: skip
        for check in part.checks:
            if check.is_overridden or check.is_stale:
                yield _cell_decision(sheet.student, check, check.override)


def _cell_decision(student: str, check: Check, override: Override | None) -> DecisionRow:
    return DecisionRow(
        student=student,
        id=check.cell_id,
        machine=check.machine,
        points=check.points - check.bonus,
        max_points=check.max_points,
        done=None,
        reason=check.comment,
        grader=override.grader if override else "",
        source="file" if override else "formgrader",
        look_again=check.is_stale,
    )


def _note_rows(sheets: Iterable[Sheet]) -> tuple[NoteRow, ...]:
    found: dict[tuple[str, str], list[tuple[str, Check]]] = defaultdict(list)
    for sheet in sheets:
        for check in sheet.checks:
            if check.verdict.note and check.verdict.note != NOT_ANSWERED:
                found[check.verdict.note, check.cell_id].append((sheet.student, check))
    rows = [
        NoteRow(note, cell, tuple(s for s, _ in made), made[0][1].message)
        for (note, cell), made in found.items()
    ]
    return tuple(sorted(rows, key=lambda r: (-len(r.students), r.note, r.cell_id)))


def _queue_rows(sheets: Iterable[Sheet]) -> tuple[QueueRow, ...]:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for sheet in sheets:
        for check in sheet.checks:
            if check.waits:
                found[check.cell_id].append((sheet.student, check.title))
    return tuple(
        QueueRow(cell, made[0][1], tuple(s for s, _ in made)) for cell, made in found.items()
    )


# --- CSV ------------------------------------------------------------------------------------


def safe_cell(value: object) -> str:
    """A value as a spreadsheet may read it: one line of text, and never a formula.

    Our own numbers stay numbers. In text, a leading `=`, `+`, `-` or `@` gets an apostrophe in
    front, also behind a semicolon, at which a spreadsheet in some countries splits a line.
    """
    if value is None:
        return ""
    if isinstance(value, int | float):
        return number(value)
    return FORMULA.sub(r"\1\2'", line(plain(str(value))))


def _csv(rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([safe_cell(v) for v in row] for row in rows)
    return out.getvalue()


def grades_csv(result: ReportResult) -> str:
    """`grades.csv`: one line a student. An empty field says that there is no result."""
    names = [q.question for q in result.questions]
    head = ["student", *names, "bonus", "total", "max", "waiting", "remarks", "sandbox"]
    rows: list[list[object]] = [
        [s.student, *s.points, s.bonus, s.total, s.max_points, s.waiting, s.remarks, s.sandbox]
        for s in result.students
    ]
    if result.verdicts:
        head += ["verdict", "reason", *(f"{name}_mark" for name in names)]
        for row, s in zip(rows, result.students, strict=True):
            row += [s.verdict, s.reason, *s.marks]
    return _csv([head, *rows])


def decisions_csv(result: ReportResult) -> str:
    """`decisions.csv`: one line a decision of a person that goes before the machine's."""
    head = "student id machine points max done reason grader source look_again"
    words = {None: None, True: "yes", False: "no"}
    rows = [
        [
            d.student,
            d.id,
            d.machine,
            d.points,
            d.max_points,
            words[d.done],
            d.reason,
            d.grader,
            d.source,
            d.look_again,
        ]
        for d in result.decisions
    ]
    return _csv([head.split(), *rows])


def cells_csv(sheets: Iterable[Sheet]) -> str:
    """`cells.csv`: one line a graded cell, with the answer note."""
    head = (
        "student notebook question cell status points bonus max waiting by_person look_again "
        "note message comment"
    )
    rows = [
        [
            sheet.student,
            check.notebook,
            check.verdict.question,
            check.cell_id,
            check.verdict.status.value,
            check.points - check.bonus,
            check.bonus,
            check.max_points,
            check.waits,
            check.by_person or check.is_stale,
            check.is_stale,
            check.verdict.note,
            check.verdict.message,
            check.comment,
        ]
        for sheet in sheets
        for check in sheet.checks
    ]
    return _csv([head.split(), *rows])


# --- the picture -----------------------------------------------------------------------------


def _max_points(result: ReportResult) -> float:
    return sum(q.max_points for q in result.questions)


def _bins(totals: Sequence[float], most: float) -> tuple[list[float], list[int]]:
    """Edges of at most ten equal bins from 0 to `most`, and how many totals fall into each."""
    step = next(s * 10**e for e in range(-2, 7) for s in (1, 2, 5) if s * 10**e * 10 >= most)
    number_of_bins = ceil(most / step)
    counts = [0] * number_of_bins
    for total in totals:
        counts[min(max(int(total / step), 0), number_of_bins - 1)] += 1
    return [step * i for i in range(number_of_bins + 1)], counts


def distribution_svg(totals: Sequence[float], most: float) -> str:
    """A histogram of the totals as inline SVG, in the colours of the page around it.

    Args:
        totals: Points of every student.
        most: Points of the assignment; what lies above counts in the last bin.

    Returns:
        An `<svg>` element with a text for screen readers; empty where there is nothing to draw.
    """
    if not totals or most <= 0:
        return ""
    # Slow to import, and only this picture needs it.
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    edges, counts = _bins(totals, most)
    with rc_context(
        {"svg.fonttype": "none", "svg.hashsalt": "report", "font.family": "sans-serif"}
    ):
        figure = Figure(figsize=(7, 2.6), layout="constrained")
        axes = figure.add_subplot()
        bars = axes.bar(edges[:-1], counts, width=edges[1], align="edge", edgecolor="#fedcba")
        for bar in bars:
            bar.set_facecolor("#abcdef")
        axes.bar_label(bars, [str(c) if c else "" for c in counts], padding=2, color="#123456")
        axes.set_xticks(edges, [number(e) for e in edges])
        axes.set_xlabel("points so far", color="#123456")
        axes.set_yticks([])
        axes.set_ylim(0, max(counts) * 1.18)
        axes.tick_params(colors="#123456")
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color("#123456")
        figure.patch.set_visible(False)
        axes.patch.set_visible(False)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return _inline(out.getvalue(), _described(edges, counts))


def _described(edges: Sequence[float], counts: Sequence[int]) -> str:
    parts = [
        f"{number(low)} to {number(high)} points: {count}"
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
        if count
    ]
    return "Number of students by total. " + "; ".join(parts) + "."


def _inline(svg: str, description: str) -> str:
    """The bare `<svg>` element of a file of matplotlib's, its colours those of the page."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (xmlns(:\w+)?|version|width|height)="[^"]*"', "", svg.split(">", 1)[0]) + (
        ">" + svg.split(">", 1)[1]
    )
    colours = {"#123456": "currentColor", "#abcdef": "var(--link)", "#fedcba": "var(--card)"}
    for colour, theme in colours.items():
        svg = svg.replace(colour, theme)
    return svg.replace("<svg", f'<svg role="img" aria-label="{description}"', 1).strip()
