"""What one forward and one backward pass at the start values say.

A single program on some training rows, in training mode: the cost, the gradient of
every parameter, the greatest weighted sum of every unit, and how far inputs and outputs
spread over the examples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fathom.compilation import compiler_options, keep_cache, quick_compilation
from fathom.diagnose.places import places, plain_address
from fathom.network import Network
from fathom.training.objective import (
    Batch,
    Objective,
    over_steps,
    require_one_each,
    targets_of,
    weighted,
)
from fathom.variables import join_state, split_state

ROWS = 256
FEWEST_ROWS = 16
# Large networks look at fewer rows, so that a pass stays below about a second.
MULTIPLY_ADDS = 1_500_000_000
# Compiling without optimization takes half the time, and running deep convolutions then
# ten times as long: 56 layers took 1.4 + 9.4 seconds, against 3.1 + 0.6.
WORTH_OPTIMIZING = 4_000_000
# Beside 0, so that what is 0 only because a weight starts at 0 can be told apart.
JITTER = 0.05
# Every tap makes the program slower to compile; these tell what rules ask.
OBSERVED = ("input", "weighted_sum", "output")


class Tapped(NamedTuple):
    """What passed one place of the network; None is not measured there.

    Attributes:
        top: Of weighted sums: (units,) greatest value of each unit, or (blocks, units)
            inside a `Repeat`.
        largest: Of inputs and outputs: () or (blocks,) greatest distance from 0.
        spread: Of these: () or (blocks,) standard deviation over the examples.
    """

    top: Any = None
    largest: Any = None
    spread: Any = None

    @property
    def is_finite(self) -> bool:
        """Whether all values that were measured were finite."""
        return self.largest is None or bool(np.isfinite(self.largest).all())


class Start(NamedTuple):
    """What the passes gave.

    Attributes:
        cost: Mean loss of the rows, without what layers add to it.
        gradient: Of the cost, a tree as the parameters are.
        taps: {address: {name: Tapped}}.
    """

    cost: float
    gradient: Mapping[str, Any]
    taps: Mapping[str, Mapping[str, Tapped]]


def probe_rows(batch: Batch, network: Network, seed: int) -> Batch:
    """Return some rows of weight above 0, chosen at random and in order."""
    n = MULTIPLY_ADDS // max(3 * network.multiply_adds(), 1)
    usable = np.flatnonzero(np.asarray(batch.weight) > 0)
    n = min(max(n, FEWEST_ROWS), ROWS, len(usable))
    chosen = np.sort(np.random.default_rng(seed).choice(usable, n, replace=False))
    return jax.tree.map(lambda array: array[chosen], batch)


def run_start(
    objective: Objective, variables: Mapping[str, Any], batch: Batch, seed: int
) -> Start:
    """Return what one forward and one backward pass say.

    Raises:
        InputError: If outputs and targets cannot be compared.
    """
    keep_cache()
    key = jax.random.key(seed)
    given = _program(objective)(dict(variables), batch, key)
    cost, gradient, taps = jax.tree.map(np.asarray, given)
    return Start(float(cost), gradient, taps)


def jittered(variables: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Return start values with noise on every parameter, so that none is 0."""
    rng = np.random.default_rng(seed)
    parameters, state = split_state(variables)

    def noisy(array: Any) -> np.ndarray:
        noise = rng.normal(0, JITTER, np.shape(array))
        return np.asarray(array) + noise.astype(np.asarray(array).dtype)

    return join_state(jax.tree.map(noisy, parameters), state)


@lru_cache(maxsize=64)
def _program(objective: Objective) -> Callable[..., Any]:
    network, loss, _ = objective.pieces()
    blocks = {place.address: place.blocks for place in places(network)}

    def cost(parameters: Any, state: Any, batch: Batch, key: Any) -> Any:
        forward = network.forward(
            join_state(parameters, state),
            batch.x,
            training=True,
            key=key,
            listen=True,
        )
        losses = over_steps(loss, forward.outputs, targets_of(batch))
        require_one_each(losses, batch)
        bare = weighted(losses, batch) / batch.weight.sum()
        if forward.penalty is not None:
            losses = losses + forward.penalty
        total = weighted(losses, batch) / batch.weight.sum()
        return total, (bare, forward.taps)

    def run(variables: Any, batch: Batch, key: Any) -> Any:
        both = jax.value_and_grad(cost, has_aux=True)
        (_, (bare, taps)), gradient = both(*split_state(variables), batch, key)
        return bare, gradient, _observed(taps, blocks)

    deep = network.has_convolutions and network.multiply_adds() > WORTH_OPTIMIZING
    options = compiler_options(True) if deep else quick_compilation()
    return jax.jit(run, compiler_options=options)


def _observed(taps: Any, blocks: Mapping[str, int]) -> dict[str, dict[str, Tapped]]:
    """Return numbers on weighted sums, outputs, and the input of the first layer."""
    first = next(iter(blocks))
    return {
        address: {
            name: _reduced(name, tap, _blocks_of(address, blocks))
            for name, tap in own.items()
            if name in OBSERVED
            and (name != "input" or address == first)
            and _is_observed(tap, _blocks_of(address, blocks))
        }
        for address, own in taps.items()
    }


def _blocks_of(address: str, blocks: Mapping[str, int]) -> int:
    """Return how many leading axes the taps of an address have."""
    address = plain_address(address)
    while address not in blocks and "/" in address:  # a direction inside a layer
        address = address.rpartition("/")[0]
    return blocks.get(address, 0)


def _is_observed(tap: Any, blocks: int) -> bool:
    is_array = hasattr(tap, "dtype") and jnp.issubdtype(tap.dtype, jnp.floating)
    return is_array and tap.ndim >= blocks + 2


def _reduced(name: str, tap: jax.Array, blocks: int) -> Tapped:
    lead, rows, units = tap.shape[:blocks], tap.shape[blocks], tap.shape[-1]
    a = tap.reshape(*lead, rows, -1, units)  # (blocks ..., rows, places, units)
    within = (blocks, blocks + 1)
    if name == "weighted_sum":
        return Tapped(top=a.max(within))
    spread = jnp.sqrt(a.var(blocks).mean(within))
    return Tapped(largest=jnp.abs(a).max((*within, blocks + 2)), spread=spread)
