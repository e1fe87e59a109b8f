"""Whether two classes can be separated by a hyperplane, decided by a linear program.

    maximize m  subject to  s_i (w . x_i + b) >= m,  |w_j| <= 1,  |b| <= 1

with s_i = +1 or -1 by class. The optimum is above 0 exactly if the classes are
separable. Shapes: x (rows, inputs), s (rows,), w (inputs,).
Source: Mangasarian, "Linear and nonlinear separation of patterns by linear
programming", Operations Research 13 (1965).
"""

from __future__ import annotations

import numpy as np


def is_separable(x: np.ndarray, targets: np.ndarray) -> bool | None:
    """Say whether a hyperplane has each class on its own side.

    The hyperplane found is tried on every example, so True is certain. False holds
    within the solver's precision: gaps of 1e-12 of the data's spread are still found.

    Args:
        x: (rows, inputs) finite numbers.
        targets: (rows,) 0 or 1.

    Returns:
        True or False, or None if the solver finds no optimum.

    Example:
        >>> is_separable(np.array([[0.0], [1.0], [2.0]]), np.array([0, 1, 0]))
        False
    """
    from scipy.optimize import linprog

    # Moving and scaling the columns leaves separability as it is, and the solver's
    # tolerances then mean the same for all data.
    centered = x - x.mean(axis=0)
    spread = np.abs(centered).max(axis=0)
    scaled = centered / np.where(spread > 0, spread, 1.0)
    sign = np.where(targets > 0, 1.0, -1.0)
    signed = sign[:, None] * np.column_stack([scaled, np.ones(len(x))])
    n = signed.shape[1]
    found = linprog(
        np.append(np.zeros(n), -1.0),
        A_ub=np.column_stack([-signed, np.ones(len(x))]),
        b_ub=np.zeros(len(x)),
        bounds=[(-1, 1)] * n + [(None, None)],
        method="highs",
    )
    if found.status != 0:
        return None
    rounding = n * n * np.finfo(np.float64).eps
    return bool((signed @ found.x[:-1]).min() > rounding)
