# ruff: noqa: E501  (what runs inside reads better unwrapped)
"""Two submissions of one warm process: what one leaves behind or spoils, the other never meets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from autograder.examine import examine
from autograder.notebook import SourceNotebook
from autograder.warm import Submission, Warm
from tests.attacks.attacks import PATCHES
from tests.conftest import HONEST, filled

pytestmark = [pytest.mark.attack, pytest.mark.slow]
LEAVE = """
import ctypes, fcntl, os, socket, threading
left = socket.socket(socket.AF_UNIX); left.bind("\\0neighbour"); left.listen(5)
for folder in ("/tmp", "/dev/shm", os.path.expanduser("~"), "/submission", "/opt/data", "/var/tmp"):
    try:
        open(folder + "/left", "w").write("left")
        os.mkfifo(folder + "/pipe")
        named = socket.socket(socket.AF_UNIX); named.bind(folder + "/door"); named.listen(5)
    except OSError: pass
port = socket.socketpair()
libc = ctypes.CDLL(None)
kept = [libc.semget(4711, 1, 0o1666), libc.msgget(4711, 0o1666), libc.mq_open(b"/left", 0o102, 0o666, None)]
os.environ["LEFT"] = "left"
import builtins; builtins.left = "left"
if os.fork() == 0:
    import time; time.sleep(60)
"""
LOOK = """
import builtins, ctypes, os, socket
found = [n for n in ("left",) if hasattr(builtins, n)] + [k for k in os.environ if k == "LEFT"]
try: s = socket.socket(socket.AF_UNIX); s.connect("\\0neighbour"); found.append("abstract socket")
except OSError: pass
for folder in ("/tmp", "/dev/shm", os.path.expanduser("~"), "/submission", "/opt/data", "/var/tmp"):
    found += [folder + "/" + n for n in ("left", "pipe", "door") if os.path.lexists(folder + "/" + n)]
libc = ctypes.CDLL(None)
found += [n for n, id in (("semaphore", libc.semget(4711, 1, 0)), ("queue", libc.msgget(4711, 0)),
          ("posix queue", libc.mq_open(b"/left", 0))) if id >= 0]
pids = sorted(int(p) for p in os.listdir("/proc") if p.isdigit())
for pid in range(2, 400):
    if pid not in pids:
        try: os.kill(pid, 0); found.append(f"process {pid}")
        except ProcessLookupError: pass
        except PermissionError: found.append(f"process {pid} of another")
strangers = [p for p in pids if b"autograder" not in open(f"/proc/{p}/cmdline", "rb").read()]
group, session = os.getpgid(1), os.getsid(1)
shared = [l.strip() for l in open("/proc/self/maps") if l.split()[1].startswith("rw") and l.split()[1].endswith("s")]
files = {}
for fd in os.listdir("/proc/self/fd"):
    try: files[fd] = os.readlink("/proc/self/fd/" + fd)
    except OSError: pass
files = sorted({f for f in files.values() if not f.startswith(("socket:", "/proc/", "anon_inode:[pidfd]"))})
count = len(pids)
"""


def run(submission: Submission, source: str, *names: str) -> dict[str, Any]:
    """Run a cell in a fresh notebook; the values of some names."""
    with closing(submission.open()) as candidate, candidate.turn(5) as session:
        reply = candidate.run("cell", source)
        assert session.lost is None
        assert reply.get("error") is None, reply
        values = candidate.values(names)
    assert session.lost is None, session.lost
    return values


@pytest.fixture(scope="module")
def seen(warm: Warm) -> Iterator[dict[str, Any]]:
    """What a submission finds while another one is open that leaves marks everywhere."""
    with Submission(warm) as one, Submission(warm) as other:
        run(one, LEAVE, "kept")
        names = ("found", "strangers", "group", "session", "shared", "files", "count")
        yield run(other, LOOK, *names)


def test_a_neighbour_finds_nothing(seen: dict[str, Any]) -> None:
    """No socket, file, queue, variable or process of the one is in the other's sight."""
    assert seen["found"] == []
    assert seen["strangers"] == []
    assert seen["count"] <= 4  # the first process, the desk, its copy


def test_no_signal_to_the_own_group_leaves_the_submission(seen: dict[str, Any]) -> None:
    """Group and session begin with the submission's first process."""
    assert seen["group"] == seen["session"] == 1


def test_nothing_that_can_be_written_is_shared(seen: dict[str, Any]) -> None:
    """No shared memory, and no open file but the one that swallows everything."""
    assert seen["shared"] == []
    assert seen["files"] == ["/dev/null"]


SPOIL = {n: a.before for n, a in PATCHES.items() if a.before} | {
    "kills all": "import os; os.kill(-1, 9)",
    "writes over its own memory": (
        "import ctypes, sys\n"
        "for thing in list(sys.modules.values())[:200]: ctypes.memset(id(thing), 0, 64)"
    ),
}


def test_a_spoiled_fork_does_not_spoil_the_next(warm: Warm, tiny: SourceNotebook) -> None:
    """After each patch of everything the next submission is judged as ever."""
    for spoil in SPOIL.values():
        with Submission(warm) as spoiled:
            with closing(spoiled.open()) as candidate, candidate.turn(2):
                candidate.run("cell", spoil)
            with Submission(warm) as next_one:
                judged = examine(tiny, filled(tiny, HONEST), next_one, "secret").result
        points = {v.cell_id: v.points for v in judged.verdicts}
        assert points == {"q01-double-test": 2.0, "q01-mean-test": 1.0, "q01-why": 0.0}, spoil
        assert judged.remarks == ()


def test_the_descriptors_of_the_grader_stay_as_many(warm: Warm) -> None:
    """Submissions that send descriptors, die and hang leave none behind in the grader."""
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with (
            Submission(warm) as submission,
            closing(submission.open()) as candidate,
            candidate.turn(2),
        ):
            candidate.run("cell", "import os; os._exit(0)")
    assert len(os.listdir("/proc/self/fd")) <= before
