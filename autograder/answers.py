"""Known answers: files under `tests/answers` that fill a release notebook, right or wrong.

A file's parts are headed `# %% <answer id>`, `# %% [markdown] <answer id>` or, for the stored
output of a kept cell, `# %% [output] <answer id>`. The first line of a wrong answer says which
cells lose points: `# loses: q02-pca-test`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.errors import AnswerError
from autograder.notebook import Role, SourceNotebook, grade_id, is_kept, role

HEAD = re.compile(r"# %%\s*(?:\[(markdown|output)\]\s*)?([A-Za-z0-9_-]+)\s*$")


@dataclass(frozen=True)
class Answer:
    """One known answer.

    Attributes:
        name: File name without suffix, `right_...` or `wrong_...`.
        right: Whether it earns everything.
        loses: Cells that must lose points; empty for a right answer.
        cells: Source text by answer id.
        outputs: Stored output of kept cells by answer id.
    """

    name: str
    right: bool
    loses: frozenset[str] = frozenset()
    cells: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)


def load_answer(path: Path) -> Answer:
    """A known answer from its file.

    Raises:
        AnswerError: It is unreadable, has no part, or a wrong one does not say what it loses.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AnswerError(f"cannot be read: {error}", str(path), "save it as UTF-8 text") from error
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
    cells, outputs = _parts(lines)
    if not cells and not outputs:
        raise AnswerError("has no part", str(path), "head each part with `# %% <answer id>`")
    return Answer(path.stem, right, loses, cells, outputs)


def _parts(lines: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    cells: dict[str, list[str]] = {}
    outputs: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in lines:
        head = HEAD.match(line)
        if head:
            kind, name = head.groups()
            current = (outputs if kind == "output" else cells).setdefault(name, [])
            is_output = kind == "output"
        elif current is not None:
            current.append(re.sub(r"^# ?", "", line) if is_output else line)
    return (
        {k: "\n".join(v).strip("\n") for k, v in cells.items()},
        {k: "\n".join(v).strip("\n") + "\n" for k, v in outputs.items()},
    )


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
