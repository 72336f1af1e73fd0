"""Hand-ins into `submitted/`: git repositories named in a form, or a folder of files.

Everything handed in is hostile until judged. Git runs without configuration, hooks, filters or
submodules; files are read out of git's objects and never checked out; only regular files are
written, under names that we have looked at, into a folder that replaces the old one in one step.

One student's trouble is a remark in that student's receipt; the others go on, and what was
collected before stays.

```
HandIn      who, and where the work lies        (a row of the form, an entry of a folder)
  Origin    how to get at it                    (_GitServer, _BareRepository, _Files)
    Snapshot    its files at the moment that counts, on our disk
      Receipt       what was written where, and why
```
"""

from __future__ import annotations

import csv
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from difflib import SequenceMatcher
from enum import StrEnum
from pathlib import Path, PurePosixPath
from time import monotonic, sleep
from typing import IO, Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from autograder.course import Assignment, Course
from autograder.errors import InputError, NotebookError, RosterError, SourceError
from autograder.notebook import (
    Role,
    grade_id,
    parse_handed_in,
    read_source,
    role,
)
from autograder.verdict import Remark, shorten

STUDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
RESERVED = "timestamp.txt"  # nbgrader reads the time of a hand-in from it
ASIDE = "_other"  # folder for files whose own place is taken
EVIDENCE_COMMIT = "commit date"  # written by the student's git; it can be set to anything
EVIDENCE_FILE = "file date"  # of the instructor's copy
FORM_KINDS = frozenset({"form-late", "shared-repository", "address-password"})
WORKERS = 8
LOCK_PATIENCE_S = 10.0  # how long a lock that another run holds is asked for again


@dataclass(frozen=True)
class Caps:
    """What one hand-in may cost us. Names carry their units.

    Attributes:
        wall_s: Wall time of one git command.
        pack_mb: What git may write to disk for one hand-in, and any of its output.
        memory_mb: Address space of one git process.
        total_mb: Files taken from one hand-in, together.
        files: Files taken from one hand-in.
        listed: Files that may be listed at all.
        depth: Folders within folders.
        path_bytes: Length of a path.
        history: Commits that are looked through for the one before the deadline.
    """

    wall_s: float = 120.0
    pack_mb: int = 256
    memory_mb: int = 4096
    total_mb: int = 200
    files: int = 2000
    listed: int = 50_000
    depth: int = 16
    path_bytes: int = 240
    history: int = 16_384


# --- what comes out ---------------------------------------------------------------------


class State(StrEnum):
    """How collecting one hand-in ended."""

    COLLECTED = "collected"
    UNCHANGED = "unchanged"
    NOTHING = "nothing"  # reached, but there is no work in it that counts
    FAILED = "failed"  # not reached, or not usable


@dataclass(frozen=True)
class CollectedFile:
    """One file of a hand-in.

    Attributes:
        path: Where the student has it.
        stored: Where it lies in `submitted/<student>/<assignment>/`.
        size: In bytes.
        sha256: Of its content.
    """

    path: str
    stored: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Ignored:
    """One file that was left out, and why."""

    path: str
    size: int
    reason: str


@dataclass(frozen=True)
class Match:
    """Which file was taken for a source notebook, why, and which others claimed it."""

    notebook: str
    path: str
    reason: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """What was collected from one student, from where, and on what evidence.

    Attributes:
        student: Roll number, from the form or the folder, never from the content.
        assignment: Name of the assignment.
        state: How collecting ended.
        address: The repository's address, or the folder entry.
        name: The student's name as the form has it; may be empty.
        email: The student's e-mail address as the form has it; may be empty.
        commit: The commit that counts; empty for plain files.
        commit_time: Its date, or the newest file's; ISO 8601, UTC.
        evidence: What `commit_time` rests on.
        version: What the origin held when it was read: tip of the default branch, or a digest.
        deadline: The deadline that was applied, ISO 8601; empty where there is none.
        release: Digest of the release that notebooks were matched against.
        collected_at: When it was read, ISO 8601, UTC.
        files: What was taken.
        matched: Which file stands for which source notebook.
        ignored: What was left out.
        remarks: In the student's words.
    """

    student: str
    assignment: str
    state: State
    address: str
    name: str = ""
    email: str = ""
    commit: str = ""
    commit_time: str = ""
    evidence: str = ""
    version: str = ""
    deadline: str = ""
    release: str = ""
    collected_at: str = ""
    files: tuple[CollectedFile, ...] = ()
    matched: tuple[Match, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def to_json(self) -> str:
        """The receipt as JSON text with sorted keys."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Receipt:
        """The receipt that `to_json` wrote.

        Raises:
            ValueError: The text is no such receipt.
        """
        try:
            data = json.loads(text)
            data["state"] = State(data["state"])
            data["files"] = tuple(CollectedFile(**f) for f in data["files"])
            data["matched"] = tuple(
                Match(**{**m, "others": tuple(m["others"])}) for m in data["matched"]
            )
            data["ignored"] = tuple(Ignored(**i) for i in data["ignored"])
            data["remarks"] = tuple(Remark(**r) for r in data["remarks"])
            return cls(**data)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a receipt: {error}") from error


@dataclass(frozen=True)
class CollectionResult:
    """The receipts of a class, by roll number, and remarks about the form or folder itself."""

    assignment: str
    receipts: tuple[Receipt, ...]
    remarks: tuple[Remark, ...] = ()

    @property
    def failed(self) -> tuple[Receipt, ...]:
        """Hand-ins that were not reached or could not be used."""
        return tuple(r for r in self.receipts if r.state is State.FAILED)

    def count(self, state: State) -> int:
        """How many hand-ins ended in a state."""
        return sum(r.state is state for r in self.receipts)


Progress = Callable[[Receipt, int, int], None]  # a receipt, how many are done, of how many


def collect(
    course: Course,
    assignment: str,
    origin: Path,
    *,
    on_progress: Progress | None = None,
    caps: Caps | None = None,
    workers: int = WORKERS,
) -> CollectionResult:
    """Collect the hand-ins of an assignment into `submitted/`.

    Args:
        course: The course.
        assignment: Name of the assignment.
        origin: A form (CSV with roll numbers and repository addresses), or a folder with one
            sub-folder, bare repository or file per student, named by roll number.
        on_progress: Called in this thread after every hand-in.
        caps: What one hand-in may cost.
        workers: Hand-ins that are fetched at the same time.

    Returns:
        One receipt per student, in order of roll numbers. Run again, only what changed is taken.

    Raises:
        CourseError: There is no such assignment.
        RosterError: The form or folder cannot be used.
        SourceError: The assignment has no release.
        InputError: Another `collect` of this assignment is running.
    """
    chosen = course.assignment(assignment)
    caps = caps or Caps()
    handins, remarks = read_origin(course, chosen, origin, caps)
    collector = _Collector(course, chosen, caps)
    receipts: list[Receipt] = []
    with _alone(receipt_folder(course, assignment)), ThreadPoolExecutor(workers) as pool:
        jobs = [pool.submit(collector.collect, handin) for handin in handins]
        try:
            for job in as_completed(jobs):
                receipts.append(job.result())
                if on_progress is not None:
                    on_progress(receipts[-1], len(receipts), len(jobs))
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    receipts.sort(key=lambda r: r.student)
    return CollectionResult(assignment, tuple(receipts), tuple(remarks))


def receipt_folder(course: Course, assignment: str) -> Path:
    """Where the receipts of an assignment lie; nbgrader copies nothing from there."""
    return course.cache / "receipts" / assignment


def read_receipt(course: Course, assignment: str, student: str) -> Receipt | None:
    """The receipt of a student's hand-in; None where there is none that can be read."""
    path = receipt_folder(course, assignment) / f"{student}.json"
    try:
        return Receipt.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # a half-written or older receipt: collect again
        return None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of an assignment's receipts.

    A run that was killed lets go only when the last process that it was just starting has begun,
    so the lock is asked for a little longer before this run gives up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    give_up = monotonic() + LOCK_PATIENCE_S
    with (folder / ".lock").open("w") as lock:
        while not _locked(lock.fileno()):
            if monotonic() > give_up:
                raise InputError(
                    "this assignment is being collected already",
                    str(folder),
                    "wait until it is done",
                )
            sleep(0.05)
        yield


def _locked(fd: int) -> bool:
    """Take a lock if nobody else holds it."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


# --- who hands in, and where ------------------------------------------------------------


class Trouble(Exception):
    """A hand-in that cannot be taken. It becomes a remark.

    Args:
        kind: Stable word for the remark.
        message: One sentence in the student's terms.
        state: What the receipt says.
        more: What else the student should know.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        state: State = State.FAILED,
        more: Sequence[Remark] = (),
    ) -> None:
        super().__init__(message)
        self.remarks = (*more, Remark(kind, message))
        self.state = state


@dataclass(frozen=True)
class Snapshot:
    """A hand-in's files at the moment that counts.

    Attributes:
        version: What the origin holds now.
        commit: The commit that counts; empty for plain files.
        time: Its date, or the newest file's.
        evidence: What `time` rests on.
        files: The files that were taken, on our disk.
        ignored: What was left out.
        remarks: What the student should know.
    """

    version: str
    commit: str
    time: datetime
    evidence: str
    files: tuple[Taken, ...]
    ignored: tuple[Ignored, ...]
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class Taken:
    """One file of a snapshot: the student's path, our copy, and its date where it has one."""

    path: str
    copy: Path
    size: int
    modified: float = 0.0


class Origin(Protocol):
    """Where one student's work lies. The seam for other ways to hand in."""

    @property
    def address(self) -> str:
        """What the receipt shows."""
        ...

    def version(self, work: Path) -> str:
        """What is there now, in a form that changes when the work changes.

        Raises:
            Trouble: It cannot be reached, or nothing is there.
        """
        ...

    def take(self, deadline: datetime | None, work: Path, files: Path) -> Snapshot:
        """Take the files that count.

        Args:
            deadline: None where there is none.
            work: An empty folder for anything.
            files: The folder for the copies.

        Raises:
            Trouble: It cannot be reached, or nothing that counts is there.
        """
        ...


@dataclass(frozen=True)
class HandIn:
    """One student's hand-in: who, where, and what the form already tells."""

    student: str
    origin: Origin
    name: str = ""
    email: str = ""
    remarks: tuple[Remark, ...] = ()


def read_origin(
    course: Course, assignment: Assignment, origin: Path, caps: Caps
) -> tuple[list[HandIn], list[Remark]]:
    """The hand-ins that a form or a folder names, and remarks about what it does not say well.

    Raises:
        RosterError: It is missing, unreadable, empty, or lacks a column.
    """
    if origin.is_dir():
        inside = course.root / "submitted"
        if origin.resolve() == inside or inside in origin.resolve().parents:
            raise RosterError(
                "this is where hand-ins are collected to", str(origin), "name another folder"
            )
        handins, remarks = read_folder(origin, course, caps)
    elif origin.is_file():
        handins, remarks = read_form(origin, course, assignment, caps)
    else:
        raise RosterError(
            "there is no such form or folder", str(origin), "name a CSV file or a folder"
        )
    if not handins:
        raise RosterError(
            "no hand-in is named here", str(origin), "see docs/collecting.md for what is expected"
        )
    return handins, remarks


# --- the form ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Answer:
    """One filled row of the form."""

    row: int
    student: str
    name: str
    email: str
    url: str
    timestamp: str


REQUIRED = ("roll_number", "url")
COLUMNS = (*REQUIRED, "name", "email", "timestamp")


def read_form(
    path: Path, course: Course, assignment: Assignment, caps: Caps
) -> tuple[list[HandIn], list[Remark]]:
    """The hand-ins of a form's answers. The last answer before the deadline counts.

    Raises:
        RosterError: The form is unreadable or lacks a column.
    """
    answers, remarks = _read_answers(path, course)
    times, unread = _moments([a.timestamp for a in answers], course.timezone)
    if unread:
        rows = ", ".join(str(answers[i].row) for i in unread[:5])
        message = f"The time in row {rows} cannot be read; the order of rows decides there."
        remarks.append(Remark("time-unreadable", message))
    groups: dict[str, list[int]] = {}
    for number, answer in enumerate(answers):
        groups.setdefault(answer.student.casefold(), []).append(number)
    handins = []
    for numbers in groups.values():
        chosen, late = _counting_answer([times[n] for n in numbers], assignment.deadline)
        answer = answers[numbers[chosen]]
        student = answers[numbers[0]].student  # one spelling for all of a student's answers
        handins.append(_handin(answer, student, late, course, caps))
    return _with_shared(handins), remarks


def _counting_answer(
    times: Sequence[datetime | None], deadline: datetime | None
) -> tuple[int, bool]:
    """Which answer counts, and whether all came after the deadline.

    An answer without a readable time takes the time of the row before it.
    """
    known: list[datetime] = []
    for time in times:
        known.append(time or (known[-1] if known else datetime.min.replace(tzinfo=UTC)))
    in_time = [i for i, t in enumerate(known) if deadline is None or t <= deadline]
    if in_time:
        return max(in_time, key=lambda i: (known[i], i)), False
    return min(range(len(known)), key=lambda i: known[i]), True


def _handin(answer: _Answer, student: str, late: bool, course: Course, caps: Caps) -> HandIn:
    remarks = []
    if late:
        remarks.append(
            Remark(
                "form-late",
                "The form was filled in after the deadline; what the repository held at the "
                "deadline was collected all the same.",
            )
        )
    origin: Origin
    try:
        address = normalise_address(answer.url)
        remarks += address.remarks
        origin = _GitServer(address, caps, course.limits.notebook_mb)
    except Trouble as trouble:
        origin = _Unusable(shorten(answer.url), trouble)
    return HandIn(student, origin, answer.name, answer.email, tuple(remarks))


def _with_shared(handins: Sequence[HandIn]) -> list[HandIn]:
    """The hand-ins, with a remark where two students name one repository."""
    keys = [h.origin.address.casefold() for h in handins]
    shared = {key for key, count in Counter(keys).items() if count > 1}
    remark = Remark("shared-repository", "Another student named the same repository.")
    return [
        replace(h, remarks=(*h.remarks, remark)) if key in shared else h
        for h, key in zip(handins, keys, strict=True)
    ]


def _read_answers(path: Path, course: Course) -> tuple[list[_Answer], list[Remark]]:
    text = _form_text(path)
    rows, places = _table(text, path, course.columns)
    answers: list[_Answer] = []
    remarks: list[Remark] = []
    for number, row in enumerate(rows, start=2):
        values = {key: _value(row, places.get(key, ())) for key in COLUMNS}
        if not any(cell.strip() for cell in row):
            continue
        student = values["roll_number"]
        if not student:
            remarks.append(Remark("row-ignored", f"Row {number} of the form has no roll number."))
        elif not STUDENT.fullmatch(student):
            shown = shorten(student, 40)
            remarks.append(
                Remark("row-ignored", f"Row {number}: {shown!r} cannot be a roll number.")
            )
        else:
            answers.append(
                _Answer(
                    number,
                    student,
                    shorten(values["name"]),
                    shorten(values["email"]),
                    values["url"],
                    values["timestamp"],
                )
            )
    return answers, remarks


def _form_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise RosterError(
            f"cannot be read: {error.strerror}", str(path), "make it readable"
        ) from error
    except UnicodeDecodeError as error:
        raise RosterError("is not UTF-8 text", str(path), "save it as CSV in UTF-8") from error


def _table(
    text: str, path: Path, columns: Mapping[str, Sequence[str]]
) -> tuple[list[list[str]], dict[str, tuple[int, ...]]]:
    """The rows of a form, and which columns of it hold what. Takes the separator that fits."""
    best: tuple[list[list[str]], dict[str, tuple[int, ...]]] = ([], {})
    for separator in ",;\t":
        try:
            rows = list(csv.reader(text.splitlines(keepends=True), delimiter=separator))
        except csv.Error as error:
            raise RosterError(f"is no CSV: {error}", str(path), "export the form again") from error
        while rows and not any(cell.strip() for cell in rows[0]):
            rows.pop(0)
        places = _places(rows[0], columns) if rows else {}
        if not best[0] or len(places) > len(best[1]):
            best = (rows, places)
    rows, places = best
    for key in REQUIRED:
        if key not in places:
            found = ", ".join(repr(shorten(c, 40)) for c in rows[0]) if rows else "no line"
            raise RosterError(
                f"there is no column for {key}; found {found}",
                str(path),
                f"add the column's name to `{key}` in [collect] of course.toml",
            )
    return rows[1:], places


def _places(
    header: Sequence[str], columns: Mapping[str, Sequence[str]]
) -> dict[str, tuple[int, ...]]:
    def plain(name: str) -> str:
        return " ".join(name.split()).casefold()

    places = {}
    for key in COLUMNS:
        accepted = {plain(name) for name in columns.get(key, (key,))}
        found = tuple(i for i, cell in enumerate(header) if plain(cell) in accepted)
        if found:
            places[key] = found
    return places


def _value(row: Sequence[str], places: Sequence[int]) -> str:
    """The first value in the columns of a kind; a form may hold a column twice."""
    values = (row[i].strip() for i in places if i < len(row))
    return next((v for v in values if v), "")


_MOMENT = re.compile(
    r"(\d{1,4})([/.-])(\d{1,2})\2(\d{1,4}),?\s+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?"
    r"\s*([AaPp][Mm])?\s*(?:(?:GMT|UTC)([+-]\d{1,2})?(?::?(\d{2}))?)?"
)


def _moments(texts: Sequence[str], zone: tzinfo) -> tuple[list[datetime | None], list[int]]:
    """Times of the form's answers, and the numbers of those that are there but unreadable.

    Whether the month or the day comes first is read from all of them together: a first number
    above 12 in any of them is a day. Where nothing tells, the month comes first.
    """
    parts = [_MOMENT.match(text) for text in texts]
    day_first = any(m and len(m[1]) < 4 and int(m[1]) > 12 for m in parts)
    times = [
        _moment(text, match, zone, day_first) if text else None
        for text, match in zip(texts, parts, strict=True)
    ]
    return times, [i for i, text in enumerate(texts) if text and times[i] is None]


def _moment(
    text: str, match: re.Match[str] | None, zone: tzinfo, day_first: bool
) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
        return time if time.tzinfo else time.replace(tzinfo=zone)
    except ValueError:
        if match is None:
            return None
    first, mark, middle, last = int(match[1]), match[2], int(match[3]), int(match[4])
    if len(match[1]) == 4:
        year, month, day = first, middle, last
    elif day_first or mark == ".":
        year, month, day = last, middle, first
    else:
        year, month, day = last, first, middle
    hour = int(match[5])
    if match[8]:
        hour = hour % 12 + (12 if match[8].casefold() == "pm" else 0)
    if "GMT" in match[0] or "UTC" in match[0]:
        hours, minutes = int(match[9] or 0), int(match[10] or 0)
        sign = -1 if (match[9] or "").startswith("-") else 1
        zone = timezone(timedelta(hours=hours, minutes=sign * minutes))
    try:
        year += 2000 if year < 100 else 0
        return datetime(year, month, day, hour, int(match[6]), int(match[7] or 0), tzinfo=zone)
    except ValueError:
        return None


# --- addresses --------------------------------------------------------------------------

FORGES = frozenset({"github.com", "gitlab.com", "bitbucket.org"})
PROTOCOLS = ("git", "http", "https", "ssh")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")


@dataclass(frozen=True)
class Address:
    """A repository's address that git may be given.

    Attributes:
        url: What git is given.
        branch: The branch, or a folder in it, that the page named; may be empty.
        remarks: What the student should know.
    """

    url: str
    branch: str = ""
    remarks: tuple[Remark, ...] = field(default=())


def normalise_address(text: str) -> Address:
    """The address that a student meant.

    Accepts what people copy from a browser or a terminal: a page inside the repository, `git@`,
    a missing scheme, blanks, an upper-case host, text around it.

    Raises:
        Trouble: There is no address, or one that git must not be given.
    """
    text = text.strip().strip("<>\"'`").strip()
    if not text:
        raise Trouble("address-missing", "The form names no repository.")
    url = _with_scheme(text)
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").casefold().removeprefix("www."), parts.port
    except ValueError as error:
        raise _refused(text) from error
    scheme = parts.scheme.casefold()
    if scheme not in PROTOCOLS or not _HOST.fullmatch(host) or parts.path.strip("/") == "":
        raise _refused(text)
    if any(ord(c) < 33 or ord(c) == 127 for c in parts.path):
        raise _refused(text)
    if host in FORGES:
        return _forge_address(text, scheme, host, parts.path, bool(parts.password))
    user = f"{parts.username}@" if scheme == "ssh" and parts.username else ""
    if user and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*@", user):
        raise _refused(text)
    place = f"{user}{host}" + (f":{port}" if port else "")
    path = parts.path.rstrip("/")
    return Address(
        urlunsplit((scheme, place, path, "", "")), remarks=_password_remarks(parts.password)
    )


def _with_scheme(text: str) -> str:
    bare = "".join(text.split())
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", bare):
        return bare
    secure_copy = re.fullmatch(r"([A-Za-z0-9_][A-Za-z0-9_.-]*)@([A-Za-z0-9.-]+):(?!/)(\S+)", bare)
    if secure_copy:
        return f"ssh://{secure_copy[1]}@{secure_copy[2]}/{secure_copy[3]}"
    inside = re.search(r"(?:https?|git|ssh)://\S+", text)
    if inside:
        return inside[0].rstrip(".,;)>\"'")
    if re.match(r"(?:www\.)?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/\S+", bare):
        return f"https://{bare}"
    return bare


def _forge_address(text: str, scheme: str, host: str, path: str, password: bool) -> Address:
    """`https://github.com/owner/repository`, whatever page of it was named."""
    pieces = [p for p in path.split("/") if p]
    if host == "gitlab.com":
        cut = pieces.index("-") if "-" in pieces else len(pieces)
        owner, rest = pieces[:cut], pieces[cut + 1 :]
    else:
        owner, rest = pieces[:2], pieces[2:]
    if len(owner) < 2:
        raise Trouble("address-refused", f"{shorten(text)!r} names a person, not a repository.")
    owner[-1] = owner[-1].removesuffix(".git")
    branch = "/".join(rest[1:]) if rest[:1] == ["tree"] else ""
    url = f"https://{host}/{'/'.join(owner)}"
    if scheme == "ssh" and not text.startswith("git@"):
        url = f"ssh://git@{host}/{'/'.join(owner)}.git"
    return Address(url, branch, _password_remarks("x" if password else None))


def _password_remarks(password: str | None) -> tuple[Remark, ...]:
    if not password:
        return ()
    message = "The address held a password or token. It was not used; revoke it."
    return (Remark("address-password", message),)


def _refused(text: str) -> Trouble:
    return Trouble(
        "address-refused",
        f"{shorten(text)!r} is no address of a repository that can be fetched; "
        "hand in one such as https://github.com/owner/repository.",
    )


@dataclass(frozen=True)
class _Unusable:
    """An origin that is known not to work before anything is tried."""

    address: str
    trouble: Trouble

    def version(self, work: Path) -> str:
        raise self.trouble

    def take(self, deadline: datetime | None, work: Path, files: Path) -> Snapshot:
        raise self.trouble


# --- git --------------------------------------------------------------------------------

SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.askPass=",
    "credential.helper=",
    "fetch.recurseSubmodules=false",
    "fetch.unpackLimit=1",
    "gc.auto=0",
    "maintenance.auto=false",
    "pack.threads=1",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=30",
)
PASSED_ON = (
    "PATH",
    "SSH_AUTH_SOCK",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTPS_PROXY",
    "NO_PROXY",
)
TIP = "refs/handin/tip"
USUAL_BRANCHES = ("refs/heads/main", "refs/heads/master")
OUTPUT_MB = 16


class Git:
    """Git commands on one throw-away bare repository, with nothing of anybody's configuration.

    Args:
        folder: Where the repository is made; must not exist.
        caps: Limits of each command.
    """

    def __init__(self, folder: Path, caps: Caps) -> None:
        self.folder = folder
        self.caps = caps
        self.home = folder.with_name(folder.name + ".home")
        self.home.mkdir(parents=True)
        self.run("init", "--quiet", "--bare", "--template=", "--", str(folder), inside=False)
        self.plain_config = (folder / "config").read_bytes()

    def command(self, *arguments: str, inside: bool = True, file_mb: int) -> list[str]:
        """The command line: limits, then git, then its settings."""
        limit = f"ulimit -f {file_mb * 2048}; ulimit -v {self.caps.memory_mb * 1024}"
        settings = [part for setting in SETTINGS for part in ("-c", setting)]
        place = [f"--git-dir={self.folder}"] if inside else []
        shell = ["/bin/sh", "-c", limit + '; exec "$@"', "sh"]
        return [*shell, "git", *place, *settings, *arguments]

    def environment(self) -> dict[str, str]:
        """The environment of every command."""
        passed = {k: os.environ[k] for k in PASSED_ON if k in os.environ}
        return passed | {
            "HOME": str(self.home),
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": ":".join(PROTOCOLS),
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oConnectTimeout=20",
        }

    def run(self, *arguments: str, inside: bool = True) -> bytes:
        """What a command prints, at most 16 MB.

        Raises:
            Trouble: It failed, or ran into a limit.
        """
        writes_pack = arguments[0] == "fetch"
        file_mb = self.caps.pack_mb if writes_pack else OUTPUT_MB
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(
                self.command(*arguments, inside=inside, file_mb=file_mb),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=self.environment(),
                cwd=self.home,
                start_new_session=True,
            )
            try:
                code = process.wait(self.caps.wall_s)
            except subprocess.TimeoutExpired as error:
                raise _trouble("time") from error
            finally:
                _end(process)
            if code != 0:
                raise _trouble(_last_words(err, code))
            out.seek(0)
            return out.read()

    def fetch(self, url: str, ref: str, *options: str) -> None:
        """Fetch a ref or commit of another repository to `TIP`; blobs over the cap may be absent.

        Raises:
            Trouble: It cannot be fetched.
        """
        fixed = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
        try:
            self.run("fetch", *fixed, "--force", *options, "--", url, f"{ref}:{TIP}")
        except Trouble as trouble:
            if self._is_full():
                raise _trouble("limit") from trouble
            raise
        finally:
            # A partial fetch registers the server as the place to get absent objects from. Nothing
            # is to be fetched behind our back: absent stays absent.
            (self.folder / "config").write_bytes(self.plain_config)

    def _is_full(self) -> bool:
        """Whether a pack was cut off at the limit; git itself only says that it is damaged."""
        packs = (self.folder / "objects" / "pack").glob("tmp_*")
        return any(p.stat().st_size >= self.caps.pack_mb << 20 for p in packs)

    def history(self, count: int) -> list[tuple[str, int]]:
        """Commits of the fetched branch with their commit dates (Unix time), newest first."""
        lines = self.run("log", "--first-parent", f"-n{count}", "--format=%H %ct", TIP, "--")
        pairs = (line.split() for line in lines.decode("ascii").splitlines())
        return [(commit, int(time)) for commit, time in pairs]

    def is_shallow(self) -> bool:
        """Whether older commits were left out of what was fetched."""
        return (self.folder / "shallow").exists()

    def tree(self, commit: str) -> Iterator[_Entry]:
        """The entries of a commit's tree.

        Raises:
            Trouble: It cannot be listed within the limits.
        """
        listing = self.run("ls-tree", "-r", "-l", "-z", "--full-tree", commit)
        for line in listing.split(b"\0"):
            if line:
                facts, _, path = line.partition(b"\t")
                mode, _, name, size = facts.decode("ascii").split()
                yield _Entry(path, _KINDS.get(mode[:2], "special"), _size(size), name)

    @contextmanager
    def contents(self) -> Iterator[Callable[[str], Iterator[bytes]]]:
        """A function that gives an object's content in pieces; one process serves them all."""
        process = subprocess.Popen(
            self.command("cat-file", "--batch", file_mb=OUTPUT_MB),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self.environment(),
            cwd=self.home,
            start_new_session=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        clock = threading.Timer(self.caps.wall_s, _kill, (process,))
        clock.start()
        try:
            yield lambda name: _content(process.stdin, process.stdout, name)
        finally:
            clock.cancel()
            _end(process)
            process.stdout.close()
            with suppress(BrokenPipeError):  # a request that the killed process never read
                process.stdin.close()


_KINDS = {"10": "file", "12": "link", "16": "submodule"}


def _size(text: str) -> int | None:
    return int(text) if text.isdigit() else None  # "BAD": the server kept it back as too large


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with its children, unless it has been waited for: then the id is not ours."""
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)


def _end(process: subprocess.Popen[bytes]) -> None:
    _kill(process)
    process.wait()


def _last_words(err: IO[bytes], code: int) -> str:
    err.seek(0)
    text = err.read(65_536).decode("utf-8", "replace")
    if code in (-signal.SIGXFSZ, 128 + signal.SIGXFSZ) or "File size limit" in text:
        return "limit"
    if "signal 25" in text or "Out of memory" in text or "File too large" in text:
        return "limit"
    if code < 0:
        return "signal"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:", "ERR"))]
    return (fatal or lines or [f"exit code {code}"])[0]


def _content(requests: Any, answers: Any, name: str) -> Iterator[bytes]:
    requests.write(name.encode("ascii") + b"\n")
    requests.flush()
    head = answers.readline().split()
    if len(head) != 3 or head[1] != b"blob":
        raise _trouble("an object is missing")
    left = int(head[2])
    while left:
        piece = answers.read(min(left, 1 << 20))
        if not piece:
            raise _trouble("time")
        left -= len(piece)
        yield piece
    answers.read(1)


def _trouble(reason: str) -> Trouble:
    """A failure of git in the student's terms.

    Args:
        reason: Git's last words, or `time`, `limit` or `signal`.
    """
    low = reason.casefold()
    if reason == "time":
        return Trouble("too-slow", "The repository did not answer in time.")
    if reason == "limit":
        return Trouble(
            "too-large",
            "The repository is too large to collect; take data and models out of its history.",
        )
    if reason == "signal":
        return Trouble("damaged", "The repository is damaged: git cannot read it.")
    said = f" (git says: {shorten(reason, 120)})"
    if any(words in low for words in ("could not read username", "authentication", "error: 403")):
        return Trouble(
            "no-access", "The repository is private, or there is none at this address." + said
        )
    if any(words in low for words in ("not found", "not exported", "does not appear", "no such")):
        return Trouble("not-found", "There is no repository at this address." + said)
    return Trouble("unreachable", "The repository could not be reached." + said)


@dataclass(frozen=True)
class _GitServer:
    """A repository on a server."""

    target: Address
    caps: Caps
    file_mb: int

    @property
    def address(self) -> str:
        return self.target.url

    def version(self, work: Path) -> str:
        commit, _ = self._default_branch(Git(work / "refs.git", self.caps))
        return commit

    def _default_branch(self, git: Git) -> tuple[str, str]:
        """The tip of the default branch, and its ref or `HEAD`."""
        found = self._refs(git, "HEAD")
        if "HEAD" in found:
            return found["HEAD"], found.get("-> HEAD", "HEAD")
        found = self._refs(git, "refs/heads/*")
        if not found:
            raise Trouble("empty-repository", "The repository is empty.", State.NOTHING)
        usual = [r for r in USUAL_BRANCHES if r in found]
        if not usual and len(found) > 1:
            raise Trouble(
                "no-default-branch", "The repository has several branches and no default branch."
            )
        ref = usual[0] if usual else next(iter(found))
        return found[ref], ref

    def _refs(self, git: Git, pattern: str) -> dict[str, str]:
        """Commits by ref; under `-> HEAD` the branch that HEAD stands for."""
        text = git.run("ls-remote", "--symref", "--", self.address, pattern)
        found = {}
        for line in text.decode("utf-8", "replace").splitlines():
            commit, _, ref = line.partition("\t")
            if re.fullmatch(r"[0-9a-f]{40,64}", commit):
                found[ref] = commit
            elif commit.startswith("ref: refs/heads/"):
                found[f"-> {ref}"] = commit.removeprefix("ref: ")
        return found

    def _branch_remarks(self, ref: str) -> tuple[Remark, ...]:
        default, named = ref.removeprefix("refs/heads/"), self.target.branch
        if not named or default == "HEAD" or f"{named}/".startswith(f"{default}/"):
            return ()
        message = (
            f"The address names the branch {shorten(named, 60)}; the default branch "
            f"{shorten(default, 60)} is what counts."
        )
        return (Remark("other-branch", message),)

    def take(self, deadline: datetime | None, work: Path, files: Path) -> Snapshot:
        git = Git(work / "tip.git", self.caps)
        _, ref = self._default_branch(git)
        large = f"--filter=blob:limit={self.file_mb * 1_000_000}"
        git.fetch(self.address, ref, "--depth=1", large)
        tip, time = git.history(1)[0]
        commit, later = tip, 0
        if deadline is not None and time > deadline.timestamp():
            commit, time, later = self._before(deadline, ref, work)
            git = self._only(commit, later, ref, work, large)
        snapshot = _git_snapshot(git, tip, commit, time, later, self.file_mb, files)
        return replace(snapshot, remarks=(*self._branch_remarks(ref), *snapshot.remarks))

    def _before(self, deadline: datetime, ref: str, work: Path) -> tuple[str, int, int]:
        """The last commit before the deadline, its time, and how many came after it.

        Asks for more and more history, without files where the server can leave them out.
        """
        git = Git(work / "history.git", self.caps)
        depth = 32
        while True:
            git.fetch(self.address, ref, f"--depth={depth}", "--filter=tree:0")
            found = _last_before(git.history(depth), deadline)
            if found is not None:
                return found
            if not git.is_shallow() or depth >= self.caps.history:
                raise _nothing_in_time()
            depth *= 8

    def _only(self, commit: str, later: int, ref: str, work: Path, large: str) -> Git:
        """A repository that holds one commit with its files.

        Old servers do not give a commit by its name: then as much history as reaches it.
        """
        git = Git(work / "commit.git", self.caps)
        try:
            git.fetch(self.address, commit, "--depth=1", large)
        except Trouble:
            git.fetch(self.address, ref, f"--depth={later + 1}", large)
        return git


def _last_before(
    history: Sequence[tuple[str, int]], deadline: datetime
) -> tuple[str, int, int] | None:
    for later, (commit, time) in enumerate(history):
        if time <= deadline.timestamp():
            return commit, time, later
    return None


def _nothing_in_time() -> Trouble:
    message = "The repository has no commit before the deadline."
    return Trouble("nothing-in-time", message, State.NOTHING)


def _git_snapshot(
    git: Git, tip: str, commit: str, time: int, later: int, file_mb: int, files: Path
) -> Snapshot:
    """A commit's files, read out of git's objects."""
    choice = _choose(git.tree(commit), git.caps, file_mb)
    taken = []
    with git.contents() as content:
        for number, (path, entry) in enumerate(choice.taken):
            copy = files / f"{number:05d}"
            with copy.open("xb") as target:
                for piece in content(entry.handle):
                    target.write(piece)
            taken.append(Taken(path, copy, copy.stat().st_size))
    remarks = list(choice.remarks)
    if later:
        commits = "commit was" if later == 1 else "commits were"
        message = f"{later} {commits} made after the deadline; {commit[:10]} is what counts."
        remarks.insert(0, Remark("late-commit", message))
    return Snapshot(
        tip,
        commit,
        _commit_time(time),
        EVIDENCE_COMMIT,
        tuple(taken),
        choice.ignored,
        tuple(remarks),
    )


def _commit_time(time: int) -> datetime:
    """A commit's date; one that no calendar has becomes the first second of 1970."""
    try:
        return datetime.fromtimestamp(time, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class _BareRepository:
    """A bare repository in a folder of hand-ins. Only its objects and refs are looked at."""

    path: Path
    caps: Caps
    file_mb: int

    @property
    def address(self) -> str:
        return self.path.name

    def version(self, work: Path) -> str:
        git = self._copy(work / "refs.git")
        return git.history(1)[0][0]

    def _copy(self, target: Path) -> Git:
        """Our own repository with the objects of this one: no configuration, hook or alternate."""
        git = Git(target, self.caps)
        size = 0
        for path, status in _walk(self.path, self.caps):
            relative = path.relative_to(self.path)
            wanted = relative.parts[0] in ("refs", "packed-refs", "HEAD") or (
                relative.parts[0] == "objects" and relative.parts[1:2] != ("info",)
            )
            if wanted and stat.S_ISREG(status.st_mode):
                size += status.st_size
                if size > self.caps.pack_mb * 1_000_000:
                    raise _trouble("limit")
                copy = target / relative
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.unlink(missing_ok=True)  # the HEAD of an empty repository
                _copy_file(path, copy)
        try:
            commit = git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}").decode().strip()
            git.run("update-ref", TIP, commit)
        except Trouble as trouble:
            raise Trouble(
                "empty-repository", "The repository is empty or damaged.", State.NOTHING
            ) from trouble
        return git

    def take(self, deadline: datetime | None, work: Path, files: Path) -> Snapshot:
        git = self._copy(work / "tip.git")
        history = git.history(self.caps.history)
        found = (*history[0], 0) if deadline is None else _last_before(history, deadline)
        if found is None:
            raise _nothing_in_time()
        commit, time, later = found
        return _git_snapshot(git, history[0][0], commit, time, later, self.file_mb, files)


# --- plain files ------------------------------------------------------------------------


def read_folder(folder: Path, course: Course, caps: Caps) -> tuple[list[HandIn], list[Remark]]:
    """The hand-ins of a folder: what lies in it under a student's roll number.

    A file belongs to the roll number that its name begins with: `s0417.ipynb`, `s0417_q01.ipynb`.
    """
    file_mb = course.limits.notebook_mb
    files: dict[str, list[Path]] = {}
    origins: dict[str, Origin] = {}
    remarks = []
    for path in sorted(folder.iterdir()):
        student = path.name.removesuffix(".git")
        if path.is_file() and not path.is_symlink():
            student = re.split(r"[_ ]", path.name.split(".")[0])[0]
        if path.name.startswith("."):
            continue
        if path.is_symlink() or not STUDENT.fullmatch(student):
            remarks.append(
                Remark("entry-ignored", f"{shorten(path.name)!r} was ignored: no roll number.")
            )
        elif path.is_dir() and _is_bare(path):
            origins[student] = _BareRepository(path, caps, file_mb)
        else:
            files.setdefault(student, []).append(path)
    for student, paths in files.items():
        if any(p.is_dir() or ".ipynb" in p.name.casefold() for p in paths):
            origins.setdefault(student, _Files(tuple(paths), caps, file_mb))
        else:
            names = ", ".join(repr(shorten(p.name, 60)) for p in paths)
            remarks.append(Remark("entry-ignored", f"{names} was ignored: no notebook."))
    return [HandIn(s, o) for s, o in sorted(origins.items())], remarks


def _is_bare(path: Path) -> bool:
    return all((path / part).exists() for part in ("HEAD", "objects", "refs"))


@dataclass(frozen=True)
class _Files:
    """A student's sub-folder, or single files."""

    paths: tuple[Path, ...]
    caps: Caps
    file_mb: int

    @property
    def address(self) -> str:
        return ", ".join(p.name for p in self.paths)

    def version(self, work: Path) -> str:
        digest = hashlib.sha256()
        for entry in self._entries():
            digest.update(repr((entry.path, entry.kind, entry.size, entry.modified)).encode())
        return digest.hexdigest()

    def _entries(self) -> list[_Entry]:
        entries = []
        for top in self.paths:
            base = top if top.is_dir() else top.parent
            found = _walk(top, self.caps) if top.is_dir() else [(top, top.lstat())]
            for path, status in found:
                kind = {stat.S_IFREG: "file", stat.S_IFLNK: "link"}.get(
                    stat.S_IFMT(status.st_mode), "special"
                )
                relative = os.fsencode(path.relative_to(base))
                entries.append(_Entry(relative, kind, status.st_size, str(path), status.st_mtime))
        if not entries:
            raise Trouble("empty-folder", "The folder is empty.", State.NOTHING)
        return entries

    def take(self, deadline: datetime | None, work: Path, files: Path) -> Snapshot:
        choice = _choose(self._entries(), self.caps, self.file_mb)
        taken = []
        for number, (path, entry) in enumerate(choice.taken):
            copy = files / f"{number:05d}"
            _copy_file(Path(entry.handle), copy)
            taken.append(Taken(path, copy, copy.stat().st_size, entry.modified))
        newest = max((t.modified for t in taken), default=0.0)
        remarks = list(choice.remarks)
        if deadline is not None and newest > deadline.timestamp():
            remarks.append(
                Remark("file-late", "A file is dated after the deadline; it was collected.")
            )
        return Snapshot(
            self.version(work),
            "",
            _commit_time(int(newest)),
            EVIDENCE_FILE,
            tuple(taken),
            choice.ignored,
            tuple(remarks),
        )


def _walk(folder: Path, caps: Caps) -> Iterator[tuple[Path, os.stat_result]]:
    """Everything in a folder that is no folder; links are not followed, `.git` is not entered."""
    count = 0
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            inside = sorted(entries, key=lambda e: e.name)
        for entry in inside:
            count += 1
            if count > caps.listed:
                raise Trouble("too-many-files", "The folder holds too many files to collect.")
            if not entry.is_dir(follow_symlinks=False):
                yield Path(entry.path), entry.stat(follow_symlinks=False)
            elif entry.name.casefold() != ".git":
                waiting.append(Path(entry.path))


def _copy_file(path: Path, copy: Path) -> None:
    """Copy a regular file that must not have become a link or a device meanwhile."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as source, copy.open("xb") as target:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Trouble("not-a-file", f"{shorten(path.name)!r} is no regular file.")
        shutil.copyfileobj(source, target)


# --- which files are taken --------------------------------------------------------------

UNWANTED = frozenset(
    {".git", ".ipynb_checkpoints", "__pycache__", ".ds_store", "__macosx", ".venv", ".gitmodules"}
)


@dataclass(frozen=True)
class _Entry:
    """Something that a hand-in lists: a path in bytes, its kind, and how to get its content."""

    raw: bytes
    kind: str
    size: int | None
    handle: str
    modified: float = 0.0

    @property
    def path(self) -> str:
        """The path as text that can be written, shown and stored: no control character."""
        text = self.raw.decode("utf-8", "replace")
        return "".join(c if c.isprintable() and c != "\\" else "_" for c in text)

    @property
    def is_notebook(self) -> bool:
        """Whether the name is that of a notebook, also of one saved as `q01.ipynb.txt`."""
        return ".ipynb" in self.path.casefold()


@dataclass(frozen=True)
class _Choice:
    taken: tuple[tuple[str, _Entry], ...]
    ignored: tuple[Ignored, ...]
    remarks: tuple[Remark, ...]


_REASONS = {
    "link": ("link-refused", "Links are not followed; hand in the file itself: {}."),
    "submodule": ("submodule-refused", "Submodules are not collected: {}."),
    "special": ("not-a-file", "These are no regular files: {}."),
    "path": ("path-refused", "These paths cannot be used: {}."),
    "too large": ("too-large", "These files are too large to collect: {}."),
    "too many": ("too-many-files", "There are too many files; these were left out: {}."),
}


def _choose(entries: Iterable[_Entry], caps: Caps, file_mb: int) -> _Choice:
    """Which entries are taken. Notebooks come first, so that data cannot crowd them out."""
    listed = []
    for entry in entries:
        listed.append(entry)
        if len(listed) > caps.listed:
            raise Trouble("too-many-files", "The repository holds too many files to collect.")
    taken: list[tuple[str, _Entry]] = []
    ignored: list[Ignored] = []
    left = caps.total_mb * 1_000_000
    for entry in sorted(listed, key=lambda e: (not e.is_notebook, e.raw)):
        reason = _refusal(entry, caps, file_mb)
        if not reason and (len(taken) >= caps.files or (entry.size or 0) > left):
            reason = "too many"
        if reason:
            ignored.append(Ignored(entry.path, entry.size or 0, reason))
        else:
            left -= entry.size or 0
            taken.append((entry.path, entry))
    return _Choice(tuple(taken), tuple(ignored[: caps.files]), tuple(_ignored_remarks(ignored)))


def _refusal(entry: _Entry, caps: Caps, file_mb: int) -> str:
    """Why an entry is left out; empty where it is taken."""
    parts = entry.path.split("/")
    folded = [part.casefold() for part in parts]
    if any(part in ("", ".", "..") for part in parts) or len(parts) > caps.depth:
        return "path"
    if len(entry.path.encode()) > caps.path_bytes:
        return "path"
    if any(part in UNWANTED for part in folded):
        return "not part of the work"
    if entry.kind != "file":
        return entry.kind
    if entry.size is None or entry.size > file_mb * 1_000_000:
        return "too large"
    return ""


def _ignored_remarks(ignored: Sequence[Ignored]) -> Iterator[Remark]:
    for reason, (kind, message) in _REASONS.items():
        paths = [i.path for i in ignored if i.reason == reason]
        if paths:
            more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
            yield Remark(kind, message.format(", ".join(shorten(p, 60) for p in paths[:3]) + more))


# --- which file is which notebook -------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """A source notebook as students got it: text of its cells and which of them are answers."""

    name: str
    texts: Mapping[str, str]
    answers: frozenset[str]


@dataclass(frozen=True)
class _Found:
    """A handed-in notebook: its cells' texts by grade id, or why it cannot be read."""

    file: Taken
    texts: Mapping[str, str]
    ids: frozenset[str]
    trouble: str = ""

    @property
    def name(self) -> str:
        return PurePosixPath(self.file.path).name


def wanted_notebooks(course: Course, assignment: Assignment) -> tuple[tuple[Wanted, ...], str]:
    """The notebooks that students were given, and a digest of them.

    Raises:
        SourceError: There is no release, or it is unreadable.
    """
    wanted = []
    digest = hashlib.sha256()
    for name in assignment.notebooks:
        path = course.release(assignment.name) / f"{name}.ipynb"
        if not path.is_file():
            raise SourceError(
                f"there is no release of {name}",
                str(path),
                f"make it first: autograder release {assignment.name}",
            )
        known = [c for c in read_source(path).cells if grade_id(c)]
        texts = {grade_id(c): str(c.source).strip() for c in known}
        answers = frozenset(grade_id(c) for c in known if role(c) in (Role.ANSWER, Role.ESSAY))
        wanted.append(Wanted(name, texts, answers))
        digest.update(repr((name, sorted(texts.items()), sorted(answers))).encode())
    return tuple(wanted), digest.hexdigest()


def _read_found(file: Taken) -> _Found:
    content = file.copy.read_bytes()
    try:
        cells = parse_handed_in(content, file.path).cells
    except NotebookError as error:
        trouble = str(error.what)
    except RecursionError:
        trouble = "is nested too deeply"
    else:
        texts: dict[str, str] = {}
        for cell in cells:
            texts.setdefault(grade_id(cell), str(cell.source).strip())
        texts.pop("", None)
        return _Found(file, texts, frozenset(texts))
    if content.startswith(b"version https://git-lfs.github.com/spec/"):
        trouble = "lies in Git LFS, only a pointer to it is in the repository"
    ids = re.findall(rb'"grade_id"\s*:\s*"([A-Za-z0-9_.-]{1,64})"', content)
    return _Found(file, {}, frozenset(i.decode() for i in ids), trouble)


def match_notebooks(
    wanted: Sequence[Wanted], found: Sequence[_Found]
) -> tuple[dict[str, _Found], tuple[Match, ...], tuple[Remark, ...]]:
    """Which handed-in notebook stands for which source notebook.

    The one with most answers changed against the release; then the one named so; then the newest.
    One that cannot be read is taken where nothing readable holds an answer, for a person to see.

    Returns:
        The chosen notebooks by source name, the same with reasons, and remarks.
    """
    chosen: dict[str, _Found] = {}
    matches: list[Match] = []
    remarks: list[Remark] = []
    missing: list[str] = []
    for source in wanted:
        claims = sorted(
            (c for f in found if (c := _claim(source, f, wanted)) is not None),
            key=lambda c: c.rank,
        )
        if not claims:
            missing.append(source.name)
            continue
        best, others = claims[-1], claims[-2::-1]
        chosen[source.name] = best.found
        paths = tuple(c.found.file.path for c in others)
        matches.append(Match(source.name, best.found.file.path, best.reason, paths))
        remarks += _match_remarks(source, best, [c for c in others if c.changed or c.found.trouble])
    if missing:
        message = f"There is no notebook for {', '.join(missing)} in the hand-in."
        remarks.append(Remark("notebook-missing", message))
    strangers = any(f.ids and not f.trouble for f in found)
    if wanted and not matches and strangers:
        message = "The notebooks in the hand-in belong to another assignment."
        remarks.append(Remark("wrong-assignment", message))
    return chosen, tuple(matches), tuple(remarks)


@dataclass(frozen=True)
class _Claim:
    found: _Found
    changed: int
    reason: str
    rank: tuple[int, int, int, float, str]


def _claim(source: Wanted, found: _Found, wanted: Sequence[Wanted]) -> _Claim | None:
    """What speaks for a file being a source notebook; None where nothing does."""
    shared = source.answers & found.ids or source.texts.keys() & found.ids
    named = int(found.name == f"{source.name}.ipynb")
    if not shared and (found.ids or _most_like(found.name, wanted) != source.name):
        return None
    changed = sum(found.texts.get(i, source.texts[i]) != source.texts[i] for i in source.answers)
    if found.trouble:
        reason = "it cannot be read; its name or the ids in it say so"
        strength = 1
    elif not shared:
        reason = "its name says so; it holds no ids of the release"
        strength = 1
    else:
        reason = f"{changed} of {len(source.answers)} answers differ from the release"
        strength = 2 if changed else 0
    rank = (strength, changed, named, found.file.modified, found.file.path)
    return _Claim(found, changed, reason, rank)


def _most_like(file_name: str, wanted: Sequence[Wanted]) -> str:
    """The source notebook whose name a file's name is most like; empty where it is like none."""
    best = max(wanted, key=lambda w: _likeness(w.name, file_name), default=None)
    if best is None or _likeness(best.name, file_name) < (0.8, 0):
        return ""
    return best.name


def _likeness(name: str, file_name: str) -> tuple[float, int]:
    """How alike two names are, from 0 to 1, then the length they share.

    Blanks, copies' numbers and suffixes do not count.
    """
    stem = file_name.casefold().split(".ipynb")[0]
    plain = re.sub(r"[^a-z0-9]", "", re.sub(r"\(\d+\)|\bcopy( of)?\b", "", stem))
    expected = re.sub(r"[^a-z0-9]", "", name.casefold())
    if expected in plain:
        return 1.0, len(expected)
    return SequenceMatcher(None, expected, plain).ratio(), 0


def _match_remarks(source: Wanted, best: _Claim, rivals: Sequence[_Claim]) -> Iterator[Remark]:
    path = shorten(best.found.file.path, 80)
    if best.found.trouble:
        yield Remark(
            "unreadable", f"{path!r} stands for {source.name}, but it {best.found.trouble}."
        )
    elif not best.found.ids:
        yield Remark("no-grade-ids", f"{path!r} has lost the ids of its cells; its name was used.")
    if rivals:
        names = ", ".join(repr(shorten(r.found.file.path, 60)) for r in rivals[:3])
        yield Remark(
            "several-notebooks",
            f"Several notebooks hold answers of {source.name}: {path!r} was taken, not {names}.",
        )


# --- one hand-in ------------------------------------------------------------------------


class _Collector:
    """Collects hand-ins one by one; may be used by several threads."""

    def __init__(self, course: Course, assignment: Assignment, caps: Caps) -> None:
        self.course = course
        self.assignment = assignment
        self.caps = caps
        self.wanted, self.release = wanted_notebooks(course, assignment)
        self.reading = threading.Lock()  # one notebook in memory at a time
        deadline = assignment.deadline
        self.deadline = deadline.isoformat() if deadline is not None else ""

    def collect(self, handin: HandIn) -> Receipt:
        """The receipt of one hand-in, whatever happens to it."""
        earlier = read_receipt(self.course, self.assignment.name, handin.student)
        if earlier is not None and not earlier.files:
            earlier = None
        target = self.course.submitted(handin.student, self.assignment.name)
        self.course.cache.mkdir(parents=True, exist_ok=True)
        try:
            _recover(target)
            with tempfile.TemporaryDirectory(prefix="collect-", dir=self.course.cache) as work:
                return self._collect(handin, earlier, target, Path(work))
        except Trouble as trouble:
            return self._not_collected(handin, earlier, trouble)
        except OSError as error:
            message = f"It could not be stored: {error.strerror or error}."
            return self._not_collected(handin, earlier, Trouble("not-stored", message))

    def _collect(
        self, handin: HandIn, earlier: Receipt | None, target: Path, work: Path
    ) -> Receipt:
        version = handin.origin.version(work)
        if earlier is not None and self._is_current(earlier, handin, version, target):
            return replace(earlier, state=State.UNCHANGED)
        new = target.with_name(f".{target.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        (new / "raw").mkdir(parents=True)
        try:
            snapshot = handin.origin.take(self.assignment.deadline, work, new / "raw")
            if earlier is not None and self._is_pinned(earlier, handin, snapshot):
                raise Trouble(
                    "history-changed",
                    "The repository's history before the deadline changed after it had been "
                    f"collected; {earlier.commit[:10]} still counts.",
                )
            receipt = self._arrange(handin, snapshot, new)
            _swap(new / "files", target)
        finally:
            shutil.rmtree(new, ignore_errors=True)
            if not any(target.parent.iterdir()):
                target.parent.rmdir()
        self._write(receipt)
        return receipt

    def _is_current(self, earlier: Receipt, handin: HandIn, version: str, target: Path) -> bool:
        """Whether collecting again would give what already lies there."""
        same = (
            earlier.version == version
            and earlier.address == handin.origin.address
            and earlier.deadline == self.deadline
            and earlier.release == self.release
        )
        told = (handin.name, handin.email, handin.remarks)
        form_remarks = tuple(r for r in earlier.remarks if r.kind in FORM_KINDS)
        same = same and told == (earlier.name, earlier.email, form_remarks)
        return same and all(_is_intact(target, f) for f in earlier.files)

    def _is_pinned(self, earlier: Receipt, handin: HandIn, snapshot: Snapshot) -> bool:
        """Whether the commit was settled by a collection after this same deadline.

        What the server held then cannot be added to: another commit "before the deadline" that
        turns up now carries a date that was made up.
        """
        deadline = self.assignment.deadline
        return (
            deadline is not None
            and bool(earlier.commit)
            and earlier.commit != snapshot.commit
            and earlier.address == handin.origin.address
            and earlier.deadline == self.deadline
            and datetime.fromisoformat(earlier.collected_at) > deadline
        )

    def _arrange(self, handin: HandIn, snapshot: Snapshot, new: Path) -> Receipt:
        """Put the files of a snapshot into their places in `new/files`."""
        if not snapshot.files:
            raise Trouble(
                "no-files",
                "There is no file in the hand-in that can be collected.",
                State.NOTHING,
                snapshot.remarks,
            )
        chosen, matches, remarks = match_notebooks(self.wanted, self._notebooks(snapshot))
        folder = new / "files"
        folder.mkdir()
        stored = _store(snapshot.files, {n: f.file for n, f in chosen.items()}, folder)
        text = snapshot.time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        (folder / RESERVED).write_text(text + "\n", encoding="utf-8")
        return Receipt(
            student=handin.student,
            assignment=self.assignment.name,
            state=State.COLLECTED,
            address=handin.origin.address,
            name=handin.name,
            email=handin.email,
            commit=snapshot.commit,
            commit_time=snapshot.time.astimezone(UTC).isoformat(),
            evidence=snapshot.evidence,
            version=snapshot.version,
            deadline=self.deadline,
            release=self.release,
            collected_at=datetime.now(UTC).isoformat(timespec="seconds"),
            files=stored,
            matched=matches,
            ignored=snapshot.ignored,
            remarks=(*handin.remarks, *snapshot.remarks, *remarks),
        )

    def _notebooks(self, snapshot: Snapshot) -> list[_Found]:
        found = []
        for file in snapshot.files:
            if ".ipynb" in file.path.casefold():
                with self.reading:
                    found.append(_read_found(file))
        return found

    def _not_collected(self, handin: HandIn, earlier: Receipt | None, trouble: Trouble) -> Receipt:
        """The receipt of a hand-in that gave nothing; what was collected before stays."""
        if earlier is not None:
            kept = "What was collected earlier still counts."
            remarks = (*earlier.remarks, *trouble.remarks, Remark("earlier-kept", kept))
            return replace(earlier, state=State.FAILED, remarks=remarks)
        receipt = Receipt(
            student=handin.student,
            assignment=self.assignment.name,
            state=trouble.state,
            address=handin.origin.address,
            name=handin.name,
            email=handin.email,
            deadline=self.deadline,
            collected_at=datetime.now(UTC).isoformat(timespec="seconds"),
            remarks=(*handin.remarks, *trouble.remarks),
        )
        self._write(receipt)
        return receipt

    def _write(self, receipt: Receipt) -> None:
        path = receipt_folder(self.course, self.assignment.name) / f"{receipt.student}.json"
        new = path.with_suffix(".new")
        new.write_text(receipt.to_json(), encoding="utf-8")
        new.replace(path)


def _store(
    files: Sequence[Taken], chosen: Mapping[str, Taken], folder: Path
) -> tuple[CollectedFile, ...]:
    """Move copies to their places: chosen notebooks under their source's name, others their own.

    A notebook that stands for several source notebooks is written once for each.
    """
    places = _Places()
    stored = []
    for name, file in chosen.items():
        place = places.take(f"{name}.ipynb")
        shutil.copyfile(file.copy, folder / place)
        stored.append(_collected(file, place, folder))
    standing = {file.copy for file in chosen.values()}
    for file in files:
        if file.copy not in standing:
            place = places.take(file.path)
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            file.copy.rename(folder / place)
            stored.append(_collected(file, place, folder))
    return tuple(stored)


def _collected(file: Taken, place: str, folder: Path) -> CollectedFile:
    return CollectedFile(file.path, place, file.size, _digest(folder / place))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_intact(folder: Path, file: CollectedFile) -> bool:
    path = folder / file.stored
    return path.is_file() and path.stat().st_size == file.size and _digest(path) == file.sha256


class _Places:
    """Gives every file a path of its own, on any file system; upper and lower case are one."""

    def __init__(self) -> None:
        self.files = {RESERVED}
        self.folders: set[str] = set()

    def take(self, path: str) -> str:
        """The path itself where it is free, else one under `_other`."""
        for prefix in self._prefixes():
            place = prefix + path
            if self._is_free(place):
                self.files.add(place.casefold())
                self.folders |= {str(p).casefold() for p in PurePosixPath(place).parents}
                return place
        raise AssertionError("prefixes are endless")

    def _prefixes(self) -> Iterator[str]:
        yield ""
        yield f"{ASIDE}/"
        number = 2
        while True:
            yield f"{ASIDE}-{number}/"
            number += 1

    def _is_free(self, place: str) -> bool:
        key = place.casefold()
        above = {str(p).casefold() for p in PurePosixPath(place).parents}
        return key not in self.files | self.folders and not above & self.files


def _old(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")


def _swap(new: Path, target: Path) -> None:
    """Put a finished folder in place of the old one."""
    old = _old(target)
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _recover(target: Path) -> None:
    """Bring back the old folder where we died between the two steps of `_swap`."""
    old = _old(target)
    if old.is_dir() and not target.exists():
        old.rename(target)
