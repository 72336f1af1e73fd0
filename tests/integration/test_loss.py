# ruff: noqa: E501  (tables of cases read better unwrapped)
"""What is lost with a process that dies: its own cell or test, and nothing else."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from autograder.notebook import SourceNotebook, dumps, load_source
from autograder.verdict import Status
from autograder.warm import Submission
from tests.conftest import NAME, Judge, code, nbgrader, passed, tiny_notebook

DIES = "\nimport os\ndef double(x): os._exit(3)"
COUNTS = "def double(x):\n    double.asked.append(x)\n    return scale * x\ndouble.asked = []"


def with_tests(tmp_path: Path, *sources: str) -> SourceNotebook:
    """The tiny notebook with other tests."""
    node = tiny_notebook()
    for place, source in zip((3, 5), sources, strict=False):
        node.cells[place].source = f"# Test: another\n{source}"
    path = tmp_path / f"{NAME}.ipynb"
    path.write_text(dumps(node))
    return load_source(path)


@pytest.mark.parametrize(
    "before",
    [
        "kept = 7",
        "import os; os.mkdir('here'); kept = 7",
        "import os; os.mkdir('/tmp/there'); os.mkdir(os.path.expanduser('~/data')); kept = 7",
        "import os; os.mkdir('ro'); open('ro/a', 'w').close(); os.chmod('ro', 0o555); kept = 7",
        "open('a', 'a').write('xx'); kept = 7",
    ],
)
def test_what_cells_did_before_a_loss_is_there_after_it(judge: Judge, before: str) -> None:
    """Names, folders and files are made again, once."""
    size = "(3.0 if kept == 7 else 0) if len(v) == 3 and v[0] == 1 else sum(v) / 3"
    check = "\nimport os\nif os.path.exists('a'): assert open('a').read() == 'xx'"
    verdicts = judge(
        {"q01-double": DIES, "q01-mean": f"def mean(v): return {size}"},
        extra={"q01-given": before, "q01-double-test": check},
    )
    assert verdicts["q01-double-test"].status is Status.CRASHED
    assert passed(verdicts["q01-mean-test"])


def many_tests(tmp_path: Path, *sources: str, given: str = "import numpy as np") -> SourceNotebook:
    """Both answers first, then tests, named t0, t1 and so on."""
    node = tiny_notebook()
    title, _, double, test, mean, *_ = node.cells
    cells = [title, code("q01-given", given, nbgrader("q01-given", "given")), double, mean]
    for number, source in enumerate(sources):
        cell = test.copy()
        cell.update(id=f"q01-t{number}-test", source=f"# Test: {number}\n{source}")
        cell.metadata = nbgrader(cell.id, "test", 1)
        cells.append(cell)
    node.cells = cells
    path = tmp_path / f"{NAME}.ipynb"
    path.write_text(dumps(node))
    return load_source(path)


DIES_LATER = {
    "q01-double": "def double(x): return 2 * x",
    "q01-mean": "import os\ndef mean(v): os._exit(9)",
}
STRAY = """
import os, stat
for n in range(3, 256):
    try:
        if stat.S_ISSOCK(os.fstat(n).st_mode): os.write(n, b"zzzzzzzz")
    except OSError: pass
"""
STEPS = """class Net:
    done = 0
    def step(self):
        self.done += 1
        return self.done
def double(): return Net()"""


@pytest.mark.parametrize(
    ("given", "answer", "tests"),
    [
        ("", STEPS, ["net = double()\nassert net.step() == 1", "assert [net.step(), net.step()] == [2, 3]",
                     "mean([1])", "assert net.step() == 4"]),
        ("import numpy as np\nw = np.zeros(2)", "",
         ["for _ in range(3): w += double(1.0)\nassert w[0] == 6", "mean([1])", "assert double(w[0]) == 12"]),
        ("", "import numpy\ndef double(x): return numpy.random.rand()",
         ["import numpy\nnumpy.random.seed(3)", "mean([1])",
          "assert double(0) == __import__('numpy').random.RandomState(3).rand()"]),
        ("cases = iter([1.0, 2.0])", "",
         ["x = next(cases)\nassert double(x) == 2 * x", "mean([1])", "assert [double(x) for x in cases] == [4.0]"]),
    ],
)  # fmt: skip
def test_tests_that_build_on_each_other_do_so_after_a_loss(
    judge: Judge, tmp_path: Path, given: str, answer: str, tests: list[str]
) -> None:
    """What a test left in the examiner, in the candidate or in its dice is as without the loss."""
    source = many_tests(tmp_path, *tests, given=given or "import numpy as np")
    answers = DIES_LATER | ({"q01-double": answer} if answer else {})
    verdicts = list(judge(answers, source=source).values())
    assert [v.status for v in verdicts].count(Status.CRASHED) == 1
    assert [passed(v) for v in verdicts].count(False) == 1, verdicts


def test_a_crash_on_purpose_gains_nothing(judge: Judge, tmp_path: Path) -> None:
    """Neither a second try, nor a second budget, nor a test whose data is used up."""
    wrong = {"q01-double": "def double(x): return 2.0 if x == 1.0 else 0"}
    tests = [
        "x = next(cases)\nassert double(x) == 2 * x",
        "mean([1])",
        "for x in cases: assert double(x) == 2 * x",
    ]
    source = many_tests(tmp_path, *tests, given="cases = iter([1.0, 2.0])")
    points = [v.points for v in judge(DIES_LATER | wrong, source=source).values()]
    assert points == [1.0, 0.0, 0.0]


WORKS_ON = """import os, time
path = os.path.expanduser("~/seconds")
n = float(open(path).read()) if os.path.exists(path) else 0
start = time.process_time()
while time.process_time() - start < 3: pass
open(path, "w").write(str(n + 3))"""


def test_a_loss_gives_no_time_beyond_the_budget(judge: Judge) -> None:
    """What was computed before it is gone."""
    needs = "def mean(v):\n    assert n >= 3\n    return float(np.mean(v))"
    verdicts = judge({"q01-double": DIES, "q01-mean": needs}, extra={"q01-given": WORKS_ON})
    assert not passed(verdicts["q01-mean-test"])


def test_a_cell_that_ends_the_process_costs_itself(judge: Judge) -> None:
    """What was answered before and after it counts."""
    verdicts = judge(extra={"q01-double": "import os; os.kill(os.getpid(), 9)"})
    assert passed(verdicts["q01-double-test"])
    assert passed(verdicts["q01-mean-test"])


def test_two_losses_cost_two_tests(judge: Judge, tmp_path: Path) -> None:
    """The second one is lost from a state of its own."""
    source = with_tests(tmp_path, "double(1)", "assert double.asked == [], double.asked\nmean([1])")
    answers = {
        "q01-double": COUNTS.replace("return", "import os; os._exit(4)\n    return"),
        "q01-mean": "def mean(v): return double(1)",
    }
    verdicts = judge(answers, source=source)
    assert "exit status 4" in verdicts["q01-double-test"].message
    assert "exit status 4" in verdicts["q01-mean-test"].message


def test_what_an_earlier_test_did_is_there_after_a_loss(tmp_path: Path, judge: Judge) -> None:
    """As in a notebook, tests follow each other; one that was judged is not judged again."""
    node = tiny_notebook()
    node.cells[3].source = "# Test: first\nfirst = double\nassert double(1) == 2"
    node.cells[5].source = "# Test: third\nfirst(5)\nassert double.asked == [1, 5], double.asked"
    again = node.cells[3].copy()
    again.update(id="q01-dies-test", source="# Test: second\ndouble(2)\nmean([])")
    again.metadata = {"nbgrader": {**node.cells[3].metadata["nbgrader"], "grade_id": again.id}}
    node.cells.insert(5, again)
    path = tmp_path / f"{NAME}.ipynb"
    path.write_text(dumps(node))
    answers = {"q01-double": COUNTS, "q01-mean": "import os\ndef mean(v): os._exit(5)"}
    verdicts = judge(answers, source=load_source(path))
    assert passed(verdicts["q01-double-test"])
    assert "exit status 5" in verdicts["q01-dies-test"].message
    assert passed(verdicts["q01-mean-test"])


def test_a_death_between_two_cells_costs_nothing_else(judge: Judge) -> None:
    """A thread of the student's may end the process while nobody asks it for anything."""
    late = "import threading, os\nthreading.Timer(0.3, os._exit, [6]).start()"
    waits = "import time; time.sleep(0.6)"
    verdicts = judge(extra={"q01-given": late, "q01-double": waits})
    assert passed(verdicts["q01-double-test"])
    assert passed(verdicts["q01-mean-test"])


def test_an_honest_notebook_is_served_by_one_process(judge: Judge, tmp_path: Path) -> None:
    """No step is paid for with a fork: the process that ran the first cell answers the tests."""
    same = "import os\npid = os.getpid()\ndef double(x): return os.getpid() == pid"
    source = with_tests(tmp_path, "assert double(1) is True")
    assert passed(judge({"q01-double": same}, source=source)["q01-double-test"])


@pytest.mark.parametrize("ending", ["import os; os._exit(7)", STRAY])
def test_without_checkpoints_a_loss_is_the_end(fresh: Submission, ending: str) -> None:
    """Whoever opened the notebook so has to begin anew; nothing answers from a wrong state."""
    candidate = fresh.open(checkpoints=False)
    with candidate.turn(5):
        candidate.run("a", "kept = 1")
    with candidate.turn(5) as lost:
        candidate.run("b", ending)
    assert candidate.dead
    with candidate.turn(5) as later:
        candidate.values(["kept"])
    assert lost.lost is not None
    assert later.lost is not None
    candidate.close()


def test_a_new_beginning_leaves_nothing_of_the_old(fresh: Submission) -> None:
    """Processes, files and shared memory are gone; what was used still counts."""
    first = fresh.open(checkpoints=False)
    spend = "import os, time\nwhile time.process_time() < 0.6: pass\nos.mkdir('/tmp/x'); os.mkdir('/dev/shm/x')"
    with first.turn(5):
        first.run("a", spend + "; os.chdir('/'); os.chmod(os.environ['HOME'], 0)")
    before, pid = fresh.usage(), fresh.pid
    first.close()
    fresh.renew()
    assert fresh.usage().cpu_s >= before.cpu_s
    assert fresh.pid != pid
    assert not Path(f"/proc/{pid}").exists()
    second = fresh.open()
    with second.turn(5):
        found = second.run("a", spend + "; os.mkdir('x')")
    second.close()
    assert found["error"] is None
    assert fresh.usage().cpu_s >= before.cpu_s + 0.3


def test_a_stopped_process_is_left_behind_soon(judge: Judge) -> None:
    """One that does not even end when told is killed from outside."""
    begin, before = time.monotonic(), os.getpid()
    stops = "import os, signal\ndef double(x): os.kill(os.getpid(), signal.SIGSTOP)"
    verdicts = judge({"q01-double": stops})
    assert verdicts["q01-double-test"].status is Status.TIMED_OUT
    assert passed(verdicts["q01-mean-test"])
    assert time.monotonic() - begin < 40
    assert os.getpid() == before
