"""How long an estimator trains when nobody says."""

from __future__ import annotations

from typing import Any

from fathom.errors import is_whole, require

# Steps after which a network of the default size has learned a small table.
STEPS = 2000
LEAST, MOST = 20, 200


def epochs_of(given: Any, n_rows: int, batch_size: int, owner: str) -> int:
    """Return the number of epochs.

    "auto" is as many as make 2,000 steps, from 20 for long tables to 200 for short
    ones.

    Args:
        given: A whole number, or "auto".
        n_rows: Rows of training.
        batch_size: Rows of one step.
        owner: The estimator's name, for the message.

    Raises:
        InputError: If it is neither.

    Example:
        >>> [epochs_of("auto", n, 64, "Classifier") for n in (150, 2_000, 100_000)]
        [200, 63, 20]
    """
    fits = is_whole(given) or given == "auto"
    require(fits, owner, "epochs", "a whole number of at least 1, or 'auto'", given)
    if given != "auto":
        return given
    steps = -(-n_rows // batch_size)
    return min(max(-(-STEPS // steps), LEAST), MOST)
