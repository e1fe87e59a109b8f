"""How far probabilities are from frequencies: the calibration error.

    ECE = sum_b (n_b / n) |accuracy of bin b - mean confidence of bin b|

The confidence of a row is the probability of its most probable class. With equal
widths, 15 bins divide [0, 1]; with equal counts ("adaptive"), bins hold as many rows
each, so that none is nearly empty. The error of a perfect model is above 0, the more so
the fewer rows: it sums absolute differences.

Source: Guo et al., "On calibration of modern neural networks", ICML (2017); Nixon et
al., "Measuring calibration in deep learning" (2019).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fathom.errors import InputError, is_whole, require

BINS = 15


def calibration_error(
    targets: Any, probabilities: Any, bins: int = BINS, adaptive: bool = False
) -> float:
    """Return the expected calibration error of the top class, from 0 to 1.

    Args:
        targets: (rows,) class numbers.
        probabilities: (rows, classes).
        bins: How many.
        adaptive: Whether bins hold equal counts instead of having equal widths.

    Raises:
        InputError: If there are no rows, or shapes do not fit.

    Example:
        >>> calibration_error([0, 0, 1, 0], [[0.75, 0.25]] * 4)
        0.0
    """
    require(is_whole(bins), "calibration_error", "bins", "a whole number above 0", bins)
    y, shares = np.asarray(targets), np.asarray(probabilities, float)
    if shares.ndim != 2 or y.shape != shares.shape[:1] or not len(y):
        raise InputError(
            f"A calibration error needs targets (rows,) and probabilities (rows, "
            f"classes), with at least one row. Got {y.shape} and {shares.shape}."
        )
    confidence, is_right = shares.max(axis=1), shares.argmax(axis=1) == y
    if adaptive:
        order = np.argsort(confidence, kind="stable")
        groups = np.array_split(order, min(bins, len(y)))
    else:
        number = np.minimum((confidence * bins).astype(int), bins - 1)
        groups = [np.flatnonzero(number == b) for b in range(bins)]
    gaps = [
        abs(float(is_right[rows].mean() - confidence[rows].mean())) * len(rows)
        for rows in groups
        if len(rows)
    ]
    return float(sum(gaps) / len(y))
