"""What the settings of an estimator may be, as data, and what the open ones become."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fathom.agreement import usual_loss
from fathom.errors import InputError, is_number, is_whole, require
from fathom.estimators.given import Given
from fathom.network import Network
from fathom.privacy.accounting import check_alone
from fathom.privacy.setting import DifferentialPrivacy
from fathom.training.settings import Settings

# Steps after which a network of the default size has learned a small table.
STEPS = 2000
LEAST, MOST = 40, 200
# The fewest steps that "auto" makes. Shorter runs shrink weights no faster.
FEWEST_STEPS = MOST


def _is_list_of_functions(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(map(callable, value))


# What each may be, in words, and whether a value is.
LIMITS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "learning_rate": (
        "a number above 0",
        lambda value: is_number(value) and value > 0,
    ),
    "weight_decay": (
        "a number of at least 0, None, or 'auto'",
        lambda value: value in ("auto", None) or (is_number(value) and value >= 0),
    ),
    "epochs": (
        "a whole number of at least 1, or 'auto'",
        lambda value: is_whole(value) or value == "auto",
    ),
    "batch_size": ("a whole number of at least 1", is_whole),
    "validation_fraction": (
        "a share between 0 and 1",
        lambda value: is_number(value) and 0 < value < 1,
    ),
    "early_stopping": (
        "a whole number of epochs of at least 1, or None",
        lambda value: value is None or is_whole(value),
    ),
    "dropout": (
        "a probability, 0 or more and below 1",
        lambda value: is_number(value) and 0 <= value < 1,
    ),
    "n_members": ("a whole number of at least 1", is_whole),
    "privacy": (
        "fathom.DifferentialPrivacy(noise, clip), or None",
        lambda value: value is None or isinstance(value, DifferentialPrivacy),
    ),
    "listeners": ("a list of functions", _is_list_of_functions),
}


def checked_settings(estimator: Any) -> dict[str, Any]:
    """Return settings as plain values; numbers of NumPy become those of Python.

    Raises:
        InputError: If a setting is not what it may be.
    """
    found = {}
    for name, (expected, fits) in LIMITS.items():
        value = getattr(estimator, name)
        value = value.item() if isinstance(value, np.generic) else value
        require(fits(value), type(estimator).__name__, name, expected, value)
        found[name] = value
    return found


def check_privacy(estimator: Any, given: Given, first: bool) -> None:
    """Raise InputError where a private fit would look at its rows besides.

    Args:
        estimator: Its settings are the user's.
        given: What the call of fit was given.
        first: Whether it begins anew.
    """
    if estimator.privacy is None:
        return
    check_alone({**vars(estimator), "sample_weight": given.sample_weight})
    if not first or given.epochs is not None:
        raise InputError(
            "privacy counts the steps of one fit, and partial_fit and warm_start go on "
            "with others on rows that may be the same: call fit anew."
        )


def run_settings(
    estimator: Any, network: Network, seed: int, n_rows: int, given: Given
) -> Settings:
    """Return the settings of the run that a call of fit makes.

    Args:
        estimator: Its settings are the user's; it knows its answers.
        network: To be trained.
        seed: Of the run.
        n_rows: Rows of training.
        given: What the call was given.
    """
    own, once = checked_settings(estimator), given.epochs is not None
    epochs, batch_size = given.epochs or own["epochs"], own["batch_size"]
    is_named = isinstance(estimator.optimizer, str)  # another brings its own numbers
    metric = estimator._answers.metric
    return Settings(
        usual_loss(network),
        estimator.optimizer,
        own["learning_rate"] if is_named else None,
        estimator.schedule if is_named and not once else "constant",
        epochs_of(epochs, n_rows, batch_size),
        batch_size,
        None if once else own["early_stopping"],
        None,  # the estimator says
        metrics=() if metric is None else (metric,),
        seed=seed,
        record=False,
        objective=estimator._objective(),
        privacy=own["privacy"],
    )


def epochs_of(given: int | str, n_rows: int, batch_size: int) -> int:
    """Return the number of epochs.

    "auto" is as many as make 2,000 steps, from 40 for long tables to 200 for short
    ones.

    Args:
        given: A whole number, or "auto".
        n_rows: Rows of training.
        batch_size: Rows of one step.

    Example:
        >>> [epochs_of("auto", n, 64) for n in (150, 2_000, 100_000)]
        [200, 63, 40]
    """
    if isinstance(given, int):
        return given
    steps = -(-n_rows // batch_size)
    return min(max(-(-STEPS // steps), LEAST), MOST)


def usual_decay(settings: Settings, n_rows: int) -> float:
    """Return the weight decay that shrinks weights to 1/e over the whole run.

        decay = 1 / (sum of the learning rates of all steps)

    A weight that no gradient holds is (1 - rate * decay) times what it was after each
    step. So much goes over a run of any length and any learning rate; what the steps on
    more rows tell the weights is held against a weaker pull. A run of fewer than 200
    steps shrinks them as one of 200 does in as many.

    Source: Wang and Aitchison 2024, "How to set AdamW's weight decay as you scale model
    and dataset size" (the time scale of the decay stays the same share of a run).

    Args:
        settings: Of the run, with a learning rate.
        n_rows: Rows of training.

    Example:
        >>> own = Settings("mse", learning_rate=1e-3, epochs=20, batch_size=64)
        >>> usual_decay(own, 3_200), usual_decay(own, 32_000)
        (1.0, 0.1)
    """
    rates = settings.learning_rates(-(-n_rows // settings.batch_size))
    n_steps = max(rates.size, FEWEST_STEPS)
    return float(f"{1 / (float(rates.mean(dtype=np.float64)) * n_steps):.6g}")
