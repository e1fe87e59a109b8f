"""What a neuron detects: the examples, and the input, that drive it most.

    x* = argmax z(x),  low <= x <= high,  |(x - mean) / std| <= r

The input is found by gradient ascent, from the mean of the data and from the example
that drives the neuron most. It stays within the range of the data, number by number,
and no farther from their mean than half of them are (r is their median distance):
without such a limit, it would be an input that nobody has ever seen.
Source: Erhan, Bengio, Courville and Vincent, "Visualizing higher-layer features of a
deep network" (2009).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fathom.compilation import compiler_options
from fathom.errors import InputError, is_number, is_whole, require
from fathom.inspect.addresses import Address
from fathom.inspect.batches import batch_size, in_batches, n_rows, rows_of
from fathom.inspect.names import columns_of
from fathom.inspect.region import Region
from fathom.inspect.sites import site_at, sites
from fathom.model import Model
from fathom.network import Network

# Of the radius, the length of the first step; it shrinks to 0 in a straight line.
FIRST_STEP = 0.2


@dataclass(frozen=True, eq=False)
class TopExamples:
    """The examples that drive a neuron most.

    Attributes:
        address: Of the neuron.
        rows: (n,) which rows of the data, the strongest first.
        values: (n,) the neuron's activation.
        places: (n, axes) where in its feature map, or at which step, it is strongest;
            no axes for a neuron that has one place.
        inputs: The network's inputs of these rows.
    """

    address: str
    rows: np.ndarray
    values: np.ndarray
    places: np.ndarray
    inputs: Any = field(repr=False)


@dataclass(frozen=True, eq=False)
class PreferredInput:
    """The input that drives a neuron most, within the range of the data.

    Attributes:
        address: Of the neuron.
        input: In the network's inputs, of its input shape.
        names: What the inputs are called, of a table; else empty. Categories may be
            there in part.
        value: The neuron's activation; its mean over the places if none is given.
        mean_value: What it is for the mean of the data.
        best_value: What it is for the best of the examples.
        distance: From the mean of the data, in standard deviations of each number.
        limit: The largest distance allowed.
    """

    address: str
    input: np.ndarray = field(repr=False)
    names: tuple[str, ...] = field(repr=False)
    value: float
    mean_value: float
    best_value: float
    distance: float
    limit: float


def top_examples(model: Model, data: Any, address: str, n: int = 9) -> TopExamples:
    """Return the examples that drive a neuron most.

    Args:
        model: The model.
        data: Raw rows.
        address: `hidden_1:17`, `conv_2:5` (wherever it is strongest), `conv_2:5@3,4`.
        n: How many, at most.

    Raises:
        InputError: If there is no such neuron.
    """
    require(is_whole(n), "top_examples", "n", "a whole number of at least 1", n)
    x = model.inputs(data)
    values = _activations(model, x, _neuron(model.network, address))
    flat = values.reshape(len(values), -1)
    strongest = flat.max(1)
    rows = np.argsort(-strongest, kind="stable")[:n]
    places = (
        np.stack(np.unravel_index(flat.argmax(1)[rows], values.shape[1:]), -1)
        if values.ndim > 1
        else np.zeros((len(rows), 0), int)
    )
    return TopExamples(address, rows, strongest[rows], places, rows_of(x, rows))


def preferred_input(
    model: Model,
    data: Any,
    address: str,
    steps: int = 128,
    distance: float | None = None,
) -> PreferredInput:
    """Return the input that drives a neuron most.

    Args:
        model: Of numbers: arrays, images, or a table (whose encoded inputs are found).
        data: Raw rows that say what range and what distance from the mean are usual.
        address: As for `top_examples`; without a place, the mean over all places.
        steps: Of the ascent.
        distance: The largest distance from the mean, in standard deviations of each
            number; None: the median one of the rows.

    Raises:
        InputError: If there is no such neuron, the inputs are tokens or have names, or
            a setting cannot be used.
    """
    for name, fits, expected, value in (
        ("steps", is_whole(steps), "a whole number of at least 1", steps),
        ("distance", distance is None or (is_number(distance) and distance > 0),
         "a number above 0, or None", distance),
    ):  # fmt: skip
        require(fits, "preferred_input", name, expected, value)
    x = model.inputs(data)
    if isinstance(x, Mapping) or x.dtype.kind in "iu":
        what = "several named inputs" if isinstance(x, Mapping) else "tokens"
        raise InputError(
            f"This network takes {what}, among which there is no ascent. Use "
            f"top_examples(model, data, {address!r})."
        )
    neuron = _neuron(model.network, address)
    region = Region.of(x, distance)
    means = _mean_over_places(_activations(model, x, neuron))
    starts = np.stack([region.mean, x[int(means.argmax())]])
    climb = partial(_slope_program(model.network, neuron), model.variables)
    best, score = starts[0], -np.inf
    points = region.inside(starts)
    for step in range(steps + 1):
        values, slopes = (np.asarray(own) for own in climb(points))
        if values.max() > score:
            score, best = float(values.max()), points[int(values.argmax())]
        length = FIRST_STEP * region.limit * (1 - step / steps)
        points = region.inside(points + region.step(slopes, length))
    found = np.stack([best, region.mean]).astype(np.float32)
    value, mean_value = _mean_over_places(_activations(model, found, neuron))
    return PreferredInput(
        address, best, columns_of(model), float(value), float(mean_value),
        float(means.max()), float(region.distances(best[None])[0]), region.limit,
    )  # fmt: skip


@dataclass(frozen=True)
class _Neuron:
    """Where a neuron is reported.

    Attributes:
        path: Of its layer.
        blocks: Entries of the leading axes, one for each `Repeat` around it.
        unit: Index on the last axis.
        place: Indices on the axes before, or ().
        shape: Of one example's activation: (*places, units).
        tap: What is reported of every layer under this name is its answer.
        climbed: What is made large: the weighted sum where there is one of each
            activation, because a saturated activation has no slope.
    """

    path: str
    blocks: tuple[int, ...]
    unit: int
    place: tuple[int, ...]
    shape: tuple[int, ...]
    tap: str
    climbed: str

    def numbers(self, taps: Any, tap: str) -> jax.Array:
        """Return the neuron's numbers, (batch,) or (batch, *places)."""
        own = taps[self.path][tap][self.blocks]
        return own[(slice(None), *(self.place or (Ellipsis,)), self.unit)]


@lru_cache(maxsize=256)
def _neuron(network: Network, text: str) -> _Neuron:
    address = Address.parse(text)
    site = site_at(sites(network, {}), address.layer)
    taps = _taps(network)[site.tapped]
    tap = "activation" if "activation" in taps else "output"
    if not hasattr(taps[tap], "shape"):
        raise InputError(f"Layer '{address.layer}' gives several named arrays.")
    shape = taps[tap].shape[len(site.blocks) + 1 :]
    climbed = tap
    if "weighted_sum" in taps and taps["weighted_sum"].shape == taps[tap].shape:
        climbed = "weighted_sum"
    unit, place = address.unit, address.place
    fits = bool(shape) and unit is not None and unit < shape[-1]
    fits &= not place or (
        len(place) == len(shape) - 1
        and all(i < n for i, n in zip(place, shape, strict=False))
    )
    if not fits or unit is None:
        places = f", and @ with a place in {shape[:-1]}" if len(shape) > 1 else ""
        raise InputError(
            f"A neuron of layer '{address.layer}' is {address.layer}:0 to "
            f"{address.layer}:{shape[-1] - 1}{places}. Got {text!r}."
        )
    return _Neuron(site.tapped, site.blocks, unit, place, shape, tap, climbed)


@lru_cache(maxsize=32)
def _taps(network: Network) -> Any:
    """Return the shapes of all that is reported of one example."""
    shape = network.known_input_shape
    one = (
        {name: jax.ShapeDtypeStruct((1, *own), jnp.float32)
         for name, own in shape.items()}
        if isinstance(shape, Mapping)
        else jax.ShapeDtypeStruct((1, *shape), jnp.float32)
    )  # fmt: skip
    listen = partial(network.forward, listen=True)
    variables = jax.eval_shape(network.init)
    return jax.eval_shape(lambda v, x: listen(v, x).taps, variables, one)


def _activations(model: Model, x: Any, neuron: _Neuron) -> np.ndarray:
    """Return the neuron's activations (rows,) or (rows, *places)."""
    program = _listen_program(model.network, neuron)

    def run(points: np.ndarray) -> jax.Array:
        return program(model.variables, rows_of(x, points))

    n = n_rows(x)
    return in_batches(run, n, batch_size(model.network, n))


def _mean_over_places(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), -1).mean(1)


@lru_cache(maxsize=64)
def _listen_program(network: Network, neuron: _Neuron) -> Callable[..., Any]:
    def numbers(variables: Any, x: Any) -> jax.Array:
        taps = network.forward(variables, x, listen=True).taps
        return neuron.numbers(taps, neuron.tap)

    return _compiled(network, numbers)


@lru_cache(maxsize=64)
def _slope_program(network: Network, neuron: _Neuron) -> Callable[..., Any]:
    def total(x: jax.Array, variables: Any) -> tuple[jax.Array, jax.Array]:
        taps = network.forward(variables, x, listen=True).taps
        numbers = neuron.numbers(taps, neuron.climbed)
        means = numbers.reshape(len(numbers), -1).mean(1)
        return means.sum(), means

    def climb(variables: Any, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        slopes, means = jax.grad(total, has_aux=True)(x, variables)
        return means, slopes

    return _compiled(network, climb)


def _compiled(network: Network, function: Callable[..., Any]) -> Callable[..., Any]:
    options = compiler_options(True) if network.has_convolutions else None
    return jax.jit(function, compiler_options=options)
