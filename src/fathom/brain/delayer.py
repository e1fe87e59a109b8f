"""`Delayer`: each feature as it was some steps ago (finite impulse response).

    x(t) -> [x(t - d_1), x(t - d_2), ...]

A response that follows the stimulus over several steps, as blood flow follows neural
activity, is then a weighted sum of the delayed features.

Source: Kay et al., "Modeling low-frequency fluctuation and hemodynamic response
timecourse in event-related fMRI" (2008); Nishimoto et al. (2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from fathom.errors import InputError, require


class Delayer(TransformerMixin, BaseEstimator):
    """Features at several delays, side by side: all of the first delay, then the next.

    Rows are steps of time in order, so a row's result depends on the rows before it.
    What lies before the first row counts as 0: standardize the features first.

    Args:
        delays: In rows; a negative one looks ahead.

    Attributes:
        n_features_in_: Columns before.

    Example:
        >>> Delayer((0, 1)).fit_transform(np.array([[1.0], [2.0], [3.0]])).tolist()
        [[1.0, 0.0], [2.0, 1.0], [3.0, 2.0]]
    """

    n_features_in_: int

    def __init__(self, delays: Sequence[int] = (1, 2, 3, 4)) -> None:
        self.delays = delays

    def fit(self, X: Any, y: Any = None) -> Delayer:
        """Check the delays and the number of features.

        Raises:
            ValueError: If they cannot be used.
        """
        validate_data(self, X, dtype=(np.float64, np.float32))
        given = list(self.delays)
        whole = all(isinstance(d, (int, np.integer)) for d in given)
        expected = "whole numbers, all different"
        fits = whole and len(given) > 0 and len(set(given)) == len(given)
        require(fits, "Delayer", "delays", expected, self.delays)
        self._n_features_out = len(given) * self.n_features_in_
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return (rows, delays * features)."""
        check_is_fitted(self, "_n_features_out")
        how: Any = {"dtype": (np.float64, np.float32)}
        x: Any = validate_data(self, X, reset=False, **how)
        return np.concatenate([delayed(x, int(d)) for d in self.delays], axis=1)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the columns: `name@delay`.

        Args:
            input_features: Names of the features; None takes those of `fit`.

        Raises:
            InputError: If their number does not fit.
        """
        check_is_fitted(self, "_n_features_out")
        known = getattr(self, "feature_names_in_", None)
        if input_features is None:
            input_features = known
        if input_features is None:
            input_features = [f"x{i}" for i in range(self.n_features_in_)]
        if len(input_features) != self.n_features_in_:
            raise InputError(
                f"input_features should have length equal to number of features, "
                f"{self.n_features_in_}. Got {len(input_features)}."
            )
        if known is not None and list(known) != list(input_features):
            raise InputError("input_features is not equal to feature_names_in_.")
        names = [f"{name}@{d}" for d in self.delays for name in input_features]
        return np.asarray(names, dtype=object)


def delayed(x: np.ndarray, delay: int) -> np.ndarray:
    """Return rows moved down, with zeros before the first (or behind the last).

    Example:
        >>> delayed(np.array([[1.0], [2.0], [3.0]]), -1).tolist()
        [[2.0], [3.0], [0.0]]
    """
    moved = np.zeros_like(x)
    if abs(delay) >= len(x):
        return moved
    if delay >= 0:
        moved[delay:] = x[: len(x) - delay]
    else:
        moved[:delay] = x[-delay:]
    return moved
