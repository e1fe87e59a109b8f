"""Rows whose features come in bands: the products that all weights of bands share.

dual: K = sum_b g_b X_b X_b^T        primal: G_ij = sqrt(g_i g_j) (X^T X)_ij
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fathom.brain.held_out import Rows, Split, feature_fold, kernel_fold
from fathom.brain.penalties import Fold


@dataclass(frozen=True)
class BandedRows:
    """Features in bands, with what does not depend on the weights of the bands.

    Attributes:
        plain: The rows.
        sizes: Columns of each band.
        splits: Training rows and held-out rows of each fold.
        kernels: (bands, rows, rows) if there are fewer rows than features, else None.
        unscaled: The primal folds at equal weights of 1, else empty.
    """

    plain: Rows
    sizes: tuple[int, ...]
    splits: Sequence[Split]
    kernels: np.ndarray | None
    unscaled: tuple[Fold, ...]

    @classmethod
    def of(
        cls, plain: Rows, sizes: tuple[int, ...], splits: Sequence[Split]
    ) -> BandedRows:
        """Return the rows with their products."""
        if plain.is_dual:
            parts = np.split(plain.x, np.cumsum(sizes)[:-1], axis=1)
            kernels = np.stack([part @ part.T for part in parts])
            return cls(plain, sizes, splits, kernels, ())
        folds = tuple(
            feature_fold(plain.x, plain.y, split, plain.centered) for split in splits
        )
        return cls(plain, sizes, splits, None, folds)

    def in_double(self) -> BandedRows:
        """Return the same in double precision."""
        return BandedRows.of(self.plain.in_double(), self.sizes, self.splits)

    def scale(self, weights: np.ndarray) -> np.ndarray:
        """Return the square root of its band's weight for each feature."""
        each = np.repeat(np.sqrt(weights), self.sizes)
        return each.astype(self.plain.x.dtype)

    def gram(self, weights: np.ndarray) -> np.ndarray:
        """Return the products of all rows, or of all features, at these weights."""
        if self.kernels is not None:
            return np.tensordot(weights.astype(self.kernels.dtype), self.kernels, 1)
        scaled = self.plain.x * self.scale(weights)
        return scaled.T @ scaled

    def folds(self, weights: np.ndarray) -> Iterator[Fold]:
        """Yield what each fold tells at these weights."""
        if self.kernels is not None:
            kernel = self.gram(weights)
            for split in self.splits:
                yield kernel_fold(kernel, self.plain.y, split, self.plain.centered)
        scale = self.scale(weights)
        for fold in self.unscaled:
            yield Fold(
                scale[:, None] * fold.gram * scale,
                fold.cross * scale,
                scale[:, None] * fold.right,
                fold.held,
            )

    def right(self, weights: np.ndarray, those: np.ndarray) -> np.ndarray:
        """Return the right-hand sides of all rows for some targets."""
        y = self.plain.y[:, those]
        if self.plain.is_dual:
            return y
        return self.scale(weights)[:, None] * (self.plain.x.T @ y)

    def coefficients(self, solved: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return weights of the features from what was solved for.

        Args:
            solved: (rows, targets) if dual, else (features, targets).
            weights: (bands, targets) of the bands.
        """
        each = np.repeat(weights, self.sizes, axis=0).astype(solved.dtype)
        if self.plain.is_dual:
            return each * (self.plain.x.T @ solved)
        return np.sqrt(each) * solved

    def held_answers(self) -> Iterator[np.ndarray]:
        """Yield the held-out answers of each fold, less the training rows' mean."""
        for train, held in self.splits:
            mean = self.plain.y[train].mean(axis=0) if self.plain.centered else 0
            yield self.plain.y[held] - mean
