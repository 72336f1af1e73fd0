"""The same class graded again and again: are the verdicts the same every time?

    python -m benchmarks.repeat --times 30 --busy

With `--busy` a loop that never rests runs beside it on every core, so that all take turns. Compared
is everything that a student or the gradebook is told, but for times.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.workers import cores
from benchmarks.grading import NAME, OURS, QUESTIONS, make_course, start
from benchmarks.interrupted import differences, outcome


@contextlib.contextmanager
def load(busy: bool) -> Iterator[None]:
    """Keep every core busy while the block runs."""
    loops = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy * cores())
    ]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def changed(found: dict[str, Any], first: dict[str, Any]) -> list[str]:
    """What is other than the first time, with the cells whose verdicts differ."""
    words = differences(found, first)
    for student, result in found["verdicts"].items():
        for here, there in zip(
            _verdicts(result), _verdicts(first["verdicts"][student]), strict=True
        ):
            if here != there:
                fields = [k for k in here if here[k] != there[k]]
                words.append(
                    f"  {student} {here['cell_id']}: "
                    + json.dumps({k: [there[k], here[k]] for k in fields})[:500]
                )
    return words


def _verdicts(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [verdict for notebook in result["notebooks"] for verdict in notebook["verdicts"]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--students", type=int, default=4)
    parser.add_argument("--questions", nargs="+", default=list(QUESTIONS))
    parser.add_argument("--busy", action="store_true", help="under full load, but for the first")
    options = parser.parse_args()
    first: dict[str, Any] = {}
    different = 0
    with tempfile.TemporaryDirectory() as folder:
        course = make_course(Path(folder), options.students, options.questions)
        for number in range(options.times):
            begin = time.monotonic()
            with load(options.busy and number > 0):
                _, said = (run := start(course, OURS)).communicate()
            if run.returncode:
                raise RuntimeError(said.decode()[-2000:])
            found = outcome(course, NAME)
            words = changed(found, first := first or found)
            different += bool(words)
            print(f"run {number + 1:2}: {time.monotonic() - begin:5.1f} s", *words, sep="\n")
    print(f"{options.times} runs, {different} with other verdicts than the first")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
