"""One run: a network with one activation, trained from one seed, measured on unseen pictures.

Runs of one seed start from the same weights and see the same pictures in the same order, whatever
their activation: they may be compared pair by pair.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from reference.data import Digits, digits
from reference.design import networks
from reference.design.activations import ACTIVATIONS, MakeActivation, learned

BATCH = 128
TEST_BATCH = 1000
RATE = 1e-3  # of Adam


@dataclass(frozen=True)
class Experiment:
    """A network and its task.

    Attributes:
        title: What a reader calls it.
        network: Makes it, from an activation and whether to normalise.
        classifies: Whether it names the digit; otherwise it gives the picture back.
        epochs: Passes through the data in the full run.
    """

    title: str
    network: Callable[[MakeActivation, bool], nn.Sequential]
    classifies: bool
    epochs: int

    @property
    def measure(self) -> str:
        """What is measured: "accuracy" (more is better), else "squared error" (less is)."""
        return "accuracy" if self.classifies else "squared error"

    def loss(self, output: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        """Mean cross entropy in nats: of a picture's digit, or of a pixel's grey.

        Not the squared error that is measured: behind a sigmoid its gradient vanishes where a
        pixel is wrongly dark, and networks without normalisation end as black pictures.

        Args:
            output: The network's, shape (N, 10) or (N, 1, 28, 28).
            images: What it saw, shape (N, 1, 28, 28).
            labels: What it saw, shape (N,).
        """
        if self.classifies:
            return F.cross_entropy(output, labels)
        return F.binary_cross_entropy(output, images)


EXPERIMENTS: Mapping[str, Experiment] = MappingProxyType(
    {
        "classifier": Experiment("Classifier 784-128-10", networks.classifier, True, 15),
        "dense-autoencoder": Experiment("Dense autoencoder", networks.dense_autoencoder, False, 10),
        "transposed-autoencoder": Experiment(
            "Convolutional autoencoder, transposed", networks.transposed_autoencoder, False, 10
        ),
        "nearest-autoencoder": Experiment(
            "Convolutional autoencoder, nearest", networks.nearest_autoencoder, False, 10
        ),
    }
)


@dataclass(frozen=True)
class Source:
    """Where the pictures come from, how many are used, and where they lie while they are.

    Attributes:
        root: Folder that holds `MNIST/`; None as in `reference.data.data_root`.
        train: Most training pictures to use.
        test: Most test pictures to use.
        device: "cpu" or "cuda".
        download: Whether to fetch MNIST where it is absent.
    """

    root: Path | None
    train: int
    test: int
    device: str
    download: bool = False


@dataclass(frozen=True)
class Task:
    """What one run is to do."""

    experiment: str
    activation: str
    normalised: bool
    seed: int
    epochs: int
    source: Source

    @property
    def key(self) -> tuple[str, str, bool, int]:
        """What tells its run from others of the same settings."""
        return self.experiment, self.activation, self.normalised, self.seed


@dataclass(frozen=True)
class Run:
    """What one run did.

    Attributes:
        experiment: Key of `EXPERIMENTS`.
        activation: Key of `ACTIVATIONS`.
        normalised: Whether there was batch normalisation.
        seed: Fixes the first weights, the order of the pictures, and dropout.
        epochs: Passes through the training pictures.
        data: Name of the data, as in `Digits.name`.
        train_samples: Number of training pictures.
        test_samples: Number of test pictures.
        metric: The experiment's measure over the test pictures, after the last epoch.
        losses: Mean training loss of each epoch.
        learned: The trainable activations' numbers at the end, layer by layer.
        wall_s: Time of training in seconds.
        device: The machine's part that computed.
        versions: Of Python and PyTorch.
    """

    experiment: str
    activation: str
    normalised: bool
    seed: int
    epochs: int
    data: str
    train_samples: int
    test_samples: int
    metric: float
    losses: tuple[float, ...]
    learned: dict[str, list[float]]
    wall_s: float
    device: str
    versions: str

    @property
    def key(self) -> tuple[str, str, bool, int]:
        """What tells it from the other runs of the same settings."""
        return self.experiment, self.activation, self.normalised, self.seed

    @property
    def settings(self) -> tuple[int, str, int, int]:
        """What runs that are compared must share."""
        return self.epochs, self.data, self.train_samples, self.test_samples

    def to_dict(self) -> dict[str, Any]:
        """The run as plain data, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Run:
        """The run that `to_dict` made plain."""
        return cls(**{**plain, "losses": tuple(plain["losses"])})


def perform(task: Task) -> Run:
    """Train one network, measure it."""
    experiment = EXPERIMENTS[task.experiment]
    data = load(task.source)
    torch.manual_seed(task.seed)  # weights, and dropout
    model = experiment.network(ACTIVATIONS[task.activation], task.normalised)
    model.to(task.source.device)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # faster convolutions
    start = time.perf_counter()
    losses = train(model, experiment, data, task.epochs, task.seed)  # ends with a wait
    wall_s = time.perf_counter() - start
    return Run(
        experiment=task.experiment,
        activation=task.activation,
        normalised=task.normalised,
        seed=task.seed,
        epochs=task.epochs,
        data=data.name,
        train_samples=len(data.train_labels),
        test_samples=len(data.test_labels),
        metric=measure(model, experiment, data),
        losses=losses,
        learned=learned(model),
        wall_s=wall_s,
        device=device_name(task.source.device),
        versions=f"Python {platform.python_version()}, PyTorch {torch.__version__}",
    )


def train(
    model: nn.Module, experiment: Experiment, data: Digits, epochs: int, seed: int
) -> tuple[float, ...]:
    """Train by Adam on shuffled batches of 128; what remains over the last full batch waits.

    Args:
        model: Network, on the data's device.
        experiment: Its task.
        data: What to train on.
        epochs: Passes through the training pictures.
        seed: Fixes the order of the pictures.

    Returns:
        Mean loss of each epoch.
    """
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE, fused=True)
    order = torch.Generator().manual_seed(seed)  # one order on all devices
    model.train()
    losses = []
    for _ in range(epochs):
        batches = shuffled(len(data.train_labels), order, data.train_labels.device)
        total = torch.zeros((), device=data.train_labels.device)
        for batch in batches:
            images, labels = data.train_images[batch], data.train_labels[batch]
            loss = experiment.loss(model(images), images, labels)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            total += loss.detach()  # no waiting for the device within an epoch
        losses.append(total.item() / len(batches))
    return tuple(losses)


def shuffled(count: int, order: torch.Generator, device: torch.device) -> Sequence[Tensor]:
    """Indices of full batches in a new order; one smaller batch where the data fill none."""
    size = min(BATCH, count)
    indices = torch.randperm(count, generator=order)[: count // size * size]
    return torch.split(indices.to(device), size)


@torch.no_grad()
def measure(model: nn.Module, experiment: Experiment, data: Digits) -> float:
    """The experiment's measure over the test pictures: share that is right, or squared error."""
    model.eval()
    total = torch.zeros((), dtype=torch.float64, device=data.test_labels.device)
    batches = zip(
        torch.split(data.test_images, TEST_BATCH),
        torch.split(data.test_labels, TEST_BATCH),
        strict=True,
    )
    for images, labels in batches:
        output = model(images)
        if experiment.classifies:
            total += (output.argmax(1) == labels).sum()
        else:
            total += (output - images).square().mean((1, 2, 3)).sum(dtype=torch.float64)
    return total.item() / len(data.test_labels)


@cache
def load(source: Source) -> Digits:
    """The pictures, on their device; read once a process."""
    data = digits(source.root, source.download).first(source.train, source.test)
    return Digits(
        data.name,
        data.train_images.to(source.device),
        data.train_labels.to(source.device),
        data.test_images.to(source.device),
        data.test_labels.to(source.device),
    )


def device_name(device: str) -> str:
    """What computes: the accelerator's name, or the processor's threads."""
    if device == "cuda":
        return torch.cuda.get_device_name()
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads > 1 else ''}"
