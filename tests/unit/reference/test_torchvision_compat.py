"""`torchvision_compat` in fresh interpreters, where nothing has been imported yet."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def python(code: str) -> str:
    """Standard output of a fresh interpreter with warnings as errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_torchvision_imports_after_install() -> None:
    """A plain import of torchvision succeeds and keeps its file and version."""
    code = (
        "import torchvision_compat as t; t.install()\n"
        "import torchvision, torchvision.datasets, torchvision.transforms\n"
        "print(torchvision.__version__, torchvision.__spec__.origin)"
    )
    version, origin = python(code).split(" ", 1)
    assert version[0].isdigit()
    assert origin.endswith("__init__.py")


def test_install_imports_neither_package() -> None:
    """Neither torch nor torchvision is loaded by installing, twice, or by looking for it."""
    code = (
        "import sys, torchvision_compat as t; t.install(); t.install()\n"
        "import importlib.util; assert importlib.util.find_spec('torchvision')\n"
        "print(sorted({'torch', 'torchvision', 'numpy'} & set(sys.modules)),\n"
        "      sum(type(f).__module__ == t.__name__ for f in sys.meta_path))"
    )
    assert python(code) == "[] 1"


def test_only_the_standard_library_is_needed() -> None:
    """The module loads in an interpreter without site-packages."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import torchvision_compat as t; t.install(); print('well')"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == "well", done.stderr


def test_a_missing_torchvision_stays_missing() -> None:
    """Without torchvision on the path the import fails as it would without us."""
    done = subprocess.run(
        [
            sys.executable,
            "-S",
            "-c",
            "import torchvision_compat as t; t.install()\nimport torchvision",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "ModuleNotFoundError: No module named 'torchvision'" in done.stderr


def test_operators_that_exist_are_left_alone() -> None:
    """Where both operators are there, nothing is declared and they still compute."""
    code = (
        "import torch, pathlib, torchvision_compat as t\n"
        "for name in t.SCHEMAS: torch.library.define('torchvision::' + name, t.SCHEMAS[name])\n"
        "torch.library.impl('torchvision::nms', 'cpu', lambda b, s, i: s.argsort())\n"
        "print(t.declare_missing_operators(pathlib.Path('.')))\n"
        "import torchvision\n"
        "print(torch.ops.torchvision.nms(torch.rand(2, 4), torch.tensor([2., 1.]), .5).tolist())"
    )
    assert python(code).splitlines() == ["()", "[1, 0]"]


def test_install_can_be_taken_back() -> None:
    """After uninstall no finder of ours is left."""
    code = (
        "import sys; before = list(sys.meta_path); import torchvision_compat as t\n"
        "t.install(); t.uninstall(); print(sys.meta_path == before)"
    )
    assert python(code) == "True"


def test_other_imports_pass_through() -> None:
    """Modules whose names merely begin alike are found by the other finders."""
    code = (
        "import torchvision_compat as t; t.install()\n"
        "import json, torchvision_compat; print(json.dumps(1), type(json.__loader__).__module__)"
    )
    assert "torchvision_compat" not in python(code)
