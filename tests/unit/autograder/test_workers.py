"""Jobs in forks: one job's death is its own."""

import os
import signal
import time
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.workers import Finished, cores, run_forked


def run(work, jobs=(1, 2, 3), wall_s=30.0) -> dict[int, Finished[int]]:
    """All jobs, by job."""
    return {f.job: f for f in run_forked(jobs, work, workers=2, wall_s=wall_s)}


def test_every_job_gives_its_text() -> None:
    """Results come back under their jobs, long ones too, from processes of their own."""
    done = run(lambda job: f"{job} {os.getpid()} " + "é" * 300_000)
    assert sorted(done) == [1, 2, 3]
    pids = {(f.text or "").split()[1] for f in done.values()}
    assert len(pids) == 3
    assert str(os.getpid()) not in pids
    assert all(f.failure is None and len(f.text or "") > 300_000 for f in done.values())


@pytest.mark.parametrize(
    ("death", "said"),
    [
        (lambda: os._exit(3), "ended with status 3"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "was killed"),
        (lambda: time.sleep(60), "was killed"),
        (lambda: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda: (_ for _ in ()).throw(SystemExit(0)), "SystemExit: 0"),
        (lambda: (_ for _ in ()).throw(MemoryError()), "MemoryError"),
    ],
)
def test_a_death_is_told_and_the_others_go_on(death, said: str) -> None:
    """A child that dies, hangs or raises fails alone."""

    def work(job: int) -> str:
        if job == 2:
            death()
        return "done"

    done = run(work, wall_s=2.0)
    assert (done[1].text, done[3].text) == ("done", "done")
    assert done[2].failure is not None
    assert said in done[2].failure.what


def test_our_own_exceptions_keep_their_words() -> None:
    """What, where, cure and exit code come back, to be raised again."""

    def work(job: int) -> str:
        raise CourseError("what", "where", "cure")

    failure = run(work, jobs=(1,))[1].failure
    assert failure is not None
    error = failure.error()
    assert (error.what, error.where, error.cure, error.exit_code) == ("what", "where", "cure", 2)
    assert "Traceback" in failure.trace


def children() -> set[str]:
    """Ids of this process's children, dead ones that nobody reaped too."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_whoever_stops_early_leaves_no_child() -> None:
    """When the caller stops listening, the running children are ended and reaped."""
    before = children()
    running = run_forked(
        [1, 2, 3], lambda j: "x" if j == 1 else time.sleep(60) or "", workers=2, wall_s=90
    )
    assert next(running).job == 1
    started = time.monotonic()
    running.close()
    assert time.monotonic() - started < 10
    assert children() == before


def test_there_is_a_core() -> None:
    """At least one, and no more than the machine has."""
    assert 1 <= cores() <= (os.cpu_count() or 1)


def test_a_killed_caller_takes_its_children_with_it(tmp_path: Path) -> None:
    """A run that is killed must not go on judging, or hold the course's lock."""
    parent = os.fork()
    if parent == 0:
        list(run_forked([1], lambda _: _tell_and_sleep(tmp_path / "pid"), workers=1, wall_s=90))
        os._exit(0)
    while not (tmp_path / "pid").exists():
        time.sleep(0.01)
    child = int((tmp_path / "pid").read_text())
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    give_up = time.monotonic() + 20
    while _is_running(child) and time.monotonic() < give_up:
        time.sleep(0.01)
    assert not _is_running(child)


def _tell_and_sleep(path: Path) -> str:
    path.with_suffix(".new").write_text(str(os.getpid()))
    path.with_suffix(".new").rename(path)
    time.sleep(60)
    return ""


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
