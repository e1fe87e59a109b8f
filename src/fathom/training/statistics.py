"""What a recorded step says of every layer: pure functions of arrays.

    gradient_norm = |g|,  parameter_norm = |p|,  update_norm = |p_after - p_before|

and of the layer's outputs a: mean, spread, and the share of dead and saturated units.
Nothing of the update is touched: the gradient is read from what Adam remembers, or
computed once more from the same weights, batch and key, and the outputs come from a
pass of their own. So the weights are the same to the bit whether a step is recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, Unpack

import jax
import jax.numpy as jnp
from jax import lax

from fathom.layers.dense import activation_name
from fathom.layers.structure import Activation
from fathom.network import Network
from fathom.optimizers import AdamMemory
from fathom.passes import Forward, Pass
from fathom.training.activity import MOMENTS, finished, summary
from fathom.training.addresses import Places, parameter_layers, spelled_out
from fathom.training.objective import Batch, Objective
from fathom.training.own_objective import OwnObjective
from fathom.training.packing import PACK_LIMIT, Packing
from fathom.training.step import Numbers, Rule, Weights, make_gradient
from fathom.variables import join_state

NORMS = ("gradient_norm", "parameter_norm", "update_norm")


class Column(NamedTuple):
    """One statistic of some layers.

    Attributes:
        statistic: A name of `fathom.record.layer_records.STATISTICS`.
        addresses: One for each value.
        values: (addresses,).
    """

    statistic: str
    addresses: list[str]
    values: jax.Array


def step_columns(
    rule: Rule,
    packing: Packing,
    numbers: Numbers,
    step: tuple[Weights, Weights, Batch, jax.Array],
) -> list[Column]:
    """Return the statistics of all layers in a step.

    Args:
        rule: How the step updates.
        packing: How the parameters are held.
        numbers: Of the run.
        step: Weights before and after it, its batch, and its number.
    """
    before, after, batch, number = step
    gradient = _remembered_gradient(rule, before.optimizer, after.optimizer)
    if gradient is None:
        gradient, _, _ = make_gradient(rule, packing, numbers)(before, batch, number)
    places = Places(rule.objective.network)
    change = jax.tree.map(jnp.subtract, after.parameters, before.parameters)
    trees = (gradient, before.parameters, change)
    columns = _norms([packing.unpack(tree) for tree in trees], places)
    rows = len(batch.weight) // rule.accumulate
    part = jax.tree.map(lambda array: array[:rows], batch)
    is_random = rule.objective.is_random
    key = jax.random.fold_in(numbers.key, number) if is_random else None
    variables = join_state(packing.unpack(before.parameters), before.state)
    taps = _taps(rule.objective, variables, part, key)
    return columns + _activations(taps, variables, places, part.weight > 0)


def _remembered_gradient(rule: Rule, before: Any, after: Any) -> Any:
    """Return the gradient as Adam's memory tells it; None for other optimizers.

    m_after = b1 m_before + (1 - b1) g. Its error is some 1e-6 of m, and computing the
    gradient again would take longer than all the rest, to compile and to run.
    """
    update = rule.optimizer.direction.update
    if not isinstance(before, AdamMemory) or not isinstance(update, partial):
        return None
    if rule.clips:  # a clipped gradient has lost its norm
        return None
    b1 = update.args[0]
    return jax.tree.map(
        lambda old, new: (new - b1 * old) / (1 - b1), before.mean, after.mean
    )


def _norms(trees: list[Any], places: Places) -> list[Column]:
    """Return the norms of gradient, parameters and change, for every layer and block.

    Small arrays are laid out in one first: every reduction takes time to compile.
    """
    together: list[list[jax.Array]] = [[] for _ in trees]
    spans: list[tuple[str, slice]] = []
    squares: dict[str, list[jax.Array]] = {}
    start = 0
    for address, *given in _side_by_side(trees):
        axes = len(places.blocks(address, of_parameters=True))
        size = given[0].size
        if axes == 0 and size <= PACK_LIMIT:
            for pieces, array in zip(together, given, strict=True):
                pieces.append(array.astype(jnp.float32).reshape(-1))
            spans.append((address, slice(start, start + size)))
            start += size
            squares.setdefault(address, [])
            continue
        sums = [_sum_of_squares(array, axes) for array in given]
        squares.setdefault(address, []).append(jnp.stack(sums))
    if spans:
        flat = jnp.stack([jnp.concatenate(pieces) for pieces in together])
        for address, span in _merged(spans):
            part = jnp.square(flat[:, span]).sum(1, keepdims=True)
            squares[address].append(part)
    return _norm_columns(squares, places)


def _norm_columns(squares: dict[str, list[jax.Array]], places: Places) -> list[Column]:
    """Return the roots of sums of squares, each (3, blocks)."""
    addresses: list[str] = []
    pieces: list[jax.Array] = []
    for address, own in squares.items():
        addresses += spelled_out(address, places.blocks(address, of_parameters=True))
        pieces.append(sum(own[1:], own[0]).reshape(len(NORMS), -1))
    norms = jnp.sqrt(jnp.concatenate([jnp.zeros((len(NORMS), 0)), *pieces], axis=1))
    return [
        _column(name, addresses, own, places)
        for name, own in zip(NORMS, norms, strict=True)
    ]


def _side_by_side(trees: list[Any]) -> Iterator[tuple[Any, ...]]:
    """Return (address, array of each tree) for every array."""
    layers = [parameter_layers(tree) for tree in trees]
    for address in layers[0]:
        arrays = zip(*(own[address] for own in layers), strict=True)
        yield from ((address, *each) for each in arrays)


def _merged(spans: list[tuple[str, slice]]) -> list[tuple[str, slice]]:
    """Return one span for what belongs to one layer and lies side by side."""
    merged = spans[:1]
    for address, span in spans[1:]:
        last, before = merged[-1]
        if last == address and before.stop == span.start:
            merged[-1] = (address, slice(before.start, span.stop))
        else:
            merged.append((address, span))
    return merged


def _sum_of_squares(array: jax.Array, axes: int) -> jax.Array:
    """Return the sum over all but the leading axes, those as one."""
    over = tuple(range(axes, array.ndim))
    return jnp.square(array.astype(jnp.float32)).sum(over).reshape(-1)


def _taps(
    objective: Objective | OwnObjective,
    variables: dict[str, Any],
    batch: Batch,
    key: Any,
) -> dict[str, dict[str, Any]]:
    """Return the outputs of every layer in this step.

    An objective of the user's own gets a network that listens; what it does not run by
    `network.forward` or `apply`, or inside of a `jax.vmap`, is not heard.
    """
    if isinstance(objective, OwnObjective):

        def heard(*given: Any) -> dict[str, dict[str, Any]]:
            network = _Listening(objective.network)
            objective.function(network, *given)
            return network.heard

        def used(*given: Any) -> Any:
            return jax.tree.map(lambda a: lax.expand_dims(a, (0,)), heard(*given))

        try:
            jax.eval_shape(used, variables, batch, key)
        except jax.errors.UnexpectedTracerError:
            return {}
        return heard(variables, batch, key)
    return objective.network.forward(
        variables,
        batch.x,
        training=True,
        key=key,
        mask=(batch.weight > 0).astype(batch.weight.dtype),
        precision=objective.precision,
        frozen=objective.frozen,
        listen=True,
    ).taps


class _Listening(Network):
    """A network that keeps the taps of the first pass through it."""

    heard: dict[str, dict[str, Any]]

    def __init__(self, network: Network) -> None:
        super().__init__(network.layers, network.input_shape)
        object.__setattr__(self, "heard", {})

    def forward(
        self, variables: dict[str, Any], x: Any, **how: Unpack[Pass]
    ) -> Forward:
        """Run forward, and listen."""
        how["listen"] = True
        forward = super().forward(variables, x, **how)
        if not self.heard:
            self.heard.update(forward.taps)
        return forward


def _activations(
    taps: Mapping[str, Mapping[str, Any]],
    variables: Mapping[str, Any],
    places: Places,
    mask: jax.Array,
) -> list[Column]:
    """Return the statistics of the outputs of layers that learn or activate."""
    learning = {id(places.of(address)) for address in parameter_layers(variables)}
    found: dict[str, tuple[list[str], list[jax.Array]]] = {}
    for address, own in taps.items():
        place, a = places.of(address), own.get("activation")
        if place is None or a is None:
            continue
        if id(place) not in learning and not isinstance(place.layer, Activation):
            continue
        blocks = places.blocks(address, of_parameters=False)
        kind = activation_name(getattr(place.layer, "activation", "identity"))
        # An objective may run other rows than those of the batch.
        rows = a.shape[len(blocks)]
        real = mask if rows == len(mask) else jnp.ones(rows, bool)
        for name, values in summary(a, len(blocks), real, kind).items():
            addresses, pieces = found.setdefault(name, ([], []))
            addresses += spelled_out(address, blocks)
            pieces.append(values)
    columns: list[Column] = []
    for name, (addresses, pieces) in found.items():
        values = jnp.concatenate(pieces, axis=-1)
        named = finished(values) if name == MOMENTS else {name: values}
        columns += [_column(n, addresses, v, places) for n, v in named.items()]
    return columns


def _column(
    name: str, addresses: list[str], values: jax.Array, places: Places
) -> Column:
    """Return a column in the order in which data flows."""
    order = sorted(range(len(addresses)), key=lambda i: places.flow(addresses[i]))
    if order != list(range(len(order))):
        values = values[jnp.array(order, jnp.int32)]
    return Column(name, [addresses[i] for i in order], values)
