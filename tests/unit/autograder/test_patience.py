"""`autograder.candidate.Patience`: wall time counts while nothing is computed."""

import pytest

from autograder import candidate
from autograder.candidate import BUSY_FACTOR, LOOK_S, Patience


class Clock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """The time that it shows."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that `Patience` reads."""
    moved = Clock()
    monkeypatch.setattr(candidate, "time", moved)
    return moved


def seconds_until_the_end(
    patience: Patience, clock: Clock, share: float, step_s: float = 0.1
) -> tuple[float, float]:
    """Wall seconds until the end of a process that computes a share of the time, and its words."""
    start, cpu_s = clock.now, 0.0
    while True:
        clock.now += step_s
        cpu_s += share * step_s
        if said := patience.ends_after(cpu_s):
            return clock.now - start, said


def test_what_only_waits_ends_after_its_patience(clock: Clock) -> None:
    """A process that sleeps is ended after the wall time allowed."""
    assert seconds_until_the_end(Patience(10, 0), clock, 0.0) == pytest.approx((10, 10), abs=0.2)


def test_what_computes_slowly_may_take_longer(clock: Clock) -> None:
    """A process that gets a tenth of a busy machine is not idle; it has a multiple of the time."""
    wall_s, said = seconds_until_the_end(Patience(10, 0), clock, 0.1)
    assert wall_s == pytest.approx(10 * BUSY_FACTOR, abs=0.2)
    assert said == 10 * BUSY_FACTOR


def test_short_budgets_still_wait_a_while(clock: Clock) -> None:
    """Five seconds are the least."""
    assert seconds_until_the_end(Patience(0.1, 0), clock, 0.0) == pytest.approx((5, 5), abs=0.2)


def test_a_pause_of_our_own_is_not_its_idleness(clock: Clock) -> None:
    """Time in which nobody looked counts as one look."""
    patience = Patience(10, 0)
    clock.now += 25
    assert patience.ends_after(0.0) == 0
    assert patience.idle_s == LOOK_S
