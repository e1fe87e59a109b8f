"""Charts of how training went: loss, metrics and learning rate by epoch.

    picture = loss_curves(result.history, result.best_epoch)

Each takes a `History`, or any mapping of columns by name, one number an epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fathom.metrics import METRICS
from fathom.report.chart import count, line_mode, new_chart, thinned, whole
from fathom.report.colors import NEGATIVE, NEUTRAL, POSITIVE
from fathom.report.picture import Picture
from fathom.report.power_axis import power_axis
from fathom.verdict import label as metric_label

MOST_EPOCHS = 1000
# From here on the late epochs would be a flat line at the bottom of a linear axis.
LOG_FROM = 20.0
# Where an axis from 0 ends if all values are alike.
ABOVE = 1.08

Columns = Mapping[str, Any]


def loss_curves(history: Columns, best_epoch: int | None = None) -> Picture:
    """Return the loss by epoch, on training and on validation rows.

    Args:
        history: With "epoch", "loss" and, if there were such rows, "validation_loss".
        best_epoch: The epoch whose weights were kept, from 1; None marks none.
    """
    validated = "validation_loss" in history
    question = "Is the loss still falling" + (
        ", and does validation follow?" if validated else "?"
    )
    reading = "Lower is better."
    if validated:
        reading += (
            " Where training falls and validation rises, the network learns its"
            " training rows by heart."
        )
    return _curves(history, "loss", best_epoch, question, reading)


def metric_curves(
    history: Columns, best_epoch: int | None = None
) -> tuple[Picture, ...]:
    """Return one picture for each metric of the history, such as accuracy."""
    names = [name for name in METRICS if name in history]
    return tuple(_metric_curve(history, name, best_epoch) for name in names)


def _metric_curve(history: Columns, name: str, best_epoch: int | None) -> Picture:
    better = "Higher" if METRICS[name].higher_is_better else "Lower"
    title = metric_label(name)
    question = f"How does the {title} develop?"
    reading = (
        f"{better} is better. On training rows it is the mean over the epoch, while "
        f"the weights still moved, so it can lag behind validation."
    )
    return _curves(history, name, best_epoch, question, reading)


def learning_rate_curve(history: Columns) -> Picture | None:
    """Return the learning rate by epoch; None if it is constant or not known."""
    if "learning_rate" not in history:
        return None
    rates = _numbers(history["learning_rate"])
    if not len(rates) or np.ptp(rates) <= 1e-6 * np.max(np.abs(rates)):
        return None
    kept = thinned(len(rates), MOST_EPOCHS)
    epochs = _numbers(history["epoch"])
    chart = new_chart("epoch", "learning rate", height=260, legend=False)
    chart.add_scatter(x=epochs[kept], y=rates[kept], mode="lines", line_color=POSITIVE)
    chart.update_xaxes(whole(epochs.max()))
    _choose_axis(chart, [rates])
    top = int(np.argmax(rates))
    return Picture(
        "How large were the steps?",
        "The learning rate at the end of each epoch, as the schedule set it.",
        f"The learning rate over {count(len(rates), 'epoch')}: {rates[0]:.3g} after "
        f"the first, at most {rates[top]:.3g} (epoch {int(epochs[top])}), "
        f"{rates[-1]:.3g} after the last.",
        chart,
    )


def _curves(
    history: Columns, name: str, best_epoch: int | None, question: str, reading: str
) -> Picture:
    """Return a column and its validation twin by epoch."""
    epochs = _numbers(history["epoch"])
    lines = {"training": _numbers(history[name])}
    if f"validation_{name}" in history:
        lines["validation"] = _numbers(history[f"validation_{name}"])
    title = metric_label(name)
    chart = new_chart("epoch", title)
    kept = thinned(len(epochs), MOST_EPOCHS)
    for (part, values), color in zip(lines.items(), (POSITIVE, NEGATIVE), strict=False):
        shown = _gaps(values[kept])
        chart.add_scatter(
            x=epochs[kept],
            y=shown,
            name=part,
            mode=line_mode(len(kept)),
            line={"color": color, "width": 2},
        )
    chart.update_xaxes(whole(epochs.max(initial=0)))
    _choose_axis(chart, list(lines.values()), steep=name == "loss")
    parts = [_in_words(part, epochs, values) for part, values in lines.items()]
    if best_epoch is not None and best_epoch in epochs:
        _mark(chart, best_epoch)
        reading += f" The dotted line: epoch {best_epoch}, whose weights were kept."
        at = int(np.flatnonzero(epochs == best_epoch)[0])
        last = list(lines)[-1]
        value = f"{last} {title} {lines[last][at]:.4g}"
        parts.append(f"The weights kept are those of epoch {best_epoch} ({value}).")
    text = f"The {title} over {count(len(epochs), 'epoch')}. {' '.join(parts)}"
    return Picture(question, reading, text, chart)


def _in_words(part: str, epochs: np.ndarray, values: np.ndarray) -> str:
    if not np.isfinite(values).any():
        return f"{part.capitalize()}: no finite value."
    low, high = int(np.nanargmin(values)), int(np.nanargmax(values))
    return (
        f"{part.capitalize()}: {values[0]:.4g} at first, {values[-1]:.4g} at last, "
        f"lowest {values[low]:.4g} (epoch {int(epochs[low])}), highest "
        f"{values[high]:.4g} (epoch {int(epochs[high])})."
    )


def _mark(chart: Any, epoch: int) -> None:
    """Draw a dotted line at an epoch, named in the legend."""
    chart.add_scatter(
        x=[epoch, epoch],
        y=[0, 1],
        yaxis="y2",
        name=f"kept: epoch {epoch}",
        mode="lines",
        line={"color": NEUTRAL, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )
    # An axis of its own, so that the line does not stretch that of the values.
    chart.update_layout(
        yaxis2={
            "overlaying": "y",
            "range": [0, 1],
            "visible": False,
            "fixedrange": True,
        }
    )


def _choose_axis(chart: Any, lines: list[np.ndarray], *, steep: bool = True) -> None:
    """Choose the vertical axis by the values drawn.

    It is logarithmic where they span more than one factor of 20, if they may be steep;
    where they are all alike, it begins at 0.
    """
    values = np.concatenate(lines)
    values = values[np.isfinite(values)]
    if not values.size:
        return
    low, high = float(values.min()), float(values.max())
    if low == high:
        ends = sorted((0.0, high * ABOVE)) if high else [0.0, 1.0]
        chart.update_layout(yaxis={"range": ends})
    elif steep and low > 0 and high / low > LOG_FROM:
        chart.update_layout(yaxis=power_axis(values))


def _numbers(values: Any) -> np.ndarray:
    return np.array([np.nan if v is None else v for v in values], float)


def _gaps(values: np.ndarray) -> list[float | None]:
    """Return values with None, a gap in the line, for those that are not finite."""
    return [float(v) if np.isfinite(v) else None for v in values]
