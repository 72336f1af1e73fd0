"""Run the visible tests where students run them: `python -m demo.visible PYTHON [PYTHON ...]`.

Each PYTHON is the interpreter of a fresh environment with what students have (`requirements.txt` of
the release, a Jupyter kernel) and nothing of the kit. The release's notebooks, filled with the
solution, run from top to bottom in a real kernel, in a folder that holds the release's files alone.
Kept cells (a training of minutes) are left out. Ends with code 1 where a cell fails.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder.course import load_course
from autograder.notebook import grade_id, is_kept
from demo.students import Material

RUNNER = """
import json, sys, time
from importlib.metadata import version
import nbformat, nbclient
packages = ("numpy", "torch", "torchvision", "sympy", "matplotlib")
versions = {name: version(name) for name in packages}
print(json.dumps({"python": sys.version.split()[0], **versions}), flush=True)
for path in sys.argv[1:]:
    notebook = nbformat.read(path, as_version=4)
    start, problem = time.monotonic(), ""
    try:
        nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    except nbclient.exceptions.CellExecutionError as error:
        cell = next(c for c in notebook.cells if any(
            o.output_type == "error" for o in c.get("outputs", [])))
        problem = f"{cell.metadata.get('nbgrader', {}).get('grade_id', cell.id)}: " \\
                  f"{error.ename}: {error.evalue}"
    seconds = round(time.monotonic() - start, 1)
    print(json.dumps({"notebook": path, "problem": problem, "wall_s": seconds}), flush=True)
"""


@dataclass(frozen=True)
class Ran:
    """How the notebooks ran in one environment.

    Attributes:
        versions: Python and packages by name.
        problems: By notebook; empty where every cell ran.
        wall_s: Wall time in seconds by notebook.
    """

    versions: dict[str, str]
    problems: dict[str, str]
    wall_s: dict[str, float]


def write_folder(material: Material, folder: Path) -> list[str]:
    """Write what a student has at the end: the release, filled in.

    Args:
        material: The release, the solutions.
        folder: Where to write.

    Returns:
        The notebooks' file names.
    """
    notebooks = material.solved()
    for name, notebook in notebooks.items():
        kept = {key for key, cell in material.sources[name].cells.items() if is_kept(cell)}
        for cell in notebook.cells:
            if grade_id(cell) in kept:
                cell.source, cell.outputs = "# left out: it trains for minutes", []
    for path, content in material.files(notebooks, {}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return [f"{name}.ipynb" for name in notebooks]


def run_visible(material: Material, python: Path) -> Ran:
    """Run the notebooks with one interpreter.

    Raises:
        RuntimeError: The interpreter cannot run notebooks, or lacks a package.
    """
    with tempfile.TemporaryDirectory(prefix="visible-") as folder:
        names = write_folder(material, Path(folder))
        done = subprocess.run(
            [str(python), "-c", RUNNER, *names],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        raise RuntimeError(f"{python}: {done.stderr.strip().splitlines()[-1:]}")
    ran = lines[1:]
    return Ran(
        versions=lines[0],
        problems={r["notebook"]: r["problem"] for r in ran},
        wall_s={r["notebook"]: r["wall_s"] for r in ran},
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run every environment and print what failed."""
    parser = argparse.ArgumentParser(prog="python -m demo.visible", description=__doc__)
    parser.add_argument("python", type=Path, nargs="+", help="interpreter of an environment")
    parser.add_argument("--course", type=Path, default=Path("."), help="folder of course.toml")
    parser.add_argument("--assignment", default="endterm")
    options = parser.parse_args(arguments)
    material = Material.load(load_course(options.course / "course.toml"), options.assignment)
    console = Console()
    table = Table("Environment", "Notebook", "Wall s", "Problem")
    failed = False
    for python in options.python:
        ran = run_visible(material, python.absolute())
        text = ", ".join(f"{name} {version}" for name, version in ran.versions.items())
        for notebook, problem in ran.problems.items():
            table.add_row(text, notebook, f"{ran.wall_s[notebook]:.1f}", problem or "none")
            text, failed = "", failed or bool(problem)
    console.print(table)
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
