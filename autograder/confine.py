"""The inner wall: what the first process of a submission does to itself before student code.

The outer wall is bubblewrap around the warm process: no network, and a read-only system with
only what is needed. Every submission is a fork of the warm process. The fork goes into namespaces
of its own (processes, mounts, ipc, network), gets fresh scratch folders of bounded size and number
of files, and gives up its user id, its capabilities and the system calls it has no use for.

Where namespaces are not to be had, Landlock is both walls: rules of the kernel for which files a
process may open. Without namespaces nothing dies by itself, so a guard that student code cannot
signal stands by: it watches the scratch folder, and at the end kills everything and cleans up.

This module stands inside the sandbox and uses the standard library alone.

Reference:
    namespaces(7), mount(2), capabilities(7), seccomp(2), landlock(7); numbers from the kernel's
    headers.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import resource
import select
import signal
import stat
import struct
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

NEW_MOUNTS, NEW_IPC, NEW_PROCESSES, NEW_NETWORK = 0x20000, 0x8000000, 0x20000000, 0x40000000
READ_ONLY, NO_SUID, NO_DEVICES, NO_PROGRAMS, REMOUNT = 1, 2, 4, 8, 32
BIND, RECURSIVE, PRIVATE = 4096, 16384, 1 << 18
DIE_WITH_PARENT, SET_DUMPABLE, SET_SECCOMP, DROP_BOUND = 1, 4, 22, 24
ADOPT_ORPHANS, NO_NEW_PRIVILEGES, AMBIENT = 36, 38, 47
AMBIENT_CLEAR_ALL, SECCOMP_FILTER = 4, 2
CAPABILITY_VERSION = 0x20080522
LAST_CAPABILITY = 63  # more than any kernel has; unknown ones are refused, which is well
FILTER_LINE = 8  # bytes of one struct sock_filter
INODES = 20_000  # files and folders in each scratch folder
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # system calls of Landlock
RULE_OF_PATH, TELL_VERSION = 1, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_FOLDER = 1, 2, 4, 8
REFER, TRUNCATE, DEVICE_CALLS = 1 << 13, 1 << 14, 1 << 15  # since version 2, 3 and 5
TCP, ABSTRACT_SOCKETS, SIGNALS = 3, 1, 2  # since version 4 (bind and connect), 6 and 6
SCOPES_SIGNALS = 6  # the version from which it keeps signals in
MAKE_AND_REMOVE = 0b1_0101_1011_0000  # all but sockets and devices
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | DEVICE_CALLS  # of no folder
RIGHTS = {
    "list": READ_FOLDER,
    "read": READ_FILE | READ_FOLDER,
    "run": READ_FILE | READ_FOLDER | EXECUTE,
    "use": READ_FILE | WRITE_FILE,  # a device such as /dev/null
    "write": READ_FILE | READ_FOLDER | WRITE_FILE | MAKE_AND_REMOVE | REFER | TRUNCATE,
}
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
DEEPEST = 100  # folders in folders of a scratch folder
LOOK_MS = 250  # how often the guard looks at the scratch folder
SPARE_THREADS = 1000  # of an ordinary user, whose own programs count too
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


def fork_into_a_new_tree() -> int:
    """Fork: the child is the first process of a tree of its own; 0 there.

    When that first process ends, the kernel kills everything that is left in its tree. None of
    them can see or signal a process outside of it.
    """
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            _do("setns", own, NEW_PROCESSES)  # whether we may come back
        except PermissionError:
            return _fork_through_another()
        _do("unshare", NEW_PROCESSES)
        parent = os.getpid()
        try:
            return os.fork()
        finally:
            if os.getpid() == parent:
                _do("setns", own, NEW_PROCESSES)
    finally:
        os.close(own)


def _fork_through_another() -> int:
    """The same where there is no way back, as for an ordinary user: a process goes, and ends."""
    other = os.fork()
    if other == 0:
        try:
            _do("unshare", NEW_PROCESSES)
            child = os.fork()
        except OSError as error:
            os.write(2, str(error).encode())
            os._exit(1)
        if child:
            os._exit(0)
        return 0
    with contextlib.suppress(ChildProcessError):
        os.waitpid(other, 0)
    return other


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


def give_up_rights(
    user: int | None, limits: Mapping[str, int], refused: bytes, rules: int | None = None
) -> None:
    """Become a process that may do nothing but compute. There is no way back.

    Args:
        user: The user and group id to take; None keeps the one that it has.
        limits: The kernel's limits on each process: names of `resource`, without `RLIMIT_`.
        refused: The program that decides which system calls are refused; empty for none.
        rules: Landlock's rules, see `open_rules`; None for none.

    Raises:
        OSError: The kernel did not agree; nothing may be run then.
    """
    for capability in range(LAST_CAPABILITY + 1):
        with contextlib.suppress(OSError):
            _do("prctl", DROP_BOUND, capability, 0, 0, 0)
    _do("prctl", AMBIENT, AMBIENT_CLEAR_ALL, 0, 0, 0)
    if user is not None:
        _become(user)
    head = struct.pack("=Ii", CAPABILITY_VERSION, 0)
    _do("capset", head, bytes(24))  # effective, permitted, inheritable: none
    for name, value in limits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    _do("prctl", NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    with open("/proc/self/status", "rb") as account:  # written when it is read
        if rules is not None:
            _obey(rules)
        if refused:
            program = _Program(len(refused) // FILTER_LINE, refused)
            _do("prctl", SET_SECCOMP, SECCOMP_FILTER, ctypes.byref(program), 0, 0)
        _check_that_nothing_is_left(user, account.read().decode(), alone=rules is not None)


def _check_that_nothing_is_left(user: int | None, text: str, *, alone: bool) -> None:
    """Believe the kernel's own account, not our calls.

    The bounding set says what a program with rights of its own may get: none, without new
    privileges. An ordinary user without a namespace cannot make it smaller.
    """
    status = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    bound = ("Bnd",) if user is not None or not alone else ()
    rights = [status[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Amb", *bound)]
    ids = {*status["Uid"].split(), *status["Gid"].split()}
    expected = {str(user)} if user is not None else ids - {"0"}
    if any(int(r, 16) for r in rights) or ids != expected or status["NoNewPrivs"].strip() != "1":
        raise PermissionError("the process for student code still has rights")


def readable_by_itself() -> None:
    """Let a process read its own files in /proc again; a change of user takes that away."""
    _do("prctl", SET_DUMPABLE, 1, 0, 0, 0)


# --- where there are no namespaces ------------------------------------------------------


def landlock_version() -> int:
    """The version of the kernel's Landlock; 0 where there is none."""
    version: int = _libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), TELL_VERSION)
    return max(version, 0)


def open_rules(places: Sequence[Sequence[str]]) -> int:
    """Landlock's rules for a process: a descriptor. What is not named cannot be opened.

    Args:
        places: Paths, each with a key of `RIGHTS`; a path that does not exist is left out.

    Raises:
        OSError: The kernel has no Landlock, or does not let us use it.
    """
    version = landlock_version()
    handled = (DEVICE_CALLS << 1) - 1
    for since, right in ((2, REFER), (3, TRUNCATE), (5, DEVICE_CALLS)):
        handled &= ~0 if version >= since else ~right
    rules = _new_rules(version, handled, ABSTRACT_SOCKETS | SIGNALS)
    for path, kind in places:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            continue
        rights = RIGHTS[kind] & handled
        rights &= ~0 if stat.S_ISDIR(os.fstat(place).st_mode) else OF_FILES
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, place), 12)
        _landlock(ADD_RULE, rules, RULE_OF_PATH, rule, 0)
        os.close(place)
    return rules


def _new_rules(version: int, files: int, scopes: int) -> int:
    """An empty set of rules, with as much as this version of Landlock knows."""
    parts = [files, *([TCP if files else 0] if version >= 4 else [])]
    parts += [scopes] if version >= SCOPES_SIGNALS else []
    text = struct.pack(f"={len(parts)}Q", *parts)
    return _landlock(CREATE_RULESET, text, ctypes.c_size_t(len(text)), 0)


def _obey(rules: int) -> None:
    """Keep to rules from now on, and close them."""
    _landlock(RESTRICT_SELF, rules, 0)
    os.close(rules)


def _landlock(call: int, *arguments: Any) -> int:
    result: int = _libc.syscall(call, *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {os.strerror(code)}")
    return result


@dataclass(frozen=True)
class Order:
    """How a process without namespaces is confined; crosses as JSON.

    Attributes:
        places: What it may open, see `open_rules`.
        scratch: Folder of its own, which does not exist yet; the only one that it can write to.
        users: First of the user ids to take one from, and their number; None keeps the user.
        limits: See `give_up_rights`.
        refused: See `give_up_rights`, as hexadecimal digits.
        scratch_mb: How much the scratch folder may hold.
    """

    places: Sequence[Sequence[str]]
    scratch: str
    users: Sequence[int] | None
    limits: Mapping[str, int]
    refused: str
    scratch_mb: int

    @property
    def home(self) -> str:
        """The folder that student code takes for its home."""
        return f"{self.scratch}/home"

    @property
    def hand_in(self) -> str:
        """The folder of the hand-in's files, which student code can only read."""
        return f"{self.scratch}/submission"


def go_on_guarded(order: Order, ends_with: int | None = None) -> None:
    """Fork: the child returns from here; this process stays outside as its guard, and never does.

    When the child ends, or we are told to end, the guard kills everything that is left and removes
    the scratch folder. It ends as the child did.

    Args:
        order: How the child will confine itself.
        ends_with: A socket; everything ends when its other end is closed. None for none.
    """
    _do("prctl", ADOPT_ORPHANS, 1, 0, 0, 0)
    _do("prctl", DIE_WITH_PARENT, signal.SIGTERM, 0, 0, 0)
    if order.users is None:
        _stand_above()
    before = {s: signal.signal(s, signal.SIG_DFL) for s in (signal.SIGCHLD, signal.SIGINT)}
    signal.signal(signal.SIGTERM, _leave)
    child = os.fork()
    if child:
        _guard(child, order, ends_with)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for number, handler in before.items():
        signal.signal(number, handler)


def _leave(signum: int, frame: object) -> NoReturn:
    raise SystemExit(128 + signum)


def _stand_above() -> None:
    """Let this process signal its own descendants alone, whoever else has the same user id."""
    _do("prctl", NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _obey(_new_rules(landlock_version(), 0, SIGNALS))
    _check_that_signals_stay_in()


def _guard(child: int, order: Order, ends_with: int | None) -> NoReturn:
    """Stand by a confined process and whatever comes of it, until the end."""
    code = 1
    try:
        code = _watch(child, order, ends_with)
    except SystemExit as told:
        code = told.code if isinstance(told.code, int) else 1
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with contextlib.suppress(OSError):
            os.kill(child, signal.SIGKILL)  # it may not have become that user yet
        with contextlib.suppress(OSError):
            end_everybody(user_of(order, os.getpid()))
        with contextlib.suppress(OSError):
            remove(order.scratch)
        os._exit(code)


def _watch(child: int, order: Order, ends_with: int | None) -> int:
    """Wait until the child ends, or has to; its status as a shell tells it."""
    ends = select.poll()
    ends.register(os.pidfd_open(child), select.POLLIN)
    if ends_with is not None:
        ends.register(ends_with, select.POLLRDHUP)
    while not ends.poll(LOOK_MS):
        if occupied_mb(order.scratch) > order.scratch_mb:
            return 128 + signal.SIGXFSZ
    done, status = os.waitpid(child, os.WNOHANG)
    code = os.waitstatus_to_exitcode(status) if done else 0
    return code if code >= 0 else 128 - code


def user_of(order: Order, guard: int) -> int | None:
    """The user id of what a guard confines: nobody else's while the guard lives."""
    return None if order.users is None else order.users[0] + guard % order.users[1]


def end_guards() -> None:
    """Have all guards of this process end what they guard, and wait for them."""
    for child in _children(os.getpid()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def end_everybody(user: int | None) -> None:
    """Kill all processes of one submission at once, so that none can fork meanwhile.

    Args:
        user: Their own user id; None where the kernel lets us signal nobody else.
    """
    if user is None:
        _check_that_signals_stay_in()
        os.kill(-1, signal.SIGKILL)
    elif os.fork() == 0:
        try:
            _become(user)
            os.kill(-1, signal.SIGKILL)  # everybody whom this user may signal
        finally:
            os._exit(0)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def _check_that_signals_stay_in() -> None:
    try:
        os.kill(os.getppid(), 0)
    except PermissionError:
        return
    raise PermissionError(f"signals would reach other processes of user {os.getuid()}")


def _become(user: int) -> None:
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    if user <= 0 or os.getresuid() != (user, user, user):
        raise PermissionError(f"this process cannot become user {user}")


def occupied_mb(folder: str) -> float:
    """What a folder holds, files that were deleted while they are open included.

    Infinite where it holds too many files, or folders too deep.
    """
    size = sum(_deleted_but_open(os.getpid()).values())
    try:
        at = os.open(folder, FOLDER)
    except OSError:
        return 0.0
    try:
        for number, more in enumerate(_sizes(at)):
            size += more
            if number >= INODES:
                return float("inf")
    except RecursionError:
        return float("inf")
    finally:
        os.close(at)
    return size / 2**20


def _sizes(folder: int, depth: int = 0) -> Iterator[int]:
    """Bytes of everything below an open folder, by descriptors: paths may be too long."""
    if depth > DEEPEST:
        raise RecursionError("folders too deep")
    for entry in os.scandir(folder):
        with contextlib.suppress(OSError):
            yield entry.stat(follow_symlinks=False).st_blocks * 512
            if entry.is_dir(follow_symlinks=False):
                below = os.open(entry.name, FOLDER, dir_fd=folder)
                try:
                    yield from _sizes(below, depth + 1)
                finally:
                    os.close(below)


def _deleted_but_open(root: int) -> dict[tuple[int, int], int]:
    """Sizes of files without a name that descendants of a process hold open."""
    sizes: dict[tuple[int, int], int] = {}
    queue = _children(root)
    while queue:
        pid = queue.pop()
        queue += _children(pid)
        with contextlib.suppress(OSError):
            for name in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    file = os.stat(f"/proc/{pid}/fd/{name}")
                    if stat.S_ISREG(file.st_mode) and file.st_nlink == 0:
                        sizes[file.st_dev, file.st_ino] = file.st_blocks * 512
    return sizes


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            text = Path(f"/proc/{pid}/task/{thread}/children").read_text(encoding="ascii")
            found += map(int, text.split())
    return found


def remove(folder: str) -> None:
    """Remove a folder, however deep, whatever rights were taken from what is in it.

    Nobody may be at work in it: its entries are believed.
    """
    at = os.open(folder, FOLDER)
    above: list[list[str]] = [_empty(at)]
    while above:
        if above[-1]:
            below = os.open(above[-1][-1], FOLDER, dir_fd=at)
            os.close(at)
            at = below
            above.append(_empty(at))
        else:
            above.pop()
            if above:
                parent = os.open("..", FOLDER, dir_fd=at)
                os.close(at)
                at = parent
                os.rmdir(above[-1].pop(), dir_fd=at)
    os.close(at)
    os.rmdir(folder)


def _empty(folder: int) -> list[str]:
    """Delete all but the folders in an open folder; the names of those, made accessible."""
    folders = []
    for entry in os.listdir(folder):
        if stat.S_ISDIR(os.stat(entry, dir_fd=folder, follow_symlinks=False).st_mode):
            os.chmod(entry, 0o700, dir_fd=folder)
            folders.append(entry)
        else:
            os.unlink(entry, dir_fd=folder)
    return folders


def own_place(order: Order) -> None:
    """Make the scratch folder, and let this process and its children live in it.

    For the child that `go_on_guarded` leaves, before it gives up its rights.
    """
    os.umask(0o022)
    os.mkdir(order.scratch, 0o711)
    user = user_of(order, os.getppid())
    for folder in (order.home, f"{order.scratch}/tmp"):
        os.mkdir(folder, 0o700)
        if user is not None:
            os.chown(folder, user, user)
    os.mkdir(order.hand_in)
    tempfile.tempdir = None
    os.environ.update(HOME=order.home, TMPDIR=f"{order.scratch}/tmp")
    os.environ["MPLCONFIGDIR"] = f"{order.home}/.matplotlib"
    os.chdir(order.home)


def shut_in(order: Order) -> None:
    """Give up everything but what an order allows. There is no way back.

    Raises:
        OSError: The kernel did not agree; nothing may be run then.
    """
    own = [(order.home, "write"), (f"{order.scratch}/tmp", "write"), (order.hand_in, "read")]
    rules = open_rules([*order.places, *own])
    user = user_of(order, os.getppid())
    limits = dict(order.limits)
    if user is None and "NPROC" in limits:
        limits["NPROC"] += _threads_of(os.getuid()) + SPARE_THREADS
    needed = [path for path, kind in order.places if kind == "run" and os.path.exists(path)]
    if user is not None and _threads_of(user):
        raise PermissionError(f"the user id {user} is in use already")
    give_up_rights(user, limits, bytes.fromhex(order.refused), rules)
    if user is None:
        _check_that_signals_stay_in()
    _check_that_all_can_be_read(needed)


def _threads_of(user: int) -> int:
    count = 0
    for process in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{process}").st_uid == user:
                count += len(os.listdir(f"/proc/{process}/task"))
    return count


def _check_that_all_can_be_read(paths: Sequence[str]) -> None:
    """A place in somebody's home folder may be out of reach for another user."""
    for path in paths:
        if not os.access(path, os.R_OK):
            raise PermissionError(
                f"user {os.getuid()}, which student code gets, cannot read {path}: "
                "put it where everybody can, in nobody's home folder"
            )


# --- as a program -----------------------------------------------------------------------


def _try_out(user: int | None) -> None:
    """Do all of it once, in a fork, and say whether it works on this machine."""
    reader, writer = os.pipe()
    if fork_into_a_new_tree() == 0:
        own_view(["/tmp"], 1)
        give_up_rights(user, {}, b"")
        os.write(1, b"works")
        os._exit(0)
    os.close(writer)
    os.read(reader, 1)  # until it has ended: it may be nobody's child, and would die with us


def _run_confined(text: str, argv: Sequence[str]) -> NoReturn:
    """Confine this process by an order, with a guard beside it, and become a program."""
    order = Order(**json.loads(text))
    go_on_guarded(order)
    try:
        own_place(order)
        shut_in(order)
        os.execvp(argv[0], list(argv))
    except OSError as error:
        os.write(2, str(error).encode())
        os._exit(1)


def _run_behind(text: str, argv: Sequence[str]) -> NoReturn:
    """Go behind the outer wall, made of Landlock's rules alone, and become a program of ours."""
    rules = open_rules(json.loads(text))
    _do("prctl", NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _obey(rules)
    os.execvp(argv[0], list(argv))


if __name__ == "__main__":
    if sys.argv[1] == "confined":
        _run_confined(sys.argv[2], sys.argv[3:])
    elif sys.argv[1] == "behind":
        _run_behind(sys.argv[2], sys.argv[3:])
    else:
        _try_out(int(sys.argv[2]) if sys.argv[2] else None)
