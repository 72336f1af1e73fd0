"""Plain nbgrader works on the same course: release, grading, formgrader."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import nbformat
import pytest

from autograder.answers import fill, solution_cells
from autograder.course import Course, load_course
from autograder.gradebook import Gradebook
from autograder.notebook import dumps
from autograder.plan import load_sources
from autograder.sandbox import why_not
from tests.e2e.conftest import ROOT, DemoRun, autograder

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SAMPLE = ("q02-pca", "q09-swish")  # no kept cell, quick


def nbgrader(course: Course, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run nbgrader's own command in a course, from this environment."""
    programs = str(Path(sys.executable).parent)
    env = {**os.environ, "PATH": programs + os.pathsep + os.environ["PATH"]}
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course.root, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A copy of the course with the sample's questions alone."""
    root = tmp_path_factory.mktemp("nbgrader")
    (root / "source" / "endterm").mkdir(parents=True)
    for name in SAMPLE:
        shutil.copy(ROOT / "source" / "endterm" / f"{name}.ipynb", root / "source" / "endterm")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    text = (ROOT / "course.toml").read_text(encoding="utf-8")
    head, *questions = text.split("[[assignment.endterm.question]]")
    kept = [q for q in questions if any(name in q for name in SAMPLE)]
    (root / "course.toml").write_text(
        "[[assignment.endterm.question]]".join([head, *kept]), encoding="utf-8"
    )
    return load_course(root / "course.toml")


def hand_in(course: Course, student: str, *, solved: bool) -> None:
    """Put a solved or an untouched release into `submitted/`."""
    folder = course.submitted(student, "endterm")
    folder.mkdir(parents=True)
    for source in load_sources(course, course.assignment("endterm")):
        name = source.name
        released = nbformat.read(ROOT / "release" / "endterm" / f"{name}.ipynb", as_version=4)
        filled = fill(source, solution_cells(source), {}) if solved else released
        answers = {c.id: c.source for c in filled.cells}
        for cell in released.cells:
            cell.source = answers[cell.id]
        (folder / f"{name}.ipynb").write_text(dumps(released), encoding="utf-8")


def test_its_release_is_ours(course: Course) -> None:
    """`nbgrader generate_assignment` makes the notebooks that are committed under release/."""
    done = nbgrader(course, "generate_assignment", "endterm", "--force")
    assert done.returncode == 0, done.stderr[-2000:]
    for name in SAMPLE:
        theirs = nbformat.read(course.release("endterm") / f"{name}.ipynb", as_version=4)
        ours = (ROOT / "release" / "endterm" / f"{name}.ipynb").read_text(encoding="utf-8")
        assert dumps(theirs) == ours


def test_it_gives_honest_work_the_same_points(course: Course) -> None:
    """`nbgrader autograde` and `autograder grade` agree cell by cell."""
    if why_not():
        pytest.skip(f"no sandbox: {why_not()}")
    hand_in(course, "s0501", solved=True)
    hand_in(course, "s0502", solved=False)
    made = nbgrader(course, "generate_assignment", "endterm", "--force")
    assert made.returncode == 0, made.stderr[-2000:]
    done = nbgrader(course, "autograde", "endterm", "--force")
    assert done.returncode == 0, done.stderr[-2000:]
    theirs = scores(course)
    shutil.rmtree(course.root / "autograded")
    course.gradebook.unlink()
    autograder(course, "grade", "endterm")
    assert scores(course) == theirs
    assert sum(v or 0 for (s, _), v in theirs.items() if s == "s0501") > 5
    assert sum(v or 0 for (s, _), v in theirs.items() if s == "s0502") == 0


def test_scores_of_formgrader_survive_a_new_run(course: Course) -> None:
    """Entered over HTTP as a person's browser does; kept, counted, reported with the comment."""
    if why_not():
        pytest.skip(f"no sandbox: {why_not()}")
    hand_in(course, "s0503", solved=False)
    autograder(course, "grade", "endterm", "--student", "s0503")
    with Gradebook(course) as gradebook:
        grade = gradebook.api.find_grade("q02-pca-test", "q02-pca", "endterm", "s0503").id
        comment = gradebook.api.find_comment("q02-pca", "q02-pca", "endterm", "s0503").id
    with served(course) as address:
        api = f"{address}/formgrader/api"
        put(f"{api}/grade/{grade}", {"manual_score": 0.5, "extra_credit": None})
        put(f"{api}/comment/{comment}", {"manual_comment": "The idea is right."})
    for changed in (False, True):
        if changed:
            path = course.submitted("s0503", "endterm") / "q02-pca.ipynb"
            text = path.read_text(encoding="utf-8").replace("raise NotImplementedError", "return")
            path.write_text(text, encoding="utf-8")
        autograder(course, "grade", "endterm", "--student", "s0503", "--again")
        found = autograder(course, "report", "endterm")["decisions"]
        mine = [d for d in found if d["student"] == "s0503"]
        assert [(d["id"], d["points"], d["reason"], d["source"]) for d in mine] == [
            ("q02-pca-test", 0.5, "The idea is right.", "formgrader")
        ]
        assert [d["look_again"] for d in mine] == [changed]


def put(url: str, data: dict[str, object]) -> None:
    """Send what formgrader's page sends."""
    answer = httpx.put(url, json=data, timeout=60)
    assert answer.status_code == 200, answer.text[:2000]


def scores(course: Course) -> dict[tuple[str, str], float | None]:
    """The machine's score of every cell of every student."""
    with Gradebook(course) as gradebook:
        return {
            (student, score.cell_id): score.auto
            for student in gradebook.students("endterm")
            for score in gradebook.scores("endterm", student)
        }


@contextmanager
def served(course: Course) -> Iterator[str]:
    """Address of a Jupyter server with formgrader on a course."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    programs = str(Path(sys.executable).parent)
    env = {
        **os.environ,
        "PATH": programs + os.pathsep + os.environ["PATH"],
        "HOME": str(course.root),
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root",
         "--ip=127.0.0.1", f"--port={port}", "--IdentityProvider.token=", "--ServerApp.password=",
         "--ServerApp.disable_check_xsrf=True",
         "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}"],
        cwd=course.root, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                httpx.get(f"{address}/api/status", timeout=2).raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def formgrader(demo: DemoRun) -> Iterator[str]:
    """The same on the demo's course."""
    with served(demo.course) as address:
        yield address


def get(url: str) -> str:
    """The text of a page."""
    answer = httpx.get(url, timeout=60, follow_redirects=True)
    assert answer.status_code == 200, answer.text[:2000]
    return answer.text


def test_formgrader_lists_the_submissions(formgrader: str) -> None:
    """Its table of submissions has the class in it."""
    found = get(f"{formgrader}/formgrader/api/submissions/endterm")
    assert re.findall(r"s04\d\d", found)


def test_formgrader_shows_an_essay_with_rubric_and_attachment(
    formgrader: str, demo: DemoRun
) -> None:
    """The manual queue opens our executed notebook: essay, picture, marking scheme, outputs."""
    with Gradebook(demo.course) as gradebook:
        submitted = gradebook.api.find_submission_notebook("q01-svd", "endterm", "s0413")
        page = get(f"{formgrader}/formgrader/submissions/{submitted.id}")
    assert "A matrix whose rows resemble each other" in page
    assert "data:image/png;base64" in page
    assert "BEGIN MARK SCHEME" in page
