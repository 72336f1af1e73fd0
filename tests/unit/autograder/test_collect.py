"""Forms, addresses, folders of hand-ins, and which notebook is which; git is tested in e2e."""

import contextlib
import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from autograder import collect as module
from autograder.collect import (
    Caps,
    CollectionResult,
    Receipt,
    State,
    Trouble,
    collect,
    normalise_address,
    read_form,
    read_receipt,
    receipt_folder,
)
from autograder.course import Course, load_course
from autograder.errors import CourseError, InputError, RosterError, SourceError

COURSE = """
[course]
id = "t"
name = "Test"
timezone = "Asia/Kolkata"
[limits]
notebook_mb = 1
[collect]
roll_number = ["Roll number", "Roll No"]
name = "Full name"
email = "E-mail"
url = ["Repository URL", "Repository"]
timestamp = ["Timestamp"]
[assignment.hw]
title = "Homework"
deadline = 2026-03-01T12:00:00
[[assignment.hw.question]]
id = "q01"
title = "One"
notebook = "q01-svd"
points = 2
[[assignment.hw.question]]
id = "q02"
title = "Two"
notebook = "q02-pca"
points = 2
"""
IN_TIME = datetime(2026, 2, 20, tzinfo=UTC).timestamp()


def answer_cell(grade_id: str, source: str) -> dict:
    """A code answer as nbgrader has it."""
    nbgrader = {
        "grade": False,
        "grade_id": grade_id,
        "locked": False,
        "schema_version": 3,
        "solution": True,
        "task": False,
    }
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": grade_id,
        "metadata": {"nbgrader": nbgrader},
        "outputs": [],
        "source": source,
    }


def notebook(**answers: str) -> str:
    """A notebook with one answer cell per keyword: `q01_a="..."` has the grade id `q01-a`."""
    cells = [answer_cell(name.replace("_", "-"), text) for name, text in answers.items()]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


ONE = notebook(q01_a="stub", q01_b="stub")
TWO = notebook(q02_a="stub")
ONE_DONE = notebook(q01_a="a = 1", q01_b="b = 2")
TWO_DONE = notebook(q02_a="a = 1")


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course with a release of two notebooks."""
    root = tmp_path / "course"
    release = root / "release" / "hw"
    release.mkdir(parents=True)
    (root / "course.toml").write_text(COURSE)
    (release / "q01-svd.ipynb").write_text(ONE)
    (release / "q02-pca.ipynb").write_text(TWO)
    return load_course(root / "course.toml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for hand-ins."""
    path = tmp_path / "handed in"
    path.mkdir()
    return path


def put(folder: Path, path: str, content: str | bytes, date: float = IN_TIME) -> Path:
    """Write a file with a date."""
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content if isinstance(content, bytes) else content.encode())
    os.utime(target, (date, date))
    return target


def one(result: CollectionResult) -> Receipt:
    """The only receipt."""
    assert len(result.receipts) == 1
    return result.receipts[0]


def kinds(receipt: Receipt) -> list[str]:
    """What the remarks of a receipt are about."""
    return [remark.kind for remark in receipt.remarks]


def stored(course: Course, receipt: Receipt, path: str) -> str:
    """A collected file."""
    return (course.submitted(receipt.student, "hw") / path).read_text()


# --- the form ---------------------------------------------------------------------------


def form(course: Course, path: Path, text: str | bytes) -> tuple[list, list]:
    """The hand-ins and remarks of a form."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_form(path, course, course.assignment("hw"), Caps())


URL = "https://github.com/somebody/work"


@pytest.mark.parametrize(
    "text",
    [
        f"Timestamp,Roll number,Repository URL\n2026-02-01 10:00,s1,{URL}\n",
        f"\ufeffRoll number,Repository URL,Timestamp\ns1,{URL},2026-02-01 10:00\n",
        f"Timestamp;Roll number;Repository URL\r\n2026-02-01 10:00;s1;{URL}\r\n",
        f"Timestamp\tRoll number\tRepository URL\n2026-02-01 10:00\ts1\t{URL}\n",
        f"\n\nTimestamp,Roll number,Repository URL\n,,\n\n2026-02-01 10:00, s1 , {URL} \n\n",
        f'"Roll  NUMBER","Comment, long","Repository"\n"s1","a\nb;c","{URL}"\n',
        f"Roll number,Repository URL,Repository\ns1,,{URL}\n",
    ],
)
def test_form_variants(course: Course, tmp_path: Path, text: str) -> None:
    """Separators, a byte order mark, blank lines, line breaks and doubled columns are read."""
    handins, remarks = form(course, tmp_path / "form.csv", text)
    assert [(h.student, h.origin.address) for h in handins] == [("s1", URL)]
    assert remarks == []


def test_name_and_email_come_from_the_form(course: Course, tmp_path: Path) -> None:
    """A hand-in knows the name and the e-mail address that the form has."""
    text = f"Full name,E-mail,Roll No,Repository\nAda One,a@x.example,s1,{URL}\n"
    (handin,), _ = form(course, tmp_path / "form.csv", text)
    assert (handin.name, handin.email) == ("Ada One", "a@x.example")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Roll number,Web\ns1,x\n", "url"),
        ("Who,Repository\ns1,x\n", "roll_number"),
        ("", "roll_number"),
        (b"Roll number,Repository\n\xff\xfe,x\n", "UTF-8"),
        ("Roll number,Repository\n" + "x" * 200_000 + ",y\n", "CSV"),
    ],
)
def test_a_form_that_cannot_be_used(
    course: Course, tmp_path: Path, text: str | bytes, says: str
) -> None:
    """A form without a needed column, or that is no text, is refused with file and cure."""
    with pytest.raises(RosterError, match=says) as caught:
        form(course, tmp_path / "form.csv", text)
    assert "form.csv" in caught.value.where
    assert caught.value.cure


def test_rows_without_a_usable_roll_number_are_reported(course: Course, tmp_path: Path) -> None:
    """A row whose roll number is absent or could leave its folder is left out and named."""
    text = f"Roll number,Repository\n,{URL}\n../s2,{URL}\n.git,{URL}\ns1,{URL}\n"
    handins, remarks = form(course, tmp_path / "form.csv", text)
    assert [h.student for h in handins] == ["s1"]
    assert [r.message.split()[1].rstrip(":") for r in remarks] == ["2", "3", "4"]


def chosen_url(course: Course, tmp_path: Path, *rows: tuple[str, str]) -> str:
    """The repository of the answer that counts, of times and repositories."""
    lines = [f"{time},s1,https://github.com/somebody/{name}" for time, name in rows]
    text = "Timestamp,Roll number,Repository\n" + "\n".join(lines)
    (handin,), _ = form(course, tmp_path / "form.csv", text)
    return handin.origin.address.rpartition("/")[2]


def test_the_last_answer_before_the_deadline_counts(course: Course, tmp_path: Path) -> None:
    """Of several answers the last in time before the deadline counts, wherever it stands."""
    rows = [
        ("2026-02-03 10:00", "newest"),
        ("2026-02-01 10:00", "older"),
        ("2026-03-01 12:00:01", "late"),
    ]
    assert chosen_url(course, tmp_path, *rows) == "newest"


def test_an_answer_at_the_deadline_is_in_time(course: Course, tmp_path: Path) -> None:
    """An answer at the very second of the deadline counts, in whichever zone it is written."""
    rows = [("2026-02-01 10:00", "older"), ("2026/03/01 6:30:00 AM GMT", "last")]
    assert chosen_url(course, tmp_path, *rows) == "last"


def test_equal_and_missing_times_leave_the_order_of_rows(course: Course, tmp_path: Path) -> None:
    """Without a time to tell them apart, the lower row is the newer answer."""
    assert chosen_url(course, tmp_path, ("", "first"), ("", "second")) == "second"


def test_a_late_form_is_collected_and_said(course: Course, tmp_path: Path) -> None:
    """Who only answered after the deadline is collected by the first such answer, with a remark."""
    text = f"Timestamp,Roll number,Repository\n2026-03-02 10:00,s1,{URL}\n"
    (handin,), _ = form(course, tmp_path / "form.csv", text)
    assert [r.kind for r in handin.remarks] == ["form-late"]


def test_an_unreadable_time_is_reported(course: Course, tmp_path: Path) -> None:
    """A time that no one can read is named, and the row still counts."""
    text = f"Timestamp,Roll number,Repository\nyesterday,s1,{URL}\n"
    handins, remarks = form(course, tmp_path / "form.csv", text)
    assert len(handins) == 1
    assert [r.kind for r in remarks] == ["time-unreadable"]


def test_two_spellings_of_a_roll_number_are_one_student(course: Course, tmp_path: Path) -> None:
    """`S1` and `s1` are one student, under the spelling of the first answer."""
    text = f"Roll number,Repository\nS1,{URL}\ns1,{URL}2\n"
    handins, _ = form(course, tmp_path / "form.csv", text)
    assert [(h.student, h.origin.address) for h in handins] == [("S1", f"{URL}2")]


def test_a_repository_that_two_students_name_is_reported(course: Course, tmp_path: Path) -> None:
    """Both students learn that another one named the same repository."""
    text = f"Roll number,Repository\ns1,{URL}\ns2,{URL.upper()}.git\ns3,{URL}3\n"
    handins, _ = form(course, tmp_path / "form.csv", text)
    assert [[r.kind for r in h.remarks] for h in handins] == [
        ["shared-repository"],
        ["shared-repository"],
        [],
    ]


KOLKATA = ZoneInfo("Asia/Kolkata")


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2026/12/30 11:15:22 PM GMT+5:30"], "2026-12-30T23:15:22+05:30"),
        (["2026/12/30 12:15:22 AM GMT-3"], "2026-12-30T00:15:22-03:00"),
        (["2026/12/30 12:15:22 PM UTC"], "2026-12-30T12:15:22+00:00"),
        (["12/30/2026 23:15:22"], "2026-12-30T23:15:22+05:30"),
        (["12/30/26 23:15"], "2026-12-30T23:15:00+05:30"),
        (["30/12/2026 23:15:22"], "2026-12-30T23:15:22+05:30"),
        (["05/02/2026 9:00:00", "28/02/2026 9:00:00"], "2026-02-05T09:00:00+05:30"),
        (["05.02.2026 9:00"], "2026-02-05T09:00:00+05:30"),
        (["2026-12-30T23:15:22Z"], "2026-12-30T23:15:22+00:00"),
        (["2026-12-30 23:15:22"], "2026-12-30T23:15:22+05:30"),
    ],
)
def test_times_of_forms(texts: list[str], expected: str) -> None:
    """Times as Google, Microsoft and spreadsheets write them are read, with their zones."""
    times, unread = module._moments(texts, KOLKATA)
    assert times[0] == datetime.fromisoformat(expected)
    assert unread == []


# --- addresses --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://github.com/Some-Body/work", "https://github.com/Some-Body/work"),
        (" https://github.com/a/b.git ", "https://github.com/a/b"),
        ("https://github.com/a/b/", "https://github.com/a/b"),
        ("https://github.com/a/b/tree/main", "https://github.com/a/b"),
        ("https://github.com/a/b/blob/main/q01-svd.ipynb", "https://github.com/a/b"),
        ("https://github.com/a/b?tab=readme-ov-file#top", "https://github.com/a/b"),
        ("HTTPS://GitHub.COM/a/b", "https://github.com/a/b"),
        ("http://www.github.com/a/b", "https://github.com/a/b"),
        ("github.com/a/b", "https://github.com/a/b"),
        ("www.github.com/a/b", "https://github.com/a/b"),
        ("git@github.com:a/b.git", "https://github.com/a/b"),
        ("git://github.com/a/b.git", "https://github.com/a/b"),
        ("ssh://git@github.com/a/b.git", "ssh://git@github.com/a/b.git"),
        ("https://github.com/a/ b", "https://github.com/a/b"),
        ("<https://github.com/a/b>", "https://github.com/a/b"),
        ("My work: https://github.com/a/b.", "https://github.com/a/b"),
        ("https://gitlab.com/group/sub/b/-/tree/main", "https://gitlab.com/group/sub/b"),
        ("git@git.school.example:a/b.git", "ssh://git@git.school.example/a/b.git"),
        ("git://127.0.0.1:9418/s1.git", "git://127.0.0.1:9418/s1.git"),
        ("http://127.0.0.1:8080/s1/", "http://127.0.0.1:8080/s1"),
    ],
)
def test_addresses(text: str, url: str) -> None:
    """What people paste into the form becomes the address that they meant."""
    assert normalise_address(text).url == url


@pytest.mark.parametrize(
    "text",
    [
        "file:///etc",
        "/etc/passwd",
        "../other",
        "ext::sh -c touch% /tmp/x",
        "ftp://example.org/a",
        "--upload-pack=touch x",
        "ssh://-oProxyCommand=touch/x",
        "ssh://-oProxyCommand=x@host/y",
        "https://exa mple\x07.org/a\x1b/b",
        "https://github.com/",
        "https://github.com/somebody",
        "http://[::1/x",
        "http://host:port/x",
        "none",
        "",
    ],
)
def test_addresses_that_git_is_not_given(text: str) -> None:
    """Local paths, other transports, options and half addresses are refused."""
    with pytest.raises(Trouble):
        normalise_address(text)


def test_a_password_in_an_address_is_dropped_and_said() -> None:
    """A token in the address is neither used nor kept."""
    for host in ("github.com", "git.school.example"):
        address = normalise_address(f"https://me:ghp_secret@{host}/a/b")
        assert address.url == f"https://{host}/a/b"
        assert [r.kind for r in address.remarks] == ["address-password"]


# --- folders ----------------------------------------------------------------------------


def test_a_folder_is_collected(course: Course, folder: Path) -> None:
    """A student's files come into `submitted/` unchanged, with nbgrader's time stamp."""
    put(folder, "s1/q01-svd.ipynb", ONE_DONE)
    put(folder, "s1/q02-pca.ipynb", TWO_DONE)
    put(folder, "s1/notes/essay.pdf", b"%PDF")
    receipt = one(collect(course, "hw", folder))
    assert (receipt.state, receipt.evidence) == (State.COLLECTED, "file date")
    assert stored(course, receipt, "q01-svd.ipynb") == ONE_DONE
    assert stored(course, receipt, "notes/essay.pdf") == "%PDF"
    assert stored(course, receipt, "timestamp.txt") == "2026-02-20 00:00:00 UTC\n"
    assert [(f.path, f.size) for f in receipt.files][-1] == ("notes/essay.pdf", 4)
    assert receipt.remarks == ()


def test_the_receipt_is_on_disk_outside_of_the_hand_in(course: Course, folder: Path) -> None:
    """The receipt that was returned can be read again, and nbgrader does not see it."""
    put(folder, "s1/q01-svd.ipynb", ONE_DONE)
    receipt = one(collect(course, "hw", folder))
    assert read_receipt(course, "hw", "s1") == receipt
    assert Receipt.from_json(receipt.to_json()) == receipt
    names = sorted(p.name for p in course.submitted("s1", "hw").iterdir())
    assert names == ["q01-svd.ipynb", "timestamp.txt"]


def test_single_files_belong_to_the_number_they_begin_with(course: Course, folder: Path) -> None:
    """Files beside each other are sorted to students by the roll numbers in their names."""
    put(folder, "s1_q01-svd.ipynb", ONE_DONE)
    put(folder, "s1 second.ipynb", TWO_DONE)
    put(folder, "s2.ipynb", ONE_DONE)
    put(folder, "readme.txt", "not a hand-in")
    result = collect(course, "hw", folder)
    assert [r.student for r in result.receipts] == ["s1", "s2"]
    assert [m.notebook for m in result.receipts[0].matched] == ["q01-svd", "q02-pca"]
    assert [r.kind for r in result.remarks] == ["entry-ignored"]


def test_again_takes_nothing_that_is_unchanged(course: Course, folder: Path) -> None:
    """A second run leaves file and receipt alone; a changed file is taken."""
    work = put(folder, "s1/q01-svd.ipynb", ONE_DONE)
    collect(course, "hw", folder)
    before = course.submitted("s1", "hw").stat().st_ino
    assert one(collect(course, "hw", folder)).state is State.UNCHANGED
    assert course.submitted("s1", "hw").stat().st_ino == before
    put(folder, "s1/q01-svd.ipynb", notebook(q01_a="new"), IN_TIME + 60)
    receipt = one(collect(course, "hw", folder))
    assert receipt.state is State.COLLECTED
    assert stored(course, receipt, "q01-svd.ipynb") == work.read_text()


def test_what_was_lost_or_changed_here_is_taken_again(course: Course, folder: Path) -> None:
    """A collected file that was damaged on our side is collected again."""
    put(folder, "s1/q01-svd.ipynb", ONE_DONE)
    collect(course, "hw", folder)
    (course.submitted("s1", "hw") / "q01-svd.ipynb").write_text("damaged")
    receipt = one(collect(course, "hw", folder))
    assert receipt.state is State.COLLECTED
    assert stored(course, receipt, "q01-svd.ipynb") == ONE_DONE


def test_a_new_release_is_matched_again(course: Course, folder: Path) -> None:
    """When the release changes, unchanged hand-ins are matched against the new one."""
    put(folder, "s1/q01-svd.ipynb", ONE_DONE)
    collect(course, "hw", folder)
    (course.release("hw") / "q02-pca.ipynb").write_text(notebook(q02_a="another stub"))
    assert one(collect(course, "hw", folder)).state is State.COLLECTED


def test_an_empty_folder_is_said_and_the_others_go_on(course: Course, folder: Path) -> None:
    """A student without files gets a receipt that says so, and no folder."""
    (folder / "s1").mkdir()
    put(folder, "s2/q01-svd.ipynb", ONE_DONE)
    first, second = collect(course, "hw", folder).receipts
    assert (first.state, kinds(first)) == (State.NOTHING, ["empty-folder"])
    assert not (course.root / "submitted" / "s1").exists()
    assert second.state is State.COLLECTED


def test_what_was_collected_survives_a_later_failure(course: Course, folder: Path) -> None:
    """When the work is gone on a later run, what was collected stays and the receipt says so."""
    work = put(folder, "s1/q01-svd.ipynb", ONE_DONE)
    collect(course, "hw", folder)
    work.unlink()
    receipt = one(collect(course, "hw", folder))
    assert receipt.state is State.FAILED
    assert kinds(receipt)[-2:] == ["empty-folder", "earlier-kept"]
    assert stored(course, receipt, "q01-svd.ipynb") == ONE_DONE


def test_a_full_disk_loses_nothing(
    course: Course, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that fails leaves the earlier hand-in in place and nothing half-written."""
    put(folder, "s1/q01-svd.ipynb", ONE_DONE)
    collect(course, "hw", folder)
    put(folder, "s1/q01-svd.ipynb", TWO_DONE, IN_TIME + 60)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_store", full)
    receipt = one(collect(course, "hw", folder))
    assert receipt.state is State.FAILED
    assert "not-stored" in kinds(receipt)
    assert stored(course, receipt, "q01-svd.ipynb") == ONE_DONE
    assert [p.name for p in (course.root / "submitted" / "s1").iterdir()] == ["hw"]


def test_a_run_that_died_between_two_steps_is_repaired(course: Course, folder: Path) -> None:
    """The old folder is brought back where the new one was not yet in place."""
    put(folder, "s1/q01-svd.ipynb", ONE_DONE)
    collect(course, "hw", folder)
    target = course.submitted("s1", "hw")
    target.rename(target.with_name(".hw.old"))
    assert one(collect(course, "hw", folder)).state is State.UNCHANGED
    assert sorted(p.name for p in target.parent.iterdir()) == ["hw"]


def test_a_damaged_receipt_means_collecting_again(course: Course, folder: Path) -> None:
    """A receipt that cannot be read is written anew."""
    put(folder, "s1/q01-svd.ipynb", ONE_DONE)
    collect(course, "hw", folder)
    (receipt_folder(course, "hw") / "s1.json").write_text('{"student": ')
    assert one(collect(course, "hw", folder)).state is State.COLLECTED


def test_files_after_the_deadline_are_said(course: Course, folder: Path) -> None:
    """A file's date after the deadline is a remark: it may be the date of a download."""
    late = datetime(2026, 3, 5, tzinfo=UTC).timestamp()
    put(folder, "s1/q01-svd.ipynb", ONE_DONE, late)
    receipt = one(collect(course, "hw", folder))
    assert receipt.state is State.COLLECTED
    assert "file-late" in kinds(receipt)


def test_progress_is_reported(course: Course, folder: Path) -> None:
    """Every hand-in is reported once, with how many are done."""
    for student in ("s1", "s2", "s3"):
        put(folder, f"{student}/q01-svd.ipynb", ONE_DONE)
    seen: list[tuple[str, int, int]] = []
    collect(course, "hw", folder, on_progress=lambda r, d, n: seen.append((r.student, d, n)))
    assert sorted(s for s, _, _ in seen) == ["s1", "s2", "s3"]
    assert [(d, n) for _, d, n in seen] == [(1, 3), (2, 3), (3, 3)]


def test_two_runs_at_once_are_refused(
    course: Course, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second run on the same assignment does not start."""
    monkeypatch.setattr(module, "LOCK_PATIENCE_S", 0.2)
    put(folder, "s1/q01-svd.ipynb", ONE_DONE)
    with (
        module._alone(receipt_folder(course, "hw")),
        pytest.raises(InputError, match="being collected already"),
    ):
        collect(course, "hw", folder)


def test_a_lock_that_is_let_go_in_a_moment_is_waited_for(course: Course, folder: Path) -> None:
    """What a killed run leaves behind for a moment does not stop the next one."""
    put(folder, "s1/q01-svd.ipynb", ONE_DONE)
    held = contextlib.ExitStack()
    held.enter_context(module._alone(receipt_folder(course, "hw")))
    threading.Timer(0.3, held.close).start()
    assert [r.student for r in collect(course, "hw", folder).receipts] == ["s1"]


def test_origins_that_cannot_be_used(course: Course, folder: Path, tmp_path: Path) -> None:
    """A missing form, an empty folder and `submitted/` itself are refused."""
    inside = course.root / "submitted"
    inside.mkdir()
    for origin in (tmp_path / "nowhere.csv", folder, inside):
        with pytest.raises(RosterError) as caught:
            collect(course, "hw", origin)
        assert str(origin) in caught.value.where
    with pytest.raises(CourseError):
        collect(course, "nosuch", folder)


def test_without_a_release_nothing_is_collected(course: Course, folder: Path) -> None:
    """Collecting before the release was made says how to make it."""
    put(folder, "s1/q01-svd.ipynb", ONE_DONE)
    (course.release("hw") / "q02-pca.ipynb").unlink()
    with pytest.raises(SourceError, match="q02-pca") as caught:
        collect(course, "hw", folder)
    assert "autograder release hw" in caught.value.cure


# --- hostile folders --------------------------------------------------------------------


def test_links_are_not_followed(course: Course, folder: Path, tmp_path: Path) -> None:
    """A link to another student's work, to a folder or in place of a student gives nothing."""
    put(folder, "s2/q01-svd.ipynb", ONE_DONE)
    put(folder, "s1/q02-pca.ipynb", TWO_DONE)
    (folder / "s1" / "q01-svd.ipynb").symlink_to(folder / "s2" / "q01-svd.ipynb")
    (folder / "s1" / "all").symlink_to(folder / "s2")
    (folder / "s3").symlink_to(folder / "s2")
    result = collect(course, "hw", folder)
    assert [r.student for r in result.receipts] == ["s1", "s2"]
    assert [r.kind for r in result.remarks] == ["entry-ignored"]
    receipt = result.receipts[0]
    assert [f.path for f in receipt.files] == ["q02-pca.ipynb"]
    assert {i.path for i in receipt.ignored} == {"q01-svd.ipynb", "all"}
    assert "link-refused" in kinds(receipt)


def test_pipes_and_git_folders_are_left_out(course: Course, folder: Path) -> None:
    """A named pipe does not hang us, and a working copy's `.git` is not looked into."""
    put(folder, "s1/q01-svd.ipynb", ONE_DONE)
    put(folder, "s1/.git/config", "[core]\n\tfsmonitor = touch /tmp/x\n")
    put(folder, "s1/.ipynb_checkpoints/q01-svd-checkpoint.ipynb", ONE_DONE)
    os.mkfifo(folder / "s1" / "q02-pca.ipynb")
    receipt = one(collect(course, "hw", folder))
    assert [f.path for f in receipt.files] == ["q01-svd.ipynb"]
    assert "not-a-file" in kinds(receipt)
    checkpoint = ".ipynb_checkpoints/q01-svd-checkpoint.ipynb"
    assert {i.path for i in receipt.ignored} == {checkpoint, "q02-pca.ipynb"}


def test_limits_on_files(course: Course, folder: Path) -> None:
    """Too large, too many and too deep files are left out and named; notebooks come first."""
    put(folder, "s1/aaa/data.bin", b"x" * 1_500_000)
    for number in range(5):
        put(folder, f"s1/a{number}.txt", "x")
    put(folder, "s1/" + "d/" * 20 + "deep.txt", "x")
    put(folder, "s1/q01-svd.ipynb", ONE_DONE)
    receipt = one(collect(course, "hw", folder, caps=Caps(files=3)))
    assert [f.path for f in receipt.files] == ["q01-svd.ipynb", "a0.txt", "a1.txt"]
    assert {"too-large", "too-many-files", "path-refused"} <= set(kinds(receipt))


def test_a_hand_in_over_the_limit_of_size_is_cut(course: Course, folder: Path) -> None:
    """Files beyond the size of a whole hand-in are left out; its notebooks are not."""
    put(folder, "s1/a.bin", b"x" * 900_000)
    put(folder, "s1/b.bin", b"x" * 900_000)
    put(folder, "s1/q01-svd.ipynb", ONE_DONE)
    receipt = one(collect(course, "hw", folder, caps=Caps(total_mb=1)))
    assert [f.path for f in receipt.files] == ["q01-svd.ipynb", "a.bin"]
    assert "too-many-files" in kinds(receipt)


def test_a_folder_of_endless_files_is_refused(course: Course, folder: Path) -> None:
    """A folder with more entries than are listed at all is refused as a whole."""
    for number in range(12):
        put(folder, f"s1/a{number}.txt", "x")
    receipt = one(collect(course, "hw", folder, caps=Caps(listed=10)))
    assert (receipt.state, kinds(receipt)) == (State.FAILED, ["too-many-files"])
    entries = module._walk(folder / "s1", Caps(listed=10))
    assert len([next(entries) for _ in range(10)]) == 10
    with pytest.raises(Trouble):
        next(entries)


def test_odd_names_are_written_safely(course: Course, folder: Path) -> None:
    """Control characters, bytes that are no text and our own names do no harm."""
    put(folder, "s1/q01-svd.ipynb", ONE_DONE)
    put(folder, "s1/a\nb\x1b[31m.txt", "x")
    put(folder, "s1/back\\slash.txt", "x")
    put(folder, "s1/timestamp.txt", "2000-01-01 00:00:00 UTC")
    put(folder, "s1/" + os.fsdecode(b"caf\xe9.txt"), "x")
    receipt = one(collect(course, "hw", folder))
    names = {f.stored for f in receipt.files}
    assert names == {
        "q01-svd.ipynb",
        "a_b_[31m.txt",
        "back_slash.txt",
        "_other/timestamp.txt",
        "caf\ufffd.txt",
    }
    assert stored(course, receipt, "timestamp.txt").startswith("2026-02-20")


def test_names_that_collide_are_all_kept() -> None:
    """Names that differ in case only, and a file where another needs a folder, get their own."""
    places = module._Places()
    paths = ("a/B.txt", "A/b.txt", "a", "a/b.TXT", "a/b.txt/c", "timestamp.txt")
    assert [places.take(path) for path in paths] == [
        "a/B.txt",
        "_other/A/b.txt",
        "_other-2/a",
        "_other-3/a/b.TXT",
        "_other-4/a/b.txt/c",
        "_other/timestamp.txt",
    ]


# --- which notebook is which ------------------------------------------------------------


def test_a_renamed_notebook_in_a_folder_is_found_by_its_ids(course: Course, folder: Path) -> None:
    """Names and folders do not matter; the bytes stay as they are."""
    put(folder, "s1/My Work/final (2).ipynb", ONE_DONE + "\n\n")
    receipt = one(collect(course, "hw", folder))
    assert stored(course, receipt, "q01-svd.ipynb") == ONE_DONE + "\n\n"
    assert receipt.matched[0].path == "My Work/final (2).ipynb"
    assert kinds(receipt) == ["notebook-missing"]


def test_the_notebook_with_most_answers_is_taken(course: Course, folder: Path) -> None:
    """Of several notebooks the one with most changed answers counts; all are kept."""
    half = notebook(q01_a="a = 1", q01_b="stub")
    put(folder, "s1/q01-svd.ipynb", ONE)
    put(folder, "s1/half.ipynb", half, IN_TIME + 1000)
    put(folder, "s1/old/done.ipynb", ONE_DONE)
    receipt = one(collect(course, "hw", folder))
    match = receipt.matched[0]
    assert (match.path, match.others) == ("old/done.ipynb", ("half.ipynb", "q01-svd.ipynb"))
    assert stored(course, receipt, "q01-svd.ipynb") == ONE_DONE
    assert stored(course, receipt, "_other/q01-svd.ipynb") == ONE
    assert stored(course, receipt, "half.ipynb") == half
    remark = next(r for r in receipt.remarks if r.kind == "several-notebooks")
    assert "half.ipynb" in remark.message
    assert "'q01-svd.ipynb'" not in remark.message  # untouched: no work is passed over


def test_more_answers_go_before_the_expected_name(course: Course, folder: Path) -> None:
    """A half-done notebook of the expected name yields to a complete one of another name."""
    put(folder, "s1/q01-svd.ipynb", notebook(q01_a="a = 1", q01_b="stub"))
    put(folder, "s1/done.ipynb", ONE_DONE)
    assert one(collect(course, "hw", folder)).matched[0].path == "done.ipynb"


def test_the_expected_name_breaks_a_tie_then_the_date(course: Course, folder: Path) -> None:
    """Between equally complete notebooks the expected name counts, then the newer file."""
    put(folder, "s1/zzz.ipynb", notebook(q01_a="z", q01_b="z"), IN_TIME + 1000)
    put(folder, "s1/q01-svd.ipynb", ONE_DONE)
    put(folder, "s1/old.ipynb", notebook(q02_a="old"))
    put(folder, "s1/new.ipynb", notebook(q02_a="new"), IN_TIME + 1000)
    receipt = one(collect(course, "hw", folder))
    assert [m.path for m in receipt.matched] == ["q01-svd.ipynb", "new.ipynb"]


def test_one_notebook_may_stand_for_two(course: Course, folder: Path) -> None:
    """Questions that were merged into one notebook are found in it."""
    merged = notebook(q01_a="a = 1", q01_b="b = 2", q02_a="c = 3")
    put(folder, "s1/everything.ipynb", merged)
    receipt = one(collect(course, "hw", folder))
    assert stored(course, receipt, "q01-svd.ipynb") == merged
    assert stored(course, receipt, "q02-pca.ipynb") == merged


BROKEN = ONE_DONE[: len(ONE_DONE) // 2]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("q01-svd.ipynb", "{ not json"),
        ("Q01 SVD (1).ipynb", "{ not json"),
        ("Copy of q01-svd.ipynb.txt", ""),
        ("my answer.ipynb", BROKEN),
        ("q01-svd.ipynb", "[" * 100_000),
        ("q01-svd.ipynb", '{"cells": {}, "nbformat": 4}'),
        ("q01-svd.ipynb", b"\xff\xfe\x00"),
    ],
)
def test_an_unreadable_notebook_is_kept(
    course: Course, folder: Path, name: str, content: str | bytes
) -> None:
    """A broken notebook stands under the expected name, by its name or the ids left in it."""
    put(folder, f"s1/{name}", content)
    receipt = one(collect(course, "hw", folder))
    kept = (course.submitted("s1", "hw") / "q01-svd.ipynb").read_bytes()
    assert kept == (content if isinstance(content, bytes) else content.encode())
    assert kinds(receipt) == ["unreadable", "notebook-missing"]


def test_a_broken_notebook_yields_to_answers_but_not_to_a_stub(
    course: Course, folder: Path
) -> None:
    """Readable answers go before a broken file; an untouched copy does not hide it."""
    put(folder, "s1/mine/q01-svd.ipynb", BROKEN)
    put(folder, "s1/q01-svd.ipynb", ONE)
    put(folder, "s2/mine/q01-svd.ipynb", BROKEN)
    put(folder, "s2/q01-svd.ipynb", ONE_DONE)
    first, second = collect(course, "hw", folder).receipts
    assert stored(course, first, "q01-svd.ipynb") == BROKEN
    assert "unreadable" in kinds(first)
    assert stored(course, second, "q01-svd.ipynb") == ONE_DONE
    assert "several-notebooks" in kinds(second)


def test_a_notebook_without_ids_is_taken_by_its_name(course: Course, folder: Path) -> None:
    """A notebook whose metadata were lost is taken by its name, and the receipt says so."""
    plain = json.loads(ONE_DONE)
    for cell in plain["cells"]:
        cell["metadata"] = {}
    put(folder, "s1/q01-svd.ipynb", json.dumps(plain))
    receipt = one(collect(course, "hw", folder))
    assert kinds(receipt) == ["no-grade-ids", "notebook-missing"]
    assert receipt.matched[0].notebook == "q01-svd"


def test_work_for_another_assignment_is_said(course: Course, folder: Path) -> None:
    """Notebooks of another assignment are kept, matched to nothing, and named as such."""
    put(folder, "s1/q01-svd.ipynb", notebook(h07_a="x = 1"))
    receipt = one(collect(course, "hw", folder))
    assert receipt.matched == ()
    assert kinds(receipt) == ["notebook-missing", "wrong-assignment"]
    assert stored(course, receipt, "q01-svd.ipynb") == notebook(h07_a="x = 1")


def test_a_pointer_of_large_file_storage_is_named(course: Course, folder: Path) -> None:
    """A pointer in place of the notebook is unreadable, and the student learns why."""
    put(folder, "s1/q01-svd.ipynb", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    receipt = one(collect(course, "hw", folder))
    assert "Git LFS" in receipt.remarks[0].message


def test_similar_names_are_not_mixed_up(course: Course, folder: Path) -> None:
    """A nameless notebook stands for the one source whose name it is most like."""
    put(folder, "s1/q02-pca.ipynb", "{ broken")
    receipt = one(collect(course, "hw", folder))
    assert [m.notebook for m in receipt.matched] == ["q02-pca"]
