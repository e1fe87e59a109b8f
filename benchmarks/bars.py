"""The examples at full size against the bars they are to reach, mean of three seeds.

    python -m benchmarks.bars [--seeds 3] [--only embedding]

A bar is a figure of the held-out rows that a network of its kind should reach; this
takes some tens of minutes on two cores.
"""

from __future__ import annotations

import argparse
import runpy
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

EXAMPLES = Path(__file__).parents[1] / "examples"


@dataclass(frozen=True)
class Bar:
    """A figure to reach.

    Attributes:
        example: Name of the example's file.
        what: What is measured.
        value: (functions of the example, seed) -> the figure.
        bar: What is to be reached, or (functions, seed) -> that.
        more: Whether more is better.
    """

    example: str
    what: str
    value: Callable[[dict[str, Any], int], float]
    bar: float
    more: bool = True


def _scores(name: str, key: str, *given: Any, **settings: Any) -> Callable[..., float]:
    """Return a function that runs one of an example's functions for one figure."""

    def value(functions: dict[str, Any], seed: int) -> float:
        made = functions[name](*given, seed=seed, **settings)
        return float((made[0] if isinstance(made, tuple) else made)[key])

    return value


def _deep(kind: str) -> Callable[..., float]:
    return lambda functions, seed: functions["run"](functions[kind](), seed=seed)[
        "accuracy"
    ]


def _kept(functions: dict[str, Any], seed: int) -> float:
    """Return how much less a shift costs the neocognitron than the MLP."""
    costs = {}
    for model in ("mlp", "neocognitron"):
        scores = functions["run"](model, seed=seed)
        costs[model] = scores["accuracy"] - scores["accuracy_moved_by_1"]
    return costs["mlp"] - costs["neocognitron"]


def _gain(functions: dict[str, Any], seed: int) -> float:
    scores = functions["run"](seed=seed)
    return max(scores["frozen"], scores["tuned"]) - scores["scratch"]


def _over_pca(functions: dict[str, Any], seed: int) -> float:
    scores = functions["run"](seed=seed)
    return scores["recall_at_1"] - scores["pca_recall_at_1"]


def _error_ratio(functions: dict[str, Any], seed: int) -> float:
    scores = functions["linear"](seed=seed)
    return scores["linear_error"] / scores["pca_error"]


BARS = (
    Bar("convolution", "LeNet (1998): accuracy", _scores("run", "accuracy", "lenet"),
        0.985),
    Bar("convolution", "LeNet (1989): accuracy",
        _scores("run", "accuracy", "lenet_1989"), 0.985),
    Bar("convolution", "small CNN: accuracy", _scores("run", "accuracy", "cnn"), 0.985),
    Bar("shift_invariance", "accuracy a 1-pixel shift costs, MLP less neocognitron",
        _kept, 0.0),
    Bar("deep_networks", "ResNet of 56 layers: accuracy", _deep("convolutional"), 0.9),
    Bar("deep_networks", "300 residual blocks: accuracy", _deep("residual"), 0.9),
    Bar("deep_networks", "50 sigmoid layers: accuracy", _deep("plain"), 0.2, False),
    Bar("adding_problem", "LSTM: squared error",
        _scores("run", "mean_squared_error", "lstm"), 0.01, False),
    Bar("adding_problem", "GRU: squared error",
        _scores("run", "mean_squared_error", "gru"), 0.01, False),
    Bar("adding_problem", "plain RNN: squared error (does not solve it)",
        _scores("run", "mean_squared_error", "rnn"), 0.1),
    Bar("comment_or_code", "GRU: accuracy", _scores("run", "accuracy"), 0.85),
    Bar("numbers_to_digits", "exact match", _scores("run", "exact_match"), 0.95),
    Bar("autoencoder", "linear: error / PCA's", _error_ratio, 1.01, False),
    Bar("gan", "ring, non-saturating: modes of 8", _scores("ring", "modes"), 8),
    Bar("gan", "ring, minimax: modes of 8",
        _scores("ring", "modes", loss="minimax"), 8),
    Bar("gan", "digits: classes recognized of 10", _scores("digits", "classes"), 10),
    Bar("embedding", "nearest-neighbor accuracy",
        _scores("run", "neighbor_accuracy"), 0.97),
    Bar("embedding", "recall@1 over PCA's", _over_pca, 0.0),
    Bar("transfer", "accuracy over training from scratch", _gain, 0.05),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", help="name of one example")
    arguments = parser.parse_args()
    sys.path.insert(0, str(EXAMPLES))  # examples may use one another
    table = Table(title=f"Mean of {arguments.seeds} seeds", box=box.SIMPLE)
    for heading in ("example", "figure", "reached", "bar", "", "seconds"):
        table.add_column(heading)
    for bar in BARS:
        if arguments.only not in (None, bar.example):
            continue
        functions = runpy.run_path(str(EXAMPLES / f"{bar.example}.py"))
        begin = time.perf_counter()
        reached = mean(bar.value(functions, seed) for seed in range(arguments.seeds))
        fits = reached >= bar.bar if bar.more else reached <= bar.bar
        sign = ">=" if bar.more else "<="
        verdict, seconds = "PASS" if fits else "FAIL", time.perf_counter() - begin
        row = [bar.example, bar.what, f"{reached:.4f}", f"{sign} {bar.bar:g}", verdict,
               f"{seconds:.0f}"]  # fmt: skip
        print("  ".join(row), flush=True)
        table.add_row(*row)
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
