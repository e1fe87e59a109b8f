"""PyTorch, eager and compiled: a plain, careful training loop on tensors."""

from __future__ import annotations

import json
import time

import torch

from benchmarks.peers.torch_training import VARIANTS, Learner, learner
from benchmarks.workloads import (
    WORKLOADS,
    Workload,
    milliseconds_per_step,
    parse,
)


def train(workload: Workload, epochs: int, variant: str) -> tuple[Learner, list]:
    X, y = (torch.from_numpy(array) for array in workload.rows())
    learned = learner(workload, variant)
    X = learned.prepare(X)
    seconds = []
    for _ in range(epochs):
        start = time.perf_counter()
        order = torch.randperm(workload.n_rows)
        batches = zip(
            X[order].split(workload.batch_size),
            y[order].split(workload.batch_size),
            strict=True,
        )
        for batch, targets in batches:
            learned.update(batch, targets)
        seconds.append(time.perf_counter() - start)
    return learned, seconds


def main() -> None:
    arguments = parse("PyTorch", VARIANTS)
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    workload = WORKLOADS[arguments.workload]
    start = time.perf_counter()
    learned, seconds = train(workload, arguments.epochs, arguments.variant or "default")
    seconds_inside = time.perf_counter() - start
    trained_at = time.time()
    X, y = workload.rows()
    report = {
        "peer": "pytorch",
        "workload": workload.name,
        "ms_per_step": milliseconds_per_step(seconds, workload),
        "seconds_inside": seconds_inside,
        "first_epoch_seconds": seconds[0],
        "trained_at": trained_at,
        "final_loss": learned.cost(learned.prepare(torch.from_numpy(X)), y),
        "versions": {"torch": torch.__version__},
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
