"""The course's data in torchvision's folder layout: MNIST, or digits that stand in for it.

Both processes read the same folder: the candidate sees it read-only, the examiner finds it through
the environment variable.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograder.course import DATA_VARIABLE, Course

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
SIDE = 28  # pixels of a picture's side
TEST_SHARE = 5  # every fifth of the stand-in's pictures is for testing


@dataclass(frozen=True)
class CourseData:
    """Where the data are, and which they are: `MNIST` or `scikit-learn digits`."""

    root: Path
    name: str

    @property
    def notice(self) -> str:
        """One sentence where other data stand in; empty where it is MNIST."""
        if self.name == "MNIST":
            return ""
        return (
            "MNIST is not here; the digits of scikit-learn (8 by 8, enlarged) stand in. "
            f"Set {DATA_VARIABLE} to the folder that holds MNIST/ to use the real ones."
        )


def has_mnist(root: Path) -> bool:
    """Whether a folder holds MNIST as torchvision lays it out."""
    raw = root / "MNIST" / "raw"
    return all((raw / f).is_file() for pair in FILES.values() for f in pair)


def course_data(course: Course) -> CourseData:
    """The data that this course uses on this machine; the stand-in is made where it is needed."""
    if has_mnist(course.data_root):
        return CourseData(course.data_root, "MNIST")
    root = course.cache / "stand-in"
    if not has_mnist(root):
        _make_stand_in(root)
    return CourseData(root, "scikit-learn digits")


def _make_stand_in(root: Path) -> None:
    """Write scikit-learn's 1,797 digits as MNIST's files.

    Reference:
        Alpaydin, Kaynak, "Optical recognition of handwritten digits", UCI repository, 1998.
    """
    from sklearn.datasets import load_digits

    bunch: Any = load_digits()
    images = np.kron(bunch.images / 16 * 255, np.ones((3, 3)))  # (N, 24, 24)
    images = np.pad(images, ((0, 0), (2, 2), (2, 2))).astype(np.uint8)  # (N, 28, 28)
    labels = bunch.target.astype(np.uint8)
    testing = np.arange(len(labels)) % TEST_SHARE == 0
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for name, chosen in (("test", testing), ("train", ~testing)):
        image_file, label_file = FILES[name]
        _write_idx(raw / image_file, images[chosen])
        _write_idx(raw / label_file, labels[chosen])


def _write_idx(path: Path, array: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    """Write unsigned bytes in the IDX format: a magic number, the sizes, the values."""
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    draft = path.with_suffix(".draft")
    draft.write_bytes(head + array.tobytes())
    draft.replace(path)
