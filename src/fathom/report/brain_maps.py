"""Pictures of vision and encoding: tuning curves, receptive fields, encoding maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.errors import InputError
from fathom.report.chart import count, label, labels, new_chart, share
from fathom.report.colors import NEUTRAL, QUALITATIVE
from fathom.report.picture import Picture
from fathom.report.tiles import averaged, columns_for, fitting, in_rows, tiles

if TYPE_CHECKING:
    from fathom.brain.tuning import OrientationTuning

MOST_CURVES = 8
# Targets drawn as points; more are thinned out.
MOST_POINTS = 4000


def tuning_curves(
    tuning: OrientationTuning, names: Sequence[str] | None = None
) -> Picture:
    """Return how strongly cells answer bars of each orientation.

    Args:
        tuning: From `fathom.brain.orientation_tuning`; of many cells the most
            selective are shown.
        names: Of the cells; None numbers them.

    Raises:
        InputError: If there are not as many names as cells.
    """
    import plotly.graph_objects as go

    n = len(tuning.preferred)
    names = [f"cell {i}" for i in range(n)] if names is None else list(names)
    if len(names) != n:
        raise InputError(f"{n} cells need {n} names. Got {len(names)}.")
    shown = np.argsort(-tuning.selectivity, kind="stable")[:MOST_CURVES]
    shown.sort()
    chart = new_chart("orientation of the bars, degrees", "response, share of the most")
    turned = np.append(tuning.orientations, tuning.orientations[0] + 180)
    for k, (i, name) in enumerate(zip(shown, labels(names[i] for i in shown),
                                      strict=True)):  # fmt: skip
        curve = tuning.responses[:, i] / (tuning.responses[:, i].max() or 1.0)
        chart.add_trace(
            go.Scatter(
                x=turned, y=np.append(curve, curve[0]), name=name,
                mode="lines+markers", marker={"size": 5},
                line={"color": QUALITATIVE[k % len(QUALITATIVE)]},
            )
        )  # fmt: skip
    chart.update_xaxes(dtick=45)
    chart.update_yaxes(rangemode="tozero")
    left = f" The most selective {len(shown)} of {n}." if len(shown) < n else ""
    told = "; ".join(
        f"{names[i]} prefers {tuning.preferred[i]:g} degrees, selectivity "
        f"{tuning.selectivity[i]:.2f}, F1/F0 {tuning.modulation[i]:.2f}"
        for i in shown
    )
    return Picture(
        "Which orientation does each cell answer?",
        "Each line is a cell: the higher and narrower its peak, the more it answers "
        f"bars of that orientation only; 180 degrees is 0 again.{left}",
        f"Responses to drifting gratings. {told}.",
        chart,
    )


def receptive_fields(
    fields: Any, names: Sequence[str] | None = None, most: int = 64
) -> Picture:
    """Return receptive fields as small images: Gabor filters, a network's filters.

    Args:
        fields: (n, height, width), or a `fathom.brain.GaborBank`.
        names: Of the fields, one row of them only; None leaves them without.
        most: How many are shown at most.

    Raises:
        InputError: If the fields are no such images.
    """
    images = np.asarray(getattr(fields, "filters", fields), np.float32)
    if images.ndim != 3 or not images.size:
        raise InputError(
            f"Receptive fields must be (n, height, width). Got shape {images.shape}."
        )
    n = len(images)
    images = averaged(images)[: fitting(n, *images.shape[1:], most=most)]
    # A faint field is seen as well as a strong one.
    scale = np.abs(images).max(axis=(1, 2), keepdims=True)
    images = images / np.where(scale > 0, scale, 1)
    across = len(images) if names else columns_for(len(images), *images.shape[1:])
    chart = tiles(in_rows(images, across), (), labels(names or ()))
    left = f" The first {len(images)} of {n}." if len(images) < n else ""
    return Picture(
        "What does each cell look for?",
        "Blue places excite the cell when they are bright, orange ones when they are "
        f"dark; stripes are bars of that orientation. Each on its own scale.{left}",
        f"{count(n, 'receptive field')} of {images.shape[1]} x {images.shape[2]} "
        "places.",
        chart,
    )


def encoding_map(
    scores: Mapping[str, Any] | Any,
    ceiling: Any = None,
    *,
    is_simulated: bool = False,
) -> Picture:
    """Return how well every target is predicted, by model or layer.

    Args:
        scores: (targets,) R^2 or correlations, or a dict of such by the name of the
            model, the layer or the band.
        ceiling: (targets,) the best score that any model can have.
        is_simulated: Whether the responses were simulated, which the picture then says.

    Raises:
        InputError: If the scores have not the same targets.
    """
    import plotly.graph_objects as go

    by_name = scores if isinstance(scores, Mapping) else {"model": scores}
    values = {name: np.asarray(each, np.float64) for name, each in by_name.items()}
    if ceiling is not None:
        values["ceiling"] = np.asarray(ceiling, np.float64)
    shapes = {each.shape for each in values.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1 or next(iter(shapes)) == (0,):
        raise InputError(
            "An encoding map needs one score for each target, the same targets for "
            f"each model. Got shapes {sorted(shapes)}."
        )
    n = next(iter(shapes))[0]
    order = np.argsort(-next(reversed(list(values.values()))), kind="stable")
    order = order[np.unique(np.linspace(0, n - 1, min(n, MOST_POINTS)).astype(int))]
    chart = new_chart("targets, the best predicted first", "score")
    for k, (name, each) in enumerate(values.items()):
        is_ceiling = name == "ceiling" and ceiling is not None
        color = NEUTRAL if is_ceiling else QUALITATIVE[k % len(QUALITATIVE)]
        style: dict[str, Any] = (
            {"mode": "lines", "line": {"color": color, "dash": "dot"}}
            if is_ceiling
            else {"mode": "markers", "marker": {"color": color, "size": 5}}
        )
        chart.add_trace(
            go.Scatter(
                x=np.arange(len(order)), y=each[order], name=label(name),
                customdata=order, **style,
                hovertemplate="target %{customdata}: %{y:.3f}<extra></extra>",
            )
        )  # fmt: skip
    told = "; ".join(f"{k}: mean {v.mean():.3f}" for k, v in values.items())
    what = "Simulated responses, no measurement. " if is_simulated else ""
    dotted = ", and the dotted line is about the best possible" * (ceiling is not None)
    above = share(float(np.mean(next(iter(values.values())) > 0)))
    return Picture(
        "Which targets are predicted, and by what?",
        f"{what}Each point is a target (voxel, cell, channel), the same place for all "
        "colors; the higher, the better it is predicted, 0 is no better than its mean"
        f"{dotted}.",
        f"{what}{count(n, 'target')}, {above} of them above 0 with the first. {told}.",
        chart,
    )


def response_function(
    times: Any, weights: Any, names: Sequence[str] | None = None
) -> Picture:
    """Return how a response follows each feature over time.

    Args:
        times: (lags,) in seconds.
        weights: (features, lags) of one target, as `coef_[target]` of a
            `fathom.brain.TemporalResponseFunction`.
        names: Of the features; None numbers them.

    Raises:
        InputError: If the shapes do not fit.
    """
    import plotly.graph_objects as go

    lags, curves = np.asarray(times, np.float64), np.asarray(weights, np.float64)
    if curves.ndim != 2 or curves.shape[1] != len(lags):
        raise InputError(
            f"Weights must be (features, {len(lags)} lags). Got shape {curves.shape}."
        )
    names = list(names or (f"feature {i}" for i in range(len(curves))))
    strength = np.abs(curves).max(axis=1)
    shown = np.sort(np.argsort(-strength, kind="stable")[:MOST_CURVES])
    chart = new_chart("seconds after the stimulus", "weight")
    for k, i in enumerate(shown):
        chart.add_trace(
            go.Scatter(
                x=lags, y=curves[i], name=label(names[i]), mode="lines",
                line={"color": QUALITATIVE[k % len(QUALITATIVE)]},
            )
        )  # fmt: skip
    told = "; ".join(
        f"{names[i]} is strongest at {lags[np.abs(curves[i]).argmax()]:.3g} s"
        for i in shown
    )
    return Picture(
        "When does the response follow the stimulus?",
        "Each line is a feature: above 0 the response rises so long after the feature "
        "does, below 0 it falls.",
        f"{count(len(curves), 'feature')}, {count(len(lags), 'lag')}: {told}.",
        chart,
    )
