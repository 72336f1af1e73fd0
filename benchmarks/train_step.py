"""Time of a whole training step: our layers beside the library's, in one run.

    python -m benchmarks.train_step

Both networks have the same shape and run in turn, so that a busy machine slows both. Printed are
the medians, their ratio, and the quartiles of the ratio within each pair of steps.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
from torch import Tensor, nn

from reference.cnn import BATCH_SIZE, CNN, MOMENTUM

BOUND = 1.6


def library_network() -> nn.Module:
    """The network of `reference.cnn.CNN` from the library's layers."""
    return nn.Sequential(
        *(nn.Conv2d(1, 8, 5), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Conv2d(8, 16, 5), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(16 * 4 * 4, 10)),
    )


def step_s(
    model: nn.Module, optimizer: torch.optim.Optimizer, images: Tensor, labels: Tensor
) -> float:
    """Wall time in seconds of one step: forward, loss, backward, update."""
    start = time.perf_counter()
    loss = nn.functional.cross_entropy(model(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return time.perf_counter() - start


def measure(steps: int, warm_up: int = 20) -> list[tuple[float, float]]:
    """Wall times (ours, the library's) in seconds of `steps` pairs of steps."""
    torch.manual_seed(0)
    images, labels = torch.rand(BATCH_SIZE, 1, 28, 28), torch.randint(0, 10, (BATCH_SIZE,))
    models = (CNN(), library_network())
    optimizers = [torch.optim.SGD(m.parameters(), lr=0.01, momentum=MOMENTUM) for m in models]
    pairs = []
    for _ in range(warm_up + steps):
        ours, theirs = (
            step_s(model, optimizer, images, labels)
            for model, optimizer in zip(models, optimizers, strict=True)
        )
        pairs.append((ours, theirs))
    return pairs[warm_up:]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=300, help="pairs of steps (default: 300)")
    pairs = measure(parser.parse_args().steps)
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    low, _, high = statistics.quantiles([a / b for a, b in pairs], n=4)
    print(f"threads {torch.get_num_threads()}, batch {BATCH_SIZE}, {len(pairs)} pairs of steps")
    print(f"from scratch  {1000 * ours:7.2f} ms a step (median)")
    print(f"library       {1000 * theirs:7.2f} ms a step (median)")
    print(f"ratio         {ours / theirs:7.2f}    (quartiles {low:.2f} to {high:.2f})")
    print(f"wanted        {BOUND:7.2f} or less")


if __name__ == "__main__":
    main()
