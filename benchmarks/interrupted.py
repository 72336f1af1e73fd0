"""A run of `grade` that is killed again and again, and what it ends with.

    python -m benchmarks.interrupted --kills 20

A class is graded once undisturbed. Then it is graded from the beginning, killed at random moments
(`kill -9`: the whole group of the command, or its first process alone) and started again each
time. Where a run gets to its end before it is killed, its results are compared and all begins from
the beginning. The same must come out as without disturbance: scores in the gradebook, verdicts, and
files; and no process and no temporary file may be left.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from autograder.course import Course
from autograder.gradebook import Gradebook
from benchmarks.grading import NAME, QUESTIONS, make_course

PR_SET_CHILD_SUBREAPER = 36  # from linux/prctl.h
TIMES = ("cpu_s", "wall_s")  # of a verdict: the machine decides them
END_S = 30.0  # a killed run's processes must be gone by then


# --- one run that is killed -------------------------------------------------------------


@contextlib.contextmanager
def adopting() -> Iterator[None]:
    """While the block runs, processes whose parent has died become children of this one."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    try:
        yield
    finally:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0)


def children() -> set[int]:
    """Living children of this process; those that have ended among orphans are reaped."""
    found = set()
    for thread in os.listdir("/proc/self/task"):
        text = Path(f"/proc/self/task/{thread}/children").read_text()
        found |= {int(pid) for pid in text.split()}
    return found


def killed(
    course: Course, assignment: str, moment: Callable[[], bool], *, alone: bool, own: set[int]
) -> bool:
    """Start grading, kill it at a moment, and wait until nothing of it is left.

    Args:
        course: The course.
        assignment: Name of the assignment.
        moment: Asked again and again: whether it is to be killed now.
        alone: Kill the first process alone, not its group.
        own: Children of this process that are none of the run's.

    Returns:
        Whether it was killed before it had ended.

    Raises:
        RuntimeError: It failed by itself, or something of it lives on.
    """
    run = started(course, assignment)
    while run.poll() is None and not moment():
        time.sleep(0.002)
    if run.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(run.pid, signal.SIGKILL) if alone else os.killpg(run.pid, signal.SIGKILL)
    _, said = run.communicate()
    if run.returncode not in (0, -signal.SIGKILL):
        raise RuntimeError(f"it failed: {said[-3000:]!r}")
    _see_that_nothing_lives(own)
    return run.returncode != 0


def started(course: Course, assignment: str) -> subprocess.Popen[bytes]:
    """The command, in a group and with a folder for temporary files of its own."""
    folder = course.root / "tmp"
    folder.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "autograder.cli", "grade", assignment],
        cwd=course.root, start_new_session=True, env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def _see_that_nothing_lives(own: set[int]) -> None:
    give_up = time.monotonic() + END_S
    while left := children() - own:
        for pid in left:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        if time.monotonic() > give_up:
            lines = [Path(f"/proc/{p}/cmdline").read_bytes()[:200] for p in left]
            raise RuntimeError(f"still there after {END_S:g} s: {lines}")
        time.sleep(0.01)


# --- what came out ----------------------------------------------------------------------


def outcome(course: Course, assignment: str) -> dict[str, Any]:
    """Scores, verdicts and the paths of all files: everything but times."""
    with Gradebook(course) as gradebook:
        scores = {s: gradebook.scores(assignment, s) for s in gradebook.students(assignment)}
    verdicts = {
        path.parents[1].name: _without_times(json.loads(path.read_text()))
        for path in sorted(course.root.glob(f"autograded/*/{assignment}/verdicts.json"))
    }
    files = sorted(str(p.relative_to(course.root)) for p in course.root.rglob("*"))
    return {"scores": scores, "verdicts": verdicts, "files": files}


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_times(v) for k, v in value.items() if k not in TIMES}
    return [_without_times(v) for v in value] if isinstance(value, list) else value


def differences(found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """What is not as it should be, in words."""
    words = [
        f"{kind} of {student} differ"
        for kind in ("scores", "verdicts")
        for student in sorted({*found[kind], *expected[kind]})
        if found[kind].get(student) != expected[kind].get(student)
    ]
    for path in sorted({*found["files"]} ^ {*expected["files"]}):
        words.append(f"{path} is {'left' if path in found['files'] else 'missing'}")
    return words


def undo(course: Course) -> None:
    """Back to a class that nobody has graded."""
    course.gradebook.unlink(missing_ok=True)
    for folder in ("autograded", ".autograder", "tmp"):
        shutil.rmtree(course.root / folder, ignore_errors=True)


# --- the benchmark ----------------------------------------------------------------------


def disturbed(course: Course, kills: int, longest_s: float, draw: random.Random) -> list[str]:
    """Grade with so many kills; what came out differently, in words."""
    own, words, moments = children(), [], []
    expected = outcome(course, NAME)
    undo(course)
    while len(moments) < kills:
        after_s, alone = draw.uniform(0, longest_s), draw.random() < 0.5
        end = time.monotonic() + after_s
        if killed(course, NAME, lambda end=end: time.monotonic() > end, alone=alone, own=own):
            moments.append(after_s)
            done = len(list(course.root.glob(f"autograded/*/{NAME}")))
            how = "first process" if alone else "group"
            print(f"kill {len(moments):2} of the {how:13} after {after_s:5.1f} s, {done} done")
        else:
            words += differences(outcome(course, NAME), expected)
            undo(course)
            print("it had ended before; from the beginning")
    killed(course, NAME, lambda: False, alone=True, own=own)
    return words + differences(outcome(course, NAME), expected)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--students", type=int, default=8)
    parser.add_argument("--questions", nargs="+", default=list(QUESTIONS))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, adopting():
        course = make_course(Path(folder, "course"), options.students, options.questions)
        begin = time.monotonic()
        killed(course, NAME, lambda: False, alone=True, own=children())
        taken_s = time.monotonic() - begin
        print(f"{options.students} students, {len(options.questions)} notebooks: {taken_s:.1f} s")
        words = disturbed(course, options.kills, taken_s, random.Random(options.seed))
    print("\n".join(words) or f"{options.kills} kills: the same grades, nothing left behind")
    sys.exit(1 if words else 0)


if __name__ == "__main__":
    main()
