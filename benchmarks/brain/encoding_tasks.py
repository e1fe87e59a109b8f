"""What the encoding benchmark computes, the same for both sides: NumPy alone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

FOLDS = 5
BAND_SIZES = (20, 200, 800)
N_TEST = 200
LAGS, RATE, TRF_PENALTY = 33, 64.0, 100.0


def ridge() -> dict[str, np.ndarray]:
    """Return 1,000 rows of 500 features at 4 delays, and 2,000 noisy targets."""
    random = np.random.default_rng(0)
    n, targets = 1000, 2000
    now = random.normal(size=(n, 500)).astype(np.float32)
    delayed = [np.pad(now, ((d, 0), (0, 0)))[:n] for d in range(1, 5)]
    x = np.concatenate(delayed, axis=1)
    weights = random.normal(size=(2000, targets)).astype(np.float32) / np.sqrt(2000)
    noise = random.uniform(0.5, 4, targets).astype(np.float32)
    y = x @ weights + noise * random.normal(size=(n, targets)).astype(np.float32)
    x, y = x - x.mean(axis=0), (y - y.mean(axis=0)) / y.std(axis=0)
    return {"x": x, "y": y, "alphas": np.logspace(0, 6, 20).astype(np.float32)}


def banded() -> dict[str, np.ndarray]:
    """Return 600 training rows in three bands, each target driven by one of them."""
    random = np.random.default_rng(1)
    n, targets = 600 + N_TEST, 500
    x = random.normal(size=(n, sum(BAND_SIZES))).astype(np.float32)
    of_feature = np.repeat(np.arange(3), BAND_SIZES)
    drives = np.arange(targets) % 3
    weights = random.normal(size=(x.shape[1], targets)) * (
        of_feature[:, None] == drives
    )
    signal = x @ weights.astype(np.float32)
    signal /= signal.std(axis=0)
    y = signal + random.normal(size=signal.shape).astype(np.float32)  # ceiling 0.5
    gammas = np.concatenate([random.dirichlet([level] * 3, 10) for level in (0.1, 1.0)])
    gammas[0] = 1 / 3
    x, y = x - x[:600].mean(axis=0), y - y[:600].mean(axis=0)
    return {
        "x": x, "y": y, "gammas": gammas.astype(np.float32),
        "alphas": np.logspace(0, 5, 20).astype(np.float32),
    }  # fmt: skip


def temporal() -> dict[str, np.ndarray]:
    """Return 10 minutes at 64 Hz: 16 bands of sound, 128 channels, 33 lags."""
    random = np.random.default_rng(2)
    n = int(600 * RATE)
    x = random.normal(size=(n, 16)).astype(np.float32)
    x[1:] += 0.7 * x[:-1]
    kernels = random.normal(size=(LAGS, 16, 128)).astype(np.float32)
    y = 3 * random.normal(size=(n, 128)).astype(np.float32) * np.sqrt(LAGS * 16)
    for lag in range(LAGS):
        y[lag:] += x[: n - lag] @ kernels[lag]
    return {"x": x, "y": y / y.std(axis=0)}


TASKS: dict[str, Callable[[], dict[str, np.ndarray]]] = {
    "ridge": ridge, "ridge with intercept": ridge, "banded": banded,
    "temporal": temporal, "temporal, all lags held": temporal,
}  # fmt: skip


def timed(work: Callable[[], Any], times: int) -> tuple[Any, float, float]:
    """Return the result and the least wall and processor seconds, after a warm-up."""
    work()
    seconds = []
    for _ in range(times):
        wall, processor = time.perf_counter(), time.process_time()
        result = work()
        seconds.append((time.perf_counter() - wall, time.process_time() - processor))
    walls, processors = zip(*seconds, strict=True)
    return result, min(walls), min(processors)


def report(folder: str, side: str, results: dict[str, Any]) -> None:
    """Write times as JSON and arrays as NumPy files, for the other side to see."""
    times = {}
    for task, (arrays, wall, processor) in results.items():
        np.savez(Path(folder) / f"{side}-{task}.npz", **arrays)
        times[task] = {"wall": wall, "processor": processor}
    (Path(folder) / f"{side}.json").write_text(json.dumps(times), "utf-8")
