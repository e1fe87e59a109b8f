r"""`RidgeCV`: ridge regression with a penalty for each target, chosen on held-out rows.

    w = argmin |y - X w|^2 + a |w|^2

Source: Hoerl and Kennard, "Ridge regression" (1970); Huth et al., "Natural speech
reveals the semantic maps that tile human cerebral cortex", Nature 532 (2016), for a
penalty of each voxel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fathom.brain.encoding import EncodingModel
from fathom.brain.held_out import Rows
from fathom.brain.penalties import held_out_errors, needs_double, solve


class RidgeCV(EncodingModel):
    """Ridge regression of many targets, each with the penalty that suits it.

    It computes in the precision of `X`: float32 takes half the time, and is left for
    double precision where the least penalty is too small for it. With fewer rows than
    features the kernel of the rows is decomposed, otherwise the features' products;
    both predict the same.

    Args:
        alphas: Penalties to choose from; None takes 20 between 0.001 and 10,000 times
            the mean eigenvalue.
        cv: Folds of consecutive rows, or a splitter of scikit-learn.
        fit_intercept: Whether to take the means of the training rows off.
        select_by: "mean_squared_error" or "r2", the mean over the folds.

    Attributes:
        alphas_: (targets,) chosen penalties.
        cv_errors_: (targets,) held-out loss with them.
        coef_: (targets, features), or (features,) for one target.
        intercept_: (targets,), or a number.

    Example:
        >>> random = np.random.default_rng(0)
        >>> X = random.normal(size=(60, 3))
        >>> Y = X @ [[1.0, 0.0], [0.0, 0.0], [2.0, 0.0]] + random.normal(size=(60, 2))
        >>> model = RidgeCV().fit(X, Y)
        >>> bool(model.alphas_[0] < model.alphas_[1])  # nothing predicts the second
        True
    """

    def __init__(
        self,
        alphas: Sequence[float] | None = None,
        *,
        cv: Any = 5,
        fit_intercept: bool = True,
        select_by: str = "mean_squared_error",
    ) -> None:
        self.alphas = alphas
        self.cv = cv
        self.fit_intercept = fit_intercept
        self.select_by = select_by

    def fit(self, X: Any, y: Any) -> RidgeCV:
        """Choose the penalties and learn the weights from all rows.

        Args:
            X: (rows, features).
            y: (rows,) or (rows, targets).

        Raises:
            ValueError: If a setting or the data cannot be used.
        """
        x, answers = self._given(X, y)
        kind = x.dtype
        rows = Rows.of(x, answers, self.fit_intercept)
        gram = rows.gram()
        penalties = self._penalties(gram)
        if needs_double(gram, penalties):
            rows = rows.in_double()
            gram = rows.gram()
        chosen = self._searched(rows, gram, penalties)
        if rows.is_dual:
            weights = rows.x.T @ solve(gram, rows.y, chosen)
        else:
            weights = solve(gram, rows.x.T @ rows.y, chosen)
        intercept = rows.intercept(weights)
        self.coef_ = self._shaped(weights).T.astype(kind)
        self.intercept_ = self._shaped(intercept).astype(kind)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return predictions, (rows,) or (rows, targets) as in `fit`."""
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self)
        return self._asked(X) @ self.coef_.T + self.intercept_

    def _searched(
        self, rows: Rows, gram: np.ndarray, penalties: np.ndarray
    ) -> np.ndarray:
        """Return the best penalty of each target (targets,)."""
        losses = [
            self._losses(held_out_errors(fold, penalties), fold.held)
            for fold in rows.folds(gram, self._splits(len(rows.x)))
        ]
        return self._choose(np.mean(losses, axis=0), penalties)
