"""What attacks gain: here, and in stock nbgrader, on the same hand-ins.

    python -m benchmarks.attacks
    python -m benchmarks.attacks --only "deletes a test" --only "copies"

Here the whole class is graded by one run of the real command. Stock nbgrader grades each attack in
a process of its own, from a fresh copy of the course, together with one honest neighbour, within
a limit of time. Nothing confines what it runs, so that attacks that could harm this machine are not
tried there; the others run behind a wall (own processes, read-only system) that protects the
machine and hides nothing of the course.

Prints what each attack gained over its honest part, what happened to the neighbour, and totals.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.course import load_course
from tests.attacks.attacks import ATTACKS, GROUPS, Attack
from tests.attacks.hostile_class import (
    FULL,
    NEIGHBOURS,
    Class,
    hand_in,
    remarks_of,
    run_grade,
    write_class,
    write_course,
)

ROOT = Path(__file__).resolve().parents[1]
ATTACKER, NEIGHBOUR = "s0100", "s9999"  # graded in this order
NOT_RUN = "not run"
CHANGED = "a neighbour's points changed"


@dataclass(frozen=True)
class Outcome:
    """What came of one attack.

    Attributes:
        points: What the machine gave; None where there is no grade.
        neighbour: Whether an honest neighbour kept all points.
        note: What else happened.
    """

    points: float | None
    neighbour: bool
    note: str = ""

    def gained(self, attack: Attack) -> float:
        """Points over those of the honest part."""
        return max((self.points or 0.0) - attack.honest, 0.0)


# --- ours -------------------------------------------------------------------------------


def graded_here(folder: Path, attacks: Mapping[str, Attack], workers: int) -> Class:
    """The class, graded by one run of the command."""
    made = write_class(folder / "course", dict(attacks))
    made.code, made.said = run_grade(made.course, "--workers", str(workers))
    made.read()
    return made


def outcome_here(made: Class, name: str) -> Outcome:
    """What an attack came to; the class's neighbours are those of all its attacks."""
    kept = all(made.points(s) == FULL and not remarks_of(made.results[s]) for s in NEIGHBOURS)
    failed = any(r.kind == "grader-failed" for r in remarks_of(made.of(name)))
    return Outcome(made.points(made.students[name]), kept, "the grader failed" if failed else "")


# --- stock nbgrader ---------------------------------------------------------------------


def behind_a_wall(root: Path, *line: str) -> list[str]:
    """A command that sees all, writes to one folder, and takes its processes with it."""
    wall = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
    wall += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--die-with-parent"]
    wall += ["--new-session", "--cap-drop", "ALL", "--bind", str(root), str(root)]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    wall += ["--setenv", "HOME", str(root / "home"), "--setenv", "PATH", path]
    return [*wall, "--chdir", str(root), "--", sys.executable, "-m", "nbgrader", *line]


def run_stock(root: Path, limit_s: float, *line: str) -> str:
    """Run a command of nbgrader's; why it did not end well, empty where it did."""
    (root / "home").mkdir(exist_ok=True)
    with (root / "log").open("wb") as log:
        process = subprocess.Popen(
            behind_a_wall(root, *line), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
    try:
        code = process.wait(limit_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return f"no end within {limit_s:g} s"
    return f"nbgrader ended with {code}" if code else ""


def prepared_stock(folder: Path) -> Path:
    """The course as nbgrader knows it, to be copied for each attack."""
    course = write_course(folder / "stock")
    shutil.copy(ROOT / "nbgrader_config.py", course.root)
    problem = run_stock(course.root, 300, "generate_assignment", "hw", "--force")
    if problem:
        raise SystemExit(f"{problem}:\n{(course.root / 'log').read_text()[-2000:]}")
    return course.root


def outcome_in_stock(prepared: Path, attack: Attack, limit_s: float) -> Outcome:
    """Grade one attack and its neighbour in a process of nbgrader's."""
    with tempfile.TemporaryDirectory(dir=prepared.parent) as folder:
        root = Path(folder) / "course"
        shutil.copytree(prepared, root)
        course = load_course(root / "course.toml")
        hand_in(course, ATTACKER, attack)
        hand_in(course, NEIGHBOUR, None)
        problem = run_stock(root, limit_s, "autograde", "hw", "--force")
        scores = scores_in(root)
    kept = scores.get(NEIGHBOUR) == FULL
    return Outcome(scores.get(ATTACKER), kept, problem)


def scores_in(root: Path) -> dict[str, float]:
    """Points by student, as nbgrader's database has them; empty where it cannot be read."""
    found: dict[str, float] = {}
    try:
        with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "mdl") as book:
            for submission in book.assignment_submissions("hw"):
                grades = [g for n in submission.notebooks for g in n.grades]
                student = submission.student.id
                found[student] = sum(g.auto_score or 0.0 for g in grades)
    except Exception:  # noqa: BLE001  (an attack may have spoilt the database)
        return {}
    return found


def stock_outcomes(
    prepared: Path, attacks: Mapping[str, Attack], limit_s: float, jobs: int
) -> Iterator[tuple[str, Outcome | None]]:
    """Outcomes by attack, in order; None for those that are not run."""
    with ThreadPoolExecutor(jobs) as pool:
        futures = {
            name: pool.submit(outcome_in_stock, prepared, attack, limit_s)
            for name, attack in attacks.items()
            if attack.stock
        }
        for name in attacks:
            yield name, futures[name].result() if name in futures else None


# --- the table --------------------------------------------------------------------------


def row(attack: Attack, name: str, here: Outcome, stock: Outcome | None) -> str:
    """One line: the attack, what it gained here and there, and what else happened there."""
    theirs, notes = NOT_RUN, ["it could harm the machine"]
    if stock is not None:
        theirs = f"{stock.gained(attack):.1f}" if stock.points is not None else "no grade"
        notes = [stock.note, "" if stock.neighbour else CHANGED]
    ours = [here.note, "" if here.neighbour else CHANGED]
    notes += [f"here: {text}" for text in ours if text]
    return (
        f"{name[:66]:66} {here.gained(attack):6.1f} {theirs:>9}  {'; '.join(filter(None, notes))}"
    )


def totals(
    attacks: Mapping[str, Attack], here: Mapping[str, Outcome], stock: Mapping[str, Outcome | None]
) -> list[str]:
    """What all attacks together came to."""
    tried = {n: o for n, o in stock.items() if o is not None}

    def both(what: str, of: Callable[[str, Outcome], float]) -> str:
        ours, theirs = (sum(of(n, o) for n, o in found.items()) for found in (here, tried))
        return f"{what:66} {ours:6g} {theirs:9g}"

    return [
        both("attacks tried", lambda n, o: 1),
        both("attacks that gained points", lambda n, o: o.gained(attacks[n]) > 0),
        both("points gained", lambda n, o: o.gained(attacks[n])),
        both("attackers left without a grade", lambda n, o: o.points is None),
        both("runs that did not end well", lambda n, o: bool(o.note)),
        both("attacks that changed a neighbour's points", lambda n, o: not o.neighbour),
    ]


def chosen(patterns: Sequence[str]) -> dict[str, Attack]:
    """The attacks whose name holds one of some words; all where there are none."""
    return {n: a for n, a in ATTACKS.items() if not patterns or any(p in n for p in patterns)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", default=[], help="words in an attack's name")
    parser.add_argument("--limit", type=float, default=90.0, help="seconds for stock, each attack")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time")
    options = parser.parse_args()
    attacks = chosen(options.only)
    stock: dict[str, Outcome | None] = {}
    with tempfile.TemporaryDirectory(prefix="attacks-") as folder:
        begin = time.monotonic()
        made = graded_here(Path(folder), attacks, options.jobs)
        took = time.monotonic() - begin
        here = {name: outcome_here(made, name) for name in attacks}
        print(f"{'attack: points gained':66} {'here':>6} {'nbgrader':>9}", flush=True)
        prepared = prepared_stock(Path(folder))
        for name, outcome in stock_outcomes(prepared, attacks, options.limit, options.jobs):
            stock[name] = outcome
            title = next(g for g, members in GROUPS.items() if name in members)
            if name == next(n for n in GROUPS[title] if n in attacks):
                print(f"\n{title}")
            print(row(attacks[name], name, here[name], outcome), flush=True)
    print("\n" + "\n".join(totals(attacks, here, stock)))
    print(f"\nours: the class of {len(attacks)} in {took:.0f} s, ended with {made.code}")


if __name__ == "__main__":
    main()
