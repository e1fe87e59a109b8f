"""Seconds per step of PyTorch, and of Opacus on top of it; one JSON line."""

from __future__ import annotations

import itertools
import json
import sys
import time
import warnings
from typing import Any

import torch
from opacus import PrivacyEngine
from torch import nn

warnings.filterwarnings("ignore")


def network(task: dict[str, Any]) -> nn.Module:
    """Return the network of a task."""
    if task["kind"] == "cnn":
        return nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(32 * 7 * 7, 64), nn.ReLU(), nn.Linear(64, 10),
        )  # fmt: skip
    sizes = [task["inputs"], *task["hidden"], 10]
    layers: list[nn.Module] = []
    for inputs, units in itertools.pairwise(sizes):
        layers += [nn.Linear(inputs, units), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def seconds(task: dict[str, Any], private: bool) -> float:
    """Return the seconds per step over some epochs, after one to warm up."""
    torch.manual_seed(0)
    shape = (1, 28, 28) if task["kind"] == "cnn" else (task["inputs"],)
    x = torch.randn(task["rows"], *shape)
    data = torch.utils.data.TensorDataset(x, torch.randint(0, 10, (task["rows"],)))
    model: Any = network(task)
    optimizer: Any = torch.optim.Adam(model.parameters())
    loader: Any = torch.utils.data.DataLoader(data, task["batch_size"], shuffle=True)
    if private:
        model, optimizer, loader = PrivacyEngine().make_private(
            module=model, optimizer=optimizer, data_loader=loader,
            noise_multiplier=1.0, max_grad_norm=1.0,
        )  # fmt: skip
    loss = nn.CrossEntropyLoss()
    begin, steps = 0.0, 0
    for epoch in range(1 + task["epochs"]):
        if epoch == 1:
            begin, steps = time.perf_counter(), 0
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss(model(inputs), targets).backward()
            optimizer.step()
            steps += 1
    return (time.perf_counter() - begin) / steps


if __name__ == "__main__":
    task = json.loads(sys.argv[1])
    usual, private = seconds(task, False), seconds(task, True)
    print(json.dumps({"usual": usual, "private": private}))
