"""The least that a diagnosis must beat."""

from __future__ import annotations

import numpy as np

from benchmarks.diagnosis.observe import Seen


def always(seen: Seen) -> list[str]:
    """Raise an alarm."""
    return ["alarm"]


def no_progress(seen: Seen) -> list[str]:
    """Raise an alarm where the validation rows show less than 10 % progress."""
    if not seen.is_finite:
        return ["no progress"]
    best = progress(seen)
    return ["no progress"] if best < 0.1 else []


def progress(seen: Seen) -> float:
    """Return progress from the trivial answer, at the end of the run."""
    epoch = seen.result.best_epoch - 1
    if seen.setup.is_numbers:
        values = seen.curve("validation_r2")
        return float(values[epoch]) if len(values) else 0.0
    labels = seen.labels
    values = seen.curve("validation_accuracy")
    if labels is None or not len(values):
        return 0.0
    majority = np.bincount(labels[labels >= 0]).max() / (labels >= 0).sum()
    return float((values[epoch] - majority) / max(1 - majority, 1e-9))
