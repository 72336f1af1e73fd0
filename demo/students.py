"""A made-up class: who handed in what, and which trouble each of them brings.

Nobody in it exists. Every notebook is the release with answers filled in: solutions of the source
notebooks, known answers of `tests/answers`, and what the functions below do to them.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.answers import Answer, fill, kept_outputs, load_answer, load_answers, solution_cells
from autograder.course import Assignment, Course, Question
from autograder.errors import AnswerError, SourceError
from autograder.files import read_files
from autograder.notebook import (
    Role,
    SourceNotebook,
    dumps,
    grade_id,
    read_source,
    role,
)

IN_TIME = "2026-12-20T18:30:00+05:30"
LAST_EVENING = "2026-12-31T21:15:00+05:30"
TOO_LATE = "2027-01-02T09:05:00+05:30"

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Commit:
    """One commit of a student.

    Attributes:
        date: Of author and committer, ISO 8601 with its offset.
        message: What the student wrote.
        files: The whole tree: contents by path.
    """

    date: str
    message: str
    files: Files


@dataclass(frozen=True)
class Student:
    """One member of the class.

    Attributes:
        roll_number: Made up.
        name: Made up.
        about: What is particular about the hand-in, one line.
        commits: Oldest first.
        over: The protocol that the repository is served over, `git` or `http`.
        branch: The repository's default branch.
    """

    roll_number: str
    name: str
    about: str
    commits: tuple[Commit, ...]
    over: str = "git"
    branch: str = "main"


@dataclass(frozen=True)
class Material:
    """What a class can hand in: the release, the solutions and the known answers.

    Attributes:
        course: Where it comes from.
        assignment: The assignment.
        sources: Source notebooks by name; their student's view is the release.
        others: Files of the release that are no notebooks.
    """

    course: Course
    assignment: Assignment
    sources: Mapping[str, SourceNotebook]
    others: Files

    @classmethod
    def load(cls, course: Course, assignment: str) -> Material:
        """The material of an assignment.

        Raises:
            SourceError: A source notebook or its release is missing.
        """
        chosen = course.assignment(assignment)
        release = course.release(assignment)
        sources = {}
        for name in chosen.notebooks:
            node = read_source(course.source(assignment) / f"{name}.ipynb")
            sources[name] = SourceNotebook(name, node, read_source(release / f"{name}.ipynb"))
        others = {
            str(path.relative_to(release)): path.read_bytes()
            for path in sorted(release.rglob("*"))
            if path.is_file() and path.suffix != ".ipynb"
        }
        return cls(course, chosen, sources, others)

    def untouched(self) -> dict[str, NotebookNode]:
        """The release's notebooks by name."""
        return {name: fill(source, {}, {}) for name, source in self.sources.items()}

    def solved(self, known: Mapping[str, str] | None = None) -> dict[str, NotebookNode]:
        """Notebooks with every answer in them: known ones where named, else the solution's.

        Args:
            known: Name of a known answer by question id, for example `{"q01": "right_eigh"}`.

        Raises:
            AnswerError: A named answer does not exist or does not fit.
        """
        return {name: self._solve(source, known or {}) for name, source in self.sources.items()}

    def right_form(self, number: int) -> dict[str, str]:
        """The name of one right answer per question; other numbers give others where there are.

        Raises:
            AnswerError: A question has no right answer.
        """
        forms = {}
        for question in self.assignment.questions:
            folder = self._folder(question)
            names = [answer.name for answer in load_answers(folder) if answer.right]
            if not names:
                raise AnswerError(
                    f"{question.id} has no right answer", str(folder), "write a right_*.py there"
                )
            forms[question.id] = names[number % len(names)]
        return forms

    def _folder(self, question: Question) -> Path:
        return self.course.answers(self.assignment.name) / question.id

    def _solve(self, source: SourceNotebook, known: Mapping[str, str]) -> NotebookNode:
        cells = solution_cells(source)
        outputs: dict[str, str] = {}
        for question in self.assignment.questions:
            if question.notebook == source.name:
                outputs |= kept_outputs(self._folder(question), source)
                answer = self._known(question, known)
                cells |= answer.cells
                outputs |= answer.outputs
        return fill(source, cells, outputs)

    def _known(self, question: Question, known: Mapping[str, str]) -> Answer:
        if question.id not in known:
            return Answer("solution", right=True)
        return load_answer(self._folder(question) / f"{known[question.id]}.py")

    def files(
        self, notebooks: Mapping[str, NotebookNode], known: Mapping[str, str] | None = None
    ) -> dict[str, bytes]:
        """A repository's files: notebooks under their names, and the files beside them.

        Args:
            notebooks: By name.
            known: Whose files, as for `solved`; None for those of the release.

        Raises:
            AnswerError: A named answer does not exist or does not fit.
        """
        named = {f"{name}.ipynb": dumps(node).encode() for name, node in notebooks.items()}
        files = {**self.others, **named}
        if known is None:
            return files
        for question in self.assignment.questions:
            if question.solution_files:
                solution = read_files(self.course.root / question.solution_files, question.files)
                files |= self._known(question, known).files(solution)
        return files

    def handed_in(self, known: Mapping[str, str] | None = None) -> dict[str, bytes]:
        """The files of a student who has answered everything; see `solved`."""
        return self.files(self.solved(known), known or {})


# --- who is in the class ----------------------------------------------------------------

SLIPS = {
    "q01": "wrong_no_root",
    "q02": "wrong_sign_of_one_component",
    "q03": "wrong_sum_for_mean",
    "q04": "wrong_last_sample_dropped",
    "q05": "wrong_correction_without_power",
    "q06": "wrong_unnormalised",
    "q07": "wrong_monotone_swish",
    "q08": "wrong_full_gradient",
    "q09": "wrong_left_in_x",
    "q10": "wrong_kernel_flipped",
    "q11": "wrong_jump",
    "q12": "wrong_hidden_error_without_output_derivative",
}
MORE_SLIPS = {
    "q01": "wrong_energy_of_norms",
    "q02": "wrong_share_of_roots",
    "q03": "wrong_last_sample_dropped",
    "q04": "wrong_l_squared",
    "q05": "wrong_rate_missing",
    "q06": "wrong_sum_for_mean",
    "q07": "wrong_overflow",
    "q08": "wrong_reachable_goal",
    "q09": "wrong_sign",
    "q10": "wrong_logits_softmax",
    "q11": "wrong_paper_two_sentences",
    "q12": "wrong_test_trains",
}


def make_class(material: Material) -> tuple[Student, ...]:
    """The twenty members of the class.

    Raises:
        AnswerError: A known answer that one of them hands in does not exist.
    """
    makers: tuple[tuple[str, str, Callable[[Material], tuple[Commit, ...]]], ...] = (
        ("Ada Onestep", "everything right, as in the reference", _as_in_the_reference),
        ("Bela Twofold", "everything right, in other forms", _in_other_forms),
        ("Cora Threeways", "everything right, in other forms again", _in_other_forms_again),
        ("Dov Halfway", "half done at the deadline, the rest committed later", _half_done),
        ("Enno Blank", "untouched", _untouched),
        ("Fay Slip", "a known mistake in every question", _with_slips),
        ("Gus Stumble", "other known mistakes", _with_more_slips),
        ("Hana Cloud", "saved by Colab, renamed, in a folder with a blank", _from_colab),
        ("Ivo Torn", "one notebook is broken JSON", _broken),
        ("Jun Forever", "a loop that never ends", _endless),
        ("Kim Scissors", "known mistakes, and the test cells are deleted", _without_tests),
        ("Lou Sleight", "known mistakes, and assert is stripped from tests", _without_asserts),
        ("Mia Pen", "an essay with a picture attached", _with_picture),
        ("Ned Gadget", "cuda, drive.mount, pip and a download of MNIST", _for_another_machine),
        ("Oda Brink", "a C++ program that reads past an end", _crashing),
        ("Pim Semicolon", "a C++ source that does not compile", _uncompiled),
        ("Quin Cell", "C++ in a notebook's cell, and the folder moved", _in_a_cell),
        ("Ria Choice", "no C++: question 11 alone, which is enough", _without_program),
        ("Sol Quill", "a paper as PDF, C++ files beside the notebooks", _with_pdf),
        ("Tia Almost", "question 5 left out, then ticked by a grader", _almost),
    )
    return tuple(
        Student(
            roll_number=f"s{400 + number:04d}",
            name=name,
            about=about,
            commits=make(material),
            over="git" if number % 2 else "http",
            branch="master" if number % 5 == 0 else "main",
        )
        for number, (name, about, make) in enumerate(makers, start=1)
    )


def _handed_in(material: Material, files: Files, date: str = LAST_EVENING) -> tuple[Commit, ...]:
    """The release first, the work on the last evening, as most students do."""
    start = Commit(IN_TIME, "Start from the release", material.files(material.untouched()))
    return (start, Commit(date, "My answers", files))


def _as_in_the_reference(material: Material) -> tuple[Commit, ...]:
    return _handed_in(material, material.handed_in())


def _in_other_forms(material: Material) -> tuple[Commit, ...]:
    return _handed_in(material, material.handed_in(material.right_form(0)))


def _in_other_forms_again(material: Material) -> tuple[Commit, ...]:
    return _handed_in(material, material.handed_in(material.right_form(1)))


def _half_done(material: Material) -> tuple[Commit, ...]:
    solved, untouched = material.solved(), material.untouched()
    done = list(solved)[: len(solved) // 2]
    half = {name: (solved if name in done else untouched)[name] for name in solved}
    late = Commit(TOO_LATE, "Now it is complete", material.files(solved, {}))
    return (*_handed_in(material, material.files(half)), late)


def _untouched(material: Material) -> tuple[Commit, ...]:
    files = material.files(material.untouched())
    return (Commit(IN_TIME, "Start from the release", files),)


def _with_slips(material: Material) -> tuple[Commit, ...]:
    return _handed_in(material, material.handed_in(SLIPS))


def _with_more_slips(material: Material) -> tuple[Commit, ...]:
    return _handed_in(material, material.handed_in(MORE_SLIPS))


def _from_colab(material: Material) -> tuple[Commit, ...]:
    """Colab's metadata everywhere; the first notebook renamed, its untouched copy left behind."""
    notebooks = {name: _as_colab_saves(notebook) for name, notebook in material.solved().items()}
    files = material.files(notebooks, {})
    first = next(iter(notebooks))
    files[f"My Work/Copy of {first} (1).ipynb"] = files[f"{first}.ipynb"]
    files[f"{first}.ipynb"] = dumps(material.untouched()[first]).encode()
    return _handed_in(material, files)


def _as_colab_saves(notebook: NotebookNode) -> NotebookNode:
    """A notebook with the metadata that Colab adds, and the cell ids that it moves there."""
    notebook = _copy(notebook)
    notebook.metadata["colab"] = {"provenance": [], "toc_visible": True, "gpuType": "T4"}
    notebook.metadata["accelerator"] = "GPU"
    notebook.nbformat_minor = 0
    for number, cell in enumerate(notebook.cells):
        cell.metadata["id"] = f"x{number:02d}Kq7mVbTz"
        cell.metadata["colab"] = {"base_uri": "https://localhost:8080/"}
        cell.pop("id", None)
    return notebook


def _broken(material: Material) -> tuple[Commit, ...]:
    """The second notebook was cut off while it was saved."""
    files = material.handed_in()
    name = f"{list(material.sources)[1]}.ipynb"
    files[name] = files[name][: len(files[name]) * 2 // 3]
    return _handed_in(material, files)


ENDLESS = """def train_loop(X, y, w0, gradient, lr, epochs, batch_size, seed):
    w, losses = np.array(w0, dtype=float), []
    for epoch in range(epochs):
        order, start = np.random.default_rng(seed + epoch).permutation(len(X)), 0
        while start < len(X):
            batch = order[start : start + batch_size]
            losses.append(float(np.mean((X[batch] @ w - y[batch]) ** 2)))
            losses = losses[-10:]
    return w, losses
"""


def _endless(material: Material) -> tuple[Commit, ...]:
    """The loop's counter is never advanced."""
    notebooks = material.solved()
    _answer(notebooks.values(), "q04-loop").source = ENDLESS
    return _handed_in(material, material.files(notebooks, {}))


def _without_tests(material: Material) -> tuple[Commit, ...]:
    notebooks = material.solved(SLIPS)
    for notebook in notebooks.values():
        notebook.cells = [c for c in notebook.cells if role(c) is not Role.TEST]
    return _handed_in(material, material.files(notebooks, SLIPS))


STRIPPING = """

import ast
from IPython import get_ipython


class Gentle(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.copy_location(ast.Pass(), node)


get_ipython().ast_transformers.append(Gentle())
"""


def _without_asserts(material: Material) -> tuple[Commit, ...]:
    notebooks = material.solved(SLIPS)
    for notebook in notebooks.values():
        for cell in [c for c in notebook.cells if role(c) is Role.ANSWER][:1]:
            cell.source += STRIPPING
    return _handed_in(material, material.files(notebooks, SLIPS))


ESSAY = """A matrix whose rows resemble each other needs few directions to describe all of them.

The plot shows the singular values that I found: after the first few they are close to zero, so \
leaving them out changes the picture by little, and each direction that stays costs only \
$m + n + 1$ numbers instead of a share of $m n$.

![singular values](attachment:values.png)
"""


def _with_picture(material: Material) -> tuple[Commit, ...]:
    """The first essay that carries points is the student's own, with a plot."""
    notebooks = material.solved()
    essays = [
        cell
        for notebook in notebooks.values()
        for cell in notebook.cells
        if role(cell) is Role.ESSAY and cell.metadata.nbgrader.get("points")
    ]
    if not essays:
        raise SourceError("no essay carries points", material.assignment.name, "add one")
    picture = base64.b64encode(draw_picture()).decode("ascii")
    essays[0].source = ESSAY
    essays[0]["attachments"] = {"values.png": {"image/png": picture}}
    return _handed_in(material, material.files(notebooks, {}))


def draw_picture(width: int = 96, height: int = 64) -> bytes:
    """A small PNG: bars that fall off like singular values."""
    rows = []
    for y in range(height):
        row = bytearray()
        for x in range(width):
            bar = height * 0.9 * 0.55 ** (x // 12)
            row += bytes((58, 96, 168) if height - y <= bar and x % 12 < 9 else (250, 250, 247))
        rows.append(b"\0" + bytes(row))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


SETUP = """!pip install -q torch torchvision
from google.colab import drive
drive.mount('/content/drive')"""

OWN_DATA = """import torch
from torchvision import datasets, transforms

my_train = datasets.MNIST("./data", train=True, download=True, transform=transforms.ToTensor())
my_weights = torch.zeros(784, 10).cuda()
my_device = torch.device("cuda")
print(len(my_train), my_weights.to(my_device).shape)"""


def _for_another_machine(material: Material) -> tuple[Commit, ...]:
    """Set-up cells first, the student's own data last, everything else right."""
    notebooks = material.solved()
    for notebook in notebooks.values():
        notebook.cells.insert(1, nbformat.v4.new_code_cell(SETUP, id="setup"))
    last = list(notebooks.values())[-1]
    last.cells.insert(2, nbformat.v4.new_code_cell(OWN_DATA, id="own-data"))
    return _handed_in(material, material.files(notebooks, {}))


def _crashing(material: Material) -> tuple[Commit, ...]:
    return _handed_in(material, material.handed_in({"q12": "wrong_crashes"}))


def _uncompiled(material: Material) -> tuple[Commit, ...]:
    return _handed_in(material, material.handed_in({"q12": "wrong_does_not_compile"}))


def _in_a_cell(material: Material) -> tuple[Commit, ...]:
    """As on Colab: the notebook writes the source, the repository has the released one."""
    notebooks, solved = material.solved(), material.handed_in()
    for path in ("cpp/nn.hpp", "cpp/nn.cpp"):
        cell = f"%%writefile {path}\n{solved[path].decode()}"
        own = nbformat.v4.new_code_cell(cell, id=f"own-{Path(path).suffix[1:]}")
        notebooks["q12-cpp-network"].cells.insert(1, own)
    files = material.files(notebooks, {})
    released = {path: content for path, content in material.others.items() if _is_cpp(path)}
    return _handed_in(material, {f"work/{p}": c for p, c in {**files, **released}.items()})


def _is_cpp(path: str) -> bool:
    return path.startswith("cpp/")


def _without_program(material: Material) -> tuple[Commit, ...]:
    return _handed_in(material, _without(material, "q12", "cpp/"))


def _without(material: Material, *beginnings: str) -> Files:
    """Everything right, but files with such a beginning stay as they were released."""
    untouched = material.files(material.untouched())
    return {
        path: untouched.get(path, content) if path.startswith(beginnings) else content
        for path, content in material.handed_in().items()
    }


def _with_pdf(material: Material) -> tuple[Commit, ...]:
    """The paper of a known answer, and the C++ files without their folder."""
    files = material.handed_in({"q11": "right_hard_swish_pdf"})
    return _handed_in(material, {p.removeprefix("cpp/"): c for p, c in files.items()})


def _almost(material: Material) -> tuple[Commit, ...]:
    return _handed_in(material, _without(material, "q05"))


def _answer(notebooks: Iterable[NotebookNode], answer_id: str) -> NotebookNode:
    for notebook in notebooks:
        for cell in notebook.cells:
            if grade_id(cell) == answer_id:
                return cell
    raise AnswerError(f"no notebook has an answer {answer_id}", "demo", "name one that there is")


def _copy(notebook: NotebookNode) -> NotebookNode:
    return nbformat.from_dict(json.loads(json.dumps(notebook)))
