"""What makes a process that has loaded much cheap to fork.

A fork copies the table of the parent's pages, and a process that has loaded torch has some hundred
thousand small ones. Gathered into large pages the table is a hundred times shorter. What a child
writes to is split again, for that child alone.

This module stands inside the sandbox too and uses the standard library alone.

Reference:
    madvise(2), MADV_COLLAPSE (Linux 6.1); gc.freeze in Python's documentation.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from pathlib import Path

MADV_COLLAPSE = 25  # from linux/mman.h
LARGE_PAGE = 2**21  # bytes, on x86-64 and on arm64 with small pages of 4 KiB


def settle() -> int:
    """Call once, after loading, before forking.

    Returns:
        How many large pages were made; 0 where the kernel makes none.
    """
    gc.collect()
    gc.freeze()  # what is loaded stays: a collection in a fork would copy its pages
    libc = ctypes.CDLL(None)
    made = 0
    for start, end in _own_data():
        for address in range(start, end, LARGE_PAGE):
            place, size = ctypes.c_void_p(address), ctypes.c_size_t(LARGE_PAGE)
            made += libc.madvise(place, size, MADV_COLLAPSE) == 0
    return made


def _own_data() -> Iterator[tuple[int, int]]:
    """Private data of this process that no file stands behind: first and last whole large page."""
    for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines():
        span, rights, _, _, inode, *name = line.split(maxsplit=5)
        if rights == "rw-p" and inode == "0" and name not in (["[stack]"], ["[vvar]"]):
            start, end = (int(part, 16) for part in span.split("-"))
            yield -(-start // LARGE_PAGE) * LARGE_PAGE, end // LARGE_PAGE * LARGE_PAGE
