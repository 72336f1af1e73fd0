"""The pages in a real browser: nothing loads, nothing runs, nothing hangs over the edge."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from PIL import Image

from autograder.course import Course, load_course
from autograder.feedback import write_feedback
from autograder.gradebook import CellScore
from autograder.report import write_report
from autograder.sheet import make_sheet
from autograder.verdict import (
    NotebookResult,
    Remark,
    Status,
    SubmissionResult,
    Verdict,
    curves,
)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDTHS = (360, 1200)

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

COURSE = """
[course]
id = "mini"
name = "A small course"

[assignment.a1]
title = "First assignment"
deadline = 2026-12-31T23:59:59
""" + "".join(
    f"""
[[assignment.a1.question]]
id = "q{i:02d}"
title = "Question number {i} with a title of some length"
notebook = "q{i:02d}"
points = 14
"""
    for i in range(1, 13)
)

LONG = "x" * 400 + "<script>document.title='ran'</script><img src=https://evil.test/x.png>"

WAVES = curves(range(90), [99 - i for i in range(90)], range(90), f"f(x) {LONG}", LONG)

# Shows a page in frames of several widths and writes down what the browser made of it.
FRAMES = """<!doctype html><title>measure</title><pre id="out"></pre><script>
const found = {};
// Height of the lowest of such elements; 0 where there is none.
const drawn = (page, which) => Math.min(...[...page.querySelectorAll(which)].map(
  e => e.getBoundingClientRect().height), page.querySelector(which) ? Infinity : 0);
for (const width of WIDTHS) {
  const frame = document.createElement("iframe");
  frame.style = `width:${width}px;height:900px;border:0`;
  frame.src = "page.html";
  frame.onload = () => {
    const page = frame.contentDocument;
    page.querySelectorAll("details").forEach(d => { d.open = true; });
    found[width] = {
      width: page.documentElement.scrollWidth,
      title: page.title,
      loaded: frame.contentWindow.performance.getEntriesByType("resource").map(e => e.name),
      tags: page.querySelectorAll("tr, h3").length,
      fractions: drawn(page, "mfrac"),
      curves: drawn(page, "svg.curves path.got"),
      labels: drawn(page, "svg.curves text"),
      lines: drawn(page, "pre.lines"),
    };
    document.getElementById("out").textContent = JSON.stringify(found);
  };
  document.body.append(frame);
}
</script>"""


def chromium(profile: Path, *arguments: str) -> str:
    """What a fresh headless Chromium prints."""
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
        "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--hide-scrollbars", "--host-resolver-rules=MAP *.test ~NOTFOUND",
        f"--user-data-dir={profile}", *arguments,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and keeps its log to itself."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which a folder is served while the block runs."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def measured(page: Path, tmp_path: Path) -> dict[int, dict[str, Any]]:
    """What the browser made of a page, by width."""
    script = FRAMES.replace("WIDTHS", json.dumps(WIDTHS))
    with served(tmp_path) as address:
        (tmp_path / "page.html").write_bytes(page.read_bytes())
        (tmp_path / "frames.html").write_text(script, encoding="utf-8")
        frames = f"{address}/frames.html"
        dom = chromium(tmp_path / "profile", "--virtual-time-budget=10000", "--dump-dom", frames)
    out = re.search(r'<pre id="out">(.*?)</pre>', dom, re.DOTALL)
    assert out is not None
    return {int(width): found for width, found in json.loads(html.unescape(out[1])).items()}


def result_of(student: str) -> SubmissionResult:
    """A verdict of every kind in every question, with long and hostile text everywhere."""
    notebooks = []
    for i in range(1, 13):
        verdicts = tuple(
            Verdict(
                f"q{i:02d}-{status.value}-test",
                status,
                None if status is Status.UNGRADED else 1,
                2,
                *[f"{name} {LONG}" for name in ("title", "message", "want", "got", "hint")],
                note="a-rather-long-answer-note-for-a-mistake",
                printed=f"{LONG}\n" * 50,
                formula=rf"\frac{{{' + '.join(['x^{2}'] * 60)}}}{{\sigma}}",
                code=f"nn.cpp:1:2: error: {LONG}\n" * 9,
                curves=WAVES,
                heading=f"a) {LONG}",
                number=17,
            )
            for status in Status
        )
        remark = Remark("cell-changed", f"Changed: {LONG}", f"q{i:02d}-failed-test")
        notebooks.append(NotebookResult(f"q{i:02d}", verdicts, (remark,)))
    return SubmissionResult("a1", student, tuple(notebooks), (Remark("late", LONG),), "none")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course of twelve questions."""
    folder = tmp_path_factory.mktemp("course")
    (folder / "course.toml").write_text(COURSE, encoding="utf-8")
    return load_course(folder / "course.toml")


@pytest.fixture(scope="module")
def pages(course: Course) -> dict[str, Path]:
    """A full feedback page, one without results, and the report of a class."""
    students = [f"s{i:04d}" for i in range(30)]
    sheets = [make_sheet(course.assignment("a1"), s, result_of(s)) for s in students]
    comment = CellScore("q01", "q01-failed-test", 0.0, 1.0, 0.0, 2.0, False, LONG)
    return {
        "feedback": write_feedback(course, "a1", "s0000", result_of("s0000"), [comment]),
        "nothing": write_feedback(course, "a1", "s0099", None, []),
        "report": write_report(course, "a1", sheets).folder / "index.html",
    }


@pytest.mark.parametrize("name", ["feedback", "nothing", "report"])
def test_a_page_fits_its_window(pages: dict[str, Path], name: str, tmp_path: Path) -> None:
    """On a phone and on a desk nothing hangs over, nothing is loaded, no script has run."""
    found = measured(pages[name], tmp_path)
    assert set(found) == set(WIDTHS)
    for width, page in found.items():
        assert page["width"] == width
        assert page["loaded"] == []
        assert page["title"].startswith("First assignment")
        assert page["tags"] or name == "nothing"
        if name == "feedback":
            assert page["fractions"] > 25, "a fraction is higher than a line of text"
            assert page["curves"] > 60
            assert page["labels"] > 9, "labels can be read on a phone"
            assert page["lines"] > 100, "lines of a tool do not run together"


def test_the_measure_finds_what_is_wrong(tmp_path: Path) -> None:
    """A page that is too wide, loads a picture and runs a script is found out."""
    page = tmp_path / "bad.html"
    page.write_text(
        "<!doctype html><title>bad</title><div style='width:700px'>x</div>"
        "<img src='https://evil.test/dot.png'><script>document.title = 'ran'</script>"
    )
    found = measured(page, tmp_path)
    assert found[360]["width"] >= 700
    assert found[360]["loaded"] == ["https://evil.test/dot.png"]
    assert found[360]["title"] == "ran"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["feedback", "nothing", "report"])
def test_a_page_is_drawn_within_its_margins(
    pages: dict[str, Path], name: str, width: int, tmp_path: Path
) -> None:
    """The picture shows a page, and its outermost columns are empty ground."""
    picture = tmp_path / "page.png"
    chromium(
        tmp_path / "profile",
        f"--window-size={width},2000",
        f"--screenshot={picture}",
        pages[name].as_uri(),
    )
    with Image.open(picture) as image:
        drawn = image.convert("RGB")
        assert drawn.width == width
        ground = drawn.getpixel((0, 0))
        for column in (0, 5, width - 6, width - 1):
            strip = drawn.crop((column, 0, column + 1, drawn.height))
            assert strip.getcolors() == [(drawn.height, ground)]
        colours = drawn.getcolors(maxcolors=1 << 24)
        assert colours is not None
        assert len(colours) > 20
