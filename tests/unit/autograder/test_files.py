"""Files beside the notebooks: found where they should be, elsewhere, or in a cell."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from autograder.files import FILES_LIMIT, find_files, matches, read_files, with_written

PATTERNS = ("cpp/*.cpp", "cpp/*.hpp")


def laid(folder: Path, files: Mapping[str, str]) -> Path:
    """A folder with these files."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("path", "fits"),
    [
        ("cpp/nn.cpp", True),
        ("CPP/NN.CPP", True),
        ("cpp/deep/nn.cpp", False),
        ("nn.cpp", False),
        ("cpp/nn.c", False),
        ("cpp/nn.hpp", True),
        ("cppx/nn.cpp", False),
        ("cpp/nn.cpp/notes.txt", False),
        ("cpp", False),
    ],
)
def test_patterns_stop_at_folders(path: str, fits: bool) -> None:
    """A star stands for a part of one name; case does not count."""
    assert matches(path, PATTERNS) is fits
    assert matches(path, [pattern.upper() for pattern in PATTERNS]) is fits


def test_files_in_their_place_are_read_without_a_word(tmp_path: Path) -> None:
    """Only what fits is read."""
    laid(
        tmp_path, {"cpp/nn.cpp": "a", "cpp/nn.hpp": "b", "cpp/notes.txt": "c", "other/nn.cpp": "d"}
    )
    found, remarks = find_files(tmp_path, PATTERNS)
    assert found == {"cpp/nn.cpp": b"a", "cpp/nn.hpp": b"b"}
    assert remarks == ()
    assert read_files(tmp_path, PATTERNS) == found


@pytest.mark.parametrize(
    "files",
    [
        {"my work/cpp/nn.cpp": "a", "my work/cpp/nn.hpp": "b", "old/nn.cpp": "x"},
        {"nn.cpp": "a", "nn.hpp": "b"},
        {"src/nn.cpp": "a", "src/nn.hpp": "b", "deep/er/nn.cpp": "x"},
        {"src/nn.cpp": "a", "src/nn.hpp": "b", "deep/er/nn.cpp": "x", "deep/er/nn.hpp": "x"},
        {"b/c/cpp/nn.cpp": "a", "b/c/cpp/nn.hpp": "b", "a/nn.cpp": "x", "a/nn.hpp": "x"},
        {"b/c/cpp/nn.cpp": "a", "b/c/cpp/nn.hpp": "b", "a/cpp/nn.cpp": "x"},
    ],
)
def test_files_in_another_folder_are_found_and_named(tmp_path: Path, files: dict[str, str]) -> None:
    """The folder with most of them, in the pattern's folders, shallow; the student is told."""
    found, remarks = find_files(laid(tmp_path, files), PATTERNS)
    assert found == {"cpp/nn.cpp": b"a", "cpp/nn.hpp": b"b"}
    assert {r.kind for r in remarks} == {"found-elsewhere"}
    assert "was read as cpp/nn.cpp" in remarks[0].message


def test_links_and_hidden_folders_are_left_alone(tmp_path: Path) -> None:
    """Neither a link out of the hand-in nor git's own files are read."""
    secret = tmp_path / "secret.cpp"
    secret.write_text("secret")
    inside = laid(tmp_path / "work", {".git/cpp/nn.cpp": "hidden"})
    (inside / "cpp").mkdir()
    (inside / "cpp" / "nn.cpp").symlink_to(secret)
    found, remarks = find_files(inside, PATTERNS)
    assert (found, [r.kind for r in remarks]) == ({}, ["link"])
    assert "cpp/nn.cpp is a link" in remarks[0].message


def test_large_files_are_left_out_and_named(tmp_path: Path) -> None:
    """A hand-in cannot fill the examiner's memory."""
    laid(tmp_path, {"cpp/a.cpp": "", "cpp/b.cpp": "small"})
    with (tmp_path / "cpp" / "a.cpp").open("wb") as file:
        file.truncate(30_000_000)
    found, remarks = find_files(tmp_path, PATTERNS)
    assert found == {"cpp/b.cpp": b"small"}
    assert [r.kind for r in remarks] == ["too-large"]


def test_sizes_add_up(tmp_path: Path) -> None:
    """Many files that are not large by themselves are, together."""
    laid(tmp_path, {f"cpp/{name}.cpp": "" for name in "abc"})
    for name in "ab":
        with (tmp_path / "cpp" / f"{name}.cpp").open("wb") as file:
            file.truncate(12_000_000)
    found, remarks = find_files(tmp_path, PATTERNS)
    assert list(found) == ["cpp/a.cpp", "cpp/c.cpp"]
    assert "cpp/b.cpp is too large" in remarks[0].message


@pytest.mark.parametrize("where", ["cpp", "work/cpp", "work"])
def test_the_number_of_files_is_bounded(tmp_path: Path, where: str) -> None:
    """Thousands of small files are not all read, wherever they lie."""
    laid(tmp_path, {f"{where}/{i:03}.cpp": "x" for i in range(FILES_LIMIT + 5)})
    assert len(find_files(tmp_path, PATTERNS)[0]) == FILES_LIMIT


CELL = "%%writefile cpp/nn.cpp\nint x;\n"


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ({}, b"int x;\n"),
        ({"cpp/nn.cpp": b"stub"}, b"int x;\n"),
        ({"cpp/nn.cpp": b"own"}, b"own"),
    ],
)
def test_a_cell_that_writes_a_file_stands_in_for_a_missing_one(
    files: dict[str, bytes], text: bytes
) -> None:
    """On Colab a file lives in its cell; a file of the student's own goes first."""
    merged, remarks = with_written(files, {"cpp/nn.cpp": b"stub"}, ["x = 1", CELL], PATTERNS)
    assert merged == {"cpp/nn.cpp": text}
    kind = "file-before-cell" if text == b"own" else "file-from-cell"
    assert [r.kind for r in remarks] == [kind]


def test_the_last_cell_that_writes_counts_and_others_write_nothing() -> None:
    """As when the notebook runs; a path outside the question's patterns is no answer."""
    cells = [CELL, "%%file ./cpp/nn.cpp\nint y;\n", "%%writefile /etc/passwd\nroot\n"]
    merged, _ = with_written({}, {}, cells, PATTERNS)
    assert merged == {"cpp/nn.cpp": b"int y;\n"}


def test_a_cell_that_writes_what_is_there_is_no_news() -> None:
    """The file and its cell agree, but for blank lines at the ends."""
    merged, remarks = with_written({"cpp/nn.cpp": b"int x;"}, {}, [CELL], PATTERNS)
    assert merged == {"cpp/nn.cpp": b"int x;"}
    assert remarks == ()


def test_blank_lines_before_the_magic_change_nothing() -> None:
    """IPython passes over them."""
    merged, _ = with_written({}, {}, ["\n \n" + CELL], PATTERNS)
    assert merged == {"cpp/nn.cpp": b"int x;\n"}


def test_one_own_file_in_its_place_keeps_older_ones_out(tmp_path: Path) -> None:
    """Beside it lies a released file that was not to be changed."""
    laid(tmp_path, {"cpp/nn.cpp": "own", "cpp/nn.hpp": "released"})
    laid(tmp_path, {"old/cpp/nn.cpp": "older", "old/cpp/nn.hpp": "older"})
    released = {"cpp/nn.cpp": b"stub", "cpp/nn.hpp": b"released"}
    found, remarks = find_files(tmp_path, PATTERNS, released)
    assert found == {"cpp/nn.cpp": b"own", "cpp/nn.hpp": b"released"}
    assert remarks == ()


@pytest.mark.parametrize("mine", ["mine/nn.cpp", "work/cpp/nn.cpp", "nn.cpp"])
def test_an_untouched_template_does_not_hide_the_work(tmp_path: Path, mine: str) -> None:
    """The student kept the released file in its place and worked on another."""
    laid(tmp_path, {"cpp/nn.cpp": "stub", "cpp/nn.hpp": "released", mine: "own"})
    released = {"cpp/nn.cpp": b"stub", "cpp/nn.hpp": b"released"}
    found, remarks = find_files(tmp_path, PATTERNS, released)
    assert found == {"cpp/nn.cpp": b"own", "cpp/nn.hpp": b"released"}
    assert [r.kind for r in remarks] == ["found-elsewhere"]
    nothing, silent = find_files(laid(tmp_path / "b", {"cpp/nn.cpp": "stub"}), PATTERNS, released)
    assert (nothing, silent) == ({"cpp/nn.cpp": b"stub"}, ())


@pytest.mark.parametrize("kept", [{}, {"cpp/nn.cpp": "stub"}])
@pytest.mark.parametrize(
    "mine",
    [
        {"nn.cpp": "own"},
        {"work/nn.cpp": "own", "work/nn.hpp": "mine"},
        {"work/cpp/nn.cpp": "own", "work/cpp/nn.hpp": "released"},
        {"a/nn.cpp": "own", "b/nn.cpp": "own"},
    ],
)
def test_one_own_file_in_its_place_does_not_hide_the_other(
    tmp_path: Path, kept: Mapping[str, str], mine: Mapping[str, str]
) -> None:
    """The header lies where it should, the source it belongs to elsewhere: both are judged."""
    laid(tmp_path, {"cpp/nn.hpp": "mine", **kept, **mine})
    released = {"cpp/nn.cpp": b"stub", "cpp/nn.hpp": b"released"}
    found, remarks = find_files(tmp_path, PATTERNS, released)
    assert found == {"cpp/nn.cpp": b"own", "cpp/nn.hpp": b"mine"}
    assert [r.message for r in remarks] == [f"{next(iter(mine))} was read as cpp/nn.cpp."]


@pytest.mark.parametrize(
    "other",
    [
        {"old/nn.cpp": "older", "old/nn.hpp": "older"},
        {"release/cpp/nn.cpp": "stub", "release/cpp/nn.hpp": "released"},
        {"hw/other.cpp": "own", "hw/main.cpp": "own"},
    ],
)
def test_another_work_is_no_part_of_this_one(tmp_path: Path, other: Mapping[str, str]) -> None:
    """Neither an older pair of files, nor an untouched copy, nor what nobody asked for."""
    laid(tmp_path, {"cpp/nn.hpp": "mine", "cpp/nn.cpp": "stub", **other})
    released = {"cpp/nn.cpp": b"stub", "cpp/nn.hpp": b"released"}
    found, remarks = find_files(tmp_path, PATTERNS, released)
    assert (found, remarks) == ({"cpp/nn.cpp": b"stub", "cpp/nn.hpp": b"mine"}, ())


def test_a_file_that_is_asked_for_is_found_beside_others_in_their_place(tmp_path: Path) -> None:
    """A paper elsewhere, and a file of another kind where the paper should be."""
    laid(tmp_path, {"paper.docx": "x", "text/paper.md": "mine", "tex/paper.tex": "x"})
    found, remarks = find_files(tmp_path, ["paper.md", "paper.docx"])
    assert found == {"paper.docx": b"x", "paper.md": b"mine"}
    assert [r.kind for r in remarks] == ["found-elsewhere"]


def test_many_folders_are_searched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The work grows with the files, not with files times folders."""
    import autograder.files

    calls = 0
    right = autograder.files.matches

    def counted(path: str, patterns: Iterable[str]) -> bool:
        nonlocal calls
        calls += 1
        return right(path, patterns)

    monkeypatch.setattr(autograder.files, "matches", counted)
    laid(tmp_path, {f"a{i}/b/c/notes.txt": "" for i in range(60)})
    assert find_files(tmp_path, PATTERNS) == ({}, ())
    assert calls <= 60 * 5


STUBS = {"cpp/nn.cpp": "stub", "cpp/nn.hpp": "released"}
RELEASED = {path: text.encode() for path, text in STUBS.items()}


@pytest.mark.parametrize(
    "copy", ["nn (1).cpp", "NN.CPP", "nn - Copy.cpp", "nn_copy.cpp", "nn - Kopie (2).cpp"]
)
@pytest.mark.parametrize("kept", [STUBS, {"cpp/nn.hpp": "released"}, {"cpp/nn.hpp": "own"}])
def test_a_copy_takes_the_place_of_an_untouched_file(
    tmp_path: Path, kept: Mapping[str, str], copy: str
) -> None:
    """Browsers and desktops rename what is saved beside a file of the same name."""
    found, remarks = find_files(laid(tmp_path, {**kept, f"cpp/{copy}": "mine"}), PATTERNS, RELEASED)
    assert found == {"cpp/nn.cpp": b"mine", "cpp/nn.hpp": kept["cpp/nn.hpp"].encode()}
    assert [r.message for r in remarks] == [f"cpp/{copy} was read as cpp/nn.cpp."]


@pytest.mark.parametrize(
    "files",
    [
        {"cpp/nn.cpp": "own", "cpp/nn (1).cpp": "mine"},
        {"cpp/nn (1).cpp": "mine", "cpp/nn (2).cpp": "too"},
        {"cpp/copy.cpp": "mine", "cpp/nn2.cpp": "too"},
    ],
)
def test_where_it_is_not_clear_nothing_is_renamed(tmp_path: Path, files: dict[str, str]) -> None:
    """Of two works none is thrown away; another name is another file."""
    found, remarks = find_files(laid(tmp_path, files), PATTERNS, RELEASED)
    assert (set(found), remarks) == (set(files), ())


def test_what_is_left_out_is_named_and_what_was_asked_for_stays(tmp_path: Path) -> None:
    """Of too many files the released ones come first; a remark says how many, and which."""
    laid(tmp_path, {f"cpp/{i:03}.hpp": "x" for i in range(FILES_LIMIT)})
    found, remarks = find_files(laid(tmp_path, {"cpp/nn.cpp": "own"}), PATTERNS, RELEASED)
    assert "cpp/nn.cpp" in found
    assert [r.kind for r in remarks] == ["too-many-files"]
    assert f"{FILES_LIMIT} of {FILES_LIMIT + 1}" in remarks[0].message
    assert f"cpp/{FILES_LIMIT - 1:03}.hpp" in remarks[0].message


@pytest.mark.parametrize(
    ("head", "path"),
    [
        ('"cpp/nn.cpp"', "cpp/nn.cpp"),
        ("'cpp/nn.cpp'", "cpp/nn.cpp"),
        ("/content/cpp/nn.cpp", "cpp/nn.cpp"),
        ('"/content/drive/My Drive/q12/cpp/layer.cpp"', "cpp/layer.cpp"),
        ("nn.cpp", "cpp/nn.cpp"),
        ("try.cpp", ""),
        ("cpp", ""),
        ('"cpp/nn.cpp', ""),
    ],
)
def test_a_cell_may_name_the_file_in_other_ways(head: str, path: str) -> None:
    """In quotes, from the root on Colab, from inside of the folder."""
    merged, _ = with_written({}, RELEASED, [f"%%writefile {head}\nint x;\n"], PATTERNS)
    assert merged == ({path: b"int x;\n"} if path else {})


def test_a_cell_may_write_a_file_in_parts() -> None:
    """`-a` goes on where the cell before has ended; the file that comes of it is no news."""
    cells = [CELL, "%%writefile -a cpp/nn.cpp\nint y;\n"]
    merged, _ = with_written({"cpp/nn.cpp": b"stub"}, RELEASED, cells, PATTERNS)
    assert merged == {"cpp/nn.cpp": b"int x;\nint y;\n"}
    assert with_written(merged, RELEASED, cells, PATTERNS) == (merged, ())


def test_a_cell_with_half_a_character_is_written_all_the_same() -> None:
    """A lone surrogate in a notebook is no text in UTF-8."""
    merged, _ = with_written({}, RELEASED, [CELL + "// \ud800\n"], PATTERNS)
    assert merged == {"cpp/nn.cpp": b"int x;\n// ?\n"}


@pytest.mark.parametrize("name", ["Paper.MD", "paper (1).md", "PAPER - Copy.md"])
def test_a_file_that_is_asked_for_by_name_is_found_under_similar_ones(
    tmp_path: Path, name: str
) -> None:
    """Nothing of it was released; a paper of the right name is not replaced."""
    found, remarks = find_files(laid(tmp_path, {name: "mine"}), ["paper.md", "paper.pdf"])
    assert (found, len(remarks)) == ({"paper.md": b"mine"}, 1)
    own, _ = find_files(laid(tmp_path, {"paper.md": "right"}), ["paper.md", "paper.pdf"])
    assert own["paper.md"] == b"right"
    assert all(matches(path, ["paper.md"]) for path in own)
