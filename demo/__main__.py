"""The whole way on a made-up class: `python -m demo`.

Copies the course, proves it and builds its release, hands in a class of twenty by git over two
protocols, collects, grades, writes feedback and the report with the real commands, and ends with
the class's points and the pages to open.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder.course import Course, load_course
from autograder.errors import AutograderError
from demo.hand_in import FORM, REPOSITORIES, make_repositories, write_form
from demo.serve import serve
from demo.students import Material, Student, make_class

COPIED = (
    "course.toml", "nbgrader_config.py", "source", "release", "reference", "tests/answers",
    "cpp_template", ".autograder/proved",
)  # fmt: skip
NEEDED = ("course.toml", "nbgrader_config.py", "source")
TEST_LIMIT = re.compile(r"^test_cpu_s *= *\d+", re.M)
SAMPLE = 4  # wrong answers a question that are proved; `autograder prove` alone runs all
TICK = "showed Adam's step at the board, with the correction and the reason for it"
WIDTH = 30  # characters of a step's name in the table of times


@dataclass(frozen=True)
class Step:
    """One command of the demo and the exit codes that are no surprise."""

    arguments: tuple[str, ...]
    expected: frozenset[int] = frozenset({0})

    def __str__(self) -> str:
        return " ".join(("autograder", *self.arguments))


class Demo:
    """Runs the commands one after the other and remembers how long each took.

    Args:
        course: The copy of the course.
        console: Where to print.
    """

    def __init__(self, course: Course, console: Console) -> None:
        self.course = course
        self.console = console
        self.times: list[tuple[str, float]] = []
        self.command = find_command()
        self.environment = os.environ | {"NO_COLOR": "1"} if not console.is_terminal else os.environ

    def run(self, step: Step) -> None:
        """Run one command of the kit, its output shown as it comes.

        Raises:
            SystemExit: It ended with a code that is a surprise here.
        """
        self.console.rule(f"[bold]{step}")
        begin = time.monotonic()
        done = subprocess.run(
            [str(self.command), *step.arguments],
            cwd=self.course.root,
            env=dict(self.environment),
            check=False,
        )
        self.times.append((str(step), time.monotonic() - begin))
        if done.returncode not in step.expected:
            self.console.print(f"[red]{step} ended with code {done.returncode}.")
            raise SystemExit(done.returncode or 1)


def find_command() -> Path:
    """The console command of the environment that runs the demo.

    Raises:
        SystemExit: It is not installed there.
    """
    found = shutil.which("autograder", path=str(Path(sys.executable).parent))
    if found is None:
        raise SystemExit("The command `autograder` is not installed here: run `make setup` first.")
    return Path(found)


def copy_course(course: Path, target: Path) -> None:
    """A fresh copy of what the commands need, so that the demo leaves the course as it is.

    Raises:
        SystemExit: The course lacks a part, or the target is something else than an older copy.
    """
    for part in NEEDED:
        if not (course / part).exists():
            raise SystemExit(f"{course / part} is missing: name the course's folder by --course.")
    if target.exists():
        if any(target.iterdir()) and not (target / "course.toml").is_file():
            raise SystemExit(f"{target} holds other things: name another folder by --out.")
        shutil.rmtree(target)
    target.mkdir(parents=True)
    for part in COPIED:
        if (course / part).is_dir():
            shutil.copytree(
                course / part, target / part, ignore=shutil.ignore_patterns("__pycache__")
            )
        elif (course / part).is_file():
            shutil.copyfile(course / part, target / part)


def run_demo(course: Path, target: Path, assignment: str, console: Console) -> None:
    """The whole way, in a copy of the course.

    Args:
        course: The course's folder.
        target: Where the copy is made.
        assignment: Name of the assignment.
        console: Where to print.

    Raises:
        SystemExit: A step failed.
    """
    begin = time.monotonic()
    copy_course(course, target)
    os.environ.setdefault(
        "AUTOGRADER_DATA_ROOT", str(load_course(course / "course.toml").data_root)
    )
    copied = load_course(target / "course.toml")
    demo = Demo(copied, console)
    demo.run(Step(("prove", assignment, "--sample", str(SAMPLE))))
    demo.run(Step(("release", assignment)))
    students = hand_in(demo, assignment, target)
    decide(copied, assignment, students[-1])
    for stage in ("feedback", "report"):
        demo.run(Step((stage, assignment)))
    show_class(copied, assignment, students, console)
    show_times(demo, time.monotonic() - begin)
    show_paths(copied, assignment, students, console)


def hand_in(demo: Demo, assignment: str, target: Path) -> tuple[Student, ...]:
    """Make the class, serve it, and collect and grade it while it is served."""
    begin = time.monotonic()
    students = make_class(Material.load(demo.course, assignment))
    make_repositories(students, target / REPOSITORIES)
    demo.console.rule(f"[bold]{len(students)} students hand in")
    demo.times.append(("hand in", time.monotonic() - begin))
    with serve(target / REPOSITORIES) as served:
        write_form(students, served, target / FORM)
        for student in students:
            demo.console.print(f"{student.roll_number}  {student.over:4}  {student.about}")
        demo.run(Step(("collect", assignment, "--from", str(target / FORM))))
    end_loops_sooner(target / "course.toml")
    # One notebook of the class is broken JSON: its grade is missing, which the exit code says.
    demo.run(Step(("grade", assignment), frozenset({0, 1})))
    return students


def decide(course: Course, assignment: str, student: Student) -> None:
    """A grader's tick for the last of the class, as it would be written by hand."""
    path = course.overrides(assignment)
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("roll_number", "id", "points", "done", "reason", "grader"))
        rows.writerow((student.roll_number, "q05", "", "yes", TICK, "g01"))


def end_loops_sooner(settings: Path) -> None:
    """Give a test 20 s of processor time instead of 60: nobody wants to watch a loop that long."""
    settings.write_text(TEST_LIMIT.sub("test_cpu_s = 20", settings.read_text("utf-8")), "utf-8")


def show_class(
    course: Course, assignment: str, students: Sequence[Student], console: Console
) -> None:
    """The table of the class: what each handed in, and the points so far."""
    grades = read_grades(course.report(assignment) / "grades.csv")
    questions = [question.id for question in course.assignment(assignment).questions]
    table = Table(title=f"{course.name}: {assignment}", title_justify="left")
    table.add_column("student")
    table.add_column("what is particular")
    shown = (*questions, "total", "waiting", "verdict")
    for name in shown:
        table.add_column(name, justify="right")
    for student in students:
        row = grades.get(student.roll_number, {})
        values = [row.get(name, "") or "–" for name in shown]
        table.add_row(student.roll_number, student.about, *values)
    console.print(table)
    console.print("waiting: answers that a person grades; their points are still to come.\n")


def read_grades(path: Path) -> dict[str, Mapping[str, str]]:
    """The rows of the report's `grades.csv` by roll number."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def show_times(demo: Demo, total_s: float) -> None:
    """How long every step took, in seconds of wall time."""
    for name, taken_s in demo.times:
        demo.console.print(f"{name.partition(' --')[0]:{WIDTH}} {taken_s:7.1f} s")
    demo.console.print(f"{'together':{WIDTH}} {total_s:7.1f} s\n")


def show_paths(
    course: Course, assignment: str, students: Sequence[Student], console: Console
) -> None:
    """The pages to open."""
    some = students[5].roll_number
    pages = {
        "report": course.report(assignment) / "index.html",
        f"feedback of {some}": course.feedback(some, assignment) / "index.html",
        "receipts": course.cache / "receipts" / assignment,
        "gradebook": course.gradebook,
    }
    for name, path in pages.items():
        console.print(f"{name:{WIDTH}} {path}", soft_wrap=True)
    console.print(
        f"{'essays':{WIDTH}} cd {course.root} && jupyter lab, then Formgrader", soft_wrap=True
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the demo and exit with 0 where everything went as expected."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--course", type=Path, default=Path("."), help="folder of course.toml")
    parser.add_argument("--out", type=Path, default=Path("build/demo"), help="folder of the copy")
    parser.add_argument("--assignment", default="endterm")
    options = parser.parse_args(arguments)
    try:
        run_demo(
            options.course.resolve(),
            options.out.resolve(),
            options.assignment,
            Console(highlight=False),
        )
    except AutograderError as error:
        raise SystemExit(f"{error}") from error


if __name__ == "__main__":
    main()
