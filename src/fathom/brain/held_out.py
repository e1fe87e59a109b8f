"""What each fold's training rows tell: from features, or from a kernel of the rows.

With fewer rows than features everything is asked of the kernel K = X X^T (the dual),
otherwise of X^T X (the primal); the predictions are the same. With an intercept, rows
are taken relative to the mean of the training rows of the fold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fathom.brain.penalties import Fold

Split = tuple[np.ndarray, np.ndarray]


def kernel_fold(
    kernel: np.ndarray, y: np.ndarray, split: Split, centered: bool
) -> Fold:
    """Return a fold of a kernel between all rows.

    Args:
        kernel: (rows, rows).
        y: (rows, targets).
        split: Rows of training, rows held out.
        centered: Whether features and answers are taken relative to the training mean.
    """
    train, held = split
    columns = kernel[:, train]
    gram, cross = columns[train], columns[held]
    right, asked = y[train], y[held]
    if centered:
        middle = gram.mean(axis=0)
        level = middle.mean()
        cross = cross - cross.mean(axis=1, keepdims=True) - (middle - level)
        gram = gram - middle[:, None] - (middle - level)
        mean = right.mean(axis=0)
        right, asked = right - mean, asked - mean
    return Fold(gram, cross, right, asked)


def feature_fold(x: np.ndarray, y: np.ndarray, split: Split, centered: bool) -> Fold:
    """Return a fold of rows of features; the arguments are those of `kernel_fold`.

    Args:
        x: (rows, features).
        y: (rows, targets).
        split: Rows of training, rows held out.
        centered: As there.
    """
    train, held = split
    inputs, asking = x[train], x[held]
    right, asked = y[train], y[held]
    if centered:
        mean = inputs.mean(axis=0)
        inputs, asking = inputs - mean, asking - mean
        mean = right.mean(axis=0)
        right, asked = right - mean, asked - mean
    return Fold(inputs.T @ inputs, asking, inputs.T @ right, asked)


@dataclass(frozen=True)
class Rows:
    """Features and answers, relative to their means if there is an intercept.

    Attributes:
        x: (rows, features).
        y: (rows, targets).
        x_mean: (features,) what was taken off.
        y_mean: (targets,) likewise.
        centered: Whether it was.
    """

    x: np.ndarray
    y: np.ndarray
    x_mean: np.ndarray
    y_mean: np.ndarray
    centered: bool

    @classmethod
    def of(cls, x: np.ndarray, y: np.ndarray, centered: bool) -> Rows:
        """Return the rows, less their means if asked for."""
        if not centered:
            nothing = np.zeros(x.shape[1], x.dtype), np.zeros(y.shape[1], y.dtype)
            return cls(x, y, *nothing, centered)
        x_mean, y_mean = x.mean(axis=0), y.mean(axis=0)
        return cls(x - x_mean, y - y_mean, x_mean, y_mean, centered)

    @property
    def is_dual(self) -> bool:
        """Whether there are fewer rows than features."""
        return self.x.shape[0] < self.x.shape[1]

    def gram(self) -> np.ndarray:
        """Return the products of rows (dual) or of features (primal)."""
        return self.x @ self.x.T if self.is_dual else self.x.T @ self.x

    def folds(self, gram: np.ndarray, splits: Sequence[Split]) -> Iterator[Fold]:
        """Yield what each fold tells.

        Args:
            gram: From `gram()`.
            splits: Rows of training and rows held out of each fold.
        """
        for split in splits:
            if self.is_dual:
                yield kernel_fold(gram, self.y, split, self.centered)
            else:
                yield feature_fold(self.x, self.y, split, self.centered)

    def in_double(self) -> Rows:
        """Return the same in double precision."""
        return Rows(
            self.x.astype(np.float64),
            self.y.astype(np.float64),
            self.x_mean.astype(np.float64),
            self.y_mean.astype(np.float64),
            self.centered,
        )

    def intercept(self, coefficients: np.ndarray) -> np.ndarray:
        """Return the intercept (targets,) of coefficients (features, targets)."""
        return self.y_mean - self.x_mean @ coefficients
