"""What a hidden test may ask about the hand-in."""

import pytest

from autograder import handin
from autograder.handin import HandIn, examining


def test_inside_an_examination_the_hand_in_answers() -> None:
    """Sources, stored outputs and earlier tests come from the hand-in, and end with it."""
    given = HandIn({"q01-a": "x = 1"}, {"q01-a": "printed"}, frozenset({"t1"}), "s")
    with examining(given):
        assert handin.source("q01-a") == "x = 1"
        assert handin.source("q01-b") == ""
        assert handin.stored_output("q01-a") == "printed"
        assert handin.stored_output("q01-b") == ""
        assert handin.passed("t1")
        assert not handin.passed("t2")
    assert handin.stored_output("q01-a") is None
    assert handin.passed("t2")
    assert handin.sources() == {}


def test_seeds_depend_on_secret_and_label(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another secret or label gives another seed; the same ones the same, in a kernel too."""
    with examining(HandIn(secret="one")):
        seeds = [handin.seed("a"), handin.seed("b"), handin.seed("a")]
    with examining(HandIn(secret="two")):
        other = handin.seed("a")
    assert seeds[0] == seeds[2]
    assert len({*seeds, other}) == 3
    assert all(0 <= s < 2**31 for s in (*seeds, other))
    monkeypatch.setenv("AUTOGRADER_SECRET", "one")
    assert handin.seed("a") == seeds[0]
