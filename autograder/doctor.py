"""What this machine can do: the sandbox, the compiler, git, the data, the packages."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder import confine, memory, seccomp
from autograder.course import SECRET_VARIABLE, find_course
from autograder.data import course_data
from autograder.errors import AutograderError
from autograder.sandbox import CURE, WEAKER, lone_users, why_not, why_not_landlock

COUNT_LARGE_PAGES = """
import runpy, sys
block = bytearray(b"x") * 2**24
print(runpy.run_path(sys.argv[1])["settle"]())
"""
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
        *_sandboxes(why_not(), why_not_landlock()),
        _system_calls(),
        _large_pages(),
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


def _sandboxes(no_bubblewrap: str, no_landlock: str) -> list[Check]:
    """Which sandbox is used, why no better one, and who enforces its limits.

    Args:
        no_bubblewrap: Why it does not work; empty where it does.
        no_landlock: The same for the fallback.
    """
    version = confine.landlock_version()
    fallback = f"Landlock {version}; {WEAKER}"
    used = "bubblewrap" if not no_bubblewrap else "landlock" if not no_landlock else ""
    checks = [
        Check("sandbox", bool(used), used or "none works: nothing is graded", CURE),
        Check(
            "sandbox bubblewrap", not no_bubblewrap, no_bubblewrap or "works", CURE, needed=False
        ),
        Check("sandbox landlock", not no_landlock, no_landlock or fallback, needed=False),
    ]
    kernel, watcher = _limits(used)
    if used:
        checks.append(Check("limits by the kernel", True, kernel))
        checks.append(Check("limits by a watcher", True, watcher))
    return [c if not c.well else replace(c, cure="") for c in checks]


def _limits(kind: str) -> tuple[str, str]:
    """What the kernel bounds, and what is looked at several times a second."""
    kernel = ["address space, file size and open files of a process"]
    watcher = ["memory of the whole tree", "processor time", "wall time"]
    if kind == "bubblewrap":
        kernel.append("size and number of files in scratch folders")
    else:
        watcher.append("disk space of the scratch folder")
    own_user = kind == "bubblewrap" or lone_users() is not None
    (kernel if own_user else watcher).append("number of processes")
    return "; ".join(kernel), "; ".join(watcher)


def _system_calls() -> Check:
    """Whether the filter knows this processor."""
    machine = platform.machine()
    found = f"the filter knows {machine}" if seccomp.supported() else f"no filter for {machine}"
    cure = "" if seccomp.supported() else f"grade on {' or '.join(seccomp.ARCHITECTURES)}"
    return Check("system calls", seccomp.supported(), found, cure, needed=False)


def _large_pages() -> Check:
    """Whether the kernel makes them: forks of a process that has loaded much are then cheap."""
    line = [sys.executable, "-I", "-c", COUNT_LARGE_PAGES, str(memory.__file__)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=30, check=False)
    made = done.stdout.strip().isdigit() and int(done.stdout) > 0
    if made:
        return Check("large pages", True, "the kernel makes them: forks are cheap", needed=False)
    found = f"Linux {os.uname().release} makes none: every fork takes some 20 ms more"
    return Check("large pages", False, found, "Linux 6.1 or newer", needed=False)


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
    except OSError as error:
        return [Check("course.toml", False, str(error), "make the folder one that you can write")]
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
