"""What `fathom.find_learning_rate` returns: a range, its evidence, and a sentence."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.plain import plain
from fathom.rate_finder.choice import Range, diverged, shares, working_range

if TYPE_CHECKING:
    from fathom.report.picture import Picture

BAR = 24


@dataclass(frozen=True)
class LearningRateRange:
    """Learning rates that were tried, and which of them work.

    Attributes:
        rates: Those tried, in ascending order.
        before: (seeds,) loss with the start values.
        after: (rates, seeds) loss after training; NaN where a step's was not finite.
        asked: The rate that the verdict is about.
        is_usual: Whether that is the optimizer's usual one.
        steps: Updates of every trial.
        optimizer: Its name.
        n_judged: Rows on which the loss was taken.
        is_held_out: Whether these rows were held out from training.
        left_out: Rates that there was no time for.
    """

    rates: tuple[float, ...]
    before: np.ndarray = field(repr=False)
    after: np.ndarray = field(repr=False)
    asked: float
    is_usual: bool
    steps: int
    optimizer: str
    n_judged: int
    is_held_out: bool
    left_out: int = 0

    @cached_property
    def found(self) -> Range | None:
        """The range, or None if no rate lowers the loss of every seed."""
        return working_range(self.rates, self.before, self.after)

    @property
    def low(self) -> float | None:
        """The smallest rate that works, or None."""
        return self.found and self.found.low

    @property
    def high(self) -> float | None:
        """The largest rate that works, or None."""
        return self.found and self.found.high

    @property
    def best(self) -> float | None:
        """The rate to take, or None: three times the smallest that works.

        In a range too narrow for that it is the middle, on a logarithmic scale.
        """
        return self.found and self.found.best

    @property
    def n_seeds(self) -> int:
        """How many seeds each rate was tried with."""
        return len(self.before)

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict for each rate tried.

        "loss" and "spread" are mean and standard deviation of the finite losses after
        training (None without any), "share" is what the worst seed gains beside the
        best rate (None where nothing is gained at all), "diverged" the share of seeds
        that diverged, and "works" whether the rate lies in the range.
        """
        found = shares(self.before, self.after)
        bad = diverged(self.before, self.after)
        rows = []
        for i, rate in enumerate(self.rates):
            finite = self.after[i][np.isfinite(self.after[i])].astype(float)
            rows.append(
                {
                    "rate": rate,
                    "loss": float(finite.mean()) if finite.size else None,
                    "spread": float(finite.std()) if finite.size else None,
                    "share": None if found is None else float(found[i].min()),
                    "diverged": float(bad[i].mean()),
                    "works": self.holds(rate),
                }
            )
        return rows

    def holds(self, rate: float) -> bool:
        """Say whether a rate lies in the range."""
        return self.found is not None and self.found.low <= rate <= self.found.high

    @property
    def verdict(self) -> str:
        """One or two sentences: where the rate asked about lies, and what to take."""
        which = f"The {'usual ' if self.is_usual else ''}learning rate {self.asked:.2g}"
        first, last = f"{self.rates[0]:.1g}", f"{self.rates[-1]:.1g}"
        if self.found is None:
            return (
                f"No learning rate from {first} to {last} lowered the loss on "
                f"{self._where} with every seed in {self.steps} steps. Either there is "
                f"little to learn, or something other than the rate is in the way: "
                f"fathom.check looks for that."
            )
        between = f"{self.low:.2g} to {self.high:.2g}"
        if self.holds(self.asked):
            return f"{which} lies in the range that works, {between}."
        below = self.asked < self.found.low
        how = f"small for {self.steps} steps" if below else "large"
        return f"{which} is too {how}: {between} works. Take {self.best:.2g}."

    @property
    def _where(self) -> str:
        part = "held-out" if self.is_held_out else "training"
        return f"{self.n_judged:,} {part} row{'' if self.n_judged == 1 else 's'}"

    @property
    def heading(self) -> str:
        """What was done, in one line."""
        seeds = f"{self.n_seeds} seed{'' if self.n_seeds == 1 else 's'}"
        short = f"; no time for {self.left_out} more" if self.left_out else ""
        return (
            f"Learning rates of {self.optimizer}, each with {seeds} for {self.steps} "
            f"steps{short}; loss on {self._where}"
        )

    def __str__(self) -> str:
        """Return a table with a bar for what each rate gains, and the verdict."""
        lines = [self.heading, "", "      rate        loss     spread  diverged"]
        for row in self.rows():
            loss, spread = (_number(row[name]) for name in ("loss", "spread"))
            share = f"{row['diverged']:.0%}" if row["diverged"] else ""
            mark = "*" if row["works"] else " "
            start = f"{row['rate']:10.2g}  {loss:>10} {spread:>10} {share:>9}"
            lines.append(f"{start}  {mark} {_bar(row['share'])}".rstrip())
        if self.found is not None:
            lines += ["", f"* works: {self.low:.2g} to {self.high:.2g}; "
                      f"take {self.best:.2g}"]  # fmt: skip
        return "\n".join([*lines, "", self.verdict])

    def to_dict(self) -> dict[str, Any]:
        """Return the range, its evidence and the verdict as plain data."""
        return {
            "low": self.low,
            "high": self.high,
            "best": self.best,
            "verdict": self.verdict,
            "asked": self.asked,
            "optimizer": self.optimizer,
            "steps": self.steps,
            "seeds": self.n_seeds,
            "judged_rows": self.n_judged,
            "held_out": self.is_held_out,
            "left_out": self.left_out,
            "loss_before": float(self.before.mean()),
            "rates": self.rows(),
        }

    def to_json(self, indent: int | None = 2) -> str:
        """Return the same as JSON text."""
        return json.dumps(plain(self.to_dict()), indent=indent)

    def plot(self) -> Picture:
        """Return a picture of the losses by rate, with the range."""
        from fathom.rate_finder.picture import losses_by_rate

        return losses_by_rate(self)

    def _repr_html_(self) -> str:
        shown = self.plot()._repr_html_()  # pyright: ignore[reportPrivateUsage]
        return f"{shown}<p>{html.escape(self.verdict)}</p>"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _bar(share: float | None) -> str:
    """Return what a rate gains as a bar.

    Example:
        >>> _bar(0.5), _bar(-3.0), _bar(None)
        ('############', '', '')
    """
    return "#" * round(BAR * min(max(share or 0.0, 0.0), 1.0))
