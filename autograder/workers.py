"""Many jobs on this machine: each runs in a fork of a warm, single-threaded process.

A job's child may be killed, run out of memory or out of time: that is its outcome, and the other
jobs go on. A child dies with its parent.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from autograder.errors import AutograderError

PR_SET_PDEATHSIG = 1  # from linux/prctl.h
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


def run_forked(
    jobs: Iterable[Job], work: Callable[[Job], str], *, workers: int, wall_s: float
) -> Iterator[Finished[Job]]:
    """Run every job in a fork of this process, several at a time.

    Args:
        jobs: What is to be done.
        work: Does one job and returns its result as text; runs in the child.
        workers: How many run at a time.
        wall_s: A child that takes longer is killed.

    Yields:
        The finished jobs, in the order in which they end.
    """
    waiting = list(jobs)[::-1]
    with selectors.DefaultSelector() as selector:
        running: dict[int, _Child[Job]] = {}
        try:
            while waiting or running:
                while waiting and len(running) < workers:
                    fd, child = _start(waiting.pop(), work, wall_s)
                    running[fd] = child
                    selector.register(fd, selectors.EVENT_READ)
                for key, _ in selector.select(timeout=1.0):
                    part = os.read(key.fd, 1 << 16)
                    if part:
                        running[key.fd].parts.append(part)
                    else:
                        selector.unregister(key.fd)
                        os.close(key.fd)
                        yield _finish(running.pop(key.fd))
                for child in running.values():
                    if time.monotonic() > child.deadline:
                        os.kill(child.pid, signal.SIGKILL)
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
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _die_with_parent()
        _work_and_leave(job, work, writer)
    os.close(writer)
    return reader, _Child(job, pid, time.monotonic() + wall_s)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


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
