r"""A grid of ridge penalties on held-out rows, for many targets at once.

    prediction(a) = cross V diag(1 / (l + a)) V^T right,   gram = V diag(l) V^T

`gram` is the kernel of the training rows, or the product of the features with
themselves, whichever is smaller; so one decomposition serves all penalties and targets.
As functions of l, the 1 / (l + a) of a grid are nearly dependent: 20 penalties are
combinations of about 10, exact to rounding, and only those are multiplied out.

Source: Dupre la Tour et al., "Feature-space selection with banded ridge regression",
NeuroImage 264 (2022); Beckermann and Townsend, "Bounds on the singular values of
matrices with displacement structure" (2019), for how fast the combinations run out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import LinAlgError, eigh, svd

# Targets multiplied at a time: what they need stays near the processor.
BATCH = 256
# Rounding of eigenvalues in units of the largest; a penalty must be well above.
ROUNDING = 10.0


class Fold(NamedTuple):
    """What the training rows of a fold tell, and what the held-out rows ask.

    Attributes:
        gram: (r, r) symmetric, of the training rows or of the features.
        cross: (held, r) that takes solutions to predictions.
        right: (r, targets) the right-hand sides.
        held: (held, targets) the answers, less the mean of the training rows.
    """

    gram: np.ndarray
    cross: np.ndarray
    right: np.ndarray
    held: np.ndarray


def spectrum(gram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues (r,), none below zero, and eigenvectors (r, r).

    Where the quick method does not converge, the next more careful one is used: double
    precision, then singular values.

    Args:
        gram: (r, r) symmetric and positive semidefinite.

    Example:
        >>> values, vectors = spectrum(np.array([[2.0, 0.0], [0.0, 3.0]]))
        >>> values
        array([2., 3.])
    """
    kind = gram.dtype
    try:
        values, vectors = eigh(gram, driver="evd", check_finite=False)
    except LinAlgError:
        double = gram.astype(np.float64)
        try:
            values, vectors = eigh(double, driver="evr", check_finite=False)
        except LinAlgError:
            vectors, values, _ = svd(double, lapack_driver="gesvd", check_finite=False)
    return np.maximum(values, 0).astype(kind), vectors.astype(kind)


def needs_double(gram: np.ndarray, penalties: np.ndarray) -> bool:
    """Say whether the least penalty would drown in the rounding of float32.

    Args:
        gram: (r, r) float32 or float64.
        penalties: Those to try.

    Example:
        >>> gram = np.diag([1e6, 1.0]).astype(np.float32)
        >>> needs_double(gram, np.array([0.1])), needs_double(gram, np.array([10.0]))
        (True, False)
    """
    if gram.dtype != np.float32:
        return False
    largest = float(np.linalg.norm(gram))  # at least the largest eigenvalue
    rounding = float(ROUNDING * np.finfo(np.float32).eps) * largest
    return float(penalties.min()) < rounding


def combinations(
    values: np.ndarray, penalties: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return (penalties, k) and (k, r) whose product is 1 / (values + penalty).

    Args:
        values: (r,) eigenvalues in their precision, to which the product is exact.
        penalties: (penalties,) above 0.

    Example:
        >>> values, penalties = np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0])
        >>> left, right = combinations(values, penalties)
        >>> np.allclose(left @ right, 1 / (values + penalties[:, None]))
        True
    """
    a = penalties[:, None].astype(np.float64)
    left, size, right = np.linalg.svd(a / (values + a), full_matrices=False)
    k = int((size > 0.1 * np.finfo(values.dtype).eps * size[0]).sum())
    left = left[:, :k] * size[:k] / a
    return left.astype(values.dtype), right[:k].astype(values.dtype)


def held_out_errors(fold: Fold, penalties: np.ndarray) -> np.ndarray:
    """Return the mean squared error of every penalty on the held-out rows.

    Returns:
        (penalties, targets) float64.
    """
    values, vectors = spectrum(fold.gram)
    left, right = combinations(values, penalties)
    n_held, n_targets = fold.held.shape
    cross = fold.cross @ vectors
    # (k, held, r) -> (k held, r): all combinations in one product.
    stacked = (right[:, None] * cross).reshape(-1, len(values))
    rotated = vectors.T @ fold.right
    errors = np.empty((len(penalties), n_targets))
    for start in range(0, n_targets, BATCH):
        batch = slice(start, start + BATCH)
        held = np.ascontiguousarray(fold.held[:, batch])
        parts = stacked @ np.ascontiguousarray(rotated[:, batch])
        parts = parts.reshape(len(right), -1)  # (k, held targets)
        predicted = (left @ parts).reshape(len(left), *held.shape)
        # |p - y|^2 - |y|^2, which stays exact where large penalties differ little.
        for i, each in enumerate(predicted):
            errors[i, batch] = np.einsum("ij,ij->j", each, each - 2 * held)
    return (errors + (fold.held.astype(np.float64) ** 2).sum(axis=0)) / n_held


def solve(gram: np.ndarray, right: np.ndarray, penalties: np.ndarray) -> np.ndarray:
    """Return (gram + a)^-1 right, with a penalty a for each column.

    Args:
        gram: (r, r).
        right: (r, targets).
        penalties: (targets,) above 0.
    """
    return solve_with(spectrum(gram), right, penalties)


def solve_with(
    spectrum: tuple[np.ndarray, np.ndarray], right: np.ndarray, penalties: np.ndarray
) -> np.ndarray:
    """Return what `solve` does, from eigenvalues and eigenvectors."""
    values, vectors = spectrum
    rotated = vectors.T @ right
    rotated /= values[:, None] + penalties.astype(values.dtype)
    return vectors @ rotated


def least(errors: np.ndarray) -> np.ndarray:
    """Return which penalty errs least for each target; the larger of equals.

    Args:
        errors: (penalties, targets), penalties from small to large.

    Example:
        >>> least(np.array([[2.0, 1.0], [1.0, 1.0], [3.0, 1.0]])).tolist()
        [1, 2]
    """
    return len(errors) - 1 - np.argmin(errors[::-1], axis=0)
