"""What a call of `fit` or `partial_fit` was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Given:
    """What a call of fit or partial_fit was given.

    Attributes:
        X: Inputs.
        y: Answers.
        sample_weight: (rows,) or None.
        validation_data: (X, y), (X, y, sample_weight) or None.
        epochs: Of this call; None takes the estimator's.
    """

    X: Any
    y: Any
    sample_weight: Any = None
    validation_data: Any = None
    epochs: int | None = None
