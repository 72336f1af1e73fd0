"""Hand in a whole class by git: `python -m demo.hand_in --course DIR --out DIR`.

Makes one bare repository per student, serves them on loopback, writes the form's answers as CSV,
and keeps serving until it is interrupted.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Console

from autograder.course import load_course
from demo.serve import Served, git_environment, serve
from demo.students import Commit, Material, Student, make_class

FORM = "form.csv"
REPOSITORIES = "repositories"
HEADER = ("Timestamp", "Email address", "Roll number", "Full name", "Repository URL")
FIRST_TRY = "2026/12/19 8:02:11 PM GMT+5:30"
SECOND_TRY = "2026/12/30 9:47:05 PM GMT+5:30"


def make_repositories(students: Iterable[Student], folder: Path) -> None:
    """Make a bare repository per student, the same on every machine.

    Args:
        students: The class.
        folder: Where they are made; must not hold them yet.

    Raises:
        subprocess.CalledProcessError: Git fails.
    """
    for student in students:
        make_repository(student, folder / repository_name(student))


def repository_name(student: Student) -> str:
    """The name that a forge makes of `Math for Deep Learning [Roll-No] [Name]`."""
    name = student.name.replace(" ", "-")
    return f"Math-for-Deep-Learning-{student.roll_number}-{name}.git"


def make_repository(student: Student, path: Path) -> None:
    """Make one bare repository with a student's commits."""
    path.mkdir(parents=True)
    head = f"--initial-branch={student.branch}"
    _git(path, "init", "--quiet", "--bare", "--template=", head, ".")
    _git(path, "config", "uploadpack.allowFilter", "true")
    _git(path, "fast-import", "--quiet", stream=b"".join(_import_stream(student)))


def _git(path: Path, *arguments: str, stream: bytes = b"") -> None:
    subprocess.run(
        ["git", *arguments],
        cwd=path,
        input=stream,
        env=git_environment(),
        capture_output=True,
        check=True,
    )


def _import_stream(student: Student) -> Iterator[bytes]:
    """The commits of a student in the language of `git fast-import`."""
    for commit in student.commits:
        yield f"commit refs/heads/{student.branch}\n".encode()
        yield f"committer {_signature(student, commit)}\n".encode()
        yield _data(commit.message.encode())
        yield b"deleteall\n"
        for path, content in sorted(commit.files.items()):
            quoted = path.replace("\\", "\\\\").replace('"', '\\"')
            yield f'M 100644 inline "{quoted}"\n'.encode()
            yield _data(content)


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _signature(student: Student, commit: Commit) -> str:
    date = datetime.fromisoformat(commit.date)
    return f"{student.name} <{_email(student)}> {int(date.timestamp())} {date:%z}"


def _email(student: Student) -> str:
    return f"{student.roll_number}@students.example"


def address(student: Student, served: Served) -> str:
    """Where a student's repository can be fetched."""
    name = repository_name(student)
    return served.git_url(name) if student.over == "git" else served.http_url(name)


def write_form(students: Sequence[Student], served: Served, path: Path) -> None:
    """Write the form's answers. The second student answers twice: a wrong address first."""
    rows = []
    for number, student in enumerate(students):
        who = (_email(student), student.roll_number, student.name)
        if number == 1:
            rows.append((FIRST_TRY, *who, served.http_url("no-such-repository")))
        rows.append((SECOND_TRY, *who, address(student, served)))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the class, serve it and wait."""
    parser = argparse.ArgumentParser(prog="python -m demo.hand_in", description=__doc__)
    parser.add_argument("--course", type=Path, default=Path("."), help="folder of course.toml")
    parser.add_argument("--out", type=Path, required=True, help="folder to make")
    parser.add_argument("--assignment", default="endterm")
    options = parser.parse_args(arguments)
    course = load_course(options.course / "course.toml")
    students = make_class(Material.load(course, options.assignment))
    folder = options.out / REPOSITORIES
    make_repositories(students, folder)
    console = Console()
    with serve(folder) as served:
        write_form(students, served, options.out / FORM)
        console.print(f"{len(students)} repositories are served; Ctrl-C ends it. Collect them by:")
        console.print(f"  autograder collect {options.assignment} --from {options.out / FORM}")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            console.print("Ended.")


if __name__ == "__main__":
    main()
