"""Rules of authoring: what a source notebook must be before it is released or graded with."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.course import Assignment, Course
from autograder.notebook import (
    Role,
    SourceNotebook,
    canonical,
    check_title,
    dumps,
    grade_id,
    load_source,
    names_of,
    points,
    role,
    without_region,
)
from autograder.plan import nbgrader_config
from autograder.verdict import question_of

VISIBLE_MODULES = frozenset(
    {"numpy", "torch", "torchvision", "sympy", "matplotlib", "math", "cmath", "random", "itertools",
     "functools", "collections", "inspect", "re", "time", "fractions", "warnings", "numbers",
     "copy"}
)  # fmt: skip
IN_PLACE = frozenset(
    {"fill_", "zero_", "copy_", "add_", "sub_", "mul_", "div_", "normal_", "uniform_"}
)
PARAMETERS = frozenset({"parameters", "named_parameters"})
PRIVATE = (
    "submitted", "autograded", "feedback", "report", "overrides", "gradebook.db", ".autograder",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One broken rule: where, what, and what to do. `fixable` ones are mended by `lint --fix`."""

    where: str
    what: str
    cure: str
    fixable: bool = False


def lint(course: Course, assignment: Assignment, *, fix: bool = False) -> tuple[Finding, ...]:
    """Check an assignment's sources; with `fix`, first bring the notebooks to canonical form.

    Raises:
        SourceError: A notebook is missing or unreadable.
    """
    config = nbgrader_config(course.root)
    findings: list[Finding] = []
    sources = []
    for name in assignment.notebooks:
        path = course.source(assignment.name) / f"{name}.ipynb"
        source = load_source(path, config)
        text = dumps(canonical(source.node, name))
        if text != path.read_text(encoding="utf-8"):
            if fix:
                path.write_text(text, encoding="utf-8")
                source = load_source(path, config)
            else:
                findings.append(
                    Finding(
                        f"{name}.ipynb",
                        "is not in canonical form",
                        "run `autograder lint --fix`",
                        True,
                    )
                )
        sources.append(source)
        findings += _check_notebook(source)
    findings += _check_points(assignment, sources)
    findings += _check_private(course.root)
    return tuple(findings)


def _check_points(assignment: Assignment, sources: list[SourceNotebook]) -> Iterator[Finding]:
    for question in assignment.questions:
        cells = [c for s in sources for c in s.graded if question_of(grade_id(c)) == question.id]
        total = sum(points(c) for c in cells)
        if abs(total - question.points) > 1e-9:
            yield Finding(
                f"{question.notebook}.ipynb",
                f"the cells of {question.id} hold {total:g} points, "
                f"course.toml says {question.points:g}",
                "make the two agree",
            )


def _check_private(root: Path) -> Iterator[Finding]:
    """Student data must not be tracked by git."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "ls-files", "--", *PRIVATE],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return
    for line in done.stdout.splitlines()[:5]:
        yield Finding(
            line,
            "is student data and tracked by git",
            "run `git rm --cached` on it, and see .gitignore",
        )


def _check_notebook(source: SourceNotebook) -> Iterator[Finding]:
    ids = set(map(question_of, source.cells))
    for cell in source.node.cells:
        where = f"{source.name}.ipynb, cell {grade_id(cell) or cell.id}"
        yield from _check_answer(where, cell)
        if cell.cell_type == "code" and role(cell) is not Role.PROSE:
            yield from _check_code(where, cell)
        if role(cell) is Role.TEST:
            yield from _check_test(where, source, cell)
    if len(ids) > 1:
        yield Finding(
            f"{source.name}.ipynb",
            f"holds cells of {', '.join(sorted(ids))}",
            "one question a notebook",
        )


def _check_answer(where: str, cell: NotebookNode) -> Iterator[Finding]:
    if role(cell) in (Role.ANSWER, Role.ESSAY) and "### BEGIN SOLUTION" not in cell.source:
        yield Finding(
            where, "an answer has no solution region", "wrap the solution in BEGIN and END SOLUTION"
        )


def _check_code(where: str, cell: NotebookNode) -> Iterator[Finding]:
    try:
        ast.parse(cell.source)
    except SyntaxError as error:
        yield Finding(where, f"is no Python: {error.msg}, line {error.lineno}", "correct it")


def _check_test(where: str, source: SourceNotebook, cell: NotebookNode) -> Iterator[Finding]:
    if not cell.source.startswith("# Test: ") or not check_title(cell):
        yield Finding(where, "does not say what it asks", "begin it with `# Test: <one sentence>`")
    if not grade_id(cell).endswith("-test"):
        yield Finding(where, "is a test whose id does not end in -test", "rename it")
    try:
        tree = ast.parse(cell.source)
    except SyntaxError:
        return
    owned = source.candidate_names
    yield from _check_imports(where, cell)
    last = tree.body[-1] if tree.body else None
    theirs = owned | _assigned_from(tree, owned)
    if isinstance(last, ast.Expr) and _head(last.value) in theirs:
        yield Finding(
            where, "its last expression is the answer's own value and would be read as points",
            "assign it to a name, or end with partial(...)",
        )  # fmt: skip
    bound = names_of(cell.source).defined & owned
    if bound:
        yield Finding(where, f"binds {sorted(bound)[0]}, a name of the answer", "use another name")
    yield from _check_traps(where, tree, owned)


def _check_imports(where: str, cell: NotebookNode) -> Iterator[Finding]:
    try:
        tree = ast.parse(without_region(cell.source, "HIDDEN TESTS"))
    except SyntaxError as error:
        yield Finding(
            where,
            f"its visible part is no Python: {error.msg}",
            "close what the visible part opens",
        )
        return
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            if name.partition(".")[0] not in VISIBLE_MODULES:
                yield Finding(
                    where, f"its visible part imports {name}", "students may not have it; hide it"
                )


def _assigned_from(tree: ast.Module, owned: frozenset[str]) -> set[str]:
    """Names that a test assigns straight from the answer's own values."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _head(node.value) in owned:
            found |= {t.id for t in node.targets if isinstance(t, ast.Name)}
    return found


def _head(node: ast.AST) -> str:
    """The name that an expression begins with: `f` for `f(x)`, `model` for `model.width[0]`."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _reads(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _check_traps(where: str, tree: ast.Module, owned: frozenset[str]) -> Iterator[Finding]:
    """What works in one kernel and silently means something else across two processes."""
    probes = [
        n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith("probe_")
    ]
    inside = {id(n) for p in probes for n in ast.walk(p)}
    for node in ast.walk(tree):
        if id(node) in inside:
            continue
        if isinstance(node, ast.Compare) and any(
            isinstance(o, ast.Is | ast.IsNot) for o in node.ops
        ):
            sides = [node.left, *node.comparators]
            if any(isinstance(s, ast.Name) and s.id in owned for s in sides) and not any(
                isinstance(s, ast.Constant) for s in sides
            ):
                yield Finding(
                    where,
                    "compares an answer with `is`: it sees a copy",
                    "compare with == or use a probe",
                )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            target = node.func.value
            if node.func.attr in IN_PLACE and _reads(target) & owned:
                yield Finding(
                    where, f"{node.func.attr}() changes a copy of the answer", "do it in a probe"
                )
            if _head(target) not in owned and any(_are_parameters(a, owned) for a in node.args):
                yield Finding(
                    where, f"{node.func.attr}() gets copies of the answer's parameters",
                    "do it in a probe",
                )  # fmt: skip
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if (
                    isinstance(target, ast.Attribute)
                    and target.attr == "data"
                    and _reads(target) & owned
                ):
                    yield Finding(where, "sets .data on a copy of the answer", "do it in a probe")
    imported = {
        name for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ((a.asname or a.name.partition(".")[0]) for a in node.names)
    }  # fmt: skip
    for probe in probes:
        missing = _free_names(probe) & imported
        if missing:
            yield Finding(
                where, f"{probe.name} uses {sorted(missing)[0]}, imported outside of it",
                "import it inside the probe: only its own source is shipped",
            )  # fmt: skip


def _are_parameters(node: ast.AST, owned: frozenset[str]) -> bool:
    function = node.func if isinstance(node, ast.Call) else node
    asked = isinstance(function, ast.Attribute) and function.attr in PARAMETERS
    return asked and _head(node) in owned


def _free_names(probe: ast.FunctionDef) -> set[str]:
    own = {a.asname or a.name.partition(".")[0] for n in ast.walk(probe)
           if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names}  # fmt: skip
    own |= {
        n.id for n in ast.walk(probe) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    own |= {n.arg for n in ast.walk(probe) if isinstance(n, ast.arg)}
    read = {
        n.id for n in ast.walk(probe) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    }
    return read - own
