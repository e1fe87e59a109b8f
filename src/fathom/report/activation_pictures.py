"""Pictures of what a network computes for examples: activations, maps, attention."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from fathom.errors import InputError, did_you_mean, is_whole
from fathom.layers import Attention, Conv, ConvTranspose, Repeat
from fathom.report.chart import label
from fathom.report.colors import SEQUENTIAL, bare_figure
from fathom.report.histograms import sentences, small_histograms, spread, thinned_out
from fathom.report.picture import Picture
from fathom.report.tiles import (
    COLOR_BAR,
    averaged,
    columns_for,
    fitting,
    in_rows,
    tiles,
)

if TYPE_CHECKING:
    from fathom.model import Model
    from fathom.network import Network

# Rows that histograms are made of; more change little and take time.
MOST_ROWS = 512
MOST_HEADS = 8
# Heat maps with more cells than this are averaged.
MOST_CELLS = 36_000


def activation_histograms(model: Model, x: Any) -> Picture:
    """Return how the activations of every layer are spread over rows.

    Args:
        model: The model.
        x: Raw rows, as `model.predict` takes them; the first 512 are used.

    Raises:
        InputError: If there are no rows, or no layer has activations.
    """
    inputs = jax.tree.map(lambda a: a[:MOST_ROWS], model.inputs(x))
    n = len(jax.tree.leaves(inputs)[0])
    if not n:
        raise InputError("activation_histograms needs at least one row. Got none.")
    taps = model.network.forward(model.variables, inputs, listen=True).taps
    found = {a: np.asarray(own["activation"]) for a, own in taps.items()
             if "activation" in own}  # fmt: skip
    if not found:
        raise InputError("No layer of this network has activations to show.")
    spreads = {address: spread(found[address]) for address in thinned_out(list(found))}
    dead = {address: _silent(found[address]) for address in spreads}
    words = [f"{k} of {address}" for address, k in dead.items() if k]
    silent = f" Units that are 0 for all rows: {', '.join(words)}." if words else ""
    more = (
        f" {len(spreads)} of {len(found)} layers." if len(spreads) < len(found) else ""
    )
    return Picture(
        "What do the neurons of each layer answer?",
        "Each bar is the share of a layer's activations of about that size. All near "
        "0, or all at the ends of a sigmoid or tanh, is a layer that hardly learns."
        f"{more}",
        f"Activations by layer for {n} rows. {sentences(spreads)}.{silent}",
        chart=small_histograms(spreads),
    )


def _silent(values: np.ndarray) -> int:
    """Return how many units are 0 everywhere."""
    return int((values == 0).reshape(-1, values.shape[-1]).all(0).sum())


def feature_maps(model: Model, x: Any, row: int, layer: str | None = None) -> Picture:
    """Return what a convolution makes of one image: one map for each of its units.

    Args:
        model: The model.
        x: Raw rows, as `model.predict` takes them.
        row: Which one.
        layer: Address of a layer with maps, `repeat_1[2]/conv_1` in a `Repeat`. None
            takes the first convolution.

    Raises:
        InputError: If there is no such layer or row, or it has no maps.
    """
    taps = _tapped(model, x, row, "activation")
    images = {a: v for a, v in taps.items() if v.ndim == 3}
    first = _first(model.network, images, (Conv, ConvTranspose))
    address = _chosen(layer, first, images, "feature maps")
    maps = np.moveaxis(images[address], -1, 0)  # (units, height, width)
    shrunk = averaged(maps)
    units, height, width = shrunk.shape
    n = fitting(units, height, width)
    across = columns_for(n, height, width)
    grid = in_rows(shrunk[:n], across)
    name = address.rpartition("/")[2]
    more = f" The first {n} of {units} are shown." if n < units else ""
    more += " Neighboring places are averaged." if shrunk.shape != maps.shape else ""
    mean = np.abs(maps).mean((1, 2))
    silent = int((maps == 0).all((1, 2)).sum())
    return Picture(
        f"What does {name} find in row {row}?",
        "Each image is a feature map: strong color is where the filter found what it "
        "looks for, blue above 0 and orange below. Its address is the one at the left "
        f"plus the number above.{more}",
        f"{units} feature maps of {address} for row {row}, {maps.shape[1]} x "
        f"{maps.shape[2]} places. The most active is {name}:{mean.argmax()} with a "
        f"mean size of {mean.max():.3g}; {silent} are 0 everywhere.",
        chart=tiles(
            grid,
            [f"{name}:{i * across}" for i in range(len(grid))],
            [f"+{j}" for j in range(across)],
        ),
    )


def attention_maps(
    model: Model,
    x: Any,
    row: int,
    layer: str | None = None,
    tokens: Sequence[str] = (),
) -> Picture:
    """Return which steps each head of an attention looks at, for one row.

    Args:
        model: The model.
        x: Raw rows, as `model.predict` takes them.
        row: Which one.
        layer: Address of an `Attention`, `repeat_1[2]/residual_1/attention_1` in a
            `Repeat`. None takes the first.
        tokens: What the steps are called; numbers if not given.

    Raises:
        InputError: If there is no such layer or row.
    """
    taps = _tapped(model, x, row, "weights")
    weights = {a: v for a, v in taps.items() if v.ndim == 3}
    first = _first(model.network, weights, (Attention,))
    address = _chosen(layer, first, weights, "attention")
    p = weights[address]  # (heads, queries, keys)
    heads = min(len(p), MOST_HEADS)
    longest = max(8, int((MOST_CELLS / heads) ** 0.5))
    shown = averaged(p[:heads].astype(np.float32), longest)
    more = f" The first {heads} of {len(p)} heads." if heads < len(p) else ""
    more += " Neighboring steps are averaged." if shown.shape[1:] != p.shape[1:] else ""
    return Picture(
        f"Where does {address} look in row {row}?",
        "Each chart is a head. A row is a step that looks, a column a step that it "
        f"looks at; each row adds up to 1, and dark blue is most of it.{more}",
        f"Attention of {len(p)} heads over {p.shape[2]} steps. {_most_seen(p)}.",
        chart=_head_charts(shown, p.shape, tokens),
    )


def _most_seen(p: np.ndarray) -> str:
    """Return in words which step each head looks at most, on average."""
    mean = p.mean(1)  # (heads, keys)
    return "; ".join(
        f"head {i} looks most at step {own.argmax()} ({own.max():.0%} on average)"
        for i, own in enumerate(mean[:MOST_HEADS])
    )


def _head_charts(
    shown: np.ndarray, shape: tuple[int, ...], tokens: Sequence[str]
) -> Any:
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    heads, queries, keys = shown.shape
    across = heads if heads <= 2 else 2 if heads <= 4 else 4
    rows = -(-heads // across)
    height = 90 + (300 if rows == 1 else 250) * rows
    chart = make_subplots(
        rows=rows, cols=across, figure=bare_figure(height),
        subplot_titles=[f"head {i}" for i in range(heads)],
        horizontal_spacing=0.07, vertical_spacing=60 / height if rows > 1 else 0.1,
    )  # fmt: skip
    for i, own in enumerate(shown):
        heat = go.Heatmap(
            z=own, zmin=0, zmax=max(float(shown.max()), 1e-9), colorscale=SEQUENTIAL,
            showscale=i == 0, colorbar=COLOR_BAR,
            x0=0, dx=shape[2] / keys, y0=0, dy=shape[1] / queries,
            hovertemplate="step %{y} looks at %{x}: %{z:.3g}<extra></extra>",
        )  # fmt: skip
        chart.add_trace(heat, row=i // across + 1, col=i % across + 1)
    chart.update_yaxes(autorange="reversed", showgrid=False, zeroline=False, nticks=8)
    chart.update_xaxes(showgrid=False, zeroline=False, nticks=8)
    chart.update_annotations(font_size=12)
    if len(tokens) in shape[1:] and len(tokens) <= 24:
        names: Any = {"ticktext": [label(t, 12) for t in tokens]}
        names |= {"tickvals": list(range(len(tokens))), "tickfont": {"size": 10}}
        if len(tokens) == shape[2]:
            chart.update_xaxes(**names)
        if len(tokens) == shape[1]:
            chart.update_yaxes(**names)
    return chart


def _tapped(model: Model, x: Any, row: int, name: str) -> dict[str, np.ndarray]:
    """Return what each layer tapped under a name for one row, without the batch axis.

    Layers in a `Repeat` come once for every block, `repeat_1[0]/conv_1`.
    """
    inputs = model.inputs(x)
    n = len(jax.tree.leaves(inputs)[0])
    if not is_whole(row, 0) or row >= n:
        raise InputError(f"The data have rows 0 to {n - 1}. Got row {row!r}.")
    one = jax.tree.map(lambda a: a[row : row + 1], inputs)
    taps = model.network.forward(model.variables, one, listen=True).taps
    found: dict[str, np.ndarray] = {}
    for address, own in taps.items():
        if name in own:
            found |= _apart(model.network, address, np.asarray(own[name]))
    return {address: value[0] for address, value in found.items()}


def _apart(network: Network, address: str, value: np.ndarray) -> dict[str, np.ndarray]:
    """Return a tap by block, where a `Repeat` has stacked those of its blocks."""
    parts = address.split("/")
    found = {"": value}
    for i, part in enumerate(parts):
        plain = re.sub(r"\[[^]]*\]", "", "/".join(parts[: i + 1]))
        slash = "/" if i else ""
        if i + 1 < len(parts) and isinstance(network[plain], Repeat):
            found = {
                f"{path}{slash}{part}[{k}]": block
                for path, stacked in found.items()
                for k, block in enumerate(stacked)
            }
        else:
            found = {f"{path}{slash}{part}": own for path, own in found.items()}
    return found


def _first(
    network: Network, found: Mapping[str, np.ndarray], kinds: tuple[type, ...]
) -> str | None:
    """Return the first address whose layer is of a kind."""
    for address in found:
        if isinstance(network[re.sub(r"\[[^]]*\]", "", address)], kinds):
            return address
    return None


def _chosen(
    layer: str | None, first: str | None, found: Mapping[str, Any], what: str
) -> str:
    """Return the address that was asked for, or the first.

    Raises:
        InputError: If there is none.
    """
    address = first if layer is None else layer
    if address in found:
        return str(address)
    known = ", ".join(list(found)[:12]) or "none"
    guess = "" if layer is None else did_you_mean(layer, found)
    asked = "" if layer is None else f" Got {layer!r}."
    raise InputError(f"No such layer with {what}.{asked}{guess} Those with: {known}.")
