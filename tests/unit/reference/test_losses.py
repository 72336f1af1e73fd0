"""`reference.losses` against PyTorch, automatic differentiation, sympy and closed forms."""

from collections.abc import Callable

import numpy as np
import pytest
import sympy
import torch
from torch.nn import functional as F

from reference import losses

Z = np.random.default_rng(3).normal(scale=2.0, size=(5, 3)) + 0.7
LABELS = np.array([2, 0, 1, 1, 2])
SOFT = np.random.default_rng(4).dirichlet([1.0, 2.0, 3.0], size=5)  # (5, 3), no symmetry
HUGE = np.array([[1e4, 1e4 - 1.5, -1e4], [-1e4, -1e4 + 0.5, -1e4 - 2], [0.3, -1.1, 2.0]])
P, Q = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.25, 0.65])


def _tensor(values: np.ndarray) -> torch.Tensor:
    return torch.tensor(values, requires_grad=True)


def _gradient(loss: Callable[[torch.Tensor], torch.Tensor], z: np.ndarray) -> np.ndarray:
    """What automatic differentiation of a loss of tensors gives."""
    logits = _tensor(z)
    loss(logits).sum().backward()
    assert logits.grad is not None
    return logits.grad.numpy()


@pytest.mark.parametrize("z", [Z, HUGE, Z[0], Z.reshape(5, 1, 3)], ids=lambda z: str(z.shape))
def test_softmax_is_the_librarys(z: np.ndarray) -> None:
    """Softmax and its logarithm run along the last axis and agree with PyTorch."""
    tensor = torch.tensor(z)
    np.testing.assert_allclose(losses.softmax(z), tensor.softmax(-1).numpy(), rtol=1e-12)
    np.testing.assert_allclose(losses.log_softmax(z), tensor.log_softmax(-1).numpy(), rtol=1e-12)


def test_nothing_overflows() -> None:
    """Logits of size 10000 raise no floating-point error anywhere."""
    truth = np.eye(3)[[2, 0, 1]]
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for values in (
            losses.softmax(HUGE),
            losses.log_softmax(HUGE),
            losses.softmax_jacobian(HUGE),
            losses.cross_entropy(HUGE, [2, 0, 1]),
            losses.cross_entropy_gradient(HUGE, [2, 0, 1]),
            losses.binary_cross_entropy(HUGE, truth),
            losses.binary_cross_entropy_gradient(HUGE, truth),
            losses.squared_error_sigmoid_gradient(HUGE, truth),
            losses.squared_error_softmax_gradient(HUGE, truth),
        ):
            assert np.isfinite(values).all()


def test_a_sure_and_wrong_classifier_has_a_large_finite_loss() -> None:
    """The loss is the difference of the logits, where the probability itself rounds to 0."""
    assert losses.cross_entropy([[1e4, -1e4]], [1]) == pytest.approx(2e4)
    assert losses.cross_entropy([[1e4, -1e4]], [0]) == 0
    assert losses.binary_cross_entropy([1e4, -1e4], [0, 0]) == pytest.approx(5e3)


def test_the_jacobian_is_that_of_softmax() -> None:
    """Entry [i, j] is the derivative of probability i by logit j, sample by sample."""
    found = losses.softmax_jacobian(Z)
    assert found.shape == (5, 3, 3)
    for z, jacobian in zip(Z, found, strict=True):
        expected = torch.autograd.functional.jacobian(
            lambda t: t.softmax(0) * torch.tensor([1.0, 2.0, 5.0]), torch.tensor(z)
        )
        np.testing.assert_allclose(np.diag([1.0, 2.0, 5.0]) @ jacobian, expected.numpy())
    np.testing.assert_allclose(found.sum(axis=-1), 0, atol=1e-15)


@pytest.mark.parametrize(("z", "labels"), [(Z, LABELS), (HUGE, np.array([2, 0, 1]))])
def test_cross_entropy_and_its_gradient_are_the_librarys(z: np.ndarray, labels: np.ndarray) -> None:
    """The mean over the samples, and its gradient in every logit, agree with PyTorch."""
    truth = torch.tensor(labels)
    expected = F.cross_entropy(torch.tensor(z), truth).item()
    assert losses.cross_entropy(z, labels) == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(
        losses.cross_entropy_gradient(z, labels),
        _gradient(lambda t: F.cross_entropy(t, truth), z),
        rtol=1e-12,
        atol=1e-15,
    )


def test_binary_cross_entropy_and_its_gradient_are_the_librarys() -> None:
    """Targets between 0 and 1 are taken as well; the mean runs over all elements."""
    truth = torch.tensor(SOFT)
    for z in (Z, 40 * Z):
        expected = F.binary_cross_entropy_with_logits(torch.tensor(z), truth).item()
        assert losses.binary_cross_entropy(z, SOFT) == pytest.approx(expected, rel=1e-12)
        np.testing.assert_allclose(
            losses.binary_cross_entropy_gradient(z, SOFT),
            _gradient(lambda t: F.binary_cross_entropy_with_logits(t, truth), z),
            rtol=1e-9,
            atol=1e-15,
        )


def test_squared_error_after_a_sigmoid() -> None:
    """Values and derivatives agree with automatic differentiation, for soft targets too."""
    truth = torch.tensor(SOFT)
    expected = (torch.tensor(Z).sigmoid() - truth) ** 2
    np.testing.assert_allclose(losses.squared_error_sigmoid(Z, SOFT), expected.numpy())
    np.testing.assert_allclose(
        losses.squared_error_sigmoid_gradient(Z, SOFT),
        _gradient(lambda t: (t.sigmoid() - truth) ** 2, Z),
        rtol=1e-10,
    )


def test_squared_error_after_a_softmax() -> None:
    """Values, one a sample, and gradients agree with automatic differentiation."""
    truth = torch.tensor(SOFT)
    expected = ((torch.tensor(Z).softmax(1) - truth) ** 2).sum(1)
    np.testing.assert_allclose(losses.squared_error_softmax(Z, SOFT), expected.numpy())
    np.testing.assert_allclose(
        losses.squared_error_softmax_gradient(Z, SOFT),
        _gradient(lambda t: ((t.softmax(1) - truth) ** 2).sum(1), Z),
        rtol=1e-10,
    )


class _CrossEntropy(torch.autograd.Function):
    """The reference's loss with the reference's gradient, for gradcheck."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, z: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(z)
        return torch.tensor(losses.cross_entropy(z.detach().numpy(), LABELS), dtype=z.dtype)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, dy: torch.Tensor) -> torch.Tensor:
        (z,) = ctx.saved_tensors  # type: ignore[attr-defined]
        return dy * torch.tensor(losses.cross_entropy_gradient(z.detach().numpy(), LABELS))


class _SquaredError(torch.autograd.Function):
    """Squared error after softmax, value and gradient of the reference."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, z: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(z)
        return torch.tensor(losses.squared_error_softmax(z.detach().numpy(), SOFT))

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, dy: torch.Tensor) -> torch.Tensor:
        (z,) = ctx.saved_tensors  # type: ignore[attr-defined]
        gradient = losses.squared_error_softmax_gradient(z.detach().numpy(), SOFT)
        return dy[:, None] * torch.tensor(gradient)


@pytest.mark.parametrize("function", [_CrossEntropy, _SquaredError])
def test_gradients_are_those_of_the_own_values(function: type[torch.autograd.Function]) -> None:
    """`gradcheck` finds the gradients by differences of the reference's own losses."""
    assert torch.autograd.gradcheck(function.apply, (_tensor(Z),))


def test_the_formulas_of_the_docstring_are_what_sympy_derives() -> None:
    """p_i - y_i and 2 p_i ((p_i - y_i) - sum_j p_j (p_j - y_j)), for three classes."""
    z, y = sympy.symbols("z1:4", real=True), sympy.symbols("y1:3", real=True)
    y = (*y, 1 - sum(y))
    total = sum(sympy.exp(v) for v in z)
    p = [sympy.exp(v) / total for v in z]
    cross = -sum(t * (v - sympy.log(total)) for t, v in zip(y, z, strict=True))
    squared = sum((a - t) ** 2 for a, t in zip(p, y, strict=True))
    weighted = sum(a * (a - t) for a, t in zip(p, y, strict=True))
    assert sympy.simplify(sympy.diff(cross, z[0]) - (p[0] - y[0])) == 0
    formula = 2 * p[0] * ((p[0] - y[0]) - weighted)
    assert sympy.simplify(sympy.diff(squared, z[0]) - formula) == 0


def test_squared_error_is_flat_where_the_prediction_is_wrong() -> None:
    """At z = -8 with y = 1 cross entropy pulls more than 1000 times as hard as squared error."""
    strong = losses.binary_cross_entropy_gradient([-8.0], [1.0])[0]
    weak = losses.squared_error_sigmoid_gradient([-8.0], [1.0])[0]
    assert strong == pytest.approx(-1, abs=1e-3)
    assert -strong > 1000 * -weak > 0
    grid = losses.squared_error_sigmoid_gradient(np.linspace(-8, 8, 100_001), np.ones(100_001))
    assert grid.min() == pytest.approx(-8 / 27, rel=1e-6)


def test_two_classes_are_a_sigmoid_of_the_difference() -> None:
    """Cross entropy with logits (0, z) is binary cross entropy of z."""
    z, y = np.array([-3.0, 0.4, 2.5]), np.array([1, 0, 1])
    two = np.stack([np.zeros(3), z], axis=1)
    assert losses.cross_entropy(two, y) == pytest.approx(losses.binary_cross_entropy(z, y))


def test_entropies_in_bits_and_nats() -> None:
    """Known values; a nat is 1/ln 2 bits."""
    p, q = [0.5, 0.25, 0.25], [0.25, 0.25, 0.5]
    assert losses.entropy(p, "bits") == pytest.approx(1.5)
    assert losses.cross_entropy_between(p, q, "bits") == pytest.approx(1.75)
    assert losses.kl_divergence(p, q, "bits") == pytest.approx(0.25)
    assert losses.entropy(p) == pytest.approx(1.5 * np.log(2))
    assert losses.kl_divergence(p, q, "nats") == pytest.approx(0.25 * np.log(2))


def test_entropies_are_the_librarys() -> None:
    """Entropy and divergence agree with torch.distributions, in nats."""
    p, q = (torch.distributions.Categorical(probs=torch.tensor(v)) for v in (P, Q))
    assert losses.entropy(P) == pytest.approx(p.entropy().item())
    expected = torch.distributions.kl_divergence(p, q).item()
    assert losses.kl_divergence(P, Q) == pytest.approx(expected)
    assert losses.kl_divergence(Q, P) != pytest.approx(expected)


@pytest.mark.parametrize("unit", ["bits", "nats"])
def test_cross_entropy_is_entropy_plus_divergence(unit: losses.Unit) -> None:
    """H(p, q) = H(p) + KL(p, q) in either unit, also where p has a zero."""
    for p in (P, np.array([0.4, 0.0, 0.6])):
        whole = losses.cross_entropy_between(p, Q, unit)
        parts = losses.entropy(p, unit) + losses.kl_divergence(p, Q, unit)
        assert whole == pytest.approx(parts, rel=1e-12)
        assert losses.kl_divergence(p, Q, unit) > 0


def test_zero_probabilities() -> None:
    """What never happens adds nothing; what is believed impossible and happens costs infinity."""
    assert losses.entropy([1.0, 0.0]) == 0
    assert losses.cross_entropy_between([0.5, 0.5, 0], [0.25, 0.75, 0]) < np.inf
    assert losses.kl_divergence([0.5, 0.5, 0], [0.5, 0.5, 0]) == 0
    assert losses.cross_entropy_between([0.5, 0.5], [1.0, 0.0]) == np.inf
    assert losses.kl_divergence([0.5, 0.5], [1.0, 0.0]) == np.inf


def test_the_loss_is_the_cross_entropy_of_the_label() -> None:
    """For one sample the loss is H(y, p) = KL(y, p) in nats, y one-hot."""
    y, p = np.eye(3)[LABELS[0]], losses.softmax(Z[0])
    loss = losses.cross_entropy(Z[:1], LABELS[:1])
    assert loss == pytest.approx(losses.cross_entropy_between(y, p))
    assert loss == pytest.approx(losses.kl_divergence(y, p))


def test_a_unit_that_does_not_exist_is_refused() -> None:
    """Only bits and nats are known."""
    with pytest.raises(KeyError):
        losses.entropy(P, "digits")  # type: ignore[arg-type]
