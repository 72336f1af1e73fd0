# ruff: noqa: E501  (tables of cases read better unwrapped)
"""A class with hostile students, graded by the real command; honest ones sit among them.

The attacks are data (`tests.attacks.attacks`). None may earn more than its honest part.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import nbformat
import pytest

from autograder.gradebook import Gradebook
from autograder.plan import code_digest
from autograder.verdict import SubmissionResult, Verdict
from tests.attacks.attacks import ATTACKS, ROWS, Attack
from tests.attacks.hostile_class import (
    FULL,
    NEIGHBOURS,
    SLOPE_NAME,
    Class,
    hand_in,
    remarks_of,
    run_grade,
    write_class,
    write_course,
)
from tests.conftest import NAME

pytestmark = [pytest.mark.attack, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
OWN_IDEAS = 15  # attacks at least that stand in no list


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory, confined: str) -> Class:
    """The class, graded once."""
    made = write_class(tmp_path_factory.mktemp("class") / "course")
    made.code, made.said = run_grade(made.course, "--workers", "3")
    made.read()
    return made


def judged(made: Class, name: str) -> list[Verdict]:
    """The machine's verdicts on the notebook that an attack handed in."""
    question = "q02" if ATTACKS[name].slope else "q01"
    verdicts = made.of(name).verdicts
    return [v for v in verdicts if v.cell_id.startswith(question) and v.cell_id != "q01-why"]


def words(result: SubmissionResult) -> list[str]:
    """Every sentence that the student reads."""
    remarks = [r.message for r in remarks_of(result)]
    return [*(v.message for v in result.verdicts), *(v.hint for v in result.verdicts), *remarks]


# --- what the list asks for -------------------------------------------------------------


@cache
def names_in(path: str) -> frozenset[str]:
    """The tests that a file holds."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(n.name for n in tree.body if isinstance(n, ast.FunctionDef))


@pytest.mark.parametrize("row", ROWS)
def test_every_kind_is_tried(row: str) -> None:
    """By an attack of this class, or by a test elsewhere that is really there."""
    _, elsewhere = ROWS[row]
    assert elsewhere or any(row in a.rows.split() for a in ATTACKS.values())
    for place in elsewhere:
        path, _, name = place.partition("::")
        assert name in names_in(path), f"{row}: there is no {place}"


def test_kinds_are_known_and_own_ideas_are_many() -> None:
    """No attack names a kind that there is not, and the list is a start, not the whole."""
    assert {r for a in ATTACKS.values() for r in a.rows.split()} <= set(ROWS)
    assert sum(not a.rows for a in ATTACKS.values()) >= OWN_IDEAS


# --- what the class was given -----------------------------------------------------------


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_earns_no_more_than_its_honest_part(graded: Class, name: str) -> None:
    """No more, no less than what the attack cannot reach, and the grader did not fail."""
    attack, result = ATTACKS[name], graded.of(name)
    assert "grader-failed" not in {r.kind for r in remarks_of(result)}, remarks_of(result)
    assert attack.least <= graded.points(graded.students[name]) <= attack.honest, result.verdicts
    if attack.ends:
        lost = next(v for v in judged(graded, name) if v.points != v.max_points)
        assert lost.status.value == attack.ends, lost
    assert any(re.search(attack.says, said) for said in words(result)), words(result)


@pytest.mark.parametrize("name", ATTACKS)
def test_messages_are_short_plain_words(graded: Class, name: str) -> None:
    """No traceback, no control character, and no text that a student made endless."""
    result = graded.of(name)
    for verdict in result.verdicts:
        assert len(verdict.got) <= 200
        assert len(verdict.printed) <= 2100
        assert verdict.points == verdict.max_points or re.search(r"[a-z]{3}", verdict.message)
    for said in words(result):
        assert len(said) < 1000
        assert said.isprintable(), said
        assert "Traceback" not in said
    assert len(remarks_of(result)) < 100


def test_honest_students_among_them_get_everything(graded: Class) -> None:
    """Those before, among and after the attackers have all points and no remark."""
    for student in NEIGHBOURS:
        assert graded.points(student) == FULL, graded.results[student]
        assert remarks_of(graded.results[student]) == ()


def test_the_command_ends_well(graded: Class) -> None:
    """No hostile hand-in counts as a fault of ours."""
    assert graded.code == 0, graded.said[-3000:]


def test_the_gradebook_holds_what_was_judged(graded: Class) -> None:
    """Every verdict stands in nbgrader's database, and nothing else does."""
    with Gradebook(graded.course) as book:
        for student in graded.students.values():
            scores = {s.cell_id: s.auto for s in book.scores("hw", student)}
            assert scores == {v.cell_id: v.points for v in graded.results[student].verdicts}


def test_no_process_outlives_the_grader(graded: Class) -> None:
    """Neither daemons nor sandboxes of the class are left."""
    left = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(graded.course.root).encode() in line:
                left.append(line)
    assert left == []


# --- what the attackers saw -------------------------------------------------------------


def printed(graded: Class, name: str) -> str:
    """What an attack printed, in its own cell or during a test."""
    folder = graded.course.autograded(graded.students[name], "hw")
    notebook = nbformat.read(folder / f"{NAME}.ipynb", as_version=4)
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    shown = [o.get("text", "") for o in outputs]
    return "".join([*shown, *(v.printed for v in judged(graded, name))])


SEEN = {
    "lists every file in sight": r"FOUND \[\]",
    "searches every object in memory": "^NONE$",
    "searches its own memory from below": "^NONE$",
    "imports what judges": "^$",
    "learns from its surroundings that it is graded": r"^MARKED \[\]$",
    "calls home": "^1$",  # one interface, its own loopback
    "raises its own limits": "^$",
    "makes files without end": "^(FULL True\n?)+$",
    "writes into the memory of others": r"\A((?!WROTE 1 )[^\n]*\n?)*\Z",
    "makes system calls that are refused": r"ALLOWED \[\]",
}


@pytest.mark.parametrize("name", SEEN)
def test_what_an_attack_saw(graded: Class, name: str) -> None:
    """No file, test, variable, interface, limit or system call that it should not have."""
    said = printed(graded, name)
    assert re.search(SEEN[name], said.rstrip("\n") if "$" in SEEN[name] else said), said


def test_executed_notebooks_hold_no_script_and_stay_small(graded: Class) -> None:
    """What is kept of a hostile notebook is small and has no HTML."""
    for student in graded.students.values():
        for name in (NAME, SLOPE_NAME):
            path = graded.course.autograded(student, "hw") / f"{name}.ipynb"
            assert path.stat().st_size < 3_000_000
    shown = graded.course.autograded(graded.students["shows thousands of pages"], "hw")
    cells = nbformat.read(shown / f"{NAME}.ipynb", as_version=4).cells
    assert not any("text/html" in o.get("data", {}) for c in cells for o in c.get("outputs", []))
    assert not any(Path(f"/tmp/{name}").exists() for name in ("pickled", "pwned", "last"))


# --- the same again ---------------------------------------------------------------------


def test_a_second_run_judges_nothing_anew(graded: Class) -> None:
    """What has been judged and not changed keeps its verdicts, byte for byte."""
    names = ("loops", "kills all that it sees", "deletes a test")
    chosen = [graded.students[n] for n in names]
    paths = [graded.course.autograded(s, "hw") / "verdicts.json" for s in chosen]
    before = [p.read_bytes() for p in paths]
    digest = code_digest.__wrapped__()
    status, said = run_grade(
        graded.course, "--json", *(o for s in chosen for o in ("--student", s))
    )
    if digest != code_digest.__wrapped__() or json.loads(said)["unchanged"] == 0:
        pytest.skip("the kit's own code was changed meanwhile, so everything is judged anew")
    assert status == 0
    assert json.loads(said)["unchanged"] == len(chosen)
    assert [p.read_bytes() for p in paths] == before


CHANCE = {
    "by its own dice": "import random\ndef double(x): return 2 * x if random.random() < 0.5 else 0.0",
    "by numpy's dice": "def double(x): return 2 * x if np.random.rand() < 0.5 else 0.0",
    "by torch's dice": "import torch\ndef double(x): return 2 * x if torch.rand(()) < 0.5 else 0.0",
    "by the hash of a word": "def double(x): return 2 * x if hash('word') % 2 else 0.0",
    "by the order of a set": "def double(x): return 2 * x if list({'a', 'b', 'c'})[0] == 'a' else 0.0",
}  # fmt: skip


def verdicts(made: Class) -> dict[str, list[tuple[str, str, float | None, str]]]:
    """All that was decided, by student."""
    return {
        student: [(v.cell_id, v.status.value, v.points, v.message) for v in result.verdicts]
        for student, result in made.results.items()
    }


def test_chance_gives_the_same_verdict_again(tmp_path: Path, confined: str) -> None:
    """Dice, hashes and the order of sets fall as before when work is judged again."""
    made = write_class(tmp_path, {n: Attack(double=text) for n, text in CHANCE.items()})
    found = []
    for _ in range(2):
        made.code, made.said = run_grade(made.course, "--again")
        made.read()
        found.append(verdicts(made))
    assert found[0] == found[1]


def test_two_graders_at_once_agree(tmp_path: Path, confined: str) -> None:
    """Both end well, or one says that another is at work; the grades are those of one."""
    course = write_course(tmp_path)
    for student in NEIGHBOURS:
        hand_in(course, student, None)
    line = [sys.executable, "-m", "autograder.cli", "grade", "hw", "--course", str(course.root)]
    graders = [
        subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    said = [g.communicate(timeout=300)[0] for g in graders]
    assert 0 in [g.returncode for g in graders], said
    assert not any("Traceback" in text for text in said), said
    made = Class(course, {})
    made.read()
    assert [made.points(s) for s in NEIGHBOURS] == [FULL] * len(NEIGHBOURS)
    with Gradebook(course) as book:
        for student in NEIGHBOURS:
            assert sum(s.auto or 0.0 for s in book.scores("hw", student)) == FULL
