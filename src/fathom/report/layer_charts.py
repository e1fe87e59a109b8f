"""Charts of what each layer did while training: gradients, updates, activations.

    gradient_norms(result.history), update_ratios(result.history), ...

They read the records of single steps (`fathom.record`); without records, each gives
None.
"""

from __future__ import annotations

import numpy as np

from fathom.record.history import History
from fathom.report.chart import count, label, line_mode, new_chart, thinned, whole
from fathom.report.colors import NEUTRAL, QUALITATIVE
from fathom.report.gradient_pictures import gradient_by_layer
from fathom.report.picture import Picture
from fathom.report.power_axis import power_axis

# More lines could not be told apart; those shown are spread over the depth.
MOST_LAYERS = 8
MOST_STEPS = 400
# What an update usually is of a weight (see `gradient_by_layer`).
USUAL_RATIO = 1e-3


def gradient_norms(history: History) -> Picture | None:
    """Return the norm of the gradient in every layer over the steps."""
    return _lines(
        history,
        "gradient_norm",
        "norm of the gradient",
        "Do the gradients reach every layer?",
        "One line for each layer, on a scale of powers of ten. Lines far below the "
        "others are layers that hardly learn; lines that rise to the end explode.",
    )


def update_ratios(history: History) -> Picture | None:
    """Return how much each step changed the weights, relative to their size."""
    return _lines(
        history,
        "update_ratio",
        "update / weight",
        "Is the learning rate right for every layer?",
        "What a step changed as a share of the weights. Around a thousandth is usual "
        "(the dotted line); a tenth tears the layer about, a millionth is standstill.",
        line=USUAL_RATIO,
    )


def layers_at_the_end(history: History) -> Picture | None:
    """Return gradient and update by layer, the median of the last tenth of records."""
    found: dict[str, dict[str, float]] = {}
    for name in ("gradient_norm", "update_ratio"):
        if name not in history.layers.statistics:
            return None
        addresses, table = history.layers.table(name)
        last = np.median(table[-max(1, len(table) // 10) :], axis=0)
        found[name] = dict(zip(addresses, map(float, last), strict=True))
    if not found["gradient_norm"]:
        return None
    return gradient_by_layer(found["gradient_norm"], found["update_ratio"])


def activations_over_time(history: History) -> Picture | None:
    """Return mean and spread of every layer's outputs over the steps."""
    if "activation_mean" not in history.layers.statistics:
        return None
    addresses, means = history.layers.table("activation_mean")
    spreads = history.layers.table("activation_spread")[1]
    chosen, kept = _chosen(len(addresses)), thinned(len(means), MOST_STEPS)
    steps = history.steps[kept]
    chart = new_chart("step", "activation")
    for i, color in zip(chosen, QUALITATIVE * 2, strict=False):
        middle, half = means[kept, i], spreads[kept, i]
        name = label(addresses[i])
        band = np.concatenate([middle + half, (middle - half)[::-1]])
        around = np.concatenate([steps, steps[::-1]])
        chart.add_scatter(
            x=around, y=band, fill="toself", fillcolor=color, opacity=0.15,
            line_width=0, hoverinfo="skip", showlegend=False, legendgroup=name,
        )  # fmt: skip
        chart.add_scatter(
            x=steps, y=middle, name=name, legendgroup=name,
            mode=line_mode(len(kept)), line={"color": color, "width": 2},
        )  # fmt: skip
    chart.update_xaxes(whole(history.steps[-1]))
    words = "; ".join(
        f"{addresses[i]} from {means[0, i]:.3g} +- {spreads[0, i]:.3g} to "
        f"{means[-1, i]:.3g} +- {spreads[-1, i]:.3g}"
        for i in chosen
    )
    return Picture(
        "What do the layers give?",
        "The line is the mean of a layer's outputs, the band one standard deviation. "
        "A band that closes gives the same for every row; one that opens without end "
        f"explodes.{_left_out(len(addresses), len(chosen))}",
        f"Activations of {count(len(chosen), 'layer')}: {words}.",
        chart,
    )


def silent_units(history: History) -> Picture | None:
    """Return the share of dead and saturated units, None where there are none."""
    lines: dict[str, np.ndarray] = {}
    for name, word in (("dead_units", "dead"), ("saturated_units", "saturated")):
        if name in history.layers.statistics:
            addresses, table = history.layers.table(name)
            own = {f"{a}, {word}": table[:, i] for i, a in enumerate(addresses)}
            lines |= {k: v for k, v in own.items() if np.nanmax(v, initial=0) > 0}
    if not lines:
        return None
    worst = sorted(lines, key=lambda name: -float(np.nanmax(lines[name])))
    shown = worst[:MOST_LAYERS]
    kept = thinned(len(history.steps), MOST_STEPS)
    chart = new_chart("step", "share of the units")
    for name, color in zip(shown, QUALITATIVE * 2, strict=False):
        chart.add_scatter(
            x=history.steps[kept], y=lines[name][kept], name=label(name),
            mode=line_mode(len(kept)), line={"color": color, "width": 2},
        )  # fmt: skip
    chart.update_xaxes(whole(history.steps[-1]))
    chart.update_yaxes(tickformat=".2~%", rangemode="tozero")
    most = shown[0]
    return Picture(
        "Do all neurons take part?",
        "Dead units give 0 for every row of a batch, saturated ones stand at a limit "
        f"of their function: neither learns.{_left_out(len(worst), len(shown))}",
        f"The most: {most}, {np.nanmax(lines[most]):.0%} at most and "
        f"{lines[most][-1]:.0%} at the end.",
        chart,
    )


def _lines(
    history: History,
    statistic: str,
    title: str,
    question: str,
    reading: str,
    line: float | None = None,
) -> Picture | None:
    if statistic not in history.layers.statistics:
        return None
    addresses, table = history.layers.table(statistic)
    chosen, kept = _chosen(len(addresses)), thinned(len(table), MOST_STEPS)
    chart = new_chart("step", title)
    for i, color in zip(chosen, QUALITATIVE * 2, strict=False):
        values = np.where(table[kept, i] > 0, table[kept, i], np.nan)
        chart.add_scatter(
            x=history.steps[kept], y=values, name=label(addresses[i]),
            mode=line_mode(len(kept)),
            line={"color": color, "width": 2},
        )  # fmt: skip
    if line is not None:
        chart.add_hline(y=line, line={"color": NEUTRAL, "dash": "dot", "width": 1})
    chart.update_xaxes(whole(history.steps[-1]))
    drawn = table[kept][:, chosen].ravel()
    chart.update_yaxes(power_axis([*drawn, *([] if line is None else [line])]))
    words = "; ".join(
        f"{addresses[i]} {table[0, i]:.3g} at first, {table[-1, i]:.3g} at last"
        for i in chosen
    )
    return Picture(
        question,
        f"{reading}{_left_out(len(addresses), len(chosen))}",
        f"{title.capitalize()} over {count(len(history.steps), 'recorded step')}: "
        f"{words}.",
        chart,
    )


def _chosen(n: int) -> list[int]:
    """Return which of n layers are drawn: all, or some from the first to the last."""
    if n <= MOST_LAYERS:
        return list(range(n))
    return sorted(set(np.linspace(0, n - 1, MOST_LAYERS).round().astype(int).tolist()))


def _left_out(n: int, shown: int) -> str:
    return f" {shown} of {n} are drawn." if shown < n else ""
