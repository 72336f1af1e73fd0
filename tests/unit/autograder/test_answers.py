"""Known answers: files in parts, and the release filled with them."""

from pathlib import Path

import pytest

from autograder.answers import fill, kept_outputs, load_answer, load_answers, solution_cells
from autograder.errors import AnswerError
from autograder.notebook import SourceNotebook, grade_id
from tests.conftest import HONEST


def answer(folder: Path, name: str, text: str) -> Path:
    """A file of a known answer."""
    path = folder / f"{name}.py"
    path.write_text(text)
    return path


def test_parts_are_told_apart(tmp_path: Path) -> None:
    """Code, Markdown and stored output each find their cell; what precedes them is a comment."""
    text = (
        "# loses: a-test b-test\n# a remark\n# %% a\nx = 1\n\ny = 2\n\n# %% [markdown] b\n*hi*\n"
        "# %% [output] c\n# printed\nbare\n"
    )
    found = load_answer(answer(tmp_path, "wrong_one", text))
    assert not found.right
    assert found.loses == {"a-test", "b-test"}
    assert found.cells == {"a": "x = 1\n\ny = 2", "b": "*hi*"}
    assert found.outputs == {"c": "printed\nbare\n"}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("right_one", "# loses: a\n# %% a\nx", "right or wrong"),
        ("wrong_one", "# %% a\nx", "right or wrong"),
        ("wrong_one", "# loses:\n# %% a\nx", "right or wrong"),
        ("other", "# %% a\nx", "right or wrong"),
        ("right_one", "x = 1", "has no part"),
        ("right_one", "", "has no part"),
    ],
)
def test_an_unclear_answer_is_refused(tmp_path: Path, name: str, text: str, said: str) -> None:
    """An answer says what it is, or is not used."""
    with pytest.raises(AnswerError, match=said):
        load_answer(answer(tmp_path, name, text))


def test_unreadable_answers_are_named(tmp_path: Path) -> None:
    """A missing file and one that is no text are the author's mistake."""
    with pytest.raises(AnswerError, match="cannot be read"):
        load_answer(tmp_path / "right_none.py")
    (tmp_path / "right_bytes.py").write_bytes(b"\xff\xfe")
    with pytest.raises(AnswerError, match="cannot be read"):
        load_answer(tmp_path / "right_bytes.py")


def test_answers_of_a_folder_come_in_order(tmp_path: Path) -> None:
    """Right ones before wrong ones; no folder, no answers."""
    answer(tmp_path, "wrong_b", "# loses: a\n# %% a\nx")
    answer(tmp_path, "right_a", "# %% a\nx")
    assert [a.name for a in load_answers(tmp_path)] == ["right_a", "wrong_b"]
    assert load_answers(tmp_path / "none") == ()


def test_the_release_is_filled(tiny: SourceNotebook) -> None:
    """Filled cells have the answer, all others what students get; the source is left alone."""
    before = str(tiny.student)
    notebook = fill(tiny, {"q01-mean": HONEST["q01-mean"]}, {"q01-double": "said\n"})
    cells = {grade_id(c): c for c in notebook.cells}
    assert cells["q01-mean"].source == HONEST["q01-mean"]
    assert cells["q01-double"].source == tiny.student_sources["q01-double"]
    assert cells["q01-double"].outputs[0].text == "said\n"
    assert "HIDDEN" not in cells["q01-double-test"].source
    assert str(tiny.student) == before


def test_an_answer_for_no_cell_is_refused(tiny: SourceNotebook) -> None:
    """A misspelt id is named with those that there are; a test is no answer."""
    for key in ("q01-dubble", "q01-double-test"):
        with pytest.raises(AnswerError, match=f"{key} is no answer") as caught:
            fill(tiny, {key: "x"}, {})
        assert "q01-double, q01-mean, q01-why" in caught.value.cure


def test_the_solution_has_no_markers(tiny: SourceNotebook) -> None:
    """The solution's lines without the comments around them."""
    cells = solution_cells(tiny)
    assert set(cells) == {"q01-double", "q01-mean", "q01-why"}
    assert "return scale * x" in cells["q01-double"]
    assert not any("###" in text for text in cells.values())


def test_a_kept_cell_needs_its_output(tiny: SourceNotebook, tmp_path: Path) -> None:
    """The output of a kept cell's solution comes from a file, whose absence is named."""
    assert kept_outputs(tmp_path, tiny) == {}
    cell = tiny.cells["q01-mean"]
    cell.metadata["autograder"] = {"run": "keep"}
    try:
        with pytest.raises(AnswerError, match="q01-mean is missing"):
            kept_outputs(tmp_path, tiny)
        (tmp_path / "kept_q01-mean.txt").write_text("3.0\n")
        assert kept_outputs(tmp_path, tiny) == {"q01-mean": "3.0\n"}
    finally:
        del cell.metadata["autograder"]


SOLUTION = {"cpp/nn.cpp": b"int a;\n  int a;\nint b;\nint c;\n", "paper.md": b"long\n"}


def test_files_are_given_left_out_and_edited(tmp_path: Path) -> None:
    """An answer's files are the solution's, changed as it says."""
    text = (
        "# loses: a-test\n# %% [edit] cpp/nn.cpp\n"
        "- int a;\n+ int z;\n+ // why\n\n- int b;\n- int c;\n"
        "# %% [file] cpp/my.hpp\n#pragma once\n# %% [no file] paper.md\n"
    )
    found = load_answer(answer(tmp_path, "wrong_one", text))
    assert found.files(SOLUTION) == {
        "cpp/nn.cpp": b"int z;\n// why\n  int a;\n",
        "cpp/my.hpp": b"#pragma once\n",
    }
    assert found.cells == {}
    assert list(SOLUTION) == ["cpp/nn.cpp", "paper.md"]  # which the next answer begins with


def test_a_blank_line_parts_two_edits(tmp_path: Path) -> None:
    """Lines that do not stand together are taken out one by one, indented ones as they are."""
    text = "# loses: a\n# %% [edit] f\n-   x\n\n- z\n+   w\n# %% [no file] never-there\n"
    found = load_answer(answer(tmp_path, "wrong_one", text))
    assert found.files({"f": b"  x\ny\nz\n"}) == {"f": b"y\n  w\n"}


@pytest.mark.parametrize("lines", ["", "int z;\n", "+ int z;\n", "+ int z;\n- int b;\n"])
def test_an_edit_without_old_lines_is_refused(tmp_path: Path, lines: str) -> None:
    """It would change nothing, and the answer be the solution."""
    text = f"# loses: a\n# %% [edit] cpp/nn.cpp\n{lines}"
    with pytest.raises(AnswerError, match="an edit of cpp/nn"):
        load_answer(answer(tmp_path, "wrong_one", text)).files(SOLUTION)


@pytest.mark.parametrize("old", ["nothing like it", "int d;", " int a;"])
def test_an_edit_that_does_not_fit_is_the_authors_mistake(tmp_path: Path, old: str) -> None:
    """Its old lines stand in the solution exactly once, as whole lines."""
    text = f"# loses: a-test\n# %% [edit] cpp/nn.cpp\n- {old}\n+ int z;\n"
    found = load_answer(answer(tmp_path, "wrong_one", text))
    with pytest.raises(AnswerError, match="0 times"):
        found.files(SOLUTION)


def test_an_edit_that_fits_twice_is_refused(tmp_path: Path) -> None:
    """Which of two places is meant cannot be guessed."""
    text = "# loses: a-test\n# %% [edit] f\n- x\n+ y\n"
    found = load_answer(answer(tmp_path, "wrong_one", text))
    with pytest.raises(AnswerError, match="2 times"):
        found.files({"f": b"x\nz\nx\n"})


OTHER = "# %% a\nx = 1\n# %% b\ny = 2\n# %% [file] f\none\ntwo\n# %% [no file] paper.md\n"


def test_an_answer_begins_as_another(tmp_path: Path) -> None:
    """It has the other's parts, its own in their place, and edits the other's files."""
    answer(tmp_path, "right_other", OTHER)
    text = "# loses: a-test\n# %% [from] right_other\n\n# %% b\ny = 3\n# %% [edit] f\n- two\n+ 2\n"
    found = load_answer(answer(tmp_path, "wrong_one", text))
    assert (found.name, found.right, found.loses) == ("wrong_one", False, {"a-test"})
    assert found.cells == {"a": "x = 1", "b": "y = 3"}
    assert found.files({"f": b"solution\n", "paper.md": b"long\n"}) == {"f": b"one\n2\n"}
    assert load_answer(tmp_path / "right_other.py").cells["b"] == "y = 2"


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ("[from] right_none\n# %% a\nx", "right_none, which is not there"),
        ("[from] ../q01/right_other\n# %% a\nx", "which is not there"),
        ("[from] wrong_second\n# %% a\nx", "wrong_second, which begins as another"),
        ("[from] wrong_one\n# %% a\nx", "wrong_one, which begins as another"),
        ("[from] right_other\nx = 1\n# %% a\nx", "lines after its"),
        ("[from] right_other\n", "has no part"),
        ("a\nx\n# %% [from] right_other\n", "late"),
    ],
)
def test_an_answer_begins_as_one_that_stands_by_itself(
    tmp_path: Path, parts: str, said: str
) -> None:
    """Another of the same question that is there, named once and first; no chains, no circles."""
    here = tmp_path / "q02"
    for folder in (here, tmp_path / "q01"):
        folder.mkdir()
        answer(folder, "right_other", OTHER)
    answer(here, "wrong_second", "# loses: a\n# %% [from] right_other\n# %% a\nx")
    with pytest.raises(AnswerError, match=said):
        load_answer(answer(here, "wrong_one", f"# loses: a\n# %% {parts}"))
