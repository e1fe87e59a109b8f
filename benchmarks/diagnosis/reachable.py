"""Which faults a repair can reach: what was done to the rows can be undone again.

A fault in the network, the start or the settings alone leaves the rows as they were.
One in the rows is within reach if the clean network with the clean settings does no
harm on the faulty rows: as they are, with inputs and targets of mean 0 and spread 1,
with logarithms of inputs, or with their ranks. Wrong labels, rows that are missing and
columns that tell the target fail all of these, and no change of the run brings back
what they have lost.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

import fathom as fm
from benchmarks.diagnosis.answers import answered
from benchmarks.diagnosis.random_search import run
from benchmarks.diagnosis.setups import Setup

RANKS = 200


def is_reachable(setup: Setup, twin: Setup, floor: float) -> bool:
    """Say whether the clean twin's run reaches a score on the faulty rows."""
    if _same(setup.rows, twin.rows) and _same(setup.test, twin.test):
        return True
    network = fm.Network(twin.network.layers, setup.rows[0].shape[1:])
    clean = replace(setup, network=network, settings=twin.settings, start=twin.start)
    return any(_score(one) >= floor for one in _treated(clean))


def _same(a: tuple[np.ndarray, ...], b: tuple[np.ndarray, ...]) -> bool:
    return all(map(np.array_equal, a, b))


def _score(setup: Setup) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return answered(setup, run(setup, 0))


def _treated(setup: Setup) -> Iterator[Setup]:
    (X, y), (X_test, y_test) = setup.rows, setup.test
    yield setup
    if setup.is_numbers:
        mean, spread = y.mean(), max(float(y.std()), 1e-12)
        y, y_test = ((v - mean) / spread for v in (y, y_test))
    for change in (_standardized, _logarithms, _by_rank):
        made = change(X, X), change(X, X_test)
        yield replace(setup, rows=(made[0], y), test=(made[1], y_test))


def _standardized(known: np.ndarray, X: np.ndarray) -> np.ndarray:
    spread = known.std(0)
    return ((X - known.mean(0)) / np.where(spread > 0, spread, 1)).astype(np.float32)


def _logarithms(known: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Return logarithms of what is above the least known value of each column."""
    low, least = known.min(0), 1e-3 * np.maximum(known.std(0), 1e-12)
    logs = [np.log(np.maximum(part - low, 0) + least) for part in (known, X)]
    return _standardized(*logs)


def _by_rank(known: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Return the share of known values below each, as a normal number would have it."""
    from scipy.special import ndtri

    shares = np.linspace(0, 1, RANKS)
    points = np.quantile(known, shares, axis=0)
    columns = [
        np.interp(X[:, i], points[:, i], shares) for i in range(X.shape[1])
    ]  # fmt: skip
    return ndtri(np.clip(np.stack(columns, 1), 0.005, 0.995)).astype(np.float32)
