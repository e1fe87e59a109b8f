"""A network of spiking cells that reach each other, and may learn while they do.

One step: the cells do theirs, with the drive from outside and the spikes that arrive;
who fires sends spikes, which arrive `synapses.delay` steps later; the synapses learn
from who fired (the rule sees spikes when they are fired). A refractory cell ignores
what arrives.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fathom.brain.stdp import PairSTDP, TraceRule
from fathom.brain.synapses import Dense, Sparse
from fathom.brain.transmission import (
    DeferredLearning,
    DenseLearning,
    Fixed,
    Moment,
    SparseLearning,
    Synapses,
)
from fathom.errors import InputError, is_number, is_whole, require


class NetworkState(NamedTuple):
    """Everything that a network goes on from, besides its synapses.

    Attributes:
        cells: State of the neurons.
        on_the_way: (delay, cells) what arrives in the coming steps.
        traces: Of the rule, or ().
    """

    cells: Any
    on_the_way: jax.Array
    traces: Any


class NetworkRun(NamedTuple):
    """What a network did.

    Attributes:
        spikes: (time, cells) boolean.
        synapses: After the last step, with what they learned.
        state: To go on from.
    """

    spikes: jax.Array
    synapses: Any
    state: NetworkState


def simulate_network(
    neuron: Any,
    synapses: Synapses,
    drive: Any,
    *,
    dt: float = 1.0,
    rule: TraceRule | None = None,
    key: jax.Array | None = None,
    state: NetworkState | None = None,
) -> NetworkRun:
    """Return what cells do that reach each other.

    Args:
        neuron: A model such as `LIF`.
        synapses: From each cell to the others; a spike adds its weight to the voltage.
        drive: (time, cells) what comes from outside, as the neuron takes it.
        dt: Length of a step in ms.
        rule: By which synapses learn, such as `PairSTDP`; None leaves them.
        key: For a neuron with noise.
        state: Of an earlier run, to go on from; cells at rest if None.

    Raises:
        InputError: If the drive does not fit the synapses.

    Example:
        >>> import numpy as np
        >>> from fathom.brain import LIF, Sparse
        >>> chain = Sparse.from_matrix(np.diag([16.0, 16.0], 1), delay=3)
        >>> drive = np.zeros((9, 3))
        >>> drive[0, 0] = 20.0
        >>> run = simulate_network(LIF.biological(), chain, drive)
        >>> np.argwhere(run.spikes).tolist()
        [[0, 0], [3, 1], [6, 2]]
    """
    require(is_number(dt) and dt > 0, "simulate_network", "dt", "a time above 0 ms", dt)
    if not isinstance(synapses, (Dense, Sparse)):
        raise InputError(
            f"simulate_network takes synapses as Dense or Sparse. Got {synapses!r}."
        )
    expected = "a whole number of at least 0"
    good = is_whole(synapses.delay, 0)
    require(good, type(synapses).__name__, "delay", expected, synapses.delay)
    drive = jnp.asarray(drive, synapses.weight.dtype)
    cells = synapses.units
    if len(synapses.weight) != cells or drive.ndim != 2 or drive.shape[1] != cells:
        raise InputError(
            f"simulate_network takes a drive (time, cells), and synapses from these "
            f"cells to themselves. Got a drive {drive.shape}, and synapses from "
            f"{len(synapses.weight)} to {cells} cells."
        )
    if state is None:
        nothing = jnp.zeros((synapses.delay, cells), drive.dtype)
        traces = () if rule is None else rule.init_state(cells, cells)
        state = NetworkState(neuron.init_state((cells,)), nothing, traces)
    return _run(neuron, rule, dt, synapses, drive, state, key)


def _ways(synapses: Synapses, rule: TraceRule | None, dt: float) -> Any:
    """Return how these synapses transmit and learn."""
    if rule is None:
        return Fixed(None, dt)
    if isinstance(synapses, Dense):
        return DenseLearning(rule, dt)
    # A rule derived from the pair rule may change weights otherwise.
    if type(rule) is PairSTDP:
        return DeferredLearning(rule, dt)
    return SparseLearning(rule, dt)


@partial(jax.jit, static_argnames=("neuron", "rule", "dt"))
def _run(
    neuron: Any,
    rule: TraceRule | None,
    dt: float,
    synapses: Synapses,
    drive: jax.Array,
    state: NetworkState,
    key: jax.Array | None,
) -> NetworkRun:
    """Run blocks of about one time constant of the rule, and within them steps."""
    way, steps, delay = _ways(synapses, rule, dt), len(drive), synapses.delay
    shortest = steps * dt if rule is None else min(rule.time_plus, rule.time_minus)
    length = max(1, min(steps, round(shortest / dt)))

    def block(index: jax.Array, carry: Any) -> Any:
        cells, on_the_way, spikes, synapses, traces = carry
        start = index * length
        stop = jnp.minimum(start + length, steps)

        def step(k: jax.Array, carry: Any) -> Any:
            cells, on_the_way, spikes, learned = carry
            own = None if key is None else jax.random.fold_in(key, k)
            slot = k % max(delay, 1)
            jump = on_the_way[slot] if delay else 0.0
            cells, fired = neuron.step(cells, drive[k], dt=dt, key=own, jump=jump)
            elapsed = (k - start + 1).astype(drive.dtype) * dt
            learned, sums = way.transmit(learned, Moment(fired, elapsed))
            if delay:
                on_the_way = on_the_way.at[slot].set(sums)
            else:
                heard = jnp.where(cells.refractory == 0, sums, 0.0)
                cells = cells._replace(voltage=cells.voltage + heard)
            return cells, on_the_way, spikes.at[k].set(fired), learned

        inner = (cells, on_the_way, spikes, way.begin(synapses, traces))
        cells, on_the_way, spikes, learned = jax.lax.fori_loop(start, stop, step, inner)
        elapsed = (stop - start).astype(drive.dtype) * dt
        return cells, on_the_way, spikes, *way.end(learned, elapsed)

    record = jnp.zeros(drive.shape, bool)
    carry = (state.cells, state.on_the_way, record, synapses, state.traces)
    blocks = -(-steps // length)
    carry = jax.lax.fori_loop(0, blocks, block, carry)
    cells, on_the_way, spikes, synapses, traces = carry
    if delay:
        on_the_way = jnp.roll(on_the_way, -(steps % delay), 0)
    return NetworkRun(spikes, synapses, NetworkState(cells, on_the_way, traces))
