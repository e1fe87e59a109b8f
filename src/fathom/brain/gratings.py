r"""Gratings: the stimuli with which cells of the visual cortex are told apart.

    I(x, y) = cos(2 pi f s + phase),   s = y cos(o) - x sin(o)

Orientations are those of the bars, in degrees, counterclockwise from horizontal; s runs
across the bars, upwards at 0 degrees. Frequencies are in cycles a pixel, times in
frames.

Source: De Valois, Albrecht and Thorell, "Spatial frequency selectivity of cells in
macaque visual cortex" (1982).
"""

from __future__ import annotations

import numpy as np

from fathom.errors import is_number, is_whole, require


def across_bars(size: int, orientation: float) -> np.ndarray:
    """Return how far each pixel is across the bars from the middle, (size, size).

    Example:
        >>> across_bars(3, 0.0)[:, 0].tolist()  # upwards
        [1.0, 0.0, -1.0]
    """
    require(is_whole(size), "A grating", "size", "a whole number of pixels", size)
    along = np.arange(size) - (size - 1) / 2
    angle = np.deg2rad(orientation)
    return -along[:, None] * np.cos(angle) - along[None] * np.sin(angle)


def grating(
    size: int, orientation: float, frequency: float, phase: float = 0.0
) -> np.ndarray:
    """Return a grating from -1 to 1, float32 (size, size).

    Args:
        size: Pixels of a side.
        orientation: Of the bars in degrees.
        frequency: Cycles a pixel, at most 0.5.
        phase: In degrees.

    Raises:
        InputError: If a setting cannot be used.

    Example:
        >>> grating(4, 90.0, 0.25)[0].round(1)  # bars upright, 4 pixels apart
        array([-0.7,  0.7,  0.7, -0.7], dtype=float32)
    """
    fits = is_number(frequency) and 0 <= frequency <= 0.5
    require(fits, "A grating", "frequency", "from 0 to 0.5 cycles a pixel", frequency)
    angle = 2 * np.pi * frequency * across_bars(size, orientation) + np.deg2rad(phase)
    return np.cos(angle).astype(np.float32)


def drifting_grating(
    size: int,
    orientation: float,
    frequency: float,
    temporal_frequency: float,
    n_frames: int,
) -> np.ndarray:
    """Return a grating that moves across its bars, float32 (frames, size, size).

    Args:
        size: Pixels of a side.
        orientation: Of the bars in degrees; at 0 they move upwards, at 90 to the left.
        frequency: Cycles a pixel.
        temporal_frequency: Cycles a frame; a negative one moves the other way.
        n_frames: How many frames.

    Raises:
        InputError: If a setting cannot be used.
    """
    require(is_whole(n_frames), "A grating", "n_frames", "a whole number", n_frames)
    phases = -360.0 * temporal_frequency * np.arange(n_frames)
    return np.stack([grating(size, orientation, frequency, p) for p in phases])
