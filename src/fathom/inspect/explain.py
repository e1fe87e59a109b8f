"""From an index in a layer's output to the sum that made the number there.

One rule for each family of layers. A family without a rule of its own is asked for its
derivative: if it only sums (pooling, batch normalization in prediction, a transposed
convolution), the derivative holds the weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fathom import layers
from fathom.inspect.explain_attention import attention
from fathom.inspect.explain_recurrent import recurrent, step_state
from fathom.inspect.explain_spiking import encoded, readout, spiking
from fathom.inspect.names import Index
from fathom.inspect.patch import first_channel, places_in
from fathom.inspect.seen import Seen, how_activated
from fathom.inspect.sites import joins
from fathom.inspect.sums import WeightedSum, weighted_sum
from fathom.layers.scope import Scope

SUM = "weighted sum"
# Of the largest term: a layer is a sum if its derivative explains its output so well.
ROUNDING = 1e-4


class Explained(NamedTuple):
    """The sums of a neuron, its output, and how the one became the other."""

    sums: tuple[WeightedSum, ...]
    activation: float
    how: tuple[str, ...]


def explain(seen: Seen, index: Index) -> Explained:
    """Return how the number at an index of a layer's output came about.

    Args:
        seen: The layer at work on one example.
        index: (*place, unit).
    """
    rules = (rule for family, rule in _RULES if isinstance(seen.layer, family))
    sums, how = next(rules, _by_derivative)(seen, index)
    inside = len(index) > np.ndim(seen.output)  # a step before the one that counts
    a = step_state(seen, index) if inside else seen.output[index]
    return Explained(tuple(sums), float(a), tuple(how))


Rule = Callable[[Seen, Index], tuple[list[WeightedSum], list[str]]]


def _dense(seen: Seen, index: Index) -> tuple[list[WeightedSum], list[str]]:
    weight, place = _weight(seen), index[:-1]
    x = seen.input[place]
    names = [seen.input_name((*place, i)) for i in range(len(x))]
    return _finish(seen, index, names, x, weight[:, index[-1]])


def _weight(seen: Seen) -> np.ndarray:
    if isinstance(seen.layer, layers.Tied):
        # The scope's address has no blocks: the layer that came last under it counts.
        return np.asarray(seen.others(seen.layer.layer).site.parameters["weight"]).T
    return np.asarray(seen.site.parameters["weight"])


def _finish(
    seen: Seen, index: Index, names: list[str], x: Any, weights: Any
) -> tuple[list[WeightedSum], list[str]]:
    """Return the only sum of a neuron, and the line of its activation."""
    bias = seen.site.parameters.get("bias")
    own = 0.0 if bias is None else np.asarray(bias)[index[-1]]
    z = seen.taps["weighted_sum"]
    one = weighted_sum(SUM, names, x, weights, (own, z[index]))
    a = float(seen.taps["activation"][index])
    how = how_activated(seen.layer.activation, z[index[:-1]], index[-1], a)
    return [one], [how]


def _convolution(seen: Seen, index: Index) -> tuple[list[WeightedSum], list[str]]:
    x, weight = seen.input, np.asarray(seen.site.parameters["weight"])
    window = seen.layer.window(x.shape)
    channels, own = weight.shape[-2], seen.site.parameters
    first = first_channel(window.groups, channels, index[-1], own)
    names, values, weights = [], [], []
    for at, place in places_in(window, index, x.shape):
        for c in range(channels):
            names.append(seen.input_name((*place, first + c)))
            values.append(x[(*place, first + c)])
            weights.append(weight[(*at, c, index[-1])])
    return _finish(seen, index, names, np.array(values), np.array(weights))


def _activation(seen: Seen, index: Index) -> tuple[list[WeightedSum], list[str]]:
    z, name = seen.input, seen.input_name(index)
    one = weighted_sum("input", [name], z[index], np.ones(1), (0.0, z[index]))
    a = float(seen.output[index])
    return [one], [how_activated(seen.layer.activation, z[index[:-1]], index[-1], a)]


def _embedding(seen: Seen, index: Index) -> tuple[list[WeightedSum], list[str]]:
    weight = np.asarray(seen.site.parameters["weight"])
    token = int(np.clip(seen.input[index[:-1]], 0, len(weight) - 1))
    name = f"{seen.input_name(index[:-1])} is token {token}"
    value = weight[token, index[-1]]
    one = weighted_sum(SUM, [name], np.ones(1), value, (0.0, seen.output[index]))
    return [one], [f"a = row {token} of the weight, column {index[-1]} = {value:.6g}"]


def _normalization(seen: Seen, index: Index) -> tuple[list[WeightedSum], list[str]]:
    x, layer, own = seen.input.astype(float), seen.layer, seen.site.parameters
    channel = index[-1]
    scale = float(np.asarray(own["scale"])[channel])
    bias = float(np.asarray(own["bias"])[channel]) if "bias" in own else 0.0
    group, mean = x[index[:-1]], 0.0
    if isinstance(layer, layers.GroupNorm):
        width = x.shape[-1] // layer.groups
        start = channel // width * width
        group = x[..., start : start + width]
    if not isinstance(layer, layers.RMSNorm):
        mean = float(group.mean())
    spread = math.sqrt(float(((group - mean) ** 2).mean()) + layer.epsilon)
    weight = scale / spread
    name = seen.input_name(index)
    shift = bias - mean * weight
    one = weighted_sum(
        SUM, [name], x[index], np.array(weight), (shift, seen.output[index])
    )
    how = (
        f"a = scale * (x - mean) / spread + bias = {scale:.6g} * ({x[index]:.6g} - "
        f"{mean:.6g}) / {spread:.6g} + {bias:.6g} = {float(seen.output[index]):.6g}"
    )
    return [one], [how]


def _residual(seen: Seen, index: Index) -> tuple[list[WeightedSum], list[str]]:
    names = [seen.input_name(index)]
    inner = seen.output[index] - seen.input[index]
    if seen.site.inner:
        names.append(seen.names.of(seen.site.inner[0], index))
        inner = seen.others(seen.site.inner[0]).output[index]
    else:  # f is nothing: a = x + x
        names.append(names[0])
    values = np.array([seen.input[index], inner])
    return _sum_of(seen, index, names, values, np.ones(2))


def _sum_of(
    seen: Seen, index: Index, names: list[str], values: Any, weights: Any
) -> tuple[list[WeightedSum], list[str]]:
    a = float(seen.output[index])
    one = weighted_sum(SUM, names, values, weights, (0.0, a))
    return [one], [f"a = the sum = {a:.6g}"]


def _concat(seen: Seen, index: Index) -> tuple[list[WeightedSum], list[str]]:
    return _side_by_side(seen, index, seen.site.inner)


def _side_by_side(
    seen: Seen, index: Index, parts: tuple[str, ...]
) -> tuple[list[WeightedSum], list[str]]:
    """Return the one number of the parts, joined on the last axis, at an index."""
    first = 0
    for part in parts:
        values = _values(seen, part)
        if index[-1] < first + values.shape[-1]:
            own = (*index[:-1], index[-1] - first)
            name = seen.names.of(part, own)
            return _sum_of(seen, index, [name], values[own], np.ones(1))
        first += values.shape[-1]
    raise IndexError(index)


def _values(seen: Seen, source: str) -> np.ndarray:
    """Return what a source gave: a layer, or one of several named inputs."""
    if isinstance(seen.input, dict):
        return seen.input[source.rpartition(" ")[2]]
    return seen.others(source).output


def _handed_on(seen: Seen, index: Index) -> tuple[list[WeightedSum], list[str]]:
    """Return the output of the last layer inside."""
    source = seen.site.inner[-1] if seen.site.inner else seen.site.sources[0]
    name = seen.names.of(source, index)
    return _sum_of(seen, index, [name], seen.output[index], np.ones(1))


def _join(seen: Seen, index: Index) -> tuple[list[WeightedSum], list[str]]:
    parts, how = joins(seen.site), seen.layer.how
    if how == "concat":
        return _side_by_side(seen, index, parts)
    names = [seen.names.of(part, index) for part in parts]
    values = np.array([_values(seen, part)[index] for part in parts], float)
    if how == "multiply":
        rest = np.array([math.prod(values[1:])])
        return _sum_of(seen, index, names[:1], values[:1], rest)
    signs = np.ones(len(parts))
    signs[1:] = -1 if how == "subtract" else 1
    return _sum_of(seen, index, names, values, signs)


def _by_derivative(seen: Seen, index: Index) -> tuple[list[WeightedSum], list[str]]:
    a = float(seen.output[index])
    value, bias, slopes = _derivative(seen, index)
    x = np.asarray(seen.input, np.float32)
    places = list(zip(*(axis.tolist() for axis in np.nonzero(slopes)), strict=True))
    names = [seen.input_name(place) for place in places]
    inputs = np.array([x[place] for place in places])
    weights = np.array([slopes[place] for place in places])
    one = weighted_sum(SUM, names, inputs, weights, (bias, value))
    largest = max([abs(t.product) for t in one.terms] + [abs(bias), abs(value)])
    if abs(one.total - value) > ROUNDING * largest:
        kind = type(seen.layer).__name__
        return [], [f"a = {a:.6g}: {kind} computes it from {x.size} inputs, no sum."]
    return [one], [f"a = the sum = {a:.6g}"]


def _derivative(seen: Seen, index: Index) -> tuple[float, float, np.ndarray]:
    """Return the output, what it is for inputs of 0, and its derivative."""
    steps = seen.taps.get("steps")

    def output(x: jax.Array) -> jax.Array:
        scope = Scope(
            state=seen.site.state,
            steps=None if steps is None else jnp.asarray(steps)[None],
        )
        return seen.layer.apply(seen.site.parameters, x[None], scope)[0][index]

    x = jnp.asarray(seen.input, jnp.float32)
    value, slopes = jax.value_and_grad(output)(x)
    return float(value), float(output(jnp.zeros_like(x))), np.asarray(slopes)


_RULES: list[tuple[Any, Rule]] = [
    ((layers.Dense, layers.Tied), _dense),
    (layers.Conv, _convolution),
    (layers.Activation, _activation),
    (layers.Embedding, _embedding),
    ((layers.RNN, layers.LSTM, layers.GRU), recurrent),
    (layers.Attention, attention),
    (layers.Encode, encoded),
    (layers.Spiking, spiking),
    (layers.LeakyReadout, readout),
    ((layers.LayerNorm, layers.GroupNorm, layers.RMSNorm), _normalization),
    (layers.Residual, _residual),
    (layers.Concat, _concat),
    (layers.Chain, _handed_on),
    (layers.Join, _join),
]
