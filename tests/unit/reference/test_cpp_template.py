"""The C++ template as it is handed out: it compiles, and it says what is missing."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TEMPLATE = Path(__file__).resolve().parents[3] / "cpp_template"
WARNINGS = ("-Wall", "-Wextra", "-Werror")

DRIVER = """
#include "nn.hpp"
#include <iostream>
#include <stdexcept>
int main() {
  try { NeuralNetwork network({2, 3, 1}, 7u); return 1; }
  catch (const std::logic_error& error) { std::cout << error.what() << std::endl; }
  // Every member is named, so that one that lacks a definition does not link.
  auto all = std::make_tuple(
      &NeuralNetwork::description, &NeuralNetwork::forward, &NeuralNetwork::loss,
      &NeuralNetwork::backward, &NeuralNetwork::gradient_descent, &NeuralNetwork::train_step,
      &NeuralNetwork::train, &NeuralNetwork::test, &NeuralNetwork::parameters,
      &NeuralNetwork::set_parameters);
  return std::get<0>(all) == nullptr;
}
"""


@pytest.mark.slow
def test_the_template_compiles_without_warnings_and_says_what_is_missing(tmp_path: Path) -> None:
    """Built with warnings as errors, every function links and throws a clear exception."""
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("no g++: install a C++ compiler")
    driver = tmp_path / "driver.cpp"
    driver.write_text("#include <tuple>\n" + DRIVER)
    program = tmp_path / "driver"
    sources = (driver, TEMPLATE / "nn.cpp")
    built = subprocess.run(
        [compiler, "-std=c++17", *WARNINGS, "-I", TEMPLATE, "-o", program, *sources],
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    run = subprocess.run([str(program)], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "constructor: not implemented yet\n")


def test_every_declared_function_has_a_stub_that_names_itself() -> None:
    """Each public function of nn.hpp stands in nn.cpp with its own name in the exception."""
    header, stubs = ((TEMPLATE / name).read_text() for name in ("nn.hpp", "nn.cpp"))
    public = header.split("public:")[1].split("private:")[0]
    code = "\n".join(line.split("//")[0] for line in public.splitlines())
    declared = set(re.findall(r"(\w+)\(", code)) - {"NeuralNetwork"}
    assert len(declared) == 10
    assert declared | {"constructor"} == set(re.findall(r'not_implemented\("(\w+)"\)', stubs))


@pytest.mark.slow
def test_the_solution_fits_the_template_and_learns_xor(tmp_path: Path) -> None:
    """With the solution in its place, every file of the folder builds and `xor` ends at 100 %."""
    if shutil.which("g++") is None or shutil.which("make") is None:
        pytest.skip("no g++ or make: install a C++ compiler and make")
    folder = tmp_path / "cpp"
    shutil.copytree(TEMPLATE, folder)
    shutil.copytree(TEMPLATE.parent / "reference" / "cpp", folder, dirs_exist_ok=True)
    flags = "CXXFLAGS=-std=c++17 -O1 -Wall -Wextra -Werror"
    built = subprocess.run(["make", flags], cwd=folder, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    run = subprocess.run(["./network", "xor"], cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
    assert run.stdout.rstrip().endswith("accuracy 100.00 %")
    log = (folder / "log.csv").read_text().splitlines()
    assert log[0] == "epoch,loss,accuracy"
    assert len(log) == 501
    assert log[-1].endswith(",1")


@pytest.mark.slow
def test_an_answer_in_c_is_built_as_c_by_make_and_by_the_bridge(tmp_path: Path) -> None:
    """A `.c` file that is no C++ compiles; a change in it makes the bridge compile again."""
    if shutil.which("g++") is None or shutil.which("gcc") is None or shutil.which("make") is None:
        pytest.skip("no g++, gcc or make: install compilers for C and C++, and make")
    folder = tmp_path / "cpp"
    shutil.copytree(TEMPLATE, folder)
    answer = TEMPLATE.parent / "tests" / "answers" / "endterm" / "q12" / "right_in_c.py"
    _, *parts = re.split(r"^# %% \[file\] cpp/(\S+)\n", answer.read_text(), flags=re.MULTILINE)
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        (folder / name).write_text(text)
    made = ["make", "CXXFLAGS=-std=c++17 -Wall -Wextra -Werror", "CFLAGS=-std=c11 -Wall -Werror"]
    built = subprocess.run(made, cwd=folder, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    asked = (
        "from pathlib import Path; from cpp.bridge import NeuralNetwork\n"
        "print(len(NeuralNetwork([2, 3, 2], 1).forward([0.5, -1.0])))\n"
        "core = Path('cpp/core.c'); core.write_text(core.read_text().replace('-z', '-z x'))\n"
        "try:\n    NeuralNetwork([2, 3, 2], 1)\n"
        "except RuntimeError as error:\n    print(error)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", asked], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert run.stderr == ""
    lines = run.stdout.splitlines()
    assert lines[0] == "2"
    assert lines[1].startswith("core.c does not compile")


def test_the_solution_keeps_the_interface() -> None:
    """What the template's header declares as public, the solution's declares word for word."""
    public = [
        re.sub(r"\s+", " ", re.sub("//.*", "", (folder / "nn.hpp").read_text()))
        .split("public:")[1]
        .split("private:")[0]
        for folder in (TEMPLATE, TEMPLATE.parent / "reference" / "cpp")
    ]
    assert public[0] == public[1]


def test_the_readme_names_every_file_and_problem() -> None:
    """Every problem that main.cpp knows stands in the README, with its files."""
    readme, program = ((TEMPLATE / name).read_text() for name in ("README.md", "main.cpp"))
    for name in re.findall(r'name == "(\w+)"', program):
        assert f"./network {name}" in readme
    for path in TEMPLATE.iterdir():
        if path.is_file() and path.name != "README.md":
            assert f"`{path.name}`" in readme, path.name
