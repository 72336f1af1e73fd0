"""The whole demo, run once for all tests that look at what it leaves."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.course import Course, load_course
from autograder.sandbox import why_not

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = 4  # wrong answers a question, the same as the demo takes
BACKGROUND = pytest.StashKey["Background"]()


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


class Background:
    """`autograder prove` and then `python -m demo`, running while other tests run.

    They take some minutes of both cores; most other tests use one. The demo proves nothing anew:
    it finds what has just been proved.
    """

    def __init__(self, folder: Path) -> None:
        self.course = folder / "course"
        self.proof = folder / "proof.json"
        self.printed = folder / "demo.txt"
        sample = [] if os.environ.get("PROVE_ALL") else ["--sample", str(SAMPLE)]
        prove = [sys.executable, "-m", "autograder.cli", "prove", "endterm", *sample, "--json"]
        demo = [sys.executable, "-m", "demo", "--out", str(self.course)]
        lines = f"{shlex.join(prove)} > {self.proof}; exec {shlex.join(demo)}"
        with self.printed.open("wb") as file:
            self.process = subprocess.Popen(
                ["/bin/sh", "-c", lines],
                cwd=ROOT,
                env={**os.environ, "COLUMNS": "200"},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Wait for the end of both."""
        assert self.process.wait() == 0, self.printed.read_text(errors="replace")[-9000:]

    def stop(self) -> None:
        """End what still runs."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait()


def needs_background(item: pytest.Item) -> bool:
    """Whether a test looks at the proof or at what the demo left."""
    return bool({"proof", "demo"} & set(getattr(item, "fixturenames", ())))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the proof and the demo come last."""
    items.sort(key=needs_background)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the demo before the first test, where a chosen test needs it."""
    needed = any(needs_background(item) for item in session.items)
    if needed and not session.config.option.collectonly and not why_not():
        folder = Path(tempfile.mkdtemp(prefix="demo-"))
        session.config.stash[BACKGROUND] = Background(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave no process and no folder behind."""
    background = config.stash.get(BACKGROUND, None)
    if background is not None:
        background.stop()
        shutil.rmtree(background.proof.parent, ignore_errors=True)


@pytest.fixture(scope="session")
def background(request: pytest.FixtureRequest) -> Background:
    """The proof and the demo, at their end."""
    if why_not():
        pytest.skip(f"no sandbox: {why_not()}")
    found = request.config.stash[BACKGROUND]
    found.wait()
    return found


@pytest.fixture(scope="session")
def proof(background: Background) -> Any:
    """`autograder prove endterm`, with some of each question's wrong answers.

    All of them take three times as long (`make prove`); `PROVE_ALL=1` asks for them here too.
    """
    return json.loads(background.proof.read_text())


@pytest.fixture(scope="session")
def demo(background: Background) -> DemoRun:
    """What `python -m demo` left behind, and what it printed."""
    return DemoRun(load_course(background.course / "course.toml"), background.printed.read_text())
