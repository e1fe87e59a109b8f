"""How far a run got from the trivial answer (0) to a perfect one (1).

    by hits     (accuracy - share of the largest class) / (1 - that share)
    by loss     1 - loss / (loss of always answering with the shares, or the mean)
    by R2       R2, which is that for the squared error

The trivial answer depends on the data, so that a hard problem is no bad run.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fathom.diagnose.evidence import Evidence
from fathom.record.history import History
from fathom.training.objective import Batch, targets_of

TINY = 1e-12
# Far below the trivial answer, so that a curve still shows that it rises.
LEAST = -100.0
# Means over so many epochs, at most a fifth of all: single ones jump on few rows.
EPOCHS, SHARE = 3, 5


class Trivial(NamedTuple):
    """What the trivial answer reaches.

    Attributes:
        share: Of the largest class; None if there are no classes.
        cost: Its loss, in the unit of the run's; None if that is not known.
        start: Loss of one who does not even know the shares; None likewise.
    """

    share: float | None = None
    cost: float | None = None
    start: float | None = None


def trivial_of(evidence: Evidence, batch: Batch | None, classes: bool) -> Trivial:
    """Return what the trivial answer reaches on some examples.

    Args:
        evidence: Of the run.
        batch: The examples; None, or no rows, takes what the record has on classes.
        classes: Whether the record's classes are those of these examples.
    """
    has_rows = batch is not None and len(batch.weight) > 0
    shares = _shares(batch, evidence.n_outputs) if has_rows and batch else None
    if not has_rows and classes:
        shares = recorded_shares(evidence.history)
    if shares is not None:
        known = shares[shares > 0]
        cost = float(-(known * np.log(known)).sum())
        is_entropy = evidence.loss_name in ("cross_entropy", "binary_cross_entropy")
        if not is_entropy or not cost:
            return Trivial(float(shares.max()))
        n_classes = max(len(shares), evidence.n_outputs, 2)
        return Trivial(float(shares.max()), cost, float(np.log(n_classes)))
    y = targets_of(batch) if has_rows and batch else None
    if not isinstance(y, np.ndarray) or y.dtype.kind != "f":
        return Trivial()
    if evidence.loss_name != "mean_squared_error":
        return Trivial()
    cost = float(np.mean(y.var(0, dtype=np.float64))) or None
    return Trivial(None, cost, cost)


def _shares(batch: Batch, n_outputs: int) -> np.ndarray | None:
    """Return the weighted share of every class; None if the targets are none."""
    y, weight = batch.y, np.asarray(batch.weight, float)
    if not isinstance(y, np.ndarray) or not weight.any():
        return None
    if y.dtype.kind == "f":
        is_coded = y.ndim == 2 and y.shape[1] == n_outputs > 1 and _is_one_hot(y)
        is_binary = y.size == len(y) and bool(np.isin(y, (0, 1)).all())
        if not is_coded and not is_binary:
            return None
        y = y.argmax(1) if is_coded else y.reshape(-1).astype(np.int32)
    weight = np.repeat(weight, y.size // len(y))
    flat = y.reshape(-1)
    weight, flat = weight[flat >= 0], flat[flat >= 0]
    counts = np.bincount(flat, weight)
    return counts / counts.sum() if counts.sum() > 0 else None


def _is_one_hot(y: np.ndarray) -> bool:
    return bool(np.isin(y, (0, 1)).all()) and bool((y.sum(1) == 1).all())


def recorded_shares(history: History | None) -> np.ndarray | None:
    """Return the share of every class among the examples that were judged."""
    classes = None if history is None else history.classes
    if classes is None or not classes.count[-1].sum():
        return None
    return classes.count[-1] / classes.count[-1].sum()


def progress_of(history: History, trivial: Trivial, prefix: str) -> np.ndarray | None:
    """Return the progress at the end of every epoch, (epochs,); None if unknown.

    Where hits and loss both tell, the greater counts: a rare class can be learned
    without a single hit, and an overconfident network can be right.
    """
    found = []
    names = set(history.names)
    if trivial.share is not None and f"{prefix}accuracy" in names:
        right = history[f"{prefix}accuracy"].astype(float)
        found.append((right - trivial.share) / max(1 - trivial.share, TINY))
    if f"{prefix}r2" in names:
        found.append(history[f"{prefix}r2"].astype(float))
    elif trivial.cost is not None and f"{prefix}loss" in names:
        found.append(1 - history[f"{prefix}loss"].astype(float) / trivial.cost)
    if not found:
        return None
    values = np.stack(found)
    return np.where(np.isfinite(values), values, -np.inf).max(0).clip(LEAST, 1)


def smoothed(values: np.ndarray) -> np.ndarray:
    """Return means over each value and those before it, 3 or a fifth of all."""
    width = min(EPOCHS, max(len(values) // SHARE, 1))
    sums = np.cumsum(np.concatenate([[0.0], values]))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - width, 0)
    return (sums[ends] - sums[starts]) / (ends - starts)
