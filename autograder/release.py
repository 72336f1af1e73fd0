"""Source into release, through nbgrader's own pipeline; the same bytes on every build.

The release is built in a temporary course with a temporary gradebook, so a build neither needs
nor changes the real one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from autograder.course import Assignment, Course
from autograder.errors import SourceError
from autograder.notebook import REGIONS, SourceNotebook, dumps, region_lines
from autograder.plan import load_sources

NOT_RELEASED = (".ipynb_checkpoints", "__pycache__", "*.o", "build")
TELLING_LENGTH = 12  # shorter lines, such as `return x`, stand in many places


@dataclass(frozen=True)
class Released:
    """What a build did.

    Attributes:
        files: All files of the release, relative to its folder.
        changed: Those that differ from what was there before.
        leaks: Lines of solutions or hidden tests found in the release.
    """

    files: tuple[str, ...]
    changed: tuple[str, ...]
    leaks: tuple[str, ...]


def release(course: Course, assignment: Assignment, *, check: bool = False) -> Released:
    """Build the student version of an assignment into `release/`.

    Args:
        course: The course.
        assignment: The assignment.
        check: Build and compare, and write nothing.

    Raises:
        SourceError: A source notebook is unusable, or nbgrader refuses it.
    """
    sources = load_sources(course, assignment)
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        built = _build(course, assignment, Path(folder))
        leaks = tuple(_leaks(sources, built))
        files = sorted(str(p.relative_to(built)) for p in built.rglob("*") if p.is_file())
        target = course.release(assignment.name)
        old = sorted(str(p.relative_to(target)) for p in _own_files(target))
        changed = [f for f in files if not _same(built / f, target / f)]
        changed += [f for f in old if f not in files]
        if not check and not leaks:
            _replace(target, built)
    return Released(tuple(files), tuple(changed), leaks)


def _own_files(folder: Path) -> Iterator[Path]:
    return (p for p in folder.rglob("*") if p.is_file() and ".ipynb_checkpoints" not in p.parts)


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()


def _copy(folder: Path, target: Path) -> None:
    """Copy a folder that the release carries, without what a build leaves there.

    Raises:
        SourceError: It is not there.
    """
    if not folder.is_dir():
        raise SourceError(
            "the folder that the release should carry is missing",
            str(folder),
            "make it, or correct [assignment.….copies] in course.toml",
        )
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns(*NOT_RELEASED))


def _build(course: Course, assignment: Assignment, root: Path) -> Path:
    """Run nbgrader's own command in a temporary course; bring its notebooks to one form."""
    source = course.source(assignment.name)
    ignore = shutil.ignore_patterns(*NOT_RELEASED)
    shutil.copytree(source, root / "source" / assignment.name, ignore=ignore)
    for name, path in assignment.copies.items():
        _copy(course.root / path, root / "source" / assignment.name / name)
    config = course.root / "nbgrader_config.py"
    if config.is_file():
        shutil.copyfile(config, root / config.name)
    programs = str(Path(sys.executable).parent)
    env = {**os.environ, "PATH": programs + os.pathsep + os.environ.get("PATH", "")}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "generate_assignment", assignment.name, "--force",
         f"--CourseDirectory.root={root}", f"--db=sqlite:///{root}/gradebook.db"],
        cwd=root, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    built = root / "release" / assignment.name
    if done.returncode != 0 or not built.is_dir():
        errors = [line for line in done.stderr.splitlines() if "ERROR" in line or "Error" in line]
        raise SourceError(
            f"nbgrader refuses the source: {errors[-1] if errors else done.stderr[-500:]}",
            str(source),
            f"run `nbgrader generate_assignment {assignment.name}` to see all it says",
        )
    for notebook in built.rglob("*.ipynb"):
        notebook.write_text(dumps(nbformat.read(notebook, as_version=4)), encoding="utf-8")
    return built


def _leaks(sources: tuple[SourceNotebook, ...], built: Path) -> Iterator[str]:
    """Lines of hidden regions that stand in the release, though nowhere visible in the source."""
    texts = {
        str(p.relative_to(built)): p.read_text(encoding="utf-8", errors="replace")
        for p in built.rglob("*")
        if p.is_file() and p.suffix in (".ipynb", ".py", ".md", ".txt", ".hpp", ".cpp")
    }
    lines = {name: set(_plain_lines(name, text)) for name, text in texts.items()}
    hidden: set[str] = set()
    visible: set[str] = set()
    for source in sources:
        _sort_lines(source, hidden, visible)
    telling = {h for h in hidden - visible if len(h) >= TELLING_LENGTH and not h.startswith("### ")}
    for name, found in lines.items():
        yield from (f"{name}: {line}" for line in sorted(telling & found))


def _plain_lines(name: str, text: str) -> Iterator[str]:
    if name.endswith(".ipynb"):
        for cell in nbformat.reads(text, as_version=4).cells:
            yield from (line.strip() for line in cell.source.splitlines())
    else:
        yield from (line.strip() for line in text.splitlines())


def _sort_lines(source: SourceNotebook, hidden: set[str], visible: set[str]) -> None:
    """Sort the lines of a source notebook into those inside hidden regions and all others."""
    for cell in source.node.cells:
        numbers: frozenset[int] = frozenset()
        for region in REGIONS:
            numbers |= region_lines(cell.source, region)
        for number, line in enumerate(cell.source.splitlines(), start=1):
            (hidden if number in numbers else visible).add(line.strip())


def _replace(target: Path, built: Path) -> None:
    """Put the new release in place of the old one; files that did not change keep their times."""
    for path in list(_own_files(target)):
        if not (built / path.relative_to(target)).is_file():
            path.unlink()
    for path in _own_files(built):
        there = target / path.relative_to(built)
        if not _same(path, there):
            there.parent.mkdir(parents=True, exist_ok=True)
            draft = there.with_name(f".{there.name}.draft")
            shutil.copyfile(path, draft)
            draft.replace(there)
