"""The networks that the activations are compared in.

All take pictures, shape (N, 1, 28, 28), in [0, 1]. Batch normalisation, where there is any, stands
between a layer and its activation.

Reference:
    Batch normalisation: Ioffe, Szegedy (2015), section 3.2.
    Upsampling before a convolution: Odena, Dumoulin, Olah, "Deconvolution and checkerboard
    artifacts" (2016).
"""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from reference.data import SIDE
from reference.design.activations import MakeActivation

PIXELS = SIDE * SIDE
HIDDEN, CLASSES, DROPOUT = 128, 10, 0.5
WIDTHS = (PIXELS, 256, 128, 64)  # of the dense encoder; the decoder goes back the same way
CHANNELS = (16, 32, 64)  # of the convolutional encoder


def classifier(activation: MakeActivation, normalised: bool) -> nn.Sequential:
    """784-128-10 with dropout before the last layer; returns logits, shape (N, 10)."""
    return nn.Sequential(
        nn.Flatten(),  # (N, 784)
        nn.Linear(PIXELS, HIDDEN),
        *_bend(nn.BatchNorm1d(HIDDEN), activation, normalised),
        nn.Dropout(DROPOUT),
        nn.Linear(HIDDEN, CLASSES),
    )


def dense_autoencoder(activation: MakeActivation, normalised: bool) -> nn.Sequential:
    """784-256-128-64 and back; returns pictures, shape (N, 1, 28, 28), in (0, 1)."""
    widths = (*WIDTHS, *WIDTHS[-2:0:-1])  # 784 256 128 64 128 256
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs)]
        layers += _bend(nn.BatchNorm1d(outputs), activation, normalised)
    layers += [nn.Linear(widths[-1], PIXELS), nn.Sigmoid(), nn.Unflatten(1, (1, SIDE, SIDE))]
    return nn.Sequential(*layers)


def transposed_autoencoder(activation: MakeActivation, normalised: bool) -> nn.Sequential:
    """Three convolutions to (N, 64, 7, 7); back by transposed ones, two of them with stride 2."""
    small, middle, large = CHANNELS
    return nn.Sequential(
        *_encoder(activation, normalised),
        nn.ConvTranspose2d(large, middle, 3, padding=1),  # (N, 32, 7, 7)
        *_bend(nn.BatchNorm2d(middle), activation, normalised),
        _doubling(middle, small),  # (N, 16, 14, 14)
        *_bend(nn.BatchNorm2d(small), activation, normalised),
        _doubling(small, 1),  # (N, 1, 28, 28)
        nn.Sigmoid(),
    )


def nearest_autoencoder(activation: MakeActivation, normalised: bool) -> nn.Sequential:
    """The same with as many parameters, where doubled pixels and a convolution do the doubling."""
    small, middle, large = CHANNELS
    return nn.Sequential(
        *_encoder(activation, normalised),
        _convolution(large, middle),  # (N, 32, 7, 7)
        *_bend(nn.BatchNorm2d(middle), activation, normalised),
        nn.Upsample(scale_factor=2, mode="nearest"),
        _convolution(middle, small),  # (N, 16, 14, 14)
        *_bend(nn.BatchNorm2d(small), activation, normalised),
        nn.Upsample(scale_factor=2, mode="nearest"),
        _convolution(small, 1),  # (N, 1, 28, 28)
        nn.Sigmoid(),
    )


def _encoder(activation: MakeActivation, normalised: bool) -> list[nn.Module]:
    """16, 32, 64 channels; the first two convolutions are followed by a pooling."""
    small, middle, large = CHANNELS
    return [
        _convolution(1, small),  # (N, 16, 28, 28)
        *_bend(nn.BatchNorm2d(small), activation, normalised),
        nn.MaxPool2d(2),
        _convolution(small, middle),  # (N, 32, 14, 14)
        *_bend(nn.BatchNorm2d(middle), activation, normalised),
        nn.MaxPool2d(2),
        _convolution(middle, large),  # (N, 64, 7, 7)
        *_bend(nn.BatchNorm2d(large), activation, normalised),
    ]


def _bend(norm: nn.Module, activation: MakeActivation, normalised: bool) -> list[nn.Module]:
    """What stands between two layers: the activation, after the normalisation if there is one."""
    return [norm, activation()] if normalised else [activation()]


def _convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """3 by 3, height and width stay."""
    return nn.Conv2d(inputs, outputs, kernel_size=3, padding=1)


def _doubling(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    """3 by 3, height and width double."""
    return nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=1, output_padding=1)
