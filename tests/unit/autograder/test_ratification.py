"""Ratification: done, pending, not done; and when an assignment is passed as a whole."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.ratification import (
    Decision,
    Mark,
    QuestionPoints,
    Rule,
    Standing,
    Tick,
    listed,
    ratify,
)

RULE = Rule(0.5, ("q01", "q02"), ("q11", "q12"), asked=("q11", "q12"))
ORDER = [Decision.NOT_RATIFIED, Decision.PENDING, Decision.RATIFIED]
YES, NO = Tick(True, "shown at the board", "g01"), Tick(False, "copied", "g02")


def of(question: str, points: float, waiting: float = 0, tick: Tick | None = None) -> object:
    """A question of six points."""
    return QuestionPoints(question, points, 6, waiting, tick)


def stand(*results: object) -> Standing:
    """Where q01, q02, q11, q12 stand; a number stands for points."""
    names = ("q01", "q02", "q11", "q12")
    parts = [
        r if isinstance(r, QuestionPoints) else QuestionPoints(n, float(r), 6)  # type: ignore[arg-type]
        for n, r in zip(names, results, strict=True)
    ]
    return ratify(RULE, parts)


@pytest.mark.parametrize(
    ("result", "mark"),
    [
        (of("q01", 3), Mark.DONE),
        (of("q01", 2.5), Mark.NOT_DONE),
        (of("q01", 2.5, 0.5), Mark.PENDING),
        (of("q01", 2, 0.5), Mark.NOT_DONE),
        (of("q01", 0, 0, YES), Mark.DONE),
        (of("q01", 6, 0, NO), Mark.NOT_DONE),
        (of("q01", 0, 6, NO), Mark.NOT_DONE),
        (QuestionPoints("q01", 0, 6, judged=False), Mark.PENDING),
        (QuestionPoints("q01", 0, 6, tick=YES, judged=False), Mark.DONE),
    ],
)
def test_a_question_is_done_pending_or_not_done(result: QuestionPoints, mark: Mark) -> None:
    """Half of the points, a tick, what waits: each decides as the rule says."""
    assert ratify(Rule(0.5, ("q01",)), [result]).questions[0].mark is mark


def test_a_share_that_is_no_short_binary_number_is_met_exactly() -> None:
    """A tenth of 3 points are 0.3 points, though floating point makes a little more of it."""
    assert 0.1 * 3 > 0.3
    standing = ratify(Rule(0.1, ("q01",)), [QuestionPoints("q01", 0.3, 3)])
    assert standing.decision is Decision.RATIFIED


@pytest.mark.parametrize(
    ("results", "decision"),
    [
        ((3, 3, 3, 0), Decision.RATIFIED),
        ((3, 3, 0, 3), Decision.RATIFIED),
        ((3, 3, 0, 0), Decision.NOT_RATIFIED),
        ((0, 3, 3, 3), Decision.NOT_RATIFIED),
        ((of("q01", 1, 2), 3, 3, 0), Decision.PENDING),
        ((of("q01", 1, 2), 0, 3, 0), Decision.NOT_RATIFIED),
        ((3, 3, of("q11", 1, 2), 0), Decision.PENDING),
        ((3, 3, 3, of("q12", 0, 6)), Decision.RATIFIED),
        ((of("q01", 3, 3), 3, 3, 3), Decision.RATIFIED),
        ((of("q01", 0, 0, YES), 3, 3, 0), Decision.RATIFIED),
        ((of("q01", 6, 0, NO), 3, 3, 0), Decision.NOT_RATIFIED),
    ],
)
def test_the_assignment_is_ratified_pending_or_not(
    results: tuple[object, ...], decision: Decision
) -> None:
    """Every needed question and one of the two; ratified as soon as it holds."""
    assert stand(*results).decision is decision


def test_more_than_one_of_a_choice_can_be_asked_for() -> None:
    """`at_least = 2` needs two of three."""
    rule = Rule(0.5, (), ("q01", "q02", "q03"), at_least=2)

    def decided(*points: float) -> Decision:
        results = [QuestionPoints(f"q0{i}", p, 6) for i, p in enumerate(points, 1)]
        return ratify(rule, results).decision

    assert decided(3, 0, 3) is Decision.RATIFIED
    assert decided(3, 0, 0) is Decision.NOT_RATIFIED
    assert "at least 2 of q01, q02 and q03" in rule.words


def test_the_reason_names_what_lacks_what() -> None:
    """What is missing for good comes first, then what waits, with points."""
    reason = stand(1, of("q02", 2, 1), 2, of("q12", 0, 1)).reason
    assert reason == (
        "q01 is not done: 1 of 6 points, 3 needed. "
        "At least one of q11 and q12 must be done: q11 is not done (2 of 6 points, 3 needed); "
        "q12 is not done (0 of 6 points, 3 needed, and only 1 more can come). "
        "q02 is pending: 2 of 6 points, 3 needed, up to 1 more wait for a person."
    )


def test_a_ratified_one_says_what_counted_and_what_was_asked_for() -> None:
    """Ticks are named with their reason; what was only asked for does not decide."""
    standing = stand(of("q01", 0, 0, YES), 3, 3, 0)
    assert standing.reason == (
        "Done: q01 and q02; q11 (of q11 and q12). "
        "q01 is counted as done by a person (g01): shown at the board. "
        "q12 is asked for as well, and not done."
    )
    assert standing.of(Mark.NOT_DONE) == ("q12",)


def test_a_tick_against_is_named() -> None:
    """A question that a person counts as not done says so, with the reason."""
    reason = stand(of("q01", 6, 0, NO), 3, 3, 3).reason
    assert reason == "q01 is not done: counted as not done by a person (g02): copied."


def test_without_results_everything_is_pending() -> None:
    """What nobody judged is not failed, and the reason is one sentence."""
    nothing = [QuestionPoints(n, 0, 6, judged=False) for n in ("q01", "q02", "q11", "q12")]
    standing = ratify(RULE, nothing)
    assert (standing.decision, standing.reason) == (Decision.PENDING, "There are no results yet.")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("", ""),
        ("a", "a"),
        ("a b", "a and b"),
        ("q01 q02 q03", "q01, q02 and q03"),
        ("q08 q09 q10 q11", "q08 to q11"),
        ("q1 q01 q02 q03 q04 q06 q7", "q1, q01 to q04, q06 and q7"),
        ("q01 p02 q03 q04", "q01, p02, q03 and q04"),
    ],
)
def test_names_are_listed_for_people(names: str, said: str) -> None:
    """A few names are named, a run of them from first to last."""
    assert listed(names.split()) == said


def test_the_rule_and_what_holds_are_told_in_words() -> None:
    """The sentence of the rule; a choice that is done as a whole is not told twice."""
    assert RULE.words == (
        "Needed: q01 and q02 done, and at least one of q11 and q12 done. "
        "A question is done with 50 % of its points, without bonus."
    )
    assert stand(3, 3, 3, 3).reason == "Done: q01 and q02; q11 and q12."


# --- whatever the points --------------------------------------------------------------------

NAMES = ("q01", "q02", "q03", "q11", "q12", "q13")
half_points = st.integers(0, 12).map(lambda n: n / 2)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Any rule over six questions."""
    chosen = draw(st.permutations(NAMES))
    first = draw(st.integers(0, 6))
    second = draw(st.integers(0 if first else 1, 6 - first))
    share = draw(st.sampled_from([0.1, 1 / 3, 0.5, 0.7, 1.0]))
    quota = draw(st.integers(1, max(second, 1)))
    asked = draw(st.lists(st.sampled_from(NAMES), unique=True))
    any_of = tuple(chosen[first : first + second])
    return Rule(share, tuple(chosen[:first]), any_of, quota, tuple(asked))


@st.composite
def results(draw: st.DrawFn) -> list[QuestionPoints]:
    """Any results of six questions of six points."""
    found = []
    for name in NAMES:
        points = draw(half_points)
        waiting = draw(st.sampled_from([0.0, (6 - points) / 2, 6 - points]))
        tick = draw(st.sampled_from([None, None, None, YES, NO]))
        found.append(QuestionPoints(name, points, 6.0, waiting, tick, draw(st.booleans())))
    return found


@settings(max_examples=400)
@given(rules(), results(), st.integers(0, 5), half_points, st.booleans())
def test_more_points_and_ticks_never_make_it_worse(
    rule: Rule, before: list[QuestionPoints], which: int, more: float, ticked: bool
) -> None:
    """Points on top, points in the place of waiting ones, or a tick: never a worse verdict."""
    old = before[which]
    for better in (
        replace(old, points=old.points + more),
        replace(old, points=old.points + min(more, old.waiting),
                waiting=old.waiting - min(more, old.waiting)),
        replace(old, waiting=old.waiting + more),
        replace(old, tick=YES) if ticked else old,
    ):  # fmt: skip
        after = [*before[:which], better, *before[which + 1 :]]
        was, now = ratify(rule, before).decision, ratify(rule, after).decision
        assert ORDER.index(now) >= ORDER.index(was)


@settings(max_examples=400)
@given(rules(), results())
def test_pending_means_that_people_can_still_decide_it(
    rule: Rule, found: list[QuestionPoints]
) -> None:
    """Full points for all that waits ratify exactly what is pending; none of it fails it."""
    standing = ratify(rule, found)
    best = [
        replace(r, points=r.points + r.waiting, waiting=0, judged=True)
        if r.judged
        else replace(r, points=6, judged=True)
        for r in found
    ]
    if standing.decision is Decision.NOT_RATIFIED:
        assert ratify(rule, best).decision is Decision.NOT_RATIFIED
        assert "not done" in standing.reason
    else:
        assert ratify(rule, best).decision is Decision.RATIFIED
    if standing.decision is Decision.PENDING and any(r.judged or r.tick for r in found):
        assert "pending" in standing.reason
        assert not any(f"{n} is not done:" in standing.reason for n in rule.all_of)
