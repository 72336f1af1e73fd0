"""Files beside the notebooks that belong to answers: a paper, a C++ source.

A question names them by patterns such as `cpp/*.cpp`, relative to the hand-in. Students move
folders, so where nothing lies at the pattern's place the same names are looked for elsewhere. A
cell that begins with `%%writefile cpp/nn.cpp` counts as that file where no other was handed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from autograder.verdict import Remark, shorten

FILES_LIMIT = 100  # files of one question
TOTAL_MB = 20  # and their size together
WRITE_FILE = re.compile(
    r"\s*%%(?:writefile|file)[ \t]+(?P<path>\S+)[ \t]*\n(?P<text>.*)", re.DOTALL
)


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether a path fits one of the patterns; upper and lower case are one, `*` stops at `/`."""
    parts = PurePosixPath(path.casefold()).parts
    for pattern in patterns:
        wanted = PurePosixPath(pattern.casefold()).parts
        if len(wanted) == len(parts) and all(map(fnmatchcase, parts, wanted)):
            return True
    return False


def read_files(folder: Path, patterns: Sequence[str]) -> dict[str, bytes]:
    """Contents of the files in a folder that fit the patterns, by path, in order of their paths.

    Args:
        folder: Where to look; links are not followed.
        patterns: Relative to the folder.
    """
    return {path: (folder / path).read_bytes() for path in _fitting(_paths(folder), patterns)}


def find_files(
    folder: Path, patterns: Sequence[str], released: Mapping[str, bytes] | None = None
) -> tuple[dict[str, bytes], tuple[Remark, ...]]:
    """A hand-in's files for the patterns, wherever the student has put them.

    First at their place, where something there is the student's own; else together in another
    folder, with or without the pattern's own folders (`work/cpp/nn.cpp`, `nn.cpp`), whichever
    holds most of them; else what was released.

    Args:
        folder: The hand-in.
        patterns: Relative to the hand-in.
        released: The files as they were released; unchanged ones are no work of the student's.

    Returns:
        Contents by the path that the pattern asks for, and remarks on what was found elsewhere.
    """
    listed = _paths(folder)
    there = {path: path for path in _fitting(listed, patterns)}
    found, remarks = _read(folder, there)
    if any((released or {}).get(path) != content for path, content in found.items()):
        return found, remarks
    moved, told = _read(folder, _elsewhere([p for p in listed if p not in there], patterns))
    return ({**found, **moved}, told) if moved else (found, remarks)


def _paths(folder: Path) -> list[str]:
    found = []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        if not hidden and path.is_file() and not path.is_symlink():
            found.append(relative.as_posix())
    return found


def _fitting(paths: Iterable[str], patterns: Sequence[str]) -> list[str]:
    return [p for p in paths if matches(p, patterns)][:FILES_LIMIT]


def _elsewhere(paths: Iterable[str], patterns: Sequence[str]) -> dict[str, str]:
    """The files of the one folder that holds most of them: wanted path to found path.

    A folder holds them as the patterns say from there on, or directly by their names. Of several
    folders with as many, the shallow one is taken. One pass: a hand-in may have many folders.
    """
    under: dict[tuple[str, ...], dict[str, str]] = {}
    flat: dict[tuple[str, ...], dict[str, str]] = {}
    depths = {len(PurePosixPath(pattern).parts) for pattern in patterns}
    for path in paths:
        parts = PurePosixPath(path).parts
        for depth in (d for d in depths if d <= len(parts)):
            tail = "/".join(parts[-depth:])
            if matches(tail, patterns):
                under.setdefault(parts[:-depth], {})[tail] = path
        for pattern in patterns:
            place = str(PurePosixPath(pattern).parent / parts[-1])
            if matches(place, [pattern]):
                flat.setdefault(parts[:-1], {}).setdefault(place, path)
    choices = [*_shallow_first(under), *_shallow_first(flat)]
    best = max(choices, key=len, default={})
    return dict(list(best.items())[:FILES_LIMIT])


def _shallow_first(
    folders: Mapping[tuple[str, ...], dict[str, str]],
) -> list[dict[str, str]]:
    return [folders[key] for key in sorted(folders, key=lambda k: (len(k), k))]


def _read(folder: Path, places: Mapping[str, str]) -> tuple[dict[str, bytes], tuple[Remark, ...]]:
    contents: dict[str, bytes] = {}
    remarks = []
    left = TOTAL_MB * 1_000_000
    for place, path in places.items():
        size = (folder / path).stat().st_size
        if size > left:
            words = f"{shorten(path, 80)} is too large to be judged."
            remarks.append(Remark("too-large", words))
            continue
        left -= size
        contents[place] = (folder / path).read_bytes()
        if path != place:
            words = f"{shorten(path, 80)} was read as {shorten(place, 80)}."
            remarks.append(Remark("found-elsewhere", words))
    return contents, tuple(remarks)


def with_written(
    files: Mapping[str, bytes],
    released: Mapping[str, bytes],
    cells: Iterable[str],
    patterns: Sequence[str],
) -> tuple[dict[str, bytes], tuple[Remark, ...]]:
    """The files, with those that cells of the notebook write where no own ones were handed in.

    Args:
        files: What was handed in, by path.
        released: The files as they were released; an unchanged one is no work of the student's.
        cells: Source text of the notebook's code cells, in order; a later cell goes first.
        patterns: Which paths a cell may write.
    """
    merged = dict(files)
    remarks = []
    for source in cells:
        found = WRITE_FILE.match(source)
        path = str(PurePosixPath(found["path"])) if found else ""
        if found is None or not matches(path, patterns):
            continue
        own, text = files.get(path), found["text"].encode()
        name = shorten(path, 80)
        if own is None or own == released.get(path):
            merged[path] = text
            words = f"{name} was taken from the notebook's cell that writes it."
            remarks.append(Remark("file-from-cell", words))
        elif own.strip() != text.strip():
            words = f"The file {name} was judged; the notebook's cell would write another text."
            remarks.append(Remark("file-before-cell", words))
    return merged, tuple(dict.fromkeys(remarks))
