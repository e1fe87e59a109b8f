"""Pictures of what a network has learned: its weights, and the first layer's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.errors import InputError
from fathom.layers import Conv, Dense, Layer
from fathom.report.chart import label
from fathom.report.colors import DIVERGING, bare_figure
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
from fathom.variables import split_state

if TYPE_CHECKING:
    from fathom.model import Model

MOST_ROWS, MOST_COLUMNS = 40, 64


def weights_of(
    layers: Sequence[Layer], variables: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield (address, name, array) of every weight, biases left out, layer by layer."""
    for layer in layers:
        own = variables.get(layer.name or "", {})
        address = f"{prefix}{layer.name}"
        yield from _own_weights(own, address, {i.name for i in _inside(layer)})
        yield from weights_of(_inside(layer), own, f"{address}/")


def _inside(layer: Layer) -> tuple[Layer, ...]:
    return getattr(layer, "layers", ())


def _own_weights(
    own: Mapping[str, Any], address: str, inner: set[str | None]
) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield the weights of a layer, of both directions too, but not of inner layers."""
    for name, value in own.items():
        if isinstance(value, Mapping) and name not in inner:
            yield from _own_weights(value, f"{address}/{name}", set())
        elif name.startswith("weight") and not isinstance(value, Mapping):
            yield address, name, np.asarray(value)


def weight_histograms(model: Model) -> Picture:
    """Return how the weights of every layer are spread.

    Raises:
        InputError: If the network has no weights.
    """
    found: dict[str, Any] = {}
    parameters = split_state(model.variables)[0]
    for address, name, weight in weights_of(model.network.layers, parameters):
        what = name.removeprefix("weight").strip("_")
        found[f"{address} {what}".strip()] = weight
    if not found:
        raise InputError("The network has no weights to show.")
    shown = {name: spread(found[name]) for name in thinned_out(list(found))}
    more = (
        f" {len(shown)} of {len(found)} are shown." if len(shown) < len(found) else ""
    )
    return Picture(
        "How large are the weights of each layer?",
        "Each bar is the share of a layer's weights of about that size. A layer that "
        f"learns is bell-shaped around 0; long tails are weights that grew.{more}",
        f"Weights by layer. {sentences(shown)}.",
        chart=small_histograms(shown),
    )


def filters(
    model: Model,
    image_shape: Sequence[int] | None = None,
    names: Sequence[str] = (),
) -> Picture:
    """Return the weights of the first layer, as images where the inputs are images.

    Args:
        model: A model whose first weights are of a `Conv` or a `Dense` layer.
        image_shape: (height, width) of the images that the inputs were made of, if the
            network takes them as a row of pixels.
        names: What the inputs are called; taken from the preprocessing if not given.

    Raises:
        InputError: If the first weights are of another kind, or the shape does not fit.
    """
    parameters = split_state(model.variables)[0]
    layer = next((a for a in model.network.layers if a.name in parameters), None)
    if not isinstance(layer, (Conv, Dense)):
        came = "no weights" if layer is None else f"a {type(layer).__name__} first"
        raise InputError(f"Filters are shown of a Conv or a Dense layer. Got {came}.")
    weight = np.asarray(parameters[layer.name or ""]["weight"], np.float32)
    address = str(layer.name)
    if isinstance(layer, Conv) and weight.ndim in (3, 4):
        images = np.moveaxis(weight, (-1, -2), (0, 1))  # (units, channels, *kernel)
        return _kernels(address, images if weight.ndim == 4 else images[:, :, None])
    shape = _image_shape(model, weight, image_shape)
    if shape is not None:
        images = weight.T.reshape(weight.shape[1], *shape)  # (units, h, w, channels)
        return _kernels(address, np.moveaxis(images, -1, 1))
    if weight.ndim != 2:
        raise InputError(f"Filters of {weight.ndim - 2} axes are not shown.")
    if not names and model.preprocessing is not None:
        names = model.preprocessing.feature_names
    return _table(address, weight, names)


def _image_shape(
    model: Model, weight: np.ndarray, given: Sequence[int] | None
) -> tuple[int, int, int] | None:
    """Return (height, width, channels) of the images in a Dense layer's inputs."""
    own: Any = model.network.known_input_shape
    shape: Any = tuple(given) if given is not None else own if len(own) == 3 else None
    if shape is None or weight.ndim != 2:
        return None
    shape = (*shape, 1) if len(shape) == 2 else shape
    if int(np.prod(shape)) != len(weight):
        if given is None:
            return None
        raise InputError(
            f"The 'image_shape' parameter of filters must hold as many pixels as the "
            f"first layer has inputs, {len(weight)}. Got {tuple(given)} instead."
        )
    return shape


def _kernels(address: str, images: np.ndarray) -> Picture:
    """Return images (units, channels, height, width): one channel, or one a column."""
    images = averaged(images)
    units, channels, height, width = images.shape
    if channels == 1:
        n = fitting(units, height, width)
        across = columns_for(n, height, width)
        grid = in_rows(images[:n, 0], across)
        rows = [f"{address}:{i * across}" for i in range(len(grid))]
        columns = [f"+{j}" for j in range(across)]
        where = "Its address is the one at the left plus the number above"
    else:
        down = min(channels, 8)
        n = fitting(units, height, width * down, 12)
        grid = images[:n, :down].swapaxes(0, 1)
        rows = [f"channel {i}" for i in range(down)]
        columns = [str(j) for j in range(n)]
        where = f"Each column is a filter of {address}, each row a channel of the input"
    more = f" The first {n} of {units} are shown." if n < units else ""
    size = np.sqrt((images**2).sum((1, 2, 3)))
    return Picture(
        "What does the first layer look for?",
        f"Each image is the weights of one filter: it answers most where the input is "
        f"bright at blue and dark at orange places. {where}.{more}",
        f"{units} filters of {address}, {height} x {width}, of {channels} channels. "
        f"The strongest is {address}:{size.argmax()} with a norm of {size.max():.3g}, "
        f"the weakest {address}:{size.argmin()} with {size.min():.3g}.",
        chart=tiles(grid, rows, columns),
    )


def _table(address: str, weight: np.ndarray, names: Sequence[str]) -> Picture:
    """Return the weights (inputs, units) of a layer on columns with names."""
    n_inputs, n_units = weight.shape
    named = names if len(names) == n_inputs else [f"input {i}" for i in range(n_inputs)]
    size = np.sqrt((weight**2).sum(1))
    kept = np.sort(np.argsort(-size, kind="stable")[:MOST_ROWS])
    units = min(n_units, MOST_COLUMNS)
    shown = weight[kept, :units]
    chart = bare_figure(140 + 17 * len(kept))
    largest = float(np.abs(shown).max()) or 1.0
    over = f"%{{y}} to {address}:%{{x}}: %{{z:.4g}}<extra></extra>"
    chart.add_heatmap(**_heat(shown, largest), hovertemplate=over)
    chart.update_yaxes(
        tickvals=np.arange(len(kept)).tolist(), autorange="reversed", showgrid=False,
        ticktext=[label(named[int(i)], 26) for i in kept], tickfont={"size": 10},
    )  # fmt: skip
    chart.update_xaxes(
        showgrid=False, nticks=12, title_text=f"neuron of {address}", side="top"
    )
    more = []
    if len(kept) < n_inputs:
        more.append(f" The {len(kept)} of {n_inputs} inputs with the largest weights.")
    if units < n_units:
        more.append(f" The first {units} of {n_units} neurons.")
    best, least = int(size.argmax()), int(size.argmin())
    return Picture(
        "Which inputs does the first layer use?",
        "Each row is an input and each column a neuron: blue raises the neuron when "
        "the input is large, orange lowers it; a pale row is hardly used."
        f"{''.join(more)}",
        f"Weights of {address} from {n_inputs} inputs to {n_units} neurons. The input "
        f"with the largest weights is {named[best]} (norm {size[best]:.3g}), the one "
        f"with the smallest {named[least]} ({size[least]:.3g}).",
        chart=chart,
    )


def _heat(values: np.ndarray, largest: float) -> dict[str, Any]:
    return {
        "z": values,
        "zmin": -largest,
        "zmax": largest,
        "colorscale": DIVERGING,
        "colorbar": COLOR_BAR,
    }
