"""Train the network from scratch on MNIST, test it, and draw what came out.

    python -m reference.train --epochs 2 --seed 0 --out build/cnn

Writes `curve.png`, `confusion.png` and `log.json` to the folder `--out`. Without MNIST the digits
of scikit-learn stand in, and every output says so.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from reference.cnn import (
    CNN,
    DenseModel,
    TrainingLog,
    confusion_matrix,
    parameter_count,
    predict,
    train,
)
from reference.data import Digits, digits

QUICK_TRAIN, QUICK_TEST = 5000, 1000  # samples


@dataclass(frozen=True)
class Run:
    """One trained network.

    Attributes:
        network: "cnn" or "dense".
        data: Name of the data, as in `Digits.name`.
        seed: Seed of the initial parameters and of the order of the samples.
        parameters: Number of trained numbers.
        log: Loss and accuracies, epoch by epoch.
        test_accuracy: Share of the test data that is right at the end.
        confusion: Shape (10, 10), int64; row: truth, column: prediction.
        wall_s: Time of training in seconds, the tests after each epoch included.
        cpu_s: Processor time of the same in seconds, over all threads.
    """

    network: str
    data: str
    seed: int
    parameters: int
    log: TrainingLog
    test_accuracy: float
    confusion: Tensor
    wall_s: float
    cpu_s: float

    def to_dict(self) -> dict[str, Any]:
        """The run as plain data, for JSON."""
        return {**vars(self), "log": self.log.to_dict(), "confusion": self.confusion.tolist()}


def run(network: str, data: Digits, epochs: int, seed: int) -> Run:
    """Train one network from its seed and test it; prints a line an epoch.

    Args:
        network: "cnn" or "dense".
        data: What to train and to test on.
        epochs: Passes through the training data.
        seed: Fixes the initial parameters and the order of the samples.
    """
    torch.manual_seed(seed)
    model: nn.Module = CNN() if network == "cnn" else DenseModel()
    wall, cpu = time.perf_counter(), time.process_time()
    test = (data.test_images, data.test_labels)
    log = train(model, data.train_images, data.train_labels, epochs, test=test, say=print)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    confusion = confusion_matrix(data.test_labels, predict(model, data.test_images))
    accuracy = float(confusion.trace()) / len(data.test_labels)
    return Run(
        network, data.name, seed, parameter_count(model), log, accuracy, confusion, wall, cpu
    )


def draw_curve(runs: Sequence[Run], path: Path) -> None:
    """Draw loss and test accuracy over the epochs, one line a network, into a PNG file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for one in runs:
        numbers = [epoch.number for epoch in one.log.epochs]
        left.plot(numbers, [epoch.loss for epoch in one.log.epochs], "o-", label=one.network)
        tested = [100 * (epoch.test_accuracy or 0) for epoch in one.log.epochs]
        right.plot(numbers, tested, "o-", label=one.network)
    left.set(xlabel="epoch", ylabel="mean cross entropy in nats", title="training loss")
    right.set(xlabel="epoch", ylabel="%", title=f"test accuracy, {runs[0].data}")
    for axes in (left, right):
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend()
    figure.savefig(path, dpi=120)


def draw_confusion(one: Run, path: Path) -> None:
    """Draw which digit was taken for which into a PNG file; the diagonal is right."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 5), layout="constrained")
    axes = figure.subplots()
    mistakes = one.confusion.clone().fill_diagonal_(0)  # else the diagonal drowns them
    axes.imshow(mistakes.numpy(), cmap="Oranges")
    for row, counts in enumerate(one.confusion.tolist()):
        for column, count in enumerate(counts):
            axes.text(column, row, str(count), ha="center", va="center", fontsize=8)
    axes.set(xlabel="found", ylabel="true", xticks=range(10), yticks=range(10))
    axes.set_title(f"{one.network}, {one.data}: {100 * one.test_accuracy:.2f} % right")
    figure.savefig(path, dpi=120)


def write(runs: Sequence[Run], out: Path) -> None:
    """Write `curve.png`, `confusion.png` (of the first run) and `log.json` into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    draw_curve(runs, out / "curve.png")
    draw_confusion(runs[0], out / "confusion.png")
    text = json.dumps([one.to_dict() for one in runs], indent=1, sort_keys=True)
    (out / "log.json").write_text(text + "\n", encoding="utf-8")


def summary(one: Run) -> str:
    """One line about a finished run."""
    return (
        f"{one.network} on {one.data}: test accuracy {one.test_accuracy:.4f}, "
        f"{one.parameters} parameters, seed {one.seed}, "
        f"{one.wall_s:.1f} s ({one.cpu_s:.1f} s of processor time)"
    )


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    options = argparse.ArgumentParser(
        prog="python -m reference.train",
        description="Train the convolutional network from scratch on MNIST.",
        epilog="example: python -m reference.train --epochs 2 --compare-dense --out build/cnn",
    )
    options.add_argument("--epochs", type=int, default=2, help="passes (default: 2)")
    options.add_argument("--seed", type=int, default=0, help="seed (default: 0)")
    options.add_argument(
        "--data-root",
        type=Path,
        help="folder that holds MNIST/ (default: AUTOGRADER_DATA_ROOT, else data/)",
    )
    options.add_argument(
        "--out", type=Path, default=Path("build/cnn"), help="output folder (default: build/cnn)"
    )
    options.add_argument(
        "--compare-dense", action="store_true", help="train the dense network as well"
    )
    options.add_argument(
        "--quick",
        action="store_true",
        help=f"only {QUICK_TRAIN} training and {QUICK_TEST} test samples",
    )
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, print, draw."""
    options = parser().parse_args(arguments)
    if options.epochs < 1:
        parser().error("--epochs must be at least 1")
    data = digits(options.data_root)
    if options.quick:
        data = data.first(QUICK_TRAIN, QUICK_TEST)
    print(f"data: {data.name}, {len(data.train_labels)} to train, {len(data.test_labels)} to test")
    networks = ("cnn", "dense") if options.compare_dense else ("cnn",)
    runs = []
    for network in networks:
        print(f"\n{network}")
        runs.append(run(network, data, options.epochs, options.seed))
    print()
    for one in runs:
        print(summary(one))
    write(runs, options.out)
    print(f"written to {options.out}: curve.png, confusion.png, log.json")


if __name__ == "__main__":
    main()
