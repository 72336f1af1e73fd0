# ruff: noqa: E501  (tables of cases read better unwrapped)
"""A class with hostile students, graded by the real command; honest ones sit among them.

Every attack stands in the answer `q01-double` (2 points) or beside it; the answer `q01-mean`
(1 point) is honest unless said otherwise. No attack may earn more than its honest part.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest

from autograder.course import Course
from autograder.grade import read_result
from autograder.gradebook import Gradebook
from autograder.notebook import dumps, load_source
from autograder.plan import code_digest
from autograder.verdict import Remark, Status, SubmissionResult
from tests.conftest import HONEST, NAME, filled, write_course

pytestmark = [pytest.mark.attack, pytest.mark.slow]


@dataclass(frozen=True)
class Attack:
    """One hostile hand-in.

    Attributes:
        row: Which kind of attack it is.
        double: What stands in the answer `q01-double`.
        before: Own cell after the given cell; empty for none.
        earns: The most that the two tests may give.
        least: What they must give at least: the honest part that the attack does not touch.
        status: How `q01-double-test` has to end; None where several ways are right.
    """

    row: str
    double: str = HONEST["q01-double"]
    before: str = ""
    earns: float = 1.0
    least: float = 1.0
    status: Status | None = None


def wrong(body: str, top: str = "") -> str:
    """An answer whose function runs a hostile body and is wrong in any case."""
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    return f"{top}\ndef double(x):\n{lines}\n    return x + 1"


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
"""
SIX = '{"ok": {"t": "float", "v": (2.0 * x).hex()}}'

ATTACKS = {
    # N01 to N05: liars and patches
    "patched_isclose": Attack("N01", wrong("pass"), """
import math, builtins, numpy, numpy.testing
math.isclose = numpy.isclose = numpy.allclose = lambda *a, **k: True
numpy.testing.assert_allclose = lambda *a, **k: None
builtins.abs = lambda x: 0
builtins.AssertionError = type("Never", (Exception,), {})
"""),
    "patched_verdict": Attack("N01", wrong("pass"), """
import sys, types
for name in ("autograder.verdict", "autograder.examine", "unittest", "pytest"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].fail = lambda *a, **k: None
"""),
    "equal_to_all": Attack("N02", """
class Yes:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = object.__hash__
    def __bool__(self): return True
    def __float__(self): return 6.0
    def __array__(self, *a, **k): return np.array(6.0)
def double(x): return Yes()
"""),
    "float_subclass": Attack("N02", """
class Yes(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = float.__hash__
def double(x): return Yes(1.0)
"""),
    "array_subclass": Attack("N02", """
class Yes(np.ndarray):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
def double(x): return np.zeros(1).view(Yes)
"""),
    "numpy_scalar_subclass": Attack("N02", """
class float64(np.float64):
    __module__ = "numpy"
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = np.float64.__hash__
def double(x): return float64(1.0)
"""),
    "named_tuple_with_methods": Attack("N02", """
from collections import namedtuple
class Yes(namedtuple("Yes", "a")):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
def double(x): return Yes(1)
"""),
    "class_that_lies": Attack("N02", """
class Yes:
    @property
    def __class__(self): return float
    def __eq__(self, other): return True
    def __ne__(self, other): return False
def double(x): return Yes()
"""),
    "not_a_number": Attack("N02", "def double(x):\n    return float('nan')"),
    "no_assert": Attack("N03", wrong("pass"), """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_If(self, node): return ast.Pass()
get_ipython().ast_transformers.append(Drop())
"""),
    "forged_result": Attack("N05", wrong("""
from IPython.display import display
display({'text/plain': '2.0'}, raw=True); print('2.0')
get_ipython().displayhook(2.0)
""")),
    "patched_desk": Attack("N05", wrong("pass"), """
import gc
from autograder import agent, crossing
agent.Desk._op_do = lambda self, head, decoder: 2.0
for name in ("_describe", "_answer"):
    pass
crossing.Encoder.encode = lambda self, value, depth=0: {"t": "float", "v": (2.0).hex()}
""", least=0.0),
    "ends_map_early": Attack("N03", "def double(x):\n    raise StopIteration"),
    # N15 to N18: processes that die or hang
    "leaves": Attack("N15", wrong("import os; os._exit(0)"), status=Status.CRASHED),
    "segfault": Attack("N15", wrong("import ctypes; ctypes.string_at(0)"), status=Status.CRASHED),
    "aborts": Attack("N15", wrong("import os; os.abort()"), status=Status.CRASHED),
    "exits": Attack("N16", wrong("import sys; sys.exit(0)"), status=Status.FAILED),
    "interrupts": Attack("N16", wrong("raise KeyboardInterrupt"), status=Status.FAILED),
    "quits_in_cell": Attack("N16", "exit()", status=Status.FAILED),
    "loops": Attack("N17", wrong("while True: pass"), status=Status.TIMED_OUT),
    "sleeps": Attack("N17", wrong("import time; time.sleep(1e6)"), status=Status.TIMED_OUT),
    "stops_itself": Attack("N17", wrong("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"),
                           status=Status.TIMED_OUT),
    "loops_deaf": Attack("N18", wrong("""
import signal
for s in range(1, 32):
    try: signal.signal(s, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True:
    try:
        while True: pass
    except BaseException: pass
"""), status=Status.TIMED_OUT),
    "yields_for_ever": Attack("N17", """
class Endless:
    def __iter__(self):
        while True: yield 1.0
def double(x): return Endless()
def mean(values): return 0
"""),
    # N19 to N23: looking for tests and answers
    "looks_around": Attack("N19", wrong("pass"), """
import glob, os
found = []
for top, folders, files in os.walk("/"):
    folders[:] = [f for f in folders if os.path.join(top, f) not in
                  ("/proc", "/usr", "/dev") and "site-packages" not in f]
    found += [os.path.join(top, f) for f in files
              if f.endswith((".ipynb", ".db", ".toml")) or "verdict" in f or "examine" in f]
for name in ("/etc/shadow", "/etc/passwd", "/root/.ssh", "/proc/1/environ"):
    try:
        found.append(name + " " + str(open(name).read(20) if os.path.isfile(name) else os.listdir(name)))
    except OSError: pass
import sys
own = ("/submission", os.getcwd(), "/tmp", sys.prefix, sys.base_prefix)
print("FOUND", sorted(f for f in found if not f.startswith(own)))
"""),
    "reads_memory": Attack("N20", wrong("""
import gc, inspect, linecache, sys
seen = [repr(In), repr(list(linecache.cache)), repr([f.code_context for f in inspect.stack()])]
seen += [o for o in gc.get_objects() if type(o) is str]
seen += [repr(f.f_locals)[:10000] for f in sys._current_frames().values()]
print("LEAK" if any(("twice as " + "much.") in s or ("not-" + "twice") in s for s in seen) else "NONE")
""")),
    "writes_gradebook": Attack("N22", wrong("pass"), """
import os, sqlite3
for folder in ("/submission", "..", "../..", "/", "/opt/kit", "/work", "/home"):
    try:
        db = sqlite3.connect(os.path.join(folder, "gradebook.db"))
        db.execute("create table grade (auto_score)"); db.commit()
    except Exception: pass
"""),
    "pickle_back": Attack("N23", """
class Evil:
    def __reduce__(self): return (__import__("os").system, ("touch /tmp/pickled",))
def double(x): return np.array([Evil()], dtype=object)
"""),
    # N25: daemons; N35: signals
    "daemon": Attack("N25", wrong("pass"), """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("/tmp/alive", "w").write("x")
        while True: time.sleep(0.05)
    os._exit(0)
"""),
    "kills_all": Attack("N35", wrong("import os, signal; os.kill(-1, signal.SIGKILL)"), least=0.0),
    "kills_parent": Attack("N35", wrong("import os; os.kill(os.getppid(), 9)"), least=0.0),
    "stops_parent": Attack("N35", wrong("import os; os.kill(os.getppid(), 19)"), least=0.0),
    "kills_in_cell": Attack("N35", "import os\nfor p in range(1, 60):\n    try: os.kill(p, 9)\n"
                            "    except OSError: pass", least=0.0),
    # N28 to N34: too much of everything
    "prints_much": Attack("N28", wrong("print('x' * 100_000_000)"), status=Status.FAILED),
    "shows_much": Attack("N28", wrong("pass"), """
from IPython.display import display, HTML
for _ in range(3000): display(HTML("<script>alert(1)</script>" * 100))
"""),
    "writes_to_fd": Attack("N28", wrong("import os; os.write(1, b'x' * 10**6); os.write(2, b'x' * 10**6)")),
    "half_a_character": Attack("N28", HONEST["q01-double"], 'print("\\ud800")', earns=3.0, least=3.0),
    "allocates": Attack("N31", wrong("y = bytearray(10**11)"), status=Status.FAILED),
    "fills_memory": Attack("N31", wrong("""
held = []
while True: held.append(np.ones(2**22))
"""), status=None),
    "fills_memory_with_children": Attack("N31", wrong("""
import os, time
for _ in range(8):
    if os.fork() == 0:
        held = np.ones(40 * 2**20)
        time.sleep(100)
time.sleep(100)
"""), status=Status.OUT_OF_MEMORY),
    "fork_bomb": Attack("N32", wrong("""
import os
while True:
    try: os.fork()
    except OSError: pass
"""), least=0.0),
    "threads": Attack("N32", wrong("""
import threading, time
for _ in range(2000): threading.Thread(target=time.sleep, args=(100,)).start()
""")),
    "fills_disk": Attack("N33", wrong("""
for folder in ("/tmp", "/dev/shm", "."):
    for i in range(10):
        with open(f"{folder}/{i}", "wb") as file:
            for _ in range(64): file.write(bytes(2**20))
""")),
    "calls_home": Attack("N34", wrong("""
import socket
for kind in (socket.AF_INET, socket.AF_INET6):
    try:
        s = socket.socket(kind); s.settimeout(0.2)
        s.connect(("127.0.0.1" if kind == socket.AF_INET else "::1", 22)); print("CONNECTED")
    except OSError: pass
print(open("/proc/net/dev").read().count(":"))
""")),
    # forged frames
    "garbage_frames": Attack("frames", wrong("""
for fd in sockets():
    try: os.write(fd, b"\\xff" * 4096)
    except OSError: pass
""", FD_WALK), least=0.0),
    "forged_frames": Attack("frames", wrong("""
for fd in sockets():
    for head in ({"ok": True}, {"op": "callback", "id": 0, "args": []}, {"error": 5}, {"ok": {"t": []}}):
        try: os.write(fd, frame(head))
        except OSError: pass
""", FD_WALK), least=0.0),
    "huge_frame": Attack("frames", wrong("""
for fd in sockets():
    try: os.write(fd, struct.pack("<I", 60 * 2**20) + b"[" * 2**20)
    except OSError: pass
""", FD_WALK), least=0.0),
    "verdict_frame": Attack("frames", wrong("""
for fd in sockets():
    try: os.write(fd, frame({"ok": None, "status": "passed", "points": 2.0}) * 20)
    except OSError: pass
""", FD_WALK), least=0.0),
    "forged_place": Attack("frames", wrong("raise ValueError('x')"), """
from autograder.agent import Desk
Desk._describe = lambda self, error: {"types": ["ValueError", 5, []], "name": ["x"], "message": {},
    "place": {"cell": {}, "line": "9" * 10**6, "code": []}}
"""),
    # values that are too much
    "deep_list": Attack("values", "def double(x):\n    y = 1.0\n    for _ in range(500): y = [y]\n    return y"),
    "long_list": Attack("values", "def double(x):\n    return [0.0] * 10**7"),
    "long_integer": Attack("values", "def double(x):\n    return 1 << 10**6"),
    "same_hashes": Attack("values", "def double(x):\n    return {(2**61 - 1) * k for k in range(100_000)}"),
    "huge_decimal": Attack("values", "from decimal import Decimal\ndef double(x):\n    return Decimal('1E1000000000')"),
    "huge_array": Attack("values", "def double(x):\n    return np.zeros(40_000_000)"),
    "structured_array": Attack("values", "def double(x):\n    return np.zeros(3, dtype=[('a', 'f8')])"),
    "endless_array": Attack("values", "def double(x):\n    return np.broadcast_to(6.0, (2**20, 2**20))"),
    "sympy_power": Attack("S01", "import sympy\ndef double(x):\n"
                          "    return sympy.Pow(9, sympy.Pow(9, 9**9, evaluate=False), evaluate=False)"),
    # N36: nothing tells that this is grading
    "detects_grading": Attack("N36", wrong("pass"), """
import os
print("MARKED", [k for k in os.environ if "GRAD" in k.upper() or "SECRET" in k or "COURSE" in k])
"""),
}  # fmt: skip


@dataclass
class Class:
    """A graded class: the course, what the command said, and how it ended."""

    course: Course
    code: int
    said: str
    digest: str
    results: dict[str, SubmissionResult] = field(default_factory=dict)

    def points(self, student: str) -> float:
        """What the two tests gave."""
        return sum(v.points or 0.0 for v in self.results[student].verdicts)


def roll_number(number: int) -> str:
    """A roll number; honest students sit before, among and after the others."""
    return f"s{10 * number:04d}"


def write_class(root: Path) -> tuple[Course, dict[str, str]]:
    """Write the course and one hand-in for each attack; roll numbers by attack."""
    course = write_course(root)
    source = load_source(course.source("hw") / f"{NAME}.ipynb")
    students: dict[str, str] = {}
    for number, (name, attack) in enumerate(ATTACKS.items(), start=1):
        students[name] = roll_number(number)
        extra = {"q01-given": attack.before} if attack.before else None
        notebook = filled(source, {**HONEST, "q01-double": attack.double}, extra)
        hand_in(course, students[name], dumps(notebook).encode())
    for honest in ("s0000", "s0305", "s9999"):
        hand_in(course, honest, dumps(filled(source, HONEST)).encode())
    return course, students


def hand_in(course: Course, student: str, content: bytes) -> None:
    """Put a notebook where collected ones lie."""
    folder = course.submitted(student, "hw")
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_bytes(content)


def run_grade(course: Course, *options: str) -> tuple[int, str]:
    """Run the real command."""
    line = [sys.executable, "-m", "autograder.cli", "grade", "hw", "--course", str(course.root)]
    done = subprocess.run(
        [*line, *options], capture_output=True, text=True, timeout=500, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory, confined: str) -> tuple[Class, dict[str, str]]:
    """The class, graded once."""
    course, students = write_class(tmp_path_factory.mktemp("class") / "course")
    digest = code_digest()
    status, said = run_grade(course, "--workers", "3")
    made = Class(course, status, said, digest)
    for folder in sorted((course.root / "submitted").iterdir()):
        result = read_result(course, "hw", folder.name)
        assert result is not None, f"{folder.name} has no result: {said[-2000:]}"
        made.results[folder.name] = result
    return made, students


def remarks_of(result: SubmissionResult) -> tuple[Remark, ...]:
    """All remarks on one submission."""
    return tuple(r for n in result.notebooks for r in n.remarks) + result.remarks


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_earns_no_more_than_its_honest_part(
    graded: tuple[Class, dict[str, str]], name: str
) -> None:
    """The points are those of the honest part, and the grader itself did not fail."""
    made, students = graded
    attack, result = ATTACKS[name], made.results[students[name]]
    assert "grader-failed" not in {r.kind for r in remarks_of(result)}, remarks_of(result)
    assert attack.least <= made.points(students[name]) <= attack.earns, result.verdicts
    verdict = result.verdicts[0]
    if attack.status is not None:
        assert verdict.status is attack.status, verdict
    if name not in ("half_a_character",):
        assert verdict.points == 0.0, verdict


@pytest.mark.parametrize("name", ATTACKS)
def test_messages_are_short_plain_words(graded: tuple[Class, dict[str, str]], name: str) -> None:
    """No traceback, no control character, and no text that a student made endless."""
    made, students = graded
    result = made.results[students[name]]
    for verdict in result.verdicts:
        assert len(verdict.message) < 1000
        assert len(verdict.got) <= 200
        assert len(verdict.printed) <= 2100
        assert "Traceback" not in verdict.message
        if verdict.status is not Status.PASSED:
            assert re.search(r"[a-z]{3}", verdict.message), verdict
    for remark in remarks_of(result):
        assert len(remark.message) < 1000
        assert remark.message.isprintable()


def test_honest_students_among_them_get_everything(graded: tuple[Class, dict[str, str]]) -> None:
    """Those before, among and after the attackers have all points and no remark."""
    made, _ = graded
    for student in ("s0000", "s0305", "s9999"):
        assert made.points(student) == 3.0, made.results[student]
        assert remarks_of(made.results[student]) == ()


def test_the_command_ends_well(graded: tuple[Class, dict[str, str]]) -> None:
    """No hostile hand-in counts as a fault of ours."""
    made, _ = graded
    assert made.code == 0, made.said[-3000:]


def test_the_gradebook_holds_what_was_judged(graded: tuple[Class, dict[str, str]]) -> None:
    """Every verdict stands in nbgrader's database, and nothing else does."""
    made, students = graded
    with Gradebook(made.course) as book:
        for student in students.values():
            scores = {s.cell_id: s.auto for s in book.scores("hw", student)}
            assert scores == {v.cell_id: v.points for v in made.results[student].verdicts}


def test_no_process_outlives_the_grader(graded: tuple[Class, dict[str, str]]) -> None:
    """Neither daemons nor sandboxes of the class are left."""
    made, _ = graded
    left = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(made.course.root).encode() in line:
                left.append(line)
    assert left == []


def printed(graded: tuple[Class, dict[str, str]], name: str) -> str:
    """What an attack printed, in its own cell or during the first test."""
    made, students = graded
    folder = made.course.autograded(students[name], "hw")
    notebook = nbformat.read(folder / f"{NAME}.ipynb", as_version=4)
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    return (
        "".join(o.get("text", "") for o in outputs)
        + made.results[students[name]].verdicts[0].printed
    )


def test_nothing_of_the_course_is_in_sight(graded: tuple[Class, dict[str, str]]) -> None:
    """No notebook of the instructor, gradebook, verdict module or password file can be found."""
    said = printed(graded, "looks_around")
    assert "FOUND []" in said, said


def test_no_test_is_in_the_memory_of_the_candidate(graded: tuple[Class, dict[str, str]]) -> None:
    """History, frames and every living string know nothing of the hidden test."""
    assert "NONE" in printed(graded, "reads_memory")


def test_no_network_is_there(graded: tuple[Class, dict[str, str]]) -> None:
    """The sandbox has one network interface, its own loopback, and nobody answers."""
    said = printed(graded, "calls_home")
    assert "CONNECTED" not in said
    assert said.strip() == "1"


def test_the_environment_does_not_tell_of_grading(graded: tuple[Class, dict[str, str]]) -> None:
    """No variable names the course, its secret or grading."""
    assert "MARKED []" in printed(graded, "detects_grading")


def test_executed_notebooks_hold_no_script_and_stay_small(
    graded: tuple[Class, dict[str, str]],
) -> None:
    """What is kept of a hostile notebook is small and has no HTML."""
    made, students = graded
    for student in students.values():
        path = made.course.autograded(student, "hw") / f"{NAME}.ipynb"
        assert path.stat().st_size < 3_000_000
    shown = made.course.autograded(students["shows_much"], "hw") / f"{NAME}.ipynb"
    cells = nbformat.read(shown, as_version=4).cells
    assert not any("text/html" in o.get("data", {}) for c in cells for o in c.get("outputs", []))
    assert not Path("/tmp/pickled").exists()


def test_a_second_run_judges_nothing_anew(graded: tuple[Class, dict[str, str]]) -> None:
    """What has been judged and not changed keeps its verdicts, byte for byte."""
    made, students = graded
    paths = [made.course.autograded(s, "hw") / "verdicts.json" for s in students.values()]
    before = [p.read_bytes() for p in paths]
    chosen = [students[n] for n in ("equal_to_all", "loops", "kills_all")]
    digest = code_digest()
    status, said = run_grade(made.course, "--json", *(o for s in chosen for o in ("--student", s)))
    if digest != made.digest:
        pytest.skip("the kit's own code was changed meanwhile, so everything is judged anew")
    assert status == 0
    assert json.loads(said)["unchanged"] == len(chosen)
    assert [p.read_bytes() for p in paths] == before
