# ruff: noqa: E501  (a program reads better unwrapped)
"""The inner wall beside the outer one, without an agent: what stays in sight."""

import subprocess
import sys
from pathlib import Path

from autograder import confine, sandbox
from autograder.course import Limits

LOOK = """
import os, sys
sys.path.insert(0, "/opt")
import confine

confine.own_view(["/tmp"], 1)
seen = sorted(os.listdir("/tmp")), sorted(os.listdir("/tmp/environment")), open("/tmp/one file").read()
try:
    open("/tmp/environment/mine", "w")
except OSError as error:
    print(*seen, type(error).__name__)
"""


def test_an_environment_under_tmp_stays_in_sight(confined: str, tmp_path: Path) -> None:
    """A new /tmp is empty but for what the outer wall shows there, which stays read-only."""
    environment = tmp_path / "environment"
    environment.mkdir()
    (environment / "library").write_text("")
    (tmp_path / "file").write_text("text")
    mounts = [
        sandbox.Mount(Path(confine.__file__), "/opt/confine.py"),
        sandbox.Mount(environment, "/tmp/environment"),
        sandbox.Mount(tmp_path / "file", "/tmp/one file"),
    ]
    line = sandbox.warm_command([sys.executable, "-c", LOOK], Limits(), mounts)
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    own = {p.parts[2] for p in sandbox.visible_folders() if p.parts[1] == "tmp"}
    seen = sorted({"environment", "one file", *own})
    assert done.stdout.strip() == f"{seen} ['library'] text OSError", done.stderr
