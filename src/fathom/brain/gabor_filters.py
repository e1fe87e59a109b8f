r"""Gabor filters: what simple cells of the primary visual cortex respond to.

    g(x, y) = exp(-(x^2 + y^2) / (2 sigma^2)) cos(2 pi f s + phase) - mean

s runs across the bars (see `fathom.brain.gratings`); the mean is taken off so that an
even gray gives no response, and each filter has norm 1.

Source: Daugman, "Uncertainty relation for resolution in space, spatial frequency, and
orientation optimized by two-dimensional visual cortical filters" (1985); Jones and
Palmer, "An evaluation of the two-dimensional Gabor filter model" (1987).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fathom.brain.gratings import across_bars, grating
from fathom.errors import InputError, is_number, require


class GaborBank(NamedTuple):
    """Filters and what each is tuned to.

    Attributes:
        filters: (n, size, size) float32, mean 0 and norm 1.
        orientation: (n,) of the bars in degrees.
        frequency: (n,) cycles a pixel.
        phase: (n,) in degrees: 0 is a bright bar in the middle, 90 an edge.
    """

    filters: np.ndarray
    orientation: np.ndarray
    frequency: np.ndarray
    phase: np.ndarray


def gabor(
    size: int,
    orientation: float,
    frequency: float,
    phase: float = 0.0,
    *,
    width: float = 0.5,
) -> np.ndarray:
    """Return one Gabor filter, float32 (size, size), mean 0 and norm 1.

    Args:
        size: Pixels of a side.
        orientation: Of the bars in degrees.
        frequency: Cycles a pixel, above 0.
        phase: In degrees.
        width: Standard deviation of the window in cycles.

    Raises:
        InputError: If a setting cannot be used.

    Example:
        >>> edge = gabor(9, 0.0, 0.2, 90.0)
        >>> bool(np.allclose(edge, -edge[::-1], atol=1e-6))
        True
    """
    fits = is_number(frequency) and 0 < frequency <= 0.5
    expected = "above 0 and at most 0.5 cycles a pixel"
    require(fits, "A Gabor filter", "frequency", expected, frequency)
    fits = is_number(width) and width > 0
    require(fits, "A Gabor filter", "width", "above 0", width)
    along = across_bars(size, 0.0), across_bars(size, 90.0)
    sigma = width / frequency
    window = np.exp(-(along[0] ** 2 + along[1] ** 2) / (2 * sigma**2))
    made = window * grating(size, orientation, frequency, phase)
    # The mean is taken off in the window, so that the edges stay at 0.
    made -= window * (made.sum() / window.sum())
    norm = np.linalg.norm(made)
    if norm < 1e-6:
        raise InputError(
            f"A Gabor filter of {size} x {size} pixels at {frequency:g} cycles a pixel "
            f"and phase {phase:g} is empty. Take more pixels or another frequency."
        )
    return (made / norm).astype(np.float32)


def gabor_bank(
    size: int,
    orientations: int | Sequence[float] = 8,
    frequencies: Sequence[float] = (0.1,),
    phases: Sequence[float] = (0.0, 90.0),
    *,
    width: float = 0.5,
) -> GaborBank:
    """Return Gabor filters of every orientation, frequency and phase.

    Args:
        size: Pixels of a side.
        orientations: In degrees, or how many, evenly spread over 180.
        frequencies: Cycles a pixel.
        phases: In degrees; 0 and 90 are the quadrature pair of a complex cell. They
            vary fastest, so that pairs are neighbors.
        width: Standard deviation of the window in cycles.

    Raises:
        InputError: If a setting cannot be used.

    Example:
        >>> bank = gabor_bank(15, orientations=4, frequencies=(0.1, 0.2))
        >>> bank.filters.shape, bank.orientation[::4].tolist()
        ((16, 15, 15), [0.0, 45.0, 90.0, 135.0])
    """
    if isinstance(orientations, int):
        require(orientations > 0, "gabor_bank", "orientations", "1 or more",
                orientations)  # fmt: skip
        orientations = [180.0 * i / orientations for i in range(orientations)]
    settings = [(o, f, p) for o in orientations for f in frequencies for p in phases]
    if not settings:
        raise InputError(
            "A Gabor bank needs at least one orientation, frequency and phase each."
        )
    filters = np.stack([gabor(size, *each, width=width) for each in settings])
    return GaborBank(filters, *np.array(settings, np.float64).T)
