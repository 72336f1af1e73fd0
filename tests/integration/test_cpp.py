# ruff: noqa: E501  (tables of cases read better unwrapped)
"""Real compilers and programs in the real sandbox: honest, broken and hostile networks."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from autograder import candidate, cpp
from autograder.candidate import Patience
from autograder.course import Limits
from autograder.cpp import Program
from autograder.errors import CandidateLost, SandboxError
from autograder.verdict import CheckFailed, CheckUngraded, Status, Verdict, recording

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "reference" / "cpp"
HEADER = (REFERENCE / "nn.hpp").read_text()
SOURCE = (REFERENCE / "nn.cpp").read_text()
FORWARD = "  a_ = activations(x);\n  return a_.back();\n"
HOSTILE = """
  static int calls = 0;
  ++calls;
  char frame[17] = {13};
  switch (static_cast<int>(x[0])) {
    case 1: return {static_cast<double>(calls)};
    case 2: raise(SIGSEGV);
    case 3: abort();
    case 4: _exit(0);
    case 5: for (volatile int i = 0;; i = i + 1) {}
    case 6: for (std::vector<double*> kept;;) {
      kept.push_back(new double[1 << 20]);
      std::fill_n(kept.back(), 1 << 20, 1.0);
    }
    case 7: for (;;) std::puts("a line that nobody reads, printed again and again");
    case 8: for (int fd = 1; fd < 64; ++fd) if (write(fd, frame, 17) < 0) continue;
            return {1.0};
    case 9: for (int i = 0; i < 40; ++i) std::fwrite(frame, 1, 17, stdout);
            std::puts("PASS");
            return {static_cast<double>(calls)};
    case 10: return std::vector<double>(30000000, 1.0);
    case 11: throw 7;
    case 12: throw std::out_of_range("index 9");
    case 13: for (;;) fork();
    case 14: for (;;) pause();
    case 17: { static const int once = fork();
               usleep(10000);
               return {once < 0 ? 0.0 : 1.0}; }
    case 16: for (int fd = 3; fd < 64; ++fd) close(fd);
             for (;;) pause();
    case 15: { int found = 0;
               for (const char* path : {PATHS})
                 found += std::fopen(path, "r") != nullptr;
               return {static_cast<double>(found)}; }
    case 18: { // finds the number of its call, announces 8 MB, and sends them byte by byte
      int door = 3;
      struct stat s;
      while (door < 64 && (fstat(door, &s) != 0 || !S_ISSOCK(s.st_mode))) ++door;
      char asked[17] = {3, 0, 0, 0, 0, 1}, head[13] = {0, 0, -128, 0};
      std::memcpy(asked + 9, x.data(), 8);
      const char* heap = reinterpret_cast<const char*>(x.data()) - 65536;
      const void* found = memmem(heap, static_cast<char*>(sbrk(0)) - heap, asked, sizeof asked);
      if (!found) abort();
      std::memcpy(head + 4, static_cast<const char*>(found) - 8, 8);
      if (write(door, head, sizeof head) > 0) while (write(door, frame, 1) == 1) {} }
  }
"""
INCLUDES = "#include <csignal>\n#include <cstdio>\n#include <cstdlib>\n#include <cstring>\n#include <sys/stat.h>\n#include <unistd.h>\n"


@dataclass
class Session:
    """What a test remembers."""

    lost: CandidateLost | None = None
    raised: Mapping[str, Any] | None = None
    last_call: str = ""


def program_of(source: str, limits: Limits, sandbox: str, header: str = HEADER) -> Program:
    """A program of one source file and the header of the solution."""
    files = {"cpp/nn.cpp": source.encode(), "cpp/nn.hpp": header.encode()}
    return Program(files, limits, sandbox)


@pytest.fixture(scope="module")
def small(limits: Limits) -> Limits:
    """Limits that are reached soon."""
    if shutil.which("g++") is None:
        pytest.skip("no g++: install a C++ compiler")
    return replace(limits, memory_mb=600)


@pytest.fixture(scope="module")
def honest(confined: str, small: Limits) -> Iterator[Program]:
    """The worked solution, built once."""
    with program_of(SOURCE, small, confined) as program:
        assert program.build() is None
        yield program


@pytest.fixture(scope="module")
def hostile(confined: str, small: Limits) -> Iterator[Program]:
    """A network whose first input chooses what harm it does, built once."""
    ours = (f"{cpp.WORK}/cpp/nn.cpp", f"{cpp.KIT}/driver.cpp")
    secret = ", ".join(f'"{path}"' for path in (*ours, REFERENCE / "nn.cpp", REFERENCE / "nn.hpp"))
    source = INCLUDES + SOURCE.replace(FORWARD, HOSTILE.replace("PATHS", secret) + FORWARD)
    with program_of(source, small, confined) as program:
        problem = program.build()
        assert problem is None, problem
        yield program


def do(program: Program, what: float, cpu_s: float = 1.0) -> tuple[Any, Session, str]:
    """Call forward of a hostile network in a turn of its own: result, session, prints."""
    session, result, printed = Session(), None, ""
    with contextlib.suppress(CandidateLost), program.turn(cpu_s, session):
        result = program.bridge().NeuralNetwork([1, 1], 1).forward([what])
        printed = program.printed()
    return result, session, printed


def verdict_of(program: Program) -> Verdict:
    """What a test says when it makes a network that cannot be built."""
    with recording("q12-test", 1.0) as recorder, program.turn(1.0, Session()):
        with pytest.raises(CheckFailed):
            program.bridge().NeuralNetwork([1, 1], 1)
        assert recorder.verdict is not None
    return recorder.verdict


# --- honest networks ------------------------------------------------------------------------


def test_every_function_can_be_called(honest: Program) -> None:
    """Numbers, rows, samples and text go in and come back; a step lowers the loss."""
    session = Session()
    with honest.turn(5.0, session):
        network = honest.bridge().NeuralNetwork([2, 3, 2], 1)
        assert "loss=cross_entropy" in network.description()
        p = network.parameters()
        assert len(p) == 17
        network.set_parameters([v / 2 for v in p])
        assert network.parameters() == [v / 2 for v in p]
        y_hat = network.forward([1.0, -1.0])
        assert sum(y_hat) == pytest.approx(1.0)
        before = network.loss(y_hat, [1.0, 0.0])
        network.backward([1.0, 0.0])
        network.gradient_descent(0.5)
        assert network.train_step([1.0, -1.0], [1.0, 0.0], 0.1) < before
        X, Y = [[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]
        assert network.train(X, Y, 200, 0.5) < 0.1
        assert network.test(X, Y) == 1.0
    assert session.lost is None


def test_an_exception_arrives_as_a_builtin_type(honest: Program) -> None:
    """std::invalid_argument is a ValueError with its text, and the program goes on."""
    session = Session()
    with honest.turn(5.0, session):
        network = honest.bridge().NeuralNetwork([2, 2], 1)
        with pytest.raises(ValueError, match="wrong number of parameters") as caught:
            network.set_parameters([1.0])
        assert getattr(caught.value, "__candidate__", False)
        assert session.raised == {
            "name": "std::invalid_argument",
            "message": "set_parameters: wrong number of parameters",
            "place": {},
        }
        assert len(network.forward([0.0, 0.0])) == 2


def test_a_network_does_not_outlive_its_test(honest: Program) -> None:
    """A network of an earlier turn is refused, not mistaken for another."""
    with honest.turn(5.0, Session()):
        network = honest.bridge().NeuralNetwork([2, 2], 1)
    with honest.turn(5.0, Session()):
        honest.bridge().NeuralNetwork([2, 2], 1)
        with pytest.raises(RuntimeError, match="as long as its test"):
            network.forward([0.0, 0.0])


def test_processor_time_is_counted(honest: Program) -> None:
    """Building alone takes a measurable time."""
    assert 0.2 < honest.cpu_s() < 60


def test_every_turn_has_a_fresh_process(hostile: Program) -> None:
    """A static counter begins anew."""
    assert [do(hostile, 1.0)[0] for _ in range(2)] == [[1.0], [1.0]]


# --- hostile networks ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "reason", "words"),
    [
        (2, "crashed", "SIGSEGV"),
        (3, "crashed", "SIGABRT"),
        (4, "crashed", "exit status 0"),
        (5, "timed_out", "processor time|did not end within"),
        (6, "out_of_memory", "600 MB"),
        (7, "crashed", "printed or wrote more"),
        (8, "protocol", "no answer to what was asked"),
        (10, "protocol", "impossible length"),
        (13, "crashed", "processes"),
        (16, "protocol", "closed the descriptor"),
    ],
)
def test_harm_ends_the_test_and_nothing_else(
    hostile: Program, what: int, reason: str, words: str
) -> None:
    """The session remembers the reason in words, and the next turn works."""
    result, session, _ = do(hostile, what)
    assert result is None
    assert session.lost is not None
    assert session.lost.reason == reason
    assert any(w in str(session.lost) for w in words.split("|"))
    assert do(hostile, 1.0)[0] == [1.0]


class Short(Patience):
    """Patience for half a second of waiting; what computes has a multiple of it."""

    def __init__(self, idle_s: float, cpu_s: float) -> None:
        super().__init__(idle_s, cpu_s)
        self.idle_limit_s = 0.5


def test_wall_time_counts_in_full_only_while_nothing_is_computed(
    hostile: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that sleeps ends by wall time, one that computes by its processor time."""
    monkeypatch.setattr(cpp, "Patience", Short)
    monkeypatch.setattr(candidate, "BUSY_FACTOR", 100.0)
    for what, words in ((14, "within 0.5 s."), (5, "within 1 s of processor time")):
        _, session, _ = do(hostile, what, cpu_s=1.0)
        assert session.lost is not None
        assert (session.lost.reason, words in str(session.lost)) == ("timed_out", True), what
    with hostile.turn(1.0, Session()):  # while the test itself works, nobody waits
        network = hostile.bridge().NeuralNetwork([1, 1], 1)
        for calls in range(1, 4):
            time.sleep(0.3)
            assert network.forward([1.0]) == [float(calls)]


def test_a_program_that_goes_on_as_two_is_told_so(hostile: Program) -> None:
    """Each of them answers each call; what comes back fits none of them any more."""
    with hostile.turn(1.0, Session()):
        network = hostile.bridge().NeuralNetwork([1, 1], 1)
        calls = (network.forward([17.0]) for _ in range(50))
        with pytest.raises(CandidateLost, match="started further processes"):
            list(calls)


def test_an_answer_that_dribbles_ends_by_its_limit(
    hostile: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Limits are watched also while bytes keep coming, and not only where none come for a while."""
    monkeypatch.setattr(cpp, "WATCH_S", 0.5)  # a busy machine makes short pauses
    _, session, _ = do(hostile, 18, cpu_s=0.2)
    assert session.lost is not None
    assert session.lost.reason == "timed_out", str(session.lost)


def test_a_program_that_sleeps_is_not_waited_for(
    hostile: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its wall time would be minutes; time in which the test itself works does not count."""
    monkeypatch.setattr(cpp, "IDLE_S", 2.0)
    start, session = time.monotonic(), Session()
    with hostile.turn(60.0, session):
        network = hostile.bridge().NeuralNetwork([1, 1], 1)
        time.sleep(3.0)
        assert network.forward([1.0]) == [1.0]
        with pytest.raises(CandidateLost, match="did nothing for 2 s"):
            network.forward([14.0])
    assert session.lost is not None
    assert session.lost.reason == "timed_out"
    assert time.monotonic() - start < 60


def test_a_loss_is_sticky(hostile: Program) -> None:
    """A test that catches the loss cannot go on with the program."""
    session = Session()
    with hostile.turn(1.0, session):
        network = hostile.bridge().NeuralNetwork([1, 1], 1)
        for _ in range(2):
            with pytest.raises(CandidateLost, match="SIGSEGV"):
                network.forward([2.0])
        with pytest.raises(CandidateLost):
            hostile.bridge().NeuralNetwork([1, 1], 1)


def test_what_is_lost_stays_lost(honest: Program) -> None:
    """Once a session is lost, a program that lives is not asked any more."""
    session = Session()
    with honest.turn(5.0, session):
        network = honest.bridge().NeuralNetwork([2, 2], 1)
        session.lost = CandidateLost("lost before", "crashed")
        with pytest.raises(CandidateLost, match="lost before"):
            network.forward([0.0, 0.0])
        with pytest.raises(CandidateLost, match="lost before"):
            honest.bridge().NeuralNetwork([2, 2], 1)


def test_prints_decide_nothing(hostile: Program) -> None:
    """Frames on standard output are text; the value that was returned counts."""
    result, session, printed = do(hostile, 9.0)
    assert (result, session.lost) == ([1.0], None)
    assert "PASS" in printed or printed.startswith("\r")


@pytest.mark.parametrize(("what", "kind"), [(11, RuntimeError), (12, IndexError)])
def test_whatever_is_thrown_is_an_error(hostile: Program, what: int, kind: type) -> None:
    """An int that is thrown is a RuntimeError; the process lives on."""
    with hostile.turn(1.0, Session()):
        network = hostile.bridge().NeuralNetwork([1, 1], 1)
        with pytest.raises(kind):
            network.forward([float(what)])
        assert network.forward([1.0]) == [2.0]


def test_nothing_of_ours_is_in_reach(hostile: Program) -> None:
    """Neither the sources, nor the driver, nor the worked solution can be opened at run time."""
    assert do(hostile, 15)[0] == [0.0]


# --- building -------------------------------------------------------------------------------


def broken(old: str, new: str) -> str:
    """The worked solution with one change."""
    assert SOURCE.count(old) == 1
    return SOURCE.replace(old, new)


MISTAKES: list[tuple[str, Callable[[], str]]] = [
    ("missing-semicolon", lambda: broken("  a_ = activations(x);", "  a_ = activations(x)")),
    ("undeclared", lambda: broken("  a_ = activations(x);", "  b_ = activations(x);")),
    ("header-missing", lambda: '#include "torch/torch.h"\n' + SOURCE),
    ("not-declared-in-class", lambda: broken("y) const {\n  require(y_hat", "y) {\n  require(y_hat")),
    ("type-mismatch", lambda: broken("  return sum;\n}\n\n// --- back", "  return y;\n}\n\n// --- back")),
    ("const", lambda: broken("  std::vector<double> p;\n", "  a_.clear();\n  std::vector<double> p;\n")),
    ("main-twice", lambda: SOURCE + "int main() { return 0; }\n"),
    ("undefined-reference", lambda: SOURCE[: SOURCE.index("double NeuralNetwork::test(")]),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "source"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_the_compiler_here_is_understood(
    confined: str, small: Limits, kind: str, source: Callable[[], str]
) -> None:
    """Each common mistake, made in the worked solution, is recognised and shown with its lines."""
    with program_of(source(), small, confined) as program:
        problem = program.build()
    assert problem is not None
    assert problem.kind == kind, problem
    assert problem.code
    assert "/opt/" not in problem.code + problem.message
    assert problem.hint


def test_what_does_not_compile_fails_with_its_lines(confined: str, small: Limits) -> None:
    """The verdict names file and line, gives a hint, and keeps the compiler's lines."""
    source = broken("  a_ = activations(x);", "  a_ = activations(x)")
    with program_of(source, small, confined) as program:
        said = verdict_of(program)
    assert said.note == "does-not-compile"
    assert "cpp/nn.cpp, line" in said.message
    assert "semicolon" in said.message
    assert "error: expected" in said.code


def test_an_interface_that_was_changed_is_named(confined: str, small: Limits) -> None:
    """Where the driver cannot use the class, the student's header is to blame."""
    header = HEADER.replace("double test(const Samples& X", "double check(const Samples& X")
    source = SOURCE.replace("double NeuralNetwork::test(", "double NeuralNetwork::check(")
    with program_of(source, small, confined, header) as program:
        problem = program.build()
    assert problem is not None
    assert problem.kind.startswith("interface-")
    assert "`test`" in problem.message


def test_an_untouched_template_is_still_to_be_written(confined: str, small: Limits) -> None:
    """The stub's exception names the function that is missing, and counts as not answered."""
    template = ROOT / "cpp_template"
    source, header = ((template / f).read_text() for f in ("nn.cpp", "nn.hpp"))
    with program_of(source, small, confined, header) as program:
        said = verdict_of(program)
    assert said.note == "not-answered"
    assert "constructor" in said.message


@pytest.mark.parametrize(
    "source",
    [
        '#include "/dev/zero"\n',
        "double table[200000000] = {1};\n",
        "template <int N, int M> struct F { static const long v = F<N-1,M>::v + F<N-1,M+1>::v"
        " + F<N-1,2*M+1>::v; };\ntemplate <int M> struct F<0,M> { static const long v = M; };\n"
        "long x = F<800,1>::v;\n",
    ],
    ids=["endless-file", "huge-table", "templates"],
)
def test_a_compile_bomb_gets_a_verdict(
    confined: str, small: Limits, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory, file size and time of a build are bounded."""
    monkeypatch.setattr(cpp, "BUILD_CPU_S", 3.0)
    start = time.monotonic()
    with program_of(source, small, confined) as program:
        said = verdict_of(program)
    assert said.note == "does-not-compile"
    assert time.monotonic() - start < 60


def test_the_worked_solution_is_not_in_the_compilers_reach(confined: str, small: Limits) -> None:
    """Including it by its path finds nothing."""
    source = f'#include "{REFERENCE / "nn.cpp"}"\n'
    with program_of(source, small, confined) as program:
        problem = program.build()
    assert problem is not None
    assert problem.kind == "header-missing"


def test_an_end_before_the_beginning_is_a_crash(confined: str, small: Limits) -> None:
    """A static constructor that prints and ends the process earns nothing."""
    source = INCLUDES + 'struct End { End() { puts("PASS"); _exit(0); } } e;\n' + SOURCE
    session = Session()
    with (
        program_of(source, small, confined) as program,
        program.turn(1.0, session),
        pytest.raises(CandidateLost),
    ):
        program.bridge().NeuralNetwork([1, 1], 1)
    assert session.lost is not None
    assert session.lost.reason == "crashed"


def test_c_and_warnings_are_welcome(confined: str, small: Limits) -> None:
    """A file of C is compiled as C; a warning is kept and is no error."""
    source = SOURCE.replace("#include <cmath>", '#include <cmath>\nextern "C" double half(double);')
    source = source.replace(FORWARD, "  int unused;\n  (void)half(x[0]);\n" + FORWARD)
    files = {
        "cpp/nn.cpp": source.encode(),
        "cpp/nn.hpp": HEADER.encode(),
        "cpp/half.c": b"double half(double new) { return new / 2; }\n",
    }
    with Program(files, small, confined) as program:
        assert program.build() is None
        assert "unused" in program.warnings


@pytest.mark.parametrize(
    ("content", "words"),
    [(SOURCE.encode("utf-16"), "UTF-16"), (Path("/bin/true").read_bytes(), "zero bytes")],
    ids=["utf-16", "a program"],
)
def test_a_file_that_is_no_text_is_called_so(
    confined: str, small: Limits, content: bytes, words: str
) -> None:
    """The compiler's own words would be about stray characters."""
    with Program(
        {"cpp/nn.cpp": content, "cpp/nn.hpp": HEADER.encode()}, small, confined
    ) as program:
        said = verdict_of(program)
    assert said.note == "does-not-compile"
    assert words in said.message


def test_what_compiles_is_not_judged_by_its_bytes(confined: str, small: Limits) -> None:
    """Zeros at the end of a file, as some editors and disks leave them, cost nothing."""
    files = {"cpp/nn.cpp": SOURCE.encode() + bytes(9), "cpp/nn.hpp": HEADER.encode()}
    with Program(files, small, confined) as program:
        assert program.build() is None


# --- when our own side fails ----------------------------------------------------------------


def fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no sandbox starts."""
    monkeypatch.setattr(cpp, "SIGN", ("a-program-that-is-not-there",))


def ask_again_and_again(network: Any) -> None:
    """For ten seconds at most: what is killed may give one more answer."""
    for _ in range(1000):
        network.forward([1.0])
        time.sleep(0.01)


def test_a_sandbox_that_does_not_start_is_no_fault_of_the_students(
    honest: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test is left to a person, whatever it catches, and the grader is told at its end."""
    fails(monkeypatch)
    session = Session()
    with recording("q12-test", 1.0) as recorder:
        with (
            pytest.raises(SandboxError, match="did not start"),
            honest.turn(1.0, session),
            contextlib.suppress(CheckUngraded),
        ):
            honest.bridge().NeuralNetwork([1, 1], 1)
        assert recorder.verdict is not None
    assert recorder.verdict.status is Status.UNGRADED
    assert session.lost is None
    monkeypatch.undo()
    with honest.turn(5.0, Session()):
        honest.bridge().NeuralNetwork([1, 1], 1)


def test_a_sandbox_that_does_not_start_does_not_stop_compiling(
    confined: str, small: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not said that the student's files do not compile."""
    fails(monkeypatch)
    with program_of(SOURCE, small, confined) as program, pytest.raises(SandboxError):
        program.build()


def test_a_sandbox_that_is_killed_from_outside_is_no_crash(confined: str, honest: Program) -> None:
    """No student can signal bubblewrap itself."""
    if confined != "bubblewrap":
        pytest.skip("needs bubblewrap")
    session, turn = Session(), contextlib.ExitStack()
    with recording("q12-test", 1.0):
        turn.enter_context(honest.turn(5.0, session))
        network = honest.bridge().NeuralNetwork([1, 1], 1)
        assert honest._run is not None
        honest._run.confined.process.kill()
        with pytest.raises(CheckUngraded):
            ask_again_and_again(network)
    with pytest.raises(SandboxError, match="signal 9"):
        turn.close()
    assert session.lost is None


# --- at home --------------------------------------------------------------------------------

AT_HOME = """
from cpp.bridge import NeuralNetwork
network = NeuralNetwork([2, 3, 2], 5)
print(network.forward([0.5, -1.0]))
print(network.train([[0.0, 1.0]], [[1.0, 0.0]], 3, 0.1))
for wrong in (lambda: network.set_parameters([1.0]), lambda: NeuralNetwork([2], 1)):
    try:
        wrong()
    except ValueError as error:
        print("ValueError", error)
place = __import__("pathlib").Path("cpp/nn.cpp")
place.write_text(place.read_text().replace("a_ = activations(x);", "a_ = activation(x);"))
try:
    NeuralNetwork([2, 3, 2], 5)
except RuntimeError as error:
    print(error)
"""


@pytest.mark.slow
def test_the_bridge_at_home_gives_the_same_values(honest: Program, tmp_path: Path) -> None:
    """The student's own bridge and ours agree digit for digit; mistakes are explained there too."""
    shutil.copytree(ROOT / "cpp_template", tmp_path / "cpp")
    shutil.copytree(REFERENCE, tmp_path / "cpp", dirs_exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(AT_HOME)],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    with honest.turn(5.0, Session()):
        network = honest.bridge().NeuralNetwork([2, 3, 2], 5)
        assert lines[0] == str(network.forward([0.5, -1.0]))
        assert lines[1] == str(network.train([[0.0, 1.0]], [[1.0, 0.0]], 3, 0.1))
    assert lines[2].startswith("ValueError set_parameters")
    assert lines[3].startswith("ValueError a network needs")
    assert "nn.cpp does not compile" in lines[4]
    assert "activation" in lines[5]
