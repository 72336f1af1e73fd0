"""What graders decided otherwise, each with a reason: `overrides/<assignment>.csv`.

```
roll_number,id,points,done,reason,grader
s0417,q05-adam-test,2,,"right but for the name of an argument",g01
s0423,q03,,yes,"showed the proof at the board",g02
```

A row about a *cell* gives its points and goes into nbgrader's gradebook, where points live. A row
about a *question* ticks it as done, or as not done, for ratification, which the gradebook does not
know. So there is one place for each: nobody can set a question's points beside those of its cells.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import InputError
from autograder.ratification import Tick
from autograder.verdict import question_of, shorten

COLUMNS = ("roll_number", "id", "points", "done", "reason", "grader")
OPTIONAL = frozenset({"points", "done", "grader"})
NUMBER = re.compile(r"\d{1,6}(\.\d{1,6})?")
SWALLOWED = re.compile(r"^[^,;\n]+[,;] *[A-Za-z]+\d+[-\w]*[,;]", re.M)  # a row inside of a text
COMMA = re.compile(r"\d{1,6},\d{1,6}")  # a number as it is written in much of the world
BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0")  # letters by name, nothing to see
POINT_CURE = "write a point in the number, not a comma: 1.5"
DONE = {"yes": True, "no": False}
SIZE_LIMIT = 5_000_000  # bytes
REASON_LIMIT = 1000  # characters


@dataclass(frozen=True)
class Override:
    """One decision of a grader.

    Attributes:
        student: Roll number.
        id: Grade id of a cell, or id of a question.
        points: The cell's points; None in a row about a question.
        done: Whether the question counts as done; None in a row about a cell.
        reason: Why, in the grader's words.
        grader: Who; may be empty.
        line: Where it stands in the file.
    """

    student: str
    id: str
    points: float | None
    done: bool | None
    reason: str
    grader: str = ""
    line: int = 0

    @property
    def question(self) -> str:
        """The question that it concerns."""
        return question_of(self.id)

    @property
    def tick(self) -> Tick | None:
        """The tick of a question; None in a row about a cell."""
        return None if self.done is None else Tick(self.done, self.reason, self.grader)


def fault(path: Path, row: Override | int, what: str, cure: str) -> InputError:
    """What is wrong with one row, and what to do."""
    number = row if isinstance(row, int) else row.line
    return InputError(f"line {number}: {what}", str(path), cure)


def read_overrides(path: Path, questions: Collection[str]) -> tuple[Override, ...]:
    """The decisions in a file, in its order; none where there is no file.

    Args:
        path: The file.
        questions: Ids of the assignment's questions.

    Raises:
        InputError: A row cannot be used; the message names its line.
    """
    if not path.is_file():
        return ()
    rows = tuple(_override(path, line, row, questions) for line, row in _rows(path))
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        first = seen.setdefault((row.student, row.id), row.line)
        if first != row.line:
            what = f"{row.student} {row.id} stands in line {first} already"
            raise fault(path, row, what, "keep one of the two rows")
    return rows


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Rows with their line numbers, without empty ones."""
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise InputError("is too large for a list of decisions", str(path), "look into it")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", str(path), "save it as CSV in UTF-8") from error
    head = text.partition("\n")[0]
    delimiter = ";" if ";" in head else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        _check_head(path, names)
        line = reader.line_num + 1
        for cells in reader:
            if len(cells) > len(names):
                what = f"has {len(cells)} fields, the head {len(names)}"
                cure = "put text that holds commas into double quotes"
                cure = POINT_CURE if _has_comma_number(names, cells) else cure
                raise fault(path, line, what, cure)
            if any(SWALLOWED.search(cell) for cell in cells):
                what = "holds another row: a double quote is closed too late"
                raise fault(path, line, what, "close the quote at the end of its text")
            if any(cell.strip() for cell in cells):
                filled = [*cells, *[""] * (len(names) - len(cells))]
                yield line, {n: c.strip() for n, c in zip(names, filled, strict=True)}
            line = reader.line_num + 1  # of the next row: text in quotes may take several
    except csv.Error as error:
        raise fault(path, reader.line_num, f"is not CSV: {error}", "save it as CSV") from error


def _has_comma_number(names: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether a comma has torn the points into two fields."""
    at = names.index("points") if "points" in names else len(cells)
    return all(cell.strip().isdigit() for cell in (cells[at : at + 2] or [""]))


def _check_head(path: Path, names: list[str]) -> None:
    cure = f"begin the file with the line {','.join(COLUMNS)}"
    for name in COLUMNS:
        if name not in names and name not in OPTIONAL:
            raise fault(path, 1, f"there is no column {name}", cure)
    for name in names:
        if name not in COLUMNS or names.count(name) > 1:
            what = "stands there twice" if name in COLUMNS else "is not a column"
            raise fault(path, 1, f"{shorten(name, 40)!r} {what}", cure)


def _override(
    path: Path, line: int, row: Mapping[str, str], questions: Collection[str]
) -> Override:
    student, name, reason = row["roll_number"], row["id"], row["reason"]
    points, done = row.get("points", ""), row.get("done", "").lower()
    if not student:
        raise fault(path, line, "there is no roll number", "write whom it concerns")
    if question_of(name) not in questions:
        cure = f"use a question ({', '.join(questions)}) or the grade id of a cell"
        raise fault(path, line, f"there is no question {shorten(name, 60)!r}", cure)
    if done not in ("", *DONE):
        cure = POINT_CURE if points.isdigit() and done.isdigit() else "write yes, no or nothing"
        raise fault(path, line, f"done is {shorten(done, 40)!r}", cure)
    if not any(c.isalnum() and c not in BLANK_LETTERS for c in reason):
        raise fault(path, line, "there is no reason", "write why, for the student to read")
    if points and not NUMBER.fullmatch(points):
        cure = "write a number such as 2.5, not below 0"
        cure = POINT_CURE if COMMA.fullmatch(points) else cure
        raise fault(path, line, f"points is {shorten(points, 40)!r}", cure)
    _check_kind(path, line, name in questions, points, done)
    return Override(
        student=student,
        id=name,
        points=float(points) if points else None,
        done=DONE.get(done),
        reason=reason[:REASON_LIMIT],
        grader=row.get("grader", ""),
        line=line,
    )


def _check_kind(path: Path, line: int, is_question: bool, points: str, done: str) -> None:
    """A question is ticked, a cell has points: a row does the one or the other."""
    if is_question and points:
        cure = "give the points to one of its cells, by its grade id; a question is done: yes or no"
        raise fault(path, line, "a question's points are those of its cells", cure)
    if is_question and not done:
        raise fault(path, line, "nothing is decided", "write yes or no under done")
    if not is_question and done:
        cure = "write the question's id instead, or points instead of yes or no"
        raise fault(path, line, "only a question is done, not a cell", cure)
    if not is_question and not points:
        raise fault(path, line, "nothing is decided", "write the cell's points")
