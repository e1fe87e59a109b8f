"""Which learning rates are tried: three to each power of ten around the usual one."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

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


class Tried(NamedTuple):
    """Rates that were tried, in ascending order.

    Attributes:
        rates: The rates.
        losses: Theirs.
        left_out: How many there was no time for.
    """

    rates: tuple[float, ...]
    losses: Losses
    left_out: int = 0


def try_own(
    trials: Trials, rates: tuple[float, ...], deadline: float = math.inf
) -> Tried:
    """Return the losses of rates, as far as there was time for them."""
    order = _spread(len(rates)) if math.isfinite(deadline) else range(len(rates))
    losses = trials.run([rates[i] for i in order], deadline)
    done = np.array(order[: len(losses.after)])
    places = np.argsort(done)
    tried = tuple(rates[i] for i in done[places])
    ordered = losses._replace(after=losses.after[places])
    return Tried(tried, ordered, len(rates) - len(tried))


def try_around(trials: Trials, usual: float, deadline: float = math.inf) -> Tried:
    """Return rates around the usual one, and their losses.

    Where the range that works reaches an end of what was tried, more are tried beyond
    it; and below, where no rate works and already the smallest is too large.
    """
    n = (BELOW + ABOVE) * PER_POWER + 1
    places = range(-BELOW * PER_POWER, ABOVE * PER_POWER + 1)
    found = try_own(trials, _rates(places, usual), deadline)
    for _ in range(MOST_ADDED):
        side = _continues(found.rates, found.losses)
        if side == 0 or found.left_out or time.monotonic() > deadline:
            break
        first = places[0] - n if side < 0 else places[-1] + 1
        new = try_own(trials, _rates(range(first, first + n), usual), deadline)
        ends = (new, found) if side < 0 else (found, new)
        after = np.concatenate([one.losses.after for one in ends])
        found = Tried(
            ends[0].rates + ends[1].rates,
            found.losses._replace(after=after),
            new.left_out,
        )
        places = range(min(first, places[0]), max(first + n, places[-1] + 1))
    return found


def _spread(n: int) -> list[int]:
    """Return places in an order in which the first ones are spread over all.

    Example:
        >>> _spread(9)
        [0, 8, 4, 2, 6, 1, 3, 5, 7]
    """
    found, step = [0, n - 1], n - 1
    while step > 1:
        step = -(-step // 2)
        found += range(0, n, step)
    return list(dict.fromkeys([*found, *range(n)]))


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
