"""Several runs at a time, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

import torch

from reference.data import StandInWarning
from reference.design.experiments import Run, Task, perform


def performed(tasks: Sequence[Task], jobs: int) -> Iterator[Run]:
    """Perform tasks, several at a time in processes of their own; yields runs as they end."""
    if jobs == 1:
        yield from map(perform, tasks)
        return
    threads = max(1, (os.cpu_count() or 1) // jobs)
    processes = ProcessPoolExecutor(
        jobs, multiprocessing.get_context("spawn"), start_worker, (threads,)
    )
    try:
        for future in as_completed([processes.submit(perform, task) for task in tasks]):
            yield future.result()
    finally:
        processes.shutdown(cancel_futures=True)


def start_worker(threads: int) -> None:
    """Share the cores out; what stands in for MNIST has been said once already."""
    torch.set_flush_denormal(True)  # numbers below 1e-38 cost a processor a hundred times as much
    torch.set_num_threads(threads)
    warnings.simplefilter("ignore", StandInWarning)
