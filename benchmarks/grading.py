"""Grading, ours beside stock nbgrader's, on the same submissions in one run.

    python -m benchmarks.grading --students 4              # a trial
    python -m benchmarks.grading --students 40 --stock 4   # ours on 40, stock on four of them

A class hands in questions 1 to 9: solutions, other right answers, known mistakes, and untouched
notebooks, drawn with a fixed seed. All graders run as commands, their own start included: ours,
one `nbgrader autograde`, and two of them at a time on disjoint students. Stock takes some six
seconds a notebook, so it may be given a part of the class; paces are by the notebook.

Printed besides: cells that the graders give other points, processor time beyond the students' own
cells, memory, and how long things take to start.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from autograder import agent, memory
from autograder.answers import fill, kept_outputs, load_answers, solution_cells
from autograder.course import Course, load_course
from autograder.gradebook import Gradebook
from autograder.notebook import Role, SourceNotebook, dumps, grade_id, is_kept, points, role
from autograder.plan import load_sources, make_plan, warm_process, warm_up
from autograder.sandbox import own_cpu_s
from autograder.workers import cores, run_forked

ROOT = Path(__file__).resolve().parents[1]
NAME = "endterm"
QUESTIONS = tuple(f"q{n:02d}" for n in range(1, 10))
MIX = {"solution": 4, "right": 2, "wrong": 3, "stub": 1}  # of ten notebooks
NBGRADER = (sys.executable, "-m", "nbgrader", "autograde", NAME, "--force")
RELEASE = (sys.executable, "-m", "nbgrader", "generate_assignment", NAME, "--force")
OURS = (sys.executable, "-m", "autograder.cli", "grade", NAME, "--again")
LOOK_S = 0.3  # seconds between two looks at memory
Points = dict[tuple[str, str], float | None]  # the machine's, by student and cell


# --- the class --------------------------------------------------------------------------


def make_course(root: Path, students: int, questions: Sequence[str] = QUESTIONS) -> Course:
    """A course with some of the questions, and a class whose work is of every kind."""
    (root / "source" / NAME).mkdir(parents=True)
    head, *parts = (ROOT / "course.toml").read_text().split(f"[[assignment.{NAME}.question]]")
    kept = [p for p in parts if any(f'id = "{q}"' in p for q in questions)]
    (root / "course.toml").write_text(f"[[assignment.{NAME}.question]]".join([head, *kept]))
    shutil.copy(ROOT / "nbgrader_config.py", root)
    for question in questions:
        (path,) = (ROOT / "source" / NAME).glob(f"{question}-*.ipynb")
        shutil.copy(path, root / "source" / NAME)
    course = load_course(root / "course.toml")
    for question, source in zip(questions, sources_of(course), strict=True):
        works, draw = _works(question, source), random.Random(question)
        for student in names(students):
            kind = draw.choices(list(MIX), list(MIX.values()))[0]
            folder = course.submitted(student, NAME)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{source.name}.ipynb").write_text(draw.choice(works[kind]))
    return course


def names(students: int) -> list[str]:
    """Roll numbers of a class."""
    return [f"s{401 + number:04d}" for number in range(students)]


def sources_of(course: Course) -> tuple[SourceNotebook, ...]:
    """The course's source notebooks."""
    return load_sources(course, course.assignment(NAME))


def _works(question: str, source: SourceNotebook) -> dict[str, list[str]]:
    """Texts of everything that is known to be handed in for a question, by kind."""
    folder = ROOT / "tests" / "answers" / NAME / question
    cells, outputs = solution_cells(source), kept_outputs(folder, source)
    works = {
        "solution": [dumps(fill(source, cells, outputs))],
        "stub": [dumps(fill(source, {}, {}))],
        "right": [],
        "wrong": [],
    }
    for answer in load_answers(folder):
        own = fill(source, {**cells, **answer.cells}, {**outputs, **answer.outputs})
        works["right" if answer.right else "wrong"].append(dumps(own))
    return works


# --- the graders ------------------------------------------------------------------------


@dataclass
class Grader:
    """One way to grade the class: what is run, and what came out.

    Attributes:
        name: For the table.
        course: A copy of the course of its own.
        lines: Commands that run at the same time.
        students: How many students it grades.
        taken: Wall time in seconds of each round.
    """

    name: str
    course: Course
    lines: Sequence[Sequence[str]]
    students: int
    taken: list[float] = field(default_factory=list)

    def run(self) -> None:
        """Grade from a fresh gradebook that knows the assignment."""
        shutil.rmtree(self.course.root / "autograded", ignore_errors=True)
        shutil.copy(self.course.root / "registered.db", self.course.gradebook)
        begin = time.monotonic()
        running = [start(self.course, line) for line in self.lines]
        for process in running:
            _, said = process.communicate()
            if process.returncode:
                raise RuntimeError(f"{self.name}: {said.decode()[-2000:]}")
        self.taken.append(time.monotonic() - begin)

    def a_notebook(self) -> float:
        """Median wall time in seconds by the notebook."""
        return statistics.median(self.taken) / (self.students * len(sources_of(self.course)))


def start(course: Course, line: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a command in the course's folder."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        line, cwd=course.root, env={**os.environ, "PATH": programs},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def graders(course: Course, folder: Path, students: int, stock: int) -> list[Grader]:
    """Ours first, then stock in one process, then in two."""
    _, said = (made := start(course, RELEASE)).communicate()
    if made.returncode:
        raise RuntimeError(said.decode()[-2000:])
    course.gradebook.rename(course.root / "registered.db")
    copies = []
    for name in ("one", "two"):
        copied = Path(shutil.copytree(course.root, folder / name))
        copies.append(load_course(copied / "course.toml"))
        for student in names(students)[stock:]:
            shutil.rmtree(copied / "submitted" / student)
    halves = [(*NBGRADER, f"--student=s???{digits}") for digits in ("[02468]", "[13579]")]
    return [
        Grader("autograder grade", course, [OURS], students),
        Grader("nbgrader autograde, one process", copies[0], [NBGRADER], stock),
        Grader("nbgrader autograde, two processes", copies[1], halves, stock),
    ]


def points_in(course: Course) -> Points:
    """The machine's points of every cell of every student; None where a person decides."""
    with Gradebook(course) as gradebook:
        return {
            (student, score.cell_id): score.auto
            for student in gradebook.students(NAME)
            for score in gradebook.scores(NAME, student)
        }


def warned(course: Course) -> set[tuple[str, str]]:
    """Cells that printed on standard error, for which stock gives nothing on principle."""
    found = set()
    for path in (course.root / "autograded").glob(f"*/{NAME}/*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if any(o.get("name") == "stderr" for o in cell.get("outputs", ())):
                found.add((path.parents[1].name, grade_id(cell)))
    return found


# --- what the work itself takes ---------------------------------------------------------


def own_times(course: Course, students: Sequence[str]) -> tuple[float, float]:
    """Processor seconds of all cells, and of all tests, in warm kernels that cost nothing."""
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    agent.warm_up([*course.assignment(NAME).imports, "sympy", "reference"])
    workshop = agent._open_workshop()
    memory.settle()
    sources = sources_of(course)
    jobs = [(student, index) for student in students for index in range(len(sources))]

    def job(chosen: tuple[str, int]) -> str:
        source = sources[chosen[1]]
        path = course.submitted(chosen[0], NAME) / f"{source.name}.ipynb"
        return json.dumps(_times_of(source, nbformat.read(path, as_version=4), workshop))

    done = list(run_forked(jobs, job, workers=cores(), wall_s=600))
    times = [json.loads(finished.text or "[0, 0]") for finished in done]
    return sum(t[0] for t in times), sum(t[1] for t in times)


def _times_of(
    source: SourceNotebook, handed_in: nbformat.NotebookNode, workshop: agent._Workshop
) -> tuple[float, float]:
    """Processor seconds of one notebook's cells and of its tests."""
    times = {False: 0.0, True: 0.0}
    for cell in handed_in.cells:
        ours = source.cells.get(grade_id(cell))
        if cell.cell_type != "code" or (ours is not None and is_kept(ours)):
            continue
        is_test = ours is not None and role(ours) is Role.TEST
        before = own_cpu_s()
        with workshop.outputs.collecting():
            workshop.shell.run_cell(ours.source if is_test and ours is not None else cell.source)
        times[is_test] += own_cpu_s() - before
    return times[False], times[True]


def warm_start_s(course: Course) -> float:
    """Wall time in seconds until the warm process, and the grader, have loaded everything."""

    def job(_: int) -> str:
        begin = time.monotonic()
        plan = make_plan(course, course.assignment(NAME))
        with warm_process(plan) as warm:
            warm_up(plan)
            warm.wait()
            return str(time.monotonic() - begin)

    (finished,) = run_forked([0], job, workers=1, wall_s=600)
    return float(finished.text or "nan")


def help_s(course: Course) -> float:
    """Wall time in seconds of `autograder --help`, median of nine."""
    times = []
    for _ in range(9):
        begin = time.monotonic()
        start(course, [str(Path(sys.executable).parent / "autograder"), "--help"]).wait()
        times.append(time.monotonic() - begin)
    return statistics.median(times)


# --- memory -----------------------------------------------------------------------------


@dataclass
class Memory:
    """The most that was seen at any look, in megabytes."""

    worker: float = 0.0  # one examiner, with what it shares with the others
    worker_alone: float = 0.0  # one examiner, without
    inside: float = 0.0  # everything in the sandboxes, the warm process too, shared pages once
    everything: float = 0.0  # the whole command, shared pages once


@contextlib.contextmanager
def memory_watched() -> Iterator[Memory]:
    """Look at the memory of the command that runs meanwhile, a few times a second."""
    seen, ended = Memory(), threading.Event()

    def watch() -> None:
        while not ended.wait(LOOK_S):
            _look(seen)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()


def _look(seen: Memory) -> None:
    parents = _parents()
    commands = [p for p in _below(os.getpid(), parents) if OURS[2].encode() in _line_of(p)]
    for command in commands[:1]:
        inside = everything = 0.0
        for pid in _below(command, parents):
            sizes = _sizes_of(pid)
            everything += sizes.get("Pss", 0.0)
            if _line_of(pid) != _line_of(command):
                inside += sizes.get("Pss", 0.0)
            elif pid != command:
                seen.worker = max(seen.worker, sizes.get("Rss", 0.0))
                alone = sizes.get("Private_Dirty", 0.0) + sizes.get("Private_Clean", 0.0)
                seen.worker_alone = max(seen.worker_alone, alone)
        seen.inside = max(seen.inside, inside)
        seen.everything = max(seen.everything, everything)


def _parents() -> dict[int, int]:
    found = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            text = Path("/proc", entry, "stat").read_text(errors="replace")
            found[int(entry)] = int(text.rpartition(")")[2].split()[1])
    return found


def _below(root: int, parents: Mapping[int, int]) -> list[int]:
    """A process and all that descend from it, parents first."""
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _line_of(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _sizes_of(pid: int) -> dict[str, float]:
    """The kernel's account of a process, in megabytes."""
    with contextlib.suppress(OSError):
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        return {r.split(":")[0]: float(r.split()[1]) / 1024 for r in rows}
    return {}


# --- printing ---------------------------------------------------------------------------


def print_paces(ran: Sequence[Grader], rounds: int) -> None:
    """Paces and ratios."""
    notebooks = len(sources_of(ran[0].course))
    print(f"{notebooks} notebooks a student, medians of {rounds} rounds, {cores()} cores")
    print(f"{'':34} students  wall s  s a notebook  a minute   ratio")
    for grader in ran:
        each, base = grader.a_notebook(), ran[0].a_notebook()
        wall = statistics.median(grader.taken)
        print(
            f"{grader.name:34} {grader.students:8} {wall:7.1f} {each:13.3f} {60 / each:9.0f}"
            f" {each / base:7.1f}"
        )


def print_parity(ran: Sequence[Grader]) -> int:
    """Cells on which ours and stock differ; how many differ without a known reason."""
    ours, theirs = points_in(ran[0].course), points_in(ran[1].course)
    differ = [key for key, value in theirs.items() if ours.get(key) != value]
    stderr, asking, free = warned(ran[1].course), set(), set()
    for source in sources_of(ran[0].course):
        asking |= {k for k, c in source.cells.items() if "handin.passed(" in c.source}
        free |= {grade_id(c) for c in source.graded if not points(c)}
    reasons = {
        "since stock gives nothing where a warning is printed": {
            key for key in differ if key in stderr and theirs[key] == 0
        },
        "since stock cannot tell what an earlier test found (`handin.passed`)": {
            key for key in differ if key[1] in asking
        },
        "of no points, which stock leaves open": {key for key in differ if key[1] in free},
    }
    print(f"{len(theirs)} cells graded by both, {len(differ)} with other points, of them")
    for reason, keys in reasons.items():
        print(f"  {len(keys)} {reason}")
    unknown = set(differ).difference(*reasons.values())
    print(f"  {len(unknown)} without a known reason")
    for student, cell in sorted(unknown):
        key = (student, cell)
        print(f"  {student} {cell}: ours {ours.get(key)}, nbgrader {theirs[key]}")
    if any(points_in(g.course) != theirs for g in ran[2:]):
        print("  one and two processes of nbgrader differ")
    return len(unknown)


def print_parts(grader: Grader, seen: Memory, starts: tuple[float, float]) -> None:
    """Overhead, memory, starts."""
    notebooks = grader.students * len(sources_of(grader.course))
    cells, tests = (t / notebooks for t in own_times(grader.course, names(grader.students)))
    spent, start_s = grader.a_notebook() * cores(), starts[0] * cores() / notebooks
    print(f"a notebook, in core seconds: {spent:.3f} spent (wall x cores), of which")
    print(f"  {cells:.3f} the student's own cells, {tests:.3f} the tests, both in a warm kernel")
    print(f"  {spent - cells:.3f} overhead: all but the student's own cells")
    print(f"  {spent - cells - tests:.3f} all but cells and tests; start of the run {start_s:.3f}")
    print(
        f"memory: an examiner {seen.worker:.0f} MB, {seen.worker_alone:.0f} MB of it not shared; "
        f"all sandboxes and the warm process {seen.inside:.0f} MB, all {seen.everything:.0f} MB"
    )
    print(
        f"start: warm process {starts[0]:.1f} s once a run, `autograder --help` {starts[1]:.2f} s"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--students", type=int, default=4)
    parser.add_argument("--stock", type=int, help="students for stock nbgrader (default: all)")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--questions", nargs="+", default=list(QUESTIONS))
    options = parser.parse_args()
    stock = min(options.stock or options.students, options.students)
    with tempfile.TemporaryDirectory() as folder:
        course = make_course(Path(folder, "ours"), options.students, options.questions)
        starts = (warm_start_s(course), help_s(course))
        ran = graders(course, Path(folder), options.students, stock)
        with memory_watched() as seen:
            for _ in range(options.rounds):
                for grader in ran:
                    grader.run()
        print_paces(ran, options.rounds)
        differ = print_parity(ran)
        print_parts(ran[0], seen, starts)
    sys.exit(1 if differ else 0)


if __name__ == "__main__":
    main()
