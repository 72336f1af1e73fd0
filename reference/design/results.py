"""What the runs measured, kept as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from reference.design.activations import ACTIVATIONS
from reference.design.experiments import EXPERIMENTS, Run


class MixedResults(ValueError):
    """Runs of one experiment that differ in epochs or data: no table can compare them."""


@dataclass(frozen=True)
class Results:
    """Runs, and the commands that made them."""

    commands: tuple[str, ...]
    runs: tuple[Run, ...]

    def __post_init__(self) -> None:
        """Refuse runs that cannot be compared.

        Raises:
            MixedResults: Runs of one experiment differ in epochs or data.
        """
        for name in EXPERIMENTS:
            settings = {run.settings for run in self.runs if run.experiment == name}
            if len(settings) > 1:
                raise MixedResults(f"{name} was run with different settings: {sorted(settings)}")

    def adding(self, run: Run) -> Results:
        """These results and one run more; it replaces the run that was in its place."""
        others = tuple(one for one in self.runs if one.key != run.key)
        return Results(self.commands, (*others, run))

    def under(self, command: str) -> Results:
        """These results, to which one more command adds."""
        return Results(tuple(dict.fromkeys((*self.commands, command))), self.runs)

    def of(self, experiment: str, normalised: bool, activation: str) -> list[Run]:
        """The runs of one combination, in the order of their seeds."""
        wanted = experiment, activation, normalised
        return [run for run in self.ordered() if run.key[:3] == wanted]

    def ordered(self) -> list[Run]:
        """The runs in the order of the tables."""
        experiments, activations = list(EXPERIMENTS), list(ACTIVATIONS)
        return sorted(
            self.runs,
            key=lambda run: (
                experiments.index(run.experiment),
                not run.normalised,
                activations.index(run.activation),
                run.seed,
            ),
        )


def read(path: Path) -> Results:
    """The results that `write` kept; none where there is no file.

    Args:
        path: `results.json`, or the folder that holds it.
    """
    path = path / "results.json" if path.is_dir() else path
    if not path.exists():
        return Results((), ())
    plain = json.loads(path.read_text(encoding="utf-8"))
    return Results(tuple(plain["commands"]), tuple(Run.from_dict(run) for run in plain["runs"]))


def write(results: Results, folder: Path) -> None:
    """Keep results in `results.json`, so that a stop in between leaves the old or the new file."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = {"commands": results.commands, "runs": [run.to_dict() for run in results.ordered()]}
    beside = folder / "results.json.part"
    beside.write_text(json.dumps(plain, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(beside, folder / "results.json")


def merge(parts: Iterable[Results]) -> Results:
    """Results of several commands as one; of runs that were repeated the last counts."""
    merged = Results((), ())
    for part in parts:
        for command in part.commands:
            merged = merged.under(command)
        for run in part.runs:
            merged = merged.adding(run)
    return merged
