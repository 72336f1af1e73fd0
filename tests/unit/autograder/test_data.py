"""The course's data: MNIST where it is, digits that stand in where it is not."""

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np

from autograder.course import Course
from autograder.data import FILES, course_data, has_mnist


def test_digits_stand_in_and_say_so(course: Course, tmp_path: Path) -> None:
    """Without MNIST real digits are written in its layout, once, with a notice."""
    course = replace(course, data_root=tmp_path / "nowhere")
    data = course_data(course)
    assert data.name == "scikit-learn digits"
    assert "AUTOGRADER_DATA_ROOT" in data.notice
    raw = data.root / "MNIST" / "raw"
    sizes = {}
    for part, (images, labels) in FILES.items():
        head = struct.unpack(">BBBB3I", (raw / images).read_bytes()[:16])
        pixels = np.frombuffer((raw / images).read_bytes()[16:], np.uint8).reshape(head[4:])
        digits = np.frombuffer((raw / labels).read_bytes()[8:], np.uint8)
        assert head[:4] == (0, 0, 8, 3)
        assert head[5:] == (28, 28)
        assert len(digits) == head[4]
        assert set(digits) == set(range(10))
        assert pixels.max() == 255
        assert pixels[:, :2].max() == 0
        sizes[part] = head[4]
    assert sizes == {"train": 1437, "test": 360}
    before = (raw / "train-images-idx3-ubyte").stat().st_mtime_ns
    course_data(course)
    assert (raw / "train-images-idx3-ubyte").stat().st_mtime_ns == before


def test_mnist_is_used_where_it_lies(course: Course, tmp_path: Path) -> None:
    """All four files make it MNIST; with one missing it is not."""
    raw = tmp_path / "mnist" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for pair in FILES.values():
        for name in pair:
            (raw / name).touch()
    there = replace(course, data_root=tmp_path / "mnist")
    assert course_data(there).root == tmp_path / "mnist"
    assert course_data(there).notice == ""
    (raw / "train-labels-idx1-ubyte").unlink()
    assert not has_mnist(tmp_path / "mnist")
