"""Was it allowed? Find forbidden library calls in a student's source and among executed operators.

Two looks that complete each other. The source shows *where* a ready-made convolution is used, and
whether the graded classes can reach it: a comparison with the library in a last cell is fine.
The operators that ran (a probe in the student's process lists them) cannot be hidden behind
names. What the source alone cannot decide, such as `getattr(F, name)` with a computed name or
`eval`, is reported as unchecked and goes to a person.

Source is only parsed here, never run.
"""

from __future__ import annotations

import ast
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType

from autograder import handin, verdict

MAX_SOURCE = 200_000  # characters of a cell that is parsed
MAX_STEPS = 100_000  # of following names, about a second
MAX_CHAIN = 100  # names that stand for one another

_CONVOLUTION = "a ready-made convolution"
_POOLING = "a ready-made pooling"
_INTERNAL = "an operator called by its internal name"

# Patterns of dotted names, matched with `fnmatch`, where `*` spans dots, to reasons.
LIBRARY_CONVOLUTION: Mapping[str, str] = MappingProxyType(
    {
        "torch.*[Cc]onv[!e]*": _CONVOLUTION,  # but not torch's various `convert`
        "torch.*[Cc]onv": _CONVOLUTION,
        "torch.ops.*": _INTERNAL,
        "torch._C*": _INTERNAL,
        "torchvision.models*": "a ready-made model",
        "torchvision.ops.*Conv*": _CONVOLUTION,
        "numpy.convolve": _CONVOLUTION,
        "numpy.correlate": _CONVOLUTION,
        "scipy.signal*": _CONVOLUTION,
        "scipy.ndimage*": _CONVOLUTION,
        "cv2.*": _CONVOLUTION,
        "skimage.*": _CONVOLUTION,
        "tensorflow.*": "another library's layer",
        "keras.*": "another library's layer",
        "jax.*": "another library's layer",
    }
)
LIBRARY_POOLING: Mapping[str, str] = MappingProxyType(
    {
        "torch.*[Pp]ool*": _POOLING,
        "torch.ops.*": _INTERNAL,
        "torch._C*": _INTERNAL,
        "scipy.ndimage*": _POOLING,
        "skimage.*": _POOLING,
    }
)
# Operators as a dispatch mode names them: `aten.convolution.default`.
FORBIDDEN_OPERATORS: Mapping[str, str] = MappingProxyType(
    {"*.*conv[!e]*": _CONVOLUTION, "*.*pool*": _POOLING}
)
# What a name stands for where no cell of the student binds it.
COMMON_IMPORTS: Mapping[str, str] = MappingProxyType(
    {
        "torch": "torch",
        "nn": "torch.nn",
        "F": "torch.nn.functional",
        "np": "numpy",
        "numpy": "numpy",
        "scipy": "scipy",
        "torchvision": "torchvision",
    }
)
# Calls that hide from a reader of the source what they use.
_OPAQUE: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("eval", "exec", "compile"), "runs code made from text"),
        **dict.fromkeys(("__import__", "importlib*"), "imports by a computed name"),
        **dict.fromkeys(("globals", "locals", "vars"), "looks names up by text"),
        **dict.fromkeys(("sys.modules*", "get_ipython"), "looks names up by text"),
        **dict.fromkeys(("__builtins__*", "builtins*", "*.__dict__"), "looks names up by text"),
        **dict.fromkeys(("operator.attrgetter", "operator.methodcaller"), "looks names up by text"),
        "torch*.__getattr*": "looks attributes up by text",
        "ctypes*": "calls machine code",
    }
)
_LIBRARIES = ("torch", "torchvision", "numpy", "scipy")
_HEADS = frozenset(
    {"eval", "exec", "compile", "__import__", "__builtins__"}
    | {"globals", "locals", "vars", "get_ipython"}
)


@dataclass(frozen=True)
class Finding:
    """One use that is forbidden or cannot be checked.

    Attributes:
        cell_id: Cell of the student that holds it.
        line: Line in that cell, from 1.
        what: The use as it is written, with its full name where that differs.
        reason: Why it is reported.
    """

    cell_id: str
    line: int
    what: str
    reason: str

    def __str__(self) -> str:
        place = f"line {self.line} of cell {self.cell_id}" if self.cell_id else "the notebook"
        return f"{self.what} in {place}: {self.reason}"


@dataclass(frozen=True)
class Findings:
    """What was found in the source.

    Attributes:
        forbidden: Forbidden uses that the roots reach.
        unchecked: Uses that the roots reach and that cannot be decided from the source.
        unreadable: Cells that are no Python, and were left out.
    """

    forbidden: tuple[Finding, ...] = ()
    unchecked: tuple[Finding, ...] = ()
    unreadable: tuple[str, ...] = ()


def find_uses(
    sources: Mapping[str, str],
    roots: Sequence[str],
    forbidden: Mapping[str, str],
    *,
    imports: Mapping[str, str] = COMMON_IMPORTS,
) -> Findings:
    """Find forbidden uses that can be reached from some names.

    Args:
        sources: Source text of the student's cells by cell id, in notebook order.
        roots: Names that count, for example `["ConvLayer", "CNN"]`.
        forbidden: Patterns of dotted names, each with the reason.
        imports: What names stand for that no cell binds.

    Returns:
        The findings, in the order of the notebook.
    """
    module = _Module.read(sources, imports)
    search = _Search(module, forbidden)
    for root in roots:
        if not module.bindings.get(root):
            search.unchecked.add(Finding("", 0, root, "it is not defined in the student's cells"))
        search.reach(root, module.end)
    search.run()
    order = {cell_id: i for i, cell_id in enumerate(sources)}

    def place(finding: Finding) -> tuple[int, int, str]:
        return (order.get(finding.cell_id, -1), finding.line, finding.what)

    return Findings(
        tuple(sorted(search.forbidden, key=place)),
        tuple(sorted(search.unchecked, key=place)),
        module.unreadable,
    )


def forbidden_operators(
    names: Iterable[str], forbidden: Mapping[str, str] = FORBIDDEN_OPERATORS
) -> list[str]:
    """The forbidden ones among the names of operators that ran, without repetition.

    Args:
        names: Names as a dispatch mode gives them, such as `aten.convolution.default`.
        forbidden: Patterns, each with the reason.
    """
    found: list[str] = []
    for name in names:
        plain = str(name).replace("::", ".") + "."
        if name not in found and any(fnmatchcase(plain, pattern) for pattern in forbidden):
            found.append(str(name))
    return found


def check_allowed(
    roots: Sequence[str],
    forbidden: Mapping[str, str],
    *,
    sources: Mapping[str, str] | None = None,
    operators: Sequence[str] | None = None,
    forbidden_names: Mapping[str, str] = FORBIDDEN_OPERATORS,
    hint: str = "",
    note: str = "forbidden",
) -> None:
    """End the test if the graded names use what is forbidden.

    Args:
        roots: Names that count.
        forbidden: Patterns of dotted names for the source, each with the reason.
        sources: The student's cells; by default those of the hand-in.
        operators: Names of the operators that ran in the student's model; None to look at the
            source alone. An empty list means that nothing was seen, which decides nothing.
        forbidden_names: Patterns for the operators.
        hint: How to go on, one sentence.
        note: Answer note.

    Raises:
        CheckFailed: Something forbidden is used.
        CheckUngraded: The source hides what it uses, or no operator was seen.
    """
    found = find_uses(handin.sources() if sources is None else sources, roots, forbidden)
    if found.forbidden:
        first, more = found.forbidden[0], len(found.forbidden) - 1
        tail = f" ({more} more like it)" if more else ""
        verdict.fail(f"Not allowed here: {first}{tail}.", got=first.what, hint=hint, note=note)
    ran = forbidden_operators(operators or (), forbidden_names)
    if ran:
        verdict.fail(
            f"While the model ran, the library's operator {verdict.shorten(ran[0], 60)} was used.",
            got=", ".join(ran),
            hint=hint,
            note=note,
        )
    if found.unchecked:
        verdict.ungraded(f"Cannot be checked by machine: {found.unchecked[0]}.")
    if operators is not None and not operators:
        verdict.ungraded("No operator was seen while the model ran.")


# --- reading cells ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Binding:
    """One statement at the top level of a cell that gives a name a meaning."""

    name: str
    node: ast.stmt
    cell_id: str
    order: int  # of the statement in the notebook
    certain: bool  # it runs whenever its cell runs, and replaces what was there
    value: ast.expr | None = None  # what is assigned, where that is one expression
    path: str = ""  # the dotted name, for an import


@dataclass
class _Module:
    """All cells that are Python, as one module."""

    imports: Mapping[str, str]
    bindings: dict[str, list[_Binding]] = field(default_factory=dict)
    statements: list[tuple[str, int, ast.stmt]] = field(default_factory=list)
    stars: list[str] = field(default_factory=list)
    unreadable: tuple[str, ...] = ()

    @property
    def end(self) -> int:
        return len(self.statements)

    @classmethod
    def read(cls, sources: Mapping[str, str], imports: Mapping[str, str]) -> _Module:
        module = cls(imports)
        for cell_id, source in sources.items():
            tree = _parsed(source)
            if tree is None:
                module.unreadable += (cell_id,)
                continue
            for statement in tree.body:
                module.statements.append((cell_id, len(module.statements), statement))
                module.bind(cell_id, statement)
        return module

    def bind(self, cell_id: str, statement: ast.stmt) -> None:
        order = len(self.statements) - 1
        for node in _top_level(statement):
            certain = node is statement and not isinstance(node, ast.AugAssign)
            for name, value, path in _bound(node):
                if name == "*":
                    self.stars.append(path)
                    continue
                binding = _Binding(name, node, cell_id, order, certain, value, path)
                self.bindings.setdefault(name, []).append(binding)

    def lookup(self, name: str, before: int) -> list[_Binding]:
        """The bindings that a name may have just before a statement, the last certain one first."""
        found: list[_Binding] = []
        for binding in reversed(self.bindings.get(name, [])):
            same_statement = binding.order == before and not binding.certain  # as in `if True:`
            if binding.order < before or same_statement:
                found.append(binding)
                if binding.certain:
                    break
        return found[::-1]


def _parsed(source: str) -> ast.Module | None:
    """A cell as a tree; None where it is no Python."""
    if len(source) > MAX_SOURCE:
        return None
    tree = _parse(source)
    if tree is None and any(mark in source for mark in "%!?"):
        tree = _parse(_without_magics(source))
    return tree


def _parse(source: str) -> ast.Module | None:
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd escapes in a student's strings
            tree = compile(source, "<cell>", "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None
    return tree if isinstance(tree, ast.Module) else None


def _without_magics(source: str) -> str:
    """A cell with IPython's own syntax turned into calls, line by line."""
    from IPython.core.inputtransformer2 import TransformerManager  # slow to import, rarely needed

    lines = source.splitlines(keepends=True)
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines and lines[first].startswith("%%"):
        lines[first] = "\n"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return str(TransformerManager().transform_cell("".join(lines)))
    except (SyntaxError, ValueError, RecursionError, IndexError):
        return source


def _top_level(statement: ast.stmt) -> Iterator[ast.stmt]:
    """A statement and those in it that run in the module's own scope."""
    waiting = deque([statement])
    while waiting:
        node = waiting.popleft()
        yield node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                waiting.append(child)
            elif isinstance(child, (ast.ExceptHandler, ast.match_case)):
                waiting.extend(child.body)


def _bound(node: ast.stmt) -> Iterator[tuple[str, ast.expr | None, str]]:
    """Names that one statement binds, each with the value or the dotted name of an import."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name, None, ""
    elif isinstance(node, ast.Import):
        for alias in node.names:
            head = alias.name.partition(".")[0]
            yield alias.asname or head, None, alias.name if alias.asname else head
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            path = f"{node.module or ''}.{alias.name}".lstrip(".")
            star = alias.name == "*"
            yield alias.asname or alias.name, None, (node.module or "") if star else path
    elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            yield from _bound_by_target(target, node.value)
    elif isinstance(node, (ast.For, ast.AsyncFor)):
        yield from _bound_by_target(node.target, node.iter)
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        for item in node.items:
            if item.optional_vars is not None:
                yield from _bound_by_target(item.optional_vars, item.context_expr)
    for child in _own_expressions(node):
        if isinstance(child, ast.NamedExpr):
            yield child.target.id, child.value, ""


def _own_expressions(node: ast.stmt) -> Iterator[ast.AST]:
    """Expressions of a statement, but not those of statements inside it."""
    waiting = [c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)]
    while waiting:
        child = waiting.pop()
        yield child
        waiting.extend(c for c in ast.iter_child_nodes(child) if isinstance(c, ast.expr))


def _bound_by_target(
    target: ast.expr, value: ast.expr | None
) -> Iterator[tuple[str, ast.expr | None, str]]:
    if isinstance(target, ast.Name):
        yield target.id, value, ""
    elif isinstance(target, ast.Starred):
        yield from _bound_by_target(target.value, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        values: Sequence[ast.expr | None] = [value] * len(target.elts)
        if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
            values = value.elts
        for part, part_value in zip(target.elts, values, strict=True):
            yield from _bound_by_target(part, part_value)


# --- the search -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Scope:
    """Where a piece of code stands.

    Attributes:
        cell_id: The student's cell.
        before: Order of the first statement that the code does not see yet.
        local: Names bound in enclosing functions: what they may be, as expressions or paths.
    """

    cell_id: str
    before: int
    local: Mapping[str, tuple[ast.expr | str, ...]] = field(default_factory=dict)


class _Search:
    """Walks from names to everything that they use."""

    def __init__(self, module: _Module, forbidden: Mapping[str, str]) -> None:
        self.module = module
        self.forbidden_names = forbidden
        self.forbidden: set[Finding] = set()
        self.unchecked: set[Finding] = set()
        self.reached: set[tuple[str, int, int]] = set()
        self.names: set[str] = set()
        self.steps = 0
        self.entangled = False
        self.known_paths: dict[int, list[str]] = {}  # of bindings, by identity
        self.waiting: deque[tuple[ast.AST, _Scope]] = deque()

    def run(self) -> None:
        """Work until nothing new is reached."""
        while self.waiting:
            while self.waiting:
                self.visit(*self.waiting.popleft())
            self.reach_changes()
        if self.entangled:
            self.unchecked.add(Finding("", 0, "The source", "it is too entangled to be followed"))

    def reach(self, name: str, before: int) -> None:
        """Mark what a name of the module may mean as used."""
        self.names.add(name)
        for binding in self.module.lookup(name, before):
            key = (name, binding.order, id(binding.node))
            if key in self.reached:
                continue
            self.reached.add(key)
            scope = _Scope(binding.cell_id, binding.order)
            if isinstance(binding.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self.waiting.append((binding.node, scope))
            elif binding.value is not None:
                self.waiting.append((binding.value, scope))

    def reach_changes(self) -> None:
        """Follow statements that change reached names, or a library, from outside."""
        for cell_id, order, whole in self.module.statements:
            for node in _top_level(whole):
                key = ("", order, id(node))
                if key not in self.reached and self.changes(node, order):
                    self.reached.add(key)
                    self.waiting.append((node, _Scope(cell_id, order)))

    def changes(self, node: ast.stmt, order: int) -> bool:
        """Whether a statement sets an attribute of a reached name or of a library."""
        scope = _Scope("", order)
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            return any(self.is_ours(t, scope) for t in targets if not isinstance(t, ast.Name))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function, args = node.value.func, node.value.args
            is_setattr = isinstance(function, ast.Name) and function.id == "setattr"
            return is_setattr and bool(args) and self.is_ours(args[0], scope)
        return False

    def is_ours(self, node: ast.expr, scope: _Scope) -> bool:
        path = self.path(node, scope)
        if path and path.partition(".")[0] in _LIBRARIES:
            return True
        while isinstance(node, (ast.Attribute, ast.Subscript)):
            node = node.value
        return isinstance(node, ast.Name) and node.id in self.names

    # -- one piece of code

    def visit(self, node: ast.AST, scope: _Scope) -> None:
        """Look at a node, and put its parts on the list."""
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            self.visit_function(node, scope)
            return
        if isinstance(node, ast.AnnAssign):
            parts = (node.target, node.value) if node.value else (node.target,)
            self.waiting.extend((part, scope) for part in parts)  # an annotation is no use
            return
        if isinstance(node, ast.Call) and self.is_type_test(node, scope):
            self.waiting.append((node.args[0], scope))
            return
        if isinstance(node, (ast.Attribute, ast.Name, ast.Subscript, ast.Call)) and self.judge(
            node, scope
        ):
            return
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if node.id not in scope.local:
                self.reach(node.id, scope.before)
            return
        self.waiting.extend((child, scope) for child in ast.iter_child_nodes(node))

    def visit_function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: _Scope
    ) -> None:
        """Defaults and decorators are evaluated here and now, the body at the end of all."""
        outside: list[ast.AST] = [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]
        outside += getattr(node, "decorator_list", [])
        self.waiting.extend((part, scope) for part in outside)
        local = {**scope.local, **_locals(node)}
        inner = _Scope(scope.cell_id, self.module.end, local)
        body = node.body if isinstance(node.body, list) else [node.body]
        self.waiting.extend((part, inner) for part in body)

    def judge(self, node: ast.expr, scope: _Scope) -> bool:
        """Report a use that is forbidden or opaque; tell whether it was one."""
        if isinstance(node, ast.Call) and self.is_computed_getattr(node, scope):
            self.report(self.unchecked, node, scope, "", "an attribute is looked up by text")
            return True
        for path in self.paths(node, scope):
            reason = _reason(path, self.forbidden_names)
            if reason:
                self.report(self.forbidden, node, scope, path, reason)
                return True
            reason = _reason(path, _OPAQUE)
            if reason:
                self.report(self.unchecked, node, scope, path, reason)
                return True
        return False

    def is_type_test(self, node: ast.Call, scope: _Scope) -> bool:
        """Whether a call asks for a type: `isinstance(m, nn.Conv2d)` uses no convolution."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        plain = name in ("isinstance", "issubclass") and name not in scope.local
        return plain and len(node.args) == 2 and not self.module.lookup(name, self.module.end)

    def is_computed_getattr(self, node: ast.Call, scope: _Scope) -> bool:
        """Whether a call is `getattr(library, name)` with a name that is not a literal."""
        if not (isinstance(node.func, ast.Name) and node.func.id == "getattr" and node.args):
            return False
        literal = len(node.args) > 1 and isinstance(node.args[1], ast.Constant)
        return not literal and self.path(node.args[0], scope).startswith(_LIBRARIES)

    def report(
        self, where: set[Finding], node: ast.expr, scope: _Scope, path: str, reason: str
    ) -> None:
        try:
            written = ast.unparse(node)
        except RecursionError:
            written = "an expression"
        written = verdict.shorten(written, 80)
        what = f"{written} ({path})" if path and path != written else written
        where.add(Finding(scope.cell_id, node.lineno, what, reason))

    # -- dotted names

    def path(self, node: ast.expr, scope: _Scope) -> str:
        """The first dotted name that an expression may stand for, or an empty text."""
        return next(iter(self.paths(node, scope)), "")

    def paths(self, node: ast.expr, scope: _Scope, depth: int = 0) -> list[str]:
        """The dotted names that an expression may stand for."""
        self.steps += 1
        if depth > MAX_CHAIN or self.steps > MAX_STEPS:
            self.entangled = True
            return []
        if isinstance(node, ast.Name):
            return self.paths_of_name(node.id, scope, depth)
        if isinstance(node, ast.Attribute):
            heads = self.paths(node.value, scope, depth + 1)
            return [f"{head}.{node.attr}" for head in heads]
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            heads = self.paths(node.value, scope, depth + 1)
            return [f"{head.removesuffix('.__dict__')}.{node.slice.value!s}" for head in heads]
        if isinstance(node, ast.Call):
            return self.paths_of_call(node, scope, depth)
        if isinstance(node, ast.IfExp):
            branches = (node.body, node.orelse)
            paths = [p for branch in branches for p in self.paths(branch, scope, depth + 1)]
            return list(dict.fromkeys(paths))
        return []

    def paths_of_call(self, node: ast.Call, scope: _Scope, depth: int) -> list[str]:
        """Paths of `getattr(library, "name")` and `vars(library)`; other calls have none."""
        if not isinstance(node.func, ast.Name) or not node.args:
            return []
        heads = self.paths(node.args[0], scope, depth + 1)
        if node.func.id == "vars":
            return heads
        name = node.args[1] if len(node.args) > 1 else None
        if node.func.id == "getattr" and isinstance(name, ast.Constant):
            return [f"{head}.{name.value!s}" for head in heads]
        return []

    def paths_of_name(self, name: str, scope: _Scope, depth: int) -> list[str]:
        if name in scope.local:
            found: list[str] = []
            for meaning in scope.local[name]:
                inner = _Scope(scope.cell_id, scope.before, _without(scope.local, name))
                is_path = isinstance(meaning, str)
                found += [meaning] if is_path else self.paths(meaning, inner, depth + 1)  # type: ignore[arg-type, list-item]
            return list(dict.fromkeys(found))
        bindings = self.module.lookup(name, scope.before)
        if not bindings:
            stars = [f"{star}.{name}" for star in self.module.stars]
            known = self.module.imports.get(name)
            return [known] if known else [name] if name in _HEADS else stars
        paths = [p for binding in bindings for p in self.paths_of_binding(binding, depth)]
        return list(dict.fromkeys(paths))

    def paths_of_binding(self, binding: _Binding, depth: int) -> list[str]:
        if binding.path:
            return [binding.path]
        if binding.value is None:
            return []
        if id(binding) not in self.known_paths:
            self.known_paths[id(binding)] = []  # where it refers to itself
            scope = _Scope(binding.cell_id, binding.order)
            self.known_paths[id(binding)] = self.paths(binding.value, scope, depth + 1)
        return self.known_paths[id(binding)]


def _without(
    local: Mapping[str, tuple[ast.expr | str, ...]], name: str
) -> Mapping[str, tuple[ast.expr | str, ...]]:
    return {key: value for key, value in local.items() if key != name}


def _reason(path: str, patterns: Mapping[str, str]) -> str:
    return next((why for pattern, why in patterns.items() if fnmatchcase(path, pattern)), "")


def _locals(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
) -> dict[str, tuple[ast.expr | str, ...]]:
    """Names that a function binds, with what they may be; nested functions are taken as well."""
    found: dict[str, tuple[ast.expr | str, ...]] = {}
    arguments = node.args
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        found[argument.arg] = ()
    for extra in (arguments.vararg, arguments.kwarg):
        if extra is not None:
            found[extra.arg] = ()
    shared: set[str] = set()
    for part in node.body if isinstance(node.body, list) else []:
        for child in _top_level(part):
            if isinstance(child, (ast.Global, ast.Nonlocal)):
                shared.update(child.names)
            for name, value, path in _bound(child):
                meaning = (path,) if path else (value,) if value is not None else ()
                found[name] = (*found.get(name, ()), *meaning)
    return {name: meanings for name, meanings in found.items() if name not in shared}
