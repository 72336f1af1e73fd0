"""Results as a table and as a plot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, stdev
from textwrap import fill
from typing import TYPE_CHECKING

from reference.design.activations import ACTIVATIONS
from reference.design.experiments import EXPERIMENTS, Experiment, Run
from reference.design.results import Results, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BASELINE = "relu"
TITLES = {
    "relu": "ReLU",
    "gelu": "GELU",
    "symmetric-gelu": "x erf(x)",
    "adaptive-symmetric-gelu": "α x erf(x)",
    "swish": "x σ(βx)",
}
MARKS = {  # Okabe and Ito's colours, and a marker each for those who see none
    "relu": ("#0072B2", "o"),
    "gelu": ("#E69F00", "s"),
    "symmetric-gelu": ("#009E73", "^"),
    "adaptive-symmetric-gelu": ("#D55E00", "v"),
    "swish": ("#CC79A7", "D"),
}
NORMALISATIONS = {True: "batch", False: "none"}
Cell = Callable[[Experiment, Sequence[Run], Sequence[Run]], str]  # its runs, the baseline's


def report(results: Results, folder: Path) -> None:
    """Write `results.json`, `table.md` and `plot.png` into a folder."""
    write(results, folder)
    (folder / "table.md").write_text(table(results), encoding="utf-8")
    draw(results, folder / "plot.png")


def about(results: Results) -> list[str]:
    """What a reader needs to repeat the runs: commands, data, epochs, seeds, versions, device."""
    runs = results.ordered()
    lines = [f"Command: `{command}`" for command in results.commands]
    for name in dict.fromkeys(run.experiment for run in runs):
        of_name = [run for run in runs if run.experiment == name]
        epochs, data, train, test = of_name[0].settings
        seeds = ", ".join(str(seed) for seed in sorted({run.seed for run in of_name}))
        lines.append(
            f"{EXPERIMENTS[name].title}: {epochs} epochs, seeds {seeds}; {data}, {train:,} to "
            f"train, {test:,} to test"
        )
    computed = sorted({f"{run.device}, {run.versions}" for run in runs})
    lines.append(f"Computed by: {'; '.join(computed)}")
    lines.append(f"{len(runs)} runs, {sum(run.wall_s for run in runs):,.0f} s of training in all")
    return lines


def table(results: Results) -> str:
    """Three Markdown tables: the measures, what they gain on ReLU's, the learned numbers."""
    lines = ["# Activations compared", "", *(f"- {line}" for line in about(results))]
    lines += ["", "## On the test data", ""]
    lines += [
        "Mean ± standard deviation over the seeds. Classifier: accuracy in %, more is better."
    ]
    lines += ["Autoencoders: squared error of a pixel in thousandths, less is better.", ""]
    lines += _grid(results, _spread)
    lines += ["", "## Gain on ReLU", ""]
    lines += [
        "Runs of one seed share their first weights and the order of the pictures. Positive is"
    ]
    lines += ["better than ReLU; in brackets, how many seeds were better.", ""]
    lines += _grid(results, _gain)
    lines += ["", "## Learned numbers", ""]
    lines += ["α or β of each layer from the input to the output, mean over the seeds; all began"]
    lines += ["at 1.", ""]
    lines += _grid(results, _learned)
    return "\n".join(lines) + "\n"


def _grid(results: Results, cell: Cell) -> list[str]:
    """One row for a network with or without normalisation, one column for an activation."""
    titles = [TITLES[activation] for activation in ACTIVATIONS]
    lines = [f"| network | normalisation | {' | '.join(titles)} |"]
    lines.append("|---|---" + "|--:" * len(titles) + "|")
    for name, experiment in EXPERIMENTS.items():
        for normalised, label in NORMALISATIONS.items():
            runs = {a: results.of(name, normalised, a) for a in ACTIVATIONS}
            if any(runs.values()):
                cells = [cell(experiment, runs[a], runs[BASELINE]) for a in ACTIVATIONS]
                lines.append(f"| {experiment.title} | {label} | {' | '.join(cells)} |")
    return lines


def _spread(experiment: Experiment, runs: Sequence[Run], baseline: Sequence[Run]) -> str:
    """Mean ± standard deviation of the measure."""
    return _mean_and_deviation([shown(experiment, run) for run in runs])


def _gain(experiment: Experiment, runs: Sequence[Run], baseline: Sequence[Run]) -> str:
    """Mean ± standard deviation of what the runs have over the baseline's of the same seed."""
    sign = 1 if experiment.classifies else -1
    base = {run.seed: shown(experiment, run) for run in baseline}
    gains = [sign * (shown(experiment, r) - base[r.seed]) for r in runs if r.seed in base]
    if not gains or runs == baseline:
        return "–"
    better = sum(gain > 0 for gain in gains)
    return f"{_mean_and_deviation(gains, '+z')} ({better} of {len(gains)})"


def _learned(experiment: Experiment, runs: Sequence[Run], baseline: Sequence[Run]) -> str:
    """Mean of the learned numbers, layer by layer."""
    kept = [numbers for run in runs for numbers in run.learned.values()]
    return " ".join(f"{fmean(layer):.2f}" for layer in zip(*kept, strict=True)) or "–"


def _mean_and_deviation(numbers: Sequence[float], sign: str = "") -> str:
    """For example "97.91 ± 0.08"; a single number has no deviation."""
    if not numbers:
        return "–"
    spread = f" ± {stdev(numbers):.2f}" if len(numbers) > 1 else ""
    return f"{fmean(numbers):{sign}.2f}{spread}"


def shown(experiment: Experiment, run: Run) -> float:
    """The measure in the unit it is shown in: per cent, or thousandths."""
    return run.metric * (100 if experiment.classifies else 1000)


def draw(results: Results, path: Path) -> None:
    """Draw a panel for each network into a PNG file: a mark a seed, a line at the mean."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    names = [name for name in EXPERIMENTS if any(r.experiment == name for r in results.runs)]
    rows = (len(names) + 1) // 2
    figure = Figure(figsize=(11, 3.6 * rows + 1.2), layout="constrained")
    panels = figure.subplots(rows, 2, squeeze=False).flat
    for name, axes in zip(names, panels, strict=False):
        _panel(axes, results, name)
    for axes in list(figure.axes)[len(names) :]:
        axes.set_visible(False)
    handles = [
        Line2D([], [], color="black", marker="o", linestyle="", label="batch normalisation"),
        Line2D([], [], color="black", marker="o", linestyle="", label="no normalisation"),
    ]
    handles[1].set_fillstyle("none")
    figure.legend(handles=handles, loc="outside upper center", ncols=2)
    said = "\n".join(fill(line.replace("`", ""), 150) for line in about(results))
    figure.supxlabel(said, fontsize=7, x=0.01, ha="left", family="monospace")
    figure.savefig(path, dpi=120)


def _panel(axes: Axes, results: Results, name: str) -> None:
    """Draw one network: full marks with normalisation, hollow ones to their right without."""
    experiment = EXPERIMENTS[name]
    for place, activation in enumerate(ACTIVATIONS):
        colour, marker = MARKS[activation]
        for normalised in NORMALISATIONS:
            x = place - 0.17 if normalised else place + 0.17
            y = [shown(experiment, run) for run in results.of(name, normalised, activation)]
            style = "full" if normalised else "none"
            axes.plot([x] * len(y), y, marker, color=colour, fillstyle=style, markersize=6)
            if y:
                axes.plot([x - 0.13, x + 0.13], [fmean(y)] * 2, "-", color=colour, linewidth=1.5)
    axes.set_title(experiment.title)
    axes.set_xticks(range(len(ACTIVATIONS)), [TITLES[activation] for activation in ACTIVATIONS])
    if experiment.classifies:
        axes.set_ylabel("test accuracy in %\n(more is better)")
    else:
        axes.set_ylabel("squared error of a pixel,\nthousandths (less is better)")
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("{x:g}")
        axes.tick_params(which="minor", labelsize=7)
    axes.grid(axis="y", which="both", color="0.9")
