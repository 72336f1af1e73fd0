"""`course.toml` as frozen values, and every path of a course.

The file says what is particular to one course; nothing here knows a question by name.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from autograder.errors import CourseError
from autograder.handin import DEMO_SECRET
from autograder.ratification import Rule

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
SECRET_VARIABLE = "AUTOGRADER_SECRET"
DATA_VARIABLE = "AUTOGRADER_DATA_ROOT"
QUESTION_KEYS = (
    "id",
    "title",
    "notebook",
    "points",
    "bonus",
    "files",
    "solution_files",
    "budget_cpu_s",
)


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Names carry their units.

    Attributes:
        cells_cpu_s: Processor time of all cells of one notebook, whole process tree.
        test_cpu_s: Processor time of one test, whole process tree.
        memory_mb: Resident memory of the whole process tree.
        processes: Processes and threads.
        file_mb: Size of one file, and of each private scratch folder.
        output_kb: Printed output that is kept of one cell.
        notebook_mb: Size of a handed-in notebook.
    """

    cells_cpu_s: float = 60.0
    test_cpu_s: float = 60.0
    memory_mb: int = 4096
    processes: int = 128
    file_mb: int = 64
    output_kb: int = 256
    notebook_mb: int = 25

    @property
    def wall_factor(self) -> float:
        """Wall time allowed for a second of processor time: the backstop on a busy machine."""
        return 3.0


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        id: The beginning of its grade ids.
        title: For people.
        notebook: Its source notebook, without suffix.
        points: Without bonus.
        bonus: Points on top.
        files: Patterns of the files that belong to its answer, relative to the hand-in.
        solution_files: Folder with the solution's files, relative to the course; may be empty.
        budget_cpu_s: Processor time that an honest answer should take at most; 0 for none.
    """

    id: str
    title: str
    notebook: str
    points: float
    bonus: float = 0.0
    files: tuple[str, ...] = ()
    solution_files: str = ""
    budget_cpu_s: float = 0.0


@dataclass(frozen=True)
class Assignment:
    """One assignment of the course.

    Attributes:
        name: Folder name under `source/`.
        title: For people.
        deadline: With the course's time zone; None where there is none.
        imports: Modules that the candidate loads before any student code runs.
        questions: In the order of the course file.
        copies: Folders of the course that the release carries, by their name in the release.
        ratification: When it is passed as a whole; None where the course has no such rule.
    """

    name: str
    title: str
    deadline: datetime | None
    imports: tuple[str, ...]
    questions: tuple[Question, ...]
    copies: Mapping[str, str] = field(default_factory=dict)
    ratification: Rule | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """Patterns of all files, besides notebooks, that belong to answers."""
        return tuple(dict.fromkeys(p for q in self.questions for p in q.files))

    @property
    def notebooks(self) -> tuple[str, ...]:
        """Names of the source notebooks, without suffix, in order and without repeats."""
        return tuple(dict.fromkeys(q.notebook for q in self.questions))

    def question(self, question_id: str) -> Question:
        """The question of that id.

        Raises:
            CourseError: There is none.
        """
        for question in self.questions:
            if question.id == question_id:
                return question
        known = ", ".join(q.id for q in self.questions)
        raise CourseError(
            f"{self.name} has no question {question_id!r}",
            "course.toml",
            f"use one of {known}, or add [[assignment.{self.name}.question]]",
        )


@dataclass(frozen=True)
class Course:
    """A course: its folder, its settings and its assignments."""

    root: Path
    id: str
    name: str
    timezone: ZoneInfo
    data_root: Path
    secret: str
    limits: Limits
    columns: Mapping[str, tuple[str, ...]]
    assignments: Mapping[str, Assignment]

    def assignment(self, name: str) -> Assignment:
        """The assignment of that name.

        Raises:
            CourseError: `course.toml` has none of that name.
        """
        if name not in self.assignments:
            known = ", ".join(self.assignments) or "none"
            raise CourseError(
                f"there is no assignment {name!r}",
                str(self.root / "course.toml"),
                f"use one of: {known}",
            )
        return self.assignments[name]

    @property
    def uses_demo_secret(self) -> bool:
        """Whether no secret of the course's own was set."""
        return self.secret == DEMO_SECRET

    # Folders. nbgrader's names where nbgrader has one.

    def source(self, assignment: str) -> Path:
        """Instructor notebooks of an assignment."""
        return self.root / "source" / assignment

    def release(self, assignment: str) -> Path:
        """Student notebooks of an assignment."""
        return self.root / "release" / assignment

    def submitted(self, student: str, assignment: str) -> Path:
        """A student's collected hand-in."""
        return self.root / "submitted" / student / assignment

    def autograded(self, student: str, assignment: str) -> Path:
        """A student's executed notebooks and results."""
        return self.root / "autograded" / student / assignment

    def feedback(self, student: str, assignment: str) -> Path:
        """The pages that go back to a student."""
        return self.root / "feedback" / student / assignment

    def report(self, assignment: str) -> Path:
        """The instructor's report of an assignment."""
        return self.root / "report" / assignment

    def overrides(self, assignment: str) -> Path:
        """What graders decided otherwise, in a file."""
        return self.root / "overrides" / f"{assignment}.csv"

    def answers(self, assignment: str) -> Path:
        """Known right and wrong answers of an assignment."""
        return self.root / "tests" / "answers" / assignment

    @property
    def gradebook(self) -> Path:
        """nbgrader's database."""
        return self.root / "gradebook.db"

    @property
    def cache(self) -> Path:
        """Files that can be made again at any time."""
        return self.root / ".autograder"


def _is_inside(path: str) -> bool:
    """Whether a relative path stays in its folder."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts


def find_course(start: Path) -> Course:
    """The course whose `course.toml` lies in a folder or in one above it.

    Raises:
        CourseError: There is no `course.toml`, or it cannot be used.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / "course.toml").is_file():
            return load_course(folder / "course.toml")
    raise CourseError(
        "no course.toml here or in a folder above",
        str(start.resolve()),
        "change into the course's folder, or name it with --course FOLDER",
    )


def load_course(path: Path) -> Course:
    """The course that a file describes.

    Raises:
        CourseError: The file is unreadable, lacks a setting, or has one of a wrong kind.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CourseError(
            f"cannot be read: {error.strerror}", str(path), "make it readable"
        ) from error
    except UnicodeDecodeError as error:
        raise CourseError("is not UTF-8 text", str(path), "save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"is not TOML: {error}", str(path), "correct the line named") from error
    return _Reader(path).course(data)


class _Reader:
    """Turns the parsed file into values and says exactly where it cannot."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def error(self, key: str, what: str, cure: str) -> CourseError:
        return CourseError(f"{key} {what}", str(self.path), cure)

    def get(
        self, table: Mapping[str, Any], section: str, key: str, kind: type, default: Any
    ) -> Any:
        value = table.get(key, default)
        if value is None:
            raise self.error(
                f"[{section}] {key}", "is missing", f"add `{key} = ...` to [{section}]"
            )
        number = kind is float and isinstance(value, int) and not isinstance(value, bool)
        if number:
            return float(value)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            found = type(value).__name__
            raise self.error(
                f"[{section}] {key}",
                f"is of kind {found}",
                f"write a value of kind {kind.__name__}",
            )
        return value

    def known(self, table: Mapping[str, Any], section: str, keys: set[str]) -> None:
        for key in table:
            if key not in keys:
                raise self.error(
                    f"[{section}] {key}",
                    "is not a setting",
                    f"use one of {', '.join(sorted(keys))}",
                )

    def table(self, data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = data.get(key, {})
        if not isinstance(value, dict):
            raise self.error(f"[{key}]", "is not a table", f"write it as [{key}]")
        return value

    def course(self, data: Mapping[str, Any]) -> Course:
        self.known(data, "top level", {"course", "limits", "collect", "assignment"})
        head = self.table(data, "course")
        self.known(head, "course", {"id", "name", "timezone", "data_root"})
        zone = self.zone(self.get(head, "course", "timezone", str, "UTC"))
        assignments = {
            name: self.assignment(name, self.table(self.table(data, "assignment"), name), zone)
            for name in self.table(data, "assignment")
        }
        root = self.path.parent.resolve()
        data_root = os.environ.get(DATA_VARIABLE) or self.get(
            head, "course", "data_root", str, "data"
        )
        return Course(
            root=root,
            id=self.get(head, "course", "id", str, None),
            name=self.get(head, "course", "name", str, None),
            timezone=zone,
            data_root=(root / data_root).resolve(),
            secret=os.environ.get(SECRET_VARIABLE) or DEMO_SECRET,
            limits=self.limits(self.table(data, "limits")),
            columns=self.columns(self.table(data, "collect")),
            assignments=assignments,
        )

    def zone(self, name: str) -> ZoneInfo:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise self.error(
                "[course] timezone",
                f"names no time zone: {name!r}",
                'write one such as "Asia/Kolkata"',
            ) from error

    def limits(self, table: Mapping[str, Any]) -> Limits:
        kinds = {f.name: float if f.type == "float" else int for f in fields(Limits)}
        self.known(table, "limits", set(kinds))
        values = {k: self.get(table, "limits", k, kinds[k], None) for k in table}
        for key, value in values.items():
            if value <= 0:
                raise self.error(f"[limits] {key}", f"is {value}", "write a number above zero")
        return Limits(**values)

    def columns(self, table: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
        columns = {}
        for key, value in table.items():
            names = [value] if isinstance(value, str) else value
            if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
                raise self.error(
                    f"[collect] {key}", "is no column name", "write a name or a list of names"
                )
            columns[key] = tuple(names)
        return columns

    def assignment(self, name: str, table: Mapping[str, Any], zone: ZoneInfo) -> Assignment:
        section = f"assignment.{name}"
        if not NAME.fullmatch(name):
            raise self.error(f"[{section}]", "is no folder name", "use letters, digits, - and _")
        self.known(
            table, section, {"title", "deadline", "imports", "question", "copies", "ratification"}
        )
        deadline = table.get("deadline")
        if deadline is not None and not isinstance(deadline, datetime):
            raise self.error(
                f"[{section}] deadline",
                "is no date and time",
                "write 2026-12-31T23:59:59 without quotes",
            )
        if deadline is not None and deadline.tzinfo is None:
            deadline = deadline.replace(tzinfo=zone)
        imports = self.get(table, section, "imports", list, [])
        questions = tuple(
            self.question(section, q) for q in self.get(table, section, "question", list, [])
        )
        doubled = {q.id for q in questions if [p.id for p in questions].count(q.id) > 1}
        if doubled:
            raise self.error(
                f"[{section}] question",
                f"{doubled.pop()} stands there twice",
                "give every question one entry",
            )
        title = self.get(table, section, "title", str, name)
        copies = self.copies(section, self.table(table, "copies"))
        rule = self.ratification(section, table, [q.id for q in questions])
        modules = tuple(str(i) for i in imports)
        return Assignment(name, title, deadline, modules, questions, copies, rule)

    def ratification(
        self, section: str, assignment: Mapping[str, Any], questions: Sequence[str]
    ) -> Rule | None:
        if "ratification" not in assignment:
            return None
        table = self.table(assignment, "ratification")
        section = f"{section}.ratification"
        self.known(table, section, {f.name for f in fields(Rule)})
        all_of, any_of, asked = (
            self.question_ids(section, table, key, questions)
            for key in ("all_of", "any_of", "asked")
        )
        share = self.get(table, section, "done_share", float, Rule.done_share)
        at_least = self.get(table, section, "at_least", int, Rule.at_least)
        if not 0 < share <= 1:
            cure = "write a number above 0, at most 1; 0.5 is half of the points"
            raise self.error(f"[{section}] done_share", f"is {share:g}", cure)
        if not all_of and not any_of:
            cure = 'name the questions that are needed: all_of = ["q01"]'
            raise self.error(f"[{section}]", "needs no question", cure)
        both = [i for i in any_of if i in all_of]
        if both:
            cure = "leave it in one of them"
            raise self.error(f"[{section}] any_of", f"names {both[0]}, as all_of does", cure)
        if not 1 <= at_least <= max(len(any_of), 1):
            cure = f"write a number from 1 to {max(len(any_of), 1)}, as many as any_of names"
            raise self.error(f"[{section}] at_least", f"is {at_least}", cure)
        return Rule(share, all_of, any_of, at_least, asked)

    def question_ids(
        self, section: str, table: Mapping[str, Any], key: str, questions: Sequence[str]
    ) -> tuple[str, ...]:
        names = self.get(table, section, key, list, [])
        if key in table and not names:
            cure = "name questions, or take the setting away"
            raise self.error(f"[{section}] {key}", "is empty", cure)
        for name in names:
            if name not in questions:
                cure = f"use some of {', '.join(questions) or 'none: there are no questions'}"
                raise self.error(f"[{section}] {key}", f"names no question: {name!r}", cure)
            if names.count(name) > 1:
                raise self.error(f"[{section}] {key}", f"names {name} twice", "name it once")
        return tuple(names)

    def copies(self, section: str, table: Mapping[str, Any]) -> Mapping[str, str]:
        for key, value in table.items():
            if not NAME.fullmatch(key) or not isinstance(value, str) or not _is_inside(value):
                raise self.error(
                    f"[{section}.copies] {key}",
                    f"is {value!r}",
                    'write a name and a folder of the course, such as cpp = "cpp_template"',
                )
        return dict(table)

    def patterns(self, section: str, table: Mapping[str, Any]) -> tuple[str, ...]:
        patterns = self.get(table, section, "files", list, [])
        for pattern in patterns:
            if not isinstance(pattern, str) or not _is_inside(pattern):
                raise self.error(
                    f"[{section}] files",
                    f"holds {pattern!r}",
                    'write patterns inside the hand-in, such as "cpp/*.cpp"',
                )
        return tuple(patterns)

    def question(self, section: str, table: Mapping[str, Any]) -> Question:
        section = f"{section}.question"
        self.known(table, section, set(QUESTION_KEYS))
        question = Question(
            id=self.get(table, section, "id", str, None),
            title=self.get(table, section, "title", str, None),
            notebook=self.get(table, section, "notebook", str, None),
            points=self.get(table, section, "points", float, None),
            bonus=self.get(table, section, "bonus", float, 0.0),
            files=self.patterns(section, table),
            solution_files=self.get(table, section, "solution_files", str, ""),
            budget_cpu_s=self.get(table, section, "budget_cpu_s", float, 0.0),
        )
        if "-" in question.id or not NAME.fullmatch(question.id):
            raise self.error(
                f"[{section}] id", f"is {question.id!r}", "use letters and digits, no hyphen"
            )
        if not NAME.fullmatch(question.notebook):
            raise self.error(
                f"[{section}] notebook", f"is {question.notebook!r}", "use letters, digits, - and _"
            )
        return question
