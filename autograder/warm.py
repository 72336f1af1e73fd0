"""The warm process, and the submissions that are forked from it.

Loading torch takes seconds, so it is done once: `Warm` is a process behind the outer wall that has
loaded an assignment's modules and never runs student code. Each `Submission` is a fork of it that
confines itself (`autograder.confine`) before it does anything for a student.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder import seccomp
from autograder.candidate import Candidate
from autograder.course import Limits
from autograder.crossing import Channel, Uncrossable
from autograder.errors import SandboxError
from autograder.sandbox import (
    SCRATCH,
    Confined,
    Mount,
    Usage,
    kill_tree,
    lone_order,
    process_limits,
    shared_once_mb,
    tree_usage,
    user_for,
)

KIT = "/opt/kit"  # where the agent's files are seen inside the sandbox
DATA = "/opt/data"  # where the course's data are seen inside the sandbox
INSIDE = (
    "__init__.py",
    "agent.py",
    "confine.py",
    "crossing.py",
    "memory.py",
)  # all of ours that is in there
START_WALL_S = 180.0  # loading torch on a busy machine
CONFINE_WALL_S = 60.0  # a fork, its namespaces, and the files of a hand-in
CURE = "run `autograder doctor`"


class Warm:
    """A process that has loaded an assignment's modules, from which submissions are forked.

    It starts at once and loads while the caller goes on; the first submission waits for it.

    Args:
        imports: Modules to load.
        data_root: The course's data, in torchvision's layout.
        limits: What each submission may use.
        sandbox: `bubblewrap`, `landlock` or `none`.
    """

    def __init__(
        self, imports: Sequence[str], data_root: Path, limits: Limits, sandbox: str
    ) -> None:
        self.imports, self.data_root = list(imports), data_root
        self.limits, self.sandbox = limits, sandbox
        self.confines = sandbox == "bubblewrap"
        self._opened = 0
        self._begin()

    def _begin(self) -> None:
        self._folder = None if self.confines else tempfile.mkdtemp(prefix="warm-")
        if self._folder:
            os.chmod(self._folder, 0o711)  # scratch folders of other users lie in it
        self.ready = False
        ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        here = Path(__file__).resolve().parent
        kit = KIT if self.confines else str(here.parent)
        mounts = _mounts(here, self.data_root)
        if self.sandbox == "landlock":
            kit = f"{self._folder}/kit"
            mounts = _beside(kit, mounts)
        code = (
            f"import sys; sys.path.insert(0, {kit!r}); "
            f"from autograder.agent import main; main({theirs.fileno()})"
        )
        self._process = Confined(
            [sys.executable, "-c", code], self.limits, mounts,
            kind=self.sandbox, fds=[theirs.fileno()], warm=True,
            folder=Path(self._folder) if self._folder else None,
        )  # fmt: skip
        theirs.close()
        self._mounts = mounts
        self.door = ours
        self.door.settimeout(START_WALL_S)
        data_root = DATA if self.confines else str(self.data_root)
        setup = {"imports": self.imports, "data_root": data_root}
        with contextlib.suppress(OSError):  # `wait` will say why it did not start
            self.door.send(json.dumps(setup).encode())

    def wait(self) -> None:
        """Wait until the modules are loaded.

        Raises:
            SandboxError: The process did not start.
        """
        if self.ready:
            return
        error: object = "it ended"
        try:
            self.ready = self.door.recv(64) == b"ready"
        except OSError as problem:
            error = problem
        if not self.ready:
            self._process.process.kill()
            self._process.process.wait()
            raise SandboxError(
                f"the process for student code did not start: {self._process.complaint() or error}",
                "sandbox",
                CURE,
            )

    def usage(self) -> Usage:
        """What the warm process and everything forked from it use now."""
        return self._process.usage()

    def environment_of_the_outer_wall(self) -> bytes:
        """The environment of the first process behind the outer wall, as the kernel tells it."""
        return Path(f"/proc/{self._process.process.pid}/environ").read_bytes()

    def revive(self) -> None:
        """Start anew where the process has died, so that the next submissions have one."""
        if self._process.process.poll() is not None:
            self.close()
            self._begin()

    def order(self, control: socket.socket) -> None:
        """Have a submission forked that listens to `control`.

        Raises:
            SandboxError: The warm process is gone.
        """
        self.wait()
        self._opened += 1
        user = user_for(1 + (os.getpid() * 7 + self._opened) % 65_536) if self.confines else ""
        order: dict[str, Any] = {
            "confine": self.confines,
            "user": int(user) if user else None,
            "scratch": SCRATCH,
            "size_mb": self.limits.file_mb,
            "limits": process_limits(self.limits),
            "refused": seccomp.here().hex(),
        }
        if self.sandbox == "landlock":
            scratch = f"{self._folder}/submission{self._opened}"
            order["alone"] = asdict(lone_order(self.limits, self._mounts, scratch))
        elif not self.confines:
            order["home"] = tempfile.mkdtemp(prefix="candidate-", dir=self._folder)
        try:
            socket.send_fds(self.door, [json.dumps(order).encode()], [control.fileno()])
        except OSError as error:
            raise SandboxError("the warm process has ended", "sandbox", CURE) from error

    def close(self) -> None:
        """End the warm process and every submission forked from it."""
        self.door.close()
        self._process.kill()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Submission:
    """One student's sandbox: a fork of the warm process, behind both walls.

    Args:
        warm: The warm process.
        files: Folder of the hand-in's files, of which student code sees copies; None for none.

    Raises:
        SandboxError: It cannot be confined.
    """

    def __init__(self, warm: Warm, files: Path | None = None) -> None:
        self.warm, self.files = warm, files
        self.limits = warm.limits
        self.sandbox = warm.sandbox
        self.opened = 0
        self._used = Usage(0, 0, 0)
        self._past_cpu_s = 0.0
        self._begin()

    def _begin(self) -> None:
        self.door, theirs = socket.socketpair()
        self.door.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        try:
            self.warm.order(theirs)
        finally:
            theirs.close()
        self._start(self.files)

    def _start(self, files: Path | None) -> None:
        self._deadline = time.monotonic() + CONFINE_WALL_S
        channel = Channel(self.door, self._watch_start)
        try:
            self.pid = _pid_of_sender(self.door)
            for name, content in _files_in(files, self.limits.file_mb * 2**20):
                channel.send({"file": name}, [content] if content is not None else [])
            channel.send({"op": "confine"})
            head, _ = channel.receive()
        except (OSError, Uncrossable) as error:
            head = {"error": str(error)}
        if "error" in head:
            self.close()
            raise SandboxError(
                f"a submission could not be confined: {head['error']}", "sandbox", CURE
            )

    def _watch_start(self) -> None:
        if time.monotonic() > self._deadline:
            raise ConnectionError(f"no answer within {CONFINE_WALL_S:g} s")

    def usage(self) -> Usage:
        """What all processes of the submission have used; memory and number are those of now."""
        now = tree_usage(self.pid)
        memory_mb = now.memory_mb
        if memory_mb > self.limits.memory_mb:
            memory_mb = shared_once_mb(self.pid)
        cpu_s = max(self._past_cpu_s + now.cpu_s, self._used.cpu_s)
        self._used = Usage(cpu_s, memory_mb, now.processes)
        return self._used

    def renew(self) -> None:
        """End everything in it, and begin anew: nothing of what ran here is left."""
        self.close()
        del self.pid
        self._past_cpu_s = self._used.cpu_s
        self._begin()

    def open(self, *, checkpoints: bool = True) -> Candidate:
        """Open one notebook: a fresh copy of the warm process, a fresh working folder.

        Args:
            checkpoints: See `Candidate`.
        """
        ours, theirs = socket.socketpair()
        self.opened += 1
        order = {"folder": f"work{self.opened}", "output_limit": self.limits.output_kb * 1000}
        candidate = Candidate(self.limits, self.usage, ours, checkpoints)
        try:
            socket.send_fds(self.door, [json.dumps(order).encode()], [theirs.fileno()])
        except OSError:  # the submission's first process is gone
            candidate.dead = True
        theirs.close()
        return candidate

    def close(self) -> None:
        """End the submission and everything in it."""
        if hasattr(self, "pid"):
            self.usage()
        with contextlib.suppress(OSError):
            self.door.shutdown(socket.SHUT_RDWR)  # without namespaces its guard waits for this
        self.door.close()
        if hasattr(self, "pid") and self.sandbox != "landlock":
            kill_tree(self.pid)

    def __enter__(self) -> Submission:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _pid_of_sender(sock: socket.socket) -> int:
    """The process id, as we see it, of the process at the other end: the kernel's word.

    Raises:
        ConnectionError: It ended before it said anything.
    """
    sock.settimeout(CONFINE_WALL_S)
    size = struct.calcsize("3i")
    text, parts, _, _ = sock.recvmsg(1, socket.CMSG_SPACE(size))
    sock.settimeout(None)
    if not text:
        raise ConnectionError("it ended at once")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
    pid: int = struct.unpack("3i", parts[0][2][:size])[0]
    return pid


def _files_in(folder: Path | None, limit: int) -> Iterator[tuple[str, bytes | None]]:
    """Regular files of a folder with their content; None for what is not to be had.

    Args:
        folder: The hand-in; None for none.
        limit: A file that holds more bytes is left out.
    """
    if folder is None:
        return
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        try:
            content = path.read_bytes() if path.stat().st_size <= limit else None
        except OSError:
            content = None
        yield os.fsencode(path.relative_to(folder)).decode(errors="surrogateescape"), content


def _mounts(here: Path, data_root: Path) -> list[Mount]:
    """What a candidate sees of ours: the agent's own files and the data. No test, no answer."""
    mounts = [Mount(here / f, f"{KIT}/autograder/{f}") for f in INSIDE]
    compat = here.parent / "torchvision_compat.py"
    if compat.is_file():
        mounts.append(Mount(compat, f"{KIT}/torchvision_compat.py"))
    if data_root.is_dir():
        mounts.append(Mount(data_root, DATA))
    return mounts


def _beside(kit: str, mounts: Sequence[Mount]) -> list[Mount]:
    """The same for a sandbox that cannot show a file at another place: copies of ours."""
    at_their_place = []
    for mount in mounts:
        if mount.target.startswith(f"{KIT}/"):
            copy = Path(kit + mount.target.removeprefix(KIT))
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(mount.source.read_bytes())
            for path in (copy, copy.parent):
                path.chmod(0o755)
        else:
            at_their_place.append(mount)
    return [Mount(Path(kit), kit), *at_their_place]
