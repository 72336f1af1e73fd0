"""Proof that every question judges as it should.

The solution earns every point, the untouched release none, each known right answer all of them,
and each known wrong answer loses the points that it should and no others. All of them go through
the very path that students' work goes through; the solution also passes its tests in one ordinary
kernel, as on a student's machine and in stock nbgrader.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from autograder.agent import Outputs, make_shell
from autograder.answers import Answer, fill, kept_outputs, load_answers, solution_cells
from autograder.course import Assignment, Course, Question
from autograder.examine import examine, prepare
from autograder.notebook import Role, SourceNotebook, dumps, grade_id, is_kept, role
from autograder.plan import (
    Plan,
    code_digest,
    make_plan,
    released_files,
    solution_files,
    sources_digest,
    wall_limit_s,
    warm_process,
    warm_up,
)
from autograder.verdict import Status, Verdict, question_of, verdict_from_dict
from autograder.warm import Submission, Warm
from autograder.workers import cores, run_forked

RIGHT_FORMS, WRONG_ANSWERS = 2, 3  # the least that a proved question keeps


@dataclass(frozen=True)
class Case:
    """One thing to prove about a question.

    Attributes:
        question: Question id.
        notebook: Source notebook.
        name: `solution`, `stub`, `one-kernel`, or the name of a known answer.
        kind: `solution`, `stub`, `kernel`, `right` or `wrong`.
        loses: Cells that must lose points; empty for all but wrong answers.
    """

    question: str
    notebook: str
    name: str
    kind: str
    loses: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Proved:
    """What came out for one case: its verdicts, and what is not as it should be."""

    case: Case
    problems: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    cpu_s: float = 0.0
    cached: bool = False


@dataclass(frozen=True)
class Proof:
    """The proof of an assignment or of some of its questions."""

    cases: tuple[Proved, ...]
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether everything is as it should be."""
        return not self.problems and not any(p.problems for p in self.cases)


def prove(
    course: Course,
    assignment: Assignment,
    *,
    questions: Sequence[str] = (),
    sandbox: str = "auto",
    workers: int | None = None,
    again: bool = False,
    sample: int | None = None,
    on_progress: Callable[[str, int, int], None] = lambda name, done, total: None,
) -> Proof:
    """Prove the questions of an assignment.

    Args:
        course: The course.
        assignment: The assignment.
        questions: Question ids; empty for all.
        sandbox: `auto`, `bubblewrap`, `landlock` or `none`.
        workers: How many at a time; None for one a core.
        again: Prove also what has been proved and has not changed since.
        sample: Only so many wrong answers a question, evenly chosen by name; None for all.
        on_progress: Called with a case's name, how many are done, and of how many.

    Raises:
        InputError: A source, an answer, a setting or the sandbox is unusable.
    """
    plan = make_plan(course, assignment, sandbox)
    chosen = [assignment.question(q) for q in questions] or list(assignment.questions)
    problems = _thin(plan, chosen)
    cases = [c for question in chosen for c in _sampled(cases_of(plan, question), sample)]
    known = {} if again else {c: p for c in cases if (p := _remembered(plan, c)) is not None}
    todo = [c for c in cases if c not in known]
    done = len(known)
    for proved in _prove_all(plan, todo, workers or cores()):
        known[proved.case] = proved
        done += 1
        on_progress(f"{proved.case.question} {proved.case.name}", done, len(cases))
        if not proved.problems:
            _remember(plan, proved)
    return Proof(tuple(known[c] for c in cases), tuple(problems))


def _prove_all(plan: Plan, cases: Sequence[Case], workers: int) -> Iterator[Proved]:
    """Prove cases, each in a sandbox of its own."""
    if not cases:
        return
    with warm_process(plan) as warm:
        warm_up(plan)
        for source in plan.sources:
            prepare(source)
        warm.wait()
        wall_s = wall_limit_s(plan, 1)
        for finished in run_forked(
            cases, lambda c: prove_one(plan, c, warm), workers=workers, wall_s=wall_s
        ):
            if finished.failure is not None:
                raise finished.failure.error()
            yield _proved_from(json.loads(finished.text or "{}"))


# --- what is to be proved ---------------------------------------------------------------


def _source(plan: Plan, name: str) -> SourceNotebook:
    return next(s for s in plan.sources if s.name == name)


def _folder(plan: Plan, question: str) -> Path:
    return plan.course.answers(plan.assignment.name) / question


def cases_of(plan: Plan, question: Question) -> list[Case]:
    """Everything that is to be proved of a question, right answers before wrong ones."""
    cases = [Case(question.id, question.notebook, n, k) for n, k in
             (("solution", "solution"), ("stub", "stub"), ("one-kernel", "kernel"))]  # fmt: skip
    for answer in load_answers(_folder(plan, question.id)):
        kind = "right" if answer.right else "wrong"
        cases.append(Case(question.id, question.notebook, answer.name, kind, answer.loses))
    return cases


def _sampled(cases: Sequence[Case], count: int | None) -> list[Case]:
    """The cases, with at most so many wrong answers among them."""
    wrong = [c for c in cases if c.kind == "wrong"]
    if count is None or len(wrong) <= count:
        return list(cases)
    kept = {wrong[i * len(wrong) // count] for i in range(count)}
    return [c for c in cases if c.kind != "wrong" or c in kept]


def _thin(plan: Plan, questions: Sequence[Question]) -> list[str]:
    """Questions with too few known answers, and points that do not add up."""
    problems = []
    for question in questions:
        answers = load_answers(_folder(plan, question.id))
        right = sum(a.right for a in answers)
        for count, least, kind in (
            (right, RIGHT_FORMS, "right"),
            (len(answers) - right, WRONG_ANSWERS, "wrong"),
        ):
            if count < least:
                problems.append(
                    f"{question.id} has {count} known {kind} answers; it needs at least {least}"
                )
        unlost = _tests(plan, question) - {i for a in answers for i in a.loses}
        problems += [f"{question.id}: no wrong answer loses {i}" for i in sorted(unlost)]
    return problems


def _tests(plan: Plan, question: Question) -> set[str]:
    source = _source(plan, question.notebook)
    return {
        i for i, c in source.cells.items() if role(c) is Role.TEST and question_of(i) == question.id
    }


# --- proving ----------------------------------------------------------------------------


def prove_one(plan: Plan, case: Case, warm: Warm) -> str:
    """Judge one case in a fork, as text for the parent."""
    if case.kind == "kernel":
        source = _source(plan, case.notebook)
        return json.dumps(_as_dict(Proved(case, tuple(_in_one_kernel(plan, source)), ())))
    with Submission(warm) as submission:
        return json.dumps(_as_dict(judge_case(plan, case, submission)))


def judge_case(plan: Plan, case: Case, submission: Submission) -> Proved:
    """Judge one case as a hand-in, in a sandbox that may have judged others before."""
    source = _source(plan, case.notebook)
    handed_in = _handed_in(plan, case, source)
    files = _files(plan, case, source)
    examined = examine(source, handed_in, submission, plan.course.secret, files)
    problems = _problems(case, examined.result.verdicts)
    return Proved(case, tuple(problems), examined.result.verdicts, examined.result.cpu_s)


def _handed_in(plan: Plan, case: Case, source: SourceNotebook) -> Any:
    """The notebook that a student would hand in: the release, filled as the case says."""
    if case.kind == "stub":
        return fill(source, {}, {})
    folder = _folder(plan, case.question)
    cells, outputs = solution_cells(source), kept_outputs(folder, source)
    if case.kind in ("right", "wrong"):
        answer: Answer = next(a for a in load_answers(folder) if a.name == case.name)
        cells, outputs = {**cells, **answer.cells}, {**outputs, **answer.outputs}
    return fill(source, cells, outputs)


def _files(plan: Plan, case: Case, source: SourceNotebook) -> dict[str, bytes]:
    """The files that would be handed in beside the notebook."""
    released = released_files(plan, source)
    if case.kind == "stub":
        return released
    files = {**released, **solution_files(plan, source)}
    if case.kind in ("right", "wrong"):
        answers = load_answers(_folder(plan, case.question))
        files = next(a for a in answers if a.name == case.name).files(files)
    return files


def _in_one_kernel(plan: Plan, source: SourceNotebook) -> list[str]:
    """Run the solution in one kernel, in a folder with the files that a student would have."""
    with tempfile.TemporaryDirectory(prefix="kernel-") as folder:
        for name, path in plan.assignment.copies.items():
            shutil.copytree(plan.course.root / path, Path(folder) / name)
        for path, content in {
            **released_files(plan, source),
            **solution_files(plan, source),
        }.items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_bytes(content)
        with contextlib.chdir(folder):
            sys.path.insert(0, folder)
            try:
                return run_in_one_kernel(source)
            finally:
                sys.path.remove(folder)


def _problems(case: Case, verdicts: Sequence[Verdict]) -> list[str]:
    """What is not as it should be, cell by cell."""
    problems = []
    for verdict in verdicts:
        lost = verdict.points is not None and verdict.points < verdict.max_points
        said = f"{verdict.cell_id} ({verdict.message or verdict.status})"
        if case.kind == "stub" and verdict.points != 0:
            problems.append(f"{said} gives points to an untouched notebook")
        elif case.kind in ("solution", "right") and lost:
            problems.append(f"{said} takes points from a right answer")
        elif case.kind == "wrong" and lost and verdict.cell_id not in case.loses:
            problems.append(f"{said} takes points that this answer should keep")
        elif case.kind == "wrong" and not lost and verdict.cell_id in case.loses:
            problems.append(f"{verdict.cell_id} keeps points that this answer should lose")
        if case.kind != "stub" and verdict.status is Status.UNGRADED and _is_test(verdict):
            problems.append(f"{said} leaves to a person what the machine should decide")
    unknown = case.loses - {v.cell_id for v in verdicts}
    return problems + [f"{i} stands in `# loses:` but holds no points" for i in sorted(unknown)]


def _is_test(verdict: Verdict) -> bool:
    return verdict.cell_id.endswith("-test")


def run_in_one_kernel(source: SourceNotebook) -> list[str]:
    """Run the solution and its tests in one IPython shell; what fails there.

    Kept answers are not run, and neither are tests that ask for their output.

    Args:
        source: The source notebook. Its own solution runs in this process.
    """
    outputs = Outputs(100_000)
    shell = make_shell(outputs)
    problems = []
    kept = {i for i, c in source.cells.items() if is_kept(c) and role(c) is Role.ANSWER}
    for cell in source.node.cells:
        asks = any(f'"{i}"' in cell.source for i in kept)
        if cell.cell_type != "code" or grade_id(cell) in kept or asks:
            continue
        shell.compile.cell_id = grade_id(cell) or cell.id
        with outputs.collecting(), contextlib.redirect_stdout(io.StringIO()):
            result = shell.run_cell(cell.source, store_history=True)
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            name = shell.compile.cell_id
            problems.append(f"{name} fails in one kernel: {type(error).__name__}: {error}")
    type(shell).clear_instance()
    return problems


# --- what has been proved ---------------------------------------------------------------


def _mark(plan: Plan, case: Case) -> Path:
    source = _source(plan, case.notebook)
    parts = [
        code_digest(),
        repr(replace(case, loses=frozenset())),
        repr(sorted(case.loses)),  # a set has no order that lasts
        dumps(source.node),
        sources_digest(replace(plan, sources=())),
        repr((released_files(plan, source), solution_files(plan, source))),
    ]
    for path in sorted(_folder(plan, case.question).glob("*")):
        if path.stem == case.name or path.name.startswith("kept_"):
            parts.append(path.read_text(encoding="utf-8", errors="replace"))
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return plan.course.cache / "proved" / f"{digest}.json"


def _remember(plan: Plan, proved: Proved) -> None:
    path = _mark(plan, proved.case)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_as_dict(proved)))


def _remembered(plan: Plan, case: Case) -> Proved | None:
    try:
        return replace(_proved_from(json.loads(_mark(plan, case).read_text())), cached=True)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _as_dict(proved: Proved) -> dict[str, Any]:
    data = asdict(proved)
    data["case"]["loses"] = sorted(proved.case.loses)
    return data


def _proved_from(data: dict[str, Any]) -> Proved:
    case = Case(**{**data["case"], "loses": frozenset(data["case"]["loses"])})
    verdicts = tuple(verdict_from_dict(v) for v in data["verdicts"])
    return Proved(case, tuple(data["problems"]), verdicts, data["cpu_s"])
