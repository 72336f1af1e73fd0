"""Processor time of an honest submission, question by question, beside its budget.

    python -m benchmarks.budget --rounds 3

Every solution and known right answer is judged as a hand-in, its own cells included, in one warm
sandbox; starting the sandbox is measured apart. Prints medians and their ratio to `budget_cpu_s`.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path

from autograder.course import load_course
from autograder.plan import Plan, make_plan, warm_process, warm_up
from autograder.prove import Case, cases_of, judge_case
from autograder.warm import Submission, Warm
from autograder.workers import run_forked

ROOT = Path(__file__).resolve().parents[1]
HONEST = ("solution", "right")


def measured(plan: Plan, warm: Warm, rounds: int) -> dict[str, list[float]]:
    """Processor seconds of every honest case, by question; `start` is a submission's own."""
    taken: dict[str, list[float]] = {}
    for _ in range(rounds):
        for question in plan.assignment.questions:
            honest: list[Case] = [c for c in cases_of(plan, question) if c.kind in HONEST]
            for case in honest:
                with Submission(warm) as submission:
                    taken.setdefault("start", []).append(submission.usage().cpu_s)
                    proved = judge_case(plan, case, submission)
                taken.setdefault(question.id, []).append(proved.cpu_s)
    return taken


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assignment", default="endterm")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    course = load_course(ROOT / "course.toml")
    plan = make_plan(course, course.assignment(options.assignment))
    with warm_process(plan) as warm:
        warm_up(plan)
        warm.wait()
        print(f"loading the modules, once a run: {warm.usage().cpu_s:.2f} s")

        def job(rounds: int) -> str:
            return json.dumps(measured(plan, warm, rounds))

        (finished,) = run_forked([options.rounds], job, workers=1, wall_s=3600)
    if finished.failure is not None:
        raise finished.failure.error()
    taken = json.loads(finished.text or "{}")
    print(f"{plan.data.name}; start of a sandbox: {statistics.median(taken.pop('start')):.2f} s")
    print("question    median s   most s   budget s   ratio")
    for question in plan.assignment.questions:
        times, budget = taken[question.id], question.budget_cpu_s
        median = statistics.median(times)
        ratio = f"{median / budget:7.2f}" if budget else "      -"
        print(f"{question.id:10} {median:9.2f} {max(times):8.2f} {budget:10.2f} {ratio}")


if __name__ == "__main__":
    main()
