"""Ratification: which questions are done, and whether the assignment is passed as a whole.

The rule is data, from `course.toml`. Points, what waits and a grader's ticks go in; a verdict with
its reasons in words comes out. Nothing here reads a file.

A question is *done* with the share of its points that the rule asks for, or by a grader's tick;
*pending* while parts that wait for a person could still bring it there; else *not done*. The
assignment is *ratified* as soon as the rule holds, whatever still waits, and *not ratified* only
when nothing that waits could make it hold. Bonus counts for no question, not even for its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

RUN = 4  # names in a row that are written as `q01 to q04`
ROUNDING = 1e-9  # points; sums of half points are exact, shares of them need not be


class Mark(StrEnum):
    """Where one question stands."""

    DONE = "done"
    PENDING = "pending"
    NOT_DONE = "not done"


class Decision(StrEnum):
    """Where the assignment stands."""

    RATIFIED = "ratified"
    PENDING = "pending"
    NOT_RATIFIED = "not ratified"


@dataclass(frozen=True)
class Rule:
    """When an assignment is passed.

    Attributes:
        done_share: Share of a question's points, without bonus, that makes it done; in (0, 1].
        all_of: Questions that must be done, every one.
        any_of: Questions of which some must be done.
        at_least: How many of `any_of`.
        asked: Questions whose doing is asked for; it decides nothing.
    """

    done_share: float = 0.5
    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    at_least: int = 1
    asked: tuple[str, ...] = ()

    @property
    def some(self) -> str:
        """How many of which, in words: `one of q11 and q12`."""
        return f"{'one' if self.at_least == 1 else self.at_least} of {listed(self.any_of)}"

    @property
    def words(self) -> str:
        """The rule as a sentence."""
        parts = [f"{listed(self.all_of)} done"] if self.all_of else []
        if self.any_of:
            parts.append(f"at least {self.some} done")
        share = f"{_number(100 * self.done_share)} %"
        return (
            f"Needed: {', and '.join(parts)}. "
            f"A question is done with {share} of its points, without bonus."
        )


@dataclass(frozen=True)
class Tick:
    """A grader's decision that a question counts as done, or as not done.

    Attributes:
        done: What was decided.
        reason: Why, in the grader's words.
        grader: Who; may be empty.
    """

    done: bool
    reason: str
    grader: str = ""


@dataclass(frozen=True)
class QuestionPoints:
    """What one question has brought so far.

    Attributes:
        question: Its id.
        points: Points so far, without bonus.
        max_points: Points that it is worth, without bonus.
        waiting: Points that parts which wait for a person may still bring.
        tick: A grader's decision; None where there is none.
        judged: Whether there is any result; what was never judged is pending.
    """

    question: str
    points: float
    max_points: float
    waiting: float = 0.0
    tick: Tick | None = None
    judged: bool = True


@dataclass(frozen=True)
class QuestionStanding:
    """Where one question stands.

    Attributes:
        question: Its id.
        mark: Done, pending or not done.
        reason: Why, one phrase: `3 of 6 points, 3 needed`.
        needed: Points that make it done.
        tick: The grader's decision behind the mark; None where points decide.
    """

    question: str
    mark: Mark
    reason: str
    needed: float
    tick: Tick | None = None


@dataclass(frozen=True)
class Standing:
    """Where a student's assignment stands.

    Attributes:
        decision: Ratified, pending or not ratified.
        reasons: Why, one sentence each; what decides comes first.
        questions: Every question, in the order given.
        rule: The rule that was applied.
    """

    decision: Decision
    reasons: tuple[str, ...]
    questions: tuple[QuestionStanding, ...]
    rule: Rule

    @property
    def reason(self) -> str:
        """All reasons as one text."""
        return " ".join(self.reasons)

    def question(self, name: str) -> QuestionStanding | None:
        """Where a question stands; None for one that is not known."""
        return next((q for q in self.questions if q.question == name), None)

    def of(self, mark: Mark) -> tuple[str, ...]:
        """Ids of the questions with that mark."""
        return tuple(q.question for q in self.questions if q.mark is mark)


def ratify(rule: Rule, results: Sequence[QuestionPoints]) -> Standing:
    """Where an assignment stands.

    Args:
        rule: The course's rule; every question that it names is among the results.
        results: What each question has brought, in order.
    """
    questions = tuple(_question(rule, r) for r in results)
    by_id = {q.question: q for q in questions}
    needed = [by_id[i] for i in rule.all_of]
    choice = [by_id[i] for i in rule.any_of]
    reachable = sum(q.mark is not Mark.NOT_DONE for q in choice) >= _quota(rule)
    held = sum(q.mark is Mark.DONE for q in choice) >= _quota(rule)
    if any(q.mark is Mark.NOT_DONE for q in needed) or not reachable:
        decision = Decision.NOT_RATIFIED
    elif held and all(q.mark is Mark.DONE for q in needed):
        decision = Decision.RATIFIED
    else:
        decision = Decision.PENDING
    judged = any(r.judged or r.tick for r in results)
    reasons = _reasons(rule, decision, by_id) if judged else ("There are no results yet.",)
    return Standing(decision, reasons, questions, rule)


def _quota(rule: Rule) -> int:
    return rule.at_least if rule.any_of else 0


def _question(rule: Rule, result: QuestionPoints) -> QuestionStanding:
    needed = rule.done_share * result.max_points
    mark, reason = _mark(result, needed)
    return QuestionStanding(result.question, mark, reason, needed, result.tick)


def _mark(result: QuestionPoints, needed: float) -> tuple[Mark, str]:
    points = f"{_number(result.points)} of {_number(result.max_points)} points"
    if result.tick is not None:
        decided = "counted as done" if result.tick.done else "counted as not done"
        who = f" ({result.tick.grader})" if result.tick.grader else ""
        mark = Mark.DONE if result.tick.done else Mark.NOT_DONE
        return mark, f"{decided} by a person{who}: {result.tick.reason}"
    if not result.judged:
        return Mark.PENDING, "no result yet"
    if result.points >= needed - ROUNDING:
        return Mark.DONE, points
    points = f"{points}, {_number(needed)} needed"
    if result.points + result.waiting >= needed - ROUNDING:
        return Mark.PENDING, f"{points}, up to {_number(result.waiting)} more wait for a person"
    more = f", and only {_number(result.waiting)} more can come" if result.waiting else ""
    return Mark.NOT_DONE, points + more


def _reasons(
    rule: Rule, decision: Decision, questions: Mapping[str, QuestionStanding]
) -> tuple[str, ...]:
    """Why, the decisive first: what is missing for good, what waits, what is done."""
    needed = [questions[i] for i in rule.all_of]
    choice = [questions[i] for i in rule.any_of]
    sentences = [
        *(f"{q.question} is not done: {q.reason}." for q in needed if q.mark is Mark.NOT_DONE),
        *_choice_open(rule, choice),
        *(f"{q.question} is pending: {q.reason}." for q in needed if q.mark is Mark.PENDING),
    ]
    if decision is Decision.RATIFIED:
        sentences = [_held(rule, choice)]
        sentences += [
            f"{q.question} is {q.reason}." for q in (*needed, *choice) if q.tick and q.tick.done
        ]
    missing = [i for i in rule.asked if questions[i].mark is Mark.NOT_DONE]
    if missing and decision is Decision.RATIFIED:
        verb = "is" if len(missing) == 1 else "are"
        sentences.append(f"{listed(missing)} {verb} asked for as well, and not done.")
    return tuple(sentences)


def _choice_open(rule: Rule, choice: Sequence[QuestionStanding]) -> Iterable[str]:
    """What `any_of` lacks; nothing where it holds."""
    done = [q for q in choice if q.mark is Mark.DONE]
    if len(done) >= _quota(rule):
        return
    still = [f"{q.question} is {q.mark} ({q.reason})" for q in choice if q.mark is not Mark.DONE]
    yield f"At least {rule.some} must be done: {'; '.join(still)}."


def _held(rule: Rule, choice: Sequence[QuestionStanding]) -> str:
    done = listed([q.question for q in choice if q.mark is Mark.DONE])
    parts = [listed(rule.all_of)] if rule.all_of else []
    some = "" if all(q.mark is Mark.DONE for q in choice) else f" (of {listed(rule.any_of)})"
    parts += [done + some] if rule.any_of else []
    return f"Done: {'; '.join(parts)}."


def listed(names: Sequence[str]) -> str:
    """Names for people: `q01`, `q01 and q02`, `q01, q02 and q05`, `q01 to q10`."""
    parts: list[str] = []
    rest = list(names)
    while rest:
        run = next(
            (i for i in range(1, len(rest)) if not _follows(*rest[i - 1 : i + 1])), len(rest)
        )
        parts += [f"{rest[0]} to {rest[run - 1]}"] if run >= RUN else rest[:run]
        rest = rest[run:]
    return " and ".join([*([", ".join(parts[:-1])] if parts[1:] else []), *parts[-1:]])


def _follows(first: str, second: str) -> bool:
    """Whether the second name is the first with the next number: `q09`, `q10`."""
    stem = first.rstrip("0123456789")
    number = first[len(stem) :]
    return bool(number) and second == f"{stem}{int(number) + 1:0{len(number)}d}"


def _number(value: float) -> str:
    return f"{round(value, 2) + 0.0:.12g}"
