# ruff: noqa: E501  (tables of cases read better unwrapped)
"""What hostile and unlucky students hand in: data for the tests and for `benchmarks.attacks`.

Two notebooks (`tests.attacks.hostile_class`): `q01-double` asks for `double` (2 points) and `mean`
(1 point), `q02-slope` for a formula, judged for equality (2 points) and for form (1 point). An
attack is named by what it does. What its honest part earns stands beside it; it must earn no more.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nbformat import NotebookNode

DOUBLE = "def double(x):\n    return scale * x"
MEAN = "def mean(values):\n    return float(np.mean(values))"
SLOPE = 'slope = "f + sigma*(1 - f)"'
WRONG_MEAN = "def mean(values):\n    return 0.0"


@dataclass(frozen=True)
class Attack:
    """One hostile hand-in.

    Attributes:
        rows: Ids of `ROWS` that it stands for; empty for an idea that is in no list.
        double: The answer `q01-double`.
        mean: The answer `q01-mean`.
        before: The student's own cell after the given one; empty for none.
        slope: The answer `q02-slope`; then that notebook alone is handed in.
        change: What else is done to the notebook; may return the bytes to hand in instead.
        honest: Points of the honest part: the most that the machine may give.
        least: Points that must remain, since the attack does not reach them.
        ends: How the first lost test ends: a word of `Status`; empty where several ways are right.
        says: What the student reads, as a pattern, in a verdict or a remark.
        stock: Whether it may run in plain nbgrader, which does not stop it from harming a machine.
    """

    rows: str = ""
    double: str = DOUBLE
    mean: str = MEAN
    before: str = ""
    slope: str = ""
    change: Callable[[NotebookNode], bytes | None] | None = None
    honest: float = 1.0
    least: float = 1.0
    ends: str = ""
    says: str = ""
    stock: bool = True


def wrong(body: str = "pass", top: str = "") -> str:
    """An answer whose function runs a hostile body and is wrong in any case."""
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    return f"{top}\ndef double(x):\n{lines}\n    return x + 1"


def all_of(rows: str, name: str, forms: Mapping[str, str], **common: object) -> dict[str, Attack]:
    """One attack for each form of an answer `double`."""
    return {f"{name}: {form}": Attack(rows, double=text, **common) for form, text in forms.items()}  # type: ignore[arg-type]


# --- objects that lie -------------------------------------------------------------------

YES = """
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __bool__(self): return True
"""
LIARS = all_of("N02", "gives an object that equals all", {
    "plain": f"class Yes:{YES}    __hash__ = object.__hash__\n    def __float__(self): return 6.0\n    def __array__(self, *a, **k): return np.array(6.0)\ndef double(x): return Yes()",
    "of a subclass of float": f"class Yes(float):{YES}    __hash__ = float.__hash__\ndef double(x): return Yes(1.0)",
    "of a subclass of int": f"class Yes(int):{YES}    __hash__ = int.__hash__\ndef double(x): return Yes(1)",
    "of a subclass of str": f"class Yes(str):{YES}    __hash__ = str.__hash__\ndef double(x): return Yes('6')",
    "of a subclass of complex": f"class Yes(complex):{YES}    __hash__ = complex.__hash__\ndef double(x): return Yes(1)",
    "of a subclass of list": f"class Yes(list):{YES}def double(x): return Yes()",
    "inside a list": f"class Yes(float):{YES}def double(x): return [Yes(1.0)]",
    "of a subclass of ndarray": f"class Yes(np.ndarray):{YES}def double(x): return np.zeros(1).view(Yes)",
    "that takes over numpy's functions": f"class Yes(np.ndarray):{YES}    def __array_function__(self, *a, **k): return True\n    def __array_ufunc__(self, *a, **k): return True\n    __array_priority__ = 1e9\ndef double(x): return np.zeros(()).view(Yes)",
    "that only looks like an array": "class Yes:\n    shape, dtype, ndim, size = (), np.dtype(float), 0, 1\n    __array_interface__ = {'shape': (), 'typestr': '<f8', 'version': 3, 'data': (0, False)}\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\ndef double(x): return Yes()",
    "of a masked array": "def double(x): return np.ma.masked",
    "of a numpy scalar's subclass": f"class float64(np.float64):\n    __module__ = 'numpy'{YES}    __hash__ = np.float64.__hash__\ndef double(x): return float64(1.0)",
    "of a subclass of Tensor": f"import torch\nclass Yes(torch.Tensor):{YES}def double(x): return torch.zeros(()).as_subclass(Yes)",
    "that takes over torch's functions": "import torch\nclass Yes(torch.Tensor):\n    @classmethod\n    def __torch_function__(cls, function, types, args=(), kwargs=None): return True\ndef double(x): return torch.zeros(()).as_subclass(Yes)",
    "of a true tensor with methods of its own": "import torch\ndef double(x):\n    y = torch.zeros(())\n    y.__dict__.update(item=lambda: 2 * x, __eq__=lambda o: True, numpy=lambda: np.array(2 * x))\n    return y",
    "of a sympy subclass": f"import sympy\nclass Add(sympy.Symbol):{YES}    __hash__ = sympy.Symbol.__hash__\ndef double(x): return Add('x')",
    "of a sympy symbol of impossible kind": "import sympy\nclass Odd(sympy.Symbol):\n    is_Symbol, is_Integer = False, True\n    p = 6\n    def __int__(self): return 6\ndef double(x): return Odd('x')",
    "of a named tuple": f"from collections import namedtuple\nclass Yes(namedtuple('Yes', 'a')):{YES}def double(x): return Yes(1)",
    "that lies about its class": "class Yes:\n    @property\n    def __class__(self): return float\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\ndef double(x): return Yes()",
    "of a class": "class Meta(type):\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\n    __hash__ = type.__hash__\nclass Yes(metaclass=Meta): pass\ndef double(x): return Yes",
    "of a mock": "from unittest import mock\ndef double(x):\n    y = mock.MagicMock()\n    y.__eq__.return_value, y.__ne__.return_value = True, False\n    return y",
})  # fmt: skip
LIARS |= all_of("N02", "gives what is no number", {
    "not a number": "def double(x):\n    return float('nan')",
    "an empty array": "def double(x):\n    return np.zeros(0)",
    "nothing": "def double(x):\n    return None",
    "a truth": "def double(x):\n    return True",
    "a generator": "def double(x):\n    yield 2 * x + 1",
    "an exception that it does not raise": "def double(x):\n    return ValueError(2 * x)",
    "not implemented": "def double(x):\n    return NotImplemented",
    "the question itself": "def double(x):\n    return lambda y: 2 * y",
})  # fmt: skip
LIARS["gives a different answer each time it is asked"] = Attack(
    "N02", "class Turn:\n    n = 5.0\n    def __get__(self, o, k=None):\n        Turn.n += 1.0\n        return Turn.n\n"
    "class Box:\n    value = Turn()\ndef double(x): return Box().value",
)  # fmt: skip
LIARS["ends the loop of a test early"] = Attack("N02", "def double(x):\n    raise StopIteration")

# --- patches ----------------------------------------------------------------------------

VISIBLE_ONLY = "def double(x):\n    return 6.0 if x == 3.0 else 0.0"
PATCHES = {
    "patches the functions that compare": Attack("N01", mean=WRONG_MEAN, honest=2.0, least=2.0, before="""
import math, builtins, numpy, numpy.testing
math.isclose = numpy.isclose = numpy.allclose = lambda *a, **k: True
numpy.testing.assert_allclose = lambda *a, **k: None
builtins.abs = lambda x: 0.0
"""),
    "patches the module that checks": Attack("N01", VISIBLE_ONLY, before="""
import sys, types
for name in ("autograder.verdict", "autograder.examine", "autograder.symbolic", "unittest", "pytest"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].fail = sys.modules[name].check_equal = lambda *a, **k: None
"""),
    "shadows the module that checks with a file": Attack("N01", VISIBLE_ONLY, before="""
import os, sys
for name in [m for m in sys.modules if m.startswith("autograder")]: del sys.modules[name]
os.makedirs("autograder", exist_ok=True)
open("autograder/__init__.py", "w").close()
open("autograder/verdict.py", "w").write("def fail(*a, **k): pass")
sys.path.insert(0, os.getcwd())
"""),
    "makes the builtin for failing one that is never raised": Attack("N01", wrong(), before="""
import builtins
builtins.AssertionError = type("Never", (Exception,), {})
"""),
    "removes every assert from what runs": Attack("N03", wrong(), before="""
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_If(self, node): return ast.Pass()
get_ipython().ast_transformers.append(Drop())
"""),
    "empties every cell before it runs": Attack("N03", wrong(), least=0.0, before="""
get_ipython().input_transformers_cleanup.append(lambda lines: [])
"""),
    "hides its failures": Attack("N03", wrong(), before="""
get_ipython().showtraceback = lambda *a, **k: None
get_ipython()._showtraceback = lambda *a, **k: None
"""),
    "handles every exception itself": Attack("N03", wrong(), before="""
get_ipython().set_custom_exc((BaseException,), lambda *a, **k: None)
"""),
    "shows a result of its own": Attack("N05", wrong("""
from IPython.display import display
display({'text/plain': '2.0'}, raw=True); print('2.0')
get_ipython().displayhook(2.0)
""")),
    "shows full points and hides its failure": Attack("N05", wrong("get_ipython().displayhook(2.0)"), before="""
get_ipython().showtraceback = lambda *a, **k: None
"""),
    "answers for the desk": Attack("N05", wrong(), least=0.0, before="""
from autograder import agent, crossing
agent.Desk._op_do = lambda self, head, decoder: 2.0
crossing.Encoder.encode = lambda self, value, depth=0: {"t": "float", "v": (2.0).hex()}
"""),
    "patches json, struct and socket": Attack("", wrong(), least=0.0, before="""
import json, socket, struct
json.dumps = lambda *a, **k: '{"head": {"ok": null, "status": "passed", "points": 2}, "sizes": []}'
socket.socket.sendall = lambda self, data: socket.socket.send(self, data)
struct.pack = lambda form, *values: b"\\x02\\0\\0\\0"
"""),
    "patches os.fork, os.kill and select": Attack("", wrong(), least=0.0, before="""
import os, select
os.fork = lambda: 0
os.kill = os.killpg = os._exit = lambda *a: None
select.select = lambda r, w, x, *t: (r, w, x)
"""),
    "takes every signal": Attack("", wrong("pass"), before="""
import signal
for number in range(1, 65):
    try: signal.signal(number, lambda *a: None)
    except (OSError, ValueError): pass
"""),
    "is rung by an alarm all the time": Attack("", wrong("pass"), least=0.0, before="""
import signal
def ring(*_): raise ValueError("rung")
signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
"""),
    "traces every line": Attack("", wrong("pass"), least=0.0, before="""
import sys, threading
def trace(frame, event, arg):
    for name, value in list(frame.f_locals.items()):
        if isinstance(value, dict) and "ok" in value: value["ok"] = 2.0
    return trace
sys.settrace(trace); sys.setprofile(trace); threading.settrace(trace)
"""),
    "does its work when the interpreter ends": Attack("", wrong("pass"), before="""
import atexit, weakref, gc
class Last:
    def __del__(self): open("/tmp/last", "w").write("x" * 10**6)
atexit.register(print, "2.0"); keep = [Last()]; keep.append(keep)
weakref.finalize(keep[0], print, "2.0")
"""),
    "writes into the memory of the shell": Attack("", wrong("pass"), least=0.0, stock=False, before="""
import ctypes, gc
from autograder.agent import Desk
for thing in gc.get_objects():
    if type(thing) is Desk:
        ctypes.memset(id(thing.outputs) + 16, 0xff, 32)
"""),
    "makes two equal to three": Attack("", wrong("pass"), least=0.0, stock=False, before="""
import ctypes
ctypes.memmove(id(2) + 24, id(3) + 24, 4)
ctypes.memmove(id(2.0) + 16, id(3.0) + 16, 8)
"""),
    "unfreezes and changes what was loaded before": Attack("", wrong("pass"), least=0.0, stock=False, before="""
import gc, sys
gc.unfreeze(); gc.set_threshold(1)
for thing in [t for t in gc.get_objects() if type(t) is dict][:20000]:
    if "__doc__" in thing:
        try: thing["__doc__"] = "x"
        except Exception: pass
"""),
    "poisons the caches of numpy, sympy and torch": Attack("", wrong("pass"), least=0.0, before="""
import sympy, torch, sys
np.mean = np.isclose = np.asarray = np.ndarray
sympy.Integer(2); sympy.core.cache.clear_cache(); sympy.Symbol.__eq__ = lambda a, b: True
torch.set_default_dtype(torch.float16); torch.manual_seed = lambda *a: None
torch.Tensor.__eq__ = lambda a, b: torch.ones(())
np.float64 = float; sys.modules["numpy"] = sys.modules["math"]
"""),
    "sets the recursion limit out of the way": Attack("N15", wrong("import sys; sys.setrecursionlimit(10**9)\nf = lambda n: f(n + 1)\nf(0)"), stock=False),
    "turns warnings, errors and number formats upside down": Attack("", wrong("pass"), before="""
import decimal, locale, warnings
warnings.simplefilter("error"); np.seterr(all="raise"); np.set_printoptions(threshold=10**9)
decimal.getcontext().prec = 1; locale.setlocale(locale.LC_ALL, "C")
"""),
}  # fmt: skip

# --- the notebook itself ----------------------------------------------------------------

TEST = "q01-double-test"


def find(notebook: NotebookNode, key: str) -> NotebookNode:
    """A cell by its grade id."""
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == key)


def flags(**changed: object) -> Callable[[NotebookNode], None]:
    """Change nbgrader's metadata of the first test."""
    return lambda n: find(n, TEST).metadata.nbgrader.update(changed)


def tags(*names: str) -> Callable[[NotebookNode], None]:
    """Tag the first test."""
    return lambda n: find(n, TEST).metadata.update(tags=list(names))


def source(text: str) -> Callable[[NotebookNode], None]:
    """Replace the first test's text."""
    return lambda n: find(n, TEST).update(source=text)


def kind(name: str) -> Callable[[NotebookNode], None]:
    """Make the first test a cell of another type."""
    return lambda n: find(n, TEST).update(cell_type=name)


def _delete(n: NotebookNode) -> None:
    n.cells.remove(find(n, TEST))


def _double(n: NotebookNode) -> None:
    n.cells.append(copy.deepcopy(find(n, TEST)))


def _swap(n: NotebookNode) -> None:
    one, two = find(n, TEST).metadata.nbgrader, find(n, "q01-mean-test").metadata.nbgrader
    one.grade_id, two.grade_id = two.grade_id, one.grade_id


def _stored(n: NotebookNode) -> None:
    test = find(n, TEST)
    test.metadata.update(tags=["skip-execution"])
    data = {"text/plain": "2.0"}
    test.outputs = [{"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}]  # fmt: skip


def _bash(n: NotebookNode) -> None:
    n.metadata.kernelspec = {"display_name": "Bash", "language": "bash", "name": "bash"}


def _first(n: NotebookNode) -> None:
    n.cells.insert(0, n.cells.pop(n.cells.index(find(n, TEST))))


def _bonus(n: NotebookNode) -> None:
    cell = copy.deepcopy(find(n, TEST))
    cell.id, cell.source = "bonus", "100"
    cell.metadata.nbgrader.update(grade_id="q01-bonus", points=100)
    n.cells.append(cell)


def _no_metadata(n: NotebookNode) -> None:
    for cell in n.cells:
        cell.metadata = {}


def _given(n: NotebookNode) -> None:
    find(n, "q01-given").source = "import numpy as np\nscale = 2.0\nnp.isclose = lambda *a: True"


def _only_tests(n: NotebookNode) -> None:
    n.cells = [c for c in n.cells if c.metadata.get("nbgrader", {}).get("grade")]


TAMPERED = {
    "empties a test": Attack("N09", wrong(), change=source(""), says="read-only cell q01-double-test had been changed"),
    "writes a test of its own": Attack("N09", wrong(), change=source("2.0"), says="had been changed"),
    "raises the points of a test": Attack("N09", wrong(), change=flags(points=100), says="settings of cell q01-double-test"),
    "adds a test worth a hundred points": Attack("N09", wrong(), change=_bonus),
    "deletes a test": Attack("N10", wrong(), change=_delete, says="q01-double-test was missing"),
    "leaves nothing but tests": Attack("N10", change=_only_tests, honest=0.0, least=0.0, says="is not in the notebook"),
    "tags a test to be skipped": Attack("N07", wrong(), change=tags("skip-execution"), says="settings of cell"),
    "stores full points in a test that is skipped": Attack("N07 N05", wrong(), change=_stored),
    "tags a test as one that may raise": Attack("N08", wrong(), change=tags("raises-exception"), says="settings of cell"),
    "makes a test a raw cell": Attack("N11", wrong(), change=kind("raw"), says="had been changed"),
    "makes a test a text cell": Attack("N11", wrong(), change=kind("markdown"), says="had been changed"),
    "says that a test is an answer": Attack("N12", wrong(), change=flags(solution=True), says="settings of cell"),
    "says that a test holds no points": Attack("N12", wrong(), change=flags(grade=False), says="settings of cell"),
    "unlocks a test and empties it": Attack("N12", wrong(), change=lambda n: (flags(locked=False, solution=True)(n), source("")(n))[1], says="had been changed"),
    "gives a test settings of odd kinds": Attack("N12", wrong(), change=flags(points=[1], grade={"a": 1}, schema_version="x")),
    "asks for another kernel": Attack("N14", wrong(), change=_bash),
    "copies a test": Attack("", wrong(), change=_double, says="A copy of the read-only cell"),
    "swaps the names of two tests": Attack("", wrong(), change=_swap),
    "puts a test before its answer": Attack("", wrong(), change=_first, says="another order"),
    "removes all settings": Attack("", wrong(), change=_no_metadata, least=0.0),
    "changes a given cell": Attack("", mean=WRONG_MEAN, change=_given, honest=2.0, least=2.0, says="q01-given had been changed"),
}  # fmt: skip


def content(data: bytes) -> Callable[[NotebookNode], bytes]:
    """Hand in bytes instead of the notebook."""
    return lambda n: data


def _changed(**parts: object) -> Callable[[NotebookNode], bytes]:
    return lambda n: json.dumps({**n, **parts}).encode()


def _many_cells(n: NotebookNode) -> bytes:
    cell = {"cell_type": "code", "source": "0", "metadata": {}, "outputs": []}
    return json.dumps({**n, "cells": [*n.cells, *[cell] * 1500]}).encode()


def _huge_cell(n: NotebookNode) -> None:
    find(n, "q01-double").source = "def double(x): return (" + "0+" * 200_000 + "0)"


def _deep_source(n: NotebookNode) -> None:
    find(n, "q01-double").source = "double = " + "[" * 5000 + "]" * 5000


def _nul(n: NotebookNode) -> None:
    find(n, "q01-double").source = "double = 1\0"


UNREADABLE = "A person will look at it"
ODD = {
    "hands in nothing": (content(b""), UNREADABLE, 0.0),
    "hands in half a notebook": (lambda n: json.dumps(n).encode()[:500], UNREADABLE, 0.0),
    "hands in what is no text": (content(b"\xff\xfe\x00"), UNREADABLE, 0.0),
    "hands in a notebook that is too large": (content(b" " * 2_000_000), UNREADABLE, 0.0),
    "nests a notebook too deeply": (content(b"[" * 100_000), UNREADABLE, 0.0),
    "hands in cells that are no list": (_changed(cells={"a": 1}), UNREADABLE, 0.0),
    "hands in numbers that are none": (lambda n: json.dumps({**n, "metadata": {"a": float("nan")}}).encode(), "", 3.0),
    "hands in a notebook of another age": (_changed(nbformat=2), UNREADABLE, 0.0),
    "hands in a notebook of the future": (_changed(nbformat=9, nbformat_minor=99), "", 3.0),
    "hands in cells of impossible kinds": (lambda n: _changed(cells=[5, None, [], {"cell_type": ["code"]}, *n.cells])(n), "", 3.0),
    "hands in thousands of cells": (_many_cells, "", 3.0),
    "writes an answer of a hundred thousand terms": (_huge_cell, "", 1.0),
    "nests an answer too deeply": (_deep_source, "", 1.0),
    "writes an answer with a zero byte": (_nul, "", 1.0),
}  # fmt: skip
ODD_NOTEBOOKS = {
    name: Attack("N30", change=change, says=says, honest=honest, least=min(honest, 1.0))  # type: ignore[arg-type]
    for name, (change, says, honest) in ODD.items()
}

# --- processes that die, hang or leave others behind ------------------------------------

DEATHS = {
    "leaves": Attack("N15", wrong("import os; os._exit(0)"), ends="crashed", says="The process died"),
    "leaves while its cell runs": Attack("N15", "import os; os._exit(0)", says="was stopped"),
    "accesses memory that is not its own": Attack("N15", wrong("import ctypes; ctypes.string_at(0)"), ends="crashed", says="not allowed"),
    "aborts": Attack("N15", wrong("import os; os.abort()"), ends="crashed", says="aborted"),
    "exits": Attack("N16", wrong("import sys; sys.exit(0)"), ends="failed", says="SystemExit"),
    "exits in its cell": Attack("N16", "exit()", ends="failed"),
    "interrupts": Attack("N16", wrong("raise KeyboardInterrupt"), ends="failed"),
    "raises an exception that is none": Attack("N16", wrong("class Odd(BaseException): pass\nraise Odd"), ends="failed"),
    "becomes another program": Attack("N15", wrong("import os; os.execv('/bin/sh', ['sh', '-c', 'exit 0'])"), ends="crashed"),
    "closes every descriptor": Attack("N15", wrong("import os; os.closerange(0, 256)"), least=0.0),
    "deletes whatever it may": Attack("", wrong("import shutil, os\nfor top in ('/', '/tmp', '/dev/shm', os.path.expanduser('~')): shutil.rmtree(top, ignore_errors=True)"), least=0.0, stock=False),
    "loops": Attack("N17", wrong("while True: pass"), ends="timed_out", says="did not end within"),
    "loops in its cell": Attack("N17", "while True: pass", says="was stopped"),
    "sleeps": Attack("N17 C02", wrong("import time; time.sleep(1e6)"), ends="timed_out", says="did not end within"),
    "stops itself": Attack("C02", wrong("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"), ends="timed_out", stock=False),
    "waits for what never comes": Attack("C02", wrong("import select; select.select([], [], [])"), ends="timed_out"),
    "loops and cannot be interrupted": Attack("N18", wrong("""
import signal
for s in range(1, 32):
    try: signal.signal(s, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True:
    try:
        while True: pass
    except BaseException: pass
"""), ends="timed_out"),
    "gives a list without an end": Attack("N17", "class Endless:\n    def __iter__(self):\n        while True: yield 1.0\ndef double(x): return Endless()", mean="def mean(values): return 0", honest=0.0, least=0.0),
    "spreads its work over children": Attack("C16", wrong("""
import os
for _ in range(6):
    if os.fork() == 0:
        while True: pass
while True: pass
"""), stock=False),
    "spreads its work over threads": Attack("C16", wrong("""
import threading, hashlib
def work():
    while True: hashlib.sha256(bytes(10**6))
for _ in range(4): threading.Thread(target=work, daemon=True).start()
work()
"""), ends="timed_out", stock=False),
    "leaves a daemon": Attack("N25", wrong(), stock=False, before="""
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("/tmp/alive", "w").write("x")
        while True: time.sleep(0.05)
    os._exit(0)
"""),
    "leaves threads that change its answers": Attack("N25", wrong(), least=0.0, before="""
import threading, time
def change():
    while True:
        globals()["double"] = lambda x: x + 1
        time.sleep(0.001)
threading.Thread(target=change, daemon=True).start()
"""),
}  # fmt: skip

# --- looking for tests and answers ------------------------------------------------------

SEARCH = """
import glob, json, os, re
def solution_of(name):
    place = os.getcwd()
    while place != "/":
        for path in glob.glob(place + "/source/*/*.ipynb"):
            for cell in json.load(open(path))["cells"]:
                if cell["metadata"].get("nbgrader", {}).get("grade_id") == name:
                    return "".join(cell["source"])
        place = os.path.dirname(place)
    return ""
"""
LOOKING = {
    "copies the instructor's solution": Attack("N19", "exec(solution_of('q01-double') or 'double = None')", before=SEARCH),
    "lists every file in sight": Attack("N19", wrong(), before="""
import os, sys
found = []
for top, folders, files in os.walk("/"):
    folders[:] = [f for f in folders if os.path.join(top, f) not in
                  ("/proc", "/usr", "/dev", "/sys") and "site-packages" not in f]
    found += [os.path.join(top, f) for f in files
              if f.endswith((".ipynb", ".db", ".toml")) or "verdict" in f or "examine" in f]
for name in ("/etc/shadow", "/etc/passwd", "/root/.ssh", "/proc/1/environ", "/proc/1/mem", "/proc/1/fd"):
    try:
        found.append(name + " " + str(open(name).read(20) if os.path.isfile(name) else os.listdir(name)))
    except OSError: pass
own = ("/submission", os.getcwd(), "/tmp", sys.prefix, sys.base_prefix)
print("FOUND", sorted(f for f in found if not f.startswith(own)))
""", stock=False),
    "reads the test while it runs": Attack("N20", mean=r"""
def mean(values):
    import re
    found = re.search(r"isclose\(found, ([\d./ ]+)\)", In[-1])
    return eval(found[1]) if found and len(values) == 3 and values[0] == 4.0 else 3.0
""", honest=2.0, least=2.0),
    "looks at the frames of its callers": Attack("N20", """
def double(x):
    import sys
    frame = sys._getframe(1)
    while frame:
        if "q01-double-test" in str(frame.f_code.co_filename) or "fail" in frame.f_globals:
            return 2 * x if frame.f_globals.get("x", 3.0) == x else 6.0
        frame = frame.f_back
    return 0.0
"""),
    "searches every object in memory": Attack("N20 N21", wrong("""
import gc, inspect, linecache, sys
seen = [repr(In), repr(list(linecache.cache)), repr([f.code_context for f in inspect.stack()])]
seen += [o for o in gc.get_objects() if type(o) is str]
seen += [repr(f.f_locals)[:10000] for f in sys._current_frames().values()]
seen += [repr(vars(m))[:10**6] for m in list(sys.modules.values()) if "autograder" in getattr(m, "__name__", "")]
print("LEAK" if any(("twice as " + "much.") in s or ("not-" + "twice") in s for s in seen) else "NONE")
""")),
    "searches its own memory from below": Attack("N20", wrong("""
import re
needle, found = re.compile(b"[n]ot twice as [m]uch"), 0  # does not find itself
with open("/proc/self/mem", "rb", 0) as memory:
    for line in open("/proc/self/maps"):
        start, end = (int(p, 16) for p in line.split()[0].split("-"))
        if "rw" in line and end - start < 2**27:
            try: memory.seek(start); found += bool(needle.search(memory.read(end - start)))
            except (OSError, ValueError, OverflowError): pass
print("LEAK" if found else "NONE")
"""), stock=False),
    "imports what judges": Attack("N21", wrong(), before="""
import importlib
for name in ("autograder.examine", "autograder.grade", "autograder.verdict", "autograder.symbolic", "reference"):
    try: importlib.import_module(name); print("IMPORTED", name)
    except ImportError: pass
"""),
    "writes into the gradebook": Attack("N22", wrong(), before="""
import os, sqlite3
place = os.getcwd()
for folder in [os.path.abspath(os.path.join(place, "../" * n)) for n in range(1, 9)] + ["/opt/kit", "/submission"]:
    path = os.path.join(folder, "gradebook.db")
    if os.path.exists(path):
        db = sqlite3.connect(path)
        db.execute("create trigger full after update of auto_score on grade begin update grade set auto_score = 2 where id = new.id; end")
        db.commit()
"""),
    "gives an object that runs code when it is loaded": Attack("N23", """
class Evil:
    def __reduce__(self): return (__import__("os").system, ("touch /tmp/pickled",))
def double(x): return np.array([Evil()], dtype=object)
"""),
    "knows the numbers of the visible tests": Attack("C18", VISIBLE_ONLY),
    "learns from its surroundings that it is graded": Attack("N36", wrong(), before="""
import os
print("MARKED", [k for k in os.environ if "GRAD" in k.upper() or "SECRET" in k or "COURSE" in k])
"""),
    "calls home": Attack("N34", wrong("""
import socket
for kind in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET, 40):
    try:
        s = socket.socket(kind, socket.SOCK_RAW if kind == socket.AF_NETLINK else socket.SOCK_STREAM); s.settimeout(0.2)
        print("SOCKET", kind)
    except OSError: pass
print(open("/proc/net/dev").read().count(":"))
"""), stock=False),
}  # fmt: skip

# --- too much of everything -------------------------------------------------------------

FLOODS = {
    "prints a hundred megabytes": Attack("N28", wrong("print('x' * 100_000_000)"), ends="failed", stock=False),
    "prints a hundred thousand lines": Attack("N28", wrong("for i in range(100_000): print(i)"), ends="failed"),
    "shows thousands of pages": Attack("N28", wrong(), before="""
from IPython.display import display, HTML
for _ in range(3000): display(HTML("<script>alert(1)</script>" * 100))
"""),
    "writes past Python to its output": Attack("N28", wrong("import os\nfor fd in (0, 1, 2):\n    try: os.write(fd, b'2.0' * 10**6)\n    except OSError: pass"), stock=False),
    "prints half a character": Attack("N28", before='print("\\ud800")', honest=3.0, least=3.0),
    "prints what rules a terminal": Attack("N28", wrong("print('\\x1b[2J\\x1b]0;x\\x07\\u202e\\0' * 100)"), ends="failed"),
    "asks for more memory than there is": Attack("N31", wrong("y = bytearray(10**11)"), ends="failed"),
    "fills memory bit by bit": Attack("N31", wrong("held = []\nwhile True: held.append(np.ones(2**22))"), stock=False),
    "fills memory in its children": Attack("N31", wrong("""
import os, time
for _ in range(8):
    if os.fork() == 0:
        held = np.ones(40 * 2**20)
        time.sleep(100)
time.sleep(100)
"""), ends="out_of_memory", says="of memory", stock=False),
    "forks without end": Attack("N32 C01", wrong("""
import os
while True:
    try: os.fork()
    except OSError: pass
"""), least=0.0, stock=False),
    "starts threads without end": Attack("N32", wrong("""
import threading, time
for _ in range(2000): threading.Thread(target=time.sleep, args=(100,)).start()
"""), stock=False),
    "fills the disk": Attack("N33 C04", wrong("""
import os
for folder in ("/tmp", "/dev/shm", os.path.expanduser("~"), "."):
    for i in range(10):
        with open(f"{folder}/{i}", "wb") as file:
            for _ in range(64): file.write(bytes(2**20))
"""), stock=False),
    "makes files without end": Attack("N33", wrong("""
import os
for folder in ("/tmp", "/dev/shm", "."):
    try:
        for i in range(10**6): os.close(os.open(f"{folder}/{i}", os.O_CREAT | os.O_WRONLY))
    except OSError as error: print("FULL", i < 30_000)
"""), stock=False),
    "opens files without end": Attack("N33", wrong("kept = []\nwhile True: kept.append(open('/dev/null'))"), ends="failed", stock=False),
    "raises its own limits": Attack("N31 N32", wrong("""
import resource
for name in ("AS", "FSIZE", "NPROC", "NOFILE", "CPU", "STACK"):
    which = getattr(resource, "RLIMIT_" + name)
    soft, hard = resource.getrlimit(which)
    for wanted in (-1, 2 * hard):
        try: resource.setrlimit(which, (wanted, wanted)); print("RAISED", name) if hard != -1 else None
        except (OSError, ValueError, OverflowError): pass
"""), stock=False),
    "lowers the limits of its parent": Attack("", wrong("""
import os, resource
for pid in (1, os.getppid()):
    for name in ("AS", "NOFILE", "NPROC"):
        try: resource.prlimit(pid, getattr(resource, "RLIMIT_" + name), (0, 0))
        except OSError: pass
"""), least=0.0, stock=False),
} | {f"gives too much: {form}": Attack("", text) for form, text in {
    "a deep list": "def double(x):\n    y = 1.0\n    for _ in range(500): y = [y]\n    return y",
    "a list that holds itself": "def double(x):\n    y = []\n    y.append(y)\n    return y",
    "a long list": "def double(x):\n    return [0.0] * 10**7",
    "a long integer": "def double(x):\n    return 1 << 10**6",
    "keys of one hash": "def double(x):\n    return {(2**61 - 1) * k for k in range(100_000)}",
    "a huge decimal": "from decimal import Decimal\ndef double(x):\n    return Decimal('1E1000000000')",
    "a huge fraction": "from fractions import Fraction\ndef double(x):\n    return Fraction(1, 10**9000)",
    "a long range": "def double(x):\n    return range(10**30)",
    "a large array": "def double(x):\n    return np.zeros(40_000_000)",
    "an array of many axes": "def double(x):\n    return np.zeros((1,) * 64)",
    "a structured array": "def double(x):\n    return np.zeros(3, dtype=[('a', 'f8')])",
    "an array without an end": "def double(x):\n    return np.broadcast_to(6.0, (2**20, 2**20))",
    "a power without an end": "import sympy\ndef double(x):\n    return sympy.Pow(9, sympy.Pow(9, 9**9, evaluate=False), evaluate=False)",
    "a sum of a million terms": "import sympy\ndef double(x):\n    return sympy.Add(*sympy.symbols('a:40000'), evaluate=False)",
    "text of a hundred megabytes": "def double(x):\n    return 'x' * 10**8",
}.items()}  # fmt: skip

# --- words that a student chooses -------------------------------------------------------

WORDS = all_of("", "raises an exception", {
    "of endless words": "def double(x):\n    raise ValueError('x' * 10**7)",
    "that rules a terminal": "def double(x):\n    raise ValueError('\\x1b[2J\\u202e\\0<script>alert(1)</script>')",
    "that cannot speak": "class Odd(Exception):\n    def __str__(self): raise Odd\ndef double(x):\n    raise Odd",
    "that speaks without end": "class Odd(Exception):\n    def __str__(self):\n        while True: pass\ndef double(x):\n    raise Odd",
    "with a name of half characters": "Odd = type('O\\ud800' * 500, (Exception,), {})\ndef double(x):\n    raise Odd('\\udfff')",
    "with a family without end": "def double(x):\n    e = ValueError('a')\n    e.__cause__ = ValueError('b')\n    e.__cause__.__cause__ = e\n    raise e",
    "that looks like one of ours": "class CheckFailed(Exception): pass\nclass CandidateLost(Exception):\n    reason = 'passed'\ndef double(x):\n    raise CandidateLost",
    "in a group": "def double(x):\n    raise BaseExceptionGroup('x', [SystemExit(0), KeyboardInterrupt()])",
}, least=0.0)  # fmt: skip

# --- signals, descriptors, forged messages ----------------------------------------------

FD_WALK = """
import json, os, socket, stat, struct
def frame(head):
    text = json.dumps({"head": head, "sizes": []}).encode()
    return struct.pack("<I", len(text)) + text
def sockets():
    for fd in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                yield fd
        except OSError:
            pass
def tell_all(data):
    for fd in sockets():
        try: socket.socket(fileno=os.dup(fd)).send(data, socket.MSG_DONTWAIT)
        except OSError: pass
"""
FORGED = {f"sends on every socket: {what}": Attack("N05 N35", wrong(f"tell_all({text})", FD_WALK), least=0.0, stock=False) for what, text in {
    "noise": "b'\\xff' * 4096",
    "a result": "frame({'ok': True})",
    "full points": "frame({'ok': None, 'status': 'passed', 'points': 2.0}) * 20",
    "answers ahead of the questions": "frame({'ok': {'t': 'float', 'v': (2 * x).hex()}}) * 3",
    "calls of functions that were never given": "frame({'op': 'callback', 'id': 0, 'args': []})",
    "errors of odd kinds": "frame({'error': 5}) + frame({'error': {'types': [[]]}})",
    "half a message": "struct.pack('<I', 60)",
    "a message of a gigabyte": "struct.pack('<I', 60 * 2**20) + b'[' * 2**16",
    "that the work is done": "b'x'",
    "how it died": "b'\\0\\0' * 8",
}.items()}  # fmt: skip
DEEP = {
    "an error": '{"error": %s}', "a result": '{"ok": %s}', "what was shown": '{"ok": {"outputs": [{"output_type": "display_data", "data": {"text/plain": %s}}]}}',
    "a note": '{"ok": {"notes": [%s], "outputs": []}}', "a place": '{"error": {"types": ["ValueError"], "name": "x", "message": "x", "place": {"line": 1, "cell": %s}}}',
    "the name of an error": '{"error": {"types": ["ValueError"], "name": %s, "message": "x"}}', "a kind": '{"ok": {"t": "handle", "id": "0:0", "kind": %s}}',
}  # fmt: skip
FORGED |= {f"answers with nests without end: {what}": Attack("", before=f"""
import struct
from autograder.crossing import Channel
def send(self, head, buffers=()):
    nest = {opens!r} * {depth} + "1" + {closes!r} * {depth}
    data = ('{{"head": ' + {form!r}.replace("%s", nest) + ', "sizes": []}}').encode()
    self.sock.sendall(struct.pack("<I", len(data)) + data)
Channel.send = send
""", honest=0.0, least=0.0, stock=False) for what, form in DEEP.items() for opens, closes, depth in [('{"a": ', "}", 900)]}  # fmt: skip
FORGED |= {
    "answers with a place that is none": Attack("", wrong("raise ValueError('x')"), before="""
from autograder.agent import Desk
Desk._describe = lambda self, error: {"types": ["ValueError", 5, []], "name": ["x"], "message": {},
    "place": {"cell": {}, "line": "9" * 10**6, "code": []}}
""", stock=False),
    "answers with a line without an end": Attack("", wrong("raise ValueError('x')"), before="""
from autograder.agent import Desk
Desk._describe = lambda self, error: {"types": ["ValueError"], "name": "x", "message": "x",
    "place": {"cell": "q01-double", "line": 10**4000, "code": "x"}}
""", stock=False),
    "opens a file that is not there": Attack("", wrong("open('data.csv')"), ends="failed", says="FileNotFoundError"),
    "passes on every descriptor it has": Attack("", wrong("""
for fd in sockets():
    try: socket.send_fds(socket.socket(fileno=os.dup(fd)), [b"x"], [0, 1, 2] * 20)
    except OSError: pass
""", FD_WALK), least=0.0, stock=False),
    "takes the next order for itself": Attack("", wrong("""
for fd in sockets():
    socket.socket(fileno=os.dup(fd)).setblocking(True)
    if os.fork() == 0:
        while True:
            if not os.read(fd, 1): os._exit(0)
""", FD_WALK), least=0.0, stock=False),
    "kills all that it sees": Attack("N35 C12", wrong("import os, signal; os.kill(-1, signal.SIGKILL)"), least=0.0, stock=False),
    "kills its group": Attack("N35", wrong("import os; os.killpg(0, 9)"), stock=False),
    "kills the one that stands by": Attack("N35 C12", wrong("import os; os.kill(os.getppid(), 9)"), least=0.0, stock=False),
    "stops the one that stands by and dies": Attack("N35", wrong("import os; os.kill(os.getppid(), 19); os._exit(1)"), least=0.0, stock=False),
    "kills the first process": Attack("N35 C12", wrong("import os\nfor s in (1, 2, 9, 15, 17, 19): os.kill(1, s)"), stock=False),
    "kills every number in its cell": Attack("N35", "import os\nfor p in range(1, 60):\n    try: os.kill(p, 9)\n    except OSError: pass", least=0.0, stock=False),
    "writes into the memory of others": Attack("N35 C12", wrong("""
import os
for pid in (1, os.getppid()):
    for path in ("mem", "oom_score_adj", "clear_refs", "comm", "attr/current", "setgroups"):
        try:
            with open(f"/proc/{pid}/{path}", "r+b", 0) as file: file.write(b"0"); print("WROTE", pid, path)
        except OSError: pass
""", ""), least=0.0, stock=False),
    "makes system calls that are refused": Attack("C13 C14 N35", wrong("""
import ctypes
libc = ctypes.CDLL(None)
calls = {"ptrace": 101, "mount": 165, "unshare": 272, "setns": 308, "bpf": 321, "userfaultfd": 323, "keyctl": 250,
         "io_uring": 425, "memfd": 319, "perf": 298, "vm_writev": 311, "clone3": 435, "x32 getpid": 0x40000000 + 39,
         "pidfd_getfd": 438, "kexec": 246, "open_by_handle": 304, "shmget": 29}
import platform
if platform.machine() == "x86_64":
    print("ALLOWED", [n for n, number in calls.items() if libc.syscall(number, 0, 0, 0, 0, 0, 0) >= 0])
    libc.syscall(2, 1, 0, 0); libc.syscall(257, -100, b"/" + b"x" * 10**5, 0, 0); libc.syscall(9999)
""", ""), stock=False),
    "makes system calls of another age": Attack("C13", wrong("""
import ctypes, mmap
page = mmap.mmap(-1, 4096, prot=7)
page.write(b"\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3")  # getpid by int 0x80
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
"""), ends="crashed", stock=False),
}  # fmt: skip

# A first pass that is lost is judged again from the beginning: nothing of it may reach the second.
TWICE = {
    f"dies once and goes on with what it had found out, kept {how}": Attack(
        "", "def double(x): return 2 * x if again else x", "import os\ndef mean(v):\n    again or os._exit(1)\n    return 0.0",
        before=f"""
import os, random, shutil, sys, tempfile
from multiprocessing import shared_memory
again = False
{look}
""", honest=0.0, least=0.0, stock=False)
    for how, look in {
        "in a file of each folder": """
places = (".", "..", os.path.expanduser("~"), "/tmp", "/var/tmp", "/dev/shm", "/run", tempfile.gettempdir(), "/submission")
again = any(os.path.exists(f"{place}/been-here") for place in places)
for place in places:
    try: open(f"{place}/been-here", "w").close()
    except OSError: pass
""",
        "in shared memory": """
try: shared_memory.SharedMemory("beenhere", create=True, size=8)
except FileExistsError: again = True
""",
        "by a process that stays": """
again = os.system("ps 2>/dev/null | grep -q 99999") == 0 or any(
    b"99999" in open(f"/proc/{p}/cmdline", "rb").read() for p in os.listdir("/proc") if p.isdigit())
if not again and os.fork() == 0:
    os.setsid()
    if os.fork(): os._exit(0)
    os.execv("/bin/sleep", ["/bin/sleep", "99999"])
""",
    }.items()
}  # fmt: skip

# --- formulas ---------------------------------------------------------------------------


def formulas(rows: str, name: str, forms: Mapping[str, str], **common: object) -> dict[str, Attack]:
    """One attack for each text that stands where a formula is asked for."""
    made = {f"{name}: {form}": f"slope = {text}" for form, text in forms.items()}
    points: dict[str, object] = {"honest": 0.0, "least": 0.0, **common}
    return {n: Attack(rows, slope=text, **points) for n, text in made.items()}  # type: ignore[arg-type]


FORMULAS = formulas("S01", "writes code for a formula", {
    "an import": """'__import__("os").system("touch /tmp/pwned")'""",
    "a walk over classes": "'().__class__.__base__.__subclasses__()'",
    "a function": "'(lambda: f)()'",
    "a string": """'f"{open(1)}"'""",
    "an attribute": "'f.__class__.__mro__'",
}) | formulas("S02", "writes a number without an end", {
    "a tower": "'9**9**9'", "a caret tower": "'10^100^100'", "a factorial": "'factorial(10**8)'",
    "factorials of factorials": "'factorial(factorial(factorial(5)))'", "a choice": "'binomial(10**9, 5*10**8)'",
    "a gamma": "'gamma(10**9)'", "many digits": "'1' * 100_000",
}) | formulas("S03", "writes a formula that is too long", {
    "terms": "'+'.join(['x'] * 5000)", "signs": "'-' * 3000 + 'x'", "brackets": "'(' * 300 + 'x' + ')' * 300",
    "a million characters": "'x+' * 500_000 + 'x'",
}) | formulas("S04", "writes a formula that takes for ever to compare", {
    "nested functions": "'sin(tan(-4*x**2-3)**3)'", "powers of powers": "'6**(3*x**2+4*x-2)*(6*x+4)*log(6)'",
    "a difference of almost nothing": "'f + sigma*(1 - f) + 10**-30'",
}) | formulas("S05", "writes the right formula in a forbidden form", {
    "with x": "'sigma + x*sigma*(1 - sigma)'", "with an exponential": "'f + (1 - f)/(1 + exp(-x))'",
}, honest=2.0, least=2.0) | formulas("S05", "writes names that there are not", {
    "capitals": "'F + Sigma*(1 - F)'", "another argument": "'f(y) + sigma(y)*(1 - f(y))'",
}) | formulas("S05", "gives the question for an answer", {"a derivative": "'diff(f(x), x)'"}) | formulas("N02 S05", "gives a formula that lies", {
    "a text": "type('T', (str,), {'__eq__': lambda a, b: True, '__str__': lambda s: 'f + sigma*(1 - f)', '__hash__': str.__hash__})('x')",
    "a symbol": "__import__('sympy').Symbol('f + sigma*(1 - f)')",
    "an object": "type('T', (), {'__eq__': lambda a, b: True, '__str__': lambda s: 'f + sigma*(1 - f)', '_sympy_': lambda s: __import__('sympy').Integer(0)})()",
    "a subclass": "type('Yes', (__import__('sympy').Symbol,), {'__eq__': lambda a, b: True, '__hash__': lambda s: 0, 'equals': lambda a, b: True})('x')",
})  # fmt: skip

GROUPS: dict[str, dict[str, Attack]] = {
    "objects that lie": LIARS,
    "patches": PATCHES,
    "the notebook itself": TAMPERED,
    "odd notebooks": ODD_NOTEBOOKS,
    "death and time": DEATHS | TWICE,
    "looking for answers": LOOKING,
    "too much": FLOODS,
    "chosen words": WORDS,
    "signals and messages": FORGED,
    "formulas": FORMULAS,
}
ATTACKS: dict[str, Attack] = {name: a for group in GROUPS.values() for name, a in group.items()}

# --- the list of kinds ------------------------------------------------------------------

HERE = "tests/attacks/test_hostile_students.py"
CPP, COLLECT = "tests/integration/test_cpp.py", "tests/e2e/test_collect.py"
# Every kind of attack that the kit must survive, with the tests that try it elsewhere.
ROWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "N01": ("patches what tests call", ()),
    "N02": ("gives objects that always agree", ("tests/unit/autograder/test_crossing.py::test_what_could_bring_methods_is_no_data",)),
    "N03": ("removes asserts", ()),
    "N05": ("forges points", ()),
    "N07": ("tags tests to be skipped", ()),
    "N08": ("tags tests as ones that may raise", ()),
    "N09": ("edits points or tests", ("tests/unit/autograder/test_notebook.py::test_locked_cells_are_restored_and_reported",)),
    "N10": ("deletes tests", ()),
    "N11": ("changes the type of tests", ()),
    "N12": ("changes the settings of tests", ()),
    "N14": ("changes the kernel", ()),
    "N15": ("ends the process", ()),
    "N16": ("exits", ()),
    "N17": ("loops", ()),
    "N18": ("loops and ignores signals", ()),
    "N19": ("reads files of the grader", ()),
    "N20": ("reads tests while they run", ()),
    "N21": ("searches memory for answers", ()),
    "N22": ("writes into the gradebook", (f"{HERE}::test_the_gradebook_holds_what_was_judged",)),
    "N23": ("sends code in data", ("tests/unit/autograder/test_crossing.py::test_hostile_trees_are_refused",)),
    "N25": ("leaves daemons", (f"{HERE}::test_no_process_outlives_the_grader",)),
    "N28": ("prints without end", (f"{HERE}::test_executed_notebooks_hold_no_script_and_stay_small",)),
    "N30": ("hands in broken notebooks", ("tests/unit/autograder/test_notebook.py::test_what_is_no_notebook_is_refused_in_words",)),
    "N31": ("fills memory", ()),
    "N32": ("starts processes without end", ()),
    "N33": ("fills the disk", ()),
    "N34": ("uses the network", ("tests/integration/test_confinement.py::test_it_is_refused",)),
    "N35": ("signals or traces others", ("tests/attacks/test_neighbours.py::test_a_neighbour_finds_nothing",)),
    "N36": ("notices that it is graded", ()),
    "S01": ("writes code for a formula", ("tests/unit/autograder/test_symbolic.py::test_hostile_text_is_a_wrong_answer",)),
    "S02": ("writes numbers without end", ("tests/unit/autograder/test_symbolic.py::test_large_exponents_and_constants_are_refused",)),
    "S03": ("writes formulas that are too long", ()),
    "S04": ("makes a comparison hang", ("tests/unit/autograder/test_symbolic.py::test_a_comparison_never_outlasts_its_time",)),
    "S05": ("uses forbidden names and forms", ("tests/unit/autograder/test_symbolic.py::test_the_form_is_a_verdict_of_its_own",)),
    "C01": ("forks without end", (f"{CPP}::test_harm_ends_the_test_and_nothing_else",)),
    "C02": ("loops, sleeps, stops, waits", (f"{CPP}::test_harm_ends_the_test_and_nothing_else",)),
    "C03": ("fills memory in C++", (f"{CPP}::test_harm_ends_the_test_and_nothing_else",)),
    "C04": ("writes without end", (f"{CPP}::test_harm_ends_the_test_and_nothing_else",)),
    "C05": ("makes the compiler work without end", (f"{CPP}::test_a_compile_bomb_gets_a_verdict",)),
    "C07": ("prints that it has passed and leaves", (f"{CPP}::test_prints_decide_nothing",)),
    "C10": ("rewrites what it is compared with", (f"{CPP}::test_nothing_of_ours_is_in_reach",)),
    "C11": ("writes where it must not", ("tests/integration/test_candidate.py::test_the_system_cannot_be_written",)),
    "C12": ("kills or writes to its parent", ()),
    "C13": ("makes odd system calls", ("tests/unit/autograder/test_seccomp.py::test_another_architecture_is_killed",)),
    "C14": ("makes refused system calls", ("tests/unit/autograder/test_seccomp.py::test_every_call_of_the_list_is_refused",)),
    "C16": ("spreads its work to beat the clock", ()),
    "C18": ("knows the visible answers", ()),
    "R01": ("links out of the repository", (f"{COLLECT}::test_links_and_submodules_are_refused",)),
    "R02": ("brings hooks and settings for git", (f"{COLLECT}::test_configuration_and_hooks_of_a_handed_in_repository_do_not_run",)),
    "R03": ("brings submodules and options", (f"{COLLECT}::test_an_address_is_no_option",)),
    "R04": ("brings filters", (f"{COLLECT}::test_filters_and_attributes_do_nothing",)),
    "R06": ("hands in a huge repository", (f"{COLLECT}::test_a_huge_repository_is_refused",)),
    "R08": ("dates commits back", (f"{COLLECT}::test_a_commit_dated_back_after_collecting_does_not_count",)),
    "R09": ("hands in under another name", ("tests/unit/autograder/test_collect.py::test_a_repository_that_two_students_name_is_reported",)),
    "R11": ("writes formulas into tables", ("tests/unit/autograder/test_report.py::test_no_field_is_a_formula",)),
    "G01": ("two graders at once, or a crash", (f"{HERE}::test_two_graders_at_once_agree", "tests/integration/test_grade.py::test_an_interrupted_run_goes_on")),
    "G02": ("answers by chance", (f"{HERE}::test_chance_gives_the_same_verdict_again",)),
}  # fmt: skip
