"""What two quick classical models reach on the validation rows of a run.

Where a network stays clearly behind them, the reason is not that the problem is hard.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np

from fathom.diagnose.evidence import Evidence
from fathom.diagnose.thresholds import AHEAD
from fathom.training.objective import Batch

MOST_ROWS, MOST_HELD, MOST_FEATURES, MOST_CLASSES = 2_000, 1_000, 512, 20
FEW_ROWS, FEW_HELD = 30, 30
TREES, FEW_TREES = 40, 8
# Numbers times classes from which on fewer trees are grown.
CELLS = 1_000_000


class Reference(NamedTuple):
    """How far classical models get from the trivial answer (0) to a perfect one (1).

    Attributes:
        progress: Of the better of the two.
        error: Standard error of it, as far as the number of validation rows goes.
        rows: The number of validation rows, where answers are classes.
        share: Of the largest class among them.
    """

    progress: float
    error: float
    rows: int = 0
    share: float = 0.0

    def lead_over(self, progress: float) -> float:
        """Return by how much they are ahead; 0 if it is little, or may be chance."""
        lead = self.progress - progress
        error = float(np.hypot(self.error, self._error_of(progress)))
        return lead if lead > max(AHEAD.value, 2 * error) else 0.0

    def _error_of(self, progress: float) -> float:
        """Return the standard error of somebody else's progress on the same rows."""
        if not self.rows:
            return 0.0
        right = self.share + (1 - self.share) * min(max(progress, 0.0), 1.0)
        return _error(right, self.rows) / (1 - self.share)


def reference(evidence: Evidence) -> Reference | None:
    """Return what classical models reach; None where they cannot say.

    A linear model and gradient boosting, on at most 2,000 training rows of at most 512
    numbers: a tenth of a second for a table, a second for digits with ten classes.
    """
    held = evidence.validation
    if held is None:
        return None
    own, other = _numbers(evidence.training, MOST_ROWS), _numbers(held, MOST_HELD)
    if own is None or other is None:
        return None
    (x, y), (x_held, known) = own, other
    is_classes = evidence.labels is not None
    if len(x) < FEW_ROWS or len(known) < FEW_HELD or _is_one(y) or _is_one(known):
        return None
    if is_classes and y.max() >= MOST_CLASSES:
        return None
    progress = [
        _progress(np.asarray(answers), known, is_classes)
        for answers in _answers(x, y, x_held, is_classes)
    ]
    return max(progress, key=lambda one: one.progress)


def _numbers(batch: Batch, most: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Return rows as plain numbers with one answer each; None if they are not that."""
    x, y = batch.x, batch.y
    if not isinstance(x, np.ndarray) or x.dtype != np.float32:
        return None
    if not isinstance(y, np.ndarray) or y.size != len(x):
        return None
    if int(np.prod(x.shape[1:])) > MOST_FEATURES:
        return None
    chosen = np.random.default_rng(0).permutation(len(x))[:most]
    return x[chosen].reshape(len(chosen), -1), y.reshape(-1)[chosen]


def _is_one(y: np.ndarray) -> bool:
    """Say whether all answers are the same."""
    return bool((y == y[0]).all())


def _answers(x: np.ndarray, y: np.ndarray, held: np.ndarray, is_classes: bool) -> Any:
    from sklearn import ensemble, linear_model
    from threadpoolctl import threadpool_limits

    # A tree is grown for every class, and this is to be quick.
    cells = x.size * (int(y.max()) + 1 if is_classes else 1)
    trees = max(int(TREES * min(CELLS / cells, 1)), FEW_TREES)
    boost: dict[str, Any] = {"max_iter": trees, "learning_rate": 0.2,
                             "early_stopping": False, "random_state": 0}  # fmt: skip
    models: tuple[Any, ...] = (
        (linear_model.RidgeClassifier(),
         ensemble.HistGradientBoostingClassifier(**boost))
        if is_classes
        else (linear_model.Ridge(), ensemble.HistGradientBoostingRegressor(**boost))
    )  # fmt: skip
    mean, spread = x.mean(0), x.std(0)
    spread = np.where(spread > 0, spread, 1)
    x, held = (x - mean) / spread, (held - mean) / spread
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a constant column, a singular matrix
        for model in models:
            yield model.fit(x, y).predict(held)


def _progress(answers: np.ndarray, known: np.ndarray, is_classes: bool) -> Reference:
    n = len(known)
    if is_classes:
        right, share = (answers == known).mean(), np.bincount(known).max() / n
        reached, error = (right - share) / (1 - share), _error(right, n) / (1 - share)
        return Reference(float(reached), float(error), n, float(share))
    squares = np.square(answers - known) / max(float(known.var()), 1e-12)
    return Reference(float(1 - squares.mean()), float(squares.std() / np.sqrt(n)))


def _error(right: float, n: int) -> float:
    """Return the standard error of a share of n; not 0 where all, or none, are hit."""
    return float(np.sqrt(max(right * (1 - right), 0.5 / n) / n))
