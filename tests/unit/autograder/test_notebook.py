# ruff: noqa: D103  (the names of the tamper functions say it)
"""Notebooks as data: reading hostile files, and repair on the source."""

import copy
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from traitlets.config import Config

from autograder.errors import NotebookError, SourceError
from autograder.notebook import (
    Role,
    SourceNotebook,
    canonical,
    check_title,
    dumps,
    grade_id,
    last_heading,
    load_source,
    names_of,
    parse_handed_in,
    read_handed_in,
    region_lines,
    repair,
    role,
    stored_text,
    without_region,
)
from tests.conftest import HONEST, NAME, code, filled, nbgrader, text, tiny_notebook


def kinds(source: SourceNotebook, notebook: NotebookNode) -> set[str]:
    """Kinds of the remarks that a repair makes."""
    return {r.kind for r in repair(source, notebook).remarks}


def deep(levels: int) -> Any:
    """Lists in lists."""
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


# --- reading ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff\xfe\x00", "is not UTF-8"),
        (b"[]", "no notebook"),
        (b"null", "no notebook"),
        (b"3", "no notebook"),
        (b"{}", "no list of cells"),
        (b'{"cells": {}}', "no list of cells"),
        (b'{"cells": "abc"}', "no list of cells"),
        (b'{"nbformat": 3, "worksheets": 5}', "old notebook format"),
        (b'{"nbformat": 2}', "old notebook format"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"cells": ' + b"9" * 5000 + b"}", "is not JSON"),
    ],
)
def test_what_is_no_notebook_is_refused_in_words(content: bytes, said: str) -> None:
    """The student reads what is wrong and what to do; nothing else is raised."""
    with pytest.raises(NotebookError, match=said) as caught:
        parse_handed_in(content, "q.ipynb")
    assert caught.value.where == "q.ipynb"
    assert caught.value.cure


@pytest.mark.parametrize("levels", [250, 400, 800])
@pytest.mark.parametrize("place", ["metadata", "outputs", "attachments"])
def test_deep_nesting_in_a_cell_is_refused(place: str, levels: int) -> None:
    """Nesting that would overrun the readers further on is refused at the door."""
    cell = {"cell_type": "code" if place == "outputs" else "markdown", "source": "x"}
    cell[place] = [{"data": deep(levels)}] if place == "outputs" else {"a": deep(levels)}
    with pytest.raises(NotebookError, match="nested too deeply"):
        parse_handed_in(json.dumps({"cells": [cell], "nbformat": 4}).encode(), "q")


def test_cells_of_impossible_kinds_are_left_out() -> None:
    """Whatever is not a cell is dropped, and every part of one is of the right kind."""
    cells = [
        5, None, [], "x", {}, {"cell_type": ["code"]}, {"cell_type": "code", "source": {"a": 1}},
        {"cell_type": "code", "source": [1, 2]}, {"cell_type": "video", "source": "x"},
        {"cell_type": "code", "source": ["a\n", "b"], "id": 7, "metadata": [], "outputs": "x"},
        {"cell_type": "code", "source": "c", "metadata": {"nbgrader": "x"}, "outputs": [3]},
        {"cell_type": "markdown", "source": "\ud800", "attachments": 3},
    ]  # fmt: skip
    node = parse_handed_in(json.dumps({"cells": cells, "metadata": 3}).encode(), "q")
    assert [c.source for c in node.cells] == ["a\nb", "c", "?"]
    assert [c.get("outputs") for c in node.cells] == [[], [], None]
    assert node.metadata.kernelspec.name == "python3"
    assert [grade_id(c) for c in node.cells] == ["", "", ""]


def test_numbers_that_json_does_not_know_do_no_harm() -> None:
    """NaN and Infinity in metadata are read and thrown away."""
    text_ = (
        '{"cells": [{"cell_type": "code", "source": "x", "metadata": {"a": NaN}}], "nbformat": 4}'
    )
    assert parse_handed_in(text_.encode(), "q").cells[0].source == "x"


def test_an_old_notebook_is_brought_to_format_four() -> None:
    """A notebook of format 3 keeps its cells."""
    old = {
        "nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""},
        "worksheets": [{"metadata": {}, "cells": [
            {"cell_type": "code", "input": "x = 1", "language": "python", "outputs": [],
             "collapsed": False, "metadata": {}, "prompt_number": 1}]}],
    }  # fmt: skip
    assert parse_handed_in(json.dumps(old).encode(), "q").cells[0].source == "x = 1"


def test_size_links_and_folders_are_refused(tmp_path: Path) -> None:
    """A file over the limit, a link and a folder are not read."""
    big = tmp_path / "big.ipynb"
    big.write_bytes(b" " * 2_000_000)
    with pytest.raises(NotebookError, match="is 2 MB; at most 1 MB"):
        read_handed_in(big, 1)
    good = tmp_path / "good.ipynb"
    good.write_text(dumps(tiny_notebook()))
    assert read_handed_in(good, 1).cells
    link = tmp_path / "link.ipynb"
    link.symlink_to(good)
    (tmp_path / "folder.ipynb").mkdir()
    for path in (link, tmp_path / "folder.ipynb", tmp_path / "none.ipynb"):
        with pytest.raises(NotebookError, match="is not a file"):
            read_handed_in(path, 1)


def test_half_a_character_can_be_written() -> None:
    """A lone surrogate in an output or attachment does not stop the file from being written."""
    node = tiny_notebook()
    node.cells[1].outputs = [nbformat.v4.new_output("stream", text="\ud800")]
    node.cells[0].attachments = {"a": {"text/plain": "\udfff"}}
    assert dumps(node).encode("utf-8")


# --- the source -------------------------------------------------------------------------


def test_roles_are_read_from_the_metadata(tiny: SourceNotebook) -> None:
    """Prose, given, answer, test and essay."""
    assert [role(c) for c in tiny.node.cells] == [
        Role.PROSE, Role.GIVEN, Role.ANSWER, Role.TEST, Role.ANSWER, Role.TEST, Role.ESSAY,
    ]  # fmt: skip
    assert role({"metadata": {"nbgrader": {"task": True}}}) is Role.TASK


def test_students_get_no_solution_and_no_hidden_test(tiny: SourceNotebook) -> None:
    """The student view keeps what is visible only."""
    shown = "\n".join(c.source for c in tiny.student.cells)
    assert "twice 3 is 6" in shown
    for secret in ("return scale * x", "not-twice", "Because.", "BEGIN"):
        assert secret not in shown


def test_names_belong_to_the_student_or_to_the_examiner(tiny: SourceNotebook) -> None:
    """What answers bind is the student's; given cells that tests need are run outside too."""
    assert tiny.candidate_names == {"double", "mean"}
    assert tiny.examiner_cells == {"q01-given"}
    assert tiny.answer_ids == ("q01-double", "q01-mean", "q01-why")


def test_given_cells_are_known_by_grade_id_whatever_their_cell_id(tmp_path: Path) -> None:
    """A source that is not in canonical form is judged like one that is."""
    node = tiny_notebook()
    for number, cell in enumerate(node.cells):
        cell.id = f"random{number}"
    path = tmp_path / f"{NAME}.ipynb"
    path.write_text(dumps(node))
    assert load_source(path).examiner_cells == {"q01-given"}


def test_sources_of_format_four_without_ids_are_read(tmp_path: Path) -> None:
    """An older course's notebooks have no cell ids; they get the same ones on every reading."""
    node = json.loads(dumps(tiny_notebook()))
    node["nbformat_minor"] = 4
    for cell in node["cells"]:
        del cell["id"]
    path = tmp_path / f"{NAME}.ipynb"
    path.write_text(json.dumps(node))
    once, again = load_source(path), load_source(path)
    assert dumps(once.node) == dumps(again.node)
    assert [c.id for c in once.node.cells][:2] == [f"{NAME}-01", "q01-given"]
    assert len(repair(once, None).steps) == 7


def test_a_doubled_grade_id_is_refused(tmp_path: Path) -> None:
    """Two cells of one id are the author's mistake, named with the file."""
    node = tiny_notebook()
    node.cells[4].metadata.nbgrader.grade_id = "q01-double"
    path = tmp_path / "q.ipynb"
    path.write_text(dumps(node))
    with pytest.raises(SourceError, match="two cells have the grade id q01-double"):
        load_source(path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": 3, "nbformat": 4}'])
def test_a_broken_source_is_named(tmp_path: Path, content: str) -> None:
    """A source that cannot be read is the author's mistake, not ours."""
    path = tmp_path / "q.ipynb"
    path.write_text(content)
    with pytest.raises(SourceError) as caught:
        load_source(path)
    assert caught.value.where == str(path)
    with pytest.raises(SourceError, match="missing"):
        load_source(tmp_path / "none.ipynb")


def test_an_open_region_is_refused(tmp_path: Path) -> None:
    """A solution region that does not end is the author's mistake."""
    node = tiny_notebook()
    node.cells[2].source = "### BEGIN SOLUTION\nx = 1"
    path = tmp_path / "q.ipynb"
    path.write_text(dumps(node))
    with pytest.raises(SourceError, match="SOLUTION region is not closed") as caught:
        load_source(path)
    assert caught.value.where == f"{path}, cell q01-double"


def test_canonical_form_is_a_fixed_point() -> None:
    """Once canonical, a notebook does not change; outputs, counts and other metadata are gone."""
    node = tiny_notebook()
    node.cells[1].outputs = [nbformat.v4.new_output("stream", text="x")]
    node.cells[1].metadata["collapsed"] = True
    node.cells[1].id = "zzz"
    once = canonical(node, NAME)
    assert dumps(once) == dumps(canonical(once, NAME))
    assert once.cells[1].outputs == []
    assert "collapsed" not in once.cells[1].metadata
    assert [c.id for c in once.cells][:2] == [f"{NAME}-01", "q01-given"]


# --- regions, names, outputs ------------------------------------------------------------


def test_a_region_is_cut_out_with_its_markers() -> None:
    """The lines around a region stay, and its own are numbered from one."""
    source = "a\n### BEGIN HIDDEN TESTS\nb\n### END HIDDEN TESTS\nc"
    assert without_region(source, "HIDDEN TESTS") == "a\nc"
    assert region_lines(source, "HIDDEN TESTS") == {2, 3, 4}
    assert region_lines(source, "SOLUTION") == frozenset()


@pytest.mark.parametrize(
    ("source", "defined"),
    [
        ("def f(): y = 1", {"f"}),
        ("class A:\n    b = 1", {"A"}),
        ("x, (y, *z) = 1, (2, 3)", {"x", "y", "z"}),
        ("for i in a:\n    j = i", {"i", "j"}),
        ("with a as b: pass", {"b"}),
        ("(n := 3)", {"n"}),
        ("[k for k in a]", set()),
        ("import numpy as np", set()),
        ("%matplotlib inline\nx = 1", {"x"}),
        ("x: int = 1", {"x"}),
        ("this is no Python", set()),
        ("x = 1\x00", set()),
        ("(" * 500, set()),
        ("-" * 200_000 + "1", set()),
        ("a" + ".b" * 50_000, set()),
    ],
)
def test_names_that_a_cell_binds(source: str, defined: set[str]) -> None:
    """Top-level names alone; none where the text is no Python or too deep for the parser."""
    assert names_of(source).defined == defined


def test_names_that_a_cell_reads() -> None:
    """Reads count inside functions too; imports are kept apart."""
    names = names_of("import a.b as c, d.e\ndef f(x): return g(x)")
    assert names.imported == {"c", "d"}
    assert "g" in names.read


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ({"output_type": "stream", "text": ["a", "b"]}, "ab"),
        ({"output_type": "execute_result", "data": {"text/plain": "3"}}, "3"),
        ({"output_type": "error", "ename": "E", "evalue": "v"}, "E: v\n"),
        ({"output_type": "stream", "text": 5}, "5"),
        ({"data": []}, ""),
    ],
)
def test_stored_outputs_as_text(output: dict[str, Any], said: str) -> None:
    """Outputs of every kind, odd ones too, give text."""
    assert stored_text([output]) == said


# --- headings ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "heading"),
    [
        ("## a) By hand\n\ntext", "a) By hand"),
        ("# One\ntext\n### Two ##\n", "Two"),
        ("  ## The *bold* `code` of $x$", "The bold code of x"),
        ("```\n# a comment\n```\ntext", ""),
        ("#hashtag\n#\ntext", ""),
        ("", ""),
    ],
)
def test_the_last_heading_of_a_cell(source: str, heading: str) -> None:
    """Headings of every level count, as plain text; comments in code do not."""
    assert last_heading(source) == heading


def test_each_cell_stands_under_a_heading(tiny: SourceNotebook) -> None:
    """Cells with an id have the heading that students see above them."""
    assert tiny.headings["q01-given"] == tiny.headings["q01-why"] == "Twice as much"
    node = copy.deepcopy(tiny.student)
    node.cells.insert(4, text("new", "## b) Mean"))
    later = SourceNotebook(tiny.name, tiny.node, node).headings
    assert later["q01-double-test"] == "Twice as much"
    assert later["q01-mean-test"] == "b) Mean"


# --- repair -----------------------------------------------------------------------------


def hand_in(source: SourceNotebook) -> NotebookNode:
    """An honest hand-in, to be tampered with."""
    return copy.deepcopy(filled(source, HONEST))


def find(notebook: NotebookNode, key: str) -> NotebookNode:
    """A cell by its grade id."""
    return next(c for c in notebook.cells if grade_id(c) == key)


def tamper_delete(n: NotebookNode) -> None:
    n.cells = [c for c in n.cells if grade_id(c) != "q01-double-test"]


def tamper_source(n: NotebookNode) -> None:
    find(n, "q01-double-test").source = "assert True"


def tamper_points(n: NotebookNode) -> None:
    find(n, "q01-double-test").metadata.nbgrader.points = 100


def tamper_flags(n: NotebookNode) -> None:
    find(n, "q01-double-test").metadata.nbgrader.update(solution=True, grade=False, locked=False)


def tamper_retype(n: NotebookNode) -> None:
    find(n, "q01-double-test").cell_type = "raw"


def tamper_tag(n: NotebookNode) -> None:
    find(n, "q01-double-test").metadata.tags = ["skip-execution", "raises-exception"]


def tamper_double(n: NotebookNode) -> None:
    n.cells.append(copy.deepcopy(find(n, "q01-double-test")))


def tamper_given(n: NotebookNode) -> None:
    find(n, "q01-given").source = "scale = 3.0"


def tamper_order(n: NotebookNode) -> None:
    n.cells = n.cells[::-1]


def tamper_flags_of_odd_kind(n: NotebookNode) -> None:
    find(n, "q01-double-test").metadata.nbgrader.update(points=[1], grade={"a": 1}, task="x")


TAMPERED = {
    tamper_delete: "cell-missing", tamper_source: "cell-changed", tamper_points: "metadata-changed",
    tamper_flags: "metadata-changed", tamper_retype: "cell-changed", tamper_tag: "metadata-changed",
    tamper_double: "cell-doubled", tamper_given: "cell-changed", tamper_order: "order-changed",
    tamper_flags_of_odd_kind: "metadata-changed",
}  # fmt: skip


@pytest.mark.parametrize("tamper", TAMPERED, ids=lambda t: t.__name__)
def test_locked_cells_are_restored_and_reported(tiny: SourceNotebook, tamper: Any) -> None:
    """Whatever was done to them, given cells and tests are the instructor's, in their order."""
    notebook = hand_in(tiny)
    tamper(notebook)
    content = json.dumps(notebook).encode()
    read = parse_handed_in(content, "q")
    steps = repair(tiny, read).steps
    ours = [c for c in tiny.node.cells if role(c) in (Role.TEST, Role.GIVEN)]
    locked = [s.cell for s in steps if s.role in (Role.TEST, Role.GIVEN)]
    assert [(c.source, c.metadata, c.cell_type) for c in locked] == [
        (c.source, c.metadata, c.cell_type) for c in ours
    ]
    assert TAMPERED[tamper] in kinds(tiny, read)
    answers = {s.id: s.cell.source for s in steps if s.role is Role.ANSWER}
    assert answers == HONEST


def test_an_honest_hand_in_gets_no_remark(tiny: SourceNotebook) -> None:
    """Nothing is reported where nothing was changed."""
    assert repair(tiny, hand_in(tiny)).remarks == ()


def test_an_untouched_answer_is_unanswered(tiny: SourceNotebook) -> None:
    """The stub counts as no answer, a filled cell as one."""
    steps = repair(tiny, filled(tiny, {"q01-mean": "def mean(v): ..."})).steps
    assert {s.id: s.answered for s in steps if s.id in tiny.answer_ids} == {
        "q01-double": False, "q01-mean": True, "q01-why": False,
    }  # fmt: skip


def test_places_are_those_of_the_hand_in(tiny: SourceNotebook) -> None:
    """A cell's number counts the student's own cells as well; what is missing has none."""
    notebook = filled(tiny, HONEST, {"q01-given": "a = 1"})
    notebook.cells = [c for c in notebook.cells if grade_id(c) != "q01-mean-test"]
    numbers = repair(tiny, notebook).numbers
    order = [grade_id(c) for c in notebook.cells]
    assert numbers["q01-double-test"] == order.index("q01-double-test") + 1 == 5
    assert "q01-mean-test" not in numbers
    assert repair(tiny, None).numbers == {}


def test_own_cells_stay_where_they_stood(tiny: SourceNotebook) -> None:
    """The student's own cells follow the known cell that they followed."""
    notebook = filled(tiny, HONEST, {"q01-given": "a = 1", "q01-mean": "b = 2"})
    order = [s.id for s in repair(tiny, notebook).steps]
    assert order.index("extra-1") == order.index("q01-given") + 1
    assert order.index("extra-2") == order.index("q01-mean") + 1


def test_two_cells_of_one_answer_are_both_kept(tiny: SourceNotebook) -> None:
    """A split answer loses nothing: both cells run, in order."""
    notebook = hand_in(tiny)
    second = copy.deepcopy(find(notebook, "q01-double"))
    second.source = "double = double"
    notebook.cells.insert(3, second)
    repaired = repair(tiny, notebook)
    order = [s.id for s in repaired.steps]
    assert order.index("extra-1") == order.index("q01-double") + 1
    assert {r.kind for r in repaired.remarks} == {"cell-doubled"}


def test_an_answer_without_metadata_is_recognised_by_what_it_defines(tiny: SourceNotebook) -> None:
    """Lost metadata cost no points."""
    notebook = hand_in(tiny)
    cell = find(notebook, "q01-double")
    cell.metadata, cell.id = {}, "lost"
    repaired = repair(tiny, notebook)
    step = next(s for s in repaired.steps if s.id == "q01-double")
    assert step.theirs
    assert step.cell.source == HONEST["q01-double"]
    assert "recognised-by-content" in {r.kind for r in repaired.remarks}


@pytest.mark.parametrize("key", ["q01-double", "q01-why"])
def test_a_cell_without_metadata_is_recognised_by_its_id(tiny: SourceNotebook, key: str) -> None:
    """An answer or an essay that kept only its cell id is still the student's."""
    notebook = hand_in(tiny)
    cell = find(notebook, key)
    cell.metadata, cell.source = {}, "Words = 'of the student'"
    step = next(s for s in repair(tiny, notebook).steps if s.id == key)
    assert step.answered
    assert step.cell.source == "Words = 'of the student'"


def test_a_hidden_region_of_a_given_cell_stays_outside(tmp_path: Path) -> None:
    """What runs beside student code is what students have."""
    node = tiny_notebook()
    node.cells[1].source += "\n### BEGIN MARK SCHEME\nanswer = 42\n### END MARK SCHEME"
    path = tmp_path / f"{NAME}.ipynb"
    path.write_text(dumps(node))
    source = load_source(path, Config({"ClearMarkScheme": {"enforce_metadata": False}}))
    step = next(s for s in repair(source, hand_in(source)).steps if s.id == "q01-given")
    assert "answer" not in step.cell.source
    assert "answer" in source.cells["q01-given"].source


def test_a_missing_answer_is_empty_and_reported(tiny: SourceNotebook) -> None:
    """A deleted answer comes back as the stub, unanswered."""
    notebook = hand_in(tiny)
    notebook.cells = [c for c in notebook.cells if grade_id(c) != "q01-mean"]
    repaired = repair(tiny, notebook)
    step = next(s for s in repaired.steps if s.id == "q01-mean")
    assert not step.answered
    assert "answer-missing" in {r.kind for r in repaired.remarks}


def test_a_cell_of_the_student_cannot_become_a_test(tiny: SourceNotebook) -> None:
    """An own cell that calls itself a test of unknown id is the student's own, without points."""
    notebook = hand_in(tiny)
    notebook.cells.append(code("x", "5.0", nbgrader("q01-bonus-test", "test", 50)))
    notebook.cells.append(text("y", "hi", nbgrader("q01-essay", "essay", 50)))
    steps = repair(tiny, notebook).steps
    assert [s.id for s in steps if s.role in (Role.TEST, Role.ESSAY)] == [
        "q01-double-test", "q01-mean-test", "q01-why",
    ]  # fmt: skip
    assert sum(s.id.startswith("extra-") for s in steps) == 2


def test_nothing_handed_in_gives_the_bare_notebook(tiny: SourceNotebook) -> None:
    """Without a hand-in the source's own cells remain, and no remark."""
    repaired = repair(tiny, None)
    assert len(repaired.steps) == len(tiny.node.cells)
    assert repaired.remarks == ()
    assert not any(s.theirs or s.answered for s in repaired.steps)


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("# Test: the mean is right\nassert True", "the mean is right"),
        ("**Why does it compress?** (1.5 points, read by a person.)", "Why does it compress?"),
        ("\n*Your* answer\n\nmore", "Your answer"),
        ("### Why\ntext", "Why"),
        ("### BEGIN SOLUTION\nBecause.\n### END SOLUTION", "Because."),
        ("", ""),
    ],
)
def test_a_check_is_titled_by_its_first_words(source: str, title: str) -> None:
    """A test's first comment, an essay's bold words or first line."""
    assert check_title({"source": source}) == title
