"""The command `autograder`: one sub-command a stage; the only module that prints or exits.

Exit codes: 0 all well; 1 something failed (a grade missing, a proof broken, a stale release);
2 wrong input or setting; 3 our own fault.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.errors import AutograderError

if TYPE_CHECKING:
    from autograder.course import Assignment, Course

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")  # before numpy loads: forks need one thread

app = typer.Typer(
    help="Autograded coursework on nbgrader: release, collect, grade, explain.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)
console = Console()
errors = Console(stderr=True)

AssignmentName = Annotated[str, typer.Argument(help="Name of the assignment, as in course.toml.")]
CourseFolder = Annotated[
    Path, typer.Option("--course", help="Folder of the course, or one inside it.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")]
Sandbox = Annotated[
    str, typer.Option("--sandbox", help="auto, bubblewrap, landlock, or none (for work you trust).")
]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, help="How many at a time; one a core.")
]
Again = Annotated[
    bool, typer.Option("--again", help="Do also what has not changed since the last run.")
]
Students = Annotated[
    list[str] | None, typer.Option("--student", help="Only this roll number; may be repeated.")
]
HERE = Path(".")
SIGNS = {"done": "+", "pending": "?", "not done": " ", "": ""}  # of a question, behind its points


def _open(course: Path, name: str) -> tuple[Course, Assignment]:
    from autograder.course import find_course

    found = find_course(course)
    return found, found.assignment(name)


# --- printing ---------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    """A value as JSON takes it."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, frozenset | set):
        return sorted(map(str, value))
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(_plain(value), indent=1, ensure_ascii=False) + "\n")


def _say(text: str, style: str = "") -> None:
    """Print text as it is: nothing in it is read as markup."""
    console.print(Text(text, style=style), highlight=False)


def _table(title: str, columns: Mapping[str, str], rows: Iterator[tuple[object, ...]]) -> None:
    """Print a table; `columns` maps headings to `left` or `right`."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for heading, side in columns.items():
        table.add_column(heading, justify="right" if side == "right" else "left")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    console.print(table)


@contextmanager
def _progress(title: str, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar that starts no thread: the process forks while it is shown."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    if quiet:
        yield lambda name, done, total: None
        return
    name_column = TextColumn("{task.fields[name]}", markup=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        name_column,
    )
    progress = Progress(*columns, console=errors, auto_refresh=False, transient=True)
    with progress:
        bar = progress.add_task(title, total=None, name="")

        def step(name: str, done: int, total: int) -> None:
            progress.update(bar, completed=done, total=total, name=name)
            progress.refresh()

        yield step


# --- the stages -------------------------------------------------------------------------


@app.command(epilog="Example: `autograder new homework2 --title 'Homework 2' --questions 3`")
def new(
    name: Annotated[str, typer.Argument(help="Name of the new assignment, a folder name.")],
    title: Annotated[str, typer.Option(help="Title for people; the name where empty.")] = "",
    questions: Annotated[int, typer.Option(help="How many questions to begin with.")] = 1,
    course: CourseFolder = HERE,
    as_json: AsJson = False,
) -> None:
    """Make a new assignment: questions that are proved as they stand, to be written over."""
    from autograder.course import find_course
    from autograder.errors import CourseError
    from autograder.new import new as run

    try:
        root = find_course(course).root
    except CourseError as error:
        if "no course.toml" not in error.what:
            raise
        root = course
    made = run(root, name, title=title, questions=questions)
    if as_json:
        _print_json(made)
        return
    for path in made.files:
        _say(f"written: {path}")
    _say(f"Write over source/{name}/, then: autograder lint {name}, autograder prove {name}.")


@app.command(epilog="Example: `autograder lint endterm --fix`")
def lint(
    assignment: AssignmentName,
    fix: Annotated[bool, typer.Option("--fix", help="Bring notebooks to canonical form.")] = False,
    course: CourseFolder = HERE,
    as_json: AsJson = False,
) -> None:
    """Check the source notebooks against the rules of authoring."""
    found, chosen = _open(course, assignment)
    from autograder.lint import lint as run

    findings = run(found, chosen, fix=fix)
    if as_json:
        _print_json(findings)
    else:
        for finding in findings:
            _say(f"{finding.where}: {finding.what}")
            _say(f"    {finding.cure}", "dim")
        _say(f"{len(findings)} findings" if findings else "Every rule is kept.")
    raise typer.Exit(1 if findings else 0)


@app.command(epilog="Example: `autograder prove endterm --question q02`")
def prove(
    assignment: AssignmentName,
    sample: Annotated[
        int | None,
        typer.Option(min=1, help="Only so many wrong answers a question; all where not given."),
    ] = None,
    question: Annotated[
        list[str] | None, typer.Option(help="Only this question; may be repeated.")
    ] = None,
    sandbox: Sandbox = "auto",
    workers: Workers = None,
    again: Again = False,
    course: CourseFolder = HERE,
    as_json: AsJson = False,
) -> None:
    """Prove each question: the solution earns all, the stub nothing, mistakes lose their points."""
    found, chosen = _open(course, assignment)
    from autograder.prove import prove as run

    with _progress("Proving", as_json) as step:
        proof = run(
            found,
            chosen,
            questions=question or [],
            sandbox=sandbox,
            workers=workers,
            again=again,
            sample=sample,
            on_progress=step,
        )
    if as_json:
        _print_json(proof)
    else:
        _print_proof(proof)
    raise typer.Exit(0 if proof.holds else 1)


def _print_proof(proof: Any) -> None:
    questions = dict.fromkeys(p.case.question for p in proof.cases)

    def rows() -> Iterator[tuple[object, ...]]:
        for name in questions:
            cases = [p for p in proof.cases if p.case.question == name]
            shares = (_share(cases, kind) for kind in kinds)
            yield (name, *shares, f"{sum(p.cpu_s for p in cases if not p.cached):.1f}")

    kinds = ("solution", "stub", "kernel", "right", "wrong")
    headings = ("Solution earns all", "Stub earns 0", "One kernel", "Right earn all", "Wrong lose")
    columns = {"Question": "left", **dict.fromkeys((*headings, "CPU s"), "right")}
    _table("Proof", columns, rows())
    for proved in proof.cases:
        for problem in proved.problems:
            _say(f"{proved.case.question} {proved.case.name}: {problem}", "red")
    for problem in proof.problems:
        _say(problem, "red")
    _say("Everything holds." if proof.holds else "The proof is broken.")


def _share(cases: list[Any], kind: str) -> str:
    of_kind = [p for p in cases if p.case.kind == kind]
    return f"{sum(not p.problems for p in of_kind)}/{len(of_kind)}"


@app.command(epilog="Example: `autograder release endterm --check`")
def release(
    assignment: AssignmentName,
    check: Annotated[
        bool,
        typer.Option("--check", help="Fail where the release is stale or leaks; write nothing."),
    ] = False,
    course: CourseFolder = HERE,
    as_json: AsJson = False,
) -> None:
    """Build the student version of an assignment into `release/`."""
    found, chosen = _open(course, assignment)
    from autograder.release import release as run

    built = run(found, chosen, check=check)
    if as_json:
        _print_json(built)
    else:
        for leak in built.leaks:
            _say(f"leaked: {leak}", "red")
        for name in built.changed:
            _say(f"{'stale' if check or built.leaks else 'written'}: {name}")
        where = found.release(assignment)
        _say(f"{len(built.files)} files in {where}, {len(built.changed)} of them changed.")
        if built.leaks:
            _say(
                "Nothing was written: make the leaked lines hidden, or unlike the visible ones.",
                "red",
            )
    raise typer.Exit(1 if built.leaks or (check and built.changed) else 0)


@app.command(epilog="Example: `autograder collect endterm --from answers.csv`")
def collect(
    assignment: AssignmentName,
    origin: Annotated[
        Path, typer.Option("--from", help="A form's answers (CSV), or a folder of hand-ins.")
    ],
    course: CourseFolder = HERE,
    as_json: AsJson = False,
) -> None:
    """Collect hand-ins from git repositories, or from a folder, into `submitted/`."""
    found, chosen = _open(course, assignment)
    from autograder.collect import State, receipt_folder
    from autograder.collect import collect as run

    with _progress("Collecting", as_json) as step:
        result = run(
            found, chosen.name, origin, on_progress=lambda r, n, of: step(r.student, n, of)
        )
    if as_json:
        _print_json(result)
    else:
        for receipt in result.receipts:
            for remark in receipt.remarks:
                _say(f"{receipt.student}: {remark.message}", "yellow")
        for remark in result.remarks:
            _say(remark.message, "yellow")
        counts = ", ".join(f"{result.count(s)} {s.value}" for s in State if result.count(s))
        _say(
            f"{len(result.receipts)} hand-ins: {counts or 'none'}. "
            f"Receipts: {receipt_folder(found, chosen.name)}"
        )
    raise typer.Exit(1 if result.failed else 0)


@app.command(epilog="Example: `autograder grade endterm --student s0417`")
def grade(
    assignment: AssignmentName,
    student: Students = None,
    sandbox: Sandbox = "auto",
    workers: Workers = None,
    again: Again = False,
    course: CourseFolder = HERE,
    as_json: AsJson = False,
) -> None:
    """Judge the collected work and record it in nbgrader's gradebook."""
    found, chosen = _open(course, assignment)
    from autograder.course import SECRET_VARIABLE
    from autograder.grade import grade as run

    with _progress("Grading", as_json) as step:
        graded = run(
            found,
            chosen,
            students=student or [],
            sandbox=sandbox,
            workers=workers,
            again=again,
            on_progress=step,
        )
    if as_json:
        _print_json(graded)
    else:
        _print_graded(graded, chosen)
        if found.uses_demo_secret:
            _say(f"Hidden data come from the demo's secret; set {SECRET_VARIABLE} for a course.")
    raise typer.Exit(1 if graded.failures else 0)


def _print_graded(graded: Any, assignment: Assignment) -> None:
    def rows() -> Iterator[tuple[object, ...]]:
        for result in graded.results:
            points = [
                sum(v.points or 0.0 for v in result.verdicts if v.question == q.id)
                for q in assignment.questions
            ]
            waits = sum(v.points is None for v in result.verdicts)
            remarks = sum(len(n.remarks) for n in result.notebooks) + len(result.remarks)
            yield (
                result.student,
                *(f"{p:g}" for p in points),
                f"{sum(points):g}",
                waits or "",
                remarks or "",
            )

    columns = {"Student": "left", **{q.id: "right" for q in assignment.questions},
               "Machine's points": "right", "Waiting": "right", "Remarks": "right"}  # fmt: skip
    _table(assignment.title, columns, rows())
    for student, failure in graded.failures:
        _say(f"{student}: could not be graded: {failure.what}", "red")
    if graded.data.notice:
        _say(graded.data.notice, "yellow")
    if graded.sandbox == "none":
        _say("Student code ran WITHOUT a sandbox, as was asked for.", "bold red")
    if graded.sandbox == "landlock":
        _say("Student code ran in the fallback sandbox, landlock, which is weaker.", "yellow")
    _say(
        f"{len(graded.results)} submissions, "
        f"{graded.unchanged} of them graded before and unchanged."
    )


@app.command(epilog="Example: `autograder feedback endterm`")
def feedback(
    assignment: AssignmentName,
    student: Students = None,
    course: CourseFolder = HERE,
    as_json: AsJson = False,
) -> None:
    """Write one page per student: what was asked, what was found, how to go on."""
    found, chosen = _open(course, assignment)
    from autograder.feedback import feedback as run

    result = run(found, chosen.name, student)
    if as_json:
        _print_json(result)
    else:
        for page in result.troubled:
            _say(f"{page.student}: {page.problem}", "yellow")
        _say(f"{len(result.pages)} pages in {found.root / 'feedback'}")
    raise typer.Exit(1 if result.troubled else 0)


@app.command(epilog="Example: `autograder report endterm`")
def report(
    assignment: AssignmentName, course: CourseFolder = HERE, as_json: AsJson = False
) -> None:
    """Write grades as CSV and a summary page for the instructor."""
    found, chosen = _open(course, assignment)
    from autograder.pages import line, plain
    from autograder.report import report as run

    result = run(found, chosen.name)
    if as_json:
        _print_json(result)
        return
    ids = [q.question for q in result.questions]

    def rows() -> Iterator[tuple[object, ...]]:
        for row in result.students:
            points = ("" if p is None else f"{p:g}" for p in row.points)
            marks = row.marks or [""] * len(ids)
            marked = [f"{p}{SIGNS[mark]}" for p, mark in zip(points, marks, strict=True)]
            total = "" if row.total is None else f"{row.total:g}"
            kinds = Counter(phrase.partition(":")[0] for phrase in row.trouble)
            trouble = ", ".join(k if n == 1 else f"{n} x {k}" for k, n in kinds.items())
            verdict = (row.verdict,) if result.verdicts else ()
            yield (row.student, *marked, total, *verdict, row.waiting or "", trouble)

    columns = {"Student": "left", **dict.fromkeys((*ids, "Total"), "right")}
    columns |= {"Verdict": "left"} if result.verdicts else {}
    columns |= {"Waiting": "right", "To look at": "left"}
    _table(chosen.title, columns, rows())
    if result.verdicts:
        _say(f"{', '.join(f'{n} {word}' for word, n in result.verdicts)}. + done, ? pending.")
        for row in result.students:
            if row.verdict != "ratified":
                _say(f"{row.student} {row.verdict}: {line(plain(row.reason))}")
    for made in result.decisions:
        _say(_decided(made))
    _say(f"{result.waiting} answers wait for a person.")
    for name in ("index.html", "grades.csv", "cells.csv", "decisions.csv"):
        _say(str(result.folder / name))


def _decided(made: Any) -> str:
    """A person's decision as a line."""
    from autograder.pages import line, plain

    if made.done is not None:
        what = "counts as done" if made.done else "counts as not done"
    else:
        machine = "nothing" if made.machine is None else f"{made.machine:g}"
        what = f"{made.points:g} of {made.max_points:g} points, {machine} from the machine"
    again = " (graded before the last change)" if made.look_again else ""
    who = made.grader or made.source
    reason = line(plain(made.reason)) or "no reason given"
    return f"{made.student} {made.id}: {what}, set by {who}: {reason}{again}"


@app.command(epilog="Example: `autograder doctor`")
def doctor(course: CourseFolder = HERE, as_json: AsJson = False) -> None:
    """Say what this machine can do: sandbox, compiler, data, versions."""
    from autograder.doctor import examine_machine

    checks = examine_machine(course)
    if as_json:
        _print_json(checks)
    else:
        rows = (
            (("ok" if c.well else "MISSING" if c.needed else "absent"), c.name, c.found, c.cure)
            for c in checks
        )
        _table(
            "This machine",
            {"": "left", "What": "left", "Found": "left", "What to do": "left"},
            iter(rows),
        )
    raise typer.Exit(0 if all(c.well for c in checks if c.needed) else 1)


def main(argv: list[str] | None = None) -> None:
    """Run the command; exceptions of ours become three lines and an exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    debug = "--debug" in arguments
    try:
        app(args=[a for a in arguments if a != "--debug"], prog_name="autograder")
    except AutograderError as error:
        if debug:
            traceback.print_exc()
        errors.print(Text(f"autograder: {error}", style="red"), highlight=False)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        errors.print("autograder: stopped; run the same command again to go on.")
        sys.exit(130)
    except OSError as error:
        if debug:
            traceback.print_exc()
        place = f"\nWhere: {error.filename}" if error.filename else ""
        errors.print(
            Text(
                f"autograder: {error.strerror or error}{place}\n"
                "What to do: free space or mend access, and run again",
                style="red",
            ),
            highlight=False,
        )
        sys.exit(2)
    except Exception as error:  # noqa: BLE001  (our own fault: said in three lines, traced on request)
        if debug:
            traceback.print_exc()
        what = f"autograder: a fault of ours: {type(error).__name__}: {error}"
        errors.print(
            Text(
                f"{what}\nWhat to do: run it again with --debug and report what it prints",
                style="red",
            )
        )
        sys.exit(3)


if __name__ == "__main__":
    main()
