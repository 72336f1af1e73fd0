"""What this machine can do: the sandbox, the compiler, git, the data, the packages."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course import SECRET_VARIABLE, find_course
from autograder.data import course_data
from autograder.errors import AutograderError
from autograder.sandbox import CURE, why_not

PACKAGES = ("nbgrader", "numpy", "sympy", "torch", "torchvision")


@dataclass(frozen=True)
class Check:
    """One thing that was looked for.

    Attributes:
        name: What it is.
        well: Whether it is as it should be.
        found: What was found.
        cure: What to do where it is not well.
        needed: Whether grading is impossible without it.
    """

    name: str
    well: bool
    found: str
    cure: str = ""
    needed: bool = True


def examine_machine(folder: Path) -> tuple[Check, ...]:
    """Look for everything that the kit uses.

    Args:
        folder: The course's folder, or one inside it.
    """
    return (
        _python(),
        *map(_package, PACKAGES),
        _sandbox(),
        _program("git", ["git", "--version"], "apt-get install git"),
        _program("g++", ["g++", "--version"], "apt-get install g++", needed=False),
        _program("chromium", ["chromium", "--version"], "apt-get install chromium", needed=False),
        *_course(folder),
    )


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("Python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer")


def _package(name: str) -> Check:
    try:
        return Check(name, True, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Check(name, False, "not installed", "run `make setup`")


def _sandbox() -> Check:
    reason = why_not()
    limits = (
        "namespaces, read-only system, no network; memory and processes of the tree by a watcher"
    )
    return Check("sandbox (bubblewrap)", not reason, reason or limits, CURE if reason else "")


def _program(name: str, line: Sequence[str], cure: str, needed: bool = True) -> Check:
    if shutil.which(line[0]) is None:
        return Check(name, False, "not installed", cure, needed)
    done = subprocess.run(line, capture_output=True, text=True, timeout=30, check=False)
    said = (done.stdout or done.stderr).strip().splitlines()
    return Check(name, done.returncode == 0, said[0] if said else "", cure, needed)


def _course(folder: Path) -> list[Check]:
    try:
        course = find_course(folder)
        data = course_data(course)
    except AutograderError as error:
        return [Check("course.toml", False, error.what, error.cure)]
    names = ", ".join(course.assignments) or "no assignment"
    return [
        Check("course.toml", True, f"{course.name}: {names}"),
        Check(
            "secret of the course",
            not course.uses_demo_secret,
            "the demo's" if course.uses_demo_secret else "set",
            f"set {SECRET_VARIABLE}: hidden data are drawn from it"
            if course.uses_demo_secret
            else "",
            needed=False,
        ),
        Check("data", not data.notice, f"{data.name} in {data.root}", data.notice, needed=False),
    ]
