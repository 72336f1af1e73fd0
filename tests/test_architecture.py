# ruff: noqa: E501  (tables of cases read better unwrapped)
"""Who may import whom, who may print, and that the documentation names everything."""

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from autograder.course import Assignment, Limits, Question, find_course
from autograder.lint import lint
from autograder.overrides import COLUMNS
from autograder.ratification import Rule

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "autograder"
RANKS = {
    "__init__": 0, "builder": 0, "errors": 0, "verdict": 0, "handin": 0, "ratification": 0,
    "course": 1, "notebook": 1, "crossing": 1, "overrides": 1, "symbolic": 1, "numeric": 1, "structure": 1, "workers": 1,
    "aside": 0, "confine": 0, "memory": 0, "formulas": 1, "plots": 1,
    "seccomp": 1, "files": 1, "sandbox": 2, "agent": 2, "data": 2, "gradebook": 2, "collect": 2, "answers": 2, "new": 2,
    "candidate": 3, "sheet": 3, "pages": 3, "cpp": 4,
    "warm": 4, "plan": 5, "examine": 5,
    "grade": 6, "prove": 6, "release": 6, "lint": 6, "feedback": 6, "report": 6,
    "doctor": 7, "cli": 8,
}  # fmt: skip
MODULES = sorted(
    ".".join(p.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
    for p in PACKAGE.rglob("*.py")
)  # "__init__" is the package itself


def path_of(module: str) -> Path:
    """The file of a module."""
    path = PACKAGE.joinpath(*module.split(".")).with_suffix(".py")
    return path if path.is_file() else PACKAGE / module / "__init__.py"


def imports_of(path: Path, *, deferred: bool = True) -> set[str]:
    """Full names of the modules that a file imports; without `deferred`, at module level only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if deferred else iter(tree.body)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
            found |= {f"{node.module}.{a.name}" for a in node.names}
    return found


def own_imports(module: str) -> set[str]:
    """Modules of the package that a module imports, anywhere in it."""
    names = {n.removeprefix("autograder.") for n in imports_of(path_of(module))}
    return {n for n in names if n in RANKS and n != "__init__"} - {module}


def test_every_module_has_a_rank() -> None:
    """The table is complete and names nothing that is gone."""
    assert set(RANKS) == set(MODULES) | {"__init__"}


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_to_a_lower_rank(module: str) -> None:
    """No module imports one of its own rank or above."""
    wrong = {m for m in own_imports(module) if RANKS[m] >= RANKS[module]}
    assert wrong == set(), f"{module} (rank {RANKS[module]}) imports {wrong}"


def test_the_sandboxed_agent_needs_nothing_of_ours_but_the_crossing() -> None:
    """Inside the sandbox there are only `__init__`, `agent` and three modules without needs."""
    import sys

    beside = {"agent": ("autograder.confine", "autograder.crossing", "autograder.memory")}
    for module in ("agent", "confine", "crossing", "memory"):
        at_start = imports_of(path_of(module), deferred=False)
        ours = {n for n in at_start if n.startswith("autograder")} - {"autograder"}
        assert {n for n in ours if not n.startswith(beside.get(module, ()))} == set()
        others = {n.partition(".")[0] for n in at_start - ours - {"autograder"}}
        assert others <= set(sys.stdlib_module_names)


def test_the_reference_solutions_stand_alone() -> None:
    """`reference` never imports the kit."""
    for path in (ROOT / "reference").rglob("*.py"):
        assert not {n for n in imports_of(path) if n.partition(".")[0] == "autograder"}, path


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"cli"}))
def test_only_the_command_prints_or_exits(module: str) -> None:
    """No other module calls print, writes to the terminal, or ends the process."""
    for node in ast.walk(ast.parse(path_of(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("print", "sys.exit", "exit", "sys.stdout.write"), (
                f"{module}, line {node.lineno}: {called}"
            )


def documentation() -> str:
    """All pages of the documentation, as one text."""
    return "\n".join(p.read_text(encoding="utf-8") for p in sorted((ROOT / "docs").glob("*.md")))


def test_the_documentation_names_every_command() -> None:
    """Each command and each of its options stands in `docs/`."""
    import typer

    from autograder.cli import app

    group = typer.main.get_command(app)
    wanted = set()
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        wanted.add(f"autograder {name}")
        options = {o for p in command.params for o in p.opts if o.startswith("--")}
        wanted |= options - {"--help"}
    said = documentation()
    assert sorted(w for w in wanted if w not in said) == []


def test_the_documentation_names_every_setting() -> None:
    """Each setting of `course.toml` stands in `docs/`, as code."""
    settings = {f.name for kind in (Limits, Question, Rule) for f in fields(kind)}
    settings |= {f.name for f in fields(Assignment)} - {"name", "questions"}
    settings |= {"timezone", "data_root", "roll_number", "email", "url", "timestamp"}
    settings |= set(COLUMNS)
    said = documentation()
    assert sorted(s for s in settings if f"`{s}`" not in said) == []


def test_source_notebooks_are_in_canonical_form() -> None:
    """`autograder lint --fix` would change no notebook of this course."""
    course = find_course(ROOT)
    for assignment in course.assignments.values():
        findings = [f for f in lint(course, assignment) if f.fixable]
        assert findings == []
