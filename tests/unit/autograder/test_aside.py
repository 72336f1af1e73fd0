"""A child that answers questions: it stays, it is bounded, and it keeps nothing of its parent."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from autograder.aside import Helper


def work(question: Any) -> dict[str, Any]:
    """What these tests ask of a child."""
    if question["do"] == "spin":
        while True:
            pass
    if question["do"] == "sleep":
        time.sleep(60)
    if question["do"] == "late":
        time.sleep(0.4)
    if question["do"] == "fill":
        return {"size": len(bytearray(4 * 2**30))}
    if question["do"] == "leave":
        os._exit(0)
    return {"pid": os.getpid(), "said": question["do"]}


@pytest.fixture
def helper() -> Iterator[Helper]:
    """A helper of a test's own."""
    made = Helper(work, memory_mb=256)
    yield made
    made.end()


def test_one_child_answers_many_questions(helper: Helper) -> None:
    """It is another process, and stays the same one."""
    first, second = (helper.ask({"do": word}, 1.0) for word in ("a", "b"))
    assert first is not None
    assert second is not None
    assert first["pid"] == second["pid"] != os.getpid()
    assert (first["said"], second["said"]) == ("a", "b")


@pytest.mark.parametrize(("bad", "longest_s"), [("spin", 2.0), ("sleep", 3.0), ("leave", 1.0)])
def test_what_does_not_answer_is_left_and_the_next_is_answered(
    helper: Helper, bad: str, longest_s: float
) -> None:
    """Processor time ends what computes, wall time what waits."""
    before = helper.ask({"do": "a"}, 1.0)
    start = time.monotonic()
    assert helper.ask({"do": bad}, 0.4) is None
    assert time.monotonic() - start < longest_s
    after = helper.ask({"do": "b"}, 1.0)
    assert before is not None
    assert after is not None
    assert after["pid"] != before["pid"]
    with pytest.raises(ProcessLookupError):
        os.kill(before["pid"], 0)


def test_processor_time_is_what_counts(helper: Helper) -> None:
    """On a busy machine an honest question has its time; a loop has no more than that."""
    before = _time_of_children()
    assert helper.ask({"do": "spin"}, 1.0) is None
    assert _time_of_children() - before < 2.0  # wall time alone would leave it four seconds


def _time_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_memory_is_bounded_and_what_was_full_is_not_asked_again(helper: Helper) -> None:
    """Who asks is told, and lives."""
    before = helper.ask({"do": "a"}, 1.0)
    assert helper.ask({"do": "fill"}, 5.0) == {"lost": "MemoryError"}
    after = helper.ask({"do": "a"}, 1.0)
    assert before is not None
    assert after is not None
    assert after["pid"] != before["pid"]


class Rung(Exception):
    """An alarm of whoever asks."""


def test_an_answer_that_came_too_late_answers_no_other_question(helper: Helper) -> None:
    """The examiner's own alarm may end the wait; what then arrives is nobody's."""

    def ring(*_: object) -> None:
        raise Rung

    helper.ask({"do": "a"}, 1.0)
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(Rung):
            helper.ask({"do": "late"}, 5.0)
        time.sleep(0.5)
        second = helper.ask({"do": "second"}, 5.0)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert second is not None
    assert second["said"] == "second"


def test_a_fork_has_a_child_of_its_own(helper: Helper) -> None:
    """Two processes that asked through one channel would get each other's answers."""
    mine = helper.ask({"do": "a"}, 1.0)
    assert mine is not None
    pid = os.fork()
    if pid == 0:
        theirs = helper.ask({"do": "a"}, 1.0)
        os._exit(0 if theirs is not None and theirs["pid"] != mine["pid"] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert helper.ask({"do": "b"}, 1.0) == {"pid": mine["pid"], "said": "b"}


def test_a_child_keeps_nothing_of_its_parent_open(helper: Helper) -> None:
    """Who reads from what the parent writes sees its end when the parent closes it."""
    reader, writer = os.pipe()
    helper.ask({"do": "a"}, 1.0)
    os.close(writer)
    os.set_blocking(reader, False)
    assert os.read(reader, 1) == b""
    os.close(reader)
