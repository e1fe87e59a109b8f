"""Scores of the settings that a search has tried, along one of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.errors import choose
from fathom.report.chart import count, label, new_chart
from fathom.report.colors import NEGATIVE, NEUTRAL, POSITIVE
from fathom.report.picture import Picture
from fathom.report.power_axis import power_axis

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from fathom.tuning.tuning import Trial, Tuning

# The chart goes this far beyond the median score, as a multiple of how far the median
# is from the best: scores of runs that diverged would flatten all the others.
BEYOND = 3.0
# A range of more than a power of ten is drawn on a logarithmic axis.
WIDE = 10.0
MOST_TOLD = 10


def scores_of_trials(found: Tuning, setting: str | None = None) -> Picture:
    """Return the score of every trial along a setting, the best marked.

    Args:
        found: The search.
        setting: What the horizontal axis shows, a setting that was searched; None takes
            the number with the most different values.

    Raises:
        InputError: If no such setting was searched.
    """
    names = list(found.trials[0].setting)
    if setting is not None:
        choose(dict.fromkeys(names), setting, "setting of the search")
    name = setting or _axis(found.trials, names)
    shown = [trial for trial in found.trials if _is_inside(found, trial)]
    chart = new_chart(name, f"{found.scoring} on rows held out", height=380)
    full = [one for one in shown if one.trained >= found.epochs]
    early = [one for one in shown if one.trained < found.epochs]
    _add(chart, found, name, early, "stopped early", NEUTRAL, "circle-open")
    _add(chart, found, name, full, "trained to the end", POSITIVE, "circle")
    _add(chart, found, name, [found.best], "the best", NEGATIVE, "diamond")
    chart.update_layout(xaxis=_x_axis(found.trials, name))
    better = "Higher" if found.higher_is_better else "Lower"
    left_out = len(found.trials) - len(shown)
    reading = f"{better} is better. Open: given up for better ones before the end."
    if left_out:
        reading += f" {count(left_out, 'trial')} far worse or not finite: not drawn."
    return Picture("Which settings are good?", reading, _words(found), chart)


def _axis(trials: Sequence[Trial], names: Sequence[str]) -> str:
    """Return the number with the most different values, or the first setting."""

    def worth(name: str) -> tuple[bool, int]:
        values = [trial.setting[name] for trial in trials]
        return all(map(_is_number, values)), len(set(map(str, values)))

    return max(names, key=worth)


def _add(
    chart: go.Figure,
    found: Tuning,
    name: str,
    some: Sequence[Trial],
    what: str,
    color: str,
    symbol: str,
) -> None:
    if not some:
        return
    chart.add_scatter(
        x=[_place(trial.setting[name]) for trial in some],
        y=[trial.score for trial in some],
        mode="markers",
        name=what,
        marker={"color": color, "symbol": symbol, "size": 11 if what == "the best"
                else 7},
        hovertext=[_said(found, trial) for trial in some],
        hoverinfo="text",
    )  # fmt: skip


def _x_axis(trials: Sequence[Trial], name: str) -> dict[str, Any]:
    values = [trial.setting[name] for trial in trials]
    if not all(map(_is_number, values)):
        return {"type": "category"}
    low, high = min(values), max(values)
    return power_axis(values) if low > 0 and high / low > WIDE else {}


def _place(value: Any) -> Any:
    return value if _is_number(value) else label(_short(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_inside(found: Tuning, trial: Trial) -> bool:
    """Say whether a trial's score is not too far from the best to be drawn."""
    scores = [one.score for one in found.trials if math.isfinite(one.score)]
    if not math.isfinite(trial.score):
        return False
    far = abs(float(np.median(scores)) - found.best.score)
    return abs(trial.score - found.best.score) <= (1 + BEYOND) * far or not far


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def _named(trial: Trial) -> str:
    return "; ".join(f"{n} {_short(v)}" for n, v in trial.setting.items())


def _said(found: Tuning, trial: Trial) -> str:
    score = f"{label(found.scoring)} {trial.score:.4g}"
    when = count(trial.epochs, "epoch")
    return f"{label(_named(trial), 200)}<br>{score} after {when}"


def _words(found: Tuning) -> str:
    told = ". ".join(
        f"{_named(trial)}: {trial.score:.4g} after {count(trial.epochs, 'epoch')}"
        for trial in found.ranked[:MOST_TOLD]
    )
    return (
        f"{found.scoring} on rows held out of {count(len(found.trials), 'trial')}, the "
        f"best first. {told}."
    )
