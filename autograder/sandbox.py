"""Limits and isolation: one command runs where it can harm nothing.

The sandbox is bubblewrap: namespaces of its own for users (or an unprivileged user id where the kit
runs as root), mounts, processes, network and ipc; a read-only system with only what is needed;
private scratch folders of bounded size. The kernel bounds each process, and `Usage` lets the caller
bound the whole tree. Everything inside dies with the first process.

Where there is no bubblewrap, or no namespaces as in most containers, Landlock with a stricter
filter of system calls is the fallback: see `autograder.confine`. It is weaker.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import shutil
import signal
import site
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from autograder import confine, seccomp
from autograder.course import Limits
from autograder.errors import SandboxError

HOME = "/home/student"
HAND_IN = "/submission"  # where a hand-in's files are seen inside, read-only
SCRATCH = ("/tmp", "/dev/shm", HOME, HAND_IN)
# To make namespaces, and to give up rights; as root also to change to an unprivileged user.
WARM_RIGHTS = ("CAP_SYS_ADMIN", "CAP_SETPCAP", "CAP_SETUID", "CAP_SETGID")
USER_BASE = 1_900_000_000  # numeric ids for student code where the kit runs as root
LONE_USERS = 4_194_305  # more than the highest process id, from which these ids are made
SMALL_USERS = (20_000, 40_000)  # first and number, where a container has few ids
OWN_SCRATCH = "scratch"  # in the folder that a run behind Landlock is given
GRACE_S = 20.0  # how long a guard may take to clean up
ADDRESS_SPACE_FACTOR = 3  # CPU builds of torch map far more than they use
OPEN_FILES = 256
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
SYSTEM_FILES = (
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/fonts",
    "/etc/localtime", "/etc/mime.types",
)  # fmt: skip
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
FACTS = (
    "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/uptime", "/proc/loadavg",
    "/proc/sys/vm/overcommit_memory", "/sys/devices/system/cpu",
)  # fmt: skip
KINDS = ("bubblewrap", "landlock")  # the better one first
WEAKER = (
    "weaker: processes and the names of files outside can be seen, there is no network because "
    "sockets are refused, disk space is bounded by a watcher, no /tmp, no worker processes of torch"
)
CURE = "install bubblewrap (Debian and Ubuntu: apt-get install bubblewrap), see `autograder doctor`"


@dataclass(frozen=True)
class Mount:
    """A folder or file of this machine that is visible, read-only, inside the sandbox."""

    source: Path
    target: str


@dataclass(frozen=True)
class Usage:
    """What a process tree has used: processor seconds, resident megabytes now, processes now."""

    cpu_s: float
    memory_mb: float
    processes: int


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment that student code sees: fixed, and without a sign of grading."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": HOME,
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": f"{HOME}/.matplotlib",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **(extra or {}),
    }


def choose(wish: str = "auto") -> str:
    """The sandbox to use: `bubblewrap`, `landlock` or `none`.

    Args:
        wish: `auto` asks for the best that works, a name for that one; `none` must be asked for.

    Raises:
        SandboxError: No sandbox works here, and running without one was not asked for.
    """
    if wish == "none":
        return "none"
    if wish != "auto" and wish not in KINDS:
        raise SandboxError(
            f"there is no sandbox {wish!r}", "--sandbox", "use auto, bubblewrap, landlock or none"
        )
    reasons = {}
    for kind in KINDS if wish == "auto" else (wish,):
        reasons[kind] = why_not() if kind == "bubblewrap" else why_not_landlock()
        if not reasons[kind]:
            return kind
    told = "; ".join(f"{kind}: {reason}" for kind, reason in reasons.items())
    raise SandboxError(
        f"student code cannot be confined here: {told}",
        " or ".join(reasons),
        f"{CURE}; or, for work that you trust, ask for --sandbox none",
    )


@cache
def why_not() -> str:
    """Why bubblewrap does not work on this machine; empty where it does."""
    for program in ("bwrap", "setpriv", "prlimit"):
        if shutil.which(program) is None:
            return f"the program {program} is not installed"
    limits = Limits()
    inner = Mount(Path(confine.__file__), "/opt/confine.py")
    lines = (
        command(["/bin/sh", "-c", "echo works"], limits, [], slot=0),
        warm_command([sys.executable, inner.target, "try", user_for(0)], limits, [inner]),
    )
    return next(filter(None, map(_complaint_of, lines)), "")


@cache
def why_not_landlock() -> str:
    """Why the fallback does not work on this machine; empty where it does."""
    version = confine.landlock_version()
    if version == 0:
        return "the kernel has no Landlock, or does not let this machine use it"
    if not seccomp.supported():
        return "the filter of system calls does not know this processor"
    if os.geteuid() == 0 and lone_users() is None:
        return "there are no other user ids here to give to student code"
    if os.geteuid() != 0 and version < confine.SCOPES_SIGNALS:
        return (
            "student code could signal your other processes: that takes Linux 6.12 or newer "
            f"(Landlock {confine.SCOPES_SIGNALS}, here {version}), or root in a container"
        )
    with tempfile.TemporaryDirectory(prefix="landlock-") as folder:
        Path(folder).chmod(0o711)
        argv = [sys.executable, "-I", "-c", "import json; print('works')"]
        return _complaint_of(lone_command(argv, Limits(), [], f"{folder}/scratch"))


def _complaint_of(line: Sequence[str]) -> str:
    """What goes wrong with a command that should print that it works; empty where it does."""
    try:
        done = subprocess.run(line, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.stdout.strip() == "works" else (done.stderr.strip() or "it printed nothing")


def visible_folders() -> tuple[Path, ...]:
    """Folders of this machine, outside of the system's own, that student code can read."""
    return tuple(m.source for m in _python_mounts())


def _python_mounts() -> list[Mount]:
    """The interpreter and its packages, wherever they are installed outside of /usr."""
    folders = {Path(sys.prefix), Path(sys.base_prefix), *map(Path, site.getsitepackages())}
    folders |= {Path(os.path.realpath(sys.executable)).parent.parent}
    outside = sorted(f for f in folders if not f.is_relative_to("/usr") and f.is_dir())
    if any(len(f.parts) < 3 and f != Path("/opt") for f in outside):
        raise SandboxError(
            f"Python is installed right under {outside[0]}, which would be visible inside",
            "sandbox",
            "use an environment in a folder of its own: make setup",
        )
    roots = [f for f in outside if not any(f != g and f.is_relative_to(g) for g in outside)]
    return [Mount(f, str(f)) for f in roots]


def _hidden_packages() -> list[str]:
    """Installed copies of the worked solutions, which must not be importable inside."""
    copies = [Path(folder) / "reference" for folder in site.getsitepackages()]
    return [str(c) for c in copies if c.is_dir()]


def command(
    argv: Sequence[str],
    limits: Limits,
    mounts: Sequence[Mount],
    *,
    slot: int,
    extra: Mapping[str, str] | None = None,
    seccomp_fd: int | None = None,
) -> list[str]:
    """The command line that runs one hostile program, `argv`, in bubblewrap.

    Args:
        argv: Program and arguments, as seen inside.
        limits: Of memory, processes and files.
        mounts: What is visible inside besides the system and the interpreter.
        slot: Makes the user id, where the kit runs as root, different from other runs'.
        extra: More environment variables.
        seccomp_fd: Descriptor of the filter of system calls; None for no filter.
    """
    args = _walls(limits, mounts, extra)
    if seccomp_fd is not None:
        args += ["--seccomp", str(seccomp_fd)]
    if os.geteuid() == 0:
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            args += ["--cap-add", capability]
        user = user_for(slot)
        args += ["--", "setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        args += ["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    else:
        args += ["--unshare-user", "--cap-drop", "ALL", "--", "setpriv", "--no-new-privs"]
    return [*args, *_kernel_limits(limits), *argv]


def warm_command(
    argv: Sequence[str],
    limits: Limits,
    mounts: Sequence[Mount],
    extra: Mapping[str, str] | None = None,
) -> list[str]:
    """The command line of a warm process of ours, which confines each of its forks itself.

    It runs no student code, and keeps just the rights that `autograder.confine` takes from a fork.
    """
    args = _walls(limits, mounts, extra)
    args += [] if os.geteuid() == 0 else ["--unshare-user"]
    args += ["--cap-drop", "ALL"]
    for capability in WARM_RIGHTS if os.geteuid() == 0 else WARM_RIGHTS[:2]:
        args += ["--cap-add", capability]
    return [*args, "--", *argv]


def lone_order(limits: Limits, mounts: Sequence[Mount], scratch: str) -> confine.Order:
    """How one hostile program is confined by Landlock; see `autograder.confine.Order`."""
    return confine.Order(
        places=[*_places(), *((str(m.source), "run") for m in mounts)],
        scratch=scratch,
        users=lone_users(),
        limits=process_limits(limits),
        refused=seccomp.here(alone=True).hex(),
        scratch_mb=limits.file_mb * len(SCRATCH),
    )


def lone_command(
    argv: Sequence[str], limits: Limits, mounts: Sequence[Mount], scratch: str
) -> list[str]:
    """The command line that runs one hostile program behind Landlock, with a guard beside it.

    Args:
        argv: Program and arguments.
        limits: See `command`.
        mounts: What may be read besides the system and the interpreter, at its own place.
        scratch: Path of a folder that is made for it, and removed at the end.
    """
    order = json.dumps(asdict(lone_order(limits, mounts, scratch)))
    return [sys.executable, "-I", "-S", confine.__file__, "confined", order, *argv]


def lone_warm_command(argv: Sequence[str], mounts: Sequence[Mount], folder: str) -> list[str]:
    """The command line of a warm process of ours, which can open no more than its forks need."""
    more = [(str(m.source), "run") for m in mounts]
    places = [*_places(), *more, (folder, "write"), ("/proc", "read")]
    return [sys.executable, "-I", "-S", confine.__file__, "behind", json.dumps(places), *argv]


def lone_users() -> tuple[int, int] | None:
    """First and number of the user ids for student code without namespaces.

    The guard's process id picks one of them, so that two submissions never share one. None where
    it keeps the id of an ordinary user, or where this machine has no other ids to give.
    """
    if os.geteuid() != 0:
        return None
    wishes = ((USER_BASE + 100_000, LONE_USERS), SMALL_USERS)
    return next((wish for wish in wishes if _can_be_given(*wish)), None)


def _can_be_given(first: int, number: int) -> bool:
    """Whether these ids exist here: a container may have few of them."""
    for kind in ("uid", "gid"):
        spans = [line.split() for line in Path(f"/proc/self/{kind}_map").read_text().splitlines()]
        if not any(int(s) <= first and first + number <= int(s) + int(n) for s, _, n in spans):
            return False
    return True


def _places() -> list[tuple[str, str]]:
    """What Landlock lets student code open: the system and the interpreter, no `reference`."""
    system = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
    hidden = [Path(folder) for folder in _hidden_packages()]
    python = [p for m in _python_mounts() for p in _all_but(m.source, hidden)]
    return [
        *((folder, "run") for folder in system),
        *((file, "read") for file in (*SYSTEM_FILES, *FACTS)),
        *((device, "use") for device in DEVICES),
        *python,
    ]


def _all_but(folder: Path, hidden: Sequence[Path]) -> list[tuple[str, str]]:
    """A folder without some that lie in it: rules of Landlock add, they cannot take away."""
    if folder in hidden:
        return []
    if not any(h.is_relative_to(folder) for h in hidden):
        return [(str(folder), "run")]
    parts = [place for child in sorted(folder.iterdir()) for place in _all_but(child, hidden)]
    return [(str(folder), "list"), *parts]


def user_for(slot: int) -> str:
    """The user id for student code; empty where it keeps the id of an ordinary user."""
    return str(USER_BASE + slot) if os.geteuid() == 0 else ""


def _walls(limits: Limits, mounts: Sequence[Mount], extra: Mapping[str, str] | None) -> list[str]:
    """Bubblewrap's arguments for what is visible inside: the outer wall."""
    size = str(limits.file_mb * 2**20)
    args = ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    args += ["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--clearenv"]
    for key, value in environment(extra).items():
        args += ["--setenv", key, value]
    args += ["--ro-bind", "/usr", "/usr"]
    for link in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/") / link
        if path.is_symlink():
            args += ["--symlink", f"usr/{link}", f"/{link}"]
        elif path.is_dir():
            args += ["--ro-bind", str(path), str(path)]
    args += ["--proc", "/proc", "--dev", "/dev", "--perms", "0755", "--dir", str(Path(HOME).parent)]
    for scratch in SCRATCH:
        args += ["--perms", "1777", "--size", size, "--tmpfs", scratch]
    all_mounts = [*_python_mounts(), *mounts]
    for folder in _parents([*(m.target for m in all_mounts), *SYSTEM_FILES]):
        args += ["--perms", "0755", "--dir", folder]
    for file in SYSTEM_FILES:
        args += ["--ro-bind-try", file, file]
    for mount in all_mounts:
        args += ["--ro-bind", str(mount.source), mount.target]
    for folder in _hidden_packages():
        args += ["--tmpfs", folder, "--remount-ro", folder]
    return [*args, "--chdir", HOME, "--remount-ro", "/dev", "--remount-ro", "/"]


def process_limits(limits: Limits) -> dict[str, int]:
    """The limits that the kernel enforces on each process, by the names of `resource`."""
    return {
        "AS": limits.memory_mb * ADDRESS_SPACE_FACTOR * 2**20,
        "FSIZE": limits.file_mb * 2**20,
        "NPROC": limits.processes,
        "NOFILE": OPEN_FILES,
        "CORE": 0,
    }


def _kernel_limits(limits: Limits) -> list[str]:
    options = [f"--{name.lower()}={value}" for name, value in process_limits(limits).items()]
    return ["prlimit", *options, "--"]


def _parents(targets: Sequence[str]) -> list[str]:
    """The folders above some paths, outermost first; the system's own are left out."""
    found: dict[str, None] = {}
    for target in targets:
        for parent in reversed(Path(target).parents):
            if str(parent) != "/" and not parent.is_relative_to("/usr"):
                found[str(parent)] = None
    return sorted(found, key=lambda p: p.count("/"))


class Confined:
    """A running sandbox: how much it uses, and its end.

    Args:
        argv: Program and arguments, as seen inside.
        limits: See `command`.
        mounts: See `command`; in the sandbox `none` they are not used.
        kind: `bubblewrap`, `landlock` or `none`.
        fds: Descriptors that stay open inside.
        folder: Working folder for the sandboxes `landlock` and `none`, which both need.
        warm: Whether it is a process of ours that confines its forks itself.
    """

    def __init__(
        self,
        argv: Sequence[str],
        limits: Limits,
        mounts: Sequence[Mount],
        *,
        kind: str,
        fds: Sequence[int] = (),
        folder: Path | None = None,
        extra: Mapping[str, str] | None = None,
        warm: bool = False,
    ) -> None:
        slot = os.getpid() % 65_536 + 1
        line, refused = list(argv), None
        self.kind = kind
        if warm and kind == "bubblewrap":
            line = warm_command(argv, limits, mounts, extra)
        elif kind == "bubblewrap":
            refused = seccomp.open_program()
            line = command(argv, limits, mounts, slot=slot, extra=extra, seccomp_fd=refused)
            fds = [*fds, *([] if refused is None else [refused])]
        elif kind == "landlock" and warm:
            line = lone_warm_command(argv, mounts, str(folder))
        elif kind == "landlock":
            line = lone_command(argv, limits, mounts, f"{folder}/{OWN_SCRATCH}")
        # Bubblewrap's own first process is visible inside: it must not carry our secrets.
        outer = {"PATH": os.environ.get("PATH", os.defpath)}
        own = str(folder or "/tmp")
        lone = {"HOME": own, "TMPDIR": own, "MPLCONFIGDIR": f"{own}/.matplotlib"}
        if kind == "bubblewrap":
            env = outer
        else:
            env = {**environment(extra), **(lone if kind == "landlock" else {"HOME": own})}
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  (a pipe would fill and block)
        self.process = subprocess.Popen(
            line, pass_fds=tuple(fds), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=self._said, env=env, cwd="/" if kind == "bubblewrap" else folder,
            start_new_session=True,
        )  # fmt: skip
        if refused is not None:
            os.close(refused)

    def usage(self) -> Usage:
        """What the whole tree has used so far."""
        return tree_usage(self.process.pid)

    def complaint(self) -> str:
        """What was printed on standard error, once it has ended; at most 2,000 characters."""
        self._said.seek(0)
        return self._said.read(2000).decode(errors="replace").strip()

    def kill(self) -> None:
        """End the sandbox and everything in it."""
        if self.kind == "landlock":  # its guard ends everything, and cleans up
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(GRACE_S)
        kill_tree(self.process.pid)
        self.process.wait()
        self._said.close()


def _read(path: str) -> bytes:
    """A small file of /proc; empty where the process is gone."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""
    try:
        return os.read(fd, 1 << 16)
    except ProcessLookupError:
        return b""
    finally:
        os.close(fd)


@cache
def _kernel_lists_children() -> bool:
    """Whether the kernel keeps lists of children (CONFIG_PROC_CHILDREN)."""
    return Path(f"/proc/self/task/{os.getpid()}/children").exists()


def _children(pid: int) -> list[int]:
    """Children of a process, of all its threads."""
    if not _kernel_lists_children():
        return [p for p in map(int, filter(str.isdigit, os.listdir("/proc"))) if _parent(p) == pid]
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except (FileNotFoundError, ProcessLookupError):
        return []
    lists = (_read(f"/proc/{pid}/task/{thread}/children") for thread in threads)
    return [int(child) for found in lists for child in found.split()]


def _parent(pid: int) -> int:
    fields = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return int(fields[1]) if fields else 0


def _tree(root: int) -> dict[int, list[bytes]]:
    """A process and all its descendants, with their fields of /proc/PID/stat from the state on."""
    found: dict[int, list[bytes]] = {}
    queue = [root]
    while queue:
        pid = queue.pop()
        text = _read(f"/proc/{pid}/stat")
        if text and pid not in found:
            found[pid] = text[text.rfind(b")") + 2 :].split()
            queue += _children(pid)
    return found


def tree_usage(root: int) -> Usage:
    """What a process and its descendants have used; ended ones count through their parents."""
    tree = _tree(root)
    ticks = sum(int(f[11]) + int(f[12]) + int(f[13]) + int(f[14]) for f in tree.values())
    pages = sum(int(f[21]) for f in tree.values())
    return Usage(ticks / TICKS, pages * PAGE / 2**20, len(tree))


def shared_once_mb(root: int) -> float:
    """Resident megabytes of a process tree, where pages that forks share count once.

    Slower than `tree_usage`, which counts them in every process. A process that we may not look
    into counts with all that is resident.
    """
    total_kb = 0.0
    for pid, fields in _tree(root).items():
        found = re.search(rb"^Pss: +(\d+) kB", _read(f"/proc/{pid}/smaps_rollup"), re.MULTILINE)
        total_kb += int(found[1]) if found else int(fields[21]) * PAGE / 2**10
    return total_kb / 2**10


def kill_tree(root: int) -> None:
    """Kill a process and all its descendants, those first that could start others."""
    for pid in (root, *_tree(root)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def own_cpu_s() -> float:
    """Processor seconds of this process and its ended children."""
    return sum(
        u.ru_utime + u.ru_stime
        for u in (
            resource.getrusage(resource.RUSAGE_SELF),
            resource.getrusage(resource.RUSAGE_CHILDREN),
        )
    )
