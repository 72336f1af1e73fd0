"""Known answers: files under `tests/answers` that fill a release notebook, right or wrong.

A file's parts are headed `# %% <answer id>`, `# %% [markdown] <answer id>` or, for the stored
output of a kept cell, `# %% [output] <answer id>`. The first line of a wrong answer says which
cells lose points: `# loses: q02-pca-test`.

Files beside the notebook are parts as well: `# %% [file] cpp/nn.cpp` gives a file as a whole,
`# %% [no file] paper.md` leaves one out, and `# %% [edit] cpp/nn.cpp` changes the solution's file:
lines that begin with `- ` must stand there once, together, and become the lines with `+ ` that
follow.

An answer that is another one of the same question but for a little begins with
`# %% [from] right_other`: it has that answer's parts, then its own in their place, and its edits
change the other's files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.errors import AnswerError
from autograder.notebook import Role, SourceNotebook, grade_id, is_kept, role

HEAD = re.compile(
    r"# %%\s*(?:\[(?P<kind>markdown|output|file|no file|edit|from)\]\s*)?"
    r"(?P<name>[A-Za-z0-9_./-]+)\s*$"
)
FILE_KINDS = ("file", "no file", "edit")
Part = tuple[str, str, list[str]]  # kind, name and lines


@dataclass(frozen=True)
class Change:
    """What an answer does to one file: `file`, `no file` or `edit`, with the part's text."""

    kind: str
    path: str
    text: str


@dataclass(frozen=True)
class Answer:
    """One known answer.

    Attributes:
        name: File name without suffix, `right_...` or `wrong_...`.
        right: Whether it earns everything.
        loses: Cells that must lose points; empty for a right answer.
        cells: Source text by answer id.
        outputs: Stored output of kept cells by answer id.
        changes: What is done to the solution's files, in order, the answer's it begins as first.
    """

    name: str
    right: bool
    loses: frozenset[str] = frozenset()
    cells: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()

    def files(self, solution: Mapping[str, bytes]) -> dict[str, bytes]:
        """The files of this answer.

        Args:
            solution: The solution's files by path.

        Raises:
            AnswerError: An edit does not fit the solution's file.
        """
        files = dict(solution)
        for change in self.changes:
            if change.kind == "no file":
                files.pop(change.path, None)
            elif change.kind == "file":
                files[change.path] = change.text.encode()
            else:
                files[change.path] = _edited(self.name, change, files.get(change.path, b""))
        return files


def load_answer(path: Path) -> Answer:
    """A known answer from its file.

    Raises:
        AnswerError: It is unreadable, has no part, begins as an answer that it cannot begin as, or
            a wrong one does not say what it loses.
    """
    lines = _lines(path)
    right = path.stem.startswith("right_")
    first = lines[0] if lines else ""
    loses = (
        frozenset(first.removeprefix("# loses:").split())
        if first.startswith("# loses:")
        else frozenset()
    )
    if right == bool(loses):
        cure = "name it right_... without, or wrong_... with a first line `# loses: <ids>`"
        raise AnswerError("does not say clearly whether it is right or wrong", str(path), cure)
    answer, parts = Answer(path.stem, right, loses), _parts(lines)
    if parts and parts[0][0] == "from":
        other = _other(path, parts.pop(0))
        answer = replace(other, name=path.stem, right=right, loses=loses)
    if not parts:
        raise AnswerError("has no part", str(path), "head each part with `# %% <answer id>`")
    if any(kind == "from" for kind, *_ in parts):
        raise AnswerError("has a late [from]", str(path), "let it be the first part, and the only")
    return _with_parts(answer, parts)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AnswerError(f"cannot be read: {error}", str(path), "save it as UTF-8 text") from error


def _other(path: Path, head: Part) -> Answer:
    """The answer that an answer begins as, from the part that names it.

    Raises:
        AnswerError: It is none of this question's, begins as another itself, or the part is more
            than a head.
    """
    _, name, body = head
    file = path.parent / f"{name}.py"
    if "/" in name or not file.is_file():
        cure = "name a file of this folder, without .py"
        raise AnswerError(f"begins as {name}, which is not there", str(path), cure)
    if any(kind == "from" for kind, *_ in _parts(_lines(file))):
        cure = "begin as one that stands by itself"
        raise AnswerError(f"begins as {name}, which begins as another", str(path), cure)
    if any(line.strip() for line in body):
        cure = "head what follows with `# %% <answer id>`"
        raise AnswerError("has lines after its [from]", str(path), cure)
    return load_answer(file)


def _with_parts(answer: Answer, parts: list[Part]) -> Answer:
    """The answer with these parts, over those that it has."""
    cells, outputs, changes = dict(answer.cells), dict(answer.outputs), list(answer.changes)
    for kind, name, body in parts:
        text = "\n".join(body).strip("\n")
        if kind == "output":
            outputs[name] = "\n".join(re.sub(r"^# ?", "", row) for row in body).strip("\n") + "\n"
        elif kind in FILE_KINDS:
            changes.append(Change(kind, name, text + "\n"))
        else:
            cells[name] = text
    return replace(answer, cells=cells, outputs=outputs, changes=tuple(changes))


def _parts(lines: list[str]) -> list[Part]:
    """Every part, in order."""
    parts: list[Part] = []
    for line in lines:
        head = HEAD.match(line)
        if head:
            parts.append((head["kind"] or "", head["name"], []))
        elif parts:
            parts[-1][2].append(line)
    return parts


def _edited(answer: str, change: Change, content: bytes) -> bytes:
    """The file after an edit.

    Raises:
        AnswerError: Its old lines do not stand there exactly once.
    """
    text = content.decode().removesuffix("\n")
    text = f"\n{text}\n"  # so that every line has both its ends
    for old, new in _edits(change.text):
        count = text.count("\n" + old)
        if count != 1 or not old:
            raise AnswerError(
                f"an edit of {change.path} finds its old lines {count} times",
                answer,
                "give enough lines to stand there exactly once",
            )
        text = text.replace("\n" + old, "\n" + new)
    return text[1:].encode()


def _edits(text: str) -> list[tuple[str, str]]:
    """Pairs of old and new text: each run of `- ` lines with the `+ ` lines after it.

    Where no `- ` line comes first, the first pair has no old text, and fits nowhere.
    """
    pairs: list[tuple[str, str]] = []
    nothing = ("", "")
    after_new = True
    for line in text.splitlines():
        sign, body = line[:1], line[2:] + "\n"
        if sign == "-":
            if after_new:
                pairs.append(nothing)
            pairs[-1] = (pairs[-1][0] + body, "")
        elif sign == "+":
            pairs = pairs or [nothing]
            pairs[-1] = (pairs[-1][0], pairs[-1][1] + body)
        after_new = sign != "-"
    return pairs or [nothing]


def load_answers(folder: Path) -> tuple[Answer, ...]:
    """All known answers of one question, right ones first; none where there is no folder."""
    return tuple(load_answer(p) for p in sorted(folder.glob("*.py")))


def kept_outputs(folder: Path, source: SourceNotebook) -> dict[str, str]:
    """Stored outputs of the solution's kept cells, from `kept_<answer id>.txt`.

    Raises:
        AnswerError: A kept cell has none.
    """
    outputs = {}
    for key, cell in source.cells.items():
        if is_kept(cell) and role(cell) is Role.ANSWER:
            path = folder / f"kept_{key}.txt"
            if not path.is_file():
                raise AnswerError(
                    f"the stored output of the kept cell {key} is missing",
                    str(path),
                    "run the solution's cell once and save what it prints",
                )
            outputs[key] = path.read_text(encoding="utf-8")
    return outputs


def solution_cells(source: SourceNotebook) -> dict[str, str]:
    """The solution's answers by answer id, region markers left out."""
    return {key: _unmarked(source.cells[key].source) for key in source.answer_ids}


def _unmarked(text: str) -> str:
    markers = ("### BEGIN SOLUTION", "### END SOLUTION")
    return "\n".join(line for line in text.splitlines() if not any(m in line for m in markers))


def fill(
    source: SourceNotebook, cells: Mapping[str, str], outputs: Mapping[str, str]
) -> NotebookNode:
    """A student's notebook: the release with some of its answer cells filled.

    Args:
        source: The source notebook; its student view is what gets filled.
        cells: Source text by answer id.
        outputs: Stored output by id of a kept cell.

    Raises:
        AnswerError: An id is not one of the notebook's answers.
    """
    for key in (*cells, *outputs):
        if key not in source.answer_ids:
            known = ", ".join(source.answer_ids)
            raise AnswerError(
                f"{key} is no answer of {source.name}", source.name, f"use one of {known}"
            )
    notebook = nbformat.from_dict(json.loads(json.dumps(source.student)))
    for cell in notebook.cells:
        key = grade_id(cell)
        if key in cells:
            cell.source = cells[key]
        if key in outputs:
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=outputs[key])]
    return notebook
