"""The three workloads: their sizes and their generated rows, NumPy only.

Rows of class c are drawn around a random center of the class, so every library
can learn them and the final cost shows that all of them trained the same thing.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

DEPTH = 300
WIDTH = 64
# A ReLU branch adds only positive numbers, all in one direction: 0.4 std sqrt(width)
# of the stream a block. This size lets 300 of them double the stream or so.
RESIDUAL_STD = 1e-3


@dataclass(frozen=True)
class Workload:
    """Sizes of one training problem."""

    name: str
    n_rows: int
    n_features: int
    n_classes: int
    batch_size: int
    hidden_units: tuple[int, ...]
    learning_rate: float
    text: str

    @property
    def n_steps(self) -> int:
        """Updates in one epoch; every batch is full."""
        return self.n_rows // self.batch_size

    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        """The data: X (rows, features) float32 and y (rows,) int64."""
        rng = np.random.default_rng(7)
        centers = rng.normal(size=(self.n_classes, self.n_features))
        y = rng.integers(self.n_classes, size=self.n_rows)
        noise = rng.normal(size=(self.n_rows, self.n_features))
        scale = 4.0 / self.n_features**0.5
        return (scale * centers[y] + noise).astype(np.float32), y.astype(np.int64)


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("small", 480, 30, 2, 32, (64, 64), 1e-3, "MLP 30-64-64-2, batch 32"),
        Workload(
            "middle",
            12_800,
            784,
            10,
            128,
            (512, 512),
            1e-3,
            "MLP 784-512-512-10, batch 128",
        ),
        # 1e-3 diverges: at this depth the small moves of all blocks add up.
        Workload(
            "residual",
            640,
            64,
            10,
            32,
            (),
            1e-4,
            "300 residual blocks of width 64, batch 32",
        ),
    )
}


def parse(description: str, variants: tuple[str, ...] = ()) -> argparse.Namespace:
    """Command line shared by every contestant."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--workload", choices=sorted(WORKLOADS), required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--variant", choices=variants or ("default",))
    return parser.parse_args()


def cross_entropy(probabilities: np.ndarray, y: np.ndarray) -> float:
    """Mean of -log p(true class) over all rows: the cost everybody reports."""
    chosen = np.asarray(probabilities, dtype=np.float64)[np.arange(len(y)), y]
    return float(-np.log(np.clip(chosen, 1e-12, 1.0)).mean())


def milliseconds_per_step(seconds: list[float], workload: Workload) -> float:
    """Median epoch without the first one (compilation, warm-up), per update."""
    later = seconds[1:] or seconds
    return 1e3 * float(np.median(later)) / workload.n_steps
