# ruff: noqa: E501  (tables of cases read better unwrapped)
"""One notebook judged: verdicts, words, and what the student gets to read."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from traitlets.config import Config

from autograder.examine import examine, not_examined
from autograder.notebook import SourceNotebook, dumps, grade_id, load_source
from autograder.verdict import Remark, Status
from autograder.warm import Submission
from tests.conftest import (
    HONEST,
    NAME,
    Judge,
    code,
    filled,
    nbgrader,
    passed,
    points_of,
    text,
    tiny_notebook,
)


def with_test(tmp_path: Path, source: str) -> SourceNotebook:
    """The tiny notebook with another first test."""
    node = tiny_notebook()
    node.cells[3].source = f"# Test: another\n{source}"
    path = tmp_path / f"{NAME}.ipynb"
    path.write_text(dumps(node))
    return load_source(path)


def test_an_honest_notebook_earns_everything(judge: Judge) -> None:
    """Both tests pass; the essay waits for a person or is empty."""
    verdicts = judge({"q01-why": "Because it is."})
    assert passed(verdicts["q01-double-test"])
    assert passed(verdicts["q01-mean-test"])
    assert verdicts["q01-why"].status is Status.UNGRADED
    assert verdicts["q01-why"].points is None
    assert judge()["q01-why"].points == 0.0


def test_the_untouched_notebook_earns_nothing(tiny: SourceNotebook, submission: Submission) -> None:
    """Every verdict is zero, and says that the answer is still to be written."""
    result = examine(tiny, filled(tiny, {}), submission, "s").result
    assert [v.points for v in result.verdicts] == [0.0, 0.0, 0.0]
    assert {v.note for v in result.verdicts} == {"not-answered"}
    assert [r.points for r in examine(tiny, None, submission, "s").result.verdicts] == [0.0] * 3


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ("def double(x): return 3 * x", Status.FAILED, "twice 3 is 6"),
        ("def double(x): return 6.0", Status.FAILED, "not twice as much"),
        ("def double(x): return None", Status.FAILED, "twice 3 is 6"),
        ("def double(x): return double", Status.FAILED, "== needs a value"),
        ("def double(x): raise ValueError('oops')", Status.FAILED, "ValueError: oops (cell q01-double, line 1"),
        ("def dubble(x): return 2 * x", Status.FAILED, "`double` is not defined"),
        ("1 / 0", Status.FAILED, "ZeroDivisionError"),
        ("def double(x)", Status.FAILED, "SyntaxError"),
        ("def double(): return 6.0", Status.FAILED, "TypeError"),
        ("double = 6.0", Status.FAILED, "not callable"),
        ("def double(x):\n    while True: pass", Status.TIMED_OUT, "2 s of processor time"),
        ("import os\ndef double(x): os._exit(0)", Status.CRASHED, "exit status 0"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_told_why(judge: Judge, answer: str, status: Status, said: str) -> None:
    """Status and words fit the mistake, and the other answer keeps its point."""
    verdicts = judge({"q01-double": answer})
    verdict = verdicts["q01-double-test"]
    assert (verdict.status, verdict.points) == (status, 0.0)
    assert said in verdict.message
    assert passed(verdicts["q01-mean-test"])


def test_a_verdict_says_where_its_cell_stands(judge: Judge, tiny: SourceNotebook) -> None:
    """Tests and essays carry the heading above them and their place in the hand-in."""
    verdicts = judge({"q01-why": "Because it is."})
    assert {v.heading for v in verdicts.values()} == {"Twice as much"}
    assert {k: v.number for k, v in verdicts.items()} == {
        "q01-double-test": 4, "q01-mean-test": 6, "q01-why": 7,
    }  # fmt: skip
    lost = not_examined(tiny, Status.CRASHED, "It is lost.", Remark("lost", "It is lost."))
    assert {(v.heading, v.number) for v in lost.result.verdicts} == {("Twice as much", 0)}


def test_a_warning_and_a_print_are_no_mistake(judge: Judge) -> None:
    """What is printed or warned about is kept for the student, and costs nothing."""
    answer = "import warnings\ndef double(x):\n    warnings.warn('hm'); print('here', x)\n    return 2 * x"
    verdict = judge({"q01-double": answer})["q01-double-test"]
    assert passed(verdict)
    assert "here 3.0" in verdict.printed


@pytest.mark.parametrize(
    ("test", "status", "points"),
    [
        ("pass", Status.PASSED, 2.0),
        ("1.5", Status.PARTIAL, 1.5), ("0", Status.FAILED, 0.0), ("7", Status.PASSED, 2.0),
        ("-3", Status.FAILED, 0.0), ("float('nan')", Status.FAILED, 0.0), ("True", Status.PASSED, 2.0),
        ("from autograder.verdict import partial\npartial(1, 'half')", Status.PARTIAL, 1.0),
        ("from autograder.verdict import partial, fail\npartial(1, 'half')\nfail('no')", Status.FAILED, 0.0),
        ("from autograder.verdict import ungraded\nungraded('who knows')", Status.UNGRADED, None),
        ("from autograder.verdict import fail\ntry:\n    fail('no')\nexcept BaseException:\n    pass",
         Status.FAILED, 0.0),
        ("try:\n    double(1.0) == double\nexcept BaseException:\n    pass", Status.FAILED, 0.0),
        ("double(1.0)", Status.UNGRADED, None),
        ("raise SystemExit(0)", Status.FAILED, 0.0),
        ("undefined", Status.FAILED, 0.0),
        ("assert callable(double)\nassert double([1]) == [1, 1]", Status.FAILED, 0.0),
        ("import random, numpy as np\nrandom.seed(3); np.random.seed(3)\n"
         "def probe_draw():\n    import random, numpy as np\n    return random.random(), np.random.rand()\n"
         "assert probe_draw() == (random.random(), np.random.rand())", Status.PASSED, 2.0),
        ("def probe_a(k):\n    double.seen = k\n    return double(k) + scale\nassert probe_a(3) == 8.0",
         Status.PASSED, 2.0),
    ],
)  # fmt: skip
def test_how_a_test_ends_decides(
    judge: Judge, tmp_path: Path, test: str, status: Status, points: float | None
) -> None:
    """The end passes, a number is a part, what was recorded stays, and points are clipped."""
    verdict = judge(source=with_test(tmp_path, test))["q01-double-test"]
    assert (verdict.status, verdict.points) == (status, points), verdict


def test_a_swallowed_death_is_a_death(judge: Judge, tmp_path: Path) -> None:
    """A test that catches everything does not turn a crash into a pass."""
    test = "try:\n    double(3.0)\nexcept BaseException:\n    pass"
    source = with_test(tmp_path, test)
    verdict = judge({"q01-double": "import os\ndef double(x): os._exit(0)"}, source=source)
    assert verdict["q01-double-test"].status is Status.CRASHED


def test_arguments_do_not_come_back_changed(judge: Judge, tmp_path: Path) -> None:
    """A student who zeroes the test's data changes a copy."""
    test = "import numpy as np\nx = np.ones(3)\ny = double(x)\nassert x.sum() == 3\nassert np.allclose(y, 2 * x)"
    answer = "def double(x):\n    x[:] = 0\n    return x"
    verdict = judge({"q01-double": answer}, source=with_test(tmp_path, test))["q01-double-test"]
    assert verdict.points == 0.0


def test_hidden_lines_are_not_shown(judge: Judge) -> None:
    """A failed hidden assert without words does not print its source."""
    verdict = judge({"q01-mean": "def mean(v): return 3.0"})["q01-mean-test"]
    assert verdict.message == "The result is not what the task asks for."
    assert "18.5" not in repr(verdict)


def test_a_redefined_builtin_harms_only_its_owner(judge: Judge) -> None:
    """The student's `print`, `len` and `np` are not the test's."""
    answer = (
        "def print(*a): raise OSError\ndef abs(x): return 0\nnp = None\ndef double(x): return 2 * x"
    )
    verdicts = judge({"q01-double": answer, "q01-mean": "def mean(v): return sum(v) / len(v)"})
    assert passed(verdicts["q01-double-test"])
    assert passed(verdicts["q01-mean-test"])


def test_the_executed_notebook_shows_outcomes_and_no_foreign_output(
    tiny: SourceNotebook, submission: Submission
) -> None:
    """Student outputs are of known kinds; a failed test shows its message."""
    notebook = filled(tiny, {**HONEST, "q01-double": "print('hi')\ndef double(x): return x"})
    executed = examine(tiny, notebook, submission, "s").notebook
    nbformat.validate(executed)
    cells = {grade_id(c): c for c in executed.cells}
    assert cells["q01-double"].outputs[0].text == "hi\n"
    assert cells["q01-double-test"].outputs[0].evalue == "twice 3 is 6"
    assert cells["q01-mean-test"].outputs == []


def test_a_source_out_of_canonical_form_is_judged_the_same(judge: Judge, tmp_path: Path) -> None:
    """Cell ids of any kind: tests that need names of given cells have them."""
    node = tiny_notebook()
    for number, cell in enumerate(node.cells):
        cell.id = f"random{number}"
    path = tmp_path / f"{NAME}.ipynb"
    path.write_text(dumps(node))
    verdicts = judge(source=load_source(path))
    assert passed(verdicts["q01-mean-test"])


def test_a_cell_that_eats_all_time_leaves_some_for_the_next(judge: Judge) -> None:
    """The budget of all cells is one; later cells still have a little each."""
    verdicts = judge(extra={"q01-given": "while True: pass"})
    assert passed(verdicts["q01-double-test"])


def test_a_given_cell_that_fails_out_here_is_the_authors(judge: Judge, tmp_path: Path) -> None:
    """It is no student's fault, and named with its cell."""
    from autograder.errors import SourceError

    node = copy.deepcopy(tiny_notebook())
    node.cells.insert(
        1, code("q01-odd", "import nothing_of_the_kind\nnp = 1", nbgrader("q01-odd", "given"))
    )
    path = tmp_path / f"{NAME}.ipynb"
    path.write_text(dumps(node))
    with pytest.raises(SourceError, match="q01-odd fails in the examiner"):
        judge(source=load_source(path))


def test_what_cannot_be_run_gets_one_verdict_for_every_cell(tiny: SourceNotebook) -> None:
    """Ungraded goes to a person; a missing notebook is zero."""
    remark = Remark("unreadable", "x")
    open_ = not_examined(tiny, Status.UNGRADED, "x", remark).result
    zero = not_examined(tiny, Status.FAILED, "x", remark).result
    assert [v.points for v in open_.verdicts] == [None] * 3
    assert [v.points for v in zero.verdicts] == [0.0] * 3
    assert sum(v.max_points for v in zero.verdicts) == 4.0


def test_what_is_printed_for_hidden_data_is_not_kept(judge: Judge) -> None:
    """Prints of the visible part help the student; later ones could show hidden data."""
    answer = "def double(x):\n    print('asked for', x)\n    return 2 * x"
    verdict = judge({"q01-double": answer})["q01-double-test"]
    assert passed(verdict)
    assert "asked for 3.0" in verdict.printed
    assert "0.25" not in verdict.printed


def test_a_given_cell_that_is_kept_shows_what_the_student_saw(
    submission: Submission, tmp_path: Path
) -> None:
    """It is not run, on either side; its stored picture stays, and a script in it does not."""
    node = tiny_notebook()
    drawing = code("q01-plot", "import sys\nsys.exit('drawn')", nbgrader("q01-plot", "given"))
    drawing.metadata["autograder"] = {"run": "keep"}
    node.cells.insert(3, drawing)
    (tmp_path / f"{NAME}.ipynb").write_text(dumps(node))
    source = load_source(tmp_path / f"{NAME}.ipynb")
    handed_in = filled(source, HONEST)
    stored = {"image/png": "aGk=", "text/html": "<script>alert(1)</script>"}
    seen = next(c for c in handed_in.cells if c.id == "q01-plot")
    seen.outputs = [nbformat.v4.new_output("display_data", data=stored)]
    examined = examine(source, handed_in, submission, "secret")
    shown = next(c for c in examined.notebook.cells if c.id == "q01-plot")
    assert [dict(o.data) for o in shown.outputs] == [{"image/png": "aGk="}]
    assert not [r for r in examined.result.remarks if r.cell_id == "q01-plot"]
    assert points_of(examined) == {"q01-double-test": 2, "q01-mean-test": 1, "q01-why": 0}


SCHEME = "How it is read.\n\n### BEGIN MARK SCHEME\nUp to 2 points on top.\n### END MARK SCHEME"


@pytest.mark.parametrize(
    ("worth", "behind", "waits"),
    [(0, "Read on.", False), (0, SCHEME, True), (1, "Read on.", True), (0, None, False)],
    ids=["declaration", "extra-points", "points", "last-cell"],
)
def test_an_answer_without_points_waits_only_for_a_mark_scheme(
    submission: Submission, tmp_path: Path, worth: int, behind: str | None, waits: bool
) -> None:
    """A declaration is handed in and done; what may bring extra points is for a person."""
    node = tiny_notebook()
    node.cells[-1].metadata.nbgrader.points = worth
    if behind is not None:
        node.cells.append(text("q01-after", behind, nbgrader("q01-after", "given")))
    (tmp_path / f"{NAME}.ipynb").write_text(dumps(node))
    beside = Config({"ClearMarkScheme": {"enforce_metadata": False}})  # as in nbgrader_config.py
    source = load_source(tmp_path / f"{NAME}.ipynb", beside)
    notebook = filled(source, {**HONEST, "q01-why": "I worked alone."})
    verdict = examine(source, notebook, submission, "secret").result.verdicts[-1]
    status, points = (Status.UNGRADED, None) if waits else (Status.PASSED, 0.0)
    assert (verdict.status, verdict.points) == (status, points)
    empty = examine(source, filled(source, HONEST), submission, "secret").result.verdicts[-1]
    assert (empty.status, empty.points) == (Status.FAILED, 0.0)


def test_of_many_cells_that_were_not_run_few_are_told(
    fresh: Submission, tiny: SourceNotebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first cell and every answer have a remark; a hundred of one's own have none."""
    fresh.limits = replace(fresh.limits, cells_cpu_s=0.0)
    monkeypatch.setattr("autograder.examine.GRACE_CELLS", 0)
    handed_in = filled(tiny, HONEST)
    handed_in.cells += [nbformat.v4.new_code_cell(f"x = {n}") for n in range(100)]
    remarks = examine(tiny, handed_in, fresh, "secret").result.remarks
    told = [r.cell_id for r in remarks if r.kind == "cell-stopped"]
    assert told == ["q01-given", "q01-double", "q01-mean"]
