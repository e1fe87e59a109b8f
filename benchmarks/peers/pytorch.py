"""PyTorch eager: a plain, careful training loop on tensors."""

from __future__ import annotations

import json
import time

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from benchmarks.workloads import (
    DEPTH,
    RESIDUAL_STD,
    WIDTH,
    WORKLOADS,
    Workload,
    cross_entropy,
    milliseconds_per_step,
    parse,
)

ADAM = {"default": {}, "foreach": {"foreach": True}, "fused": {"fused": True}}


class Residual(nn.Module):
    """Dense in, `DEPTH` blocks x + relu(dense(x)), dense out."""

    def __init__(self, n_features: int, n_classes: int):
        super().__init__()
        self.first = nn.Linear(n_features, WIDTH)
        self.blocks = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(DEPTH))
        self.last = nn.Linear(WIDTH, n_classes)
        for block in self.blocks:
            nn.init.normal_(block.weight, std=RESIDUAL_STD)
            nn.init.zeros_(block.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits (batch, classes)."""
        x = torch.relu(self.first(x))
        for block in self.blocks:
            x = x + torch.relu(block(x))
        return self.last(x)


def network(workload: Workload) -> nn.Module:
    if workload.name == "residual":
        return Residual(workload.n_features, workload.n_classes)
    layers: list[nn.Module] = []
    n_inputs = workload.n_features
    for units in workload.hidden_units:
        layers += [nn.Linear(n_inputs, units), nn.ReLU()]
        n_inputs = units
    return nn.Sequential(*layers, nn.Linear(n_inputs, workload.n_classes))


def train(workload: Workload, epochs: int, variant: str) -> tuple[nn.Module, list]:
    X, y = (torch.from_numpy(array) for array in workload.rows())
    model = network(workload)
    optimizer = torch.optim.Adam(
        model.parameters(), lr=workload.learning_rate, **ADAM[variant or "default"]
    )
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
            optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(model(batch), targets).backward()
            optimizer.step()
        seconds.append(time.perf_counter() - start)
    return model, seconds


def main() -> None:
    arguments = parse("PyTorch eager", tuple(ADAM))
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    workload = WORKLOADS[arguments.workload]
    start = time.perf_counter()
    model, seconds = train(workload, arguments.epochs, arguments.variant)
    seconds_inside = time.perf_counter() - start
    trained_at = time.time()
    X, y = workload.rows()
    with torch.no_grad():
        probabilities = torch.softmax(model(torch.from_numpy(X)), dim=1).numpy()
    report = {
        "peer": "pytorch",
        "workload": workload.name,
        "ms_per_step": milliseconds_per_step(seconds, workload),
        "seconds_inside": seconds_inside,
        "trained_at": trained_at,
        "final_loss": cross_entropy(probabilities, y),
        "versions": {"torch": torch.__version__},
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
