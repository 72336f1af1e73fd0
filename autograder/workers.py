"""Many jobs on this machine: each runs in a fork of a warm, single-threaded process.

A job's child may be killed, run out of memory or out of time: that is its outcome, and the other
jobs go on. A child dies with its parent.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from autograder.errors import AutograderError, InputError

PR_SET_PDEATHSIG = 1  # from linux/prctl.h
LOCK_PATIENCE_S = 10.0  # how long a lock that another run holds is asked for again
Job = TypeVar("Job")


@dataclass(frozen=True)
class Failure:
    """Why a job gave no result: what, where, what to do, and the exit code that fits."""

    what: str
    where: str = ""
    cure: str = ""
    exit_code: int = 3
    trace: str = ""

    def error(self) -> AutograderError:
        """The failure as an exception of ours."""
        error = AutograderError(self.what, self.where, self.cure)
        error.exit_code = self.exit_code
        return error


@dataclass(frozen=True)
class Finished(Generic[Job]):
    """A job and its result, or why there is none."""

    job: Job
    text: str | None = None
    failure: Failure | None = None


@dataclass
class _Child(Generic[Job]):
    job: Job
    pid: int
    deadline: float
    parts: list[bytes] = field(default_factory=list)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0))


@contextmanager
def alone(lock: Path, what: str) -> Iterator[None]:
    """Be the only one who does this, or say that another process does it already.

    The lock is held by the forks of this process as well. Where a run was killed they end at once,
    but not in the same moment: so the lock is asked for a little longer before this one gives up.

    Args:
        lock: The file of the lock; it stays, and may stay.
        what: What is done, for the message.

    Raises:
        InputError: Another process holds the lock.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    give_up = time.monotonic() + LOCK_PATIENCE_S
    with lock.open("w") as held:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > give_up:
                    cure = "wait until it is done"
                    raise InputError(f"{what} already", str(lock), cure) from error
            time.sleep(0.05)
        yield


def run_forked(
    jobs: Iterable[Job],
    work: Callable[[Job], str],
    *,
    workers: int,
    wall_s: float,
    before: Callable[[], object] = lambda: None,
) -> Iterator[Finished[Job]]:
    """Run every job in a fork of this process, several at a time.

    Args:
        jobs: What is to be done.
        work: Does one job and returns its result as text; runs in the child.
        workers: How many run at a time.
        wall_s: A child that takes longer is killed.
        before: Called in this process before each fork.

    Yields:
        The finished jobs, in the order in which they end.
    """
    waiting = list(jobs)[::-1]
    with selectors.DefaultSelector() as selector:
        running: dict[int, _Child[Job]] = {}
        ended: list[Finished[Job]] = []
        try:
            while waiting or running:
                while waiting and len(running) < workers:
                    before()
                    fd, child = _start(waiting.pop(), work, wall_s)
                    running[fd] = child
                    selector.register(fd, selectors.EVENT_READ)
                yield from ended  # only now: the next ones work while the caller does
                ended = []
                for key, _ in selector.select(timeout=1.0):
                    part = os.read(key.fd, 1 << 16)
                    if part:
                        running[key.fd].parts.append(part)
                    else:
                        selector.unregister(key.fd)
                        os.close(key.fd)
                        ended.append(_finish(running.pop(key.fd)))
                for child in running.values():
                    if time.monotonic() > child.deadline:
                        os.kill(child.pid, signal.SIGKILL)
            yield from ended
        finally:
            for fd, child in running.items():
                os.close(fd)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGKILL)
                os.waitpid(child.pid, 0)


def _start(job: Job, work: Callable[[Job], str], wall_s: float) -> tuple[int, _Child[Job]]:
    sys.stdout.flush()
    sys.stderr.flush()
    reader, writer = os.pipe()
    parent, pid = os.getpid(), os.fork()
    if pid == 0:
        os.close(reader)
        _die_with(parent)
        _work_and_leave(job, work, writer)
    os.close(writer)
    return reader, _Child(job, pid, time.monotonic() + wall_s)


def _die_with(parent: int) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it has died before it could be asked for
        os._exit(1)


def _work_and_leave(job: Job, work: Callable[[Job], str], writer: int) -> None:
    """In the child: do the job, send its result, and leave without the parent's clean-up."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        message: dict[str, object] = {"text": work(job)}
    except AutograderError as error:
        message = {"failure": {
            "what": error.what, "where": error.where, "cure": error.cure,
            "exit_code": error.exit_code, "trace": traceback.format_exc(),
        }}  # fmt: skip
    except BaseException as error:  # noqa: BLE001  (a fault of ours must be told, not lost)
        what = f"{type(error).__name__}: {error}"
        message = {"failure": {"what": what, "trace": traceback.format_exc()}}
    data = json.dumps(message).encode()
    with contextlib.suppress(BrokenPipeError):
        while data:
            data = data[os.write(writer, data) :]
    os._exit(0)


def _finish(child: _Child[Job]) -> Finished[Job]:
    _, status = os.waitpid(child.pid, 0)
    try:
        message = json.loads(b"".join(child.parts))
    except ValueError:
        code = os.waitstatus_to_exitcode(status)
        why = "was killed" if code == -signal.SIGKILL else f"ended with status {code}"
        return Finished(child.job, failure=Failure(f"the process that did the work {why}"))
    if "failure" in message:
        return Finished(child.job, failure=Failure(**message["failure"]))
    return Finished(child.job, text=message["text"])
