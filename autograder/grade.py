"""Many submissions: find what is to be graded, judge it, record it, go on after an interruption.

Each submission is judged in a fork of this process, which is warm: it has loaded what tests
import. The fork starts the submission's sandbox. This process alone writes to the gradebook.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.course import Assignment, Course
from autograder.data import CourseData
from autograder.errors import InputError, NotebookError
from autograder.examine import Examined, examine, not_examined, prepare
from autograder.files import find_files, matches, with_written
from autograder.gradebook import Gradebook
from autograder.notebook import (
    Role,
    SourceNotebook,
    dumps,
    grade_id,
    is_kept,
    read_handed_in,
    role,
    stored_text,
)
from autograder.plan import (
    Plan,
    make_plan,
    patterns_of,
    released_files,
    sources_digest,
    wall_limit_s,
    warm_process,
    warm_up,
)
from autograder.verdict import Remark, Status, SubmissionResult, shorten
from autograder.warm import Submission, Warm
from autograder.workers import Failure, Finished, alone, cores, run_forked

FAULT = "The grader itself failed on this work; a person will look at it."
DOCUMENTS = frozenset({".pdf", ".docx", ".odt", ".tex", ".jpg", ".jpeg", ".png", ".heic"})
RESULT = "verdicts.json"
TIMESTAMP = "timestamp.txt"
TIMESTAMP_FORMS = ("%Y-%m-%d %H:%M:%S %Z", "%Y-%m-%d %H:%M:%S.%f %Z", "%Y-%m-%d %H:%M:%S")


@dataclass(frozen=True)
class Graded:
    """What a run of `grade` did.

    Attributes:
        results: Results of all submissions, those from earlier runs too, by roll number.
        unchanged: How many were graded before and had not changed.
        failures: Submissions that our own side could not judge, by roll number.
        data: The data that stood behind the tests.
        sandbox: Which sandbox was used.
    """

    results: tuple[SubmissionResult, ...]
    unchanged: int
    failures: tuple[tuple[str, Failure], ...]
    data: CourseData
    sandbox: str


def grade(
    course: Course,
    assignment: Assignment,
    *,
    students: Sequence[str] = (),
    sandbox: str = "auto",
    workers: int | None = None,
    again: bool = False,
    on_progress: Callable[[str, int, int], None] = lambda student, done, total: None,
) -> Graded:
    """Judge the submissions of an assignment and record the results.

    Args:
        course: The course.
        assignment: The assignment; its hand-ins lie in `submitted/`.
        students: Roll numbers; empty for all.
        sandbox: `auto`, `bubblewrap`, `landlock` or `none`.
        workers: How many at a time; None for one a core.
        again: Judge also what has not changed since.
        on_progress: Called with a roll number, how many are done, and of how many.

    Raises:
        InputError: There is nothing to grade, or a source, setting or the sandbox is unusable.
    """
    plan = make_plan(course, assignment, sandbox)
    found = _submissions(course, assignment, students)
    deciding = sources_digest(plan)
    prints = {s: fingerprint(deciding, course.submitted(s, assignment.name)) for s in found}
    with alone(course.cache / "grading.lock", "this course is being graded"):
        todo = [s for s in found if again or not _is_recorded(plan, s, prints[s])]
        with _scratch(course, assignment):
            failures = _grade(plan, todo, prints, workers or cores(), on_progress)
    results = [read_result(course, assignment.name, s) for s in found]
    return Graded(
        tuple(r for r in results if r is not None),
        len(found) - len(todo),
        tuple(failures),
        plan.data,
        plan.sandbox,
    )


def _submissions(course: Course, assignment: Assignment, students: Sequence[str]) -> list[str]:
    folder = course.root / "submitted"
    there = sorted(p.parent.name for p in folder.glob(f"*/{assignment.name}") if p.is_dir())
    for student in students:
        if student not in there:
            raise InputError(
                f"{student} has handed in nothing for {assignment.name}",
                str(folder),
                "check the roll number",
            )
    if not there:
        raise InputError(
            f"nothing has been handed in for {assignment.name}",
            str(folder),
            f"run `autograder collect {assignment.name} --from FORM.csv` first",
        )
    return [s for s in there if not students or s in students]


@contextmanager
def _scratch(course: Course, assignment: Assignment) -> Iterator[None]:
    """A place for temporary files of this run; what a killed run has left is taken away."""
    folder = course.cache / "scratch"
    drafts = course.autograded("*", assignment.name).with_name(f".{assignment.name}.*-*")
    left = [folder, *course.root.glob(str(drafts.relative_to(course.root)))]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    folder.mkdir(parents=True)
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)


def _grade(
    plan: Plan,
    students: Sequence[str],
    prints: Mapping[str, str],
    workers: int,
    on_progress: Callable[[str, int, int], None],
) -> list[tuple[str, Failure]]:
    """Judge and record; submissions that our own side could not judge."""
    failures = []
    warming = warm_process(plan) if students else nullcontext()
    with warming as warm, Gradebook(plan.course) as gradebook:
        gradebook.register(plan.assignment, plan.sources)  # meanwhile the warm process loads
        judged = _judge(plan, students, warm, workers) if warm is not None else iter(())
        for done, finished in enumerate(judged, start=1):
            failure = _record(plan, finished, gradebook)
            if failure is None:
                _mark_recorded(plan, finished.job, prints[finished.job])
            else:
                failures.append((finished.job, failure))
            on_progress(finished.job, done, len(students))
    return failures


def _judge(
    plan: Plan, students: Sequence[str], warm: Warm, workers: int
) -> Iterator[Finished[str]]:
    warm_up(plan)
    for source in plan.sources:
        prepare(source)
    warm.wait()
    return run_forked(
        students,
        lambda student: judge_one(plan, student, warm),
        workers=workers,
        wall_s=wall_limit_s(plan, len(plan.sources)),
        before=warm.revive,
    )


def _record(plan: Plan, finished: Finished[str], gradebook: Gradebook) -> Failure | None:
    """Bring what was found into the gradebook; why our own side could not judge, if so."""
    student, failure = finished.job, finished.failure
    if failure is not None:
        _keep(plan, _given_up(plan, student))
        works = works_of(plan, student)
    else:
        told = json.loads(finished.text or "")
        works, failure = told["works"], Failure(told["faults"]) if told["faults"] else None
    result = read_result(plan.course, plan.assignment.name, student)
    assert result is not None
    when = handed_in_at(plan.course.submitted(student, plan.assignment.name))
    gradebook.record(result, when, works)
    return failure


def judge_one(plan: Plan, student: str, warm: Warm) -> str:
    """Judge one submission in this process; its notebooks and results go to `autograded/`.

    Returns:
        JSON for the parent: faults of ours in words, and what `works_of` says.
    """
    folder = plan.course.submitted(student, plan.assignment.name)
    with Submission(warm, folder) as submission:
        judged = [_judge_safely(plan, source, folder, submission) for source in plan.sources]
    examined = [one for one, _ in judged]
    _keep(plan, (_result(plan, student, examined), examined))
    faults = "\n".join(fault for _, fault in judged if fault)
    return json.dumps({"faults": faults, "works": works_of(plan, student)})


def _judge_safely(
    plan: Plan, source: SourceNotebook, folder: Path, submission: Submission
) -> tuple[Examined, str]:
    """Judge one notebook; a fault of ours leaves it, and it alone, to a person.

    Returns:
        What was found, and the fault in words; empty where there was none.

    Raises:
        InputError: The instructor's side is wrong: that concerns everybody.
    """
    try:
        return _judge_notebook(plan, source, folder, submission), ""
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001  (hostile input found a fault of ours: told, not lost)
        examined = not_examined(source, Status.UNGRADED, FAULT, Remark("grader-failed", FAULT))
        return examined, f"{source.name}: {type(error).__name__}: {error}"


def _judge_notebook(
    plan: Plan, source: SourceNotebook, folder: Path, submission: Submission
) -> Examined:
    try:
        path, remarks = find_notebook(folder, source, plan.course.limits.notebook_mb)
        handed_in = (
            read_handed_in(path, plan.course.limits.notebook_mb) if path is not None else None
        )
    except NotebookError as error:
        words = f"{error.where} {error.what}. A person will look at it; to be safe, {error.cure}."
        return not_examined(source, Status.UNGRADED, words, Remark("unreadable", words))
    if handed_in is None:
        words = f"No notebook with the cells of {source.name}.ipynb was handed in."
        others = _other_work(plan, folder, source)
        if others:
            words += f" A person will look at what is there: {', '.join(others[:5])}."
            return not_examined(source, Status.UNGRADED, words, Remark("other-work", words))
        return not_examined(source, Status.FAILED, words, Remark("notebook-missing", words))
    files, moved = _files(plan, source, folder, handed_in)
    examined = examine(source, handed_in, submission, plan.course.secret, files)
    result = replace(examined.result, remarks=(*remarks, *moved, *examined.result.remarks))
    return replace(examined, result=result)


def _files(
    plan: Plan, source: SourceNotebook, folder: Path, handed_in: NotebookNode
) -> tuple[dict[str, bytes], tuple[Remark, ...]]:
    """The files that belong to a notebook's answers, and remarks on where they were."""
    patterns = patterns_of(plan, source)
    if not patterns:
        return {}, ()
    released = released_files(plan, source)
    files, moved = find_files(folder, patterns, released)
    cells = [c.source for c in handed_in.cells if c.cell_type == "code"]
    files, written = with_written(files, released, cells, patterns)
    return files, (*moved, *written)


def _other_work(plan: Plan, folder: Path, source: SourceNotebook) -> list[str]:
    """Files that may hold answers in another form: documents, scans, notebooks of one's own.

    Files that another notebook's questions ask for are no answers to this one's.
    """
    found = []
    known = {i for s in plan.sources for i in s.cells}
    asked = {p for s in plan.sources if s.name != source.name for p in patterns_of(plan, s)}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()):
        if matches(path.relative_to(folder).as_posix(), asked):
            continue
        if path.suffix.lower() in DOCUMENTS:
            found.append(path.name)
        elif path.suffix == ".ipynb":
            try:
                ids = {
                    grade_id(c) for c in read_handed_in(path, plan.course.limits.notebook_mb).cells
                }
            except NotebookError:
                ids = set()
            found += [] if ids & known else [path.name]
    return [shorten(name, 60) for name in found]


def find_notebook(
    folder: Path, source: SourceNotebook, limit_mb: float
) -> tuple[Path | None, tuple[Remark, ...]]:
    """A hand-in's notebook for one source notebook: by name, else by the grade ids inside.

    Returns:
        Its path, None where there is none, and remarks on how it was found.
    """
    named = folder / f"{source.name}.ipynb"
    if named.is_file() and not named.is_symlink():
        return named, ()
    best: tuple[int, Path] | None = None
    for path in sorted(folder.rglob("*.ipynb")):
        if path.is_symlink() or ".ipynb_checkpoints" in path.parts:
            continue
        try:
            cells = read_handed_in(path, limit_mb).cells
        except NotebookError:
            continue
        known = len({grade_id(c) for c in cells} & set(source.cells))
        if known and (best is None or known > best[0]):
            best = (known, path)
    if best is None:
        return None, ()
    relative = best[1].relative_to(folder)
    return best[1], (Remark("found-by-content", f"{relative} was read as {source.name}.ipynb."),)


# --- results ----------------------------------------------------------------------------


def _result(plan: Plan, student: str, examined: Sequence[Examined]) -> SubmissionResult:
    results = tuple(e.result for e in examined)
    return SubmissionResult(plan.assignment.name, student, results, (), plan.sandbox)


def _given_up(plan: Plan, student: str) -> tuple[SubmissionResult, list[Examined]]:
    """Every cell ungraded: what our own side could not judge goes to a person."""
    remark = Remark("grader-failed", FAULT)
    examined = [not_examined(s, Status.UNGRADED, FAULT, remark) for s in plan.sources]
    return _result(plan, student, examined), examined


def _keep(plan: Plan, judged: tuple[SubmissionResult, Sequence[Examined]]) -> None:
    """Write a submission's results and executed notebooks, all or nothing."""
    result, examined = judged
    target = plan.course.autograded(result.student, result.assignment)
    draft = target.with_name(f".{target.name}.draft-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for one in examined:
        (draft / f"{one.result.notebook}.ipynb").write_text(dumps(one.notebook), encoding="utf-8")
    (draft / RESULT).write_text(result.to_json(), encoding="utf-8")
    stamp = plan.course.submitted(result.student, result.assignment) / TIMESTAMP
    if stamp.is_file():
        shutil.copyfile(stamp, draft / TIMESTAMP)
    old = target.with_name(f".{target.name}.old-{os.getpid()}")
    if target.exists():
        target.rename(old)
    draft.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def read_result(course: Course, assignment: str, student: str) -> SubmissionResult | None:
    """The results that an earlier run wrote; None where there are none that can be read."""
    path = course.autograded(student, assignment) / RESULT
    try:
        return SubmissionResult.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def works_of(plan: Plan, student: str) -> dict[str, str]:
    """A digest, by graded cell, of the work that its points are for, as it was judged.

    An essay's is its own text with attachments; a test's is everything that the student wrote in
    the notebook. Files that belong to a notebook's answers count for both.
    """
    works: dict[str, str] = {}
    folder = plan.course.submitted(student, plan.assignment.name)
    for source in plan.sources:
        path = plan.course.autograded(student, plan.assignment.name) / f"{source.name}.ipynb"
        executed = read_executed(path)
        written = _written(source, executed)
        files = sorted(_files(plan, source, folder, executed)[0].items())
        for cell in source.graded:
            name = grade_id(cell)
            work = written.get(name) if role(cell) is Role.ESSAY else sorted(written.items())
            digest = hashlib.sha256(json.dumps(work, sort_keys=True).encode())
            for file, content in files:
                digest.update(file.encode(errors="replace") + b"\0" + content)
            works[name] = digest.hexdigest()
    return works


def read_executed(path: Path) -> NotebookNode:
    """An executed notebook that an earlier run wrote."""
    return nbformat.v4.reads(path.read_text(encoding="utf-8"))  # our own: not checked again


def _written(source: SourceNotebook, executed: NotebookNode) -> dict[str, Any]:
    """What a student wrote in a notebook, by cell: text, attachments, a kept cell's log."""
    given = {i for i, c in source.cells.items() if role(c) not in (Role.ANSWER, Role.ESSAY)}
    prose = {(c.id, c.source) for c in source.student.cells if role(c) is Role.PROSE}
    written: dict[str, Any] = {}
    for cell in executed.cells:
        name = grade_id(cell)
        if name not in given and (cell.id, cell.source) not in prose:
            kept = name in source.cells and is_kept(source.cells[name])
            log = stored_text(cell.outputs) if kept else ""
            key = name or f"own {len(written)}"
            written[key] = [cell.source, cell.get("attachments", {}), log]
    return written


def handed_in_at(folder: Path) -> datetime | None:
    """The time in a hand-in's `timestamp.txt`, in UTC unless it says otherwise."""
    try:
        text = (folder / TIMESTAMP).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    for form in TIMESTAMP_FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


# --- what has been done -----------------------------------------------------------------


def fingerprint(deciding: str, folder: Path) -> str:
    """A digest of a hand-in and of everything else that decides its verdicts.

    Args:
        deciding: Digest of everything else, from `plan.sources_digest`.
        folder: The hand-in.
    """
    digest = hashlib.sha256(deciding.encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            digest.update(str(path.relative_to(folder)).encode(errors="replace") + b"\0")
            digest.update(_digest_of(path))
    return digest.hexdigest()


def _digest_of(path: Path) -> bytes:
    """A digest of one file; one that cannot be read has none, and is judged as unreadable."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        return str(error.errno).encode()


def _mark(plan: Plan, student: str) -> Path:
    return plan.course.cache / "recorded" / plan.assignment.name / f"{student}.json"


def _is_recorded(plan: Plan, student: str, digest: str) -> bool:
    """Whether this very work was judged by this very kit and stands in the gradebook."""
    try:
        mark = json.loads(_mark(plan, student).read_text())
    except (OSError, ValueError):
        return False
    there = plan.course.gradebook.is_file() and read_result(
        plan.course, plan.assignment.name, student
    )
    return bool(mark == {"fingerprint": digest}) and bool(there)


def _mark_recorded(plan: Plan, student: str, digest: str) -> None:
    path = _mark(plan, student)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"fingerprint": digest}))
