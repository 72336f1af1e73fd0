"""`reference.cnn` against PyTorch's own layers: values, all gradients, and the training loop.

All sizes differ from each other, both signs occur, and nothing is symmetric, so that a mixed-up
axis or a flipped kernel cannot hide.
"""

import copy
from itertools import chain

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from reference import cnn

# N, C, H, W, F, k: kernels of every parity, a kernel as large as the picture, one of one pixel
CONVOLUTIONS = [(2, 3, 7, 9, 4, 3), (1, 2, 6, 5, 3, 5), (3, 1, 4, 8, 2, 1), (5, 4, 11, 6, 7, 2)]
# H, W, k, s: dividing and not, overlapping, with gaps
POOLINGS = [(6, 8, 2, None), (7, 9, 2, None), (7, 5, 3, 2), (9, 6, 2, 3), (8, 11, 4, 1)]


def draw(*shape: int, seed: int = 0) -> Tensor:
    """Normal numbers in float64, with room for gradients."""
    numbers = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return numbers.requires_grad_()


def assert_same_gradients(ours: Tensor, theirs: Tensor, inputs: list[Tensor]) -> None:
    """Compare two outputs and, under one random dy, the gradients of all inputs."""
    torch.testing.assert_close(ours, theirs)
    dy = draw(*ours.shape, seed=99).detach()
    found = torch.autograd.grad(ours, inputs, dy)
    expected = torch.autograd.grad(theirs, inputs, dy)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)


# --- convolution --------------------------------------------------------------------------


@pytest.mark.parametrize(("N", "C", "H", "W", "filters", "k"), CONVOLUTIONS)
def test_convolution_is_the_librarys(N: int, C: int, H: int, W: int, filters: int, k: int) -> None:
    """Values and the gradients of inputs, kernels and biases equal F.conv2d's."""
    x, kernel, bias = draw(N, C, H, W), draw(filters, C, k, k, seed=1), draw(filters, seed=2)
    layer = cnn.ConvLayer(C, filters, k)
    layer.kernel.data, layer.bias.data = kernel.detach(), bias.detach()
    y = layer(x)
    assert y.shape == (N, filters, H - k + 1, W - k + 1)
    inputs = [x, layer.kernel, layer.bias]
    assert_same_gradients(y, F.conv2d(x, layer.kernel, layer.bias), inputs)


def test_convolution_passes_gradcheck() -> None:
    """Gradients agree with finite differences in float64."""
    inputs = (draw(2, 3, 5, 6), draw(4, 3, 2, 2, seed=1), draw(4, seed=2))
    assert torch.autograd.gradcheck(cnn.Convolution.apply, inputs)


@pytest.mark.parametrize("layout", ["transposed", "sliced", "channels last"])
def test_convolution_takes_inputs_of_any_layout(layout: str) -> None:
    """Non-contiguous inputs give the same as their contiguous copies."""
    x = {
        "transposed": draw(2, 3, 9, 7).transpose(2, 3),
        "sliced": draw(2, 3, 14, 9)[:, :, ::2],
        "channels last": draw(2, 3, 7, 9).contiguous(memory_format=torch.channels_last),
    }[layout].detach()
    assert not x.is_contiguous()
    x.requires_grad_()
    kernel, bias = draw(4, 3, 3, 3, seed=1), draw(4, seed=2)
    y = cnn.Convolution.apply(x, kernel, bias)
    assert_same_gradients(y, F.conv2d(x, kernel, bias), [x, kernel, bias])


def test_kernels_begin_with_the_variance_of_he() -> None:
    """The spread of fresh kernels is sqrt(2 / (k k C)), and biases are zero."""
    torch.manual_seed(0)
    layer = cnn.ConvLayer(6, 200, 5)
    assert float(layer.kernel.detach().std()) == pytest.approx((2 / 150) ** 0.5, rel=0.03)
    assert not layer.bias.detach().any()


def test_add_windows_is_the_adjoint_of_windows() -> None:
    """<windows(x), r> = <x, add_windows(r)> for any r."""
    x = draw(2, 3, 6, 5).detach()
    rows = cnn.windows(x, 3)
    r = draw(*rows.shape, seed=4).detach()
    assert float((rows * r).sum()) == pytest.approx(
        float((x * cnn.add_windows(r, x.shape, 3)).sum())
    )


# --- pooling ------------------------------------------------------------------------------


@pytest.mark.parametrize(("H", "W", "k", "s"), POOLINGS)
@pytest.mark.parametrize("mode", ["max", "avg"])
def test_pooling_is_the_librarys(H: int, W: int, k: int, s: int | None, mode: str) -> None:
    """Values and gradients equal the library's, incomplete rows and columns left out."""
    x = draw(2, 3, H, W)
    library = nn.MaxPool2d(k, s) if mode == "max" else nn.AvgPool2d(k, s)
    assert_same_gradients(cnn.PoolLayer(k, s, mode)(x), library(x), [x])


@pytest.mark.parametrize("mode", ["max", "avg"])
def test_pooling_passes_gradcheck(mode: str) -> None:
    """Gradients agree with finite differences in float64."""
    assert torch.autograd.gradcheck(cnn.PoolLayer(3, 2, mode), draw(2, 3, 8, 6))


@pytest.mark.parametrize("mode", ["max", "avg"])
def test_pooling_of_negative_numbers(mode: str) -> None:
    """No zero slips in beside entries that are all negative."""
    x = -1 - draw(2, 3, 5, 7).abs()
    library = F.max_pool2d if mode == "max" else F.avg_pool2d
    torch.testing.assert_close(cnn.PoolLayer(2, mode=mode)(x), library(x, 2))


def test_equal_entries_share_like_the_library() -> None:
    """Among equal largest entries the first in reading order receives the whole gradient."""
    x = torch.tensor([[[[1.0, 5, 2], [5, 5, 0], [0, 3, 3]]]], requires_grad=True)
    assert_same_gradients(cnn.PoolLayer(2, 1)(x).double(), F.max_pool2d(x, 2, 1).double(), [x])


def test_unknown_mode_is_refused() -> None:
    """A mode other than max and avg raises ValueError that names it."""
    with pytest.raises(ValueError, match="median"):
        cnn.PoolLayer(mode="median")


# --- perceptron, dense, models ------------------------------------------------------------


def test_dense_layer_is_the_librarys() -> None:
    """Values and the gradients of inputs, weights and biases equal F.linear's."""
    x, layer = draw(5, 7), cnn.DenseLayer(7, 3).double()
    layer.bias.data = draw(3, seed=2).detach()
    assert_same_gradients(
        layer(x), F.linear(x, layer.weight, layer.bias), [x, layer.weight, layer.bias]
    )


def test_perceptrons_side_by_side_are_a_dense_layer() -> None:
    """Each column of a dense layer with its activation is one perceptron."""
    x, layer = draw(5, 7), cnn.DenseLayer(7, 3).double()
    layer.bias.data = draw(3, seed=2).detach()
    for i in range(3):
        neuron = cnn.Perceptron(7, torch.tanh).double()
        neuron.weight.data, neuron.bias.data = layer.weight.data[i], layer.bias.data[i]
        torch.testing.assert_close(neuron(x), layer(x)[:, i].tanh())


def test_dense_model_is_the_librarys() -> None:
    """Linear, ReLU, linear from the library give the same logits, and the last is not squashed."""
    model = cnn.DenseModel((12, 5, 3)).double()
    x = draw(4, 1, 3, 4)
    first, last = model.layers
    hidden = F.linear(x.flatten(1), first.weight, first.bias).relu()
    torch.testing.assert_close(model(x), F.linear(hidden, last.weight, last.bias))
    assert (model(x) < 0).any()


def library_cnn(model: cnn.CNN) -> nn.Module:
    """The library's network with a model's parameters."""
    conv1, conv2, head = nn.Conv2d(1, 8, 5), nn.Conv2d(8, 16, 5), nn.Linear(256, 10)
    pairs = ((conv1, model.conv1.kernel, model.conv1.bias),)
    pairs += ((conv2, model.conv2.kernel, model.conv2.bias),)
    pairs += ((head, model.head.weight, model.head.bias),)
    for layer, weight, bias in pairs:
        layer.weight.data, layer.bias.data = weight.detach().clone(), bias.detach().clone()
    parts = [conv1, nn.ReLU(), nn.MaxPool2d(2), conv2, nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*parts, nn.Flatten(), head)


def test_cnn_is_the_librarys_network() -> None:
    """Logits and the gradient of every parameter equal those of the library's layers."""
    torch.manual_seed(3)
    model = cnn.CNN().double()
    other = library_cnn(model)
    x, labels = draw(3, 1, 28, 28).detach(), torch.tensor([7, 0, 4])
    assert model(x).shape == (3, 10)
    torch.testing.assert_close(model(x), other(x))
    for network in (model, other):
        F.cross_entropy(network(x), labels).backward()
    for ours, theirs in zip(model.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad)


def test_a_sample_does_not_see_its_batch() -> None:
    """The logits of a picture are the same alone and among others."""
    model, x = cnn.CNN().double(), draw(4, 1, 28, 28).detach()
    torch.testing.assert_close(model(x)[2:3], model(x[2:3]))


def test_one_step_moves_every_parameter() -> None:
    """All kernels, weights and biases are registered and trained."""
    model = cnn.CNN()
    before = copy.deepcopy(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    F.cross_entropy(model(torch.rand(6, 1, 28, 28)), torch.arange(6)).backward()
    optimizer.step()
    assert cnn.parameter_count(model) == 8 * 26 + 16 * 201 + 2570
    for old, new in zip(before.parameters(), model.parameters(), strict=True):
        assert not torch.equal(old, new)


# --- training and evaluation --------------------------------------------------------------


class Recorder(nn.Module):
    """A linear model on one pixel that remembers which samples came by."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(1, 10)
        self.seen: list[list[float]] = []

    def forward(self, x: Tensor) -> Tensor:
        """Note the samples of a batch."""
        if self.training:
            self.seen.append(x.flatten().tolist())
        logits: Tensor = self.layer(x.flatten(1) / 100)
        return logits


def test_training_uses_every_sample_once_an_epoch_in_a_new_order() -> None:
    """70 samples make batches of 32, 32 and 6, shuffled anew each epoch."""
    model = Recorder()
    samples = torch.arange(70.0).reshape(70, 1, 1, 1)
    cnn.train(model, samples, torch.arange(70) % 10, epochs=2)
    assert [len(batch) for batch in model.seen] == [32, 32, 6] * 2
    first, second = list(chain(*model.seen[:3])), list(chain(*model.seen[3:]))
    assert sorted(first) == sorted(second) == samples.flatten().tolist()
    assert first != second
    assert first != sorted(first)


def toy_pictures() -> tuple[Tensor, Tensor]:
    """160 pictures of a bright bar whose row tells the label."""
    labels = torch.arange(160) % 10
    images = torch.rand(160, 1, 28, 28, generator=torch.Generator().manual_seed(1)) / 4
    for image, label in zip(images, labels.tolist(), strict=True):
        image[0, 2 * label + 3 : 2 * label + 6] += 0.7
    return images, labels


def test_training_lowers_the_loss_and_keeps_a_log() -> None:
    """The loss falls, the accuracy rises, and the log has one entry an epoch."""
    images, labels = toy_pictures()
    torch.manual_seed(0)
    model = cnn.CNN()
    lines: list[str] = []
    log = cnn.train(model, images, labels, 6, test=(images, labels), say=lines.append)
    losses = [epoch.loss for epoch in log.epochs]
    assert [epoch.number for epoch in log.epochs] == [1, 2, 3, 4, 5, 6]
    assert losses[-1] < losses[0] / 3
    assert log.epochs[-1].test_accuracy == cnn.evaluate(model, images, labels) > 0.9
    assert lines == [cnn.describe(epoch, 6) for epoch in log.epochs]
    assert len(log.to_dict()["epochs"]) == 6


def test_a_seed_repeats_a_run() -> None:
    """The same seed gives the same log, another seed another."""
    images, labels = toy_pictures()
    losses = []
    for seed in (4, 4, 5):
        torch.manual_seed(seed)
        losses.append(cnn.train(cnn.CNN(), images, labels, 1).epochs[0].loss)
    assert losses[0] == losses[1] != losses[2]


def test_the_line_of_an_epoch() -> None:
    """A line holds the number, the loss and both accuracies, and leaves out what is unknown."""
    epoch = cnn.Epoch(1, 0.12345, 0.9, 0.98, 3.0)
    assert cnn.describe(epoch, 2) == (
        "epoch 1/2  loss 0.1235  train accuracy 0.9000  test accuracy 0.9800"
    )
    assert cnn.describe(cnn.Epoch(2, 0.1, 0.9, None, 3.0), 2).endswith("train accuracy 0.9000")


class Known(nn.Module):
    """Says the digit that the pixel holds."""

    def forward(self, x: Tensor) -> Tensor:
        """Give the logit 1 to the digit, 0 to the others."""
        return F.one_hot(x.flatten().long(), 10).float()


def test_accuracy_and_confusion_of_known_predictions() -> None:
    """Three of five right; row: truth, column: what was found."""
    images, labels = (
        torch.tensor([3.0, 3, 7, 1, 0]).reshape(5, 1, 1, 1),
        torch.tensor([3, 3, 1, 1, 9]),
    )
    model = Known().train()
    assert cnn.evaluate(model, images, labels) == pytest.approx(0.6)
    assert model.training
    confusion = cnn.confusion_matrix(labels, cnn.predict(model, images))
    assert (confusion[3, 3], confusion[1, 7], confusion[1, 1], confusion[9, 0]) == (2, 1, 1, 1)
    assert confusion.shape == (10, 10)
    assert int(confusion.sum()) == 5
