"""The handwritten digits that the networks are trained on.

MNIST is read through `torchvision.datasets.MNIST`, in that class's own folder layout. Where it is
absent it is downloaded; where that fails too, the digits that ship with scikit-learn stand in, and
`Digits.name` as well as a `StandInWarning` say so.
"""

from __future__ import annotations

import io
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

import torchvision_compat

ROOT_VARIABLE = "AUTOGRADER_DATA_ROOT"
DEFAULT_ROOT = "data"
DOWNLOAD_TIMEOUT_S = 10.0
SIZES = {True: 60_000, False: 10_000}  # pictures of MNIST for training, and for testing
SIDE = 28  # pixels of a picture's side
STAND_IN_TEST_SAMPLES = 360  # of 1,797, a fifth


class DataUnavailable(OSError):
    """MNIST is neither in its folder nor can it be downloaded."""


class StandInWarning(UserWarning):
    """Other digits than MNIST are in use."""


@dataclass(frozen=True)
class Digits:
    """Pictures of digits with their labels, split for training and testing.

    Attributes:
        name: Which data these are: "MNIST" or "scikit-learn digits".
        train_images: Shape (N, 1, 28, 28), float32 in [0, 1].
        train_labels: Shape (N,), int64, digits 0 to 9.
        test_images: Shape (M, 1, 28, 28), float32 in [0, 1].
        test_labels: Shape (M,), int64, digits 0 to 9.
    """

    name: str
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor

    @property
    def stand_in(self) -> bool:
        """Whether these are other digits than the ones that were asked for."""
        return self.name != "MNIST"

    def first(self, train: int, test: int) -> Digits:
        """The same data, shortened to the first `train` and `test` samples."""
        return Digits(
            self.name,
            self.train_images[:train],
            self.train_labels[:train],
            self.test_images[:test],
            self.test_labels[:test],
        )


def data_root(root: str | Path | None = None) -> Path:
    """The folder that holds `MNIST/`: the argument, else AUTOGRADER_DATA_ROOT, else `data/`."""
    return Path(root or os.environ.get(ROOT_VARIABLE) or DEFAULT_ROOT)


def mnist(
    root: str | Path | None = None, train: bool = True, download: bool = True
) -> tuple[Tensor, Tensor]:
    """Read one half of MNIST.

    Args:
        root: Folder that holds `MNIST/raw`; see `data_root` for what stands in for None.
        train: The 60,000 training pictures, or the 10,000 test pictures.
        download: Whether to fetch the files where they are absent.

    Returns:
        Images, shape (N, 1, 28, 28), float32 in [0, 1], and labels, shape (N,), int64.

    Raises:
        DataUnavailable: The files are absent and cannot be fetched, or hold other pictures.

    Reference:
        LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document
        recognition", Proc. IEEE 86 (1998), section III.A.
    """
    torchvision_compat.install()
    from torchvision.datasets import MNIST

    folder = data_root(root)
    try:
        with _short_timeout(), redirect_stdout(io.StringIO()):
            dataset = MNIST(str(folder), train=train, download=download)
    except (OSError, RuntimeError) as error:
        raise DataUnavailable(f"no MNIST in {folder}, and none to be fetched") from error
    if len(dataset) != SIZES[train]:
        raise DataUnavailable(f"the {len(dataset)} pictures in {folder} are not MNIST's")
    images = dataset.data.unsqueeze(1).float().div_(255)  # (N, 1, 28, 28)
    return images, dataset.targets


def digits(root: str | Path | None = None, download: bool = True) -> Digits:
    """MNIST where it can be had, else the digits that ship with scikit-learn.

    Args:
        root: Folder that holds `MNIST/raw`; see `data_root` for what stands in for None.
        download: Whether to fetch MNIST where it is absent.

    Returns:
        The data; `name` says which.

    Warns:
        StandInWarning: MNIST could not be had.
    """
    try:
        return Digits("MNIST", *mnist(root, True, download), *mnist(root, False, download))
    except DataUnavailable as error:
        warnings.warn(
            f"{error}: the 8 by 8 digits of scikit-learn stand in, enlarged to 28 by 28. "
            f"Accuracies are not MNIST's. Set {ROOT_VARIABLE} to the folder that holds MNIST/.",
            StandInWarning,
            stacklevel=2,
        )
        return small_digits()


def small_digits() -> Digits:
    """The 1,797 real digits of scikit-learn, enlarged from 8 by 8 to 28 by 28 pixels.

    They come in the order in which their writers wrote them, so they are mixed (always in the
    same way) before they are split into 1,437 for training and 360 for testing.

    Reference:
        Alpaydin, Kaynak, "Optical recognition of handwritten digits", UCI repository, 1998.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    order = torch.randperm(len(bunch.target), generator=torch.Generator().manual_seed(0))
    small = torch.tensor(bunch.images, dtype=torch.float32)[order, None] / 16  # (N, 1, 8, 8)
    images = torch.nn.functional.interpolate(small, (SIDE, SIDE), mode="bilinear")
    labels = torch.tensor(bunch.target, dtype=torch.int64)[order]
    cut = len(labels) - STAND_IN_TEST_SAMPLES
    return Digits("scikit-learn digits", images[:cut], labels[:cut], images[cut:], labels[cut:])


@contextmanager
def _short_timeout() -> Iterator[None]:
    """Bound what a silent network may cost; torchvision offers no setting of its own for it."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
