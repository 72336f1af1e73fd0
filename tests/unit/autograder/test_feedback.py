"""Feedback pages: what they say, what they must not say, and text that nobody trusts."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import mistune
import pytest
from markdown_it import MarkdownIt

from autograder.course import Course, load_course
from autograder.errors import CourseError, InputError
from autograder.feedback import feedback, write_feedback
from autograder.gradebook import CellScore, Gradebook
from autograder.pages import folded, markdown_code, markdown_text, number, plain, share
from autograder.sheet import WORDS, make_sheet
from autograder.verdict import (
    Curves,
    NotebookResult,
    Remark,
    Status,
    SubmissionResult,
    Verdict,
    curves,
)
from tests.conftest import Tags

COURSE = """
[course]
id = "mini"
name = "A small course"
timezone = "Asia/Kolkata"

[assignment.a1]
title = "First assignment"
deadline = 2026-12-31T23:59:59

[[assignment.a1.question]]
id = "q01"
title = "Eigenvalues"
notebook = "one"
points = 4

[[assignment.a1.question]]
id = "q02"
title = "An essay"
notebook = "two"
points = 3
bonus = 1
"""

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>&amp;"
    " @everyone #12 https://evil.test/x www.evil.test"
    " ![beacon](https://evil.test/b.png) [click](javascript:alert(3)) <https://evil.test>"
    " `code` ``` ~~~ **bold** _it_ $x$ \\(y\\) | cell | {{ 7*191 }} {% raw %}"
    " \x1b[31mred\x1b[0m \x00\x08 \u202egnp.exe \ud800 end"
)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course of two questions."""
    (tmp_path / "course.toml").write_text(COURSE, encoding="utf-8")
    return load_course(tmp_path / "course.toml")


def result_of(*verdicts: Verdict, remarks: tuple[Remark, ...] = ()) -> SubmissionResult:
    """The results of s0417 in notebook `one`."""
    return SubmissionResult(
        "a1", "s0417", (NotebookResult("one", verdicts, remarks),), sandbox="bubblewrap"
    )


def score(cell_id: str, **values: object) -> CellScore:
    """A score that says nothing but what is given."""
    plain_score = CellScore("one", cell_id, None, None, 0.0, 2.0, False, "")
    return replace(plain_score, **values)


def both(course: Course, result: SubmissionResult | None, *scores: CellScore) -> tuple[str, str]:
    """The HTML page and the Markdown of one student."""
    path = write_feedback(course, "a1", "s0417", result, scores)
    return path.read_text(encoding="utf-8"), (path.parent / "feedback.md").read_text("utf-8")


# --- what a page says ---------------------------------------------------------------------


@pytest.mark.parametrize("status", list(Status))
def test_every_verdict_stands_there_in_words(course: Course, status: Status) -> None:
    """Every status is named by its word, and says something even where the check said nothing."""
    points = None if status is Status.UNGRADED else 2.0 * (status is Status.PASSED)
    pages = both(course, result_of(Verdict("q01-test", status, points, 2)))
    for page in pages:
        assert WORDS[status.value] in page
    if status is not Status.PASSED:
        assert pages[1].split("### q01-test")[1].count(".\n") >= 1


def test_a_failed_check_says_all_it_knows(course: Course) -> None:
    """Title, message, expected, got, hint, printed output and the place are on the page."""
    verdict = Verdict(
        "q01-test", Status.FAILED, 0, 2, "Find the eigenvalues", "No root of the polynomial.",
        "30.3849", "923.24", "Take the root.", "eigenvalue-not-root", "debug 17",
    )  # fmt: skip
    html, markdown = both(course, result_of(verdict))
    for page in (Tags(html).text, markdown):
        for text in (
            "Find the eigenvalues", "No root of the polynomial.", "30.3849", "923.24",
            "Take the root.", "debug 17", "one.ipynb", "q01-test", "not yet",
        ):  # fmt: skip
            assert text in page
        assert "eigenvalue-not-root" not in page, "the note is for the instructor"


def test_two_curves_are_drawn_and_tabulated(course: Course) -> None:
    """Where values are curves the page draws both and the Markdown has a table of some."""
    drawn = curves(range(50), [v * v for v in range(50)], range(50), "f(t)", "t")
    html, markdown = both(course, result_of(Verdict("q01-test", Status.FAILED, 0, 2, curves=drawn)))
    picture = html.partition("<figure")[2].partition("</figure>")[0]
    assert picture.count('<path class="got"') == 2, "the curve, and its line in the legend"
    assert "over t" in Tags(picture).text
    for page in (Tags(picture).text, markdown):
        assert "f(t)" in page
        assert "The largest difference is at t = 49" in page
    tables = Tags(MarkdownIt("commonmark").enable("table").render(markdown))
    assert tables.tags.count("table") == 2
    assert "2401" in tables.text
    assert "picture" not in markdown


def test_the_formula_that_was_read_is_shown(course: Course) -> None:
    """The page has it as MathML, the Markdown as mathematics that GitHub draws."""
    verdict = Verdict("q01-test", Status.FAILED, 0, 2, got="sigma/2", formula=r"\frac{\sigma}{2}")
    html, markdown = both(course, result_of(verdict))
    assert "<mfrac><mrow><mi>σ</mi></mrow><mrow><mn>2</mn></mrow></mfrac>" in html
    assert r"as it was read: $`\frac{\sigma}{2}`$" in markdown


def test_a_formula_that_cannot_be_drawn_is_shown_as_typed(course: Course) -> None:
    """A command that we do not draw is no reason to hide the formula."""
    verdict = Verdict("q01-test", Status.FAILED, 0, 2, formula=r"\color{red}{x}")
    html, markdown = both(course, result_of(verdict))
    assert r"\color{red}{x}" in Tags(html).text
    assert "<math" not in html
    assert r"`\color{red}{x}`" in markdown
    assert "$`" not in markdown


def test_the_lines_of_a_compiler_keep_their_shape(course: Course) -> None:
    """Line ends and blanks stay, so that the caret stands under its word."""
    lines = "nn.cpp:42:17: error: no such name\n   42 |   y = wieght;\n      |       ^~~~~~"
    html, markdown = both(course, result_of(Verdict("q01-test", Status.FAILED, 0, 2, code=lines)))
    assert lines in Tags(html).text
    assert f"```text\n{lines}\n```" in markdown


def test_the_place_in_the_notebook_is_named(course: Course) -> None:
    """File, heading, number and id say where to look; what is not known is left out."""
    known = Verdict("q01-a", Status.FAILED, 0, 2, heading="b) Keep k", number=13)
    unknown = Verdict("q01-b", Status.FAILED, 0, 2)
    for page in both(course, result_of(known, unknown)):
        text = " ".join(re.sub("<.*?>", "", page).replace("`", "").split())
        assert re.search(r"one\.ipynb, under “b\\?\) Keep k”, cell 13 from the top,? q01-a", text)
        assert re.search(r"one\.ipynb, cell q01-b", text)


def test_ratification_stands_at_the_top(tmp_path: Path) -> None:
    """With a rule the page says where the assignment stands and why, above the questions."""
    rule = '[assignment.a1.ratification]\nall_of = ["q01"]\nany_of = ["q02"]\n'
    text = COURSE.replace("[[assignment", f"{rule}\n[[assignment", 1)
    (tmp_path / "course.toml").write_text(text, encoding="utf-8")
    strict = load_course(tmp_path / "course.toml")
    essay = Verdict("q02-essay", Status.UNGRADED, None, 3)
    for points, word in ((0, "not ratified"), (4, "ratification pending")):
        status = Status.PASSED if points else Status.FAILED
        result = result_of(Verdict("q01-test", status, points, 4), essay)
        for page in both(strict, result):
            above = Tags(page.partition('id="q01"')[0].partition("## q01")[0]).text
            assert word in above.lower()
            assert ("q01 is not done: 0 of 4 points" in above) == (not points)
            assert "Needed: q01 done" in above
            assert re.search(r"Pending:?\s*q02", above)
    done = both(strict, result, score("q02-essay", manual=3.0, max_points=3.0))
    for page in done:
        above = Tags(page.partition('id="q01"')[0].partition("## q01")[0]).text
        assert re.search("^ *\\**ratified", above, re.MULTILINE | re.IGNORECASE)
        assert "not ratified" not in above.lower()


def test_without_a_rule_nothing_is_ratified(course: Course) -> None:
    """A course without a rule says nothing about it."""
    for page in both(course, result_of(Verdict("q01-test", Status.PASSED, 2, 2))):
        assert "ratif" not in page.partition("<body>")[2].lower()
        assert "ratif" not in page.partition("</style>")[2].lower()


def test_bonus_points_are_named(course: Course) -> None:
    """Points on top are in the total, and the total says so."""
    graded = score("q02-essay", manual=2.0, extra_credit=1.0)
    html, markdown = both(course, result_of(Verdict("q02-essay", Status.UNGRADED, None, 2)), graded)
    assert "3 of 7 points, 1 bonus point among them" in Tags(html).words
    assert "**3 of 7 points, 1 bonus point among them.**" in markdown


def test_points_so_far_and_what_waits(course: Course) -> None:
    """The total counts what is decided and names what a person may still give."""
    result = result_of(
        Verdict("q01-test", Status.PARTIAL, 1.5, 4),
        Verdict("q02-essay", Status.UNGRADED, None, 3),
    )
    html, markdown = both(course, result)
    assert "**1.5 of 7 points so far.**" in markdown
    assert "1 answer still waits for a person, worth up to 3 more points." in markdown
    assert re.search(r"1\.5 <small>of 7 points so far", html)


def test_a_persons_score_counts_and_is_named(course: Course) -> None:
    """A score by hand replaces the machine's; the comment is shown, the waiting ends."""
    result = result_of(
        Verdict("q01-test", Status.FAILED, 0, 2, message="Not equal."),
        Verdict("q02-essay", Status.UNGRADED, None, 2),
    )
    graded = [
        score("q01-test", auto=0.0, manual=1.0, comment="Half right: $n-1$."),
        score("q02-essay", manual=2.0, extra_credit=0.5),
    ]
    html, markdown = both(course, result, *graded)
    assert markdown.count("**graded by a person**") == 2
    assert "**3.5 of 7 points, 0.5 bonus points among them.**" in markdown
    assert "Half right: \\$n-1\\$." in markdown
    assert "Half right: $n-1$." in Tags(html).text
    assert "waits" not in markdown


def test_a_changed_answer_waits_again(course: Course) -> None:
    """Where the gradebook asks for a second look, the old score stands and the answer waits."""
    result = result_of(Verdict("q02-essay", Status.UNGRADED, None, 2))
    _, markdown = both(course, result, score("q02-essay", manual=1.0, needs_manual=True))
    assert "**1 of 7 points so far.**" in markdown
    assert "**waits for a person**" in markdown


def test_remarks_stand_at_their_place(course: Course) -> None:
    """A remark on a question stands in it; one on the hand-in stands above the questions."""
    result = result_of(
        Verdict("q01-test", Status.PASSED, 2, 2),
        remarks=(
            Remark("cell-changed", "The cell q01-pca was restored.", "q01-pca"),
            Remark("renamed", "The notebook had another name."),
        ),
    )
    _, markdown = both(course, result)
    above, below = markdown.split("\n## q01")
    assert "The notebook had another name." in above
    assert "The cell q01-pca was restored." in below
    assert "The cell q01-pca was restored." not in above


def test_questions_follow_the_course_file(course: Course) -> None:
    """Questions stand in the order of the course file, also those without a result."""
    result = result_of(Verdict("q02-essay", Status.PASSED, 2, 2))
    _, markdown = both(course, result)
    assert markdown.index("\n## q01") < markdown.index("\n## q02")
    assert "Nothing was found to judge here" in markdown.split("\n## q01")[1].split("\n## q02")[0]


def test_a_student_without_results_learns_why_and_what_to_do(course: Course) -> None:
    """No result at all: the page says so, without points, with steps and the deadline."""
    for page in both(course, None):
        assert "There was nothing that could be graded" in page
        assert "We have no readable hand-in" in page
        assert "one.ipynb" in page
        assert "31 December 2026, 23:59" in page
        assert "0 of 7" not in page


def test_an_unreadable_notebook_is_named(course: Course) -> None:
    """The reason stands above the steps; where a part was judged, its points stay."""
    remark = Remark("unreadable", "one.ipynb breaks off in line 3.")
    unread = SubmissionResult("a1", "s0417", (), (remark,))
    for page in both(course, unread):
        assert "There was nothing that could be graded" in page
        assert "one.ipynb breaks off in line 3." in page
    partly = replace(unread, notebooks=result_of(Verdict("q01-t", Status.PASSED, 4, 4)).notebooks)
    for page in both(course, partly):
        assert "A part of your hand-in could not be read" in page
        assert "There was nothing" not in page
        assert page.count("one.ipynb breaks off in line 3.") == 1


def test_manual_points_show_without_results(course: Course) -> None:
    """Work that came on paper has a person's points though no notebook was read."""
    scores = [score("q02-essay", manual=2.0), score("q01-test", auto=0.0)]
    _, markdown = both(course, None, *scores)
    assert "**2 of 7 points.**" in markdown
    assert "graded by a person" in markdown
    assert "### q01-test" not in markdown, "nobody judged it"


# --- what a page must not do --------------------------------------------------------------


def hostile_result() -> SubmissionResult:
    """Hostile text in every field that a student or a notebook can reach."""
    verdicts = [
        Verdict(f"q01-{s.value}", s, 0, 1, *[f"{s.value} {HOSTILE}"] * 5, note=HOSTILE,
                printed=HOSTILE + "\n```\n# heading\n</pre><h1>out</h1>\n",
                code=HOSTILE + "\n````\n# heading\n</pre><h1>out</h1>\n", heading=HOSTILE,
                formula=HOSTILE + "\n$$`x`$$ \\href{javascript:alert(1)}{x} $`", number=-1,
                curves=Curves((0.0, 1.0), (1.0, None), (2.0, math.inf), HOSTILE, HOSTILE))
        for s in Status
    ]  # fmt: skip
    remarks = (Remark(HOSTILE, HOSTILE), Remark("x", HOSTILE, "q01-failed"))
    notebook = NotebookResult(HOSTILE, tuple(verdicts), remarks)
    return SubmissionResult("a1", "s0417", (notebook,), remarks, HOSTILE)


def hostile_scores() -> list[CellScore]:
    """Hostile comments, on a cell with a verdict and on one without."""
    known = score("q01-passed", notebook=HOSTILE, manual=1.0, comment=HOSTILE + "\n# x\n- y")
    return [known, score(HOSTILE, manual=0.0, comment=HOSTILE)]


def test_html_of_hostile_text_is_text(course: Course) -> None:
    """Hostile text in every field adds no tag, no handler, no address, and runs no template."""
    html, _ = both(course, hostile_result(), *hostile_scores())
    page = Tags(html)
    assert "alert(1)" in page.text
    assert not {"script", "img", "h4", "iframe", "object", "link", "base"} & set(page.tags)
    assert page.tags.count("h1") == 1
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name.startswith("on")}
    assert not {"src", "srcset", "action"} & names
    for name, value in page.attributes:
        if name in {"href", "xlink:href"}:
            assert value.startswith("#")
        assert name != "style" or "url" not in value
    assert "1337" not in html
    assert "\\u202e" in html
    assert "\\ud800" in html
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e]", html)


def test_markdown_of_hostile_text_is_text(course: Course) -> None:
    """Two Markdown readers find no link, picture, HTML of theirs, heading or table in it."""
    _, markdown = both(course, hostile_result(), *hostile_scores())
    readers = [
        MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render,
        mistune.create_markdown(escape=False, plugins=["url", "table", "strikethrough", "math"]),
    ]
    for read in readers:
        page = Tags(str(read(markdown)))
        assert "alert(1)" in page.text
        assert not {"a", "img", "script", "s", "del", "em", "math"} & set(page.tags)
        assert page.tags.count("h1") == 1
        assert page.tags.count("table") == 1 + len(Status)
        assert page.tags.count("details") == len(Status)
        outside = re.sub(r"<(pre|code).*?</\1>", "", str(read(markdown)), flags=re.DOTALL)
        assert not re.search(r"@\w|#\d|://|www\.", outside), "GitHub would make a link of it"


@pytest.mark.parametrize(
    "text",
    ["# h", "- a", "+ a", "* a", "1. a", "1) a", "> q", "===", "---", "~~~", "```", "    c", ":-:"],
)
def test_no_line_starts_a_block(text: str) -> None:
    """No line of a text becomes a heading, list, quotation, rule or block of code."""
    read = MarkdownIt("commonmark").enable("table").render
    page = read(f"Message: first\n{markdown_text(text)}\n\n{markdown_text('x' + chr(10) + text)}")
    assert set(Tags(page).tags) <= {"p", "br"}
    assert text.strip() in Tags(page).text


@pytest.mark.parametrize("text", ["`", "``", "a`b", "`a", "``a` b```", "a|b"])
def test_a_code_span_holds_its_text(text: str) -> None:
    """Whatever backticks a text has, its code span shows exactly that text."""
    page = Tags(MarkdownIt("commonmark").render(markdown_code(text)))
    assert page.text.strip() == text
    assert page.tags == ["p", "code"]


def test_nobody_elses_results(course: Course) -> None:
    """Results of another student or assignment are refused."""
    for wrong in ({"student": "s0001"}, {"assignment": "a2"}):
        with pytest.raises(InputError, match="results are those of"):
            both(course, replace(result_of(), **wrong))


@pytest.mark.parametrize("student", ["..", "", "a/b", "../s0001", "s\0"])
def test_a_roll_number_is_no_path(course: Course, student: str) -> None:
    """A roll number that would lead elsewhere is refused before anything is written."""
    with pytest.raises(InputError, match="no folder name"):
        write_feedback(course, "a1", student, None, ())
    assert not (course.root / "feedback").exists()


def test_the_page_is_whole_in_itself(course: Course) -> None:
    """No script and nothing to load; a policy in the page forbids both."""
    html, _ = both(course, result_of(Verdict("q01-test", Status.FAILED, 0, 2)))
    assert "default-src 'none'" in html
    assert "http" not in html.replace("http-equiv", "")
    assert not re.search(r"url\(|@import|<script|<link", html)


def test_a_second_run_changes_nothing(course: Course) -> None:
    """The same input gives the same bytes, files are left alone, and no draft stays behind."""
    path = write_feedback(course, "a1", "s0417", hostile_result(), hostile_scores())
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in path.parent.iterdir()}
    write_feedback(course, "a1", "s0417", hostile_result(), hostile_scores())
    assert before == {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in path.parent.iterdir()}
    assert {p.name for p in before} == {"index.html", "feedback.md"}


# --- the stage ------------------------------------------------------------------------------


def hand_in(course: Course, student: str, text: str | None) -> None:
    """Put a collected hand-in in place, and its results where there are any."""
    course.submitted(student, "a1").mkdir(parents=True)
    if text is not None:
        folder = course.autograded(student, "a1")
        folder.mkdir(parents=True)
        (folder / "verdicts.json").write_text(text, encoding="utf-8")


def test_feedback_before_grading_is_refused(course: Course) -> None:
    """With hand-ins and no result at all, the command says to grade first."""
    hand_in(course, "s0001", None)
    with pytest.raises(InputError, match="nothing of a1 has been graded yet"):
        feedback(course, "a1")


@pytest.mark.filterwarnings("ignore:Object of type:sqlalchemy.exc.SAWarning")  # nbgrader's own
def test_the_stage_writes_a_page_for_everybody(course: Course) -> None:
    """Scores come from the real gradebook; damage to one student's results stops nobody else's."""
    good = replace(result_of(Verdict("q01-test", Status.PASSED, 2, 2)), student="s0001")
    hand_in(course, "s0001", good.to_json())
    hand_in(course, "s0002", None)
    hand_in(course, "s0003", '{"assignment": "a1"')
    hand_in(course, "s0004", good.to_json())
    with Gradebook(course) as book:
        book.api.add_assignment("a1", course_id=course.id)
        book.api.add_notebook("one", "a1")
        book.api.add_grade_cell("q01-test", "one", "a1", max_score=2, cell_type="code")
        for student in ("s0001", "s0009"):
            book.api.add_student(student)
            book.api.add_submission("a1", student)
        grade = book.api.find_grade("q01-test", "one", "a1", "s0001")
        grade.auto_score, grade.manual_score = 2, 1.5
        book.api.db.commit()
    seen: list[str] = []
    result = feedback(course, "a1", progress=lambda page: seen.append(page.student))
    pages = {p.student: p for p in result.pages}
    assert list(pages) == ["s0001", "s0002", "s0003", "s0004", "s0009"]
    assert seen == ["s0001", "s0003", "s0004", "s0009"]
    assert all(pages[student].path.is_file() for student in seen)
    assert not pages["s0002"].path.exists(), "what is not graded yet must not read as unreadable"
    assert (pages["s0001"].points, pages["s0001"].max_points) == (1.5, 7)
    assert not pages["s0002"].graded
    assert [p.student for p in result.troubled] == ["s0002", "s0003", "s0004"]
    assert "not graded yet" in pages["s0002"].problem
    assert "JSON" in pages["s0003"].problem
    assert "s0001" in pages["s0004"].problem, "the instructor is told whose results they are"
    for student in ("s0003", "s0004"):
        text = pages[student].path.read_text("utf-8")
        assert "This is not your fault" in text
        assert "s0001" not in text


def test_the_receipt_says_why_and_which_version(course: Course) -> None:
    """What collecting found out reaches the student, and pointers name the student's own file."""
    from autograder.collect import CollectedFile, Match, Receipt, State, receipt_folder

    receipt_folder(course, "a1").mkdir(parents=True)
    failed = Receipt(
        "s0005", "a1", State.FAILED, "https://git.test/r",
        remarks=(Remark("not-found", "There is no repository at this address."),),
    )  # fmt: skip
    taken = Receipt(
        "s0417", "a1", State.COLLECTED, "https://git.test/r", commit="0123456789abcdef",
        commit_time="2026-12-30T18:04:05+00:00",
        files=(CollectedFile("my one.ipynb", "one.ipynb", 9, "0"),),
        matched=(Match("one", "my one.ipynb", "its name says so"),),
    )  # fmt: skip
    for receipt in (failed, taken):
        path = receipt_folder(course, "a1") / f"{receipt.student}.json"
        path.write_text(receipt.to_json(), encoding="utf-8")
    hand_in(course, "s0417", result_of(Verdict("q01-test", Status.FAILED, 0, 2)).to_json())
    pages = {p.student: p.path.read_text("utf-8") for p in feedback(course, "a1").pages}
    assert "There is no repository at this address." in pages["s0005"]
    assert "commit 0123456789 of 2026-12-30 18:04 UTC" in pages["s0417"]
    assert "my one.ipynb" in pages["s0417"]


def test_only_the_students_named(course: Course) -> None:
    """Named students get pages, others none; an unknown one or assignment is an error."""
    for student in ("s0001", "s0002"):
        theirs = replace(result_of(Verdict("q01-test", Status.PASSED, 2, 2)), student=student)
        hand_in(course, student, theirs.to_json())
    result = feedback(course, "a1", ["s0002", "s0002"])
    assert [p.student for p in result.pages] == ["s0002"]
    assert not course.feedback("s0001", "a1").exists()
    with pytest.raises(InputError, match="nothing was handed in by 's0003'"):
        feedback(course, "a1", ["s0003"])
    with pytest.raises(CourseError, match="no assignment 'a9'"):
        feedback(course, "a9")


# --- text -----------------------------------------------------------------------------------


def test_plain_text_shows_what_hides() -> None:
    """Colours go, control characters become visible, joiners of scripts and line ends stay."""
    assert plain("\x1b[1;31mred\x1b[0m\r\nx\x07\u202e") == "red\nx\\x07\\u202e"
    assert plain("क्\u200dष 👩\u200d🔬") == "क्\u200dष 👩\u200d🔬"
    assert len(plain("x" * 10**6)) < 5000


def test_long_output_is_folded() -> None:
    """Beginning and end stay, the middle is counted, long lines are cut."""
    text = folded("\n".join(f"line {i}" for i in range(1000)) + "\n" + "y" * 9999)
    lines = text.splitlines()
    assert (lines[0], lines[20]) == ("line 0", "… 971 lines left out …")
    assert len(lines) == 31
    assert len(lines[-1]) == 200


def test_numbers_read_as_people_write_them() -> None:
    """Points have at most two decimals and no tail of noughts; shares stay within bounds."""
    assert [number(x) for x in (3.0, 2.5, 1 / 3, 0.1 + 0.2, -0.001, 100)] == [
        "3", "2.5", "0.33", "0.3", "0", "100",
    ]  # fmt: skip
    assert [share(5, 4), share(-1, 4), share(1, 0), share(1, 4)] == [100, 0, 0, 25]


def test_a_question_sums_up_its_checks(course: Course) -> None:
    """A question is passed, partly, not yet or waiting as its checks are."""
    cases = {
        ("passed", "passed"): "passed",
        ("passed", "ungraded"): "passed",
        ("ungraded",): "ungraded",
        ("passed", "failed"): "partial",
        ("crashed", "crashed"): "crashed",
        ("crashed", "failed"): "failed",
        ("timed_out", "ungraded"): "timed_out",
        (): "missing",
    }
    for statuses, state in cases.items():
        verdicts = [
            Verdict(f"q01-{i}", Status(s), 2.0 * (s == "passed") if s != "ungraded" else None, 2)
            for i, s in enumerate(statuses)
        ]
        sheet = make_sheet(course.assignment("a1"), "s0417", result_of(*verdicts))
        assert sheet.questions[0].state == state, statuses


def test_colours_can_be_read() -> None:
    """Every text colour stands out from its ground by 4.5 to 1 or more, light and dark."""
    import autograder.pages as pages

    css = (Path(pages.__file__).parent / "templates" / "style.css").read_text("utf-8")
    for block in re.findall(r":root \{([^}]*--ground[^}]*)\}", css):
        colours = dict(re.findall(r"--([\w-]+): (#\w{6})", block))
        tones = ("passed", "partial", "failed", "stopped", "person", "empty")
        pairs = [(t, f"{t}-tint") for t in tones] + [("ink", f"{t}-tint") for t in tones]
        pairs += [(t, g) for t in ("ink", "muted", "link") for g in ("ground", "card", "code")]
        for ink, ground in pairs:
            light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])))[::-1]
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
