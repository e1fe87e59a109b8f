r"""`KernelRidgeCV`: ridge regression on a kernel between rows.

    prediction(x) = sum_i c_i k(x, x_i),   c = (K + a I)^-1 y

Source: Saunders, Gammerman and Vovk, "Ridge regression learning algorithm in dual
variables" (1998).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.utils.validation import check_is_fitted

from fathom.brain.encoding import EncodingModel
from fathom.brain.held_out import kernel_fold
from fathom.brain.penalties import held_out_errors, needs_double, solve


class KernelRidgeCV(EncodingModel):
    """Kernel ridge regression of many targets, each with the penalty that suits it.

    Args:
        alphas: Penalties to choose from; None takes 20 between 0.001 and 10,000 times
            the mean eigenvalue of the kernel.
        kernel: What `sklearn.metrics.pairwise.pairwise_kernels` knows ("linear", "rbf",
            "polynomial", "laplacian"), or a function of two rows.
        kernel_settings: What the kernel is to know, as `{"gamma": 0.1}`.
        cv: Folds of consecutive rows, or a splitter of scikit-learn.
        fit_intercept: Whether to center the kernel and the answers by the training
            rows.
        select_by: "mean_squared_error" or "r2", the mean over the folds.

    Attributes:
        alphas_: (targets,) chosen penalties.
        cv_errors_: (targets,) held-out loss with them.
        dual_coef_: (training rows, targets).
        intercept_: (targets,), or a number.

    Example:
        >>> x = np.linspace(0, 6, 50)[:, None]
        >>> cv = 5
        >>> model = KernelRidgeCV(kernel="rbf", cv=cv).fit(x[::2], np.sin(x[::2, 0]))
        >>> round(model.score(x, np.sin(x[:, 0])), 2)
        1.0
    """

    def __init__(
        self,
        alphas: Sequence[float] | None = None,
        *,
        kernel: Any = "linear",
        kernel_settings: Mapping[str, Any] | None = None,
        cv: Any = 5,
        fit_intercept: bool = True,
        select_by: str = "mean_squared_error",
    ) -> None:
        self.alphas = alphas
        self.kernel = kernel
        self.kernel_settings = kernel_settings
        self.cv = cv
        self.fit_intercept = fit_intercept
        self.select_by = select_by

    def fit(self, X: Any, y: Any) -> KernelRidgeCV:
        """Choose the penalties and learn the weights from all rows.

        Args:
            X: (rows, features).
            y: (rows,) or (rows, targets).

        Raises:
            ValueError: If a setting or the data cannot be used.
        """
        x, answers = self._given(X, y)
        self.X_fit_ = x
        kernel = self._between(x)
        penalties = self._penalties(kernel)
        if needs_double(kernel, penalties):
            answers = answers.astype(np.float64)
            kernel = self._between(x.astype(np.float64))
        losses = []
        for split in self._splits(len(x)):
            fold = kernel_fold(kernel, answers, split, self.fit_intercept)
            losses.append(self._losses(held_out_errors(fold, penalties), fold.held))
        chosen = self._choose(np.mean(losses, axis=0), penalties)
        everything = np.arange(len(x))
        whole = kernel_fold(
            kernel, answers, (everything, everything), self.fit_intercept
        )
        dual = solve(whole.gram, whole.right, chosen)
        level = np.zeros(dual.shape[1], dual.dtype)
        if self.fit_intercept:
            dual -= dual.mean(axis=0)  # predictions then center the kernel's columns
            level = answers.mean(axis=0) - kernel.mean(axis=0) @ dual
        self.dual_coef_ = self._shaped(dual).astype(x.dtype)
        self.intercept_ = self._shaped(level).astype(x.dtype)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return predictions, (rows,) or (rows, targets) as in `fit`."""
        check_is_fitted(self)
        return self._between(self._asked(X)) @ self.dual_coef_ + self.intercept_

    def _between(self, x: np.ndarray) -> np.ndarray:
        """Return the kernel between rows and the training rows."""
        settings = dict(self.kernel_settings or {})
        known: Any = self.X_fit_.astype(x.dtype, copy=False)
        kernel = pairwise_kernels(x, known, metric=self.kernel, **settings)
        return np.asarray(kernel, x.dtype)
