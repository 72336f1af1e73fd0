"""`reference.data`: the real set where it is, the stand-in where it is not."""

import os
import shutil
from pathlib import Path

import pytest
import torch

from reference import data

HERE = Path(__file__).resolve()


def real_root() -> Path | None:
    """The folder with the real MNIST, if this machine has one."""
    named = os.environ.get(data.ROOT_VARIABLE)
    for root in ([Path(named)] if named else []) + [HERE.parents[4] / "shared" / "data"]:
        if (root / "MNIST" / "raw" / "train-images-idx3-ubyte").exists():
            return root
    return None


def needs_mnist() -> Path:
    """The real MNIST's folder, or the test is skipped."""
    root = real_root()
    if root is None:
        pytest.skip(f"no MNIST: set {data.ROOT_VARIABLE} to the folder that holds MNIST/")
    return root


def test_the_stand_in_is_used_and_said(tmp_path: Path) -> None:
    """Where MNIST is absent, other digits come with a warning and a name of their own."""
    with pytest.warns(data.StandInWarning, match="scikit-learn"):
        digits = data.digits(tmp_path / "nowhere", download=False)
    assert digits.name == "scikit-learn digits"
    assert digits.stand_in


def test_the_stand_in_has_the_shapes_of_mnist() -> None:
    """1,437 and 360 pictures of 28 by 28 in [0, 1], all ten digits in both halves."""
    digits = data.small_digits()
    halves = (
        (digits.train_images, digits.train_labels, 1437),
        (digits.test_images, digits.test_labels, 360),
    )
    for images, labels, count in halves:
        assert images.shape == (count, 1, 28, 28)
        assert labels.shape == (count,)
        assert (images.dtype, labels.dtype) == (torch.float32, torch.int64)
        assert 0 <= float(images.min()) < float(images.max()) <= 1
        assert labels.unique().tolist() == list(range(10))


def test_no_picture_is_in_both_halves() -> None:
    """The split shares no picture, and is the same every time."""
    digits = data.small_digits()
    distances = torch.cdist(digits.test_images.flatten(1), digits.train_images.flatten(1))
    assert float(distances.min()) > 0.1
    assert torch.equal(digits.test_labels, data.small_digits().test_labels)


def test_absent_mnist_is_an_error_that_names_the_folder(tmp_path: Path) -> None:
    """`mnist` itself never stands in: it raises and says where it looked."""
    with pytest.raises(data.DataUnavailable, match="empty"):
        data.mnist(tmp_path / "empty", download=False)


def test_a_refused_download_is_absence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that refuses leads to the same error, without noise on standard output."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(data.DataUnavailable):
        data.mnist(tmp_path, download=True)


def test_the_folder_is_argument_then_variable_then_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument wins over AUTOGRADER_DATA_ROOT, which wins over data/."""
    monkeypatch.setenv(data.ROOT_VARIABLE, "from-variable")
    assert data.data_root("from-argument") == Path("from-argument")
    assert data.data_root() == Path("from-variable")
    monkeypatch.delenv(data.ROOT_VARIABLE)
    assert data.data_root() == Path("data")


def test_first_shortens_both_halves() -> None:
    """The first samples are kept, and so is the name."""
    digits = data.small_digits()
    short = digits.first(7, 3)
    assert short.name == digits.name
    assert torch.equal(short.train_images, digits.train_images[:7])
    assert (len(short.train_labels), len(short.test_images), len(short.test_labels)) == (7, 3, 3)


def test_real_mnist() -> None:
    """60,000 and 10,000 pictures in [0, 1]; the first labels are the known ones."""
    digits = data.digits(needs_mnist(), download=False)
    assert (digits.name, digits.stand_in) == ("MNIST", False)
    assert digits.train_images.shape == (60000, 1, 28, 28)
    assert digits.test_images.shape == (10000, 1, 28, 28)
    assert digits.train_labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert digits.test_labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert (float(digits.test_images.min()), float(digits.test_images.max())) == (0, 1)
    assert float(digits.train_images.mean()) == pytest.approx(0.1307, abs=1e-4)


def test_half_a_data_set_is_absence(tmp_path: Path) -> None:
    """Where only the training files are there, the stand-in takes both halves."""
    source = needs_mnist() / "MNIST" / "raw"
    target = tmp_path / "MNIST" / "raw"
    target.mkdir(parents=True)
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        shutil.copy(source / name, target / name)
    with pytest.warns(data.StandInWarning):
        assert data.digits(tmp_path, download=False).stand_in


def test_other_pictures_in_mnists_folder_are_not_mnist(tmp_path: Path) -> None:
    """A folder laid out like MNIST's with fewer pictures in it does not pass for MNIST."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for half in ("train", "t10k"):
        images = bytes((0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28)) + bytes(2 * 28 * 28)
        (raw / f"{half}-images-idx3-ubyte").write_bytes(images)
        (raw / f"{half}-labels-idx1-ubyte").write_bytes(bytes((0, 0, 8, 1, 0, 0, 0, 2, 3, 7)))
    with pytest.raises(data.DataUnavailable, match="2 pictures"):
        data.mnist(tmp_path, download=False)
