"""The C++ template as it is handed out: it compiles, and it says what is missing."""

import re
import shutil
import subprocess
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
