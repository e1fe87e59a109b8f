"""A chart of the losses of short trainings by learning rate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fathom.report.chart import count, new_chart
from fathom.report.colors import NEGATIVE, NEUTRAL, POSITIVE
from fathom.report.picture import Picture

if TYPE_CHECKING:
    from fathom.rate_finder.learning_rate_range import LearningRateRange

# How far above the loss of the start the chart goes, as a share of what is below it:
# losses that diverged would flatten all the others.
ABOVE_START = 0.25


def losses_by_rate(tried: LearningRateRange) -> Picture:
    """Return the loss of every trial by its learning rate, and the range that works."""
    rates, after = np.array(tried.rates), tried.after.astype(float)
    start = float(tried.before.mean())
    finite = after[np.isfinite(after)]
    low = float(min(finite.min(initial=start), start))
    top = start + ABOVE_START * max(start - low, abs(start) * 0.1, 1e-12)
    shown = np.where(np.isfinite(after) & (after <= top), after, np.nan)
    chart = new_chart("learning rate", "loss after training")
    for i in range(tried.n_seeds):
        chart.add_scatter(
            x=rates,
            y=[None if math.isnan(value) else value for value in shown[:, i]],
            name="each seed",
            legendgroup="seeds",
            showlegend=i == 0,
            mode="lines+markers",
            line={"color": POSITIVE, "width": 1.5},
            marker={"size": 5},
        )
    chart.add_scatter(
        x=[rates[0], rates[-1]],
        y=[start, start],
        name="before training",
        mode="lines",
        line={"color": NEUTRAL, "width": 1, "dash": "dash"},
    )
    powers = [10.0**p for p in range(-12, 13) if rates[0] / 2 < 10.0**p < rates[-1] * 2]
    ticks = {"type": "log", "tickvals": powers, "ticktext": [f"{p:g}" for p in powers]}
    chart.update_layout(xaxis=ticks, yaxis={"range": [low - 0.05 * (top - low), top]})
    reading = "Lower is better. Where a line is missing, the loss went up or away."
    if tried.found is not None:
        chart.add_vrect(
            tried.low, tried.high, fillcolor=POSITIVE, opacity=0.12, line_width=0
        )
        chart.add_vline(
            tried.best, line={"color": NEGATIVE, "width": 1.5, "dash": "dot"}
        )
        reading += " Shaded: the rates that work. Dotted: the one to take."
    return Picture("Which learning rates work?", reading, _in_words(tried), chart)


def _in_words(tried: LearningRateRange) -> str:
    rows = tried.rows()
    told = "; ".join(
        f"{row['rate']:.2g}: "
        + ("no finite loss" if row["loss"] is None else f"{row['loss']:.3g}")
        for row in rows
    )
    tail = ""
    if tried.found is not None:
        tail = (
            f" Those from {tried.low:.2g} to {tried.high:.2g} work; the one to take is "
            f"{tried.best:.2g}."
        )
    return (
        f"{tried.heading}, {tried.before.mean():.3g} before training. Mean by rate, "
        f"{count(len(rows), 'rate')}: {told}.{tail}"
    )
