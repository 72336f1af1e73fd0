"""Use the network of nn.cpp from Python: `from cpp.bridge import NeuralNetwork`.

The first network that you make compiles nn.cpp and starts the program; a later one compiles again
only if a file has changed. Numbers go in as lists, come out as floats and lists of floats. An
exception of C++ becomes one of Python. Nothing to fill in here; the standard library is enough.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
FLAGS = ["-std=c++17", "-O2", "-Wall", "-Wextra", "-D_GLIBCXX_ASSERTIONS"]
C_FLAGS = ["-std=c11", "-O2", "-Wall", "-Wextra"]
UNITS = {".cpp", ".cc", ".cxx", ".c"}
NOT_COMPILED = {"main.cpp", "main.cc", "main.c", "driver.cpp"}
C_COMPILERS = {"clang++": "clang", "g++": "gcc", "c++": "cc"}  # beside each C++ compiler
COMPILE_LIMIT_S = 120
HINTS = {  # what the compiler says, and what to do
    r"nn\.hpp: No such file": "nn.hpp has to lie in the same folder",
    r"expected '[,;]+'": "look for a missing semicolon here or on the line before",
    r"expected '\}'": "count { and }",
    r"expected '\)'": "count ( and )",
    r"was not declared|is not a member of 'std'|does not name a type": (
        "check the spelling, and whether an #include is missing"
    ),
    r"no declaration matches": "copy the line from nn.hpp exactly, with its arguments and const",
    r"no matching function": "compare number and types of the arguments",
    r"discards qualifiers|read-only": "a const function may not change the network",
    r"multiple definition of 'main'": "move main to main.cpp",
    r"undefined reference": (
        'the body of this function is missing, or it is written in C and lacks extern "C"'
    ),
}
FUNCTIONS = (
    "new drop description forward loss backward gradient_descent train_step train test "
    "parameters set_parameters"
).split()
ERRORS = (
    ValueError, IndexError, NotImplementedError, MemoryError, RuntimeError, RuntimeError,
    RuntimeError,
)  # as driver.cpp numbers them  # fmt: skip

_programs: dict[str, Program] = {}  # the running program by the digest of its sources


class NeuralNetwork:
    """The class of nn.hpp. What each function does stands there."""

    def __init__(self, layer_sizes, seed):
        self._program = _current_program()
        sizes = [int(size) for size in layer_sizes]
        arguments = struct.pack(f"=I{len(sizes)}iI", len(sizes), *sizes, int(seed))
        (self._number,) = struct.unpack("=I", self._program.call("new", arguments))

    def _call(self, function, *arguments):
        return self._program.call(function, struct.pack("=I", self._number) + b"".join(arguments))

    def description(self):
        """Which network this is, in four words."""
        return self._call("description")[4:].decode()

    def forward(self, x):
        """The prediction for one sample."""
        return _numbers(self._call("forward", _row(x)))

    def loss(self, y_hat, y):
        """The loss of one prediction."""
        return _number(self._call("loss", _row(y_hat), _row(y)))

    def backward(self, y):
        """Gradients at the last forward, kept for gradient_descent."""
        self._call("backward", _row(y))

    def gradient_descent(self, learning_rate):
        """One step with the kept gradients."""
        self._call("gradient_descent", struct.pack("=d", learning_rate))

    def train_step(self, x, y, learning_rate):
        """One step for one sample; the loss before it."""
        return _number(self._call("train_step", _row(x), _row(y), struct.pack("=d", learning_rate)))

    def train(self, X, Y, epochs, learning_rate):
        """The training loop; the last epoch's mean loss."""
        end = struct.pack("=id", epochs, learning_rate)
        return _number(self._call("train", _samples(X), _samples(Y), end))

    def test(self, X, Y):
        """The testing loop: accuracy."""
        return _number(self._call("test", _samples(X), _samples(Y)))

    def parameters(self):
        """All parameters in one row."""
        return _numbers(self._call("parameters"))

    def set_parameters(self, p):
        """Put back what parameters gave."""
        self._call("set_parameters", _row(p))


def _row(values):
    """A row of numbers as bytes: how many, then the numbers."""
    values = [float(v) for v in values]
    return struct.pack(f"=I{len(values)}d", len(values), *values)


def _samples(rows):
    rows = list(rows)
    return struct.pack("=I", len(rows)) + b"".join(_row(row) for row in rows)


def _number(data):
    return struct.unpack("=d", data)[0]


def _numbers(data):
    return list(struct.unpack(f"={(len(data) - 4) // 8}d", data[4:]))


# --- the program --------------------------------------------------------------------------


class Program:
    """The compiled program, running. See driver.cpp for the form of calls and results."""

    def __init__(self, path):
        self.prints = tempfile.TemporaryFile()  # noqa: SIM115  (as long as the program)
        self.process = subprocess.Popen(
            [str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.prints
        )
        self.calls = 0
        self.shown = 0

    def call(self, function, arguments):
        """Send one call and wait for its result."""
        self.calls += 1
        frame = struct.pack("=QB", self.calls, FUNCTIONS.index(function)) + arguments
        try:
            self.process.stdin.write(struct.pack("=I", len(frame)) + frame)
            self.process.stdin.flush()
            (size,) = struct.unpack("=I", self.process.stdout.read(4))
            result = self.process.stdout.read(size)
        except (OSError, struct.error):
            self.show_prints()
            raise RuntimeError(f"{function}: {self.death()}") from None
        except KeyboardInterrupt:  # the call would answer later, to the wrong question
            self.process.kill()
            raise
        self.show_prints()
        if result[8] == 0:
            return result[9:]
        raise ERRORS[result[9]](result[14:].decode(errors="replace"))

    def show_prints(self):
        """Show here what the C++ code has printed since the last call."""
        end = os.fstat(self.prints.fileno()).st_size
        if end > self.shown:
            text = _read_at(self.prints, self.shown, end - self.shown)
            sys.stdout.write(text.decode(errors="replace"))
            self.shown = end

    def close(self):
        """End the program."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.prints):
            with contextlib.suppress(OSError):
                stream.close()

    def death(self):
        """What became of the program."""
        code = self.process.wait()
        if code == -signal.SIGABRT or code == 3:
            return "the program aborted; an index may be past the end of a vector (see above)"
        if code == -signal.SIGSEGV:
            return "the program crashed: look for an index past the end of a vector"
        return f"the program ended with status {code}"


def _read_at(file, start, size):
    """Part of a file that another process is writing to: its own place must not move."""
    if hasattr(os, "pread"):
        return os.pread(file.fileno(), size, start)
    place = file.tell()
    file.seek(start)
    data = file.read(size)
    file.seek(place)
    return data


@atexit.register
def _end_programs():
    for program in _programs.values():
        program.close()


def _current_program():
    """The program for the files as they are now: built and started where that is needed."""
    sources = sorted(p for p in HERE.iterdir() if p.suffix in UNITS | {".hpp", ".h"})
    digest = hashlib.sha256(b"\0".join(p.name.encode() + p.read_bytes() for p in sources))
    key = digest.hexdigest()[:16]
    program = _programs.get(key)
    if program is None or program.process.poll() is not None:
        program = _programs[key] = Program(_built(key, sources))
    return program


@functools.cache
def _folder():
    """The folder for compiled programs; it goes when Python ends."""
    path = tempfile.mkdtemp(prefix="neural-network-")
    atexit.register(shutil.rmtree, path, True)
    return Path(path)


def _built(key, sources):
    """Compile into a folder for temporary files; the path of the program."""
    path = _folder() / (f"{key}.exe" if os.name == "nt" else key)
    if path.is_file():
        return path
    compiler = os.environ.get("CXX") or next(filter(shutil.which, ("g++", "clang++", "c++")), None)
    if compiler is None:
        raise RuntimeError("no C++ compiler was found: install g++ or clang++, or set CXX")
    parts = []  # what the C++ compiler is given: its own files, and the object files made from C
    for source in sources:
        if source.suffix not in UNITS or source.name in NOT_COMPILED:
            continue
        part = source.name
        if source.suffix == ".c":
            part = str(_folder() / f"{key}-{source.stem}.o")
            _compile([_c_compiler(compiler), *C_FLAGS, "-c", source.name, "-o", part])
        parts.append(part)
    _compile([compiler, *FLAGS, "driver.cpp", *parts, "-o", str(path)])
    return path


def _c_compiler(compiler):
    """The compiler for C that belongs to this one for C++: gcc to g++, clang-18 to clang++-18."""
    if os.environ.get("CC"):
        return os.environ["CC"]
    folder, name = os.path.split(compiler)
    old = next((old for old in C_COMPILERS if old in name), None)
    beside = os.path.join(folder, name.replace(old, C_COMPILERS[old])) if old else ""
    compiler = next(filter(shutil.which, [*filter(None, [beside]), *C_COMPILERS.values()]), None)
    if compiler is None:
        raise RuntimeError("no C compiler was found: install gcc or clang, or set CC")
    return compiler


def _compile(command):
    """Run a compiler in this folder; its first error becomes an exception."""
    done = subprocess.run(
        command, cwd=HERE, capture_output=True, text=True, timeout=COMPILE_LIMIT_S,
        env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(_first_error(done.stderr))
    if done.stderr:
        print("The compiler warns:\n" + done.stderr)


def _first_error(said):
    """The first error of the compiler with a hint, and the lines that belong to it."""
    lines = said.splitlines()
    wanted = re.compile(r": (fatal )?error: |undefined reference|multiple definition")
    first = next((i for i, line in enumerate(lines) if wanted.search(line)), 0)
    hints = [hint for pattern, hint in HINTS.items() if re.search(pattern, _said_at(lines, first))]
    file = re.match(r"[\w.-]+\.\w+(?=:\d)", _said_at(lines, first))
    head = (file[0] if file else "nn.cpp") + " does not compile"
    head += f" ({hints[0]})" if hints else ""
    return "\n".join([head + ":", *lines[first : first + 6]])


def _said_at(lines, number):
    """One line, with plain quotation marks."""
    return re.sub("[‘’`]", "'", lines[number]) if lines else ""
