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
    values = np.asarray(rates).tolist() if np.ndim(rates) == 1 else []
    fits = all(is_number(rate) and rate > 0 for rate in values)
    expected = "at least 3 different numbers above 0"
    fits = fits and len(set(values)) >= 3
    require(fits, "find_learning_rate", "rates", expected, rates)
    return tuple(sorted({float(rate) for rate in values}))


def try_own(
    trials: Trials, rates: tuple[float, ...]
) -> tuple[tuple[float, ...], Losses]:
    """Return rates that were handed over, and their losses."""
    return rates, trials.run(rates)


def try_around(trials: Trials, usual: float) -> tuple[tuple[float, ...], Losses]:
    """Return rates around the usual one, and their losses.

    Where the range that works reaches an end of what was tried, or where no rate works,
    more are tried beyond it.
    """
    n = (BELOW + ABOVE) * PER_POWER + 1
    places = range(-BELOW * PER_POWER, ABOVE * PER_POWER + 1)
    losses = trials.run(_rates(places, usual))
    for _ in range(MOST_ADDED):
        rates = _rates(places, usual)
        found = working_range(rates, losses.before, losses.after)
        if found is None or np.isclose(found.low, rates[0]):
            more = range(places[0] - n, places[0])
            new = trials.run(_rates(more, usual)).after
            both, places = (new, losses.after), range(more[0], places[-1] + 1)
        elif np.isclose(found.high, rates[-1]):
            more = range(places[-1] + 1, places[-1] + 1 + n)
            new = trials.run(_rates(more, usual)).after
            both, places = (losses.after, new), range(places[0], more[-1] + 1)
        else:
            break
        losses = losses._replace(after=np.concatenate(both))
    return _rates(places, usual), losses


def _rates(places: Iterable[int], usual: float) -> tuple[float, ...]:
    return tuple(float(usual * 10 ** (place / PER_POWER)) for place in places)
