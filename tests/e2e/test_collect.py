"""Collecting from real repositories: git's protocol, http, and bare repositories on disk."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autograder.collect import (
    Caps,
    CollectionResult,
    Receipt,
    State,
    collect,
    read_receipt,
)
from autograder.course import Course, load_course
from demo.hand_in import make_repository
from demo.serve import Served, git_environment, serve
from demo.students import Commit, Student

pytestmark = pytest.mark.e2e

COURSE = """
[course]
id = "t"
name = "Test"
timezone = "Asia/Kolkata"
[limits]
notebook_mb = 1
[collect]
roll_number = "Roll number"
url = "Repository URL"
[assignment.hw]
title = "Homework"
deadline = 2026-03-01T12:00:00
[[assignment.hw.question]]
id = "q01"
title = "One"
notebook = "q01-svd"
points = 2
"""
EARLY, MIDDLE, LATE, LATER = (
    "2026-02-20T10:00:00+05:30",
    "2026-02-28T23:00:00+05:30",
    "2026-03-01T12:00:01+05:30",
    "2026-03-05T10:00:00+05:30",
)
DEADLINE = "2026-03-01T12:00:00+05:30"


def notebook(answer: str) -> bytes:
    """A notebook with one answer."""
    nbgrader = {
        "grade": False,
        "grade_id": "q01-a",
        "locked": False,
        "schema_version": 3,
        "solution": True,
        "task": False,
    }
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "q01-a",
        "metadata": {"nbgrader": nbgrader},
        "outputs": [],
        "source": answer,
    }
    book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book).encode()


class Room:
    """A course, a folder of served repositories, and the form that names them."""

    def __init__(self, root: Path, served: Served) -> None:
        self.root = root
        self.repositories = root / "repositories"
        self.served = served
        self.form = root / "form.csv"
        release = root / "course" / "release" / "hw"
        release.mkdir(parents=True)
        (release / "q01-svd.ipynb").write_bytes(notebook("stub"))
        (root / "course" / "course.toml").write_text(COURSE)
        self.course: Course = load_course(root / "course" / "course.toml")

    def move_deadline(self, to: str) -> None:
        """Set another deadline."""
        path = self.course.root / "course.toml"
        path.write_text(COURSE.replace("2026-03-01T12:00:00", to))
        self.course = load_course(path)

    def repository(self, name: str, *commits: tuple[str, dict[str, bytes]]) -> Path:
        """Make a repository with these dates and files."""
        path = self.repositories / f"{name}.git"
        made = tuple(Commit(date, f"Work of {date}", files) for date, files in commits)
        make_repository(Student(name, f"Student {name}", "", made), path)
        return path

    def collect(self, *urls: str, caps: Caps | None = None) -> CollectionResult:
        """Collect from addresses; the first is s1's, the second s2's."""
        rows = [f"s{number},{url}" for number, url in enumerate(urls, start=1)]
        self.form.write_text("\n".join(["Roll number,Repository URL", *rows]))
        return collect(self.course, "hw", self.form, caps=caps)

    def one(self, url: str, caps: Caps | None = None) -> Receipt:
        """Collect from one address."""
        (receipt,) = self.collect(url, caps=caps).receipts
        return receipt

    def stored(self, student: str = "s1") -> dict[str, bytes]:
        """What lies in a student's folder, by path."""
        folder = self.course.submitted(student, "hw")
        return {
            str(p.relative_to(folder)): p.read_bytes()
            for p in sorted(folder.rglob("*"))
            if not p.is_dir()
        }


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """A course whose students' repositories are served on loopback."""
    (tmp_path / "repositories").mkdir()
    with serve(tmp_path / "repositories") as served:
        yield Room(tmp_path, served)


def git(path: Path, *arguments: str, stream: bytes = b"") -> str:
    """What a git command prints."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=path,
        input=stream,
        env=git_environment(),
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


def kinds(receipt: Receipt) -> list[str]:
    """What the remarks of a receipt are about."""
    return [remark.kind for remark in receipt.remarks]


WORK = {"q01-svd.ipynb": notebook("a = 1"), "sub folder/notes (1).md": b"text"}


# --- both transports --------------------------------------------------------------------


@pytest.mark.parametrize("over", ["git_url", "http_url"])
def test_a_repository_is_collected(room: Room, over: str) -> None:
    """Over both protocols the files arrive unchanged, with commit, evidence and time stamp."""
    path = room.repository("s1", (EARLY, {"old.txt": b"x"}), (MIDDLE, WORK))
    url = getattr(room.served, over)("s1.git")
    receipt = room.one(url)
    assert receipt.state is State.COLLECTED
    assert receipt.address == url
    assert receipt.commit == git(path, "rev-parse", "HEAD")
    assert receipt.evidence == "commit date"
    assert room.stored() == WORK | {"timestamp.txt": b"2026-02-28 17:30:00 UTC\n"}
    assert read_receipt(room.course, "hw", "s1") == receipt
    assert receipt.remarks == ()


@pytest.mark.parametrize("over", ["git_url", "http_url"])
@pytest.mark.parametrize("allow_filter", ["true", "false"])
@pytest.mark.parametrize("late", [1, 40])
def test_the_last_commit_before_the_deadline_counts(
    room: Room, over: str, allow_filter: str, late: int
) -> None:
    """Commits after the deadline do not count, however many, whatever the server can do."""
    start = datetime.fromisoformat(LATER)
    after = [
        ((start + timedelta(minutes=n)).isoformat(), {"q01-svd.ipynb": notebook(f"late {n}")})
        for n in range(late)
    ]
    path = room.repository("s1", (EARLY, {}), (MIDDLE, WORK), *after)
    git(path, "config", "uploadpack.allowFilter", allow_filter)
    receipt = room.one(getattr(room.served, over)("s1.git"))
    assert receipt.commit == git(path, "rev-parse", f"HEAD~{late}")
    assert room.stored()["q01-svd.ipynb"] == WORK["q01-svd.ipynb"]
    assert kinds(receipt) == ["late-commit"]
    assert receipt.remarks[0].message.startswith(f"{late} commit")


def test_a_server_that_gives_no_commit_by_name(room: Room) -> None:
    """An old server that only gives branches still yields the commit before the deadline."""
    path = room.repository("s1", (EARLY, {}), (MIDDLE, WORK), (LATE, {"x": b"late"}))
    with serve(room.repositories, old=True) as served:
        receipt = room.one(served.http_url("s1.git"))
    assert receipt.commit == git(path, "rev-parse", "HEAD~1")
    assert room.stored().keys() == {*WORK, "timestamp.txt"}


def test_the_second_of_the_deadline_is_in_time(room: Room) -> None:
    """A commit at the deadline counts; one a second later does not."""
    path = room.repository("s1", (DEADLINE, WORK), (LATE, {"x": b"late"}))
    assert room.one(room.served.git_url("s1")).commit == git(path, "rev-parse", "HEAD~1")


def test_the_default_branch_counts_whatever_its_name(room: Room) -> None:
    """Work on the default branch counts, also where it has an unusual name."""
    path = room.repository("s1", (MIDDLE, WORK))
    git(path, "branch", "-m", "main", "trunk")
    git(path, "symbolic-ref", "HEAD", "refs/heads/trunk")
    receipt = room.one(room.served.git_url("s1"))
    assert (receipt.state, receipt.remarks) == (State.COLLECTED, ())


def test_merged_work_follows_the_branch_s_own_line(room: Room) -> None:
    """A side branch that was merged after the deadline does not count by its own date."""
    path = room.repository("s1", (EARLY, WORK))
    base = git(path, "rev-parse", "HEAD")
    side = commit(path, tree(path, BOOK), MIDDLE, base)
    merged = commit(path, tree(path, BOOK), LATE, base, side)
    assert git(path, "rev-parse", "HEAD") == merged
    assert room.one(room.served.git_url("s1")).commit == base


def test_a_head_that_points_nowhere(room: Room) -> None:
    """Where HEAD names a branch that is not there, the usual branch is taken."""
    path = room.repository("s1", (MIDDLE, WORK))
    git(path, "symbolic-ref", "HEAD", "refs/heads/gone")
    assert room.one(room.served.http_url("s1.git")).state is State.COLLECTED


def test_nothing_in_time(room: Room) -> None:
    """Only late commits, or none at all: a receipt that says so, and no folder."""
    room.repository("s1", (LATE, WORK))
    git(room.repositories, "init", "--quiet", "--bare", "empty.git")
    late, empty = room.collect(
        room.served.git_url("s1"), room.served.http_url("empty.git")
    ).receipts
    assert (late.state, kinds(late)) == (State.NOTHING, ["nothing-in-time"])
    assert (empty.state, kinds(empty)) == (State.NOTHING, ["empty-repository"])
    assert not (room.course.root / "submitted" / "s1").exists()


# --- trouble in the middle --------------------------------------------------------------


def test_one_student_s_trouble_is_not_the_others(room: Room) -> None:
    """Missing, private, closed and refused addresses in the middle: the others are collected."""
    room.repository("s1", (MIDDLE, WORK))
    room.repository("private/p", (MIDDLE, WORK))
    room.repository("s6", (MIDDLE, WORK))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        result = room.collect(
            room.served.git_url("s1"),
            room.served.git_url("nosuch"),
            room.served.http_url("private/p.git"),
            f"http://127.0.0.1:{port}/x",
            f"file://{room.repositories}/s1.git",
            room.served.http_url("s6.git"),
        )
    states = [r.state for r in result.receipts]
    assert states == [State.COLLECTED, *[State.FAILED] * 4, State.COLLECTED]
    assert [kinds(r)[-1] for r in result.failed] == [
        "not-found",
        "no-access",
        "unreachable",
        "address-refused",
    ]


def test_again_only_what_changed_is_taken(room: Room) -> None:
    """Before the deadline a run leaves unchanged hand-ins alone and takes a new commit."""
    room.move_deadline("2199-01-01T00:00:00")
    room.repository("s1", (EARLY, WORK))
    room.repository("s2", (EARLY, WORK))
    urls = room.served.git_url("s1"), room.served.http_url("s2.git")
    room.collect(*urls)
    inode = room.course.submitted("s1", "hw").stat().st_ino
    subprocess.run(["rm", "-r", str(room.repositories / "s2.git")], check=True)
    room.repository("s2", (EARLY, WORK), (MIDDLE, {"q01-svd.ipynb": notebook("a = 2")}))
    first, second = room.collect(*urls).receipts
    assert (first.state, second.state) == (State.UNCHANGED, State.COLLECTED)
    assert room.course.submitted("s1", "hw").stat().st_ino == inode
    assert room.stored("s2").keys() == {"q01-svd.ipynb", "timestamp.txt"}


def test_a_repository_that_vanishes_keeps_what_was_collected(room: Room) -> None:
    """A later run that finds no repository loses nothing; one that finds it again is content."""
    path = room.repository("s1", (MIDDLE, WORK))
    room.one(room.served.git_url("s1"))
    path.rename(path.with_name("away"))
    receipt = room.one(room.served.git_url("s1"))
    assert receipt.state is State.FAILED
    assert kinds(receipt) == ["not-found", "earlier-kept"]
    assert room.stored()["q01-svd.ipynb"] == WORK["q01-svd.ipynb"]
    path.with_name("away").rename(path)
    assert room.one(room.served.git_url("s1")).state is State.UNCHANGED


def test_a_commit_dated_back_after_collecting_does_not_count(room: Room) -> None:
    """Once collected after the deadline, a commit with a made-up date changes nothing."""
    path = room.repository("s1", (EARLY, WORK))
    before = room.one(room.served.git_url("s1"))
    subprocess.run(["rm", "-r", str(path)], check=True)
    room.repository("s1", (EARLY, WORK), (MIDDLE, {"q01-svd.ipynb": notebook("copied")}))
    assert datetime.fromisoformat(before.collected_at) > datetime.fromisoformat(DEADLINE)
    receipt = room.one(room.served.git_url("s1"))
    assert receipt.commit == before.commit
    assert kinds(receipt) == ["history-changed", "earlier-kept"]
    assert room.stored()["q01-svd.ipynb"] == WORK["q01-svd.ipynb"]


def test_a_moved_deadline_is_applied(room: Room) -> None:
    """When the deadline moves, the commit that counts is found anew."""
    path = room.repository("s1", (EARLY, WORK), (LATE, WORK | {"x": b"later"}))
    assert room.one(room.served.git_url("s1")).commit == git(path, "rev-parse", "HEAD~1")
    room.move_deadline("2026-03-04T12:00:00")
    assert room.one(room.served.git_url("s1")).commit == git(path, "rev-parse", "HEAD")
    assert "x" in room.stored()


# --- hostile repositories ---------------------------------------------------------------


def tree(path: Path, *entries: tuple[str, str, bytes]) -> str:
    """Make a tree of (mode, name, blob content) whatever git thinks of the names."""
    raw = b""
    for mode, name, content in entries:
        if mode == "160000" or mode == "40000":
            sha = content.decode()
        else:
            sha = git(path, "hash-object", "-w", "--stdin", stream=content)
        raw += f"{mode} {name}\0".encode() + bytes.fromhex(sha)
    return git(path, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", stream=raw)


def commit(path: Path, tree_id: str, date: str = MIDDLE, *parents: str) -> str:
    """Put a commit of a tree on the main branch."""
    stamp = f"Student <s@students.example> {int(datetime.fromisoformat(date).timestamp())} +0530"
    above = "".join(f"parent {parent}\n" for parent in parents)
    text = f"tree {tree_id}\n{above}author {stamp}\ncommitter {stamp}\n\nwork\n"
    made = git(path, "hash-object", "-t", "commit", "-w", "--stdin", stream=text.encode())
    git(path, "update-ref", "refs/heads/main", made)
    return made


def crafted(room: Room, *entries: tuple[str, str, bytes]) -> str:
    """The address of a repository with exactly this tree."""
    path = room.repositories / "s1.git"
    git(room.repositories, "init", "--quiet", "--bare", "--initial-branch=main", "s1.git")
    commit(path, tree(path, *entries))
    return room.served.git_url("s1")


BOOK = ("100644", "q01-svd.ipynb", notebook("a = 1"))


def test_links_and_submodules_are_refused(room: Room) -> None:
    """Symbolic links and submodules are left out and named; the rest is collected."""
    url = crafted(
        room,
        ("100644", ".gitmodules", b'[submodule "m"]\n\tpath = m\n\turl = file:///etc\n'),
        ("120000", "link.ipynb", b"../../../../course.toml"),
        ("160000", "m", b"1" * 40),
        BOOK,
    )
    receipt = room.one(url)
    assert room.stored().keys() == {"q01-svd.ipynb", "timestamp.txt"}
    assert {"link-refused", "submodule-refused"} <= set(kinds(receipt))
    assert {i.path for i in receipt.ignored} == {".gitmodules", "link.ipynb", "m"}


def test_a_link_in_place_of_the_notebook(room: Room) -> None:
    """A link named like the notebook gives no notebook, and nothing of what it points to."""
    receipt = room.one(crafted(room, ("120000", "q01-svd.ipynb", b"/etc/passwd")))
    assert receipt.state is State.NOTHING
    assert kinds(receipt) == ["link-refused", "no-files"]


def test_paths_that_would_leave_the_folder(room: Room) -> None:
    """Trees with `..`, `.git` and odd names write nothing outside of the hand-in."""
    path = room.repositories / "s1.git"
    url = crafted(room, BOOK)
    inner = tree(path, ("100644", "escaped.txt", b"x"))
    outer = tree(
        path,
        ("100755", "..", b"x"),
        ("40000", "../..", inner.encode()),
        ("40000", ".GIT", inner.encode()),
        ("100644", "/tmp/absolute", b"x"),
        ("100644", "a\\..\\b\x1b.txt", b"x"),
        BOOK,
    )
    commit(path, outer)
    receipt = room.one(url)
    assert room.stored().keys() == {"q01-svd.ipynb", "timestamp.txt", "a_.._b_.txt"}
    assert "path-refused" in kinds(receipt)
    assert not list(room.root.rglob("escaped.txt"))


def test_colliding_names_are_all_kept(room: Room) -> None:
    """Files whose names differ in case only are both there, on any file system."""
    url = crafted(room, ("100644", "NOTES.md", b"1"), ("100644", "notes.md", b"2"), BOOK)
    room.one(url)
    stored = room.stored()
    assert (stored["NOTES.md"], stored["_other/notes.md"]) == (b"1", b"2")


@pytest.mark.parametrize("allow_filter", ["true", "false"])
def test_a_huge_file_is_left_out(room: Room, allow_filter: str) -> None:
    """A file over the limit is left out, fetched or not; the notebook is collected."""
    url = crafted(room, ("100644", "big.bin", os.urandom(1_500_000)), BOOK)
    git(room.repositories / "s1.git", "config", "uploadpack.allowFilter", allow_filter)
    receipt = room.one(url)
    assert room.stored().keys() == {"q01-svd.ipynb", "timestamp.txt"}
    assert kinds(receipt) == ["too-large"]


def test_a_huge_repository_is_refused(room: Room) -> None:
    """A repository over the limit is given up while it is fetched, and leaves nothing behind."""
    blobs = [("100644", f"{n}.bin", os.urandom(900_000)) for n in range(4)]
    receipt = room.one(crafted(room, BOOK, *blobs), caps=Caps(pack_mb=2))
    assert (receipt.state, kinds(receipt)) == (State.FAILED, ["too-large"])
    assert not list(room.course.cache.glob("collect-*"))


@pytest.mark.parametrize("entry_is", ["file", "folder"])
def test_a_bomb_of_trees_is_refused_quickly(room: Room, entry_is: str) -> None:
    """A small repository that unfolds to a million million files costs seconds."""
    path = room.repositories / "s1.git"
    url = crafted(room, BOOK)
    level = tree(path, ("100644", "f", b"x")) if entry_is == "file" else tree(path)
    for _ in range(12):
        level = tree(path, *[("40000", f"d{n}", level.encode()) for n in range(10)])
    commit(path, level)
    begin = time.monotonic()
    receipt = room.one(url, caps=Caps(wall_s=10))
    assert receipt.state is State.FAILED
    assert time.monotonic() - begin < 40


def test_a_repository_of_endless_files_is_refused(room: Room) -> None:
    """A repository with more files than are listed at all is refused as a whole."""
    url = crafted(room, BOOK, *[("100644", f"z{n}", b"x") for n in range(12)])
    receipt = room.one(url, caps=Caps(listed=10))
    assert (receipt.state, kinds(receipt)) == (State.FAILED, ["too-many-files"])


def test_filters_and_attributes_do_nothing(room: Room) -> None:
    """Files come as they are in git: no line ends changed, no filter, no LFS."""
    attributes = (
        b"*.ipynb filter=lfs -text\n*.txt text eol=crlf working-tree-encoding=UTF-16 ident\n"
    )
    url = crafted(
        room, ("100644", ".gitattributes", attributes), ("100644", "a.txt", b"a\nb\n$Id$"), BOOK
    )
    room.one(url)
    assert room.stored()["a.txt"] == b"a\nb\n$Id$"


@pytest.mark.parametrize("protocol", ["git", "http"])
def test_a_server_that_never_answers_is_given_up(room: Room, protocol: str) -> None:
    """A connection that stays silent ends with the wall time, and git ends with it."""
    with silent_server() as port:
        begin = time.monotonic()
        receipt = room.one(f"{protocol}://127.0.0.1:{port}/s1", caps=Caps(wall_s=1))
        assert time.monotonic() - begin < 10
        running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert kinds(receipt) == ["too-slow"]
    assert f"127.0.0.1:{port}" not in running.stdout


@contextmanager
def silent_server() -> Iterator[int]:
    """A port that accepts connections and says nothing."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_an_address_is_no_option(room: Room, tmp_path: Path) -> None:
    """Addresses that look like options or commands run nothing."""
    marker = tmp_path / "marker"
    result = room.collect(
        f"--upload-pack=touch {marker}",
        f"ext::sh -c 'touch {marker}'",
        f"ssh://-oProxyCommand=touch%20{marker}/x",
        f"git://127.0.0.1:1/--upload-pack=touch%20{marker}",
    )
    assert {r.state for r in result.receipts} == {State.FAILED}
    assert not marker.exists()


def test_the_user_s_git_configuration_is_not_read(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Aliases of addresses, hooks and helpers of whoever collects have no part in it."""
    marker = tmp_path / "marker"
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        f'[url "file:///nowhere/"]\n\tinsteadOf = git://\n[core]\n\tfsmonitor = touch {marker}\n'
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    room.repository("s1", (MIDDLE, WORK))
    assert room.one(room.served.git_url("s1")).state is State.COLLECTED
    assert not marker.exists()


# --- bare repositories in a folder ------------------------------------------------------


def test_bare_repositories_in_a_folder(room: Room) -> None:
    """Bare repositories named by roll number are collected like those on a server."""
    path = room.repository("s1", (MIDDLE, WORK), (LATE, {"x": b"late"}))
    room.repository("s2", (LATE, WORK))
    first, second = collect(room.course, "hw", room.repositories).receipts
    assert first.commit == git(path, "rev-parse", "HEAD~1")
    assert first.evidence == "commit date"
    assert room.stored()["q01-svd.ipynb"] == WORK["q01-svd.ipynb"]
    assert (second.state, kinds(second)) == (State.NOTHING, ["nothing-in-time"])
    again = collect(room.course, "hw", room.repositories).receipts
    assert again[0].state is State.UNCHANGED


def test_configuration_and_hooks_of_a_handed_in_repository_do_not_run(
    room: Room, tmp_path: Path
) -> None:
    """A repository's own configuration, hooks and borrowed objects are not used."""
    marker = tmp_path / "marker"
    path = room.repository("s1", (MIDDLE, WORK))
    script = f"#!/bin/sh\ntouch {marker}\n"
    for hook in ("post-checkout", "reference-transaction", "post-index-change", "update"):
        target = path / "hooks" / hook
        target.parent.mkdir(exist_ok=True)
        target.write_text(script)
        target.chmod(0o755)
    with (path / "config").open("a") as config:
        config.write(
            f"[core]\n\tfsmonitor = touch {marker}\n\tsshCommand = touch {marker}\n"
            f"\tpager = touch {marker}\n[uploadpack]\n\tpackObjectsHook = touch {marker}\n"
            "[include]\n\tpath = /etc/passwd\n"
        )
    (receipt,) = collect(room.course, "hw", room.repositories).receipts
    assert receipt.state is State.COLLECTED
    assert not marker.exists()


def test_objects_of_another_repository_cannot_be_borrowed(room: Room, tmp_path: Path) -> None:
    """A repository that points to another one's objects shows nothing of it."""
    other = tmp_path / "secret.git"
    secret = Student("s9", "Other", "", (Commit(MIDDLE, "secret", WORK),))
    make_repository(secret, other)
    path = room.repositories / "s1.git"
    git(room.repositories, "init", "--quiet", "--bare", "--initial-branch=main", "s1.git")
    (path / "objects" / "info").mkdir(exist_ok=True)
    (path / "objects" / "info" / "alternates").write_text(f"{other}/objects\n")
    (path / "refs" / "heads" / "main").write_text(git(other, "rev-parse", "main") + "\n")
    (receipt,) = collect(room.course, "hw", room.repositories).receipts
    assert receipt.files == ()
    assert kinds(receipt) == ["empty-repository"]
    assert not (room.course.root / "submitted").exists() or not room.stored()


# --- many at once -----------------------------------------------------------------------


def test_many_are_collected_at_once(room: Room) -> None:
    """Forty repositories over both protocols arrive, each at its own student."""
    urls = []
    for number in range(1, 41):
        files = {"q01-svd.ipynb": notebook(f"mine = {number}")}
        room.repository(f"s{number}", (MIDDLE, files))
        over: Callable[[str], str] = room.served.git_url if number % 2 else room.served.http_url
        urls.append(over(f"s{number}.git"))
    result = room.collect(*urls)
    assert result.count(State.COLLECTED) == 40
    for number in range(1, 41):
        assert f'mine = {number}"'.encode() in room.stored(f"s{number}")["q01-svd.ipynb"]


def test_a_killed_run_is_completed_by_the_next(room: Room) -> None:
    """After a run was killed in the middle, another gives what an undisturbed one gives."""
    urls = []
    for number in range(1, 13):
        room.repository(f"s{number}", (MIDDLE, {"q01-svd.ipynb": notebook(f"mine = {number}")}))
        urls.append(room.served.http_url(f"s{number}.git"))
    rows = [f"s{n},{url}" for n, url in enumerate(urls, start=1)]
    room.form.write_text("\n".join(["Roll number,Repository URL", *rows]))
    program = (
        "import sys; from pathlib import Path; from autograder.course import load_course;"
        "from autograder.collect import collect;"
        "collect(load_course(Path(sys.argv[1])), 'hw', Path(sys.argv[2]), workers=1,"
        " on_progress=lambda r, done, of: print(done, flush=True))"
    )
    course_file = str(room.course.root / "course.toml")
    process = subprocess.Popen(
        [sys.executable, "-c", program, course_file, str(room.form)], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == b"4":
            process.kill()
            break
    process.wait()
    process.stdout.close()
    result = room.collect(*urls)
    assert result.count(State.UNCHANGED) >= 4
    assert not result.failed
    for number in range(1, 13):
        assert room.stored(f"s{number}")["q01-svd.ipynb"] == notebook(f"mine = {number}")
        assert [p.name for p in room.course.submitted(f"s{number}", "hw").parent.iterdir()] == [
            "hw"
        ]


def test_times_are_stored_in_utc(room: Room) -> None:
    """The time stamp is the commit's, in universal time, as nbgrader reads it."""
    room.repository("s1", (MIDDLE, WORK))
    receipt = room.one(room.served.git_url("s1"))
    text = room.stored()["timestamp.txt"].decode().strip()
    parsed = datetime.strptime(text, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    assert parsed == datetime.fromisoformat(MIDDLE) == datetime.fromisoformat(receipt.commit_time)
