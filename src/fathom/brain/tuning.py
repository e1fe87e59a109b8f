r"""What a cell is tuned to, and whether it is simple or complex.

    F1 / F0 = 2 |sum_t r(t) e^(-2 pi i t / T)| / sum_t r(t)      over one cycle
    selectivity = |sum_o r(o) e^(2 i o)| / sum_o r(o)

A drifting grating makes a simple cell follow the bars (half-rectified: F1/F0 = pi/2)
and a complex cell answer steadily (0); above 1 a cell counts as simple. The selectivity
is 1 for a cell that answers one orientation only, 0 for one that answers all alike. It
works on any function of images, so on the neurons of a network too.

Source: Skottun et al., "Classifying simple and complex cells on the basis of response
modulation" (1991); Ringach, Shapley and Hawken, "Orientation selectivity in macaque V1"
(2002).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from fathom.brain.gratings import drifting_grating
from fathom.errors import InputError, is_whole, require


class OrientationTuning(NamedTuple):
    """How cells answer drifting gratings.

    Attributes:
        orientations: (orientations,) of the bars in degrees.
        responses: (orientations, cells) mean over a cycle, at the best frequency of
            each cell.
        preferred: (cells,) the orientation with the largest response.
        selectivity: (cells,) from 0, all alike, to 1, one orientation only.
        modulation: (cells,) F1 / F0 at the preferred orientation.
        frequency: (cells,) cycles a pixel of the grating answered most.
    """

    orientations: np.ndarray
    responses: np.ndarray
    preferred: np.ndarray
    selectivity: np.ndarray
    modulation: np.ndarray
    frequency: np.ndarray


def modulation_ratio(responses: Any, cycles: int = 1) -> np.ndarray:
    """Return F1 / F0 of responses to a drifting grating.

    Args:
        responses: (time, ...) over a whole number of cycles.
        cycles: How many.

    Returns:
        (...), 0 where there is no response.

    Example:
        >>> t = 2 * np.pi * np.arange(64) / 64
        >>> round(float(modulation_ratio(np.maximum(np.cos(t), 0))), 2)  # pi / 2
        1.57
    """
    require(is_whole(cycles), "modulation_ratio", "cycles", "a whole number", cycles)
    r = np.asarray(responses, np.float64)
    if len(r) <= 2 * cycles:
        raise InputError(
            f"F1 of {cycles} cycles needs more than {2 * cycles} times. Got {len(r)}."
        )
    spectrum = np.fft.rfft(r, axis=0)
    level = np.abs(spectrum[0])
    first = 2 * np.abs(spectrum[cycles])
    return np.divide(first, level, out=np.zeros_like(level), where=level > 1e-12)


def selectivity_index(orientations: Any, responses: Any) -> np.ndarray:
    """Return 1 less the circular variance of responses over orientation.

    Args:
        orientations: (orientations,) in degrees, evenly spread over 180.
        responses: (orientations, ...) at least 0.

    Example:
        >>> orientations = [0, 45, 90, 135]
        >>> [round(float(selectivity_index(orientations, r)), 2)
        ...  for r in ([1, 0, 0, 0], [1, 1, 1, 1])]
        [1.0, 0.0]
    """
    r = np.asarray(responses, np.float64)
    turns = np.exp(2j * np.deg2rad(np.asarray(orientations, np.float64)))
    total = r.sum(axis=0)
    vector = np.abs(np.tensordot(turns, r, 1))
    return np.divide(vector, total, out=np.zeros_like(total), where=total > 1e-12)


def orientation_tuning(
    respond: Callable[[np.ndarray], Any],
    size: int,
    orientations: int | Sequence[float] = 12,
    frequencies: Sequence[float] = (0.1,),
    *,
    n_frames: int = 64,
) -> OrientationTuning:
    """Show drifting gratings of every orientation, and measure the answers.

    Args:
        respond: From images (images, size, size) to responses (images,) or (images,
            cells), at least 0.
        size: Pixels of a side.
        orientations: In degrees, or how many, evenly spread over 180.
        frequencies: Cycles a pixel to try; each cell is measured at its best.
        n_frames: Phases of a cycle.

    Raises:
        InputError: If a setting cannot be used, or responses are below 0.

    Example:
        >>> from fathom.brain import SimpleCell
        >>> found = orientation_tuning(SimpleCell(orientation=60).respond, 31)
        >>> found.preferred.tolist(), found.modulation.round(2).tolist()
        ([60.0], [1.57])
    """
    if isinstance(orientations, int):
        orientations = [180.0 * i / orientations for i in range(orientations)]
    angles = np.asarray(orientations, np.float64)
    settings = [(o, f) for f in frequencies for o in angles]
    movies = [drifting_grating(size, o, f, 1 / n_frames, n_frames) for o, f in settings]
    seen = np.asarray(respond(np.concatenate(movies)), np.float64)
    if seen.ndim not in (1, 2) or seen.min(initial=0) < 0:
        raise InputError(
            "'respond' must return responses of at least 0, (images,) or (images, "
            f"cells). Got shape {seen.shape}, least {seen.min(initial=0):g}."
        )
    # (frequencies * orientations * frames, cells) -> (..., frames, cells)
    seen = seen.reshape(len(frequencies), len(angles), n_frames, -1)
    means = seen.mean(axis=2)
    best = means.max(axis=1).argmax(axis=0)
    cells = np.arange(means.shape[-1])
    responses = means[best, :, cells].T
    at = responses.argmax(axis=0)
    followed = seen[best, at, :, cells].T
    return OrientationTuning(
        angles, responses, angles[at], selectivity_index(angles, responses),
        modulation_ratio(followed), np.asarray(frequencies, np.float64)[best],
    )  # fmt: skip
