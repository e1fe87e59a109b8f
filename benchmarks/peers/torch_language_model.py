"""The language model of `examples/language_model.py` in PyTorch, on the same batches.

    python -m benchmarks.peers.torch_language_model DATA.npz --seed 0 [--init gpt]

Prints the bits per character on the held-out windows.
"""

from __future__ import annotations

import argparse
import math

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from benchmarks.peers.torch_networks import Transformer


def start_like_gpt(model: nn.Module) -> None:
    """Draw weights from a normal distribution of 0.02, as GPT-2 does; biases 0."""
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)


def bits(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    model.eval()
    with torch.no_grad():
        costs = [
            F.cross_entropy(model(a).flatten(0, 1), b.flatten()).item()
            for a, b in zip(x.split(32), y.split(32), strict=True)
        ]
    return float(np.mean(costs)) / math.log(2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--init", choices=("default", "gpt"), default="default")
    arguments = parser.parse_args()
    with np.load(arguments.data) as data:
        arrays = {name: torch.tensor(data[name]) for name in data.files}
    torch.manual_seed(arguments.seed)
    model = Transformer(arrays["x"].shape[1])
    if arguments.init == "gpt":
        start_like_gpt(model)
    weights = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": weights}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, weight_decay=float(arrays["weight_decay"]))
    x, y = arrays["x"].long(), arrays["y"].long()
    for rows, rate in zip(arrays["order"].long(), arrays["rates"], strict=True):
        for group in optimizer.param_groups:
            group["lr"] = float(rate)
        optimizer.zero_grad()
        F.cross_entropy(model(x[rows]).flatten(0, 1), y[rows].flatten()).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    print(bits(model, arrays["held_x"].long(), arrays["held_y"].long()))


if __name__ == "__main__":
    main()
