r"""Products of delayed features, without ever holding all of the delayed features.

    G_jk = sum_t x(t - j) x(t - k)^T,     R_j = sum_t x(t - j) y(t)^T

Along a diagonal, k - j constant, the sums differ only in the rows that enter and leave:

    G_(j+1)(k+1) = G_jk + x(first - j - 1) x(first - k - 1)^T
                        - x(last - j) x(last - k)^T

so only G_0k and R are multiplied out, one short piece of the recording at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

# Rows whose delayed features are held at a time.
PIECE = 2048


class Products(NamedTuple):
    """Of the rows of a stretch of a recording.

    Attributes:
        gram: (lags * features, lags * features) of the delayed features.
        right: (lags * features, targets) with the answers.
        energy: (targets,) sum of the squared answers.
        n: How many rows.
    """

    gram: np.ndarray
    right: np.ndarray
    energy: np.ndarray
    n: int


@dataclass(frozen=True)
class Recording:
    """Features with zeros before and after, in which every lag is a shift.

    Attributes:
        padded: (before + rows + after, features).
        y: (rows, targets).
        first: The least lag, in rows.
        n_lags: How many lags, one row apart.
    """

    padded: np.ndarray
    y: np.ndarray
    first: int
    n_lags: int

    @classmethod
    def of(cls, x: np.ndarray, y: np.ndarray, first: int, n_lags: int) -> Recording:
        """Return a recording of features (rows, features)."""
        before, after = max(first + n_lags - 1, 0), max(-first, 0)
        return cls(np.pad(x, ((before, after), (0, 0))), y, first, n_lags)

    def _at(self, row: int, lag: int) -> int:
        """Return where x(row - first - lag) is in the padded features."""
        return row + max(self.first + self.n_lags - 1, 0) - self.first - lag

    def delayed(self, start: int, stop: int) -> np.ndarray:
        """Return delayed features of some rows, (rows, lags, features)."""
        oldest = self._at(start, self.n_lags - 1)
        seen = self.padded[oldest : self._at(stop, 0)]
        windows = np.lib.stride_tricks.sliding_window_view(seen, self.n_lags, axis=0)
        # (rows, features, oldest to newest) -> (rows, newest to oldest, features)
        return windows[: stop - start].transpose(0, 2, 1)[:, ::-1]

    def products(self, start: int, stop: int) -> Products:
        """Return the products over the rows from start to before stop."""
        n_features = self.padded.shape[1]
        size = self.n_lags * n_features
        y = self.y[start:stop]
        both = np.zeros((size, y.shape[1] + n_features), self.padded.dtype)
        for at in range(start, stop, PIECE):
            end = min(at + PIECE, stop)
            old = np.ascontiguousarray(self.delayed(at, end)).reshape(end - at, size)
            both += old.T @ np.concatenate([self.y[at:end], old[:, :n_features]], 1)
        newest = both[:, y.shape[1] :].reshape(self.n_lags, n_features, n_features)
        gram = self._all_diagonals(newest.transpose(0, 2, 1), start, stop)
        energy = (y.astype(np.float64) ** 2).sum(axis=0)
        return Products(gram, both[:, : y.shape[1]], energy, stop - start)

    def _all_diagonals(self, newest: np.ndarray, start: int, stop: int) -> np.ndarray:
        """Return the Gram matrix from its first rows.

        Args:
            newest: (lags, features, features) of lag 0 with every lag.
            start: First row.
            stop: The row behind the last.
        """
        n, p = newest.shape[:2]
        gram = np.empty((n, p, n, p), newest.dtype)
        lags = np.arange(n)
        # What enters and leaves when both lags grow by one; (lags, features).
        enter = self.padded[self._at(start, 0) - 1 - lags[:-1]]
        leave = self.padded[self._at(stop, 0) - 1 - lags[:-1]]
        for apart in range(n):
            m = n - apart
            change = np.einsum("jp,jq->jpq", enter[: m - 1], enter[apart : n - 1])
            change -= np.einsum("jp,jq->jpq", leave[: m - 1], leave[apart : n - 1])
            blocks = np.cumsum(np.concatenate([newest[apart][None], change]), axis=0)
            gram[lags[:m], :, lags[apart:]] = blocks
            gram[lags[apart:], :, lags[:m]] = blocks.transpose(0, 2, 1)
        return gram.reshape(n * p, n * p)
