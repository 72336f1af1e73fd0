"""Train every activation in every network, and write down what came out.

    python -m reference.design --seeds 0 1 2 3 4 --out build/design

Writes `results.json` after each run, and `table.md` and `plot.png` at the end, into the folder
`--out`. Runs that are already in its `results.json` are not repeated: a stopped command may be
given again. `--report` makes table and plot from what earlier commands have written.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from reference.design.activations import ACTIVATIONS
from reference.design.experiments import EXPERIMENTS, Run, Source, Task, load
from reference.design.report import NORMALISATIONS, TITLES, report, shown
from reference.design.results import MixedResults, Results, merge, read, write
from reference.design.workers import performed

QUICK_TRAIN, QUICK_TEST, QUICK_EPOCHS = 5000, 1000, 2
ALL = 60_000  # samples; more than any half of the data has
MOST_JOBS = 8


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    options = argparse.ArgumentParser(
        prog="python -m reference.design",
        description="Compare activation functions in a classifier and in three autoencoders.",
        epilog="example: python -m reference.design --quick --out build/design",
    )
    options.add_argument(
        "--quick",
        action="store_true",
        help=f"{QUICK_TRAIN} training and {QUICK_TEST} test pictures, {QUICK_EPOCHS} epochs, "
        "one seed",
    )
    options.add_argument("--seeds", type=int, nargs="+", help="seeds (default: 0 1 2; quick: 0)")
    options.add_argument(
        "--epochs", type=int, help="passes (default: classifier 15, autoencoders 10; quick: 2)"
    )
    options.add_argument(
        "--pictures", type=int, help="training pictures, the first ones (default: all; quick: 5000)"
    )
    options.add_argument(
        "--experiments",
        nargs="+",
        choices=list(EXPERIMENTS),
        default=list(EXPERIMENTS),
        metavar="NAME",
        help=f"which networks (default: {' '.join(EXPERIMENTS)})",
    )
    options.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="(default: auto)"
    )
    options.add_argument(
        "--jobs", type=int, help=f"processes at work (default: one a core, at most {MOST_JOBS})"
    )
    options.add_argument(
        "--data-root",
        type=Path,
        help="folder that holds MNIST/ (default: AUTOGRADER_DATA_ROOT, else data/)",
    )
    options.add_argument(
        "--out",
        type=Path,
        default=Path("build/design"),
        help="output folder (default: build/design)",
    )
    options.add_argument(
        "--report",
        type=Path,
        nargs="*",
        metavar="RESULTS",
        help="train nothing; table and plot of these folders or files (default: --out)",
    )
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, print, report."""
    options = parser().parse_args(arguments)
    numbers = options.epochs, options.jobs, options.pictures
    if any(number is not None and number < 1 for number in numbers):
        parser().error("--epochs, --jobs and --pictures must be at least 1")
    try:
        if options.report is None:
            results = train_all(options)
        else:
            results = merge(read(path) for path in options.report or [options.out])
    except MixedResults as error:
        parser().error(f"{error}; choose another folder with --out")
    if not results.runs:
        parser().error("no results there")
    report(results, options.out)
    print(f"written to {options.out}: results.json, table.md, plot.png")


def train_all(options: argparse.Namespace) -> Results:
    """Do the runs that the options name and the folder lacks; keep each as it comes."""
    if options.device == "auto":
        options.device = "cuda" if torch.cuda.is_available() else "cpu"
    tasks = tasks_of(options)
    results = read(options.out).under(command(options))
    done = {run.key for run in results.runs}
    left = [task for task in tasks if task.key not in done]
    print(f"{len(tasks)} runs on {options.device}, {len(tasks) - len(left)} of them done before")
    if not left:
        return results
    data = load(replace(left[0].source, device="cpu", download=True))  # once, before the workers
    print(f"data: {data.name}, {len(data.train_labels)} to train, {len(data.test_labels)} to test")
    start = time.perf_counter()
    jobs = options.jobs or min(os.cpu_count() or 1, MOST_JOBS)
    for number, run in enumerate(performed(left, jobs), 1):
        results = results.adding(run)
        write(results, options.out)
        print(
            f"[{number}/{len(left)}, {time.perf_counter() - start:.0f} s] {line(run)}", flush=True
        )
    return results


def tasks_of(options: argparse.Namespace) -> list[Task]:
    """All combinations, seed by seed, so that an early stop leaves whole seeds."""
    seeds = options.seeds or ([0] if options.quick else [0, 1, 2])
    train, test = (QUICK_TRAIN, QUICK_TEST) if options.quick else (ALL, ALL)
    source = Source(options.data_root, options.pictures or train, test, options.device)
    quick = QUICK_EPOCHS if options.quick else None
    return [
        Task(
            name,
            activation,
            normalised,
            seed,
            options.epochs or quick or EXPERIMENTS[name].epochs,
            source,
        )
        for seed in seeds
        for name in reversed(options.experiments)  # the longest first
        for normalised in NORMALISATIONS
        for activation in ACTIVATIONS
    ]


def command(options: argparse.Namespace) -> str:
    """The command that repeats these results, without what depends on the machine's folders."""
    words = ["python -m reference.design"]
    words += ["--quick"] if options.quick else []
    words += ["--seeds", *map(str, options.seeds)] if options.seeds else []
    words += ["--epochs", str(options.epochs)] if options.epochs else []
    words += ["--pictures", str(options.pictures)] if options.pictures else []
    if options.experiments != list(EXPERIMENTS):
        words += ["--experiments", *options.experiments]
    return " ".join([*words, "--device", options.device])


def line(run: Run) -> str:
    """One line about a finished run."""
    experiment = EXPERIMENTS[run.experiment]
    unit = "%" if experiment.classifies else "thousandths"
    learned = "".join(
        f", {name} {' '.join(f'{number:.2f}' for number in numbers)}"
        for name, numbers in run.learned.items()
    )
    return (
        f"{run.experiment}, normalisation {NORMALISATIONS[run.normalised]}, "
        f"{TITLES[run.activation]}, seed {run.seed}: {experiment.measure} "
        f"{shown(experiment, run):.2f} {unit}{learned}, {run.wall_s:.1f} s"
    )


if __name__ == "__main__":
    main()
