"""Targets that have nothing to do with the inputs.

## What it sees
The five nearest neighbors of up to 1,000 training rows: how often a neighbor has the
same class, against how often a stranger has; in regression, how well the mean of the
neighbors predicts (R2). At least 200 rows are needed, and inputs that are numbers.

## Why it hurts
A network learns shuffled labels by heart and predicts no better than chance. Labels get
shuffled when inputs and targets are sorted, filtered or joined apart from each other.

## What to do
Show some rows with their labels and look. Join inputs and targets by a key, not by
position. Then see what a plain model such as nearest neighbors reaches.

## When it is wrong
Where near inputs need not have near answers: parity of many bits, images that are
shifted, a signal in few of many features. So it is a note until a run has shown that
nothing is learned.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.rule import REMARK, Rule, Symptom
from fathom.diagnose.thresholds import NEIGHBOR_LIFT, NEIGHBOR_R2, NEIGHBOR_ROWS

MOST_ROWS, MOST_FEATURES, NEIGHBORS = 1_000, 4_096, 5


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a remark if neighbors say nothing about the target."""
    x = evidence.training.x
    if not isinstance(x, np.ndarray) or x.dtype != np.float32:
        return
    wide = int(np.prod(x.shape[1:])) > MOST_FEATURES
    if wide or evidence.n_rows < NEIGHBOR_ROWS.value or evidence.training.y is None:
        return
    rng = np.random.default_rng(0)
    size = min(MOST_ROWS, evidence.n_rows)
    rows = rng.choice(evidence.n_rows, size, replace=False)
    found = _measured(evidence, rows, neighbors(x[rows].reshape(size, -1)))
    if found:
        yield Symptom(
            cause="Rows that are close to each other agree on the target no more than "
            "rows that are not: inputs and targets may have been mixed up.",
            repair="Show some rows with their targets and look; join the two by a key, "
            "not by position.",
            evidence=found,
            kind=REMARK,
            action="for row in range(5): print(X[row], y[row])",
            score=0.35,
        )


def neighbors(x: np.ndarray) -> np.ndarray:
    """Return the rows (rows, 5) nearest to each row, in standardized features."""
    spread = x.std(0)
    x = (x - x.mean(0)) / np.where(spread > 0, spread, 1)
    squares = (x * x).sum(1)
    distances = squares[:, None] + squares[None, :] - 2 * (x @ x.T)
    np.fill_diagonal(distances, np.inf)
    return np.argpartition(distances, NEIGHBORS, axis=1)[:, :NEIGHBORS]


def _measured(
    evidence: Evidence, rows: np.ndarray, near: np.ndarray
) -> dict[str, Measurement]:
    labels, values = evidence.labels, evidence.values
    if labels is not None:
        y = labels[rows]
        shares = np.bincount(y) / len(y)
        chance = float((shares**2).sum())
        agreement = float((y[near] == y[:, None]).mean())
        lift = agreement / chance
        if lift < NEIGHBOR_LIFT.value and (1 - chance) > 1 - 1 / NEIGHBOR_LIFT.value:
            return {
                "agreement over that of strangers": NEIGHBOR_LIFT.against(lift),
                "agreement of neighbors": Measurement(agreement),
            }
    elif values is not None:
        z = values[rows].reshape(len(rows), -1).astype(np.float64)
        variance = z.var(0).mean()
        error = ((z[near].mean(1) - z) ** 2).mean()
        r2 = float(1 - error / variance) if variance > 0 else 1.0
        if r2 < NEIGHBOR_R2.value:
            return {"R2 of the mean of five neighbors": NEIGHBOR_R2.against(r2)}
    return {}


RULE = Rule("D005", "random-labels", __doc__ or "", {"data": look})
