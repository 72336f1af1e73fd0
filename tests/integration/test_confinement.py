"""What student code meets inside each sandbox, asked of the kernel itself.

Every attempt is made behind both kinds of wall, as root and as an ordinary user, in a process of
its own: with a copy of the package, and of Python where other users cannot read ours.
"""

import json
import os
import shutil
import site
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder import confine

ROOT = Path(__file__).resolve().parents[2]
USER = 1234  # an ordinary user
NEEDED = (
    "IPython", "asttokens", "decorator.py", "executing", "jedi", "matplotlib_inline", "numpy",
    "numpy.libs", "parso", "pexpect", "prompt_toolkit", "ptyprocess", "pure_eval", "pygments",
    "stack_data", "traitlets", "typing_extensions.py", "wcwidth",
)  # fmt: skip

# What student code tries. The places in capitals are filled in; each answer is what came of it.
TRY = r"""
import ctypes, mmap, os, resource, signal, socket, stat, subprocess, sys

libc = ctypes.CDLL(None, use_errno=True)
connection = socket.socket if SOCKETS else socket.socketpair


def outcome(action):
    try:
        return repr(action())
    except OSError as error:
        return type(error).__name__


def call(number, *arguments):
    return outcome(lambda: libc.syscall(number, *arguments))


def unix(address):
    socket.socket(socket.AF_UNIX).connect(address)


def machine_code(code):
    # what the code returns, or the signal that ended the process that ran it
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(code)
        run = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
        os.write(writer, str(run()).encode())
        os._exit(0)
    os.close(writer)
    _, status = os.waitpid(child, 0)
    with open(reader) as said:
        return said.read() or f"signal {os.WTERMSIG(status)}"


def privileged():
    done = subprocess.run([SETUID, "-u"], capture_output=True, text=True)
    return "root" if done.stdout.strip() == "0" else done.stdout.strip()


found = {
    "memfd": outcome(lambda: os.memfd_create("x")),
    "internet": outcome(lambda: socket.socket(socket.AF_INET)),
    "vsock": outcome(lambda: socket.socket(40, socket.SOCK_STREAM)),
    "netlink": outcome(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)),
    "abstract socket outside": outcome(lambda: unix("\0" + OUTSIDE)),
    "socket outside": outcome(lambda: unix(OUTSIDE)),
    "shadow": outcome(lambda: open("/etc/shadow").read()),
    "gradebook": outcome(lambda: open(COURSE + "/gradebook.db").read()),
    "gradebook for writing": outcome(lambda: open(COURSE + "/gradebook.db", "r+")),
    "gradebook cut off": outcome(lambda: os.truncate(COURSE + "/gradebook.db", 0)),
    "course folder": outcome(lambda: os.listdir(COURSE)),
    "neighbour's scratch": outcome(lambda: os.listdir(NEIGHBOUR)),
    "neighbour's file": outcome(lambda: open(NEIGHBOUR + "/mine").read()),
    "dev": outcome(lambda: open("/dev/mine", "w")),
    "system": outcome(lambda: open("/usr/mine", "w")),
    "packages": outcome(lambda: open(sys.prefix + "/mine", "w")),
    "first environment": outcome(lambda: open("/proc/1/environ").read()),
    "first memory": outcome(lambda: open("/proc/1/mem", "rb").read(1)),
    "examiner's memory": outcome(lambda: open(f"/proc/{EXAMINER}/mem", "rb").read(1)),
    "examiner's environment": outcome(lambda: open(f"/proc/{EXAMINER}/environ").read()),
    "signal to the examiner": outcome(lambda: os.kill(EXAMINER, 0)),
    "limits of the examiner": outcome(
        lambda: resource.prlimit(EXAMINER, resource.RLIMIT_CORE, (0, 0))
    ),
    "processors of the examiner": outcome(lambda: os.sched_setaffinity(EXAMINER, {0})),
    "device": outcome(lambda: os.mknod("disk", stat.S_IFBLK | 0o600, os.makedev(8, 0))),
    "chroot": outcome(lambda: os.chroot("/")),
    "become root": outcome(lambda: os.setuid(0)),
    "give a file away": outcome(lambda: os.chown(COURSE, os.getuid() + 1, -1)),
    "namespace": outcome(lambda: libc.unshare(0x10000000)),
    "tracing": outcome(lambda: libc.ptrace(0, 0, 0, 0)),
    "personality": outcome(lambda: libc.personality(0x0400000)),
    "io_uring": call(425, 8, ctypes.create_string_buffer(120)),
    "shared memory": outcome(lambda: libc.shmget(4711, 4096, 0o1666)),
    "kernel's log": outcome(lambda: libc.klogctl(10, None, 0)),
    "setuid program": privileged() if SETUID else "",
    "32-bit call": machine_code(b"\xb8\x14\0\0\0\xcd\x80\xc3") if INTEL else "signal 31",
    "x32 call": machine_code(b"\xb8\x27\0\0\x40\x0f\x05\xc3") if INTEL else "-1",
    "fork": outcome(lambda: os.waitpid(os.fork() or os._exit(3), 0)[1]),
    "program": outcome(lambda: subprocess.run(["echo", "x"], capture_output=True).stdout),
    "scratch": outcome(lambda: open("mine", "w").write("x")),
    "home": outcome(lambda: open(os.path.expanduser("~/mine"), "w").write("x")),
    "temporary": outcome(lambda: __import__("tempfile").TemporaryFile().write(b"x")),
    "copy": outcome(lambda: os.path.basename(__import__("shutil").copy("mine", "copy"))),
    "pair": outcome(lambda: len(socket.socketpair())),
    "descriptors": sorted(n for n in range(3, 64) if "OSError" not in outcome(lambda: os.fstat(n))),
    "user": os.getuid(),
    "stranger": os.path.exists(COURSE),
}
"""

# The examiner's side: a course that everybody may read and write, a neighbour, a witness.
DRIVER = r"""
import contextlib, json, os, platform, socket, subprocess, sys, tempfile, time
from pathlib import Path

from autograder import sandbox
from autograder.course import Limits
from autograder.warm import Submission, Warm

kind, setuid, attempts = sys.argv[1:4]
reason = sandbox.why_not() if kind == "bubblewrap" else sandbox.why_not_landlock()
if reason:
    print(json.dumps({"reason": reason}))
    raise SystemExit
os.umask(0)
course = Path(tempfile.mkdtemp(prefix="course-"))
course.chmod(0o777)
(course / "gradebook.db").write_text("0417: 10 points")
outside = str(course / "door")
doors = [socket.socket(socket.AF_UNIX) for _ in range(2)]
for door, address in zip(doors, (outside, "\0" + outside)):
    door.bind(address)
    door.listen()


def run(submission, source, names=("found",)):
    candidate = submission.open()
    with candidate.turn(20) as session:
        candidate.run("q01-try", source)
        values = candidate.values(list(names))
    candidate.close()
    return session, values if session.lost is None else {"lost": str(session.lost)}


def gone(check):
    end = time.monotonic() + 10
    while not check() and time.monotonic() < end:
        time.sleep(0.02)
    return check()


def ended(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


WHERE = "import os; open('mine', 'w').write('answer'); found = os.getcwd()"
DAEMON = '''
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(1, 32):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        open("daemon", "w").write(str(os.getpid()))
        time.sleep(1000)
    os._exit(0)
os.wait()
while not os.path.exists("daemon") or not open("daemon").read(): time.sleep(0.01)
os.makedirs("deep/" * 60); os.mkdir("closed", 0)
found = [os.getcwd(), int(open("daemon").read())]
'''
FILL = '''
import os, time
files = []
for number in range(30):
    files.append(open("fill", "wb")); files[-1].write(bytes(900_000)); files[-1].flush()
    os.remove("fill")
time.sleep(20)
'''
MAKE = '''
import os, tempfile
for folder in {os.getcwd(), os.path.expanduser("~"), tempfile.gettempdir()}: os.mkdir(folder + "/x")
found = True
'''
result = {"kind": kind}
limits = Limits(file_mb=2)
witness = subprocess.Popen(["sleep", "100"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
with Warm(["numpy"], course / "no-data", Limits(), kind) as warm:
    with Submission(warm) as neighbour:
        _, there = run(neighbour, WHERE)
        places = {
            "SETUID": setuid if os.geteuid() == 0 else "", "COURSE": str(course),
            "NEIGHBOUR": there["found"], "EXAMINER": os.getpid(), "OUTSIDE": outside,
            "INTEL": platform.machine() == "x86_64", "SOCKETS": kind == "bubblewrap",
        }
        head = "\n".join(f"{name} = {value!r}" for name, value in places.items())
        if kind == "bubblewrap":
            head += "\nNEIGHBOUR += '/..'"
            run(neighbour, "open('/tmp/mine', 'w').write('answer')")
        with Submission(warm) as hostile:
            session, values = run(hostile, head + "\n" + Path(attempts).read_text())
            result |= values
        with Submission(warm) as hostile:
            session, _ = run(hostile, "import os; os.kill(-1, 9)")
            result["kill all"] = str(session.lost)
        with Submission(warm) as lost:
            result["made"] = run(lost, MAKE)[1]
            lost.renew()
            result["made anew"] = run(lost, MAKE)[1]
        result["neighbour lives"] = run(neighbour, WHERE)[1].get("found") is not None
        result["witness lives"] = witness.poll() is None
        if kind == "landlock":
            with Submission(warm) as hostile:
                folder, daemon = run(hostile, DAEMON)[1]["found"]
                result["daemon lived"] = not ended(daemon) and os.path.exists(folder)
            scratch = Path(folder).parents[1]
            result["daemon ended"] = gone(lambda: ended(daemon))
            result["scratch removed"] = gone(lambda: not scratch.exists())
if kind == "landlock":
    with Warm([], course / "no-data", limits, kind) as warm, Submission(warm) as hostile:
        result["filled"] = str(run(hostile, FILL)[0].lost)
    folder = Path(tempfile.mkdtemp(prefix="run-"))
    folder.chmod(0o755)
    said = []
    for line in ("exit 7", "kill -SEGV $$", "cat /etc/shadow && exit 9"):
        confined = sandbox.Confined(["/bin/sh", "-c", line], Limits(), [], kind=kind, folder=folder)
        said.append(confined.process.wait(20))
        confined.kill()
    result["programs"] = said
    result["left"] = os.listdir(folder)
    os.rmdir(folder)
result["gradebook unchanged"] = (course / "gradebook.db").read_text() == "0417: 10 points"
result["course unchanged"] = course.stat().st_mode & 0o777 == 0o777
witness.kill()
for name in ("gradebook.db", "door"):
    os.remove(course / name)
os.rmdir(course)
print(json.dumps(result, default=str))
"""


def as_user(user: str) -> list[str]:
    """What starts a program as another user."""
    if user == "root" or os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]


def can_be(kind: str, user: str) -> bool:
    """Whether this machine has what a sandbox needs: if so, its refusal is a fault of ours."""
    if kind == "landlock":
        return confine.landlock_version() >= confine.SCOPES_SIGNALS
    line = [*as_user(user), "unshare", "--user", "--map-root-user", "--pid", "--fork", "true"]
    tried = subprocess.run(line, capture_output=True, check=False)
    return shutil.which("bwrap") is not None and tried.returncode == 0


def readable_by_all(path: Path) -> bool:
    """Whether every user reaches a path."""
    return all(p.stat().st_mode & 0o005 == 0o005 for p in [path, *path.parents])


def copy_of_python(folder: Path) -> Path:
    """An environment of the system's Python, with what the kit's sandbox needs, for every user."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    python = shutil.which(f"python{version}", path="/usr/bin:/usr/local/bin")
    if python is None:
        pytest.skip(f"other users can read no Python {version} here")
    line = [python, "-I", "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(line, check=True, capture_output=True)
    packages = folder / "lib" / f"python{version}" / "site-packages"
    for name in NEEDED:
        source = Path(site.getsitepackages()[0]) / name
        if source.is_dir():
            skip = shutil.ignore_patterns("__pycache__", "tests")
            shutil.copytree(source, packages / name, ignore=skip)
        elif source.is_file():
            shutil.copy(source, packages / name)
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that every user can read: the package, Python if need be, a program with rights."""
    folder = Path(tempfile.mkdtemp(prefix="confinement-"))
    folder.chmod(0o755)
    skip = shutil.ignore_patterns("__pycache__", "driver")
    shutil.copytree(ROOT / "autograder", folder / "kit" / "autograder", ignore=skip)
    python = Path(sys.executable)
    if not (readable_by_all(python.parent) and readable_by_all(python.resolve().parent)):
        python = copy_of_python(folder / "python")
    (folder / "interpreter").write_text(str(python))
    (folder / "attempts.py").write_text(TRY)
    (folder / "driver.py").write_text(DRIVER)
    if os.geteuid() == 0 and python.is_relative_to(folder):
        shutil.copy("/usr/bin/id", python.parent / "id-of-root")
        (python.parent / "id-of-root").chmod(0o4755)
    yield folder
    shutil.rmtree(folder)


COMBINATIONS = [(k, u) for k in ("bubblewrap", "landlock") for u in ("root", "ordinary user")]


@pytest.fixture(scope="module")
def runs(place: Path) -> dict[tuple[str, str], "subprocess.Popen[str]"]:
    """All combinations, started at once."""
    started = {}
    for kind, user in COMBINATIONS:
        if user == "root" and os.geteuid() != 0:
            continue
        python = (place / "interpreter").read_text()
        line = [*as_user(user), python, "-P"]
        setuid = Path(python).parent / "id-of-root"
        arguments = [kind, str(setuid) if setuid.exists() else "", str(place / "attempts.py")]
        started[kind, user] = subprocess.Popen(
            [*line, str(place / "driver.py"), *arguments],
            env={**os.environ, "PYTHONPATH": str(place / "kit"), "AUTOGRADER_SECRET": "a secret"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/",
        )  # fmt: skip
    return started


@pytest.fixture(scope="module", params=COMBINATIONS, ids=lambda c: " as ".join(c))
def found(
    request: pytest.FixtureRequest, runs: dict[tuple[str, str], "subprocess.Popen[str]"]
) -> dict[str, Any]:
    """What came of each attempt, for one kind of sandbox and one kind of user."""
    if request.param not in runs:
        pytest.skip("this needs root")
    process = runs[request.param]
    if not hasattr(process, "told"):
        process.told = process.communicate(timeout=100)  # type: ignore[attr-defined]
    out, err = process.told  # type: ignore[attr-defined]
    assert process.returncode == 0, err
    result = json.loads(out)
    if "reason" in result and not can_be(*request.param):
        pytest.skip(f"no {request.param[0]} here: {result['reason']}")
    assert "reason" not in result, result["reason"]
    assert "lost" not in result, result
    return {**result, **result.get("found", {}), "as": request.param[1]}


REFUSED = ("PermissionError", "FileNotFoundError", "ProcessLookupError", "NotADirectoryError")


@pytest.mark.parametrize(
    "attempt",
    [
        "memfd", "internet", "vsock", "netlink", "abstract socket outside", "socket outside",
        "shadow", "gradebook", "gradebook for writing", "gradebook cut off", "course folder",
        "neighbour's file", "dev", "system", "packages", "first memory",
        "examiner's memory", "examiner's environment", "signal to the examiner",
        "limits of the examiner", "processors of the examiner", "device", "chroot", "become root",
    ],
)  # fmt: skip
def test_it_is_refused(found: dict[str, Any], attempt: str) -> None:
    """The kernel says no, with an error that Python shows."""
    assert found[attempt] in (*REFUSED, "OSError", "ConnectionRefusedError")


@pytest.mark.parametrize(
    "attempt",
    ["namespace", "tracing", "personality", "io_uring", "shared memory", "kernel's log"],
)
def test_a_native_call_is_refused(found: dict[str, Any], attempt: str) -> None:
    """A call through ctypes returns -1."""
    assert found[attempt] == "-1"


def test_calls_of_other_interfaces_do_not_get_through(found: dict[str, Any]) -> None:
    """A 32-bit call ends the process (31 is SIGSYS, 11 where the kernel has none); x32 fails."""
    assert found["32-bit call"] in ("signal 31", "signal 11")
    assert found["x32 call"] in ("-1", "-38")


def test_a_setuid_program_gives_no_rights(found: dict[str, Any]) -> None:
    """A program of root's that lends his rights runs without them."""
    assert found["setuid program"] != "root"


def test_nothing_of_the_course_has_changed(found: dict[str, Any]) -> None:
    """Not the gradebook, nor the rights of the folder, though everybody might write to them."""
    assert found["gradebook unchanged"]
    assert found["course unchanged"]


def test_the_first_process_tells_no_secret(found: dict[str, Any]) -> None:
    """Its environment is closed, or the fixed one that student code has itself."""
    assert "AUTOGRADER" not in found["first environment"]
    assert found["first environment"] in REFUSED or "HOME" in found["first environment"]


def test_signals_stay_inside(found: dict[str, Any]) -> None:
    """`kill -9 -1` ends the one who sends it; the neighbour and other processes live."""
    assert found["kill all"] != "None"
    assert found["neighbour lives"]
    assert found["witness lives"]


def test_ordinary_things_work(found: dict[str, Any]) -> None:
    """A fork, a program, scratch files, a copy, a pair of sockets, a user id that is not root's."""
    assert found["fork"] == "768"
    assert found["program"] == repr(b"x\n")
    for place in ("scratch", "home", "temporary"):
        assert found[place] == "1", place
    assert found["copy"] == repr("copy")
    assert found["pair"] == "2"
    assert found["user"] != 0


def test_no_descriptor_is_inherited(found: dict[str, Any]) -> None:
    """Only the sockets to the examiner and to the process that stands by are open."""
    assert len(found["descriptors"]) <= 3


def test_without_namespaces_a_guard_ends_and_removes_everything(found: dict[str, Any]) -> None:
    """A daemon that ignores signals ends with its submission; deep and closed folders go too."""
    if found["kind"] != "landlock":
        pytest.skip("the kernel does it for bubblewrap")
    assert found["daemon lived"]
    assert found["daemon ended"]
    assert found["scratch removed"]


def test_without_namespaces_a_guard_watches_the_disk(found: dict[str, Any]) -> None:
    """Files that were deleted while they are open count too."""
    if found["kind"] != "landlock":
        pytest.skip("bubblewrap's scratch folders are bounded by the kernel")
    assert found["filled"] != "None"


def test_a_program_behind_landlock_ends_as_it_does_elsewhere(found: dict[str, Any]) -> None:
    """Exit status and signal come through; nothing is left of its scratch folder."""
    if found["kind"] != "landlock":
        pytest.skip("tested with C++ programs")
    assert found["programs"] == [7, 139, 1]
    assert found["left"] == []


def test_a_new_beginning_finds_nothing_of_the_old(found: dict[str, Any]) -> None:
    """The same sandbox, begun again, can make the folders that it had made before."""
    assert found["made"] == found["made anew"] == {"found": True}


def test_what_landlock_cannot_hide(found: dict[str, Any]) -> None:
    """That a path exists can be asked behind Landlock: `docs/security.md` says so."""
    assert found["stranger"] == (found["kind"] == "landlock")
