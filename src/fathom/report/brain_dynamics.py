"""Pictures of spiking cells: rasters, voltages, learning windows, rates, codes.

    run = fm.brain.simulate(cell, inputs, dt=0.1)
    spike_raster(run.spikes, dt=0.1)
    membrane_potential(run, cell, dt=0.1)

Each is a `Picture`: a Plotly figure with one line that says how to read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fathom.errors import InputError
from fathom.report.chart import count, label, line_mode, new_chart, thinned
from fathom.report.colors import GRID, NEGATIVE, NEUTRAL, POSITIVE, qualitative
from fathom.report.picture import Picture

# More cells or moments than these would be one gray area, and a heavy page.
MOST_CELLS = 200
MOST_MOMENTS = 4000
MOST_SPIKES = 20_000
# How far above the threshold a spike is drawn, as a share of what lies below it.
ABOVE = 1.0


def spike_raster(spikes: Any, dt: float = 1.0, most: int = MOST_CELLS) -> Picture:
    """Return when which cell fired.

    Args:
        spikes: (time, cells) boolean, or (time,) of one cell.
        dt: Length of a step in ms.
        most: Of how many cells; more are thinned out evenly.

    Raises:
        InputError: If there is no such array.
    """
    fired = np.asarray(spikes).astype(bool)
    fired = fired[:, None] if fired.ndim == 1 else fired
    if fired.ndim != 2 or not fired.size:
        raise InputError(
            f"spike_raster takes spikes (time, cells). Got an array of {fired.shape}."
        )
    steps, cells = fired.shape
    shown = thinned(cells, most)
    time, place = np.nonzero(fired[:, shown])
    kept = thinned(len(time), MOST_SPIKES)
    chart = new_chart("time, ms", "cell", legend=False)
    chart.add_scattergl(
        x=(time[kept] * dt).round(4), y=shown[place[kept]], mode="markers",
        marker={"symbol": "line-ns", "size": _mark(len(shown)), "color": POSITIVE,
                "line": {"width": 1.2, "color": POSITIVE}},
        hovertemplate="cell %{y} fired at %{x} ms<extra></extra>",
    )  # fmt: skip
    chart.update_xaxes(range=[0, steps * dt])
    chart.update_yaxes(range=[-0.5, cells - 0.5], tickformat="d", zeroline=False)
    if cells <= 6:
        chart.update_yaxes(dtick=1)
    rates = fired.sum(0) / (steps * dt) * 1000
    cut = f" {len(shown)} of {cells} cells are shown." if len(shown) < cells else ""
    return Picture(
        "Who fires when?",
        "Each row is a cell and each mark a spike. Marks in one column are cells that "
        f"fire together; an even row is a regular cell, an empty one silent.{cut}",
        f"{count(int(fired.sum()), 'spike')} of {count(cells, 'cell')} in "
        f"{steps * dt:g} ms. Rates from {rates.min():.3g} to {rates.max():.3g} Hz, "
        f"{rates.mean():.3g} Hz on average.",
        chart=chart,
    )


def _mark(rows: int) -> float:
    """Return how tall a mark is: it fills its row, within what can be seen."""
    return float(np.clip(240 / rows, 2, 22))


def membrane_potential(
    simulation: Any, neuron: Any, dt: float = 1.0, cell: int = 0
) -> Picture:
    """Return the voltage of one cell, with threshold and refractory periods.

    Args:
        simulation: Of `fathom.brain.simulate`.
        neuron: The model that was simulated.
        dt: Length of a step in ms.
        cell: Which one, if there are several.

    Raises:
        InputError: If there is no such cell.
    """
    voltage = np.asarray(simulation.voltage)
    voltage = voltage.reshape(len(voltage), -1)
    if not 0 <= cell < voltage.shape[1]:
        raise InputError(
            f"There are cells 0 to {voltage.shape[1] - 1}. Got cell {cell}."
        )
    fired = np.asarray(simulation.spikes).reshape(voltage.shape)[:, cell]
    voltage = voltage[:, cell]
    chart = new_chart("time, ms", "membrane potential, mV")
    time = np.arange(len(voltage)) * dt
    threshold = getattr(neuron, "threshold", None)
    top = float(voltage.max() if threshold is None else max(threshold, voltage.max()))
    peak = top + ABOVE * max(top - float(voltage.min()), 1.0)
    kept = thinned(len(voltage), MOST_MOMENTS)
    kept = np.union1d(kept, np.flatnonzero(fired))
    x, y = _with_spikes(time[kept], voltage[kept], fired[kept], peak)
    chart.add_scatter(
        x=x, y=y, mode="lines", name="voltage",
        line={"color": POSITIVE, "width": 1.5},
        hovertemplate="%{x} ms: %{y:.2f} mV<extra></extra>",
    )  # fmt: skip
    words = [f"The voltage lies between {voltage.min():.4g} and {voltage.max():.4g} mV"]
    words.append(f"the cell fires {count(int(fired.sum()), 'time')}")
    if threshold is not None:
        _threshold(chart, float(threshold), float(time[-1]))
        words.append(f"the threshold is {threshold:g} mV")
    refractory = float(getattr(neuron, "refractory", 0.0))
    for moment in time[fired] if refractory else ():
        chart.add_vrect(
            x0=moment, x1=moment + refractory, fillcolor=GRID, line_width=0,
            layer="below",
        )  # fmt: skip
    bands = " Gray: refractory, the cell ignores all input." if refractory else ""
    return Picture(
        "When does the cell reach its threshold?",
        "The line is the voltage: inputs lift it, it leaks back to rest, and at the "
        f"dotted threshold it fires (the tall stroke) and is reset.{bands}",
        f"{'; '.join(words)}.",
        chart=chart,
    )


def _with_spikes(
    time: np.ndarray, voltage: np.ndarray, fired: np.ndarray, peak: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the line with a stroke up to the peak at each spike, then the reset."""
    places = np.flatnonzero(fired)
    x = np.insert(time, places, time[places])
    y = np.insert(voltage.astype(float), places, peak)
    return x.round(4), y.round(4)


def _threshold(chart: Any, value: float, end: float) -> None:
    chart.add_scatter(
        x=[0, end], y=[value, value], mode="lines", name=f"threshold, {value:g} mV",
        line={"color": NEGATIVE, "width": 1.5, "dash": "dot"}, hoverinfo="skip",
    )  # fmt: skip


def stdp_window(rule: Any, reach: float = 80.0) -> Picture:
    """Return what one pair of spikes changes, by the time between them.

    Args:
        rule: `fathom.brain.PairSTDP`, or another with `window(delay)`.
        reach: Up to how many ms before and after.

    Raises:
        InputError: If the rule has no window.
    """
    if not hasattr(rule, "window"):
        raise InputError(
            f"stdp_window takes a rule with a window, such as PairSTDP. Got "
            f"{type(rule).__name__}, in which a pair's effect depends on more."
        )
    before = np.linspace(-reach, 0, 161)[:-1]
    after = np.linspace(0, reach, 161)
    chart = new_chart("spike after less spike before, ms", "change of w")
    change = np.concatenate([np.asarray(rule.window(t)) for t in (before, after)])
    for delays, sign, name in (
        (after, POSITIVE, "stronger"),
        (before, NEGATIVE, "weaker"),
    ):
        chart.add_scatter(
            x=delays, y=np.asarray(rule.window(delays)), mode="lines", name=name,
            line={"color": sign, "width": 2.5}, fill="tozeroy",
            hovertemplate="%{x:.3g} ms: %{y:.3g}<extra></extra>",
        )  # fmt: skip
    chart.update_xaxes(zeroline=True, zerolinecolor=NEUTRAL)
    chart.update_yaxes(zeroline=True, zerolinecolor=NEUTRAL)
    here = float(np.asarray(rule.window(0.0)))
    return Picture(
        "Which order of two spikes strengthens a synapse?",
        "Right of 0 the cell before the synapse fires first and may have caused the "
        "other's spike: stronger. Left of 0 it comes too late: weaker. The further "
        "apart, the less.",
        f"The change goes from {change.min():.3g} just below 0 ms to {here:.3g} at 0 "
        f"ms, where both fire in the same step, and fades over about "
        f"{rule.time_plus:g} ms after and {rule.time_minus:g} ms before.",
        chart=chart,
    )


def rate_curve(
    currents: Any, rates: Any, formula: Any = None, unit: str = "nA"
) -> Picture:
    """Return how fast a cell fires by its current: the f-I curve.

    Args:
        currents: (n,) constant currents.
        rates: (n,) Hz that were measured in a simulation.
        formula: (n,) Hz by the formula, drawn as a line below the points.
        unit: Of the currents.

    Raises:
        InputError: If there are not as many of each.
    """
    x, y = np.asarray(currents, float), np.asarray(rates, float)
    line = None if formula is None else np.asarray(formula, float)
    if (
        x.ndim != 1
        or x.shape != y.shape
        or (line is not None and line.shape != x.shape)
    ):
        raise InputError(
            "rate_curve takes as many rates, and formula values, as currents."
        )
    chart = new_chart(f"constant current, {unit}", "rate, Hz")
    words = f"From {y.min():.3g} to {y.max():.3g} Hz."
    if line is not None:
        chart.add_scatter(
            x=x, y=line, mode="lines", name="formula",
            line={"color": NEUTRAL, "width": 1.5},
        )  # fmt: skip
        fires = (line > 0) & (y > 0)
        off = np.abs(y[fires] / line[fires] - 1).max(initial=0.0)
        words += f" At most {100 * off:.2g}% from the formula."
    chart.add_scatter(
        x=x, y=y, mode="markers", name="simulated",
        marker={"color": POSITIVE, "size": 7},
        hovertemplate="%{x:.3g}: %{y:.4g} Hz<extra></extra>",
    )  # fmt: skip
    return Picture(
        "How does the rate follow the input?",
        "Left of the foot the current never reaches the threshold. Beyond it the rate "
        "rises steeply, then more slowly towards one over the refractory period.",
        words,
        chart=chart,
    )


def carried(
    windows: Any, bits: Mapping[str, Any], whole: float, what: str = "bits"
) -> Picture:
    """Return what codes carry by how long one listens.

    Args:
        windows: (n,) ms.
        bits: For each code, (n,) what its decoder got, such as bits or accuracy.
        whole: All there is to get, a dotted line.
        what: That is measured.
    """
    chart = new_chart("time that one listens, ms", label(what))
    windows = np.asarray(windows, float)
    for (name, got), color in zip(
        bits.items(), qualitative(bits).values(), strict=True
    ):
        chart.add_scatter(
            x=windows, y=np.asarray(got, float), name=label(name),
            mode=line_mode(len(windows)) if len(windows) > 20 else "lines+markers",
            line={"color": color, "width": 2},
            hovertemplate=f"{label(name)}, %{{x}} ms: %{{y:.3g}}<extra></extra>",
        )  # fmt: skip
    chart.add_hline(y=whole, line={"color": NEUTRAL, "width": 1.5, "dash": "dot"})
    chart.update_xaxes(
        type="log", tickvals=windows, ticktext=[f"{w:g}" for w in windows]
    )
    chart.update_yaxes(rangemode="tozero")
    last = "; ".join(
        f"{name} {float(np.asarray(got)[-1]):.3g}" for name, got in bits.items()
    )
    return Picture(
        "How much does a code carry, and how soon?",
        "Higher is more, further left is sooner; the dotted line is all there is. "
        "Codes by rate need time to count, codes by time or by cell do not.",
        f"After {windows[-1]:g} ms: {last}. All there is: {whole:.3g}.",
        chart=chart,
    )
