"""The score of a trained model on raw test rows."""

from __future__ import annotations

import numpy as np

from benchmarks.diagnosis.setups import Setup
from benchmarks.diagnosis.trial import WORST
from fathom.trained import TrainingResult


def answered(setup: Setup, result: TrainingResult) -> float:
    """Return the score on raw test rows, through everything the model does to them."""
    if not setup.is_numbers:
        model = result.model
        right = np.asarray(model.predict(setup.test[0])) == setup.test[1]
        return float(right.mean())
    X, y = setup.test
    answers = np.asarray(result.model.predict(X), float).reshape(-1)
    value = 1 - np.square(answers - y).mean() / np.var(y)
    return float(max(value, WORST["numbers"])) if np.isfinite(value) else -1.0
