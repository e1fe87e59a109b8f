"""Whether a difference found by repeated cross-validation is more than chance gives.

The J = folds x repeats differences d_j between two models share training rows, so they
vary less than independent ones would, and the usual t test finds differences that are
not there. The corrected resampled t test widens the variance of their mean by the share
of rows held out:

    t = mean(d) / sqrt((1 / J + n_test / n_train) var(d)),    J - 1 degrees of freedom

Several models compared with one are several tests; their p values are corrected by
Holm's method.

Sources: Nadeau and Bengio 2003, "Inference for the Generalization Error"; Bouckaert and
Frank 2004, "Evaluating the Replicability of Significance Tests for Comparing Learning
Algorithms"; Holm 1979, "A simple sequentially rejective multiple test procedure".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

LEVEL = 0.05


@dataclass(frozen=True)
class Difference:
    """The mean difference between two models' scores on the same folds.

    Attributes:
        mean: Of the differences.
        low: Lower end of the interval in which it lies with a probability of 95 %.
        high: Upper end.
        p: Probability of one as large if the models are equally good.
        corrected_p: The same, for several models compared with one.
    """

    mean: float
    low: float
    high: float
    p: float
    corrected_p: float

    @property
    def is_chance(self) -> bool:
        """Whether chance gives such a difference."""
        return self.corrected_p >= LEVEL

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "mean": self.mean,
            "low": self.low,
            "high": self.high,
            "p": self.p,
            "corrected_p": self.corrected_p,
        }


def corrected_t_test(
    differences: np.ndarray, test_share: float
) -> tuple[float, float, float]:
    """Return the p value and the ends of the 95 % interval of the mean difference.

    Args:
        differences: One for each fold of each repeat, at least two.
        test_share: Rows held out divided by rows trained on: 1 / (folds - 1).

    Example:
        >>> p, low, high = corrected_t_test(np.array([0.1, 0.2, 0.1, 0.2]), 0.25)
        >>> round(p, 3), round(low, 2), round(high, 2)
        (0.035, 0.02, 0.28)
    """
    from scipy.stats import t

    n, mean = len(differences), float(np.mean(differences))
    spread = float(np.var(differences, ddof=1))
    error = math.sqrt((1 / n + test_share) * spread)
    if error <= 1e-12 * max(abs(mean), 1e-300):  # all differences are equal
        return (1.0 if mean == 0 else 0.0), mean, mean
    half = float(t.ppf(1 - LEVEL / 2, n - 1)) * error
    return float(2 * t.sf(abs(mean) / error, n - 1)), mean - half, mean + half


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values corrected for their number, in the order given.

    Example:
        >>> holm([0.01, 0.5, 0.03])
        [0.03, 0.5, 0.06]
    """
    n, largest = len(p_values), 0.0
    corrected = [0.0] * n
    for rank, i in enumerate(np.argsort(p_values, kind="stable")):
        largest = max(largest, min((n - rank) * p_values[i], 1.0))
        corrected[i] = largest
    return corrected


def differences_from(
    reference: np.ndarray, others: Sequence[np.ndarray], test_share: float
) -> list[Difference]:
    """Return how each of the others differs from the reference.

    Args:
        reference: Scores (repeats x folds,), more being better.
        others: Scores of the others on the same folds.
        test_share: As `corrected_t_test` takes it.
    """
    apart = [reference - other for other in others]
    tested = [corrected_t_test(one, test_share) for one in apart]
    corrected = holm([p for p, _, _ in tested])
    return [
        Difference(float(one.mean()), low, high, p, fixed)
        for one, (p, low, high), fixed in zip(apart, tested, corrected, strict=True)
    ]
