# ruff: noqa: E501  (a compiler's lines are long)
"""What a compiler's message means, which files are built, and how frames are read."""

import struct
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

from autograder.course import Limits
from autograder.cpp import Program, _commands, _units, _Value, explain

ROOT = Path(__file__).resolve().parents[3]
IN_DRIVER = "driver.cpp: In function 'use':\ndriver.cpp:139:42: error: no matching function for call to 'NeuralNetwork::forward(std::vector<double>)'"
MESSAGES = [
    ("cpp/nn.cpp:130:26: error: expected ‘;’ before ‘return’", "missing-semicolon", "line 130"),
    ("cpp/nn.cpp:9:2: error: expected ‘,’ or ‘;’ before ‘}’ token", "missing-semicolon", "line 9"),
    ("cpp/nn.cpp:80:2: error: expected ‘}’ at end of input", "missing-brace", "line 80"),
    ("cpp/nn.cpp:80:1: error: expected declaration before ‘}’ token", "missing-brace", "line 80"),
    ("cpp/nn.cpp:12:9: error: expected ‘)’ before ‘;’ token", "missing-parenthesis", "line 12"),
    ("cpp/nn.cpp:7:3: error: ‘summ’ was not declared in this scope; did you mean ‘sum’?", "undeclared", "`summ`"),
    ("cpp/nn.cpp:7:8: error: ‘cout’ is not a member of ‘std’", "undeclared", "`std::cout`"),
    ("cpp/nn.cpp:7:8: error: ‘Matrix’ does not name a type", "undeclared", "`Matrix`"),
    ("cpp/nn.cpp:7:8: error: ‘class NeuralNetwork’ has no member named ‘weights’", "not-a-member", "`weights`"),
    ("cpp/nn.cpp:5:6: error: no declaration matches ‘double NeuralNetwork::loss()’", "not-declared-in-class", "loss()"),
    ("cpp/nn.cpp:5:6: error: no matching function for call to ‘dot(int)’", "no-match", "dot(int)"),
    ("cpp/nn.cpp:5:6: error: no match for ‘operator*’ (operand types are ‘X’ and ‘Y’)", "no-match", "operator*"),
    ("cpp/nn.cpp:5:6: error: passing ‘const A’ as ‘this’ argument discards qualifiers", "const", "const"),
    ("cpp/nn.cpp:5:6: error: cannot convert ‘std::vector<double>’ to ‘double’ in return", "type-mismatch", "vector"),
    ("cpp/nn.cpp:5:6: error: redefinition of ‘double f()’", "redefinition", "f()"),
    ("cpp/nn.cpp:3:10: fatal error: nn.hpp: No such file or directory", "own-header-missing", "nn.hpp"),
    ("cpp/nn.cpp:3:10: fatal error: Eigen/Dense: No such file or directory", "header-missing", "Eigen/Dense"),
    ("cpp/nn.cpp:5:6: error: something quite new", "other", "something quite new"),
    ("cpp/nn (1).cpp:13:2: error: expected ‘;’ before ‘return’", "missing-semicolon", "In cpp/nn (1).cpp, line 13:"),
    ("cpp/nn.cpp:5:6: error: stray ‘\\342’ in program", "odd-character", "a character"),
    ("cpp/nn.cpp:5:6: error: extended character – is not valid in an identifier", "odd-character", "a character"),
    ("cpp/nn.cpp:1:9: error: #include nested depth 200 exceeds maximum of 200", "include-loop", "include each other"),
    ("ld: unit1.o: in function `f()':\nnn.cpp:(.text+0x4): multiple definition of `f()'; unit0.o:nn - Copy.cpp:(.text+0x4): first defined here", "multiple-definition", "`f()` is defined in nn.cpp and in nn - Copy.cpp"),
    ("driver.cpp:(.text+0x1): undefined reference to `A::b[abi:cxx11]() const'", "undefined-reference", "`A::b() const`"),
    ("/usr/bin/ld: nn.o: in function `main':\nnn.cpp:(.text+0x0): multiple definition of `main'; driver.o: first defined here", "main-twice", "main"),
    ("driver.cpp:(.text+0x1): undefined reference to `NeuralNetwork::test(int)'\ncollect2: error: ld returned 1", "undefined-reference", "NeuralNetwork::test(int)"),
    ("/usr/bin/ld: b.o: multiple definition of `helper(int)'; a.o: first defined here", "multiple-definition", "helper(int)"),
    ("g++: fatal error: Killed signal terminated program cc1plus", "compiler-died", "memory"),
    ("", "unknown", "do not compile"),
    (IN_DRIVER, "interface-no-match", "interface"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "kind", "words"), MESSAGES, ids=[f"{m[1]}-{i}" for i, m in enumerate(MESSAGES)])  # fmt: skip
def test_an_error_is_explained(said: str, kind: str, words: str) -> None:
    """Each common message of compiler and linker has a kind, and names what it is about."""
    found = explain(said)
    assert found.kind == kind
    assert words in found.message
    assert "{1}" not in found.message + found.hint
    assert "{include}" not in found.hint


def test_the_first_error_counts() -> None:
    """Later errors and earlier warnings are left out of the explanation and of its lines."""
    said = (
        "cpp/nn.cpp:2:1: warning: unused variable ‘k’\n"
        "cpp/nn.cpp:4:7: error: ‘a’ was not declared in this scope\n    4 |   a = 1;\n"
        "cpp/nn.cpp:9:7: error: ‘b’ was not declared in this scope\n"
    )
    found = explain(said)
    assert "line 4" in found.message
    assert "a = 1" in found.code
    assert "line 9" not in found.message
    assert ":9:" not in found.code
    assert "unused" not in found.code


def test_a_missing_header_is_named() -> None:
    """The cure for a name of the standard library is its header."""
    assert "<algorithm>" in explain("nn.cpp:1:2: error: ‘shuffle’ is not a member of ‘std’").hint
    assert "#include" not in explain("nn.cpp:1:2: error: ‘mine’ is not a member of ‘std’").hint


def test_lines_are_shortened_and_plain() -> None:
    """A flood of text from the compiler becomes a few short lines without control characters."""
    lines = ["x.cpp:1:1: error: " + "\x1b[31m" + "y" * 5000] + ["z" * 900] * 500
    code = explain("\n".join(lines)).code
    assert len(code) < 3000
    assert "\x1b" not in code


def test_which_files_are_compiled() -> None:
    """All sources in the folder, but no main.cpp and no driver; C by the C compiler."""
    files = dict.fromkeys(
        ["cpp/nn.cpp", "cpp/main.cpp", "cpp/driver.cpp", "cpp/nn.hpp", "cpp/a.c", "cpp/z.cc"], b""
    )
    units = _units(files)
    assert units == ["cpp/a.c", "cpp/nn.cpp", "cpp/z.cc"]
    tools = [command[0] for command in _commands(units, "/kit", "/objects")]
    assert tools == ["gcc", "g++", "g++", "g++", "g++"]  # three files, the driver, the linker


@pytest.mark.parametrize(
    "path", ["cpp/../nn.cpp", "/cpp/nn.cpp", "cpp/-o.cpp", "other/nn.cpp", "cpp", "cpp/a\nb.cpp", "cpp/@x.cpp"]
)  # fmt: skip
def test_odd_paths_are_left_out(path: str) -> None:
    """A path that leaves the folder, or that a tool would read as an option, is no file of ours."""
    with Program({path: b"", "cpp/nn.cpp": b""}, Limits(), "none") as program:
        assert set(program.files) == {"cpp/nn.cpp"}


def test_names_as_students_have_them() -> None:
    """Blanks, letters of any script, and capitals in the folder's name are fine."""
    with Program({"Cpp/nn (1).CPP": b"", "cpp/réseau.cpp": b""}, Limits(), "none") as program:
        assert _units(program.files) == ["cpp/nn (1).CPP", "cpp/réseau.cpp"]


def test_without_a_source_file_there_is_nothing_to_build() -> None:
    """The explanation names the file that is missing."""
    with Program({"cpp/nn.hpp": b""}, Limits(), "none") as program:
        problem = program.build()
    assert problem is not None
    assert (problem.kind, "cpp/nn.cpp" in problem.message) == ("no-file", True)


def test_an_empty_file_is_called_empty() -> None:
    """Most of the time it was not saved."""
    with Program({"cpp/nn.cpp": b" \r\n"}, Limits(), "none") as program:
        problem = program.build()
    assert problem is not None
    assert (problem.kind, problem.message) == ("empty-file", "The file cpp/nn.cpp is empty.")


def test_a_network_needs_a_test_around_it() -> None:
    """Outside of a turn nothing is built or started."""
    with (
        Program({"cpp/nn.cpp": b""}, Limits(), "none") as program,
        pytest.raises(RuntimeError, match="inside of a test"),
    ):
        program.bridge().NeuralNetwork([1, 1], 1)


def test_values_are_read_as_they_were_written() -> None:
    """A row, a number and a text come back exactly; NaN stays NaN."""
    row = _Value(struct.pack("=I3d", 3, 1.5, -0.0, float("inf")))
    assert row.row() == [1.5, 0.0, float("inf")]
    row.end()
    assert _Value(struct.pack("=d", 0.1)).number() == 0.1
    assert _Value(struct.pack("=I", 2) + b"\xffa").text() == "\ufffda"


@pytest.mark.parametrize(
    ("data", "method"),
    [
        (struct.pack("=I", 2**31) + b"\0" * 16, "row"),
        (struct.pack("=I", 3) + b"\0" * 16, "row"),
        (struct.pack("=I", 9) + b"abc", "text"),
        (b"\0" * 7, "number"),
        (b"", "whole"),
    ],
)
def test_a_length_that_lies_is_refused(data: bytes, method: str) -> None:
    """Nothing is read past the end of a frame."""
    with pytest.raises(ValueError, match="longer than the whole"):
        getattr(_Value(data), method)()


def test_what_is_left_over_is_refused() -> None:
    """A frame holds its value and nothing else."""
    value = _Value(struct.pack("=dd", 1.0, 2.0))
    value.number()
    with pytest.raises(ValueError, match="more than was asked for"):
        value.end()


def test_an_installed_kit_carries_the_students_driver(tmp_path: Path) -> None:
    """A build has every file of ours; the link to the driver has become the file itself."""
    if Version(version("setuptools")) < Version("77"):
        pytest.skip("needs setuptools 77: pip install -U setuptools")
    script = [sys.executable, "-c", "from setuptools import setup; setup()", "-q"]
    built, beside = tmp_path / "built", ["egg_info", "--egg-base", str(tmp_path)]
    subprocess.run(
        [*script, *beside, "build_py", "--build-lib", str(built)],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    ours = {p.relative_to(ROOT) for p in (ROOT / "autograder").rglob("*") if p.is_file()}
    ours = {p for p in ours if "__pycache__" not in p.parts}
    assert ours <= {p.relative_to(built) for p in built.rglob("*") if not p.is_symlink()}
    driver = (built / "autograder" / "driver" / "driver.cpp").read_bytes()
    assert driver == (ROOT / "cpp_template" / "driver.cpp").read_bytes()
