"""The inner wall: what the first process of a submission does to itself before student code.

The outer wall is bubblewrap around the warm process: no network, and a read-only system with
only what is needed. Every submission is a fork of the warm process. The fork goes into namespaces
of its own (processes, mounts, ipc, network), gets fresh scratch folders of bounded size and number
of files, and gives up its user id, its capabilities and the system calls it has no use for.

This module stands inside the sandbox and uses the standard library alone.

Reference:
    namespaces(7), mount(2), capabilities(7), seccomp(2); numbers from the kernel's headers.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import resource
import stat
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

NEW_MOUNTS, NEW_IPC, NEW_PROCESSES, NEW_NETWORK = 0x20000, 0x8000000, 0x20000000, 0x40000000
READ_ONLY, NO_SUID, NO_DEVICES, NO_PROGRAMS, REMOUNT = 1, 2, 4, 8, 32
BIND, RECURSIVE, PRIVATE = 4096, 16384, 1 << 18
SET_DUMPABLE, SET_SECCOMP, DROP_BOUND, NO_NEW_PRIVILEGES, AMBIENT = 4, 22, 24, 38, 47
AMBIENT_CLEAR_ALL, SECCOMP_FILTER = 4, 2
CAPABILITY_VERSION = 0x20080522
LAST_CAPABILITY = 63  # more than any kernel has; unknown ones are refused, which is well
FILTER_LINE = 8  # bytes of one struct sock_filter
INODES = 20_000  # files and folders in each scratch folder
_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    """`struct sock_fprog` of linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_char_p))


def _do(call: str, *arguments: Any) -> None:
    """One call of the C library.

    Raises:
        OSError: It failed; the message names the call.
    """
    if getattr(_libc, call)(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{call}: {os.strerror(code)}")


@contextlib.contextmanager
def children_in_a_new_tree() -> Iterator[None]:
    """The next child of this process becomes the first process of a tree of its own.

    When that first process ends, the kernel kills everything that is left in its tree. None of
    them can see or signal a process outside of it.
    """
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    parent = os.getpid()
    _do("unshare", NEW_PROCESSES)
    try:
        yield
    finally:
        if os.getpid() == parent:
            _do("setns", own, NEW_PROCESSES)
        os.close(own)


def own_view(scratch: Sequence[str], size_mb: int) -> None:
    """Namespaces of mounts, ipc and network of its own; empty scratch folders; a new /proc.

    Args:
        scratch: Folders that become empty and private.
        size_mb: How much each of them holds, in megabytes.
    """
    _do("unshare", NEW_MOUNTS | NEW_IPC | NEW_NETWORK)
    _mount(None, "/", None, RECURSIVE | PRIVATE)
    options = f"size={size_mb}m,nr_inodes={INODES},mode=1777"
    for folder in scratch:
        below = {place: os.open(place, os.O_PATH) for place in _mounted_below(folder)}
        _mount("tmpfs", folder, "tmpfs", NO_SUID | NO_DEVICES, options)
        for place, old in below.items():
            _show_again(place, old)
    _mount("proc", "/proc", "proc", NO_SUID | NO_DEVICES | NO_PROGRAMS)


def _mounted_below(folder: str) -> list[str]:
    """What is mounted inside a folder, such as an environment under /tmp; outermost places only."""
    lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    unescape = re.compile(r"\\([0-7]{3})")
    places = [unescape.sub(lambda m: chr(int(m[1], 8)), line.split()[4]) for line in lines]
    inside = sorted({p for p in places if p.startswith(f"{folder}/")}, key=len)
    return [p for p in inside if not any(p.startswith(f"{q}/") for q in inside)]


def _show_again(place: str, old: int) -> None:
    """Mount at its place again what a new scratch folder has covered; read-only as it was."""
    if stat.S_ISDIR(os.fstat(old).st_mode):
        os.makedirs(place, 0o755, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(place), 0o755, exist_ok=True)
        os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o644))
    _mount(f"/proc/self/fd/{old}", place, None, BIND | RECURSIVE)
    os.close(old)


def seal(folder: str) -> None:
    """Make one of the scratch folders read-only, with what it holds now."""
    _mount(None, folder, None, REMOUNT | READ_ONLY | NO_SUID | NO_DEVICES)


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    texts = [None if t is None else t.encode() for t in (source, target, kind)]
    _do("mount", *texts, ctypes.c_ulong(flags), data.encode() or None)


def give_up_rights(user: int | None, limits: Mapping[str, int], refused: bytes) -> None:
    """Become a process that may do nothing but compute. There is no way back.

    Args:
        user: The user and group id to take; None keeps the one that it has.
        limits: The kernel's limits on each process: names of `resource`, without `RLIMIT_`.
        refused: The program that decides which system calls are refused; empty for none.

    Raises:
        OSError: The kernel did not agree; nothing may be run then.
    """
    for capability in range(LAST_CAPABILITY + 1):
        with contextlib.suppress(OSError):
            _do("prctl", DROP_BOUND, capability, 0, 0, 0)
    _do("prctl", AMBIENT, AMBIENT_CLEAR_ALL, 0, 0, 0)
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    head = struct.pack("=Ii", CAPABILITY_VERSION, 0)
    _do("capset", head, bytes(24))  # effective, permitted, inheritable: none
    for name, value in limits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    _do("prctl", NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if refused:
        program = _Program(len(refused) // FILTER_LINE, refused)
        _do("prctl", SET_SECCOMP, SECCOMP_FILTER, ctypes.byref(program), 0, 0)
    _check_that_nothing_is_left(user)


def _check_that_nothing_is_left(user: int | None) -> None:
    """Believe the kernel's own account, not our calls."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    status = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    rights = [status[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Amb", "Bnd")]
    ids = {*status["Uid"].split(), *status["Gid"].split()}
    expected = {str(user)} if user is not None else ids - {"0"}
    if any(int(r, 16) for r in rights) or ids != expected or status["NoNewPrivs"].strip() != "1":
        raise PermissionError("the process for student code still has rights")


def readable_by_itself() -> None:
    """Let a process read its own files in /proc again; a change of user takes that away."""
    _do("prctl", SET_DUMPABLE, 1, 0, 0, 0)


def _try_out(user: int | None) -> None:
    """Do all of it once, in a fork, and say whether it works on this machine."""
    with children_in_a_new_tree():
        child = os.fork()
        if child == 0:
            own_view(["/tmp"], 1)
            give_up_rights(user, {}, b"")
            os.write(1, b"works")
            os._exit(0)
    os.waitpid(child, 0)


if __name__ == "__main__":
    _try_out(int(sys.argv[1]) if sys.argv[1] else None)
