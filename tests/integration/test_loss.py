"""What is lost with a process that dies: its own cell or test, and nothing else."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from autograder.notebook import SourceNotebook, dumps, load_source
from autograder.verdict import Status
from autograder.warm import Submission
from tests.conftest import NAME, Judge, passed, tiny_notebook

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
    ["kept = 7", "import os; os.mkdir('here'); kept = 7", "open('a', 'a').write('xx'); kept = 7"],
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


def test_a_death_between_two_cells_costs_the_next_one_alone(judge: Judge) -> None:
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


def test_a_state_of_before_is_kept_where_turns_have_checkpoints(fresh: Submission) -> None:
    """After a loss every turn has a checkpoint of its own again."""
    candidate = fresh.open()
    candidate.lasting = True
    with candidate.turn(5):
        candidate.run("a", "kept = 1")
    with candidate.turn(5) as lost:
        candidate.run("b", "import os; os._exit(7)")
    assert lost.lost is not None
    assert "exit status 7" in lost.lost.what
    assert (candidate.rewound, candidate.lasting) == (True, False)
    with candidate.turn(5):
        assert candidate.values(["kept"]) == {}
        candidate.run("a", "kept = 2")
    with candidate.turn(5):
        candidate.run("b", "import os; os._exit(7)")
    with candidate.turn(5):
        assert candidate.values(["kept"]) == {"kept": 2}
    candidate.close()


def test_a_stopped_process_is_left_behind_soon(judge: Judge) -> None:
    """One that does not even end when told is killed from outside."""
    begin, before = time.monotonic(), os.getpid()
    stops = "import os, signal\ndef double(x): os.kill(os.getpid(), signal.SIGSTOP)"
    verdicts = judge({"q01-double": stops})
    assert verdicts["q01-double-test"].status is Status.TIMED_OUT
    assert passed(verdicts["q01-mean-test"])
    assert time.monotonic() - begin < 40
    assert os.getpid() == before
