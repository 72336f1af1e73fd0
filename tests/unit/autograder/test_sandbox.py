"""`autograder.sandbox`: what a process tree uses, and what a command line hides."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder import sandbox
from autograder.course import Limits
from autograder.errors import SandboxError

BUSY = """
import os, time
if os.fork() == 0:
    block = bytearray(80 * 2**20)
    end = time.process_time() + 0.6
    while time.process_time() < end: pass
    time.sleep(30)
time.sleep(30)
"""


@pytest.mark.parametrize("listed", [True, False])
def test_usage_counts_the_whole_tree(listed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processor time, memory and number of a process's children count, on every kernel."""
    monkeypatch.setattr(sandbox, "_kernel_lists_children", lambda: listed)
    process = subprocess.Popen([sys.executable, "-c", BUSY])
    try:
        deadline = time.monotonic() + 20
        usage = sandbox.tree_usage(process.pid)
        while usage.cpu_s < 0.6 and time.monotonic() < deadline:
            time.sleep(0.1)
            usage = sandbox.tree_usage(process.pid)
        assert usage.cpu_s >= 0.6
        assert usage.processes == 2
        assert usage.memory_mb > 80
    finally:
        for pid in sandbox._tree(process.pid):
            subprocess.run(["kill", "-9", str(pid)], check=False)
        process.wait()


def test_a_process_that_is_gone_uses_nothing() -> None:
    """Asking after the end is no error."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert sandbox.tree_usage(process.pid) == sandbox.Usage(0, 0, 0)


def test_an_unknown_sandbox_is_refused() -> None:
    """A misspelled sandbox is an error that names the choices."""
    with pytest.raises(SandboxError) as caught:
        sandbox.choose("bubblewrp")
    assert "bubblewrap" in caught.value.cure


def test_without_a_sandbox_grading_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither kind works, both reasons are told, and only an explicit `none` goes on."""
    monkeypatch.setattr(sandbox, "why_not", lambda: "bwrap is not installed")
    monkeypatch.setattr(sandbox, "why_not_landlock", lambda: "the kernel has no Landlock")
    with pytest.raises(SandboxError, match=r"bwrap is not .*no Landlock"):
        sandbox.choose("auto")
    assert sandbox.choose("none") == "none"


def test_the_better_sandbox_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bubblewrap where it works, else landlock; what is asked for by name is not replaced."""
    monkeypatch.setattr(sandbox, "why_not", lambda: "")
    monkeypatch.setattr(sandbox, "why_not_landlock", lambda: "")
    assert sandbox.choose("auto") == "bubblewrap"
    assert sandbox.choose("landlock") == "landlock"
    monkeypatch.setattr(sandbox, "why_not", lambda: "bwrap is not installed")
    assert sandbox.choose("auto") == "landlock"
    with pytest.raises(SandboxError, match="bwrap is not installed"):
        sandbox.choose("bubblewrap")


def test_landlock_names_no_place_of_the_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may be opened is the system, Python and what is mounted; few parts of /etc and /proc."""
    order = sandbox.lone_order(Limits(), [sandbox.Mount(tmp_path, "/seen")], "/scratch")
    places = [Path(path) for path, _ in order.places]
    root = Path(__file__).resolve().parents[3]
    assert tmp_path in places
    for secret in (root, root / "source", Path("/etc/shadow"), Path("/proc/1/mem"), Path("/tmp")):
        assert not any(secret.is_relative_to(place) for place in places), secret


def test_a_copy_of_the_solutions_is_left_out(tmp_path: Path) -> None:
    """Rules of Landlock only add: everything beside the hidden folder is named."""
    for name in ("numpy", "reference", "torch"):
        (tmp_path / "site" / name).mkdir(parents=True)
    hidden = tmp_path / "site" / "reference"
    places = dict(sandbox._all_but(tmp_path, [hidden]))
    assert str(hidden) not in places
    assert places[str(tmp_path / "site" / "numpy")] == "run"
    assert {kind for path, kind in places.items() if hidden.is_relative_to(path)} == {"list"}


def test_user_ids_fit_into_a_small_container(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids come from those that exist here; where there are too few, there are none."""
    maps = {"whole": "0 0 4294967295\n", "small": "0 1000 1\n1 100000 65536\n", "one": "0 1000 1\n"}
    monkeypatch.setattr(sandbox.os, "geteuid", lambda: 0)
    for kind, expected in (
        ("whole", (sandbox.USER_BASE + 100_000, sandbox.LONE_USERS)),
        ("small", sandbox.SMALL_USERS),
        ("one", None),
    ):
        monkeypatch.setattr(Path, "read_text", lambda self, kind=kind: maps[kind])
        assert sandbox.lone_users() == expected, kind


def test_the_environment_shows_no_sign_of_grading() -> None:
    """Nothing in it is named after us or after nbgrader."""
    names = " ".join(sandbox.environment()).lower()
    assert "grad" not in names


def test_only_the_mounts_named_are_visible(tmp_path: Path) -> None:
    """The course's folder is in no argument of the sandbox."""
    line = sandbox.command(["/bin/true"], Limits(), [sandbox.Mount(tmp_path, "/seen")], slot=1)
    bound = [line[i + 1] for i, word in enumerate(line) if word in ("--ro-bind", "--bind")]
    root = Path(__file__).resolve().parents[3]
    assert str(tmp_path) in bound
    assert str(root) not in bound
    assert not any(b.startswith(str(root)) and not b.startswith(str(root / ".venv")) for b in bound)
    assert "--bind" not in line
    assert "--unshare-net" in line
