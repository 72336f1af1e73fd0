"""Work done aside, in a forked child with limits of time and memory.

A fork of a process that has loaded sympy costs more than most questions that are asked of it, so a
child stays for the next question. One that takes too long is killed, and the next question gets a
fresh one.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import resource
import select
import signal
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

PR_SET_PDEATHSIG = 1  # from linux/prctl.h
CPU_CLOCK = 2  # of a process: see MAKE_PROCESS_CPUCLOCK of the kernel
LOOK_S = 0.1  # wall time between two looks at the clock
BUSY_FACTOR = 4.0  # wall time, in processor time allowed: other work keeps the cores busy
QUESTIONS = 200  # that one child answers; what it remembers of them takes memory
DESCRIPTORS = 4096  # more than the parent has open


class Helper:
    """Answers questions in a child process, which is forked when the first one is asked.

    Args:
        work: Gives the answer. Both are objects of JSON.
        memory_mb: What the child may take beyond what this process holds then.
    """

    def __init__(self, work: Callable[[Any], dict[str, Any]], memory_mb: int) -> None:
        self.work = work
        self.memory_mb = memory_mb
        self._owner = self._pid = self._asked = 0
        self._sock: socket.socket | None = None

    def ask(self, question: Mapping[str, Any], cpu_s: float) -> dict[str, Any] | None:
        """The answer to one question; None where there is none in time.

        Args:
            question: An object of JSON.
            cpu_s: Processor time allowed, in seconds. Wall time is the backstop.
        """
        if self._owner != os.getpid() or self._asked >= QUESTIONS or self._sock is None:
            self._begin()
        assert self._sock is not None
        self._asked += 1
        try:
            self._sock.sendall(json.dumps(question).encode() + b"\n")
            answer = self._answer(cpu_s)
        except OSError:  # it has ended: out of memory, say
            answer = None
        except BaseException:  # an alarm of who asks: what is answered now, nobody asked for
            self.end()
            raise
        if answer is None or "lost" in answer:
            self.end()
        return answer

    def _answer(self, cpu_s: float) -> dict[str, Any] | None:
        """One answer; None where its time, or the child, ends first."""
        assert self._sock is not None
        wall_end, cpu_end = time.monotonic() + BUSY_FACTOR * cpu_s, _cpu_of(self._pid) + cpu_s
        data = b""
        while not data.endswith(b"\n"):
            if select.select([self._sock], [], [], LOOK_S)[0]:
                block = self._sock.recv(1 << 16)
                if not block:
                    return None
                data += block
            elif time.monotonic() > wall_end or _cpu_of(self._pid) > cpu_end:
                return None
        answer = json.loads(data)
        return answer if isinstance(answer, dict) else None

    def end(self) -> None:
        """End the child; a further question gets a fresh one."""
        if self._sock is not None:
            self._sock.close()
        if self._owner == os.getpid():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
        self._owner, self._sock, self._asked = 0, None, 0

    def _begin(self) -> None:
        self.end()
        self._sock, theirs = socket.socketpair()
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            _serve(self.work, theirs, parent, self.memory_mb)
        theirs.close()
        self._owner = parent


def _serve(
    work: Callable[[Any], dict[str, Any]], sock: socket.socket, parent: int, memory_mb: int
) -> NoReturn:
    """In the child: answer questions until nobody asks any more, and end, whatever happens."""
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.closerange(3, sock.fileno())  # what the parent has open is not ours to keep open
        os.closerange(sock.fileno() + 1, DESCRIPTORS)
        gc.disable()  # finalisers of the parent's objects must not run here
        _limit(resource.RLIMIT_AS, _address_space() + memory_mb * 2**20)
        _limit(resource.RLIMIT_CORE, 0)
        questions = sock.makefile("r")
        while os.getppid() == parent and (line := questions.readline()):
            try:
                answer = work(json.loads(line))
            except Exception as error:  # noqa: BLE001  (whatever it is, a person decides then)
                answer = {"lost": type(error).__name__}
            sock.sendall(json.dumps(answer).encode() + b"\n")
    finally:
        os._exit(1)


def _cpu_of(pid: int) -> float:
    """Processor seconds that a child has used."""
    return time.clock_gettime(~pid << 3 | CPU_CLOCK)


def _address_space() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()


def _limit(kind: int, soft: int) -> None:
    _, hard = resource.getrlimit(kind)
    wanted = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
    resource.setrlimit(kind, (wanted, wanted))
