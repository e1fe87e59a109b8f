r"""`BandedRidgeCV`: ridge regression that weighs groups of features for each target.

    w = argmin |y - sum_b X_b w_b|^2 + sum_b (a / g_b) |w_b|^2,   sum_b g_b = 1

A band is a group of features (motion energy, words, a network's layer). Plain ridge
makes a target pay for bands that say nothing about it; here their weight g_b goes to 0.
The weights are drawn at random from the simplex, and each target keeps the best.

Source: Nunez-Elizalde, Huth and Gallant, "Voxelwise encoding models with non-spherical
multivariate normal priors", NeuroImage 197 (2019); Dupre la Tour et al.,
"Feature-space selection with banded ridge regression", NeuroImage 264 (2022).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from fathom.brain.banded_rows import BandedRows
from fathom.brain.ceiling import r2_split
from fathom.brain.encoding import EncodingModel
from fathom.brain.held_out import Rows
from fathom.brain.left_out import left_out_errors, may_leave_out
from fathom.brain.penalties import (
    held_out_errors,
    least,
    needs_double,
    solve_with,
    spectrum,
)
from fathom.errors import InputError, is_whole, require


class BandedRidgeCV(EncodingModel):
    """Ridge regression with a weight for each band of features and each target.

    Args:
        bands: How many columns of `X` each band has, in order; None is one band, which
            is `RidgeCV`.
        alphas: Penalties to choose from; None takes 20 between 0.001 and 10,000 times
            the mean eigenvalue.
        n_iter: How many weights of the bands to draw. The first are equal weights,
            so that plain ridge is among the candidates.
        concentration: Of the Dirichlet distributions drawn from in turns: below 1 few
            bands have most of the weight.
        band_weights: (candidates, bands) to try in place of drawing.
        cv: Folds of consecutive rows, or a splitter of scikit-learn.
        fit_intercept: Whether to take the means of the training rows off.
        select_by: "mean_squared_error" or "r2", the mean over the folds.
        random_state: Of the drawing.

    Attributes:
        alphas_: (targets,) chosen penalties.
        band_weights_: (bands, targets) chosen weights, which sum to 1.
        cv_errors_: (targets,) held-out loss with them.
        coef_: (targets, features), or (features,) for one target.
        intercept_: (targets,), or a number.

    Example:
        >>> random = np.random.default_rng(0)
        >>> X = random.normal(size=(60, 12))
        >>> y = X[:, :2] @ [1.0, -1.0] + 0.5 * random.normal(size=60)
        >>> model = BandedRidgeCV((2, 10), random_state=0).fit(X, y)
        >>> bool(model.band_weights_[0, 0] > 0.8)
        True
    """

    def __init__(  # noqa: PLR0913  (each setting is one the user may name)
        self,
        bands: Sequence[int] | None = None,
        *,
        alphas: Sequence[float] | None = None,
        n_iter: int = 100,
        concentration: Sequence[float] = (0.1, 1.0),
        band_weights: Any = None,
        cv: Any = 5,
        fit_intercept: bool = True,
        select_by: str = "mean_squared_error",
        random_state: Any = None,
    ) -> None:
        self.bands = bands
        self.alphas = alphas
        self.n_iter = n_iter
        self.concentration = concentration
        self.band_weights = band_weights
        self.cv = cv
        self.fit_intercept = fit_intercept
        self.select_by = select_by
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> BandedRidgeCV:
        """Choose weights and penalties, and learn from all rows.

        Args:
            X: (rows, features), the bands side by side.
            y: (rows,) or (rows, targets).

        Raises:
            ValueError: If a setting or the data cannot be used.
        """
        x, answers = self._given(X, y)
        self._sizes = self._checked_bands(x.shape[1])
        candidates = self._candidates(len(self._sizes))
        plain = Rows.of(x, answers, self.fit_intercept)
        rows = BandedRows.of(plain, self._sizes, self._splits(len(x)))
        equal = rows.gram(np.full(len(self._sizes), 1 / len(self._sizes)))
        penalties = self._penalties(equal)
        if needs_double(equal, penalties):
            rows = rows.in_double()
        which, solved = self._searched(rows, candidates, penalties)
        self.band_weights_ = candidates[which].T
        weights = rows.coefficients(solved, self.band_weights_)
        self._x_mean = plain.x_mean
        self.coef_ = self._shaped(weights).T.astype(x.dtype)
        self.intercept_ = self._shaped(rows.plain.intercept(weights)).astype(x.dtype)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return predictions, (rows,) or (rows, targets) as in `fit`."""
        check_is_fitted(self)
        return self._asked(X) @ self.coef_.T + self.intercept_

    def predict_by_band(self, X: Any) -> np.ndarray:
        """Return what each band adds to the mean, (bands, rows[, targets])."""
        check_is_fitted(self)
        x = self._asked(X) - self._x_mean
        coefficients = self.coef_.T.reshape(x.shape[1], -1)
        ends = np.cumsum(self._sizes)
        parts = [
            x[:, end - size : end] @ coefficients[end - size : end]
            for size, end in zip(self._sizes, ends, strict=True)
        ]
        return self._shaped(np.stack(parts))

    def score_by_band(self, X: Any, y: Any) -> np.ndarray:
        """Return the share of R^2 that is each band's, (bands[, targets])."""
        return r2_split(y, self.predict_by_band(X))

    def _searched(
        self, rows: BandedRows, candidates: np.ndarray, penalties: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Keep the best penalties, and return which candidate each target takes.

        Returns:
            (targets,) numbers of candidates, and (rows or features, targets) what
            solves for all rows.
        """
        x, y = rows.plain.x, rows.plain.y
        which, columns = np.zeros(y.shape[1], int), np.arange(y.shape[1])
        best, chosen = (
            np.full(len(columns), np.inf),
            np.zeros((len(penalties), len(columns))),
        )
        solved = np.zeros((min(x.shape), len(columns)), x.dtype)
        for i, candidate in enumerate(candidates):
            whole = spectrum(rows.gram(candidate)) if rows.plain.is_dual else None
            errors = self._fold_errors(rows, candidate, penalties, whole)
            losses = np.mean(
                [
                    self._losses(each, held)
                    for each, held in zip(errors, rows.held_answers(), strict=True)
                ],
                axis=0,
            )
            penalty = least(losses)
            lowest = losses[penalty, columns]
            better = np.flatnonzero(lowest < best)
            if not len(better):
                continue
            best[better], which[better] = lowest[better], i
            chosen[:, better] = losses[:, better]
            solved[:, better] = solve_with(
                whole or spectrum(rows.gram(candidate)),
                rows.right(candidate, better),
                penalties[penalty[better]],
            )
        self._choose(chosen, penalties)
        return which, solved

    def _fold_errors(
        self,
        rows: BandedRows,
        candidate: np.ndarray,
        penalties: np.ndarray,
        whole: tuple[np.ndarray, np.ndarray] | None,
    ) -> Iterator[np.ndarray]:
        """Return the errors of each fold (penalties, targets).

        Args:
            rows: The rows.
            candidate: (bands,) weights.
            penalties: Those to try.
            whole: What the kernel of all rows decomposes into, if it is used.
        """
        if whole is not None and may_leave_out(whole[0], penalties, rows.splits):
            return left_out_errors(
                whole, rows.plain.y, rows.splits, penalties, rows.plain.centered
            )
        return (held_out_errors(fold, penalties) for fold in rows.folds(candidate))

    def _checked_bands(self, n_features: int) -> tuple[int, ...]:
        if self.bands is None:
            return (n_features,)
        sizes = tuple(int(size) for size in self.bands)
        if min(sizes, default=0) < 1 or sum(sizes) != n_features:
            raise InputError(
                f"The 'bands' of BandedRidgeCV must be the number of columns of each "
                f"band, {n_features} together. Got {sizes}, which are {sum(sizes)}."
            )
        return sizes

    def _candidates(self, n_bands: int) -> np.ndarray:
        """Return weights of the bands to try, (candidates, bands)."""
        if self.band_weights is not None:
            given = np.atleast_2d(np.asarray(self.band_weights, np.float64))
            if given.shape[1] != n_bands or not (given >= 0).all():
                raise InputError(
                    f"'band_weights' must have a column of numbers of at least 0 for "
                    f"each of {n_bands} bands. Got shape {given.shape}."
                )
            return given
        fits = is_whole(self.n_iter)
        require(fits, "BandedRidgeCV", "n_iter", "a whole number", self.n_iter)
        if n_bands == 1:
            return np.ones((1, 1))
        return band_weight_candidates(
            self.n_iter, n_bands, self.concentration, self.random_state
        )


def band_weight_candidates(
    n: int,
    n_bands: int,
    concentration: Sequence[float] = (0.1, 1.0),
    random_state: Any = None,
) -> np.ndarray:
    """Return weights of bands drawn from the simplex, (n, n_bands); the first equal.

    Args:
        n: How many.
        n_bands: Of how many bands.
        concentration: Of the Dirichlet distributions, taken in turns.
        random_state: A seed or a NumPy generator as scikit-learn takes it.

    Example:
        >>> band_weight_candidates(3, 2, random_state=0).sum(axis=1).round(6).tolist()
        [1.0, 1.0, 1.0]
    """
    random = check_random_state(random_state)
    levels = np.atleast_1d(concentration)
    each = -(-n // len(levels))
    drawn = [random.dirichlet(np.full(n_bands, level), each) for level in levels]
    # (levels, each, bands) -> by turns
    candidates = np.stack(drawn, axis=1).reshape(-1, n_bands)[:n]
    candidates[0] = 1 / n_bands
    return candidates
