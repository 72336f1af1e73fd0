"""A new assignment: a first question that is proved as it stands, to be written over.

The skeleton lies in `templates/new`: one source notebook with given code, a code answer, a test and
an essay, its known answers, and a README for students. Its question is called q00 there.
"""

from __future__ import annotations

import contextlib
import json
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template

from autograder.course import NAME, Course, load_course
from autograder.errors import InputError

SKELETON = Path(__file__).with_name("templates") / "new"
NOTEBOOK = "mean-square"  # what follows the question's id in the skeleton's file name
PLACEHOLDER = "q00"
POINTS = 4
QUESTIONS_LIMIT = 99
TITLE_LIMIT = 200  # characters
IGNORED = (
    "submitted/", "autograded/", "feedback/", "/report/", "/overrides/", "gradebook.db",
    ".autograder/", "__pycache__/", ".ipynb_checkpoints/",
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """What was made: the assignment's name and the files, relative to the course."""

    assignment: str
    root: Path
    files: tuple[str, ...]


def new(root: Path, name: str, *, title: str = "", questions: int = 1) -> Made:
    """Make an assignment in a course; the course too, where the folder holds none.

    Nothing that is there is written over: on any error the folder is as it was.

    Args:
        root: Folder of the course.
        name: The assignment's name, a folder name.
        title: For people; the name where empty.
        questions: How many questions to begin with.

    Raises:
        InputError: The name cannot be used, or the assignment is there already.
    """
    if not NAME.fullmatch(name):
        raise InputError(f"{name!r} is no folder name", "NAME", "use letters, digits, - and _")
    if not title.isprintable() or len(title) > TITLE_LIMIT:
        cure = f"write one line of at most {TITLE_LIMIT} characters"
        raise InputError("the title cannot be used", "--title", cure)
    if not 1 <= questions <= QUESTIONS_LIMIT:
        cure = f"ask for 1 to {QUESTIONS_LIMIT}"
        raise InputError(f"{questions} questions cannot be made", "--questions", cure)
    settings = root / "course.toml"
    course = load_course(settings) if settings.is_file() else None
    _refuse_existing(root, course, name)
    texts = dict(_texts(name, title or name, questions))
    before = settings.read_text(encoding="utf-8") if course is not None else ""
    if course is None:
        texts |= _course_texts(root, title or name)
    entry = _entry(name, title or name, questions)
    text = f"{(before or texts.pop('course.toml', '')).rstrip()}\n\n{entry}"
    tomllib.loads(text)  # what would break the course is a fault of ours, found before it does
    draft = settings.with_name(f".course.toml.{os.getpid()}")
    made = _write(root, {**texts, draft.name: text})
    draft.replace(settings)
    return Made(name, root, tuple(sorted({*made, "course.toml"} - {draft.name})))


def _refuse_existing(root: Path, course: Course | None, name: str) -> None:
    if course is not None and name in course.assignments:
        cure = "choose another name, or add questions to it by hand"
        raise InputError(f"there is an assignment {name!r} already", str(root), cure)
    for folder in (root / "source" / name, root / "tests" / "answers" / name):
        if folder.exists():
            raise InputError("is there already", str(folder), "choose another name, or move it")


def _texts(name: str, title: str, questions: int) -> Iterator[tuple[str, str]]:
    """Path and text of every file of the assignment."""
    readme = Template((SKELETON / "README.md").read_text(encoding="utf-8"))
    yield f"source/{name}/README.md", readme.substitute(title=title)
    for number in range(1, questions + 1):
        question = f"q{number:02}"
        notebook = (SKELETON / "question.ipynb").read_text(encoding="utf-8")
        yield f"source/{name}/{question}-{NOTEBOOK}.ipynb", notebook.replace(PLACEHOLDER, question)
        for path in sorted((SKELETON / "answers").glob("*.txt")):
            text = path.read_text(encoding="utf-8").replace(PLACEHOLDER, question)
            yield f"tests/answers/{name}/{question}/{path.stem}.py", text


def _course_texts(root: Path, title: str) -> dict[str, str]:
    """Files of a course, each only where there is none."""
    identity = "".join(c for c in root.resolve().name.lower() if c.isalnum()) or "course"
    settings = Template((SKELETON / "course.toml").read_text(encoding="utf-8"))
    shared = (SKELETON / "nbgrader_config.txt").read_text(encoding="utf-8")
    texts = {
        "course.toml": settings.substitute(id=identity, title=_quoted(title)[1:-1]),
        "nbgrader_config.py": shared.replace("COURSE_ID", identity),
        ".gitignore": "\n".join(IGNORED) + "\n",
    }
    return {path: text for path, text in texts.items() if not (root / path).exists()}


def _quoted(text: str) -> str:
    """A string as TOML takes it; its basic strings escape as JSON does."""
    return json.dumps(text, ensure_ascii=False)


def _entry(name: str, title: str, questions: int) -> str:
    """The assignment's part of `course.toml`."""
    key = _quoted(name) if "." in name else name  # a dot would make a table within a table
    lines = [f"[assignment.{key}]", f"title = {_quoted(title)}"]
    lines += ['imports = ["numpy"]', ""]
    for number in range(1, questions + 1):
        lines += [f"[[assignment.{key}.question]]", f'id = "q{number:02}"']
        lines += ['title = "The mean square"', f'notebook = "q{number:02}-{NOTEBOOK}"']
        lines += [f"points = {POINTS}", ""]
    return "\n".join(lines)


def _write(root: Path, texts: dict[str, str]) -> list[str]:
    """Write the files; where one cannot be written, take back those that were."""
    made: list[str] = []
    try:
        for path, text in texts.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8") as file:
                made.append(path)
                file.write(text)
    except BaseException:
        for path in made:
            (root / path).unlink(missing_ok=True)
        for folder in sorted({f for path in texts for f in (root / path).parents}, reverse=True):
            if folder != root and folder.is_relative_to(root):
                with contextlib.suppress(OSError):  # holds other things, or was never made
                    folder.rmdir()
        raise
    return made
