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
SAMPLE = 8  # wrong answers a question; the demo's four are among them


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
def proof() -> Any:
    """`autograder prove endterm`, with some of each question's wrong answers.

    All of them take twice as long (`make prove`); `PROVE_ALL=1` asks for them here too.
    """
    if why_not():
        pytest.skip(f"no sandbox: {why_not()}")
    sample = () if os.environ.get("PROVE_ALL") else ("--sample", str(SAMPLE))
    return autograder(load_course(ROOT / "course.toml"), "prove", "endterm", *sample)


@pytest.fixture(scope="session")
def demo(proof: Any, tmp_path_factory: pytest.TempPathFactory) -> DemoRun:
    """`python -m demo`; it proves nothing anew, since `proof` has just done so."""
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
