r"""Motion energy: cells that answer bars moving in one direction.

    even = S_even T_even - S_odd T_odd,   odd = S_odd T_even + S_even T_odd
    energy = even^2 + odd^2

S is a Gabor filter in space and T one in time, each in two phases; the combination is
oriented in space and time together, that is, it moves. The other sign of the second
terms moves the other way.

Source: Adelson and Bergen, "Spatiotemporal energy models for the perception of motion"
(1985); Nishimoto et al., "Reconstructing visual experiences" (2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from fathom.brain.cells import linear_responses
from fathom.brain.gabor_filters import GaborBank
from fathom.errors import InputError, is_whole, require


class MotionEnergy(NamedTuple):
    """Responses and what each cell is tuned to.

    Attributes:
        energy: (time, rows, columns, cells) at least 0.
        orientation: (cells,) of the bars in degrees.
        frequency: (cells,) cycles a pixel.
        temporal_frequency: (cells,) cycles a frame; positive moves as
            `drifting_grating` does.
    """

    energy: np.ndarray
    orientation: np.ndarray
    frequency: np.ndarray
    temporal_frequency: np.ndarray


def motion_energy(
    movie: Any,
    bank: GaborBank,
    temporal_frequencies: Sequence[float] = (0.125,),
    n_frames: int = 9,
) -> MotionEnergy:
    """Return the motion energy of a movie, at every place where a filter fits.

    Args:
        movie: (time, height, width).
        bank: From `gabor_bank` with phases 0 and 90.
        temporal_frequencies: Cycles a frame, each in both directions; 0 is what
            stands still.
        n_frames: How many frames a cell sees at a time, the present one in the middle.

    Raises:
        InputError: If the movie or a setting cannot be used.

    Example:
        >>> from fathom.brain import drifting_grating, gabor_bank
        >>> bank = gabor_bank(15, orientations=(90.0,))
        >>> up = motion_energy(drifting_grating(15, 90.0, 0.1, 0.125, 32), bank)
        >>> np.round(up.energy[16, 0, 0] / up.energy[16, 0, 0].max(), 2).tolist()
        [1.0, 0.0]
    """
    owner = "motion_energy"
    fits = is_whole(n_frames) and n_frames % 2 == 1
    require(fits, owner, "n_frames", "an odd whole number", n_frames)
    if not np.allclose(bank.phase.reshape(-1, 2) if len(bank.phase) % 2 == 0 else 1,
                       [0.0, 90.0]):  # fmt: skip
        raise InputError(
            "Motion energy needs pairs of filters with phases 0 and 90. "
            f"Got phases {bank.phase[:4].tolist()}."
        )
    seen = linear_responses(movie, bank.filters)
    even, odd = seen[..., ::2], seen[..., 1::2]
    energy, tuned = [], []
    for temporal in temporal_frequencies:
        window = _temporal_pair(temporal, n_frames)
        ee, oe, eo, oo = (
            _filtered(part, phase) for phase in window for part in (even, odd)
        )
        for sign in (1, -1) if temporal else (1,):
            energy.append((ee - sign * oo) ** 2 + (oe + sign * eo) ** 2)
            tuned.append(sign * temporal)
    n_pairs = len(bank.phase) // 2
    return MotionEnergy(
        np.concatenate([np.asarray(e) for e in energy], axis=-1),
        np.tile(bank.orientation[::2], len(tuned)),
        np.tile(bank.frequency[::2], len(tuned)),
        np.repeat(np.array(tuned, np.float64), n_pairs),
    )


def _temporal_pair(frequency: float, n_frames: int) -> np.ndarray:
    """Return an even and an odd filter in time, (2, frames), norm 1 together."""
    t = np.arange(n_frames) - n_frames // 2
    window = np.exp(-(t**2) / (2 * (n_frames / 5) ** 2))
    angle = 2 * np.pi * frequency * t
    pair = window * np.stack([np.cos(angle), np.sin(angle)])
    return (pair / np.linalg.norm(window)).astype(np.float32)


def _filtered(responses: Any, weights: np.ndarray) -> Any:
    """Return a weighted sum over the frames around each; outside is nothing."""
    half = len(weights) // 2
    padded = jnp.pad(responses, ((half, half), (0, 0), (0, 0), (0, 0)))
    n = len(responses)
    return sum(w * padded[k : k + n] for k, w in enumerate(weights))
