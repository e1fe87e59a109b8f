"""What the encoding models have in common: how they take rows, penalties and folds.

An encoding model predicts responses (voxels, cells, channels) from features of the
stimulus, linearly, each target with a penalty of its own.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.model_selection import check_cv
from sklearn.utils.validation import validate_data

from fathom.brain.held_out import Split
from fathom.brain.penalties import least
from fathom.errors import InputError, choose, require

# Relative to the mean eigenvalue, if no penalties are named.
RELATIVE_PENALTIES = np.logspace(-3, 4, 20)
# Share of the loss that the last step to the end of the penalties took off.
STILL_FALLING = 0.001


class EncodingModel(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """A regressor with a penalty for each target, chosen on held-out rows.

    Attributes:
        alphas_: (targets,) the penalty of each target.
        cv_errors_: (targets,) mean squared error on held-out rows with it.
    """

    alphas: Sequence[float] | None
    cv: Any
    select_by: str

    def _given(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return checked rows, and answers (rows, targets) of the same precision."""
        how: Any = {"dtype": (np.float64, np.float32), "y_numeric": True}
        pair: Any = validate_data(self, X, y, multi_output=True, **how)
        rows, answers = pair
        if len(rows) < 2:
            raise InputError(
                f"{type(self).__name__} needs at least 2 rows, of which one is held "
                f"out. Got n_samples = {len(rows)}."
            )
        self._is_flat = answers.ndim == 1
        return rows, answers.reshape(len(rows), -1).astype(rows.dtype, copy=False)

    def _asked(self, X: Any) -> np.ndarray:
        """Return checked rows to predict."""
        how: Any = {"dtype": (np.float64, np.float32)}
        rows: Any = validate_data(self, X, reset=False, **how)
        return rows

    def _shaped(self, predictions: np.ndarray) -> np.ndarray:
        """Return predictions as the answers came: (rows,) for one target."""
        return predictions[..., 0] if self._is_flat else predictions

    def _penalties(self, gram: np.ndarray) -> np.ndarray:
        """Return the penalties to try, from small to large."""
        if self.alphas is None:
            level = float(np.trace(gram, dtype=np.float64)) / len(gram)
            return RELATIVE_PENALTIES * (level or 1.0)
        named = np.sort(np.atleast_1d(np.asarray(self.alphas, np.float64)))
        fits = named.ndim == 1 and named.size > 0 and bool((named > 0).all())
        expected = "one or more numbers above 0, or None"
        owner = type(self).__name__
        require(
            fits and bool(np.isfinite(named).all()), owner, "alphas", expected,
            self.alphas,
        )  # fmt: skip
        return named

    def _splits(self, n_rows: int) -> list[Split]:
        """Return the folds. A whole number is of consecutive rows."""
        cv = self.cv
        if isinstance(cv, int) and not isinstance(cv, bool):
            require(cv >= 2, type(self).__name__, "cv", "2 or more folds", cv)
            cv = min(cv, n_rows)
        splitter: Any = check_cv(cv)
        return list(splitter.split(np.zeros((n_rows, 1))))

    def _losses(self, errors: np.ndarray, held: np.ndarray) -> np.ndarray:
        """Return what is compared between penalties, from squared errors of a fold."""
        spread = {"mean_squared_error": lambda: 1.0, "r2": lambda: _spread(held)}
        return errors / choose(spread, self.select_by, "way to select")()

    def _choose(self, losses: np.ndarray, penalties: np.ndarray) -> np.ndarray:
        """Keep and return the best penalty of each target.

        Args:
            losses: (penalties, targets) means of the folds.
            penalties: From small to large.
        """
        best = least(losses)
        self.alphas_ = penalties[best]
        self.cv_errors_ = np.take_along_axis(losses, best[None], axis=0)[0]
        if len(penalties) > 1 and self.alphas is not None:
            self._warn_at_edges(best, losses, penalties)
        return self.alphas_

    def _warn_at_edges(
        self, best: np.ndarray, losses: np.ndarray, penalties: np.ndarray
    ) -> None:
        """Say at which end of the penalties the loss is still falling."""
        for end, beside, which, more in (
            (0, 1, "least", "smaller"),
            (len(penalties) - 1, -2, "largest", "larger"),
        ):
            falls = losses[beside] > (1 + STILL_FALLING) * losses[end]
            n = int(((best == end) & falls).sum())
            if n:
                warnings.warn(
                    f"{n} of {len(best)} targets took the {which} penalty, "
                    f"{penalties[end]:g}: add {more} ones to `alphas`.",
                    stacklevel=4,
                )


def _spread(held: np.ndarray) -> np.ndarray:
    """Return the variance of held-out answers (targets,), 1 where there is none."""
    spread = held.var(axis=0, dtype=np.float64)
    return np.where(spread > 0, spread, 1.0)
