"""The training step that all sides take, and how each reports: no library is imported.

A network 64-100-10 over 25 steps: leaky integrate-and-fire neurons (decay 0.9,
threshold 1, reset by subtraction), a leaky readout that does not fire, cross-entropy of
the mean of its membrane over time, Adam at 0.001. Inputs are random spikes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

TIME, INPUTS, HIDDEN, CLASSES = 25, 64, 100, 10
DECAY, SLOPE, LEARNING_RATE = 0.9, 25.0, 1e-3
BATCHES = 20


def problem(batch: int) -> dict[str, np.ndarray]:
    """Return the weights, spikes (rows, time, inputs) and classes of all sides."""
    random = np.random.default_rng(0)
    rows = BATCHES * batch
    return {
        "x": (random.random((rows, TIME, INPUTS)) < 0.3).astype(np.float32),
        "y": random.integers(0, CLASSES, rows),
        "hidden": (0.12 * random.normal(size=(INPUTS, HIDDEN))).astype(np.float32),
        "out": (0.2 * random.normal(size=(HIDDEN, CLASSES))).astype(np.float32),
    }


def measured(epoch: Callable[[], Any], rounds: int) -> dict[str, float]:
    """Return milliseconds per step, wall and processor time: medians over rounds."""
    epoch()
    wall, own = [], []
    for _ in range(rounds):
        start, busy = time.perf_counter(), time.process_time()
        epoch()
        wall.append((time.perf_counter() - start) / BATCHES * 1e3)
        own.append((time.process_time() - busy) / BATCHES * 1e3)
    return {
        "wall_ms": statistics.median(wall),
        "least_wall_ms": min(wall),
        "cpu_ms": statistics.median(own),
    }


def main(sides: dict[str, Callable[..., Any]]) -> None:
    """Run one side, as asked on the command line, and write what it found.

    A side is a function (problem, batch, rounds) -> (times, {"spikes", "logits",
    "gradient", ...}) with what the first batch gives before training.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("side", choices=sides)
    parser.add_argument("batch", type=int)
    parser.add_argument("rounds", type=int)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    times, found = sides[asked.side](problem(asked.batch), asked.batch, asked.rounds)
    np.savez(asked.out, **found)
    print(json.dumps(times))
