"""`reference.design`: the activations, the networks, the runs, and what is written about them."""

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from reference import data
from reference.design import __main__ as command
from reference.design import experiments, networks
from reference.design.activations import (
    ACTIVATIONS,
    LIPSCHITZ,
    AdaptiveSymmetricGELU,
    Swish,
    SymmetricGELU,
    d_symmetric_gelu,
    learned,
    symmetric_gelu,
)
from reference.design.experiments import EXPERIMENTS, Run, Source, Task
from reference.design.report import MARKS, TITLES, draw, report, table
from reference.design.results import MixedResults, Results, merge, read, write
from reference.design.workers import performed

DESIGN = Path(experiments.__file__).parent
KEPT = DESIGN / "results"
X = torch.tensor([-1000.0, -6.3, -1.7, -0.4, 0.0, 0.25, 1.0, 3.1, 1000.0], dtype=torch.float64)
RUN = Run(
    experiment="classifier",
    activation="relu",
    normalised=True,
    seed=0,
    epochs=3,
    data="MNIST",
    train_samples=60_000,
    test_samples=10_000,
    metric=0.97,
    losses=(0.5, 0.25, 0.125),
    learned={},
    wall_s=2.5,
    device="CPU, 1 thread",
    versions="Python 3.11, PyTorch 2.13",
)


@pytest.fixture
def no_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Options that name a folder without MNIST, on a machine without a network."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield ["--device", "cpu", "--data-root", str(tmp_path / "nowhere")]
    experiments.load.cache_clear()


def pictures(count: int) -> data.Digits:
    """Some of the small digits, for training and for testing."""
    return data.small_digits().first(count, count)


# Activations --------------------------------------------------------------------------------


def test_the_design_is_x_erf_x() -> None:
    """The values are those of the standard library's erf, and far out |x|."""
    expected = [x * math.erf(x) for x in X.tolist()]
    torch.testing.assert_close(symmetric_gelu(X), torch.tensor(expected, dtype=torch.float64))
    assert symmetric_gelu(X)[[0, -1]].tolist() == [1000.0, 1000.0]


def test_the_design_is_the_even_gelu() -> None:
    """(GELU(cx) + GELU(-cx)) / c with c = sqrt(2) is x erf(x), as the module says."""
    c = math.sqrt(2)
    torch.testing.assert_close(symmetric_gelu(X), (F.gelu(c * X) + F.gelu(-c * X)) / c)


def test_the_derivative_is_the_one_autograd_finds() -> None:
    """erf(x) + 2x exp(-x^2) / sqrt(pi), from -1000 to 1000."""
    x = X.clone().requires_grad_()
    symmetric_gelu(x).sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(d_symmetric_gelu(X), x.grad, rtol=1e-12, atol=1e-15)


def test_the_steepest_slope_is_at_one() -> None:
    """No slope exceeds the Lipschitz constant, which is reached at 1 and nowhere else above 0."""
    x = torch.linspace(-8, 8, 160_001, dtype=torch.float64)
    slopes = d_symmetric_gelu(x).abs()
    assert float(slopes.max()) == pytest.approx(LIPSCHITZ, abs=1e-12)
    assert float(x[slopes.argmax()].abs()) == pytest.approx(1, abs=1e-3)
    assert float(d_symmetric_gelu(torch.tensor(1.0, dtype=torch.float64))) == LIPSCHITZ


@pytest.mark.parametrize(
    ("activation", "library"),
    [
        (SymmetricGELU(), symmetric_gelu),
        (AdaptiveSymmetricGELU(), symmetric_gelu),
        (AdaptiveSymmetricGELU(-0.7), lambda x: -0.7 * symmetric_gelu(x)),
        (Swish(), F.silu),
        (Swish(1.702), lambda x: x * torch.sigmoid(torch.tensor(1.702) * x)),
    ],
)
def test_layers_compute_their_formula(
    activation: nn.Module, library: Callable[[Tensor], Tensor]
) -> None:
    """Each layer's output is its formula's, in the input's shape."""
    x = torch.linspace(-5, 5, 42).reshape(2, 3, 7)
    torch.testing.assert_close(activation(x), library(x))


def test_the_trainable_numbers_have_the_right_gradient() -> None:
    """d/d alpha is x erf(x); d/d beta is x^2 sigma(beta x) sigma(-beta x)."""
    x = torch.tensor([-2.0, -0.3, 0.6, 1.9])
    adaptive, swish = AdaptiveSymmetricGELU(0.8), Swish(1.5)
    (adaptive(x).sum() + swish(x).sum()).backward()
    assert adaptive.alpha.grad is not None
    assert swish.beta.grad is not None
    torch.testing.assert_close(adaptive.alpha.grad, (x * torch.erf(x)).sum())
    expected = x.square() * torch.sigmoid(1.5 * x) * torch.sigmoid(-1.5 * x)
    torch.testing.assert_close(swish.beta.grad, expected.sum())


def test_learned_numbers_are_listed_layer_by_layer() -> None:
    """From the input to the output, by name; fixed activations have none."""
    model = nn.Sequential(AdaptiveSymmetricGELU(0.5), nn.Sequential(AdaptiveSymmetricGELU(2.0)))
    assert learned(model) == {"alpha": [0.5, 2.0]}
    assert learned(nn.Sequential(Swish(0.25), nn.ReLU())) == {"beta": [0.25]}
    assert learned(nn.Sequential(nn.GELU(), SymmetricGELU())) == {}


# Networks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_network_takes_every_activation(name: str, activation: str) -> None:
    """Logits or pictures come out, with and without normalisation, and all parameters learn."""
    images = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    for normalised in (True, False):
        model = EXPERIMENTS[name].network(ACTIVATIONS[activation], normalised)
        output = model(images)
        assert output.shape == ((3, 10) if name == "classifier" else (3, 1, 28, 28))
        output.square().sum().backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
        norms = [m for m in model if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
        bends = [m for m in model if isinstance(m, type(ACTIVATIONS[activation]()))]
        assert len(norms) == (len(bends) if normalised else 0)
        assert len(bends) == (1 if name == "classifier" else 5)


def kinds(model: nn.Sequential) -> str:
    """The layers of a network in short."""
    return " ".join(type(module).__name__ for module in model)


def test_the_classifier_is_the_one_asked_for() -> None:
    """784-128-10; normalisation before the activation, dropout of one half after it."""
    model = networks.classifier(nn.ReLU, True)
    assert kinds(model) == "Flatten Linear BatchNorm1d ReLU Dropout Linear"
    assert [tuple(m.weight.shape) for m in model if isinstance(m, nn.Linear)] == [
        (128, 784),
        (10, 128),
    ]
    assert [m.p for m in model if isinstance(m, nn.Dropout)] == [0.5]


def test_the_dense_autoencoder_narrows_to_64_and_widens_back() -> None:
    """784-256-128-64-128-256-784 with a sigmoid at the end."""
    model = networks.dense_autoencoder(nn.GELU, False)
    linear = [m for m in model if isinstance(m, nn.Linear)]
    widths = [m.in_features for m in linear] + [linear[-1].out_features]
    assert widths == [784, 256, 128, 64, 128, 256, 784]
    assert kinds(model).endswith("GELU Linear Sigmoid Unflatten")


def test_both_convolutional_autoencoders_have_the_same_code_and_size() -> None:
    """16, 32, 64 channels, 7 by 7 in the middle, as many parameters, a sigmoid at the end."""
    found = []
    for network in (networks.transposed_autoencoder, networks.nearest_autoencoder):
        model = network(nn.ReLU, False)
        x = torch.zeros(2, 1, 28, 28)
        shapes = []
        for module in model:
            x = module(x)
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                shapes.append(tuple(x.shape[1:]))
        assert shapes[:3] == [(16, 28, 28), (32, 14, 14), (64, 7, 7)]
        assert isinstance(model[-1], nn.Sigmoid)
        assert all(m.kernel_size == (3, 3) for m in model if isinstance(m, nn.Conv2d))
        found.append(sum(p.numel() for p in model.parameters()))
    assert found[0] == found[1]


def test_the_two_ways_back_are_two() -> None:
    """One doubles by transposed convolutions alone, the other by nearest upsampling alone."""
    transposed = kinds(networks.transposed_autoencoder(nn.ReLU, False))
    nearest = kinds(networks.nearest_autoencoder(nn.ReLU, False))
    assert (transposed.count("ConvTranspose2d"), transposed.count("Upsample")) == (3, 0)
    assert (nearest.count("ConvTranspose2d"), nearest.count("Upsample")) == (0, 2)


# Runs ---------------------------------------------------------------------------------------


def test_batches_hold_every_picture_once() -> None:
    """Full batches in an order of the seed's; a remainder waits, and few pictures are one batch."""
    cpu = torch.device("cpu")
    batches = experiments.shuffled(300, torch.Generator().manual_seed(1), cpu)
    assert [len(batch) for batch in batches] == [128, 128]
    indices = torch.cat(list(batches))
    assert len(indices.unique()) == 256
    assert not torch.equal(indices, indices.sort().values)
    assert [len(b) for b in experiments.shuffled(5, torch.Generator(), cpu)] == [5]


def test_the_order_changes_from_epoch_to_epoch() -> None:
    """The second epoch sees the pictures in another order than the first."""
    order = torch.Generator().manual_seed(1)
    first, second = (experiments.shuffled(128, order, torch.device("cpu"))[0] for _ in range(2))
    assert not torch.equal(first, second)


def test_the_seed_decides_the_order() -> None:
    """The same weights meet the pictures in another order under another seed."""
    experiment = EXPERIMENTS["dense-autoencoder"]
    losses = []
    for seed in (1, 1, 2):
        torch.manual_seed(0)
        model = experiment.network(nn.ReLU, False)  # no dropout: nothing else is drawn
        losses.append(experiments.train(model, experiment, pictures(256), 1, seed))
    assert losses[0] == losses[1] != losses[2]


class Constant(nn.Module):
    """A network that answers the same whatever it sees."""

    def __init__(self, answer: Tensor) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, images: Tensor) -> Tensor:
        """The answer, once a picture."""
        return self.answer.expand(len(images), *self.answer.shape)


def test_the_measures_are_means_over_all_test_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Share of right digits; squared error of a pixel; an uneven last batch counts no more."""
    monkeypatch.setattr(experiments, "TEST_BATCH", 100)
    digits = pictures(203)
    three = Constant(F.one_hot(torch.tensor(3), 10).float())
    accuracy = experiments.measure(three, EXPERIMENTS["classifier"], digits)
    assert accuracy == pytest.approx(int((digits.test_labels == 3).sum()) / 203)
    grey = Constant(torch.full((1, 28, 28), 0.25))
    error = experiments.measure(grey, EXPERIMENTS["dense-autoencoder"], digits)
    assert error == pytest.approx(float((digits.test_images - 0.25).square().mean()), rel=1e-5)


def test_measuring_leaves_dropout_and_normalisation_alone() -> None:
    """The measure is taken in evaluation mode: twice the same, and no statistics move."""
    digits = pictures(50)
    model = networks.classifier(nn.ReLU, True)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    first, second = (
        experiments.measure(model, EXPERIMENTS["classifier"], digits) for _ in range(2)
    )
    assert first == second
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_training_lowers_the_loss_and_moves_alpha(name: str) -> None:
    """Five epochs on 256 pictures: the loss falls, and every alpha leaves its first value."""
    torch.manual_seed(0)
    experiment = EXPERIMENTS[name]
    model = experiment.network(AdaptiveSymmetricGELU, True)
    losses = experiments.train(model, experiment, pictures(256), 5, seed=0)
    assert len(losses) == 5
    assert losses[-1] < 0.9 * losses[0]
    assert all(alpha != 1 for alpha in learned(model)["alpha"])


def tiny(source_root: Path, **changes: object) -> Task:
    """A classifier's run on 256 of the small digits."""
    source = Source(source_root, 256, 100, "cpu")
    return replace(Task("classifier", "gelu", True, 3, 2, source), **changes)


def test_a_seed_decides_a_run(no_mnist: list[str], tmp_path: Path) -> None:
    """One seed gives one result, another seed another; the run says what it was."""
    with pytest.warns(data.StandInWarning):
        first = experiments.perform(tiny(tmp_path))
    again, other = (experiments.perform(tiny(tmp_path, seed=seed)) for seed in (3, 4))
    assert (first.losses, first.metric) == (again.losses, again.metric)
    assert first.losses != other.losses
    assert first.key == tiny(tmp_path).key == ("classifier", "gelu", True, 3)
    assert first.settings == (2, "scikit-learn digits", 256, 100)
    assert first.wall_s > 0
    assert torch.__version__ in first.versions


def test_runs_of_a_seed_start_alike() -> None:
    """Whatever the activation, one seed gives one set of first weights."""
    for name, experiment in EXPERIMENTS.items():
        weights = []
        for activation in ACTIVATIONS.values():
            torch.manual_seed(7)
            model = experiment.network(activation, True)
            weights.append(torch.cat([p.flatten() for p in model.parameters() if p.ndim]))
        assert all(torch.equal(weights[0], others) for others in weights[1:]), name


@pytest.mark.slow
def test_processes_beside_each_other_change_nothing(no_mnist: list[str], tmp_path: Path) -> None:
    """Two processes at work give the results of one."""
    tasks = [tiny(tmp_path, seed=seed) for seed in (0, 1)]
    with pytest.warns(data.StandInWarning):
        alone = {run.seed: run.losses for run in performed(tasks, 1)}
    beside = {run.seed: run.losses for run in performed(tasks, 2)}
    assert alone.keys() == beside.keys() == {0, 1}
    for seed, losses in alone.items():
        assert beside[seed] == pytest.approx(losses, rel=1e-4)


def test_real_mnist_is_learned() -> None:
    """2,000 real digits and four epochs are enough for four right answers in five."""
    root = next(
        (r for r in (data.data_root(), DESIGN.parents[2] / "shared" / "data") if r.is_dir()), None
    )
    if root is None or not (root / "MNIST" / "raw" / "train-images-idx3-ubyte").exists():
        pytest.skip(f"no MNIST: set {data.ROOT_VARIABLE} to the folder that holds MNIST/")
    source = Source(root, 2000, 1000, "cpu")
    run = experiments.perform(Task("classifier", "symmetric-gelu", True, 0, 4, source))
    experiments.load.cache_clear()
    assert run.data == "MNIST"
    assert run.metric > 0.8


# Results ------------------------------------------------------------------------------------


def some_results() -> Results:
    """Two seeds of three activations in two networks, with round numbers."""
    errors = replace(RUN, experiment="dense-autoencoder", normalised=False, metric=0.010)
    alpha = {"activation": "adaptive-symmetric-gelu"}
    runs = [
        RUN,
        replace(RUN, seed=1, metric=0.98),
        replace(RUN, **alpha, metric=0.975, learned={"alpha": [1.25]}),
        replace(RUN, **alpha, seed=1, metric=0.979, learned={"alpha": [0.75]}),
        errors,
        replace(errors, **alpha, metric=0.012, learned={"alpha": [1.5, 0.5]}),
    ]
    return Results(("python -m reference.design --seeds 0 1",), tuple(runs))


def test_the_table_shows_mean_and_spread() -> None:
    """Per cent and thousandths, with the standard deviation where there are several seeds."""
    lines = table(some_results()).splitlines()
    rows = [line for line in lines if line.startswith(("| Classifier", "| Dense"))]
    assert rows[0] == "| Classifier 784-128-10 | batch | 97.50 ± 0.71 | – | – | 97.70 ± 0.28 | – |"
    assert rows[1] == "| Dense autoencoder | none | 10.00 | – | – | 12.00 | – |"


def test_the_table_shows_the_gain_on_relu() -> None:
    """Seed by seed; a larger squared error is a loss."""
    rows = [line for line in table(some_results()).splitlines() if " of " in line and "|" in line]
    assert rows == [
        "| Classifier 784-128-10 | batch | – | – | – | +0.20 ± 0.42 (1 of 2) | – |",
        "| Dense autoencoder | none | – | – | – | -2.00 (0 of 1) | – |",
    ]


def test_the_table_shows_the_learned_numbers() -> None:
    """Mean over the seeds, layer by layer."""
    last = table(some_results()).split("## Learned numbers")[1]
    assert "| – | – | – | 1.00 | – |" in last
    assert "| – | – | – | 1.50 0.50 | – |" in last


def test_the_table_says_how_to_repeat_it() -> None:
    """Command, epochs, seeds, data, device and versions stand above the numbers."""
    head = table(some_results()).split("##")[0]
    assert "`python -m reference.design --seeds 0 1`" in head
    assert "Classifier 784-128-10: 3 epochs, seeds 0, 1; MNIST, 60,000 to train, 10,000" in head
    assert "CPU, 1 thread, Python 3.11, PyTorch 2.13" in head


def test_the_plot_tells_activations_apart_without_colour(tmp_path: Path) -> None:
    """A PNG comes out; no two activations share a marker or a colour."""
    draw(some_results(), tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    colours, markers = zip(*MARKS.values(), strict=True)
    assert set(MARKS) == set(TITLES) == set(ACTIVATIONS)
    assert len(set(colours)) == len(set(markers)) == len(ACTIVATIONS)


def test_results_come_back_as_they_were_kept(tmp_path: Path) -> None:
    """Writing and reading is the identity, up to the order; an empty folder holds none."""
    assert read(tmp_path).runs == ()
    write(some_results(), tmp_path)
    assert read(tmp_path) == read(tmp_path / "results.json")
    assert sorted(map(repr, read(tmp_path).runs)) == sorted(map(repr, some_results().runs))


def test_parts_are_merged_and_the_last_counts() -> None:
    """Commands are kept once each; a run that was repeated is replaced."""
    again = Results(("second",), (replace(RUN, metric=0.5), replace(RUN, seed=9)))
    merged = merge([some_results(), again, again])
    assert merged.commands == ("python -m reference.design --seeds 0 1", "second")
    assert len(merged.runs) == 7
    assert [run.metric for run in merged.of("classifier", True, "relu")] == [0.5, 0.98, 0.97]


def test_runs_that_cannot_be_compared_are_refused() -> None:
    """Other epochs or data within one experiment raise an error that names it."""
    with pytest.raises(MixedResults, match="classifier"):
        some_results().adding(replace(RUN, seed=2, epochs=4))
    other = replace(RUN, experiment="nearest-autoencoder", epochs=4)
    assert other in some_results().adding(other).runs


# The command --------------------------------------------------------------------------------

SMALL = ["--experiments", "classifier", "dense-autoencoder", "--pictures", "64", "--jobs", "1"]


def test_a_quick_run_writes_everything_and_is_not_repeated(
    no_mnist: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Twenty runs, a line each, three files; given again nothing is left, another seed is."""
    out = tmp_path / "out"
    words = ["--quick", *SMALL, *no_mnist, "--out", str(out)]
    with pytest.warns(data.StandInWarning):
        command.main(words)
    printed = capsys.readouterr().out.splitlines()
    assert printed[1] == "data: scikit-learn digits, 64 to train, 360 to test"
    assert sum(line.startswith("[") for line in printed) == 20
    assert sorted(path.name for path in out.iterdir()) == ["plot.png", "results.json", "table.md"]
    kept = json.loads((out / "results.json").read_text())
    assert kept["commands"] == [
        "python -m reference.design --quick --pictures 64 "
        "--experiments classifier dense-autoencoder --device cpu"
    ]
    assert {run["epochs"] for run in kept["runs"]} == {2}
    assert {run["activation"] for run in kept["runs"] if run["learned"]} == {
        "adaptive-symmetric-gelu",
        "swish",
    }
    command.main(words)
    assert "20 runs on cpu, 20 of them done before" in capsys.readouterr().out
    command.main([*words, "--seeds", "0", "5", "--experiments", "classifier"])
    assert "20 runs on cpu, 10 of them done before" in capsys.readouterr().out
    assert len(read(out).runs) == 30


def test_results_are_kept_as_they_come(
    no_mnist: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop after the first run loses none that was done."""

    def stopped(tasks: list[Task], jobs: int) -> Iterator[Run]:
        yield experiments.perform(tasks[0])
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "performed", stopped)
    with pytest.warns(data.StandInWarning), pytest.raises(KeyboardInterrupt):
        command.main(["--quick", *SMALL, *no_mnist, "--out", str(tmp_path)])
    assert len(read(tmp_path).runs) == 1


def test_other_settings_in_one_folder_are_refused(
    no_mnist: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 and a line that says what to do; the kept results stay."""
    write(some_results(), tmp_path)
    words = ["--quick", *SMALL, *no_mnist, "--seeds", "8", "--out", str(tmp_path)]
    with pytest.warns(data.StandInWarning), pytest.raises(SystemExit) as stopped:
        command.main(words)
    assert stopped.value.code == 2
    assert "choose another folder" in capsys.readouterr().err
    assert len(read(tmp_path).runs) == 6


def test_a_report_joins_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--report A B` trains nothing and writes one table of both; with nothing there it refuses."""
    write(Results(("one",), some_results().runs[:2]), tmp_path / "a")
    write(Results(("two",), some_results().runs[2:]), tmp_path / "b")
    words = ["--report", str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(tmp_path / "c")]
    command.main(words)
    joined = (tmp_path / "c" / "table.md").read_text()
    assert "`one`" in joined
    assert "97.70 ± 0.28" in joined
    with pytest.raises(SystemExit) as stopped:
        command.main(["--report", "--out", str(tmp_path / "empty")])
    assert stopped.value.code == 2
    assert "no results" in capsys.readouterr().err


def test_nothing_to_do_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """--epochs 0 ends with exit code 2 and one line that says why."""
    with pytest.raises(SystemExit) as stopped:
        command.main(["--epochs", "0"])
    assert stopped.value.code == 2
    assert "at least 1" in capsys.readouterr().err


def test_the_plan_holds_every_combination_once() -> None:
    """Four networks, two normalisations, five activations; the first seed comes first."""
    options = command.parser().parse_args(["--seeds", "4", "2", "--device", "cpu"])
    tasks = command.tasks_of(options)
    assert len({task.key for task in tasks}) == len(tasks) == 80
    assert [task.seed for task in tasks] == [4] * 40 + [2] * 40
    assert {task.epochs for task in tasks if task.experiment == "classifier"} == {15}


# What is kept -------------------------------------------------------------------------------


def test_the_kept_table_is_that_of_the_kept_results(tmp_path: Path) -> None:
    """`results/table.md` is made from `results/results.json`, and is of MNIST."""
    kept = read(KEPT)
    assert {run.data for run in kept.runs} == {"MNIST"}
    assert (KEPT / "table.md").read_text(encoding="utf-8") == table(kept)
    assert (KEPT / "plot.png").exists()
    report(kept, tmp_path)
    assert (KEPT / "results.json").read_text() == (tmp_path / "results.json").read_text()


def test_the_paper_reports_what_was_measured() -> None:
    """At least a page, and each row of numbers in it stands in the kept table."""
    paper = (DESIGN / "paper.md").read_text(encoding="utf-8")
    assert 500 <= len(re.sub(r"\$[^$]*\$|\|.*\|", " ", paper).split()) <= 1200
    rows = [line for line in paper.splitlines() if re.match(r"\| .*\d\.\d\d", line)]
    assert len(rows) >= 8
    kept = (KEPT / "table.md").read_text(encoding="utf-8")
    assert [row for row in rows if row not in kept] == []
