"""The rows nearest to a row, and what they say: a model that needs no training.

Five neighbors are no strong model. Where a network does clearly worse than they, the
reason is not that the problem is hard.
"""

from __future__ import annotations

import numpy as np

from fathom.diagnose.evidence import Evidence
from fathom.diagnose.thresholds import NEIGHBOR_ROWS

MOST_ROWS, MOST_FEATURES, NEIGHBORS = 1_000, 4_096, 5


def near_rows(evidence: Evidence) -> tuple[np.ndarray, np.ndarray] | None:
    """Return (rows,) of training examples, and (rows, 5) which of these are near each.

    None where distances say nothing: few rows, many features, tokens, no targets.
    """
    x, n = evidence.training.x, evidence.n_rows
    if not isinstance(x, np.ndarray) or x.dtype != np.float32:
        return None
    wide = int(np.prod(x.shape[1:])) > MOST_FEATURES
    if wide or n < NEIGHBOR_ROWS.value or evidence.training.y is None:
        return None
    size = min(MOST_ROWS, n)
    rows = np.random.default_rng(0).choice(n, size, replace=False)
    return rows, neighbors(x[rows].reshape(size, -1))


def neighbors(x: np.ndarray) -> np.ndarray:
    """Return the rows (rows, 5) nearest to each row, in standardized features."""
    spread = x.std(0)
    x = (x - x.mean(0)) / np.where(spread > 0, spread, 1)
    squares = (x * x).sum(1)
    distances = squares[:, None] + squares[None, :] - 2 * (x @ x.T)
    np.fill_diagonal(distances, np.inf)
    return np.argpartition(distances, NEIGHBORS, axis=1)[:, :NEIGHBORS]


def neighbor_progress(evidence: Evidence) -> float | None:
    """Return how far five neighbors get from the trivial answer (0) to all right (1).

    Each row is predicted by others, so that this is as on new rows.
    """
    known = near_rows(evidence)
    if known is None:
        return None
    rows, near = known
    if evidence.labels is not None:
        y = evidence.labels[rows]
        votes = np.zeros((len(y), int(y.max()) + 1))
        np.add.at(votes, (np.arange(len(y))[:, None], y[near]), 1)
        share = np.bincount(y).max() / len(y)
        right = float((votes.argmax(1) == y).mean())
        return float((right - share) / (1 - share)) if share < 1 else None
    if evidence.values is None:
        return None
    z = evidence.values[rows].reshape(len(rows), -1).astype(np.float64)
    variance = z.var(0).mean()
    error = ((z[near].mean(1) - z) ** 2).mean()
    return float(1 - error / variance) if variance > 0 else None
