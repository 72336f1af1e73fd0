"""What a hidden test may ask about the hand-in besides the values in it.

The examiner provides the answers while a test runs. In an ordinary kernel (a student's, or stock
nbgrader's) the functions fall back to what a kernel knows: its input history.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

DEMO_SECRET = "demo"  # the secret of a course that has not set one


@dataclass(frozen=True)
class HandIn:
    """One notebook of a hand-in, as its tests may see it.

    Attributes:
        sources: Source text of the student's code cells by cell id, in notebook order;
            extra cells of the student have ids that begin with `extra-`.
        stored: Text of the stored outputs of kept cells by cell id.
        passed: Ids of the tests that have earned all their points so far.
        secret: The course's secret, from which hidden data are drawn.
        files: The hand-in's files that belong to answers, by path such as `cpp/nn.cpp`.
    """

    sources: Mapping[str, str] = field(default_factory=dict)
    stored: Mapping[str, str] = field(default_factory=dict)
    passed: frozenset[str] = frozenset()
    secret: str = DEMO_SECRET
    files: Mapping[str, bytes] = field(default_factory=dict)


_current: ContextVar[HandIn | None] = ContextVar("autograder_handin", default=None)


@contextmanager
def examining(handin: HandIn) -> Iterator[None]:
    """Make a hand-in the one that tests ask about while the block runs."""
    token = _current.set(handin)
    try:
        yield
    finally:
        _current.reset(token)


def _kernel_history() -> dict[str, str]:
    shell = sys.modules.get("IPython")
    kernel = shell.get_ipython() if shell is not None else None
    if kernel is None:
        return {}
    history = list(kernel.user_ns.get("In", []))[:-1]  # the last one is the running test
    return {f"extra-{i}": source for i, source in enumerate(history)}


def sources() -> Mapping[str, str]:
    """Source text of the student's code cells by cell id, in notebook order."""
    handin = _current.get()
    return handin.sources if handin is not None else _kernel_history()


def source(cell_id: str) -> str:
    """Source text of one answer cell; empty where the student has none."""
    return sources().get(cell_id, "")


def stored_output(cell_id: str) -> str | None:
    """Text that a kept cell's stored outputs show; None where it is not known (one kernel)."""
    handin = _current.get()
    return None if handin is None else handin.stored.get(cell_id, "")


def file(path: str) -> bytes | None:
    """Contents of a file that was handed in, such as `paper.md`; None where there is none.

    In one kernel it is the file of that path in the working folder.
    """
    handin = _current.get()
    if handin is not None:
        return handin.files.get(path)
    place = Path(path)
    return place.read_bytes() if place.is_file() else None


def passed(test_id: str) -> bool:
    """Whether an earlier test of the notebook earned all its points; true in one kernel."""
    handin = _current.get()
    return handin is None or test_id in handin.passed


def seed(label: str) -> int:
    """A seed for hidden data, drawn from the course's secret.

    Args:
        label: What the data are for, usually the id of the test.

    Returns:
        An integer in [0, 2**31), the same for every submission of the course.
    """
    handin = _current.get()
    secret = handin.secret if handin else os.environ.get("AUTOGRADER_SECRET", DEMO_SECRET)
    digest = hmac.new(secret.encode(), label.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:4], "big") >> 1
