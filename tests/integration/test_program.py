"""A notebook and its C++ program, judged together: who pays for whose time."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from autograder import candidate
from autograder.cpp import Explanation, Program
from autograder.examine import examine
from autograder.notebook import SourceNotebook, dumps, load_source
from autograder.verdict import Verdict
from autograder.warm import Submission
from tests.conftest import code, filled, nbgrader, passed

REFERENCE = Path(__file__).resolve().parents[2] / "reference" / "cpp"
SLEEPS = "#include <unistd.h>\n", "  usleep(static_cast<unsigned>(x[0] * 1e6));\n"
BOTH_TEST = """# Test: notebook and program answer
network = NeuralNetwork([1, 1], 1)
assert len(network.forward([1.4])) == 1
assert wait() == 1
assert len(network.forward([1.4])) == 1
"""
WAIT = "import time\ndef wait():\n    time.sleep(2.4)\n    return 1"


@pytest.fixture
def both(tmp_path: Path) -> SourceNotebook:
    """A notebook whose one test calls a function of the notebook and the program."""
    solution = f"### BEGIN SOLUTION\n{WAIT}\n### END SOLUTION"
    cells = [
        code("q01-given", "from cpp.bridge import NeuralNetwork", nbgrader("q01-given", "given")),
        code("q01-wait", solution, nbgrader("q01-wait", "answer")),
        code("q01-wait-test", BOTH_TEST, nbgrader("q01-wait-test", "test", 1)),
    ]
    (tmp_path / "q01.ipynb").write_text(dumps(nbformat.v4.new_notebook(cells=cells)))
    return load_source(tmp_path / "q01.ipynb")


@pytest.fixture
def files() -> Mapping[str, bytes]:
    """The worked solution, which sleeps for as many seconds as its first input says."""
    if shutil.which("g++") is None:
        pytest.skip("no g++: install a C++ compiler")
    include, sleep = SLEEPS
    source, place = (REFERENCE / "nn.cpp").read_text(), "  a_ = activations(x);\n"
    assert source.count(place) == 1
    source = include + source.replace(place, sleep + place)
    return {"cpp/nn.cpp": source.encode(), "cpp/nn.hpp": (REFERENCE / "nn.hpp").read_bytes()}


def judged(source: SourceNotebook, submission: Submission, files: Mapping[str, bytes]) -> Verdict:
    """The verdict of the one test."""
    result = examine(source, filled(source, {"q01-wait": WAIT}), submission, "secret", files).result
    (verdict,) = result.verdicts
    return verdict


@pytest.mark.slow
def test_program_and_notebook_have_time_of_their_own(
    both: SourceNotebook,
    submission: Submission,
    files: Mapping[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each takes less than its limit, both together more; and no test pays for the compiler."""
    turns: list[object] = []
    build = Program._build

    def noted(program: Program) -> Explanation | None:
        turns.append(program._session)
        return build(program)

    monkeypatch.setattr(Program, "_build", noted)
    few = replace(submission.limits, test_cpu_s=1.5)
    monkeypatch.setattr(candidate, "BUSY_FACTOR", 1.0)  # with both, the least of wall time: 5 s
    monkeypatch.setattr(submission, "limits", few)
    verdict = judged(both, submission, files)
    assert passed(verdict), verdict
    assert turns == [None]  # built once, in the turn of no test
