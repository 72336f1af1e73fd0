"""Files beside the notebooks that belong to answers: a paper, a C++ source.

A question names them by patterns such as `cpp/*.cpp`, relative to the hand-in. Students move
folders, so where nothing lies at the pattern's place the same names are looked for elsewhere; and
browsers rename files, so `nn (1).cpp` counts as the file `nn.cpp` that was to be filled in. A cell
that begins with `%%writefile cpp/nn.cpp` counts as that file where no other was handed in.
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
    r"\s*%%(?:writefile|file)[ \t]+(?P<more>(?:-a|--append)[ \t]+)?"
    r"(?:\"(?P<double>[^\"\n]+)\"|'(?P<single>[^'\n]+)'|(?P<plain>\S+))[ \t]*\n(?P<text>.*)",
    re.DOTALL,
)
COPY_MARK = re.compile(r"(?:[ _-]*(?:\(\d+\)|copy|kopie))+(?=\.[^./]*$)", re.IGNORECASE)


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
    holds most of them; else what was released. A copy (`nn (1).cpp`, `NN.CPP`) takes the place of
    the released file that it is a copy of, where that one was left as it was. What is then still
    missing, or as it was released, comes from another folder.

    Args:
        folder: The hand-in.
        patterns: Relative to the hand-in.
        released: The files as they were released; unchanged ones are no work of the student's.

    Returns:
        Contents by the path that the pattern asks for, and remarks on what was found elsewhere.
    """
    found, remarks = _found(folder, patterns, released or {})
    return found, (*remarks, *_links(folder, patterns))


def _found(
    folder: Path, patterns: Sequence[str], given: Mapping[str, bytes]
) -> tuple[dict[str, bytes], tuple[Remark, ...]]:
    listed = _paths(folder)
    there = {p: p for p in listed if matches(p, patterns) or matches(_without_mark(p), patterns)}
    found, remarks = _read(folder, there, given)
    rest = [p for p in listed if p not in there]
    if any(given.get(path) != content for path, content in found.items()):
        found, told = _copies_named(found, given, patterns)
        remarks = (*remarks, *told)
    else:
        moved, told = _read(folder, _elsewhere(rest, patterns), given)
        found, remarks = ({**found, **moved}, told) if moved else (found, remarks)
    added, told = _added(folder, rest, found, given, patterns)
    return {**found, **added}, (*remarks, *told)


def _copies_named(
    found: Mapping[str, bytes], released: Mapping[str, bytes], patterns: Sequence[str]
) -> tuple[dict[str, bytes], tuple[Remark, ...]]:
    """The files, with a copy's content under the name of the file that it stands for."""
    named, remarks = dict(found), []
    for place in _names(released, patterns):
        copies = [
            p for p in found if p not in (place, *released) and _without_mark(p) == place.casefold()
        ]
        if len(copies) == 1 and found.get(place) in (None, released.get(place)):
            named[place] = named.pop(copies[0])
            remarks.append(_elsewhere_remark(copies[0], place))
    return {path: named[path] for path in named if matches(path, patterns)}, tuple(remarks)


def _names(released: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """The files that are known by name: released ones, and those that are asked for in full."""
    return list(dict.fromkeys([*released, *(p for p in patterns if not set(p) & set("*?["))]))


def _added(
    folder: Path,
    paths: Iterable[str],
    found: Mapping[str, bytes],
    released: Mapping[str, bytes],
    patterns: Sequence[str],
) -> tuple[dict[str, bytes], tuple[Remark, ...]]:
    """Files known by name that are not the student's own yet, from one other folder.

    A folder that holds another version of a file that has been found is an older work, and not a
    part of this one.
    """
    open_ = {p for p in _names(released, patterns) if found.get(p) in (None, released.get(p))}
    best: dict[str, str] = {}
    for choice in _choices(paths, patterns) if open_ and found else ():
        own = {p: path for p, path in choice.items() if _is_new(folder / path, released.get(p))}
        known = own.keys() & found.keys() - open_
        adds = {p: path for p, path in own.items() if p in open_}
        if len(adds) > len(best) and not any(_is_new(folder / own[p], found[p]) for p in known):
            best = adds
    return _read(folder, best, released)


def _is_new(path: Path, content: bytes | None) -> bool:
    """Whether a file holds something else."""
    same_size = content is not None and path.stat().st_size == len(content)
    return not same_size or path.read_bytes() != content


def _without_mark(path: str) -> str:
    """A path without what browsers and desktops add to the name of a copy, in small letters."""
    return COPY_MARK.sub("", path).casefold()


def _paths(folder: Path) -> list[str]:
    found = []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        if not hidden and path.is_file() and not path.is_symlink():
            found.append(relative.as_posix())
    return found


def _links(folder: Path, patterns: Sequence[str]) -> list[Remark]:
    """Links in the place of files: what they point to was not handed in."""
    links = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_symlink())
    words = "{} is a link, which is not followed: hand in the file itself."
    fitting = _fitting(sorted(links), patterns)[:FILES_LIMIT]
    return [Remark("link", words.format(shorten(path, 80))) for path in fitting]


def _fitting(paths: Iterable[str], patterns: Sequence[str]) -> list[str]:
    return [p for p in paths if matches(p, patterns)]


def _elsewhere(paths: Iterable[str], patterns: Sequence[str]) -> dict[str, str]:
    """The files of the one folder that holds most of them: wanted path to found path."""
    return max(_choices(paths, patterns), key=len, default={})


def _choices(paths: Iterable[str], patterns: Sequence[str]) -> list[dict[str, str]]:
    """The files of each folder that holds some of them: wanted path to found path.

    A folder holds them as the patterns say from there on, or directly by their names. Shallow
    folders come first. One pass: a hand-in may have many folders.
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
    return [*_shallow_first(under), *_shallow_first(flat)]


def _shallow_first(
    folders: Mapping[tuple[str, ...], dict[str, str]],
) -> list[dict[str, str]]:
    return [folders[key] for key in sorted(folders, key=lambda k: (len(k), k))]


def _read(
    folder: Path, places: Mapping[str, str], released: Mapping[str, bytes]
) -> tuple[dict[str, bytes], tuple[Remark, ...]]:
    """As many files as are judged: those with a released file's name first."""
    contents: dict[str, bytes] = {}
    remarks = []
    left = TOTAL_MB * 1_000_000
    ordered = sorted(places.items(), key=lambda pair: pair[0] not in released)
    if len(ordered) > FILES_LIMIT:
        cut = shorten(ordered[FILES_LIMIT][1], 80)
        words = (
            f"Only {FILES_LIMIT} of {len(ordered)} files are judged; the first left out is {cut}."
        )
        remarks.append(Remark("too-many-files", words))
    for place, path in ordered[:FILES_LIMIT]:
        size = (folder / path).stat().st_size
        if size > left:
            words = f"{shorten(path, 80)} is too large to be judged."
            remarks.append(Remark("too-large", words))
            continue
        left -= size
        contents[place] = (folder / path).read_bytes()
        if path != place:
            remarks.append(_elsewhere_remark(path, place))
    return contents, tuple(remarks)


def _elsewhere_remark(path: str, place: str) -> Remark:
    return Remark("found-elsewhere", f"{shorten(path, 80)} was read as {shorten(place, 80)}.")


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
    for path, text in _written(files, released, cells, patterns).items():
        own, name = files.get(path), shorten(path, 80)
        if own is None or own == released.get(path):
            merged[path] = text
            words = f"{name} was taken from the notebook's cell that writes it."
            remarks.append(Remark("file-from-cell", words))
        elif own.strip() != text.strip():
            words = f"The file {name} was judged; the notebook's cell would write another text."
            remarks.append(Remark("file-before-cell", words))
    return merged, tuple(remarks)


def _written(
    files: Mapping[str, bytes],
    released: Mapping[str, bytes],
    cells: Iterable[str],
    patterns: Sequence[str],
) -> dict[str, bytes]:
    """What the cells, run one after the other, write into files that fit the patterns."""
    written: dict[str, bytes] = {}
    for source in cells:
        found = WRITE_FILE.match(source)
        if found is None:
            continue
        path = _place(found["double"] or found["single"] or found["plain"], released, patterns)
        before = written.get(path, files.get(path, b"")) if found["more"] else b""
        if path:
            written[path] = before + found["text"].encode(errors="replace")
    return written


def _place(path: str, released: Iterable[str], patterns: Sequence[str]) -> str:
    """Where a path that a cell writes to lies in the hand-in; empty where it fits no pattern.

    On Colab cells write to `/content/cpp/nn.cpp`, or from inside of the folder to `nn.cpp`. There
    a small program of one's own, `try.cpp`, is no answer.
    """
    parts = PurePosixPath(path).parts
    for pattern in patterns:
        wanted = PurePosixPath(pattern)
        tail, inside = "/".join(parts[-len(wanted.parts) :]), str(wanted.parent / path)
        if matches(tail, [pattern]):
            return tail
        if len(parts) == 1 and inside in released and matches(inside, [pattern]):
            return inside
    return ""
