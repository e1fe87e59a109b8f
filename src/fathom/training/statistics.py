"""What a recorded step says of every layer: pure functions of arrays.

    gradient_norm = |g|,  parameter_norm = |p|,  update_norm = |p_after - p_before|

and of the layer's outputs a: mean, spread, and the share of dead and saturated units.
Nothing of the update is touched: the gradient is computed once more, from the same
weights, batch and key as the update's own, and the outputs by a pass of their own. So
the weights are the same to the bit whether a step is recorded or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Unpack

import jax
import jax.numpy as jnp

from fathom.layers.dense import activation_name
from fathom.layers.structure import Activation
from fathom.network import Network
from fathom.passes import Forward, Pass
from fathom.training.addresses import Places, parameter_layers, spelled_out
from fathom.training.objective import Batch, Objective
from fathom.training.own_objective import OwnObjective
from fathom.training.packing import Packing
from fathom.training.step import Rule, Weights, make_gradient
from fathom.variables import join_state

# A unit with outputs below this for every example gives nothing to the next layer.
DEAD = 1e-6
CAN_DIE = frozenset({"relu", "gelu", "silu"})
# Saturated: a slope below this share of the largest, for this share of the examples.
FLAT, MOSTLY = 0.05, 0.95


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
    run_key: Any,
    step: tuple[Weights, Weights, Batch, jax.Array],
) -> tuple[jax.Array, list[Column]]:
    """Return the loss of a step's batch, and the statistics of all layers.

    Args:
        rule: How the step updates.
        packing: How the parameters are held.
        run_key: Random key of the run.
        step: Weights before and after it, its batch, and its number.
    """
    before, after, batch, number = step
    gradient, sums, _ = make_gradient(rule, packing, run_key)(before, batch, number)
    loss = sums.loss / jnp.maximum(sums.weight, jnp.finfo(jnp.float32).tiny)
    places = Places(rule.objective.network)
    change = jax.tree.map(jnp.subtract, after.parameters, before.parameters)
    norms = [("gradient_norm", gradient), ("parameter_norm", before.parameters),
             ("update_norm", change)]  # fmt: skip
    columns = [
        _column(name, *_norms(packing.unpack(tree), places), places)
        for name, tree in norms
    ]
    rows = len(batch.weight) // rule.accumulate
    part = jax.tree.map(lambda array: array[:rows], batch)
    key = jax.random.fold_in(run_key, number) if rule.objective.is_random else None
    variables = join_state(packing.unpack(before.parameters), before.state)
    taps = _taps(rule.objective, variables, part, key)
    return loss, columns + _activations(taps, variables, places, part.weight > 0)


def _norms(tree: Mapping[str, Any], places: Places) -> tuple[list[str], Any]:
    """Return the norm of all arrays of a layer, for every layer and block."""
    layers = parameter_layers(tree)
    addresses: list[str] = []
    norms: list[jax.Array] = [jnp.zeros(0)]
    for address, arrays in layers.items():
        blocks = places.blocks(address, of_parameters=True)
        axes = len(blocks)
        squares = [
            jnp.square(a.astype(jnp.float32)).sum(tuple(range(axes, a.ndim)))
            for a in arrays
        ]
        norms.append(jnp.sqrt(sum(squares[1:], squares[0])).reshape(-1))
        addresses += spelled_out(address, blocks)
    return addresses, norms


def _taps(
    objective: Objective | OwnObjective,
    variables: dict[str, Any],
    batch: Batch,
    key: Any,
) -> dict[str, dict[str, Any]]:
    """Return the outputs of every layer in this step.

    An objective of the user's own gets a network that listens; what it does not run by
    `network.forward` or `apply` is not heard.
    """
    if isinstance(objective, OwnObjective):
        network = _Listening(objective.network)
        objective.function(network, variables, batch, key)
        return network.heard
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
        for name, values in _summary(a, len(blocks), mask, kind).items():
            addresses, pieces = found.setdefault(name, ([], []))
            addresses += spelled_out(address, blocks)
            pieces.append(values.reshape(-1))
    return [
        _column(name, addresses, pieces, places)
        for name, (addresses, pieces) in found.items()
    ]


def _column(
    name: str, addresses: list[str], pieces: list[jax.Array], places: Places
) -> Column:
    """Return a column in the order in which data flows."""
    values = jnp.concatenate(pieces)
    order = sorted(range(len(addresses)), key=lambda i: places.flow(addresses[i]))
    if order != list(range(len(order))):
        values = values[jnp.array(order, jnp.int32)]
    return Column(name, [addresses[i] for i in order], values)


def _summary(
    a: jax.Array, axes: int, mask: jax.Array, kind: str
) -> dict[str, jax.Array]:
    """Return the statistics of outputs (*blocks, batch, ..., units), each (*blocks,).

    Sums are taken of differences to one example, so that outputs that are all the same
    have a variation of exactly 0. Rows that do not count are left out.
    """
    blocks, rows = a.shape[:axes], len(mask)
    units = a.shape[-1] if a.ndim > axes + 1 else 1
    a = a.astype(jnp.float32).reshape(*blocks, rows, -1, units)
    real = mask.reshape((1,) * axes + (rows, 1, 1))
    one = jnp.argmax(mask)
    middle = jax.lax.dynamic_slice_in_dim(a, one, 1, axes)[..., :1, :]
    apart = jnp.where(real, a - middle, 0)
    n = jnp.maximum(mask.sum(), 1).astype(jnp.float32) * a.shape[-2]
    over = (-3, -2)
    shift = apart.sum(over) / n
    variance = jnp.maximum(jnp.square(apart).sum(over) / n - jnp.square(shift), 0)
    means = middle.reshape(*blocks, units) + shift
    within = variance.mean(-1)
    values = {
        "activation_mean": means.mean(-1),
        "activation_spread": jnp.sqrt(within + means.var(-1)),
        "activation_variation": jnp.sqrt(within),
    }
    if kind in CAN_DIE:
        largest = jnp.where(real, jnp.abs(a), 0).max(over)
        values["dead_units"] = (largest <= DEAD).astype(jnp.float32).mean(-1)
    if kind in ("sigmoid", "tanh"):
        slope = 4 * a * (1 - a) if kind == "sigmoid" else 1 - jnp.square(a)
        flat = (real & (slope < FLAT)).astype(jnp.float32).sum(over) / n
        values["saturated_units"] = (flat > MOSTLY).astype(jnp.float32).mean(-1)
    return values
