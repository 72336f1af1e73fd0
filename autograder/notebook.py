"""Notebooks as data: what every cell is for, canonical form, the student's view, repair.

A source notebook decides the shape of everything made from it. `repair` rebuilds a hand-in on the
source: the contents of answer cells and the student's own cells are the student's, all else is the
instructor's.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.errors import NotebookError, SourceError
from autograder.verdict import Remark

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
METADATA = {"kernelspec": KERNELSPEC, "language_info": {"name": "python"}}
CELL_METADATA = frozenset({"nbgrader", "autograder"})
REGIONS = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
DEPTH_LIMIT = 200  # nesting of a handed-in notebook's JSON


class Role(StrEnum):
    """What a cell of a source notebook is for."""

    PROSE = "prose"  # plain cells: text, or code that students may change
    GIVEN = "given"  # read-only
    ANSWER = "answer"  # the student's code
    ESSAY = "essay"  # the student's text, graded by a person or by a judge
    TEST = "test"  # read-only, earns points
    TASK = "task"  # nbgrader's task: read-only text with points for the cells below


def grade_id(cell: Mapping[str, Any]) -> str:
    """The grade id of a cell; empty where it has none. Tolerates any metadata."""
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
    found = nbgrader.get("grade_id") if isinstance(nbgrader, Mapping) else None
    return found if isinstance(found, str) else ""


def role(cell: Mapping[str, Any]) -> Role:
    """What a cell of a source notebook is for, read from nbgrader's metadata."""
    flags = cell.get("metadata", {}).get("nbgrader")
    if not flags:
        return Role.PROSE
    if flags.get("task"):
        return Role.TASK
    if flags.get("solution"):
        return Role.ESSAY if flags.get("grade") else Role.ANSWER
    if flags.get("grade"):
        return Role.TEST
    return Role.GIVEN if flags.get("locked") else Role.PROSE


def points(cell: Mapping[str, Any]) -> float:
    """The points that a cell holds; 0 where it holds none."""
    return float(cell.get("metadata", {}).get("nbgrader", {}).get("points") or 0)


def is_kept(cell: Mapping[str, Any]) -> bool:
    """Whether a source cell is never run when grading: its stored output is read instead."""
    return bool(cell.get("metadata", {}).get("autograder", {}).get("run") == "keep")


def check_title(cell: Mapping[str, Any]) -> str:
    """What a graded cell asks, one line for the student.

    A test's first line is a comment `# Test: ...`; an essay's is its first line of text, or the
    words that this line begins with in bold.
    """
    for line in str(cell["source"]).splitlines():
        text = line.strip().lstrip("#").strip()
        bold = re.match(r"\*\*(.+?)\*\*", text)
        text = bold[1] if bold else text.replace("*", "").strip("_ ")
        if text and not text.startswith(("BEGIN ", "END ")):
            return re.sub(r"^Test:\s*", "", text)
    return ""


def last_heading(source: str) -> str:
    """The last heading of a Markdown cell as plain text; empty where it has none."""
    text = re.sub(r"^(```|~~~).*?^\1", "", source, flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"^ {0,3}#{1,6}[ \t]+(.*?)[ \t#]*$", text, re.MULTILINE)
    return re.sub(r"[`*$]", "", found[-1]) if found else ""


# --- reading and writing ----------------------------------------------------------------


def read_source(path: Path) -> NotebookNode:
    """A source notebook.

    Raises:
        SourceError: It is missing or no notebook.
    """
    if not path.is_file():
        raise SourceError(
            "the source notebook is missing",
            str(path),
            "write it, or correct `notebook` in course.toml",
        )
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except (
        Exception
    ) as error:  # nbformat raises whatever json, jsonschema and its own readers raise
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SourceError(
            f"is no valid notebook: {first}", str(path), "open it in Jupyter, or restore it"
        ) from error
    for number, cell in enumerate(notebook.cells, start=1):  # older notebooks have no ids
        cell.setdefault("id", grade_id(cell) or f"{path.stem}-{number:02d}")
    notebook.nbformat_minor = max(notebook.nbformat_minor, 5)
    return notebook


def read_handed_in(path: Path, limit_mb: float) -> NotebookNode:
    """A student's notebook, brought to format 4, with whatever is not a cell left out.

    Args:
        path: The file. Links are not followed.
        limit_mb: The largest file that is parsed.

    Raises:
        NotebookError: It is no notebook; the message is for the student.
    """
    if path.is_symlink() or not path.is_file():
        raise NotebookError("is not a file", path.name, "hand in the notebook itself")
    size_mb = path.stat().st_size / 1e6
    if size_mb > limit_mb:
        raise NotebookError(
            f"is {size_mb:.0f} MB; at most {limit_mb:g} MB are read",
            path.name,
            "clear large outputs and hand in again",
        )
    return parse_handed_in(path.read_bytes(), path.name)


def parse_handed_in(content: bytes, name: str) -> NotebookNode:
    """A student's notebook from the bytes of its file; see `read_handed_in`."""
    cure = "open it in Jupyter or Colab, save it, and hand in again"
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise NotebookError("is not UTF-8 text", name, cure) from error
    except RecursionError as error:
        raise NotebookError("is nested too deeply", name, cure) from error
    except ValueError as error:
        raise NotebookError(f"is not JSON: {error}", name, cure) from error
    if not isinstance(data, dict):
        raise NotebookError("is JSON, but no notebook", name, cure)
    if data.get("nbformat") in (1, 2, 3):
        data = _upgraded(data, name, cure)
    cells = data.get("cells")
    if not isinstance(cells, list):
        raise NotebookError("has no list of cells", name, cure)
    clean = [c for c in map(_clean_cell, cells) if c is not None]
    if any(_is_deeper(c, DEPTH_LIMIT) for c in clean):
        raise NotebookError("is nested too deeply", name, cure)
    return nbformat.from_dict(
        {"cells": clean, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    )


def _is_deeper(value: object, levels: int) -> bool:
    """Whether JSON is nested more than so many levels."""
    layer = [value]
    for _ in range(levels):
        layer = [
            inner
            for outer in layer
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(layer)


def _upgraded(data: dict[str, Any], name: str, cure: str) -> Any:
    try:
        return nbformat.convert(nbformat.from_dict(data), 4)
    except Exception as error:  # the converter trusts its input and raises anything
        raise NotebookError(
            "is of an old notebook format that cannot be read", name, cure
        ) from error


def _clean_cell(cell: object) -> dict[str, Any] | None:
    """The parts of a student's cell that we use, each of the right kind; None for no cell."""
    if not isinstance(cell, Mapping) or cell.get("cell_type") not in ("code", "markdown", "raw"):
        return None
    text = cell.get("source", "")
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        text = "".join(text)
    if not isinstance(text, str):
        return None
    metadata = cell.get("metadata")
    clean: dict[str, Any] = {
        "cell_type": cell["cell_type"],
        "id": str(cell.get("id") or ""),
        "metadata": metadata if isinstance(metadata, Mapping) else {},
        "source": text.encode("utf-8", "replace").decode("utf-8"),
    }
    if cell["cell_type"] == "code":
        outputs = cell.get("outputs")
        clean["outputs"] = (
            [o for o in outputs if isinstance(o, Mapping)] if isinstance(outputs, list) else []
        )
        clean["execution_count"] = None
    elif isinstance(cell.get("attachments"), Mapping):
        clean["attachments"] = cell["attachments"]
    return clean


def dumps(notebook: NotebookNode) -> str:
    """The text of a notebook file, the same on every machine."""
    text = str(nbformat.v4.writes(notebook, sort_keys=True))  # `nbformat.writes` checks it as well
    text = text.encode("utf-8", "replace").decode("utf-8")  # a student may print half a character
    return text.rstrip("\n") + "\n"


def canonical(notebook: NotebookNode, name: str) -> NotebookNode:
    """A source notebook in canonical form.

    No outputs, no counts, format 4.5, the fixed kernel, our metadata alone, and a cell's id is its
    grade id where it has one.

    Args:
        notebook: The source notebook.
        name: Its name without suffix, from which other cells' ids are made.
    """
    cells = []
    for number, cell in enumerate(notebook.cells, start=1):
        metadata = {k: v for k, v in cell.metadata.items() if k in CELL_METADATA}
        clean = {
            "cell_type": cell.cell_type,
            "id": (grade_id(cell) or f"{name}-{number:02d}")[:64],
            "metadata": metadata,
            "source": cell.source.rstrip(),
        }
        if cell.cell_type == "code":
            clean |= {"outputs": [], "execution_count": None}
        elif cell.get("attachments"):
            clean["attachments"] = cell.attachments
        cells.append(clean)
    return nbformat.from_dict(
        {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    )


def stored_text(outputs: Iterable[Mapping[str, Any]]) -> str:
    """What a cell's stored outputs say as text: streams, plain results and errors."""
    parts = []
    for output in outputs:
        data = output.get("data")
        text = output.get("text", data.get("text/plain", "") if isinstance(data, Mapping) else "")
        if output.get("output_type") == "error":
            text = f"{output.get('ename')}: {output.get('evalue')}\n"
        parts.append("".join(map(str, text)) if isinstance(text, list) else str(text))
    return "".join(parts)


# --- regions, names ---------------------------------------------------------------------


def without_region(source: str, region: str) -> str:
    """A cell's source without the lines of one kind of region, markers included."""
    kept, inside = [], False
    for line in source.splitlines():
        if f"### BEGIN {region}" in line:
            inside = True
        elif f"### END {region}" in line:
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def region_lines(source: str, region: str) -> frozenset[int]:
    """Numbers (from 1) of the lines inside one kind of region, markers included."""
    lines, inside = set(), False
    for number, line in enumerate(source.splitlines(), start=1):
        if f"### BEGIN {region}" in line:
            inside = True
        if inside:
            lines.add(number)
        if f"### END {region}" in line:
            inside = False
    return frozenset(lines)


def parse(source: str) -> ast.Module:
    """The syntax tree of a cell; IPython's magics and shell lines are understood.

    Raises:
        SyntaxError: It is no Python even so.
    """
    try:
        return ast.parse(source)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        return ast.parse(str(TransformerManager().transform_cell(source)))


@dataclass(frozen=True)
class Names:
    """The names that a cell binds at top level, and those that it reads.

    Attributes:
        defined: Bound by `def`, `class`, assignment, loops and the like.
        imported: Bound by an import statement.
        read: Read anywhere in the cell, functions included.
    """

    defined: frozenset[str]
    imported: frozenset[str]
    read: frozenset[str]


@lru_cache(maxsize=1000)  # a notebook's cells are asked about again for every hand-in
def names_of(source: str) -> Names:
    """The names that a cell binds and reads; none where it is no Python."""
    try:
        tree = parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Names(frozenset(), frozenset(), frozenset())
    defined: set[str] = set()
    imported: set[str] = set()
    for node in _top_level(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported |= {a.asname or a.name.partition(".")[0] for a in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            defined.add(node.id)
    read = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return Names(frozenset(defined), frozenset(imported), frozenset(read))


def _top_level(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run when the cell runs: function and class bodies are left out."""
    scopes = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
    comprehensions = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    for child in ast.iter_child_nodes(tree):
        yield child
        if not isinstance(child, scopes | comprehensions):
            yield from _top_level(child)


# --- the source notebook as a plan ------------------------------------------------------


@dataclass(frozen=True)
class SourceNotebook:
    """A source notebook and what follows from it for grading.

    Attributes:
        name: Name without suffix.
        node: The notebook with solutions and hidden tests.
        student: The same notebook as students get it, cell by cell.
    """

    name: str
    node: NotebookNode
    student: NotebookNode

    @cached_property
    def cells(self) -> Mapping[str, NotebookNode]:
        """Source cells that have a grade id, by that id, in order."""
        return {grade_id(c): c for c in self.node.cells if grade_id(c)}

    @cached_property
    def student_sources(self) -> Mapping[str, str]:
        """Source text that students get, by grade id."""
        return {grade_id(c): c.source for c in self.student.cells if grade_id(c)}

    @cached_property
    def headings(self) -> Mapping[str, str]:
        """The heading that students see above each cell, by grade id."""
        found, heading = {}, ""
        for cell in self.student.cells:
            if cell.cell_type == "markdown":
                heading = last_heading(cell.source) or heading
            if grade_id(cell):
                found[grade_id(cell)] = heading
        return found

    @cached_property
    def graded(self) -> tuple[NotebookNode, ...]:
        """Cells that hold points, in order."""
        return tuple(c for c in self.node.cells if role(c) in (Role.TEST, Role.ESSAY, Role.TASK))

    @cached_property
    def answer_ids(self) -> tuple[str, ...]:
        """Grade ids of the cells that students fill."""
        return tuple(i for i, c in self.cells.items() if role(c) in (Role.ANSWER, Role.ESSAY))

    @cached_property
    def candidate_names(self) -> frozenset[str]:
        """Names that belong to the student: bound by answers, or by given cells that read such."""
        owned: set[str] = set()
        for cell in self.node.cells:
            if cell.cell_type != "code" or role(cell) is Role.TEST:
                continue
            names = names_of(cell.source)
            if role(cell) is Role.ANSWER or names.read & owned:
                owned |= names.defined
        return frozenset(owned)

    @cached_property
    def imports_from(self) -> frozenset[str]:
        """Modules that its code cells import names from, at their top."""
        trees = [parse(c.source) for c in self.node.cells if c.cell_type == "code"]
        nodes = [n for tree in trees for n in tree.body if isinstance(n, ast.ImportFrom)]
        return frozenset(n.module or "" for n in nodes)

    @cached_property
    def examiner_cells(self) -> frozenset[str]:
        """Ids of the given code cells that the examiner runs for itself.

        Those whose names a test needs, directly or through another such cell, and that do not
        depend on an answer.
        """
        needed: set[str] = set()
        for cell in self.node.cells:
            if role(cell) is Role.TEST:
                needed |= names_of(cell.source).read
        chosen: set[str] = set()
        for cell in reversed(self.node.cells):
            if cell.cell_type != "code" or role(cell) not in (Role.GIVEN, Role.PROSE):
                continue
            names = names_of(cell.source)
            binds = names.defined | names.imported
            if binds & needed and not names.read & self.candidate_names:
                chosen.add(grade_id(cell) or cell.id)
                needed |= names.read
        return frozenset(chosen)


def release_view(notebook: NotebookNode, config: Any = None) -> NotebookNode:
    """A source notebook as students get it: solutions, hidden tests, marking schemes gone.

    nbgrader's own preprocessors do it.

    Args:
        notebook: The source notebook.
        config: traitlets configuration, as `nbgrader_config.py` makes it.

    Raises:
        SourceError: A region is not closed, or stands in the wrong cell.
    """
    from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ClearSolutions

    view = nbformat.from_dict(json.loads(json.dumps(notebook)))
    for preprocessor in (ClearSolutions, ClearHiddenTests, ClearMarkScheme):
        try:
            view, _ = preprocessor(config=config).preprocess(view, {})
        except RuntimeError as error:
            raise SourceError(
                str(error), preprocessor.__name__, "close every region in the cell where it begins"
            ) from error
    return view


def _check_regions(node: NotebookNode, path: Path) -> None:
    for cell in node.cells:
        for region in REGIONS:
            begins, ends = (cell.source.count(f"### {w} {region}") for w in ("BEGIN", "END"))
            if begins != ends:
                raise SourceError(
                    f"a {region} region is not closed",
                    f"{path}, cell {grade_id(cell) or cell.get('id', '')}",
                    f"end it with `### END {region}` in the same cell",
                )


def load_source(path: Path, config: Any = None) -> SourceNotebook:
    """A source notebook, ready to grade with.

    Raises:
        SourceError: It is missing, unreadable, or breaks a rule of authoring.
    """
    node = read_source(path)
    _check_regions(node, path)
    ids = [grade_id(c) for c in node.cells if grade_id(c)]
    doubled = sorted({i for i in ids if ids.count(i) > 1})
    if doubled:
        raise SourceError(
            f"two cells have the grade id {doubled[0]}", str(path), "rename one of them"
        )
    return SourceNotebook(path.stem, node, release_view(node, config))


# --- repair -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One cell of a repaired notebook.

    Attributes:
        cell: The cell as it will be executed or shown.
        role: What it is for; the student's own cells are prose.
        id: Grade id, or `extra-N` for the student's own cells.
        theirs: Whether its content comes from the student.
        answered: For answers and essays: whether it differs from what students got.
    """

    cell: NotebookNode
    role: Role
    id: str
    theirs: bool
    answered: bool = False


@dataclass(frozen=True)
class Repaired:
    """A hand-in rebuilt on its source notebook, and what had to be done.

    Attributes:
        steps: The cells in order.
        remarks: What had to be done.
        numbers: Places in the hand-in, from 1, of the source's cells that were found there.
    """

    steps: tuple[Step, ...]
    remarks: tuple[Remark, ...]
    numbers: Mapping[str, int] = field(default_factory=dict)


def repair(source: SourceNotebook, handed_in: NotebookNode | None) -> Repaired:
    """A hand-in rebuilt on its source notebook.

    Args:
        source: Decides order, tests, given cells and points.
        handed_in: The student's notebook; None where there is none that can be read.

    Returns:
        Steps in the order of the source, the student's own cells after the known cell that
        they follow in the hand-in.
    """
    return _Repair(source, handed_in.cells if handed_in is not None else []).result()


class _Repair:
    def __init__(self, source: SourceNotebook, cells: Sequence[NotebookNode]) -> None:
        self.source = source
        self.remarks: list[Remark] = []
        self.theirs: dict[str, NotebookNode] = {}  # known cells of the student, by key
        self.numbers: dict[str, int] = {}  # their places in the hand-in, from 1
        self.extras: dict[str, list[NotebookNode]] = {}  # the student's own, by the key they follow
        self.empty = not cells
        self._sort(cells)

    def _key(self, cell: NotebookNode) -> str:
        return grade_id(cell) or str(cell.id)

    def _sort(self, cells: Sequence[NotebookNode]) -> None:
        keys = {self._key(c) for c in self.source.node.cells}
        texts = {
            c.source.strip(): self._key(c) for c in self.source.student.cells if not grade_id(c)
        }
        anchor = ""
        order = []
        for number, cell in enumerate(cells, start=1):
            key = self._recognise(cell, keys, texts)
            if key and key not in self.theirs:
                self.theirs[key] = cell
                self.numbers[key] = number
                anchor = key
                order.append(key)
            elif key and self._is_duplicate(cell, key):
                continue
            else:
                self.extras.setdefault(anchor, []).append(cell)
        expected = [self._key(c) for c in self.source.node.cells if self._key(c) in self.theirs]
        if [k for k in order if k in self.source.cells] != [
            k for k in expected if k in self.source.cells
        ]:
            self.remark(
                "order-changed", "Cells stood in another order; they were put back into place."
            )

    def _recognise(self, cell: NotebookNode, keys: set[str], texts: Mapping[str, str]) -> str:
        """The source cell that a student's cell is, by grade id, id, text, or what it defines."""
        found = grade_id(cell)
        if found:
            return found if found in self.source.cells else ""
        if cell.id in keys and cell.id not in self.theirs:
            if cell.id in self.source.cells:
                text = f"The cell {cell.id} had lost its settings; they were restored."
                self.remark("metadata-changed", text, str(cell.id))
            return str(cell.id)
        text = cell.source.strip()
        return texts.get(text, "")

    def _is_duplicate(self, cell: NotebookNode, key: str) -> bool:
        """Deal with a second cell of the same id. True where it is left out."""
        known = self.source.cells.get(key)
        kind = role(known) if known is not None else Role.PROSE
        if kind is Role.ANSWER and cell.cell_type == "code":
            self.remark(
                "cell-doubled", f"Two cells carry the id {key}; both were run, in order.", key
            )
            return False
        if kind is Role.ESSAY and not self._answered(key, self.theirs[key]):
            self.theirs[key] = cell
        if kind in (Role.TEST, Role.GIVEN, Role.TASK):
            self.remark("cell-doubled", f"A copy of the read-only cell {key} was left out.", key)
        return True

    def _answered(self, key: str, cell: NotebookNode) -> bool:
        given = self.source.student_sources[key]
        return bool(cell.source.strip() != given.strip() or cell.get("attachments"))

    def remark(self, kind: str, message: str, cell_id: str = "") -> None:
        self.remarks.append(Remark(kind, message, cell_id))

    def result(self) -> Repaired:
        self._find_by_content()
        steps: list[Step] = [*self._own("")]
        for cell, student in zip(self.source.node.cells, self.source.student.cells, strict=True):
            step = self._step(cell, student)
            if step is not None:
                steps.append(step)
            steps += self._own(self._key(cell))
        return Repaired(tuple(steps), tuple(self.remarks), self.numbers)

    def _find_by_content(self) -> None:
        """Recognise answers whose metadata are gone by the names that they define."""
        for key, cell in self.source.cells.items():
            if role(cell) is not Role.ANSWER or key in self.theirs:
                continue
            wanted = names_of(cell.source).defined
            for extras in self.extras.values():
                for extra in extras:
                    if (
                        extra.cell_type == "code"
                        and wanted
                        and wanted <= names_of(extra.source).defined
                    ):
                        self.theirs[key] = extra
                if key in self.theirs:
                    extras[:] = [e for e in extras if e is not self.theirs[key]]
                    message = (
                        f"The answer {key} had lost its id; it was recognised by what it defines."
                    )
                    self.remark("recognised-by-content", message, key)
                    break

    def _own(self, anchor: str) -> Iterator[Step]:
        for cell in self.extras.get(anchor, ()):
            self.count = getattr(self, "count", 0) + 1
            node = nbformat.from_dict({**cell, "id": f"extra-{self.count}", "metadata": {}})
            yield Step(node, Role.PROSE, f"extra-{self.count}", theirs=True)

    def _step(self, cell: NotebookNode, student: NotebookNode) -> Step | None:
        kind, key = role(cell), self._key(cell)
        theirs = self.theirs.get(key)
        if kind in (Role.ANSWER, Role.ESSAY):
            return self._answer_step(cell, student, kind, key, theirs)
        if kind is Role.PROSE:
            if theirs is None:
                return None if not self.empty else Step(student, kind, key, theirs=False)
            node = nbformat.from_dict({**theirs, "id": cell.id, "metadata": cell.metadata})
            return Step(node, kind, key, theirs=True)
        self._compare(cell, student, key, theirs)
        # A given code cell runs beside student code: as students have it, without hidden regions.
        runs = kind is Role.GIVEN and cell.cell_type == "code"
        node = nbformat.from_dict(dict(student if runs else cell))
        if runs and is_kept(cell) and theirs is not None:
            node.outputs = theirs.get("outputs", [])
        return Step(node, kind, key, theirs=False)

    def _answer_step(
        self,
        cell: NotebookNode,
        student: NotebookNode,
        kind: Role,
        key: str,
        theirs: NotebookNode | None,
    ) -> Step:
        node = nbformat.from_dict(dict(student))
        if theirs is None:
            if not self.empty:
                self.remark("answer-missing", f"The answer cell {key} is not in the notebook.", key)
            return Step(node, kind, key, theirs=False)
        if theirs.cell_type != cell.cell_type:
            self.remark(
                "cell-retyped",
                f"The answer {key} had become a {theirs.cell_type} cell; it was restored.",
                key,
            )
        self._compare_flags(cell, key, theirs)
        node.source = theirs.source
        if cell.cell_type == "code":
            node.outputs = theirs.get("outputs", [])
        elif theirs.get("attachments"):
            node.attachments = theirs.attachments
        return Step(node, kind, key, theirs=True, answered=self._answered(key, theirs))

    def _compare(
        self, cell: NotebookNode, student: NotebookNode, key: str, theirs: NotebookNode | None
    ) -> None:
        if theirs is None:
            if not self.empty:
                self.remark(
                    "cell-missing", f"The read-only cell {key} was missing; it was put back.", key
                )
            return
        if theirs.cell_type != cell.cell_type or theirs.source.strip() != student.source.strip():
            self.remark(
                "cell-changed", f"The read-only cell {key} had been changed; it was restored.", key
            )
        self._compare_flags(cell, key, theirs)

    def _compare_flags(self, cell: NotebookNode, key: str, theirs: NotebookNode) -> None:
        ours = cell.metadata.get("nbgrader", {})
        found = theirs.metadata.get("nbgrader")
        flags = ("grade", "locked", "solution", "points", "task")
        changed = isinstance(found, Mapping) and any(
            k in ours and found.get(k) != ours.get(k) for k in flags
        )
        tags = theirs.metadata.get("tags")
        if changed or tags:
            self.remark(
                "metadata-changed",
                f"The settings of cell {key} had been changed; they were restored.",
                key,
            )
