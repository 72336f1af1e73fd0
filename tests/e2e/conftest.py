"""The whole demo, run once for all tests that look at what it leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.course import Course, load_course
from autograder.sandbox import why_not

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class DemoRun:
    """The course that the demo left behind, and what it printed."""

    course: Course
    printed: str


def autograder(course: Course, *arguments: str) -> Any:
    """Run the real command in a process of its own, and give what it prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "autograder.cli", *arguments, "--json"],
        cwd=course.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoRun:
    """`python -m demo`, with a budget of cells that an endless loop uses up sooner."""
    if why_not():
        pytest.skip(f"no sandbox: {why_not()}")
    out = tmp_path_factory.mktemp("demo") / "course"
    done = subprocess.run(
        [sys.executable, "-m", "demo", "--out", str(out)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return DemoRun(load_course(out / "course.toml"), done.stdout)
