r"""`TemporalResponseFunction`: how a response follows a continuous stimulus.

    y(t) = sum_lag x(t - lag) . w(lag),    |w|^2 weighed by a penalty for each target

Source: Theunissen et al., "Estimating spatio-temporal receptive fields of auditory and
visual neurons" (2001); Crosse et al., "The multivariate temporal response function
toolbox" (2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from fathom.brain.encoding import EncodingModel
from fathom.brain.lagged import PIECE, Products, Recording
from fathom.brain.penalties import needs_double, solve, spectrum
from fathom.errors import InputError, is_number, require


class TemporalResponseFunction(EncodingModel):
    """Ridge regression on a stimulus at all lags of a window.

    Rows are steps of time in order. What lies outside the recording counts as the mean
    of the features if there is an intercept, otherwise as 0.

    Args:
        tmin: The first lag, in seconds; a positive one is of the past.
        tmax: The last lag.
        sampling_rate: Rows a second.
        alphas: Penalties to choose from; one is taken as it is, None takes 20 between
            0.001 and 10,000 times the mean eigenvalue.
        cv: Into how many stretches of time the recording is cut to choose.
        fit_intercept: Whether to take the means of the recording off.

    Attributes:
        coef_: (targets, features, lags), or (features, lags) for one target.
        intercept_: (targets,), or a number.
        alphas_: (targets,) penalties.
        times_: (lags,) in seconds.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(400, 1))
        >>> y = np.roll(x[:, 0], 2)
        >>> model = TemporalResponseFunction(0, 0.4, sampling_rate=10).fit(x, y)
        >>> np.abs(model.coef_).round(1).tolist()  # 0.2 seconds later
        [[0.0, 0.0, 1.0, 0.0, 0.0]]
    """

    select_by = "mean_squared_error"

    def __init__(
        self,
        tmin: float = 0.0,
        tmax: float = 0.25,
        *,
        sampling_rate: float = 64.0,
        alphas: Sequence[float] | float | None = None,
        cv: int = 5,
        fit_intercept: bool = True,
    ) -> None:
        self.tmin = tmin
        self.tmax = tmax
        self.sampling_rate = sampling_rate
        self.alphas: Any = alphas
        self.cv = cv
        self.fit_intercept = fit_intercept

    def fit(self, X: Any, y: Any) -> TemporalResponseFunction:
        """Choose the penalties and learn the weights of all lags.

        Args:
            X: (time, features).
            y: (time,) or (time, targets).

        Raises:
            ValueError: If a setting or the data cannot be used.
        """
        x, answers = self._given(X, y)
        self._lags = self._window()
        kind = x.dtype
        x_mean, y_mean = x.mean(axis=0), answers.mean(axis=0)
        if self.fit_intercept:
            x, answers = x - x_mean, answers - y_mean
        pieces = self._pieces(x, answers)
        whole = _added(pieces)
        penalties = self._penalties(whole.gram)
        if needs_double(whole.gram, penalties):
            pieces = self._pieces(x.astype(np.float64), answers.astype(np.float64))
            whole = _added(pieces)
        chosen = self._searched(pieces, whole, penalties)
        weights = solve(whole.gram, whole.right, chosen).astype(kind)
        self._x_mean = x_mean if self.fit_intercept else np.zeros_like(x_mean)
        level = y_mean if self.fit_intercept else np.zeros_like(y_mean)
        # (lags * features, targets) -> (targets, features, lags)
        by_lag = weights.reshape(len(self._lags), x.shape[1], -1)
        self._weights, self._level = weights, level
        self.coef_ = self._shaped(by_lag.transpose(1, 0, 2))
        if not self._is_flat:
            self.coef_ = self.coef_.transpose(2, 0, 1)
        at_once = by_lag.sum(axis=0)
        self.intercept_ = self._shaped(level - self._x_mean @ at_once)
        self.times_ = self._lags / self.sampling_rate
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return predictions, (time,) or (time, targets) as in `fit`."""
        check_is_fitted(self)
        x = self._asked(X) - self._x_mean
        recording = Recording.of(x, x, int(self._lags[0]), len(self._lags))
        parts = []
        for start in range(0, len(x), PIECE):
            stop = min(start + PIECE, len(x))
            old = recording.delayed(start, stop).reshape(stop - start, -1)
            parts.append(old @ self._weights + self._level)
        return self._shaped(np.concatenate(parts))

    def _window(self) -> np.ndarray:
        """Return the lags in rows, one after the other."""
        owner = type(self).__name__
        for name in ("tmin", "tmax", "sampling_rate"):
            value = getattr(self, name)
            fits = is_number(value) and (name != "sampling_rate" or value > 0)
            expected = "a number" if name != "sampling_rate" else "a number above 0"
            require(fits, owner, name, expected, value)
        if self.tmin > self.tmax:
            raise InputError(
                f"tmin must be at most tmax. Got {self.tmin:g} and {self.tmax:g}."
            )
        first, last = (
            round(each * self.sampling_rate) for each in (self.tmin, self.tmax)
        )
        return np.arange(first, last + 1)

    def _pieces(self, x: np.ndarray, y: np.ndarray) -> list[Products]:
        """Return the products of each stretch of time, one if there is no choice."""
        recording = Recording.of(x, y, int(self._lags[0]), len(self._lags))
        require(
            isinstance(self.cv, int) and self.cv >= 2, type(self).__name__, "cv",
            "2 or more stretches", self.cv,
        )  # fmt: skip
        is_one = self.alphas is not None and np.size(self.alphas) == 1
        n = 1 if is_one else min(self.cv, len(x))
        ends = np.linspace(0, len(x), n + 1).round().astype(int).tolist()
        return [recording.products(*pair) for pair in pairwise(ends)]

    def _searched(
        self, pieces: list[Products], whole: Products, penalties: np.ndarray
    ) -> np.ndarray:
        """Return the best penalty of each target."""
        n_targets = whole.right.shape[1]
        if len(penalties) == 1:
            self.alphas_ = np.full(n_targets, penalties[0])
            return self.alphas_
        losses = [_errors(whole, piece, penalties) for piece in pieces]
        return self._choose(np.mean(losses, axis=0), penalties)


def _added(pieces: list[Products]) -> Products:
    return Products(
        sum((piece.gram for piece in pieces[1:]), pieces[0].gram),
        sum((piece.right for piece in pieces[1:]), pieces[0].right),
        sum((piece.energy for piece in pieces[1:]), pieces[0].energy),
        sum(piece.n for piece in pieces),
    )


def _errors(whole: Products, held: Products, penalties: np.ndarray) -> np.ndarray:
    r"""Return mean squared errors on a stretch, (penalties, targets), from products.

    |y - X w|^2 = |y|^2 - 2 w . r + w . G w, in the basis of the other stretches' Gram
    matrix, so that no row is looked at again.
    """
    gram = (whole.gram - held.gram).astype(np.float64)
    values, vectors = spectrum(gram)
    rotated = vectors.T @ (whole.right - held.right)
    asked = vectors.T @ held.right
    inner = vectors.T @ held.gram @ vectors
    errors = []
    for penalty in penalties:
        weights = rotated / (values[:, None] + penalty)
        quadratic = np.einsum("ij,ij->j", weights, inner @ weights)
        linear = np.einsum("ij,ij->j", weights, asked)
        errors.append(held.energy - 2 * linear + quadratic)
    return np.stack(errors) / held.n
