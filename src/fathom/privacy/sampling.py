"""Which rows a private step looks at: each by itself, with the same probability.

    P(row in a step) = batch size / rows,    independent for rows and steps

So the number of rows differs from step to step (Poisson sampling), which the account
of epsilon rests on. The compiled step has room for a fixed number, which a draw exceeds
once in a million steps; then a random subset of that many is taken, and the account
knows of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

# How often a draw may hold more rows than a step has room for. The account (truncated
# Poisson sampling) pays for it with less than a thousandth of epsilon; rarer would cost
# room, and thus time, in every step.
OVERFLOW = 1e-6


@dataclass(frozen=True)
class Sampling:
    """How rows are drawn.

    Attributes:
        n_rows: Rows that can be drawn.
        batch_size: How many a step draws on average.

    Example:
        >>> drawn = Sampling(n_rows=455, batch_size=32)
        >>> round(drawn.rate, 3), drawn.n_steps, drawn.capacity
        (0.07, 15, 61)
    """

    n_rows: int
    batch_size: int

    @property
    def rate(self) -> float:
        """Probability that a row is in a step."""
        return min(1.0, self.batch_size / self.n_rows)

    @property
    def n_steps(self) -> int:
        """Steps of an epoch, in which a row is drawn once on average."""
        return math.ceil(self.n_rows / self.batch_size)

    @property
    def capacity(self) -> int:
        """Rows that a step has room for."""
        from scipy.stats import binom

        return min(self.n_rows, int(binom.isf(OVERFLOW, self.n_rows, self.rate)))

    def draw(self, random: np.random.Generator) -> list[np.ndarray]:
        """Return the numbers of the rows in each step of an epoch.

        How many first, and then which: the same as a toss for each row, in less time.
        """
        counts = random.binomial(self.n_rows, self.rate, self.n_steps)
        kept = np.minimum(counts, self.capacity)
        return [random.choice(self.n_rows, n, replace=False) for n in kept]
