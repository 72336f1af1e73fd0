"""`autograder.doctor`: it says which sandbox is used, why no better one, and who enforces what."""

import os
import platform

import pytest

from autograder import doctor, seccomp


def found(no_bubblewrap: str, no_landlock: str) -> dict[str, doctor.Check]:
    """The checks of the sandboxes by name."""
    return {c.name: c for c in doctor._sandboxes(no_bubblewrap, no_landlock)}


def test_bubblewrap_is_used_where_it_works() -> None:
    """Nothing is to be done; the kernel bounds the scratch folders."""
    checks = found("", "")
    assert checks["sandbox"].found == "bubblewrap"
    assert all(c.well and not c.cure for c in checks.values())
    assert "scratch folders" in checks["limits by the kernel"].found
    assert "memory of the whole tree" in checks["limits by a watcher"].found


def test_the_fallback_says_why_and_that_it_is_weaker() -> None:
    """The reason against bubblewrap and its cure stand there; grading is possible."""
    checks = found("no user namespaces here", "")
    assert checks["sandbox"].found == "landlock"
    assert checks["sandbox"].well
    assert checks["sandbox bubblewrap"].found == "no user namespaces here"
    assert "bubblewrap" in checks["sandbox bubblewrap"].cure
    assert not checks["sandbox bubblewrap"].needed
    assert "weaker" in checks["sandbox landlock"].found
    assert "disk space" in checks["limits by a watcher"].found


def test_without_any_sandbox_grading_is_impossible() -> None:
    """Both reasons are told, and the one check that is needed is not well."""
    checks = found("not installed", "the kernel has none")
    assert not checks["sandbox"].well
    assert checks["sandbox"].needed
    assert checks["sandbox landlock"].found == "the kernel has none"
    assert "limits by the kernel" not in checks


@pytest.mark.parametrize(("kind", "user"), [("bubblewrap", 0), ("landlock", 0), ("landlock", 1000)])
def test_processes_are_bounded_by_the_kernel_where_the_user_is_their_own(
    kind: str, user: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ordinary user's other programs would count too: there the watcher counts."""
    monkeypatch.setattr(os, "geteuid", lambda: user)
    kernel, watcher = doctor._limits(kind)
    by_watcher = (kind, user) == ("landlock", 1000)
    assert ("number of processes" in watcher) == by_watcher
    assert ("number of processes" in kernel) != by_watcher


def test_an_unknown_processor_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The filter of system calls knows two processors."""
    assert doctor._system_calls().well == seccomp.supported()
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    check = doctor._system_calls()
    assert not check.well
    assert "riscv64" in check.found


def test_large_pages_are_tried_out() -> None:
    """It is asked of the kernel; without them grading goes on."""
    check = doctor._large_pages()
    assert not check.needed
    assert check.well == (not check.cure)
