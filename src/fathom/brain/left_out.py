r"""Errors on held-out rows of all folds from one decomposition of all rows.

    e_f = (A_ff)^-1 (A y)_f,    A = (K + a I)^-1 = V diag(1 / (l + a)) V^T

The rows f left out are predicted from all others without decomposing the others' kernel
again. With an intercept the rows are centered and 1 1^T / (n a), what A does to a
constant, is taken off A. What it costs is precision where a penalty is tiny beside the
largest eigenvalue; `may_leave_out` says where that is not so.

Source: Stone, "Cross-validatory choice and assessment of statistical predictions"
(1974); An, Liu and Venkatesh, "Fast cross-validation algorithms for least squares
support vector machine and kernel ridge regression" (2007).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.linalg import get_lapack_funcs

from fathom.brain.held_out import Split
from fathom.brain.penalties import BATCH, combinations

# Rounding grows by this at most.
WORST_CONDITION = {np.dtype(np.float32): 1e4, np.dtype(np.float64): 1e10}


def may_leave_out(
    values: np.ndarray, penalties: np.ndarray, splits: Sequence[Split]
) -> bool:
    """Say whether the errors are precise, and each fold trains on all other rows.

    Args:
        values: (rows,) eigenvalues of the kernel.
        penalties: Those to try.
        splits: Rows of training and rows held out of each fold.
    """
    condition = 1 + float(values.max()) / float(penalties.min())
    is_rest = all(len(train) + len(held) == len(values) for train, held in splits)
    return is_rest and condition < WORST_CONDITION[values.dtype]


def left_out_errors(
    spectrum: tuple[np.ndarray, np.ndarray],
    y: np.ndarray,
    splits: Sequence[Split],
    penalties: np.ndarray,
    centered: bool,
) -> Iterator[np.ndarray]:
    """Yield for each fold the mean squared errors (penalties, targets).

    Args:
        spectrum: Eigenvalues (rows,) and eigenvectors (rows, rows) of the kernel, which
            is centered if `centered`.
        y: (rows, targets), of mean 0 if `centered`.
        splits: Rows of training, which are not used, and rows held out.
        penalties: From small to large.
        centered: Whether there is an intercept.
    """
    values, vectors = spectrum
    left, right = combinations(values, penalties)
    constant = 1 / (len(values) * penalties) if centered else 0 * penalties
    rotated = vectors.T @ y
    for _, held in splits:
        own = vectors[held]
        scaled = (right[:, None] * own).reshape(-1, len(values))
        shape = len(left), len(held), -1
        blocks = (left @ (scaled @ own.T).reshape(len(right), -1)).reshape(shape)
        blocks -= constant[:, None, None].astype(y.dtype)
        inverse = [_inverse(block) for block in blocks]
        errors = np.empty((len(left), y.shape[1]))
        for start in range(0, y.shape[1], BATCH):
            batch = slice(start, start + BATCH)
            answers = scaled @ np.ascontiguousarray(rotated[:, batch])
            answers = (left @ answers.reshape(len(right), -1)).reshape(shape)
            for i, each in enumerate(answers):
                missed = inverse[i] @ each
                errors[i, batch] = np.einsum("ij,ij->j", missed, missed)
        yield errors / len(held)


def _inverse(block: np.ndarray) -> np.ndarray:
    """Return the inverse of a symmetric positive definite block, (held, held)."""
    factorize, invert = get_lapack_funcs(("potrf", "potri"), (block,))
    factor, failed = factorize(block, lower=True)
    if failed:
        return np.linalg.inv(block)
    lower = np.tril(invert(factor, lower=True)[0])
    return lower + np.tril(lower, -1).T
