"""What student code meets inside the sandbox, asked of the kernel itself."""

import pytest

from autograder.warm import Submission

TRY = """
import ctypes, os, socket

libc = ctypes.CDLL(None, use_errno=True)


def outcome(action):
    try:
        return repr(action())
    except OSError as error:
        return type(error).__name__


found = {
    "memfd": outcome(lambda: os.memfd_create("x")),
    "internet": outcome(lambda: socket.socket(socket.AF_INET)),
    "namespace": outcome(lambda: libc.unshare(0x10000000)),
    "tracing": outcome(lambda: libc.ptrace(0, 0, 0, 0)),
    "shadow": outcome(lambda: open("/etc/shadow").read()),
    "dev": outcome(lambda: open("/dev/mine", "w")),
    "system": outcome(lambda: open("/usr/mine", "w")),
    "outer environment": outcome(lambda: open("/proc/1/environ").read()),
    "fork": outcome(lambda: os.waitpid(os.fork() or os._exit(3), 0)[1]),
    "scratch": outcome(lambda: open("/tmp/mine", "w").write("x")),
    "user": os.getuid(),
}
"""


@pytest.fixture(scope="module")
def found(submission: Submission) -> dict[str, object]:
    """What came of each attempt."""
    candidate = submission.open()
    with candidate.turn(5) as session:
        candidate.run("q01-try", TRY)
        values = candidate.values(["found"])["found"]
    candidate.close()
    assert session.lost is None
    assert isinstance(values, dict)
    return values


@pytest.mark.parametrize(
    "attempt", ["memfd", "internet", "shadow", "dev", "system", "outer environment"]
)
def test_it_is_refused(found: dict[str, object], attempt: str) -> None:
    """The kernel says no, with an error that Python shows."""
    assert found[attempt] in ("PermissionError", "FileNotFoundError", "OSError")


@pytest.mark.parametrize("attempt", ["namespace", "tracing"])
def test_a_native_call_is_refused(found: dict[str, object], attempt: str) -> None:
    """A call through ctypes returns -1."""
    assert found[attempt] == "-1"


def test_ordinary_things_work(found: dict[str, object]) -> None:
    """A fork, a scratch file, a user id that is not root's."""
    assert found["fork"] == "768"
    assert found["scratch"] == "1"
    assert found["user"] != 0
