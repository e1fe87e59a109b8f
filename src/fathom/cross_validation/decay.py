"""`weight_decay="auto"`: the decay that scores best on rows held out.

    decay = share / learning_rate,  share = 0 or 1e-5 ... 3e-2

The share is what one step takes off every weight, so that the grid fits any learning
rate. Five folds are trained with each of the 21 decays, side by side by one program.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fathom import optimizers
from fathom.cross_validation.comparison import Scored
from fathom.cross_validation.result import CrossValidation
from fathom.cross_validation.validation import NOT_HERE, cross_validate
from fathom.errors import InputError, is_number

# What a step takes off, at least and at most; beyond that, half of what is learned in
# 20 steps is gone.
LEAST, MOST, N_VALUES = 1e-5, 3e-2, 20
FOLDS = 5
# Of the training rows, where early stopping was to look at rows handed over apart.
USUAL_SHARE = 0.2


def decays(optimizer: Any = "adam", learning_rate: float | None = None) -> list[float]:
    """Return the decays to compare: 0, and 20 in equal ratios.

    Example:
        >>> found = decays(learning_rate=0.001)
        >>> len(found), found[0], round(found[1], 6), round(found[-1], 6)
        (21, 0.0, 0.01, 30.0)
    """
    usual = optimizers.build(optimizer).default_learning_rate
    rate = learning_rate or usual or 1.0
    shares = np.geomspace(LEAST, MOST, N_VALUES)
    return [0.0, *(float(f"{share / rate:.4g}") for share in shares)]


def chosen(found: CrossValidation) -> Scored:
    """Return the setting to take of a cross-validation over decays."""
    return found.best


def decay_for(given: Mapping[str, Any]) -> tuple[CrossValidation, float]:
    """Choose a weight decay for a training.

    Args:
        given: The arguments of `fathom.train` by name.

    Returns:
        The cross-validation, and the decay.

    Raises:
        InputError: If the training starts from given weights or has an objective of its
            own, or there are too few rows.
    """
    for name in ("objective", "variables", "start_from"):
        if given.get(name) is not None:
            raise InputError(
                f"weight_decay='auto' compares runs that start anew and are scored by "
                f"their loss: leave out {name!r}, or give a number as weight_decay."
            )
    left_out = ("network", "data", "weight_decay", *NOT_HERE)
    settings = {n: v for n, v in given.items() if n not in left_out}
    share = settings.get("validation")
    if settings.get("early_stopping") is None:
        settings["validation"] = None  # nothing would look at it
    elif not is_number(share):
        settings["validation"] = USUAL_SHARE
    rate = settings.get("learning_rate")
    grid = {"weight_decay": decays(settings.get("optimizer", "adam"), rate)}
    found = cross_validate(
        given["network"], given["data"], grid=grid, folds=FOLDS, **settings
    )
    return found, float(chosen(found).setting["weight_decay"])
