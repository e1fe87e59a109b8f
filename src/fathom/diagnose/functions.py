"""What activation functions of the user's own do: slopes, range, straightness."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from fathom.diagnose.places import Place

Activation = Callable[..., Any]
# Slopes below this share of the mean slope count as none.
FLAT = 0.05
# Weighted sums that outputs are asked for, and how nearly a line is one.
FAR, STRAIGHT = 50.0, 1e-4


def own_functions(layers: Iterable[Place]) -> Iterator[tuple[Place, Activation]]:
    """Yield the layers of which the activation is a function, and that."""
    for place in layers:
        own = of_ones_own(getattr(place.layer, "activation", None))
        if own is not None:
            yield place, own


def of_ones_own(activation: Any) -> Activation | None:
    """Return an activation that is a function, not a name."""
    return activation if callable(activation) else None


@lru_cache(maxsize=64)
def values_of(activation: Activation, far: float = 3.0) -> np.ndarray | None:
    """Return a function's values at 6,001 numbers from -far to far.

    None where it does not take single numbers, or gives others than finite ones.
    """
    z = np.linspace(-far, far, 6_001, dtype=np.float32)
    try:
        values = np.asarray(activation(z), np.float64)
    except Exception:  # whatever a function of the user's own raises
        return None
    return values if values.shape == z.shape and np.isfinite(values).all() else None


def flat_share(activation: Activation) -> float:
    """Return for which share of normal numbers a function has next to no slope.

    0 where the function grows at one end, or cannot be measured.

    Example:
        >>> import jax.numpy as jnp
        >>> flat_share(jnp.tanh) < 0.01, flat_share(lambda x: jnp.tanh(100 * x)) > 0.9
        (True, True)
    """
    values = values_of(activation)
    if values is None:
        return 0.0
    z = np.linspace(-3, 3, len(values))
    slopes = np.abs(np.gradient(values, z))
    flat = slopes < FLAT * np.ptp(values) / 6
    if not np.ptp(values):
        return 1.0
    if not (flat[0] and flat[-1]):
        return 0.0
    density = np.exp(-np.square(z) / 2)
    return float(density[flat].sum() / density.sum())


def mean_slope(activation: Activation) -> float:
    """Return the mean slope of a function between -3 and 3; 1 if unknown.

    Example:
        >>> round(mean_slope(lambda x: 0.01 * x), 4)
        0.01
    """
    values = values_of(activation)
    return 1.0 if values is None else float(np.ptp(values)) / 6


def is_affine(activation: Activation) -> bool:
    """Say whether a function is a straight line that rises or falls.

    Example:
        >>> is_affine(lambda x: 0.5 * x + 1), is_affine(np.tanh)
        (True, False)
    """
    values = values_of(activation)
    if values is None or not mean_slope(activation):
        return False
    line = np.linspace(values[0], values[-1], len(values))
    return bool(np.abs(values - line).max() <= STRAIGHT * np.ptp(values))


def range_of(activation: Activation) -> tuple[float, float]:
    """Return the least and the greatest value of a function, as far as it is bounded.

    Example:
        >>> range_of(np.tanh), range_of(np.abs)
        ((-1.0, 1.0), (0.0, inf))
    """
    values = values_of(activation, FAR)
    if values is None:
        return -np.inf, np.inf
    low, high = float(values.min()), float(values.max())
    ends = values[0], values[-1]
    # What is reached at an end and still moves there goes on.
    moves = np.abs(np.diff(values))[[0, -1]] > 1e-6
    falls = [end for end, moving in zip(ends, moves, strict=True) if moving]
    return (-np.inf if low in falls else low), (np.inf if high in falls else high)
