# ruff: noqa: C417, E501  (tables of cases read better unwrapped)
"""The real sandbox: what crosses, what stays, what is out of reach."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.candidate import Candidate, Handle, HandleMisuse, describe
from autograder.course import Limits
from autograder.errors import CandidateLost
from autograder.warm import Submission, Warm

CELL = """
import numpy as np
def double(x): return 2 * x
def apply(f, *a, **k): return f(*a, **k)
def fail(): raise KeyError("no such thing")
def stop(): raise StopIteration
def count():
    yield from range(3)
class Model:
    rate = 0.5
    def __len__(self): return 4
    def __getitem__(self, key): return key * 2
    def __enter__(self): return self
    def __exit__(self, *a): self.rate = 1.5
class Odd(Exception): pass
def odd(): raise Odd("strange")
model = Model()
"""


@pytest.fixture
def candidate(submission: Submission) -> Iterator[Candidate]:
    """A notebook whose one cell has been run."""
    opened = submission.open()
    with opened.turn(5):
        result = opened.run("q01-a", CELL)
    assert result["error"] is None
    yield opened
    opened.close()


def names(candidate: Candidate, *wanted: str) -> list:
    """Values or handles of some names."""
    found = candidate.values(wanted)
    return [found[n] for n in wanted]


def test_calls_go_there_and_data_come_back(candidate: Candidate) -> None:
    """Numbers, arrays and keywords; what is not defined is left out."""
    with candidate.turn(5):
        double, apply = names(candidate, "double", "apply")
        assert double(3) == 6
        assert double([1]) == [1, 1]
        assert apply(dict, a=1) == {"a": 1}
        assert candidate.values(["nothing"]) == {}


def test_functions_of_the_test_are_called_back(candidate: Candidate) -> None:
    """A callback runs out here, and its exception arrives in the student's code."""
    seen = []
    with candidate.turn(5):
        (apply,) = names(candidate, "apply")
        assert apply(lambda a: seen.append(a) or a + 1, 4) == 5
        with pytest.raises(ValueError, match="from outside"):
            apply(
                lambda: (
                    int("x") if seen.clear() else (_ for _ in ()).throw(ValueError("from outside"))
                )
            )
    assert seen == []


def test_exceptions_arrive_as_builtin_types(candidate: Candidate) -> None:
    """A known type by name; the student's own type as RuntimeError with its name."""
    with candidate.turn(5) as session:
        fail, odd = names(candidate, "fail", "odd")
        with pytest.raises(KeyError):
            fail()
        assert session.raised is not None
        assert session.raised["place"]["cell"] == "q01-a"
        with pytest.raises(RuntimeError, match="Odd: strange"):
            odd()


def test_a_call_cannot_end_a_loop_of_the_test(candidate: Candidate) -> None:
    """StopIteration from a call is an error; from an iterator it is the end."""
    with candidate.turn(5):
        stop, count = names(candidate, "stop", "count")
        with pytest.raises(RuntimeError, match="StopIteration"):
            list(map(lambda _: stop(), range(3)))
        assert list(count()) == [0, 1, 2]


def test_handles_can_be_used_but_never_judge(candidate: Candidate) -> None:
    """Attributes, items, length and `with` work; every question for a value raises and sticks."""
    with candidate.turn(5) as session:
        (model,) = names(candidate, "model")
        assert type(model) is Handle
        assert (model.rate, len(model), model[4]) == (0.5, 4, 8)
        with model:
            pass
        assert model.rate == 1.5
        assert not hasattr(model, "nothing")
        assert session.misuse == ""
        for question in (
            lambda: model == 1, lambda: model == 1, lambda: model != 1, lambda: bool(model), lambda: float(model),
            lambda: model < 1, lambda: 1 in model, lambda: isinstance(model, float), lambda: model + 1,
            lambda: abs(model), lambda: round(model), lambda: not model, lambda: sorted([model, model]),
            lambda: __import__("numpy").asarray(model), lambda: __import__("math").isclose(model, 1),
        ):  # fmt: skip
            session.misuse = ""
            with pytest.raises(HandleMisuse, match="needs a value"):
                question()
            assert session.misuse


def test_a_handle_can_be_given_back(candidate: Candidate) -> None:
    """An object of the student is an argument like any other, with numpy and sympy loaded too."""
    import numpy  # noqa: F401
    import sympy  # noqa: F401

    with candidate.turn(5) as session:
        (model,) = names(candidate, "model")
        candidate.run("q01-c", "def rate_of(thing, factor): return thing.rate * factor")
        (rate_of,) = names(candidate, "rate_of")
        assert rate_of(model, factor=4) == 4 * model.rate
        assert session.misuse == ""
    assert session.lost is None


def test_a_failed_turn_is_undone_and_the_next_one_works(candidate: Candidate) -> None:
    """After a death the state is the one from before, and the loss is remembered."""
    with candidate.turn(5) as session:
        candidate.run("q01-b", "double = None\nimport os\nos._exit(7)")
    assert session.lost is not None
    assert session.lost.reason == "crashed"
    assert "exit status 7" in session.lost.what
    with candidate.turn(5) as session:
        (double,) = names(candidate, "double")
        assert double(3) == 6
    assert session.lost is None


def test_the_loss_cannot_be_caught_away(candidate: Candidate) -> None:
    """A test that swallows the exception finds every later request refused too."""
    with candidate.turn(0.5) as session:
        (apply,) = names(candidate, "apply")
        with pytest.raises(CandidateLost):
            apply(exec, "while True: pass")
        with pytest.raises(CandidateLost):
            apply(int, 3)
    assert session.lost is not None
    assert session.lost.reason == "timed_out"


def test_a_dead_candidate_fails_every_turn_quietly(fresh: Submission) -> None:
    """Once its stand-by is killed too, each turn is lost, and none raises."""
    candidate = fresh.open()
    with candidate.turn(2) as session:
        candidate.run("a", "import os; os.kill(os.getppid(), 9); os._exit(0)")
    assert session.lost is not None
    for _ in range(2):
        with candidate.turn(2) as session:
            candidate.values(["x"])
        assert session.lost is not None
        with candidate.turn(2):
            candidate.run("b", "1")
        assert candidate.printed() == ""
    candidate.close()


def test_a_dead_sandbox_fails_every_notebook_quietly(fresh: Submission) -> None:
    """When student code has ended the whole sandbox, the next notebook opens, and is lost."""
    os.kill(fresh.pid, signal.SIGKILL)
    candidate = fresh.open()
    with candidate.turn(2) as session:
        candidate.values(["x"])
    assert session.lost is not None
    candidate.close()


def test_notebooks_of_one_submission_do_not_share_names_or_folders(submission: Submission) -> None:
    """Each notebook has a fresh interpreter and a fresh working folder."""
    for _ in range(2):
        candidate = submission.open()
        with candidate.turn(5):
            result = candidate.run(
                "a",
                "import os\nassert 'x' not in globals() and not os.listdir()\nx = 1\nopen('f', 'w')",
            )
        assert result["error"] is None
        candidate.close()


def test_the_secret_is_nowhere_inside(
    confined: str, limits: Limits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither our environment nor the first process of the sandbox tells the course's secret."""
    monkeypatch.setenv("AUTOGRADER_SECRET", "hush-hush")
    with Warm([], tmp_path, limits, confined) as warm, Submission(warm) as opened:
        environ = warm.environment_of_the_outer_wall()
        assert b"PATH" in environ
        candidate = opened.open()
        with candidate.turn(5):
            result = candidate.run("a", "import os; print(dict(os.environ))")
        candidate.close()
    assert b"hush" not in environ
    assert "hush" not in str(result["outputs"])


def test_files_of_the_hand_in_lie_beside_the_notebook(warm: Warm, tmp_path: Path) -> None:
    """They are copies: changing them changes nothing outside. What is too large is reported."""
    folder = tmp_path / "hand-in"
    folder.mkdir()
    (folder / "data.csv").write_text("1,2")
    (folder / "link").symlink_to("/etc/shadow")
    (folder / "large.bin").write_bytes(bytes((warm.limits.file_mb + 1) * 2**20))
    with Submission(warm, folder) as opened:
        candidate = opened.open()
        with candidate.turn(5):
            result = candidate.run("a", "print(open('data.csv').read())\nopen('data.csv', 'w').write('x')\n"
                                        "open('link').read()")  # fmt: skip
        candidate.close()
    assert "1,2" in str(result["outputs"][0])
    assert result["error"]["name"] in ("FileNotFoundError", "PermissionError")
    assert "could not be copied" in str(result["notes"])
    assert (folder / "data.csv").read_text() == "1,2"


@pytest.mark.parametrize(
    "place",
    [
        "/usr/x",
        "/etc/x",
        "/opt/kit/x",
        "/submission/x",
        "/x",
        "/home/x",
        "/proc/sys/kernel/x",
        "/dev/x",
    ],
)
def test_the_system_cannot_be_written(submission: Submission, place: str) -> None:
    """Outside of the scratch folders nothing can be written."""
    candidate = submission.open()
    with candidate.turn(5):
        result = candidate.run("a", f"open({place!r}, 'w')")
    candidate.close()
    assert result["error"]["name"] in ("PermissionError", "OSError", "FileNotFoundError")


def test_student_code_has_no_power(submission: Submission) -> None:
    """It is not root, has no capability, and cannot gain any."""
    candidate = submission.open()
    with candidate.turn(5):
        result = candidate.run("a", "print(open('/proc/self/status').read())")
    candidate.close()
    status = dict(
        line.split(":\t", 1) for line in result["outputs"][0]["text"].splitlines() if ":\t" in line
    )
    assert status["Uid"].split()[0] != "0"
    assert int(status["CapEff"], 16) == 0
    assert int(status["CapBnd"], 16) == 0 or os.geteuid() != 0
    assert status["NoNewPrivs"] == "1"


def test_values_are_described_shortly() -> None:
    """Numbers as they are, containers by size."""
    assert describe((1.5, [2])) == "(1.5, [2])"
    assert describe(list(range(9))) == "list of 9 items"
    assert len(describe("x" * 500)) == 80


WORKERS = """
import os, time
reader, writer = os.pipe()
for _ in range({count}):
    if os.fork() == 0:
        block = b"x" * ({own_mb} * 2**20)
        os.write(writer, b"x")
        time.sleep(30)
for _ in range({count}):
    os.read(reader, 1)
time.sleep(1.0)
"""


@pytest.mark.parametrize(("count", "own_mb", "reason"), [(10, 1, None), (10, 200, "out_of_memory")])
def test_memory_that_forks_share_counts_once(
    fresh: Submission, count: int, own_mb: int, reason: str | None
) -> None:
    """Ten workers that share what is loaded are no memory bomb; ten with 200 MB each are one."""
    candidate = fresh.open()
    with candidate.turn(5) as session:
        candidate.run("a", WORKERS.format(count=count, own_mb=own_mb))
    assert (session.lost.reason if session.lost else None) == reason
    candidate.close()


def test_no_descriptor_of_ours_is_inherited(fresh: Submission) -> None:
    """Student code finds three that lead nowhere, and sockets of its own; files are not shared."""
    candidate = fresh.open()
    with candidate.turn(5):
        candidate.run(
            "a",
            "import os\n"
            "found = [os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd')"
            " if os.path.lexists(f'/proc/self/fd/{n}')]",
        )
        found = candidate.values(["found"])["found"]
    candidate.close()
    assert {f.partition(":")[0] for f in found} == {"/dev/null", "socket"}


def test_a_seed_holds_from_cell_to_cell(submission: Submission) -> None:
    """Python gives forks new dice; the next cell, and the next run, go on with the old ones."""
    found = []
    for _ in range(2):
        candidate = submission.open()
        with candidate.turn(5):
            candidate.run("a", "import random; first = random.random(); random.seed(7)")
        with candidate.turn(5):
            candidate.run("b", "second = random.random()")
            found.append(candidate.values(["first", "second"]))
        candidate.close()
    assert found[0] == found[1]
    assert found[0]["second"] == random.Random(7).random()


def test_a_missing_file_is_the_students_error_and_no_crash(fresh: Submission) -> None:
    """An `OSError` of student code is told apart from one of the channel."""
    candidate = fresh.open()
    with candidate.turn(5) as session:
        candidate.run("a", "def read(): return open('nowhere.csv').read()")
        with pytest.raises(FileNotFoundError, match="nowhere"):
            candidate.values(["read"])["read"]()
    candidate.close()
    assert session.lost is None


STRAY = """
import os, socket, stat
for n in range(3, 256):
    try:
        if stat.S_ISSOCK(os.fstat(n).st_mode): os.write(n, b"z")
    except OSError: pass
"""


def test_a_picture_magic_does_not_end_its_cell(submission: Submission) -> None:
    """Many notebooks begin so."""
    candidate = submission.open()
    with candidate.turn(20):
        found = candidate.run("a", "%matplotlib inline\nkept = 1")
        assert candidate.values(["kept"]) == {"kept": 1}
    candidate.close()
    assert found["error"] is None


SOCKETS = """
import os, stat
def is_socket(n):
    try: return stat.S_ISSOCK(os.fstat(n).st_mode)
    except OSError: return False
found = sum(map(is_socket, range(3, 256)))
"""


def test_student_code_holds_no_socket_of_the_desk(submission: Submission) -> None:
    """It has those of its own turn: the one to the examiner, and the one to who stands by."""
    candidate = submission.open()
    found = []
    for _ in range(2):
        with candidate.turn(5):
            candidate.run("a", SOCKETS)
            found.append(candidate.values(["found"]))
    candidate.close()
    assert found == [{"found": 2}, {"found": 2}]


def test_stray_bytes_cost_their_own_turn_alone(fresh: Submission) -> None:
    """Whatever is written to the sockets of ours, the state from before is soon back."""
    candidate = fresh.open()
    with candidate.turn(5):
        candidate.run("a", "kept = 1")
    begin = time.monotonic()
    with candidate.turn(5) as lost:
        candidate.run("b", STRAY)
    with candidate.turn(5) as session:
        found = candidate.values(["kept"])
    assert time.monotonic() - begin < 8
    candidate.close()
    assert lost.lost is not None
    assert session.lost is None
    assert found == {"kept": 1}


@pytest.mark.parametrize(
    "error",
    [
        {"types": [], "name": "E", "message": "", "place": {"cell": "a", "line": 10**4000}},
        {"types": [{}, []], "name": "E", "message": ""},
    ],
)
def test_a_forged_error_stays_small_and_of_a_known_kind(
    fresh: Submission, error: dict[str, object]
) -> None:
    """What says of itself that it was raised is read like anything else that came back."""
    candidate = fresh.open()
    with candidate.turn(5) as session, pytest.raises(RuntimeError, match=r"^E: $"):
        candidate._raise(error)
    candidate.close()
    assert session.raised is not None
    assert session.raised["place"] == {}
