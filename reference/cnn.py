"""A convolutional network for handwritten digits, from scratch (question q10).

PyTorch provides tensors, matrix products, automatic differentiation and the optimiser. Convolution,
pooling and dense layers are written here, the first two with their backward passes by hand:
`forward` computes y and keeps what `backward` needs, `backward` receives dy = dL/dy and returns the
gradient of each input, of that input's shape.

Sizes: N samples, C channels in, F channels out, H by W pixels, k by k kernel, s stride,
h by w pixels out.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

BATCH_SIZE = 32
MOMENTUM = 0.9
CLASSES = 10


# --- convolution --------------------------------------------------------------------------


def windows(x: Tensor, k: int) -> Tensor:
    """Every k by k window of a picture as one row, so that a convolution is a matrix product.

    Done in two passes, each of which copies long unbroken stretches of memory: first every pixel
    is joined by the k - 1 below it, then every such column by the k - 1 to its right.

    Args:
        x: Inputs, shape (N, C, H, W).
        k: Side of the window in pixels.

    Returns:
        Shape (N * h * w, k * k * C) with h = H - k + 1, w = W - k + 1; within a row the place
        across (j) varies slowest, then the place down (i), then the channel.

    Reference:
        Chellapilla, Puri, Simard, "High performance convolutional neural networks for document
        processing", IWFHR 2006, section 3.1 (unrolling).
    """
    C = x.shape[1]
    pixels = x.permute(0, 2, 3, 1)  # (N, H, W, C)
    columns = pixels.unfold(1, k, 1).permute(0, 1, 2, 4, 3).contiguous()  # (N, h, W, k, C)
    squares = columns.flatten(3).unfold(2, k, 1).permute(0, 1, 2, 4, 3)  # (N, h, w, k, k C)
    return squares.reshape(-1, k * k * C)


def add_windows(rows: Tensor, shape: torch.Size, k: int) -> Tensor:
    """The adjoint of `windows`: every window adds its entries to the pixels it was taken from.

    Args:
        rows: Shape (N * h * w, k * k * C).
        shape: Shape (N, C, H, W) of the inputs.
        k: Side of the window in pixels.

    Returns:
        Shape (N, C, H, W); each pixel holds the sum over all windows that contain it.
    """
    N, C, H, W = shape
    h, w = H - k + 1, W - k + 1
    squares = rows.reshape(N, h, w, k, k * C)
    columns = rows.new_zeros(N, h, W, k * C)
    for j in range(k):
        columns[:, :, j : j + w] += squares[:, :, :, j]
    columns = columns.reshape(N, h, W, k, C)
    pixels = rows.new_zeros(N, H, W, C)
    for i in range(k):
        pixels[:, i : i + h] += columns[:, :, :, i]
    return pixels.permute(0, 3, 1, 2)


class Convolution(torch.autograd.Function):
    """y[n,f,a,b] = bias[f] + sum over c,i,j of kernel[f,c,i,j] x[n,c,a+i,b+j].

    With one window a row this is Y = X K + bias: X (N h w, k k C), K (k k C, F). The rule for a
    matrix product gives the gradients: dK = X^T dY, dbias = sum of dY's rows, and dX = dY K^T,
    which the windows then hand back to their pixels.

    Reference:
        Goodfellow, Bengio, Courville, "Deep Learning", equation (9.6): the kernel is not
        flipped, so this is a cross-correlation, as in every library of the field.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
        """Compute y, shape (N, F, h, w), from x (N, C, H, W), kernel (F, C, k, k), bias (F,)."""
        (N, C, H, W), (F, _, k, _) = x.shape, kernel.shape
        rows = windows(x, k)  # (N h w, k k C)
        columns = kernel.permute(3, 2, 1, 0).reshape(k * k * C, F)
        ctx.save_for_backward(rows, kernel)
        ctx.input_shape = x.shape
        y = torch.addmm(bias, rows, columns)  # (N h w, F)
        return y.reshape(N, H - k + 1, W - k + 1, F).permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        """Turn dy, shape (N, F, h, w), into dx, dkernel and dbias."""
        rows, kernel = ctx.saved_tensors
        F, C, k, _ = kernel.shape
        dY = dy.permute(0, 2, 3, 1).reshape(-1, F)  # (N h w, F)
        dkernel = (dY.T @ rows).reshape(F, k, k, C).permute(0, 3, 2, 1)  # (F, C, k, k)
        dx = None
        if ctx.needs_input_grad[0]:  # the pictures themselves need no gradient
            drows = dY @ kernel.permute(0, 3, 2, 1).reshape(F, -1)  # (N h w, k k C)
            dx = add_windows(drows, ctx.input_shape, k)
        return dx, dkernel, dY.sum(0)


class ConvLayer(nn.Module):
    """A convolution without padding, stride 1: (N, C, H, W) -> (N, F, H - k + 1, W - k + 1).

    Args:
        in_channels: C, channels of the inputs.
        out_channels: F, number of kernels.
        kernel_size: k, side of a kernel in pixels.

    Reference:
        He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015, equation (10): kernels
        begin with variance 2 / (k k C), which keeps the scale of the signal through ReLU.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int) -> None:
        super().__init__()
        scale = math.sqrt(2 / (kernel_size**2 * in_channels))
        shape = (out_channels, in_channels, kernel_size, kernel_size)
        self.kernel = nn.Parameter(torch.randn(shape) * scale)  # (F, C, k, k)
        self.bias = nn.Parameter(torch.zeros(out_channels))  # (F,)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve x, shape (N, C, H, W), into shape (N, F, h, w)."""
        y: Tensor = Convolution.apply(x, self.kernel, self.bias)  # type: ignore[no-untyped-call]
        return y


# --- pooling ------------------------------------------------------------------------------


def window_entries(x: Tensor, k: int, s: int) -> Iterator[Tensor]:
    """For each place (i, j) in a window, that entry of all windows: a view (N, C, h, w).

    Rows and columns that fill no whole window are left out, h = (H - k) // s + 1.
    """
    views = x.unfold(2, k, s).unfold(3, k, s)  # (N, C, h, w, k, k)
    for i in range(k):
        for j in range(k):
            yield views[..., i, j]


class MaxPooling(torch.autograd.Function):
    """y = the largest entry of each window; dy goes to that entry alone, the first among equals.

    Reference:
        Boureau, Ponce, LeCun, "A theoretical analysis of feature pooling in visual
        recognition", ICML 2010, section 2.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, k: int, s: int) -> Tensor:
        """Compute y, shape (N, C, h, w), from x, shape (N, C, H, W)."""
        entries = window_entries(x, k, s)
        y = next(entries).clone()
        for entry in entries:
            torch.maximum(y, entry, out=y)
        ctx.save_for_backward(x, y)
        ctx.window = (k, s)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor, None, None]:
        """Turn dy, shape (N, C, h, w), into dx, shape (N, C, H, W)."""
        x, y = ctx.saved_tensors
        dx = torch.zeros_like(x)
        left = dy  # what no entry of the window has claimed yet
        for entry, d_entry in zip(
            window_entries(x, *ctx.window), window_entries(dx, *ctx.window), strict=True
        ):
            claimed = left * (entry == y)
            d_entry += claimed
            left = left - claimed
        return dx, None, None


class AveragePooling(torch.autograd.Function):
    """y = the mean of each window; every entry receives dy / k^2.

    Reference:
        LeCun et al. (1998), section II.B (sub-sampling).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, k: int, s: int) -> Tensor:
        """Compute y, shape (N, C, h, w), from x, shape (N, C, H, W)."""
        entries = window_entries(x, k, s)
        y = next(entries).clone()
        for entry in entries:
            y += entry
        ctx.input = (x.shape, k, s)
        return y / k**2

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor, None, None]:
        """Turn dy, shape (N, C, h, w), into dx, shape (N, C, H, W)."""
        shape, k, s = ctx.input
        dx = dy.new_zeros(shape)
        for d_entry in window_entries(dx, k, s):
            d_entry += dy / k**2
        return dx, None, None


class PoolLayer(nn.Module):
    """Keep one number of every window: its largest or its mean.

    (N, C, H, W) -> (N, C, (H - k) // s + 1, (W - k) // s + 1).

    Args:
        kernel_size: k, side of the window in pixels.
        stride: s, step from window to window; None means `kernel_size`.
        mode: "max" or "avg".

    Raises:
        ValueError: The mode is neither.
    """

    def __init__(self, kernel_size: int = 2, stride: int | None = None, mode: str = "max") -> None:
        super().__init__()
        if mode not in ("max", "avg"):
            raise ValueError(f'mode is {mode!r}; it must be "max" or "avg"')
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.mode = mode

    def forward(self, x: Tensor) -> Tensor:
        """Pool x, shape (N, C, H, W), into shape (N, C, h, w)."""
        pooling = MaxPooling if self.mode == "max" else AveragePooling
        y: Tensor = pooling.apply(x, self.kernel_size, self.stride)  # type: ignore[no-untyped-call]
        return y


# --- perceptron, dense layer, models ------------------------------------------------------


class Perceptron(nn.Module):
    """One neuron: y = activation(w . x + b).

    Args:
        in_features: D, number of inputs.
        activation: Applied to each pre-activation.

    Reference:
        Rosenblatt, "The perceptron", Psychological Review 65 (1958); with a smooth activation
        in place of the step, as in Goodfellow et al., "Deep Learning", section 6.3.
    """

    def __init__(
        self, in_features: int, activation: Callable[[Tensor], Tensor] = torch.sigmoid
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features) / math.sqrt(in_features))  # (D,)
        self.bias = nn.Parameter(torch.zeros(()))
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """Map x, shape (N, D), to shape (N,)."""
        return self.activation(x @ self.weight + self.bias)


class DenseLayer(nn.Module):
    """F perceptrons side by side, without activation: y = x W^T + b, (N, D) -> (N, F).

    Args:
        in_features: D, number of inputs.
        out_features: F, number of neurons.

    Reference:
        Goodfellow, Bengio, Courville, "Deep Learning", section 6.1. Weights begin with
        variance 2 / D (He et al. 2015, equation (10)).
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        weight = torch.randn(out_features, in_features) * math.sqrt(2 / in_features)
        self.weight = nn.Parameter(weight)  # (F, D)
        self.bias = nn.Parameter(torch.zeros(out_features))  # (F,)

    def forward(self, x: Tensor) -> Tensor:
        """Map x, shape (N, D), to shape (N, F)."""
        return torch.addmm(self.bias, x, self.weight.T)


class DenseModel(nn.Module):
    """The network without convolution: dense layers with ReLU between them.

    Args:
        sizes: Neurons of each layer, inputs first.
    """

    def __init__(self, sizes: tuple[int, ...] = (784, 128, CLASSES)) -> None:
        super().__init__()
        self.layers = nn.ModuleList(DenseLayer(D, F) for D, F in pairwise(sizes))

    def forward(self, x: Tensor) -> Tensor:
        """Map x, shape (N, ...) with 784 numbers a sample, to logits, shape (N, 10)."""
        x = x.flatten(1)  # (N, 784)
        for layer in self.layers[:-1]:
            x = layer(x).relu()
        logits: Tensor = self.layers[-1](x)
        return logits


class CNN(nn.Module):
    """Two convolutions with pooling and ReLU, then a dense head.

    ReLU follows the pooling: it is nondecreasing, so max and ReLU may change places, and a
    quarter of the pixels remains to be rectified. The outputs are logits; the softmax belongs
    to the loss, which computes it together with the logarithm and so cannot overflow.

    Reference:
        LeCun et al. (1998), section II.B (LeNet-5), with max pooling and ReLU.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = ConvLayer(1, 8, 5)
        self.conv2 = ConvLayer(8, 16, 5)
        self.pool = PoolLayer(2)
        self.head = DenseLayer(16 * 4 * 4, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Map pictures, shape (N, 1, 28, 28), to logits, shape (N, 10)."""
        x = self.pool(self.conv1(x)).relu()  # (N, 8, 12, 12)
        x = self.pool(self.conv2(x)).relu()  # (N, 16, 4, 4)
        logits: Tensor = self.head(x.flatten(1))  # (N, 10)
        return logits


# --- training and evaluation --------------------------------------------------------------


@dataclass(frozen=True)
class Epoch:
    """What one pass through the training data gave.

    Attributes:
        number: Counted from 1.
        loss: Mean cross entropy over the pass, in nats.
        train_accuracy: Share of samples that were right when their batch came by.
        test_accuracy: Share of the test data that is right after the pass; None without test data.
        wall_s: Time of the pass in seconds, the test included.
    """

    number: int
    loss: float
    train_accuracy: float
    test_accuracy: float | None
    wall_s: float


@dataclass(frozen=True)
class TrainingLog:
    """The record of a training run, one entry an epoch.

    Attributes:
        epochs: In the order in which they were run.
    """

    epochs: tuple[Epoch, ...]

    def to_dict(self) -> dict[str, Any]:
        """The log as plain data, for JSON."""
        return asdict(self)


def describe(epoch: Epoch, epochs: int) -> str:
    """One line about an epoch, such as a notebook keeps: number, loss, accuracies."""
    line = (
        f"epoch {epoch.number}/{epochs}  loss {epoch.loss:.4f}"
        f"  train accuracy {epoch.train_accuracy:.4f}"
    )
    if epoch.test_accuracy is None:
        return line
    return f"{line}  test accuracy {epoch.test_accuracy:.4f}"


def train(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    epochs: int = 2,
    lr: float = 0.02,
    *,
    test: tuple[Tensor, Tensor] | None = None,
    say: Callable[[str], None] | None = None,
) -> TrainingLog:
    """Train a classifier by stochastic gradient descent with momentum, on batches of 32.

    Each epoch draws a new order and uses every sample once. The rate falls in a straight line
    to zero, so that the last steps average the noise of the batches away. The order comes from
    torch's global generator: `torch.manual_seed` makes a run repeatable.

    Args:
        model: Maps images to logits, shape (N, 10); its parameters are changed.
        images: Shape (N, 1, 28, 28), float32.
        labels: Shape (N,), int64.
        epochs: Number of passes through the data.
        lr: The rate of the first step.
        test: Images and labels to report the accuracy on after each epoch; never trained on.
        say: Receives one line after each epoch, for example `print`.

    Returns:
        One entry an epoch.

    Reference:
        Goodfellow, Bengio, Courville, "Deep Learning", algorithm 8.2, and equation (8.14) for
        the linear decay.
    """
    batches = math.ceil(len(images) / BATCH_SIZE)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=MOMENTUM)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, max(1, epochs * batches))
    log: list[Epoch] = []
    with progress_bar() as progress:
        for number in range(1, epochs + 1):
            start = time.perf_counter()
            order = torch.split(torch.randperm(len(images)), BATCH_SIZE)
            shown = progress.track(order, description=f"epoch {number}/{epochs}")
            loss, accuracy = _pass(model, images, labels, shown, optimizer, schedule)
            tested = evaluate(model, *test) if test is not None else None
            wall_s = time.perf_counter() - start
            log.append(Epoch(number, loss, accuracy, tested, wall_s))
            if say is not None:
                say(describe(log[-1], epochs))
    return TrainingLog(tuple(log))


def _pass(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    batches: Iterable[Tensor],
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> tuple[float, float]:
    """Take one step a batch, each given by its samples' numbers; return mean loss, accuracy."""
    model.train()
    total = torch.zeros(())
    right = torch.zeros((), dtype=torch.int64)
    for batch in batches:
        logits = model(images[batch])  # (B, 10)
        loss = nn.functional.cross_entropy(logits, labels[batch])  # mean over the batch
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        total += loss.detach() * len(batch)
        right += (logits.argmax(1) == labels[batch]).sum()
    return float(total) / len(images), float(right) / len(images)


def progress_bar() -> Progress:
    """A bar on standard error that vanishes when it is done, so that kept output stays short."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not (console.is_terminal or console.is_jupyter),
    )


def predict(model: nn.Module, images: Tensor, batch_size: int = 500) -> Tensor:
    """The digit with the largest logit for each picture, shape (N,), int64."""
    was_training = model.training
    model.eval()
    with torch.no_grad():
        found = [model(batch).argmax(1) for batch in torch.split(images, batch_size)]
    model.train(was_training)
    return torch.cat(found)


def evaluate(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Accuracy: the share of pictures whose label the model finds; changes nothing."""
    return float((predict(model, images) == labels).double().mean())


def confusion_matrix(labels: Tensor, predictions: Tensor, classes: int = CLASSES) -> Tensor:
    """Count how often each digit was taken for each.

    Args:
        labels: The truth, shape (N,), int64.
        predictions: What the model found, shape (N,), int64.
        classes: Number of classes.

    Returns:
        Shape (classes, classes), int64; row: truth, column: prediction.

    Reference:
        Murphy, "Probabilistic Machine Learning: An Introduction" (2022), section 5.1.3.
    """
    pairs = labels * classes + predictions
    return torch.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def parameter_count(model: nn.Module) -> int:
    """Number of trained numbers in a model."""
    return sum(parameter.numel() for parameter in model.parameters())
