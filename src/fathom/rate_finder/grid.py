"""Which learning rates are tried: three to each power of ten around the usual one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from fathom.errors import is_number, require
from fathom.rate_finder.choice import working_range
from fathom.rate_finder.trials import Losses, Trials

# Powers of ten below and above the usual rate.
BELOW, ABOVE, PER_POWER = 2, 3, 3
# How often a grid of the same size may be added where the range reaches an end.
MOST_ADDED = 2


def own_grid(rates: Sequence[float]) -> tuple[float, ...]:
    """Return rates that were handed over, in ascending order.

    Raises:
        InputError: If they are not at least 3 different numbers above 0.
    """
    listed = isinstance(rates, Iterable) and not isinstance(rates, str)
    values = [
        v.item() if isinstance(v, np.generic) else v for v in (rates if listed else ())
    ]
    fits = all(is_number(rate) and rate > 0 for rate in values)
    fits = fits and len(set(values)) >= 3
    expected = "at least 3 different numbers above 0"
    require(fits, "find_learning_rate", "rates", expected, rates)
    return tuple(sorted({float(rate) for rate in values}))


def try_own(
    trials: Trials, rates: tuple[float, ...]
) -> tuple[tuple[float, ...], Losses]:
    """Return rates that were handed over, and their losses."""
    return rates, trials.run(rates)


def try_around(trials: Trials, usual: float) -> tuple[tuple[float, ...], Losses]:
    """Return rates around the usual one, and their losses.

    Where the range that works reaches an end of what was tried, more are tried beyond
    it; and below, where no rate works and already the smallest is too large.
    """
    n = (BELOW + ABOVE) * PER_POWER + 1
    places = range(-BELOW * PER_POWER, ABOVE * PER_POWER + 1)
    losses = trials.run(_rates(places, usual))
    for _ in range(MOST_ADDED):
        side = _continues(_rates(places, usual), losses)
        if side == 0:
            break
        first = places[0] - n if side < 0 else places[-1] + 1
        new = trials.run(_rates(range(first, first + n), usual)).after
        both = (new, losses.after) if side < 0 else (losses.after, new)
        losses = losses._replace(after=np.concatenate(both))
        places = range(min(first, places[0]), max(first + n, places[-1] + 1))
    return _rates(places, usual), losses


def _continues(rates: tuple[float, ...], losses: Losses) -> int:
    """Return -1 or 1 for the end beyond which rates may work too, 0 for none."""
    before, after = float(losses.before.mean()), float(losses.after[0].mean())
    found = working_range(rates, losses.before, losses.after)
    if found is None:
        # Only where the loss went up or away at the smallest rate may smaller ones do.
        return 0 if after <= before + abs(before) else -1
    if np.isclose(found.low, rates[0]):
        return -1
    return 1 if np.isclose(found.high, rates[-1]) else 0


def _rates(places: Iterable[int], usual: float) -> tuple[float, ...]:
    return tuple(float(usual * 10 ** (place / PER_POWER)) for place in places)
