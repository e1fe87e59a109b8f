"""Small data and estimators, of few shapes: compiling is what takes the time."""

from __future__ import annotations

from typing import Any

import numpy as np

import fathom as fm

N, COLUMNS = 60, 3
DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(N, COLUMNS))
LABELS = np.where(X[:, 0] + X[:, 1] > 0, "yes", "no")
VALUES = 1000 + 50 * X[:, 0] - 20 * X[:, 1]


USUAL: dict[str, Any] = {
    "hidden_units": (4,),
    "epochs": 40,
    "learning_rate": 0.05,
    "weight_decay": 0.0,
    "random_state": 0,
}


def classifier(**settings: Any) -> fm.Classifier:
    return fm.Classifier(**{**USUAL, **settings})


def regressor(**settings: Any) -> fm.Regressor:
    return fm.Regressor(**{**USUAL, **settings})
