"""Grading, ours beside stock nbgrader's, on the same submissions in one run.

    python -m benchmarks.grading --students 6 --rounds 3

Every student hands in the solved notebooks of two questions (numbers and a symbolic answer). Both
graders run as commands, their own start included. Prints medians and the ratio.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograder.answers import fill, solution_cells
from autograder.course import Course, load_course
from autograder.notebook import dumps
from autograder.plan import load_sources

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ("q02-pca", "q09-swish")


def make_course(root: Path, students: int) -> Course:
    """A course with the sample's questions and a class that solved them."""
    (root / "source" / "endterm").mkdir(parents=True)
    for name in SAMPLE:
        shutil.copy(ROOT / "source" / "endterm" / f"{name}.ipynb", root / "source" / "endterm")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    head, *questions = (ROOT / "course.toml").read_text().split("[[assignment.endterm.question]]")
    kept = [q for q in questions if any(name in q for name in SAMPLE)]
    (root / "course.toml").write_text("[[assignment.endterm.question]]".join([head, *kept]))
    course = load_course(root / "course.toml")
    for source in load_sources(course, course.assignment("endterm")):
        text = dumps(fill(source, solution_cells(source), {}))
        for number in range(students):
            folder = course.submitted(f"s{number:04d}", "endterm")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{source.name}.ipynb").write_text(text)
    return course


def run(course: Course, *line: str) -> float:
    """Wall time in seconds of one command, from a clean gradebook."""
    shutil.rmtree(course.root / "autograded", ignore_errors=True)
    shutil.rmtree(course.cache, ignore_errors=True)
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    begin = time.monotonic()
    subprocess.run(line, cwd=course.root, env=env, check=True, capture_output=True)
    return time.monotonic() - begin


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    programs = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as folder:
        course = make_course(Path(folder), options.students)
        nbgrader = (sys.executable, "-m", "nbgrader")
        run(course, *nbgrader, "generate_assignment", "endterm", "--force")
        graders = {
            "nbgrader autograde, one process": (*nbgrader, "autograde", "endterm", "--force"),
            "autograder grade, one worker": (
                str(programs / "autograder"), "grade", "endterm", "--again", "--workers", "1",
            ),
            "autograder grade, two workers": (
                str(programs / "autograder"), "grade", "endterm", "--again", "--workers", "2",
            ),
        }  # fmt: skip
        taken: dict[str, list[float]] = {name: [] for name in graders}
        for _ in range(options.rounds):
            for name, line in graders.items():
                taken[name].append(run(course, *line))
    base = statistics.median(next(iter(taken.values())))
    notebooks = options.students * len(SAMPLE)
    print(
        f"{notebooks} notebooks of {options.students} students, medians of {options.rounds} rounds"
    )
    for name, times in taken.items():
        median = statistics.median(times)
        pace, ratio = 60 * notebooks / median, base / median
        print(f"{name:32} {median:7.1f} s  {pace:6.0f} a minute  {ratio:5.1f} x")


if __name__ == "__main__":
    main()
