"""Build and call a C++ submission.

The student's files are compiled in the sandbox together with our driver, once. Every test then has
a fresh process of the program, in a sandbox of its own. The driver answers calls over its own
descriptor; what the program prints, and how it ends, decides nothing. All answers are hostile:
frames are bounded, carry the number of the call that they answer, and hold numbers and text only.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import select
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, Any, NoReturn, Protocol

from autograder import verdict
from autograder.candidate import Patience
from autograder.course import Limits
from autograder.errors import CandidateLost, SandboxError
from autograder.sandbox import OWN_SCRATCH, Confined, Mount, own_cpu_s

FOLDER = "cpp"  # where a hand-in keeps its C++ files
WORK, KIT, PROGRAM = "/opt/work", "/opt/kit", "/opt/program/network"  # as seen inside
OBJECTS = "/tmp"  # inside: where the compiler writes
UNITS = frozenset({".cpp", ".cc", ".cxx", ".c"})
NOT_COMPILED = frozenset({"main.cpp", "main.cc", "main.c", "driver.cpp"})
NAME_LIMIT = 100  # characters
FLAGS = ("-std=c++17", "-O2", "-Wall", "-Wextra", "-fmax-errors=5", "-fdiagnostics-color=never")
C_FLAGS = ("-std=c11", *FLAGS[1:])
DRIVER_FLAGS = ("-std=c++17", "-O0", "-fmax-errors=5", "-fdiagnostics-color=never")
BUILD_CPU_S = 20.0  # an honest network takes about 3
BUILD_MEMORY_MB = 2048
PRINTED_LIMIT = 2000  # characters of the program's prints that are kept
LINES_SHOWN = 12  # of the compiler's, about its first error
IDLE_S = 20.0  # wall time without any work, after which a program is held to sleep
WATCH_S = 0.02  # how often the limits are looked at while we wait
CLOCK_S = 0.1  # and the clock: the kernel tells processor time in hundredths of a second
HEAD = struct.Struct("=QB")
SIZE = struct.Struct("=I")

# As in driver.cpp.
(NEW, DROP, DESCRIPTION, FORWARD, LOSS, BACKWARD, GRADIENT_DESCENT, TRAIN_STEP, TRAIN, TEST,
 PARAMETERS, SET_PARAMETERS) = range(12)  # fmt: skip
TOLD = frozenset({DESCRIPTION, FORWARD, LOSS, TRAIN_STEP, TRAIN, TEST})  # results worth showing
NOT_WRITTEN = 2
KINDS: tuple[tuple[str, type[Exception]], ...] = (
    ("std::invalid_argument", ValueError),
    ("std::out_of_range", IndexError),
    ("std::logic_error", NotImplementedError),
    ("std::bad_alloc", MemoryError),
    ("std::logic_error", RuntimeError),
    ("std::exception", RuntimeError),
    ("an exception", RuntimeError),
)
DEATHS = {
    "SIGSEGV": (
        "it read or wrote memory that is not its own",
        "Look for an index past the end of a vector, and for recursion without an end.",
    ),
    "SIGABRT": (
        "it aborted",
        "Look for memory that is written past its end or freed twice, and for a failed assert.",
    ),
    "SIGFPE": (
        "an integer was divided by zero",
        "Look for a division or a remainder by a number that can be 0.",
    ),
    "SIGBUS": (
        "it read or wrote memory that is not there",
        "Look for pointers that point nowhere.",
    ),
    "SIGILL": (
        "it reached code that must not be reached",
        "Look for a function that ends without a return.",
    ),
    "SIGXFSZ": (
        "it printed or wrote more than is allowed",
        "Print at most a line for every epoch.",
    ),
}
TIME_HINT = "Look for a loop that never ends, and for copies of whole data sets inside of loops."
IDLE_HINT = "Look for sleep, for reading from the keyboard, and for threads that wait."
PROCESSES_HINT = "A network needs one process: look for fork."
MEMORY_HINT = "Look for a vector that grows with every step."
SANDBOX_FAILED = "The sandbox for your program failed on our side; a person will look at it."
FORM_HINT = "Leave the program's descriptors alone: only return values count."


class Session(Protocol):
    """What a test remembers of the program; see `candidate.Session`."""

    lost: CandidateLost | None
    raised: Mapping[str, Any] | None
    last_call: str


class ProgramLost(CandidateLost):
    """The student's program died, ran out of a limit, or sent what cannot be read.

    Args:
        what: One sentence for the student.
        reason: As for `CandidateLost`.
        hint: Where to look.
    """

    def __init__(self, what: str, reason: str, hint: str) -> None:
        super().__init__(what, reason)
        self.hint = hint


# --- what a compiler says ---------------------------------------------------------------


@dataclass(frozen=True)
class Explanation:
    """The first error of a build in the student's terms.

    Attributes:
        kind: Stable word, for example `missing-semicolon`.
        message: What is wrong and where.
        hint: The likely cure; may be empty.
        code: The compiler's own lines about it.
    """

    kind: str
    message: str
    hint: str = ""
    code: str = ""


@dataclass(frozen=True)
class Cause:
    """A message of the compiler or the linker, what it means, and the likely cure.

    `{1}`, `{2}` stand for what the pattern's groups found.
    """

    kind: str
    pattern: re.Pattern[str]
    meaning: str
    cure: str


def _cause(kind: str, pattern: str, meaning: str, cure: str) -> Cause:
    return Cause(kind, re.compile(pattern), meaning, cure)


STANDARD_HEADERS = {
    "exp": "cmath", "log": "cmath", "sqrt": "cmath", "tanh": "cmath", "pow": "cmath",
    "fabs": "cmath", "isnan": "cmath", "isfinite": "cmath", "max": "algorithm", "min": "algorithm",
    "max_element": "algorithm", "shuffle": "algorithm", "sort": "algorithm", "swap": "utility",
    "accumulate": "numeric", "iota": "numeric", "inner_product": "numeric", "mt19937": "random",
    "normal_distribution": "random", "uniform_real_distribution": "random", "string": "string",
    "to_string": "string", "vector": "vector", "cout": "iostream", "cerr": "iostream",
    "endl": "iostream", "invalid_argument": "stdexcept", "runtime_error": "stdexcept",
    "logic_error": "stdexcept", "out_of_range": "stdexcept", "unique_ptr": "memory",
    "make_unique": "memory", "function": "functional", "array": "array", "map": "map",
    "ostringstream": "sstream", "stringstream": "sstream", "numeric_limits": "limits",
    "size_t": "cstddef", "memcpy": "cstring", "rand": "cstdlib", "printf": "cstdio",
    "assert": "cassert",
}  # fmt: skip
Q = "['‘’`\"]"
CAUSES = (
    _cause("own-header-missing", r"nn\.hpp: No such file", "the file nn.hpp is not in the hand-in",
           "Hand in the whole folder cpp/, nn.hpp included."),
    _cause("header-missing", r"(\S+): No such file or directory", "there is no header {1}",
           "Hand in the file beside nn.cpp, or check its name; only the standard library is here."),
    _cause("include-loop", r"#include nested (?:depth|too deeply)", "files include each other",
           "A .cpp file includes headers, no .cpp file; a header begins with its guard."),
    _cause("odd-character", rf"stray {Q}|extended character",
           "a character stands there that C++ does not know",
           "Type the line anew: a blank, dash or quotation mark that was copied from a page or "
           "written by a word processor only looks like the right one."),
    _cause("missing-semicolon", rf"expected {Q}[,;]+{Q}(?: or {Q};{Q})?.* (?:before|after|at end)",
           "a semicolon is missing", "Look at the end of this line and of the line before it."),
    _cause("missing-brace", rf"expected {Q}\}}{Q} at end of input|expected unqualified-id before "
           rf"{Q}\}}{Q}|expected declaration before {Q}\}}{Q}",
           "the braces do not match", "Count { and }: each function closes what it opens."),
    _cause("missing-parenthesis", rf"expected {Q}\){Q}", "a closing parenthesis is missing",
           "Count ( and ) in this statement."),
    _cause("undeclared", rf"{Q}(\w+){Q} was not declared in this scope",
           "the name `{1}` is not known here",
           "Check its spelling and that it is declared before this line{include}."),
    _cause("undeclared", rf"{Q}(\w+){Q} is not a member of {Q}std{Q}",
           "`std::{1}` is not known here", "Check its spelling{include}."),
    _cause("undeclared", rf"{Q}(\w+){Q} does not name a type",
           "the type `{1}` is not known here",
           "Check its spelling, `std::` in front of it, and that it is declared above{include}."),
    _cause("not-a-member", rf"{Q}(?:class |struct )?([^'’]+){Q} has no member named {Q}(\w+){Q}",
           "`{1}` has no member `{2}`",
           "Check the name; declare new members of the network in nn.hpp, after `private:`."),
    _cause("not-declared-in-class",
           rf"no declaration matches {Q}([^'’]+){Q}|(?:prototype for|no) {Q}([^'’]+){Q}.*"
           r"(?:does not match|member function declared)",
           "`{1}` does not stand in nn.hpp in this form",
           "Copy the line from nn.hpp exactly: result, arguments and `const`; or add it there."),
    _cause("no-match", rf"no matching function for call to {Q}(.+){Q}",
           "no function fits the call `{1}`",
           "Compare the number and the types of the arguments with the function's declaration."),
    _cause("no-match", rf"no match for {Q}(operator.+?){Q}",
           "`{1}` does not exist for these types",
           "A vector has no +, - or *: go through its elements in a loop."),
    _cause("const", r"discards qualifiers|assignment of member .* in read-only object",
           "a function declared `const` changes the network",
           "forward may change members; loss, description and parameters may not."),
    _cause("type-mismatch",
           rf"(?:cannot convert|invalid conversion from|could not convert) {Q}?(.+)",
           "a value has the wrong type: {1}",
           "Compare the type of the value with what is expected there."),
    _cause("missing-return", r"no return statement in function returning non-void|return-statement "
           r"with no value", "a function ends without returning a value",
           "End every path through it with `return`."),
    _cause("redefinition", rf"redefinition of {Q}(.+?){Q}", "`{1}` is defined twice",
           "Keep one of the two definitions."),
    _cause("private", rf"{Q}(.+?){Q} is private within this context",
           "`{1}` is private", "Keep everything public that nn.hpp declares as public."),
    _cause("too-large", r"File too large|file truncated|No space left on device",
           "the compiler's result is too large", "Do not put large tables into the source."),
)  # fmt: skip
LINK_CAUSES = (
    _cause("main-twice", rf"multiple definition of {Q}main{Q}",
           "there is a function `main` in your files",
           "Move it to main.cpp: that file is for your own runs and is not compiled here."),
    _cause("multiple-definition", rf"([^:]+):\(\.\S+\): multiple definition of {Q}(.+?){Q}; "
           r"(?:[^:]+\.o:)?([^:]+):\(.*first defined here",
           "`{2}` is defined in {1} and in {3}",
           "Hand in one of the two, or put each function into one file; write `inline` before "
           "functions in a header."),
    _cause("multiple-definition", rf"multiple definition of {Q}(.+?){Q}",
           "`{1}` is defined in two files",
           "Put each function into one .cpp file; write `inline` before functions in a header."),
    _cause("undefined-reference", rf"undefined reference to {Q}(.+?){Q}(?:$|\s)",
           "`{1}` is declared and used, but never written",
           "Write its body in nn.cpp, with exactly the arguments of its declaration."),
)  # fmt: skip
PLACE = re.compile(r"^(?P<file>[^:\n]+):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<said>.*)$")


def explain(said: str) -> Explanation:
    """The first error in a compiler's or linker's lines, explained.

    Args:
        said: What the tool printed, in English.
    """
    lines = said.splitlines()
    for number, line in enumerate(lines):
        if found := PLACE.match(line):
            return _explain_place(found, lines[number:])
    for cause in LINK_CAUSES:
        for number, line in enumerate(lines):
            if match := cause.pattern.search(line):
                meaning, cure = _fill(cause, match)
                code = _first_lines(lines[max(0, number - 1) : number + 2])
                return Explanation(cause.kind, f"Your files do not link: {meaning}.", cure, code)
    killed = re.search(
        r"Killed|virtual memory exhausted|out of memory|internal compiler error", said
    )
    if killed:
        return Explanation(
            "compiler-died",
            "The compiler gave up on your files: they need more memory than it may use.",
            "Look for very deep templates, recursive includes and huge arrays.",
            _first_lines(lines),
        )
    return Explanation(
        "unknown",
        "Your files do not compile.",
        "Compile them on your machine.",
        _first_lines(lines),
    )


def _explain_place(found: re.Match[str], lines: Sequence[str]) -> Explanation:
    file, line, text = found["file"], found["line"], found["said"]
    code = _first_lines(lines)
    for cause in CAUSES:
        if match := cause.pattern.search(text):
            meaning, cure = _fill(cause, match)
            break
    else:
        cause, meaning, cure = None, f"the compiler says: {text}", ""
    kind = cause.kind if cause else "other"
    if PurePosixPath(file).name == "driver.cpp":
        return Explanation(
            f"interface-{kind}",
            f"Your class does not have the interface of nn.hpp any more: {meaning}.",
            "Restore what nn.hpp declares as public: names, arguments, results and `const`.",
            code,
        )
    return Explanation(
        kind, f"Your files do not compile. In {file}, line {line}: {meaning}.", cure, code
    )


def _fill(cause: Cause, match: re.Match[str]) -> tuple[str, str]:
    """Meaning and cure with what the pattern found."""
    groups = [verdict.shorten(g.replace("[abi:cxx11]", ""), 120) for g in match.groups() if g]
    header = STANDARD_HEADERS.get(groups[0], "") if groups else ""
    include = f"; `#include <{header}>` brings it" if header else ""

    def filled(text: str) -> str:
        for number, group in enumerate(groups, 1):
            text = text.replace(f"{{{number}}}", group)
        return text.replace("{include}", include)

    return filled(cause.meaning), filled(cause.cure)


def _first_lines(lines: Sequence[str]) -> str:
    """The lines about one error: up to the next error, and not many."""
    kept: list[str] = []
    for line in lines[:LINES_SHOWN]:
        if kept and PLACE.match(line):
            break
        kept.append("".join(c if c.isprintable() or c == "\t" else "�" for c in line[:200]))
    return "\n".join(kept)


# --- the hand-in's files ----------------------------------------------------------------


def _is_safe(path: str) -> bool:
    """Whether a path stays in the folder and can be shown; no shell ever reads it."""
    parts = path.split("/")
    return (
        parts[0].casefold() == FOLDER
        and len(parts) > 1
        and all(p.isprintable() and p[:1] not in ("", ".", "-", "@") for p in parts)
        and all(len(p.encode()) <= NAME_LIMIT for p in parts)
    )


def _units(files: Mapping[str, bytes]) -> list[str]:
    """The files to compile, in a fixed order."""
    paths = (PurePosixPath(f) for f in sorted(files))
    return [str(p) for p in paths if p.suffix.lower() in UNITS and p.name not in NOT_COMPILED]


def _nothing_to_build(units: Sequence[str], files: Mapping[str, bytes]) -> Explanation | None:
    """Why there is nothing to compile; None where there is."""
    if not units:
        return Explanation(
            "no-file",
            f"There is no file {FOLDER}/nn.cpp in your hand-in.",
            f"Hand in the folder {FOLDER}/ with the files nn.cpp and nn.hpp.",
        )
    if all(not files[unit].strip() for unit in units):
        cure = "Write the functions of nn.hpp; see whether your work was saved and committed."
        return Explanation("empty-file", f"The file {units[0]} is empty.", cure)
    return None


def _not_text(units: Sequence[str], files: Mapping[str, bytes]) -> Explanation | None:
    """The first file that compilers cannot read as text; None where there is none."""
    for unit in units:
        if files[unit][:2] in (b"\xff\xfe", b"\xfe\xff"):
            what = f"The file {unit} is saved as UTF-16."
            return Explanation("not-text", what, "Save it as plain text in UTF-8.")
        if b"\0" in files[unit]:
            what = f"The file {unit} is no text: it holds zero bytes."
            return Explanation("not-text", what, "Hand in the source, not what was built from it.")
    return None


def _commands(units: Sequence[str], kit: str, objects: str) -> list[list[str]]:
    """What compiles the units and the driver, and links them."""
    made, commands = [], []
    for number, unit in enumerate(units):
        target = f"{objects}/unit{number}.o"
        tool, flags = ("gcc", C_FLAGS) if unit.endswith(".c") else ("g++", FLAGS)
        commands.append([tool, *flags, f"-I{FOLDER}", "-c", unit, "-o", target])
        made.append(target)
    driver = f"{objects}/driver.o"
    source = f"{kit}/driver.cpp"
    commands.append(["g++", *DRIVER_FLAGS, f"-I{FOLDER}", "-c", source, "-o", driver])
    commands.append(["g++", driver, *made, "-o", f"{objects}/network"])
    return commands


# --- frames -----------------------------------------------------------------------------


def _row(values: Any) -> bytes:
    """A row of numbers as it is sent."""
    listed = values.tolist() if hasattr(values, "tolist") else list(values)
    numbers = [float(v) for v in listed]
    return SIZE.pack(len(numbers)) + struct.pack(f"={len(numbers)}d", *numbers)


def _samples(rows: Any) -> bytes:
    listed = rows.tolist() if hasattr(rows, "tolist") else list(rows)
    return SIZE.pack(len(listed)) + b"".join(_row(r) for r in listed)


class _Value:
    """What a frame holds, read with every length checked."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            raise ValueError("its parts are longer than the whole")
        self.at += size
        return self.data[self.at - size : self.at]

    def whole(self) -> int:
        return int(SIZE.unpack(self.take(SIZE.size))[0])

    def number(self) -> float:
        return float(struct.unpack("=d", self.take(8))[0])

    def row(self) -> list[float]:
        count = self.whole()
        return list(struct.unpack(f"={count}d", self.take(8 * count)))

    def text(self) -> str:
        return self.take(self.whole()).decode("utf-8", "replace")

    def nothing(self) -> None:
        return None

    def end(self) -> None:
        if self.at != len(self.data):
            raise ValueError("there is more than was asked for")


# --- confined runs ----------------------------------------------------------------------

# A byte that no code of the student's can hold back or forge says that the sandbox stands. Python
# would ignore some signals, and the program after it; `sh` knows descriptors up to 9 alone.
SIGN = ("bash", "-c", 'printf . >&"$0"; exec "$@"')


class _Run:
    """One confined run with its budget, and a socket to it.

    Args:
        confined: The run.
        sock: Our end.
        limits: Of memory and processes; wall time follows from `cpu_s`, as for notebooks.
        cpu_s: Processor time allowed.
        kind: Which sandbox it is.
    """

    def __init__(
        self, confined: Confined, sock: socket.socket, limits: Limits, cpu_s: float, kind: str
    ) -> None:
        self.confined, self.sock, self.limits, self.budget_s = confined, sock, limits, cpu_s
        self.kind = kind
        self.patience = Patience(cpu_s * limits.wall_factor, 0.0)
        self.worked_at = self.answered_at = self.patience.start
        self.worked_s = 0.0
        self.next_look = self.patience.start + WATCH_S
        self.processes = self.most_processes = 0  # at the start, and at any time
        sock.setblocking(False)

    def send(self, data: bytes) -> None:
        """Send everything.

        Raises:
            OSError: The other end is gone.
            ProgramLost: A limit was reached.
        """
        view = memoryview(data)
        self._resume()
        while view:
            self._look()
            if select.select([], [self.sock], [], WATCH_S)[1]:
                view = view[self.sock.send(view) :]

    def _resume(self) -> None:
        """Leave the time since its last answer out of account: nobody has asked it for anything."""
        self.worked_at = now = time.monotonic()
        pause_s = now - self.answered_at
        self.patience.start += pause_s
        self.patience.looked += pause_s

    def receive(self, size: int) -> bytes:
        """Receive so many bytes, or fewer where the other end closes.

        Raises:
            OSError: The other end is gone.
            ProgramLost: A limit was reached.
        """
        kept = bytearray()
        while len(kept) < size:
            self._look()
            if not select.select([self.sock], [], [], WATCH_S)[0]:
                continue
            block = self.sock.recv(min(size - len(kept), 1 << 20))
            if not block:
                break
            kept += block
        self.answered_at = time.monotonic()
        return bytes(kept)

    def _look(self) -> None:
        """Watch every now and then, also while bytes keep coming."""
        now = time.monotonic()
        if now >= self.next_look:
            self.next_look = now + WATCH_S
            self.watch()

    def watch(self) -> None:
        """Raise where a limit is reached."""
        usage = self.confined.usage()
        self.most_processes = max(self.most_processes, usage.processes)
        if usage.memory_mb > self.limits.memory_mb:
            text = f"It used more than {self.limits.memory_mb} MB of memory."
            raise ProgramLost(text, "out_of_memory", MEMORY_HINT)
        if usage.processes > self.limits.processes:
            text = f"It started more than {self.limits.processes} processes."
            raise ProgramLost(text, "crashed", PROCESSES_HINT)
        if usage.cpu_s > self.budget_s:
            text = f"It did not end within {self.budget_s:g} s of processor time."
            raise ProgramLost(text, "timed_out", TIME_HINT)
        now = time.monotonic()
        if usage.cpu_s > self.worked_s:
            self.worked_s, self.worked_at = usage.cpu_s, now
        if now - self.worked_at > IDLE_S:
            text = f"It was waited for, and did nothing for {IDLE_S:g} s."
            raise ProgramLost(text, "timed_out", IDLE_HINT)
        if now - self.patience.looked < CLOCK_S:
            return
        if wall_s := self.patience.ends_after(usage.cpu_s):
            raise ProgramLost(f"It did not end within {wall_s:g} s.", "timed_out", TIME_HINT)

    def await_start(self) -> None:
        """Wait for the sign that the sandbox stands.

        Raises:
            SandboxError: It does not: that is no fault of the student's.
        """
        try:
            sign = self.receive(1)
        except (OSError, ProgramLost):
            sign = b""
        if not sign:
            self._fail("the sandbox for a C++ program did not start")
        self.processes = self.confined.usage().processes

    def unreadable(self, error: ValueError) -> ProgramLost:
        """Why a result cannot be read; a limit that was reached meanwhile comes first."""
        try:
            self.watch()
        except ProgramLost as lost:
            return lost
        if self.most_processes > self.processes > 0:
            text = "Your program started further processes: not one alone sends results."
            return ProgramLost(text, "protocol", PROCESSES_HINT)
        text = f"What came back from your program cannot be read: {error}."
        return ProgramLost(text, "protocol", FORM_HINT)

    def _fail(self, what: str) -> NoReturn:
        cure = "run `autograder doctor`, then grade again"
        raise SandboxError(f"{what}: {self.confined.complaint()}", self.kind, cure)

    def death(self) -> ProgramLost:
        """How the run ended by itself.

        Raises:
            SandboxError: It was ended from outside: no student can signal its guard.
        """
        with contextlib.suppress(Exception):
            self.confined.process.wait(timeout=5.0)
        code = self.confined.process.poll()
        if code is None:
            text = "Your program closed the descriptor that its results go over."
            return ProgramLost(text, "protocol", FORM_HINT)
        if code < 0 and self.kind != "none":
            self._fail(f"the sandbox was ended by signal {-code}")
        number = -code if code < 0 else code - 128
        name = signal.Signals(number).name if number in set(signal.Signals) else ""
        if name in DEATHS:
            what, hint = DEATHS[name]
            return ProgramLost(f"Your program crashed ({name}): {what}.", "crashed", hint)
        if name:
            return ProgramLost(f"Your program was ended by {name}.", "crashed", MEMORY_HINT)
        text = f"Your program ended itself with exit status {code}."
        return ProgramLost(text, "crashed", "Look for exit(), abort() and a failed assert.")

    def close(self) -> float:
        """End it; processor seconds that `own_cpu_s` has not seen."""
        self.sock.close()
        used, seen = self.confined.usage().cpu_s, own_cpu_s()
        self.confined.kill()
        return max(0.0, used - (own_cpu_s() - seen))


def _unnoted(wall_s: float) -> None:
    """Nobody asks how long it was waited for."""


# --- the program ------------------------------------------------------------------------


class Program:
    """A hand-in's C++ network: built once, then called by tests.

    Args:
        files: The hand-in's files by path, for example `cpp/nn.cpp`; others are left out.
        limits: Of one submission.
        sandbox: `bubblewrap`, `landlock` or `none`.
    """

    def __init__(self, files: Mapping[str, bytes], limits: Limits, sandbox: str) -> None:
        self.files = {FOLDER + k[len(FOLDER) :]: v for k, v in files.items() if _is_safe(k)}
        self.limits = replace(limits, memory_mb=min(limits.memory_mb, BUILD_MEMORY_MB))
        self.sandbox = sandbox
        self.warnings = ""
        self._problem: Explanation | None = None
        self._failure: SandboxError | None = None  # of ours, not the student's
        self._built = False
        self._cpu_s = 0.0
        self._on_waited: Callable[[float], None] = _unnoted
        self._folder = tempfile.TemporaryDirectory(prefix="network-")
        self._root = Path(self._folder.name)
        self._root.chmod(0o755)
        self._session: Session | None = None
        self._turn = 0
        self._budget_s = 0.0
        self._run: _Run | None = None
        self._prints: IO[bytes] | None = None

    def bridge(self) -> types.ModuleType:
        """A module `cpp.bridge` whose `NeuralNetwork` is this program's."""
        module = types.ModuleType(f"{FOLDER}.bridge", "The handed-in network.")
        vars(module)["NeuralNetwork"] = _network_class(self)
        return module

    def cpu_s(self) -> float:
        """Processor time so far, building included, as far as `sandbox.own_cpu_s` misses it."""
        running = self._run.confined.usage().cpu_s if self._run else 0.0
        return self._cpu_s + running

    def close(self) -> None:
        """End what runs and remove what was built."""
        self._end_run()
        self._folder.cleanup()

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Building.

    def build(self) -> Explanation | None:
        """Build it, if that has not been done; why it cannot be used, or None.

        Raises:
            SandboxError: This machine has no C++ compiler, or its sandbox fails.
        """
        if not self._built:
            self._problem = self._build()
            self._built = True
        return self._problem

    def _build(self) -> Explanation | None:
        units = _units(self.files)
        if problem := _nothing_to_build(units, self.files):
            return problem
        if shutil.which("g++") is None:
            raise SandboxError(
                "there is no C++ compiler",
                "g++",
                "install g++ (Debian and Ubuntu: apt install g++)",
            )
        self._write_files()
        run, product = self._start_builder(units)
        try:
            data = run.receive(SIZE.size)
            head = run.receive(SIZE.unpack(data)[0]) if len(data) == SIZE.size else b""
            binary = run.receive(self.limits.file_mb * 2**20 + 1) if head else b""
        except (ProgramLost, OSError) as error:
            return _limit_reached(error)
        finally:
            self._cpu_s += run.close()
        return self._take_build(head, binary, product)

    def _write_files(self) -> None:
        for path, data in self.files.items():
            target = self._root / "work" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        (self._root / "program").mkdir()
        (self._root / "objects").mkdir()

    def _start_builder(self, units: Sequence[str]) -> tuple[_Run, Path]:
        here = Path(__file__).resolve().parent
        confined = self.sandbox == "bubblewrap"
        work = WORK if confined else str(self._root / "work")
        objects = OBJECTS if confined else str(self._root / "objects")
        kit = KIT if confined else str(self._root / "kit")
        script = f"{kit}/builder.py"
        mounts = [
            Mount(self._root / "work", WORK),
            Mount(here / "builder.py", f"{KIT}/builder.py"),
            Mount(here / "driver" / "driver.cpp", f"{KIT}/driver.cpp"),
        ]
        if not confined:
            mounts = [mounts[0], self._copy_of_ours(mounts[1:])]
        if self.sandbox == "landlock":
            objects = str(self._root / OWN_SCRATCH / "tmp")
        order = {
            "folder": work,
            "commands": _commands(units, kit, objects),
            "product": f"{objects}/network",
        }
        argv = [sys.executable, "-I", "-S", script]
        run = self._start(argv, mounts, BUILD_CPU_S, lambda fd: [str(fd), json.dumps(order)])
        return run, self._root / "program" / "network"

    def _copy_of_ours(self, mounts: Sequence[Mount]) -> Mount:
        """Our own files where a sandbox that cannot show them at another place can read them."""
        folder = self._root / "kit"
        folder.mkdir(exist_ok=True)
        for mount in mounts:
            copy = folder / PurePosixPath(mount.target).name
            copy.write_bytes(mount.source.read_bytes())
            copy.chmod(0o644)
        return Mount(folder, str(folder))

    def _take_build(self, head: bytes, binary: bytes, product: Path) -> Explanation | None:
        """Keep what was built, or explain why nothing was. `head` is hostile."""
        try:
            found = json.loads(head)
            said, failed = [str(s) for s in found["said"]], found["failed"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return _limit_reached(None)
        cleaned = [self._cleaned(s) for s in said]
        self.warnings = "\n".join(cleaned).strip()[:PRINTED_LIMIT]
        if failed is not None:
            return _not_text(_units(self.files), self.files) or explain((cleaned or [""])[-1])
        if not binary or len(binary) > self.limits.file_mb * 2**20:
            return Explanation("too-large", "The program built from your files is too large.")
        product.write_bytes(binary)
        product.chmod(0o755)
        return None

    def _cleaned(self, said: str) -> str:
        """A compiler's lines without our folders."""
        folders = ("work", "objects", "kit", f"{OWN_SCRATCH}/tmp")
        ours = (WORK, KIT, OBJECTS, *(str(self._root / f) for f in folders))
        for folder in ours:
            said = said.replace(f"{folder}/", "")
        return said

    # Running.

    def _start(
        self,
        argv: Sequence[str],
        mounts: Sequence[Mount],
        cpu_s: float,
        more: Callable[[int], list[str]],
        fds: Sequence[int] = (),
    ) -> _Run:
        ours, theirs = socket.socketpair()
        try:
            confined = Confined(
                [*SIGN, str(theirs.fileno()), *argv, *more(theirs.fileno())], self.limits, mounts,
                kind=self.sandbox, fds=[theirs.fileno(), *fds], folder=self._root,
            )  # fmt: skip
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        run = _Run(confined, ours, self.limits, cpu_s, self.sandbox)
        try:
            run.await_start()
        except BaseException:
            self._cpu_s += run.close()
            raise
        return run

    @contextlib.contextmanager
    def turn(
        self, cpu_s: float, session: Session, on_waited: Callable[[float], None] = _unnoted
    ) -> Iterator[None]:
        """Let one test use the program, in a process of its own.

        Args:
            cpu_s: Processor time allowed, building not counted.
            session: Remembers what went wrong: `lost` where the program was lost.
            on_waited: Told after each call how long it was waited for, in seconds of wall time.

        Raises:
            SandboxError: At the end of the turn, where the sandbox failed during it.
        """
        self._session, self._budget_s = session, cpu_s
        self._turn += 1
        self._on_waited = on_waited
        try:
            yield
        finally:
            self._end_run()
            self._session = None
        if (failure := self._failure) is not None:
            self._failure = None
            raise failure

    def printed(self) -> str:
        """What the program printed during this turn, shortened."""
        if self._prints is None:
            return ""
        data = os.pread(self._prints.fileno(), PRINTED_LIMIT * 4, 0)
        return data.decode("utf-8", "replace")[:PRINTED_LIMIT]

    def _begin_run(self) -> _Run:
        if self._run is None:
            self._prints = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the run)
            prints = self._prints.fileno()
            binary = self._root / "program" / "network"
            inside = PROGRAM if self.sandbox == "bubblewrap" else str(binary)
            self._run = self._start(
                [inside], [Mount(binary, PROGRAM)], self._budget_s,
                lambda fd: [str(fd), str(fd), str(prints)], [prints],
            )  # fmt: skip
        return self._run

    def _end_run(self) -> None:
        if self._run is not None:
            self._cpu_s += self._run.close()
            self._run = None
        if self._prints is not None:
            self._prints.close()
            self._prints = None

    def ask(self, function: int, arguments: bytes, read: Callable[[_Value], Any]) -> Any:
        """Call one function of the driver.

        Raises:
            CandidateLost: The program was lost, now or before.
            Exception: What the student's code threw, as a builtin type.
        """
        session = self._session
        if session is None:
            raise RuntimeError("a network can be used only inside of a test")
        if session.lost is not None:
            raise session.lost
        begin = time.monotonic()
        try:
            return self._asked(function, arguments, read, session)
        finally:
            self._on_waited(time.monotonic() - begin)

    def _asked(
        self, function: int, arguments: bytes, read: Callable[[_Value], Any], session: Session
    ) -> Any:
        """The answer; what went wrong stays in the session, or with us where it is our fault."""
        try:
            return self._answer(self._begin_run(), function, arguments, read, session)
        except SandboxError as error:
            self._failure = error
            verdict.ungraded(SANDBOX_FAILED)

    def _answer(
        self,
        run: _Run,
        function: int,
        arguments: bytes,
        read: Callable[[_Value], Any],
        session: Session,
    ) -> Any:
        try:
            return self._exchange(run, function, arguments, read, session)
        except ProgramLost as lost:
            session.lost = lost
        except OSError:
            session.lost = run.death()
        except ValueError as error:
            if getattr(error, "__candidate__", False):
                raise
            session.lost = run.unreadable(error)
        raise session.lost

    def _exchange(
        self,
        run: _Run,
        function: int,
        arguments: bytes,
        read: Callable[[_Value], Any],
        session: Session,
    ) -> Any:
        number = secrets.randbits(64)
        call = HEAD.pack(number, function) + arguments
        run.send(SIZE.pack(len(call)) + call)
        size = SIZE.unpack(_all(run, SIZE.size))[0]
        if not HEAD.size <= size <= self.limits.file_mb * 2**20:
            raise ValueError("a result of impossible length")
        answered, outcome = HEAD.unpack(_all(run, HEAD.size))
        if answered != number:
            raise ValueError("it is no answer to what was asked")
        value = _Value(_all(run, size - HEAD.size))
        if outcome == 1:
            _raise(value, session)
        if outcome != 0:
            raise ValueError("it has no known outcome")
        result = read(value)
        value.end()
        session.last_call = _described(result) if function in TOLD else ""
        return result

    def create(self, sizes: Sequence[int], seed: int) -> tuple[int, int]:
        """A new network: the turn it lives in, and its number there."""
        if self._session is None:
            raise RuntimeError("a network can be made only inside of a test")
        if self._session.lost is not None:
            raise self._session.lost
        problem = self.build()
        if problem is not None:
            verdict.fail(
                problem.message, hint=problem.hint, code=problem.code, note="does-not-compile"
            )
        numbers = [int(s) for s in sizes]
        head = SIZE.pack(len(numbers)) + struct.pack(f"={len(numbers)}i", *numbers)
        return self._turn, self.ask(NEW, head + SIZE.pack(int(seed)), _Value.whole)

    def use(
        self, place: tuple[int, int], function: int, arguments: bytes, read: Callable[[_Value], Any]
    ) -> Any:
        """Call a function of a network."""
        if place[0] != self._turn:
            raise RuntimeError("a network lives as long as its test: make a new one")
        return self.ask(function, SIZE.pack(place[1]) + arguments, read)


def _all(run: _Run, size: int) -> bytes:
    data = run.receive(size)
    if len(data) < size:
        raise ConnectionError("it ended")
    return data


def _raise(value: _Value, session: Session) -> NoReturn:
    """Raise what the student's code threw, as a builtin type."""
    kind = value.take(1)[0]
    text = value.text()
    value.end()
    if kind >= len(KINDS):
        raise ValueError("an error of unknown kind")
    name, builtin = KINDS[kind]
    if kind == NOT_WRITTEN:
        function = verdict.shorten(text.partition(":")[0], 40)
        session.last_call = ""
        verdict.fail(f"`{function}` in nn.cpp is still to be written.", note="not-answered")
    session.raised = {"name": name, "message": text, "place": {}}
    raised: Any = builtin(text)
    raised.__candidate__ = True
    raise raised


def _described(result: Any) -> str:
    """A result in words, for a verdict that names none."""
    if isinstance(result, list):
        shown = ", ".join(f"{v:.6g}" for v in result[:6])
        return f"[{shown}]" if len(result) <= 6 else f"[{shown}, …], {len(result)} numbers"
    return verdict.shorten(f"{result:.6g}" if isinstance(result, float) else result)


def _limit_reached(error: Exception | None) -> Explanation:
    reason = (
        error.what if isinstance(error, ProgramLost) else "The compiler ended without a result."
    )
    return Explanation(
        "limit",
        f"Your files could not be compiled. {reason}",
        "Look for very deep templates, recursive includes and huge arrays.",
    )


# --- what tests call --------------------------------------------------------------------


def _network_class(program: Program) -> type:
    """The class `NeuralNetwork` of a program, with the functions of nn.hpp."""

    class NeuralNetwork:
        """A network of the handed-in program; see nn.hpp."""

        def __init__(self, layer_sizes: Sequence[int], seed: int) -> None:
            self._place = program.create(layer_sizes, seed)

        def description(self) -> str:
            """Which network it says it is."""
            return str(program.use(self._place, DESCRIPTION, b"", _Value.text))

        def forward(self, x: Any) -> list[float]:
            """The prediction for one sample."""
            return list(program.use(self._place, FORWARD, _row(x), _Value.row))

        def loss(self, y_hat: Any, y: Any) -> float:
            """The loss of one prediction."""
            return float(program.use(self._place, LOSS, _row(y_hat) + _row(y), _Value.number))

        def backward(self, y: Any) -> None:
            """Gradients at the last forward."""
            program.use(self._place, BACKWARD, _row(y), _Value.nothing)

        def gradient_descent(self, learning_rate: float) -> None:
            """One step with the kept gradients."""
            rate = struct.pack("=d", learning_rate)
            program.use(self._place, GRADIENT_DESCENT, rate, _Value.nothing)

        def train_step(self, x: Any, y: Any, learning_rate: float) -> float:
            """One step for one sample; the loss before it."""
            arguments = _row(x) + _row(y) + struct.pack("=d", learning_rate)
            return float(program.use(self._place, TRAIN_STEP, arguments, _Value.number))

        def train(self, X: Any, Y: Any, epochs: int, learning_rate: float) -> float:
            """The training loop; the last epoch's mean loss."""
            arguments = _samples(X) + _samples(Y) + struct.pack("=id", epochs, learning_rate)
            return float(program.use(self._place, TRAIN, arguments, _Value.number))

        def test(self, X: Any, Y: Any) -> float:
            """The testing loop: accuracy."""
            return float(program.use(self._place, TEST, _samples(X) + _samples(Y), _Value.number))

        def parameters(self) -> list[float]:
            """All parameters in one row."""
            return list(program.use(self._place, PARAMETERS, b"", _Value.row))

        def set_parameters(self, p: Any) -> None:
            """Put parameters back."""
            program.use(self._place, SET_PARAMETERS, _row(p), _Value.nothing)

    return NeuralNetwork
