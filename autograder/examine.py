"""One notebook of one submission: its cells run in the candidate, its tests run here.

The repaired notebook is walked in order. A student's cell goes to the candidate. A test cell is
executed in this process, in a namespace of the examiner's own, where the names that belong to the
student are values copied from the candidate or handles on it. What went wrong during a test is
remembered outside the test's reach, so it cannot be caught away.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import random
import signal
import sys
import time
import traceback
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import CodeType, FrameType
from typing import Any, TypeGuard

import nbformat
from nbformat import NotebookNode

from autograder import symbolic
from autograder.candidate import BUSY_FACTOR, Candidate, HandleMisuse, Probe, Session
from autograder.cpp import Program
from autograder.errors import CandidateLost, SourceError
from autograder.handin import HandIn, examining
from autograder.notebook import (
    METADATA,
    Role,
    SourceNotebook,
    Step,
    check_title,
    grade_id,
    is_kept,
    names_of,
    parse,
    points,
    region_lines,
    repair,
    role,
    stored_text,
)
from autograder.sandbox import own_cpu_s
from autograder.verdict import (
    CheckFailed,
    CheckUngraded,
    NotebookResult,
    Recorder,
    Remark,
    Status,
    Verdict,
    recording,
    shorten,
)
from autograder.warm import Submission

BRIDGE = "cpp.bridge"  # the module that notebooks import the program's class from
EXAMINER_WALL_S = 30.0  # a test's own work, besides the time that the candidate may take
PRINTED_LIMIT = 2000  # characters of a student's printed text that a verdict keeps
GRACE_CPU_S = 2.0  # for each cell after the budget of all cells is spent
GRACE_CELLS = 20  # how many cells still run then
SHOWN_TYPES = (
    "text/plain",
    "image/png",
    "image/jpeg",
    "text/latex",
)  # no HTML: it could run script
LOST_STATUS = {
    "crashed": Status.CRASHED,
    "timed_out": Status.TIMED_OUT,
    "out_of_memory": Status.OUT_OF_MEMORY,
    "protocol": Status.CRASHED,
}
LOST_HINTS = {
    "crashed": "Look for exit(), os._exit() and calls into compiled code with wrong sizes.",
    "timed_out": "Look for a loop that never ends, or work that can be done on whole arrays.",
    "out_of_memory": "Look for an array that is far larger than the task needs.",
    "protocol": "Return plain numbers, lists, arrays or tensors.",
}


@dataclass(frozen=True)
class Examined:
    """What was found, and the executed notebook to keep."""

    result: NotebookResult
    notebook: NotebookNode


def examine(
    source: SourceNotebook,
    handed_in: NotebookNode | None,
    submission: Submission,
    secret: str,
    files: Mapping[str, bytes] | None = None,
) -> Examined:
    """Judge one notebook.

    Args:
        source: Decides shape, tests and points.
        handed_in: The student's notebook; None where there is none.
        submission: The sandbox of the submission.
        secret: The course's secret, for hidden data.
        files: The hand-in's files that belong to the notebook's answers, by path.

    Raises:
        SourceError: A cell of the instructor's fails in the examiner.
    """
    arguments = (source, handed_in, submission, secret, files or {})
    try:
        return _Examination(*arguments, checkpoints=False).examined()
    except _Died:  # few do, so the others need not pay for a fork before every step
        submission.renew()
        return _Examination(*arguments, checkpoints=True).examined()


def prepare(source: SourceNotebook) -> None:
    """Do now, for every fork of this process, what any hand-in of a notebook would need.

    Raises:
        SourceError: A cell of the instructor's is no Python.
    """
    try:
        _ = source.candidate_names, source.headings, source.student_sources, source.imports_from
        for key, cell in source.cells.items():
            if role(cell) is Role.TEST:
                names_of(cell.source)
                _compiled(key, cell.source)
                _load(cell.source)
            elif role(cell) is Role.ANSWER and cell.cell_type == "code":
                _imports_of(cell.source)
        for cell in source.node.cells:
            if (name := grade_id(cell) or cell.id) in source.examiner_cells:
                _given_code(name, cell.source)
    except SyntaxError as error:
        cure = "run `autograder lint`, which names the cell"
        raise SourceError(f"a cell is no Python: {error}", source.name, cure) from error


def not_examined(source: SourceNotebook, status: Status, message: str, remark: Remark) -> Examined:
    """The result of a notebook that could not be run at all: the same verdict for every cell."""
    verdict_points = None if status is Status.UNGRADED else 0.0
    note = "" if status is Status.UNGRADED else "not-answered"
    verdicts = tuple(
        Verdict(
            str(c.metadata.nbgrader.grade_id), status, verdict_points, points(c),
            title=_title(source, c), message=message, note=note,
            heading=shorten(source.headings[str(c.metadata.nbgrader.grade_id)], 120),
        )
        for c in source.graded
    )  # fmt: skip
    empty = repair(source, None)
    notebook = _notebook([s.cell for s in empty.steps])
    return Examined(NotebookResult(source.name, verdicts, (remark,)), notebook)


def _title(source: SourceNotebook, cell: NotebookNode) -> str:
    view = next(s for s in source.student.cells if s.id == cell.id)
    return check_title(view)


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    return nbformat.from_dict(
        {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    )


class _Died(Exception):
    """The candidate was lost where it has no checkpoints: all is to be judged anew, with them."""


class _Examination:
    """One pass over the notebook."""

    def __init__(
        self,
        source: SourceNotebook,
        handed_in: NotebookNode | None,
        submission: Submission,
        secret: str,
        files: Mapping[str, bytes],
        checkpoints: bool,
    ) -> None:
        self.source = source
        self.checkpoints = checkpoints
        self.submission = submission
        self.limits = submission.limits
        self.repaired = repair(source, handed_in)
        self.remarks = list(self.repaired.remarks)
        self.namespace: dict[str, Any] = {"__name__": "__main__"}
        self.verdicts: list[Verdict] = []
        self.executed: list[NotebookNode] = []
        self.cell_errors: dict[str, str] = {}  # what stopped a cell of the student, by cell id
        self.budget_s = self.limits.cells_cpu_s
        self.grace_cells = GRACE_CELLS
        theirs = [s for s in self.repaired.steps if s.theirs and s.cell.cell_type == "code"]
        self.handin = HandIn(
            sources={s.id: s.cell.source for s in theirs},
            stored={s.id: stored_text(s.cell.outputs) for s in theirs if self._is_kept(s)},
            secret=secret,
            files=files,
        )
        self.program: Program | None = None
        if BRIDGE in source.imports_from:
            self.program = Program(files, self.limits, submission.sandbox)
        self.answered = {s.id: s.answered for s in self.repaired.steps}

    def _is_kept(self, step: Step) -> bool:
        cell = self.source.cells.get(step.id)
        return cell is not None and is_kept(cell)

    def examined(self) -> Examined:
        wall, cpu = time.monotonic(), own_cpu_s() + self.submission.usage().cpu_s
        self.candidate = self.submission.open(checkpoints=self.checkpoints)
        try:
            with _bridge(self.program):
                if self.program is not None:
                    self.program.build()  # now: no test pays for the compiler
                for step in self.repaired.steps:
                    self._take(step)
                    if self.candidate.dead and not self.checkpoints:
                        raise _Died
        finally:
            self.candidate.close()
            symbolic.end_child()  # whatever notebook comes next begins alike
            if self.program is not None:
                self.program.close()
        cpu = own_cpu_s() + self.submission.usage().cpu_s - cpu
        cpu += self.program.cpu_s() if self.program is not None else 0.0
        result = NotebookResult(
            self.source.name, tuple(self.verdicts), tuple(self.remarks), round(cpu, 2),
            round(time.monotonic() - wall, 2),
        )  # fmt: skip
        return Examined(result, _notebook(self.executed))

    def _take(self, step: Step) -> None:
        if step.role is Role.TEST:
            self._test(step)
        elif step.role in (Role.ESSAY, Role.TASK):
            self._essay(step)
        elif step.cell.cell_type == "code":
            self._code(step)
        else:
            self.executed.append(step.cell)

    # The student's cells.

    def _code(self, step: Step) -> None:
        cell = nbformat.from_dict(dict(step.cell))
        if self._is_kept(step):
            cell.outputs = _clean_outputs(cell.get("outputs", []))
            self.executed.append(cell)
            return
        cell.outputs, cell.execution_count = [], None
        if cell.source.strip():
            self._run(step, cell)
        self.executed.append(cell)
        if step.role is not Role.ANSWER and step.id in self.source.examiner_cells:
            self._run_given(step)
        if step.role is Role.ANSWER:
            self._import_for(self.source.cells[step.id].source)

    def _run(self, step: Step, cell: NotebookNode) -> None:
        if self.budget_s <= 0:
            self.grace_cells -= 1
        if self.grace_cells < 0:
            self.cell_errors[step.id] = "the time for all cells was spent"
            if step.role is Role.ANSWER or self.grace_cells == -1:  # of thousands, the first
                text = f"The cell {step.id} was not run: the time for all cells was spent."
                self._remark("cell-stopped", text, step.id)
            return
        before = self.submission.usage().cpu_s
        reply: dict[str, Any] = {}
        with self.candidate.turn(max(self.budget_s, GRACE_CPU_S)) as session:
            reply = self.candidate.run(step.id, cell.source)
        self.budget_s -= self.submission.usage().cpu_s - before
        cell.outputs = _clean_outputs(reply.get("outputs", []))
        cell.execution_count = _count(reply.get("count"))
        notes = reply.get("notes")
        for text in notes if type(notes) is list else []:
            self._remark("note", f"{shorten(text)}.", step.id)
        if session.lost is not None:
            self.cell_errors[step.id] = session.lost.what
            cell.outputs.append(_error_output("Stopped", session.lost.what))
            self._remark(
                "cell-stopped", f"The cell {step.id} was stopped. {session.lost.what}", step.id
            )
        elif type(error := reply.get("error")) is dict:
            name, message = shorten(error.get("name", "")), shorten(error.get("message", ""))
            self.cell_errors[step.id] = f"{name}: {message}"
            if step.answered or step.role is not Role.ANSWER:
                text = f"The cell {step.id} ended with {name}: {message}"
                self._remark("cell-error", text, step.id)

    def _remark(self, kind: str, message: str, cell_id: str) -> None:
        self.remarks.append(Remark(kind, message, cell_id))

    # What the examiner runs for itself.

    def _run_given(self, step: Step) -> None:
        """Run a given cell here, from the source, so that tests have the names that it binds."""
        cell = next(c for c in self.source.node.cells if step.id == (grade_id(c) or c.id))
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                exec(_given_code(step.id, cell.source), self.namespace)
        except Exception as error:
            raise SourceError(
                f"the given cell {step.id} fails in the examiner: {type(error).__name__}: {error}",
                self.source.name,
                "make it run on its own, from the top of the notebook",
            ) from error

    def _import_for(self, answer: str) -> None:
        """Bind what the instructor's solution imports: such names are never the student's."""
        for code in _imports_of(answer):
            with contextlib.suppress(ImportError):
                exec(code, self.namespace)

    def _place(self, step: Step) -> dict[str, Any]:
        """Where students find a cell: fields of its verdict."""
        number = self.repaired.numbers.get(step.id, 0)
        return {"heading": shorten(self.source.headings[step.id], 120), "number": number}

    # Essays.

    def _essay(self, step: Step) -> None:
        self.executed.append(step.cell)
        cell = self.source.cells[step.id]
        verdict = Verdict(
            step.id, Status.UNGRADED, None, points(cell), title=_title(self.source, cell),
            message="A person reads this answer and gives the points.", **self._place(step),
        )  # fmt: skip
        if step.role is Role.ESSAY and not step.answered:
            verdict = replace(
                verdict,
                status=Status.FAILED,
                points=0.0,
                message="Nothing was written here.",
                note="not-answered",
            )
        elif not self._is_marked(cell):
            verdict = replace(
                verdict, status=Status.PASSED, points=0.0, message="This carries no points."
            )
        self.verdicts.append(verdict)

    def _is_marked(self, cell: NotebookNode) -> bool:
        """Whether a person gives points: the cell has some, or a mark scheme tells of extra ones.

        The scheme stands in the cell, or in the one after it that holds no points itself.
        """
        cells = self.source.node.cells
        behind = cells[cells.index(cell) + 1 :][:1]
        places = [cell, *(c for c in behind if c not in self.source.graded)]
        return points(cell) > 0 or any(region_lines(c.source, "MARK SCHEME") for c in places)

    # Tests.

    def _test(self, step: Step) -> None:
        cell = self.source.cells[step.id]
        start = time.monotonic()
        test = _Test(self, step.id, cell.source, points(cell))
        verdict = replace(
            test.verdict(),
            title=_title(self.source, cell),
            **self._place(step),
            wall_s=round(time.monotonic() - start, 3),
        )
        self.verdicts.append(verdict)
        if verdict.status is Status.PASSED:
            self.handin = replace(self.handin, passed=self.handin.passed | {step.id})
        shown = nbformat.from_dict(dict(step.cell))
        shown.outputs = [] if verdict.status is Status.PASSED else [_verdict_output(verdict)]
        self.executed.append(shown)


class _Test:
    """One test cell: executed once, explained in the student's terms."""

    def __init__(self, examination: _Examination, key: str, source: str, max_points: float) -> None:
        self.examination = examination
        self.candidate: Candidate = examination.candidate
        self.namespace = examination.namespace
        self.key = key
        self.source = source
        self.max_points = max_points
        self.reads = names_of(source).read
        self.missing: set[str] = set()
        self.printed: str | None = None
        self.program = examination.program
        self.program_session = Session()  # its losses are not the candidate's

    def verdict(self) -> Verdict:
        """The outcome; what went wrong in the candidate comes before what the test says."""
        said: Verdict | None = None
        with self.candidate.turn(self.candidate.limits.test_cpu_s) as session, self._turn():
            said = self._said(session)
            if self.printed is None and session.lost is None:
                self.printed = self._printed()
        lost = session.lost or self.program_session.lost
        if lost is not None:
            hint = getattr(lost, "hint", "") or LOST_HINTS[lost.reason]
            said = self._make(LOST_STATUS[lost.reason], lost.what, hint=hint, note=lost.reason)
        assert said is not None
        return replace(said, printed=_clip(self.printed or ""))

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """The time in which this test may use the hand-in's program."""
        if self.program is None:
            yield
            return
        cpu_s, forgive = self.candidate.limits.test_cpu_s, self.candidate.forgive
        with self.program.turn(cpu_s, self.program_session, forgive):
            yield

    def _printed(self) -> str:
        """What the student's code has printed so far, program and notebook."""
        program = self.program.printed() if self.program is not None else ""
        return self.candidate.printed() + program

    def _make(self, status: Status, message: str, **texts: Any) -> Verdict:
        value = (
            None
            if status is Status.UNGRADED
            else self.max_points
            if status is Status.PASSED
            else 0.0
        )
        return Verdict(self.key, status, value, self.max_points, message=message, **texts)

    def _said(self, session: Session) -> Verdict:
        compiled = _compiled(self.key, self.source)
        problem: Verdict | None = None
        value: Any = None
        with recording(self.key, self.max_points) as recorder:
            try:
                value = self._execute(compiled)
            except CandidateLost:
                raise
            except (CheckFailed, CheckUngraded):
                pass  # recorded where it was said
            except BaseException as error:  # noqa: BLE001  (a test may be broken by any answer)
                problem = self._explain(error, session)
        return self._decide(recorder, problem, session, compiled.last_names, value)

    def _decide(
        self,
        recorder: Recorder,
        problem: Verdict | None,
        session: Session,
        last_names: frozenset[str] | None,
        value: Any,
    ) -> Verdict:
        said = recorder.verdict
        if said is not None and said.status is not Status.PARTIAL:
            got = said.got or (self._last_call() if said.status is Status.FAILED else "")
            return replace(said, got=got)
        if problem is not None:
            return problem
        if session.misuse:
            return self._make(
                Status.FAILED, f"{session.misuse[0].upper()}{session.misuse[1:]}.", note="no-value"
            )
        if said is not None:
            return self._clip_points(said, said.points or 0.0)
        if last_names is not None and type(value) in (int, float):
            if last_names & self.examination.source.candidate_names:
                return self._make(
                    Status.UNGRADED, "The test gave the answer's own number as points."
                )
            partly = self._make(Status.PARTIAL, "A part of the points was earned.")
            return self._clip_points(partly, float(value))
        return self._make(Status.PASSED, "")

    def _clip_points(self, verdict: Verdict, value: float) -> Verdict:
        value = min(max(value, 0.0), self.max_points) if value == value else 0.0
        status = Status.PARTIAL if value < self.max_points else Status.PASSED
        return replace(verdict, points=value, status=status if value else Status.FAILED)

    # Execution.

    def _execute(self, compiled: _Compiled) -> Any:
        self._bind()
        for name, text in compiled.probes.items():
            self.namespace[f"__{name}__"] = Probe(self.candidate, name, text)
        wall_s = (
            BUSY_FACTOR * self.candidate.limits.test_cpu_s * self.candidate.limits.wall_factor
            + EXAMINER_WALL_S
        )
        with (
            examining(self.examination.handin),
            _mirrored_seeds(self.candidate),
            _alarm(wall_s, self.candidate.session),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            exec(compiled.visible, self.namespace)
            if compiled.hidden is not None:
                self.printed = self._printed()  # later prints could show hidden data
                exec(compiled.hidden, self.namespace)
            return None if compiled.last is None else eval(compiled.last, self.namespace)

    def _bind(self) -> None:
        """Resolve the student's names that this test reads, as values or handles."""
        wanted = sorted(self.reads & self.examination.source.candidate_names)
        values = self.candidate.values(wanted) if wanted else {}
        for name in wanted:
            self.namespace.pop(name, None)
            if name in values:
                self.namespace[name] = values[name]
            else:
                self.missing.add(name)

    # Words.

    def _explain(self, error: BaseException, session: Session) -> Verdict:
        if isinstance(error, HandleMisuse):
            return self._make(
                Status.FAILED, f"{str(error)[0].upper()}{str(error)[1:]}.", note="no-value"
            )
        if isinstance(error, NameError) and getattr(error, "name", None) in self.missing:
            return self._explain_missing(str(error.name))
        if getattr(error, "__candidate__", False):
            return self._explain_raised(self.program_session if self._threw() else session)
        if isinstance(error, AssertionError):
            message = shorten(str(error), 600) or self._visible_line(error)
            return self._make(Status.FAILED, message, got=self._last_call())
        kind = type(error).__name__
        message = (
            f"The test could not work with what your answer gave ({kind}: {shorten(str(error))})."
        )
        return self._make(Status.FAILED, message, got=self._last_call(), note="unusable-result")

    def _last_call(self) -> str:
        return self.program_session.last_call or self.candidate.session.last_call

    def _threw(self) -> bool:
        return self.program_session.raised is not None

    def _explain_missing(self, name: str) -> Verdict:
        owner = next(
            (i for i, c in self.examination.source.cells.items()
             if role(c) is Role.ANSWER and name in names_of(c.source).defined),
            "",
        )  # fmt: skip
        error = self.examination.cell_errors.get(owner, "")
        if owner and not self.examination.answered.get(owner):
            return self._make(
                Status.FAILED, f"The answer {owner} is still to be written.", note="not-answered"
            )
        message = f"`{name}` is not defined in your notebook."
        if error:
            reason = f"the cell {owner} ended with an error. {shorten(error)}"
            message = f"`{name}` is not there because {reason}"
        hint = "Run the notebook from the top in a fresh kernel (Restart and run all)."
        return self._make(Status.FAILED, message, hint=hint, note="not-defined")

    def _explain_raised(self, session: Session) -> Verdict:
        raised: Mapping[str, Any] = session.raised or {}
        name, text = shorten(raised.get("name", "")), shorten(raised.get("message", ""))
        place = raised.get("place", {})
        cell = shorten(place.get("cell", ""), 80) if type(place) is dict else ""
        unwritten = name == "NotImplementedError" and not self.examination.answered.get(cell, True)
        if unwritten:
            return self._make(
                Status.FAILED, f"The answer {cell} is still to be written.", note="not-answered"
            )
        where = (
            f" (cell {cell}, line {place.get('line')}: `{shorten(place.get('code', ''), 100)}`)"
            if cell
            else ""
        )
        message = (
            f"Your code ended with {name}: {text}{where}"
            if text
            else f"Your code ended with {name}{where}"
        )
        return self._make(Status.FAILED, message, note="raised")

    def _visible_line(self, error: BaseException) -> str:
        """The assert that failed, where students can see it anyway."""
        frames = [
            f
            for f in traceback.extract_tb(error.__traceback__)
            if f.filename == f"<test {self.key}>"
        ]
        line = frames[-1].lineno if frames else None
        if line is not None and line not in region_lines(self.source, "HIDDEN TESTS"):
            return f"This does not hold: {self.source.splitlines()[line - 1].strip()}"
        return "The result is not what the task asks for."


# --- code of the instructor's, compiled once --------------------------------------------


@dataclass(frozen=True)
class _Compiled:
    """A test cell, ready to be executed.

    Attributes:
        visible: The statements before the hidden part.
        hidden: The statements from there on; None where nothing is hidden.
        last: The expression at its end, whose value may be points; None where there is none.
        last_names: The names in that expression; None where there is none.
        probes: Source text of the probes by name. In the code a probe's definition stands as
            `probe_x = __probe_x__`.
    """

    visible: CodeType
    hidden: CodeType | None
    last: CodeType | None
    last_names: frozenset[str] | None
    probes: Mapping[str, str]


@cache
def _compiled(key: str, source: str) -> _Compiled:
    tree, file = ast.parse(source), f"<test {key}>"
    last = names = None
    if tree.body and isinstance(end := tree.body[-1], ast.Expr):
        tree.body.pop()
        last, names = compile(ast.Expression(end.value), file, "eval"), _names_in(end)
    probes = {n.name: _text_of(n, source) for n in tree.body if _is_probe(n)}
    lines = region_lines(source, "HIDDEN TESTS")
    first = next((i for i, n in enumerate(tree.body) if n.lineno in lines), len(tree.body))
    body = [_named(n) if _is_probe(n) else n for n in tree.body]
    visible = compile(ast.Module(body[:first], []), file, "exec")
    hidden = compile(ast.Module(body[first:], []), file, "exec") if body[first:] else None
    return _Compiled(visible, hidden, last, names, probes)


def _is_probe(node: ast.stmt) -> TypeGuard[ast.FunctionDef]:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("probe_")


def _text_of(probe: ast.FunctionDef, source: str) -> str:
    first = min([probe.lineno, *(d.lineno for d in probe.decorator_list)])
    return "\n".join(source.splitlines()[first - 1 : probe.end_lineno])


def _named(probe: ast.FunctionDef) -> ast.stmt:
    """What stands for a probe's definition: the name becomes what ships its source."""
    value = ast.Name(f"__{probe.name}__", ast.Load())
    assign = ast.Assign([ast.Name(probe.name, ast.Store())], value)
    return ast.fix_missing_locations(ast.copy_location(assign, probe))


@cache
def _given_code(name: str, source: str) -> CodeType:
    return compile(parse(source), f"<given {name}>", "exec")


@cache
def _imports_of(answer: str) -> tuple[CodeType, ...]:
    """The import statements of a solution, each for itself: one that fails leaves the others."""
    nodes = [n for n in parse(answer).body if isinstance(n, ast.Import | ast.ImportFrom)]
    return tuple(compile(ast.Module([n], []), "<solution's imports>", "exec") for n in nodes)


def _load(source: str) -> None:
    """Load the modules that a cell imports at its top; one that fails will fail there."""
    for code in _imports_of(source):
        with contextlib.suppress(Exception):
            exec(code, {})


@contextlib.contextmanager
def _bridge(program: Program | None) -> Iterator[None]:
    """While the block runs, the bridge that cells import is the one to the confined program."""
    if program is None:
        yield
        return
    package, bridge = types.ModuleType("cpp"), program.bridge()
    before = {name: sys.modules.get(name) for name in (package.__name__, BRIDGE)}
    sys.modules.update({"cpp": package, BRIDGE: bridge})
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module


def _names_in(node: ast.AST) -> frozenset[str]:
    return frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name))


def _clip(text: str) -> str:
    text = text[: PRINTED_LIMIT + 1]
    text = "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)
    return text if len(text) <= PRINTED_LIMIT else text[:PRINTED_LIMIT] + "\n…"


@contextlib.contextmanager
def _alarm(wall_s: float, session: Session) -> Iterator[None]:
    """End a test whose own work does not end; the session remembers it."""

    def ring(signum: int, frame: FrameType | None) -> None:
        session.lost = CandidateLost("The check did not end in time.", "timed_out")
        raise session.lost

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, wall_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _mirrored_seeds(candidate: Candidate) -> Iterator[None]:
    """Seeds that a test sets are set on both sides."""
    places: list[tuple[Any, str, str]] = [(random, "seed", "random")]
    if "numpy" in sys.modules:
        places.append((sys.modules["numpy"].random, "seed", "numpy"))
    if "torch" in sys.modules:
        places.append((sys.modules["torch"], "manual_seed", "torch"))
    originals = [(module, name, getattr(module, name)) for module, name, _ in places]

    def mirrored(original: Callable[..., Any], generator: str) -> Callable[..., Any]:
        def seed(value: Any = None, *args: Any, **kwargs: Any) -> Any:
            candidate.seed(generator, value)
            return original(value, *args, **kwargs)

        return seed

    for (module, name, original), (_, _, generator) in zip(originals, places, strict=True):
        setattr(module, name, mirrored(original, generator))
    try:
        yield
    finally:
        for module, name, original in originals:
            setattr(module, name, original)


# --- outputs ----------------------------------------------------------------------------


def _error_output(name: str, text: str) -> NotebookNode:
    return nbformat.v4.new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def _verdict_output(verdict: Verdict) -> NotebookNode:
    """A test's outcome as the output of its cell, for whoever opens the executed notebook."""
    lines = [verdict.message]
    lines += [f"expected: {verdict.expected}"] if verdict.expected else []
    lines += [f"got: {verdict.got}"] if verdict.got else []
    lines += [f"hint: {verdict.hint}"] if verdict.hint else []
    text = "\n".join(lines)
    if verdict.status is Status.PARTIAL:
        return nbformat.v4.new_output(
            "stream", name="stdout", text=f"{verdict.points:g} points. {text}\n"
        )
    name = verdict.status.value.replace("_", " ").capitalize()
    return nbformat.v4.new_output(
        "error", ename=name, evalue=verdict.message, traceback=[f"{name}: {text}"]
    )


def _clean_outputs(outputs: Any) -> list[NotebookNode]:
    """Outputs that came from a student, reduced to known types and plain text and pictures."""
    clean = []
    for output in outputs if type(outputs) is list else []:
        made = _clean_output(output) if isinstance(output, Mapping) else None
        if made is not None:
            clean.append(made)
    return clean


def _count(value: Any) -> int | None:
    """An execution count as notebooks allow it; None for anything else."""
    return value if type(value) is int and 0 <= value < 2**31 else None


def _clean_output(output: Mapping[str, Any]) -> NotebookNode | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return nbformat.v4.new_output("stream", name=name, text=_text(output.get("text")))
    if kind == "error":
        trace = output.get("traceback")
        return nbformat.v4.new_output(
            "error", ename=_text(output.get("ename")), evalue=_text(output.get("evalue")),
            traceback=[_text(t) for t in trace] if type(trace) is list else [],
        )  # fmt: skip
    data = output.get("data")
    if kind not in ("execute_result", "display_data") or not isinstance(data, Mapping):
        return None
    shown = {k: _text(data[k]) for k in SHOWN_TYPES if k in data}
    if kind == "display_data":
        return nbformat.v4.new_output("display_data", data=shown)
    count = _count(output.get("execution_count"))
    return nbformat.v4.new_output("execute_result", data=shown, execution_count=count)


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = "".join(v for v in value if isinstance(v, str))
    return value if isinstance(value, str) else json.dumps(value, default=str)[:1000]
