r"""Simulated responses, of which everything is known: weights, ceiling, bands.

    y = sum_lag h(lag) (X w)(t - lag) + noise

These are no measurements: they show whether a method finds what was put in.

Source: Glover, "Deconvolution of impulse response in event-related BOLD fMRI" (1999),
for the response h of blood flow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gamma

import numpy as np

from fathom.brain.delayer import delayed
from fathom.errors import InputError, is_number, is_whole, require


@dataclass(frozen=True)
class SimulatedResponses:
    """Simulated responses and what they were made of.

    Attributes:
        repeats: (repeats, time, targets) simulated responses to one stimulus.
        signal: (time, targets) what repeats, of variance 1.
        weights: (features, targets) that were put in.
        band: (targets,) which band of features drives each target.
        ceiling: (targets,) R^2 of the best model on one repeat: signal variance over
            all variance.
        is_simulated: True, so that no result is taken for a measurement.
    """

    repeats: np.ndarray
    signal: np.ndarray
    weights: np.ndarray
    band: np.ndarray
    ceiling: np.ndarray
    is_simulated: bool = True


def hemodynamic_response(repetition_time: float, duration: float = 24.0) -> np.ndarray:
    """Return how blood flow follows a moment of activity, one value a scan, sum 1.

    A rise that peaks at 5 seconds, less a sixth of a slower one at 15: two gamma
    densities.

    Args:
        repetition_time: Seconds from scan to scan.
        duration: Seconds until it is over.

    Example:
        >>> int(np.argmax(hemodynamic_response(1.0)))  # seconds
        5
    """
    owner = "hemodynamic_response"
    fits = is_number(repetition_time) and repetition_time > 0
    expected = "a number of seconds above 0"
    require(fits, owner, "repetition_time", expected, repetition_time)
    fits = is_number(duration) and duration > repetition_time
    require(fits, owner, "duration", "more than repetition_time", duration)
    t = np.arange(0.0, duration, repetition_time)
    curve = t**5 * np.exp(-t) / gamma(6) - t**15 * np.exp(-t) / gamma(16) / 6
    return curve / curve.sum()


def simulate_responses(
    features: np.ndarray,
    n_targets: int,
    *,
    bands: Sequence[int] | None = None,
    ceiling: float | Sequence[float] = 0.5,
    n_repeats: int = 1,
    response: np.ndarray | None = None,
    seed: int = 0,
) -> SimulatedResponses:
    """Return simulated responses, each driven by one band of the features.

    Args:
        features: (time, features) of the stimulus.
        n_targets: How many responses (voxels, cells).
        bands: Columns of each band, in order; None is one band. Targets take the
            bands in turns.
        ceiling: Share of each response's variance that is signal, one number or one
            for each target.
        n_repeats: How often the stimulus is shown, with fresh noise.
        response: (lags,) that follows each moment, as `hemodynamic_response` returns;
            None answers at once.
        seed: Of weights and noise.

    Raises:
        InputError: If a setting cannot be used.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(2000, 5))
        >>> made = simulate_responses(x, 3, ceiling=0.25, n_repeats=2)
        >>> made.repeats.shape, made.signal.var(axis=0).round(6).tolist()
        ((2, 2000, 3), [1.0, 1.0, 1.0])
    """
    x = np.asarray(features, np.float64)
    sizes = (x.shape[1],) if bands is None else tuple(bands)
    share = np.broadcast_to(np.asarray(ceiling, np.float64), (n_targets,))
    _check(x, sizes, share, n_repeats)
    random = np.random.default_rng(seed)
    which = np.arange(n_targets) % len(sizes)
    of_feature = np.repeat(np.arange(len(sizes)), sizes)
    weights = random.normal(size=(x.shape[1], n_targets))
    weights *= of_feature[:, None] == which
    signal = x @ weights
    if response is not None:
        lagged = [h * delayed(signal, lag) for lag, h in enumerate(response)]
        signal = np.sum(lagged, axis=0)
    mean, scale = signal.mean(axis=0), signal.std(axis=0)
    signal = (signal - mean) / scale
    noise = random.normal(size=(n_repeats, *signal.shape))
    repeats = signal + noise * np.sqrt(1 / share - 1)
    return SimulatedResponses(repeats, signal, weights / scale, which, share.copy())


def _check(
    x: np.ndarray, sizes: tuple[int, ...], share: np.ndarray, n_repeats: int
) -> None:
    owner = "simulate_responses"
    require(is_whole(n_repeats), owner, "n_repeats", "a whole number", n_repeats)
    if x.ndim != 2 or min(sizes, default=0) < 1 or sum(sizes) != x.shape[1]:
        raise InputError(
            f"'bands' must be the number of columns of each band of features (time, "
            f"features), together all of them. Got {sizes} of shape {x.shape}."
        )
    fits = bool(((share > 0) & (share <= 1)).all())
    require(fits, owner, "ceiling", "above 0 and at most 1", share.tolist()[:5])
