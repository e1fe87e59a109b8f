"""Neurons through time: one step after the other, as one compiled scan.

Time is the first axis. Nothing is changed in place: the state goes in and comes out, so
that a simulation can be continued, and `jax.vmap` runs it for many trials.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fathom.errors import InputError, is_number, require


class Simulation(NamedTuple):
    """What cells did.

    Attributes:
        spikes: (time, ...) boolean, where a cell fired.
        voltage: (time, ...) membrane potential in mV at the end of each step, so that a
            spike shows as the reset.
        state: After the last step; `simulate(..., state=state)` goes on from there.
    """

    spikes: jax.Array
    voltage: jax.Array
    state: Any


def simulate(
    neuron: Any,
    inputs: Any,
    dt: float = 1.0,
    state: Any = None,
    key: jax.Array | None = None,
) -> Simulation:
    """Return what cells do with inputs over time.

    Args:
        neuron: A model such as `LIF`: `init_state(shape)` and `step(state, current, dt,
            key)`.
        inputs: (time, ...) current in nA, or jumps in mV where the neuron takes these;
            (time, ..., branches) for a neuron with a dendrite.
        dt: Length of a step in ms.
        state: Where to go on from; cells at rest if None.
        key: For a neuron with noise; each step has its own numbers.

    Raises:
        InputError: If the inputs have no time axis, `dt` is not above 0, or there is
            noise and no key.

    Example:
        >>> import jax.numpy as jnp
        >>> from fathom.brain import LIF
        >>> together = jnp.zeros(10).at[2].set(3 * 5.0)
        >>> apart = jnp.zeros(10).at[jnp.array([0, 4, 8])].set(5.0)
        >>> both = simulate(LIF.biological(), jnp.stack([together, apart], 1))
        >>> both.spikes.sum(0).tolist()
        [1, 0]
    """
    require(is_number(dt) and dt > 0, "simulate", "dt", "a time above 0 ms", dt)
    expected = "a neuron with init_state and step, such as LIF()"
    is_neuron = hasattr(neuron, "init_state") and hasattr(neuron, "step")
    require(is_neuron, "simulate", "neuron", expected, neuron)
    currents = jnp.asarray(inputs)
    if currents.dtype != jnp.float64:
        currents = currents.astype(jnp.float32)
    has_branches = getattr(neuron, "dendrite", None) is not None
    if currents.ndim < 1 + has_branches:
        axes = "(time, ..., branches)" if has_branches else "(time, ...)"
        raise InputError(
            f"simulate takes inputs {axes}. Got an array of shape {currents.shape}."
        )
    shape = currents.shape[1 : currents.ndim - has_branches]
    start = neuron.init_state(shape) if state is None else state
    keys = None if key is None else jax.random.split(key, len(currents))
    return _run(neuron, start, currents, keys, dt)


@partial(jax.jit, static_argnames=("neuron", "dt"))
def _run(
    neuron: Any, start: Any, currents: jax.Array, keys: Any, dt: float
) -> Simulation:
    """Scan the steps."""

    def step(state: Any, now: tuple[jax.Array, Any]) -> tuple[Any, Any]:
        state, spikes = neuron.step(state, now[0], dt=dt, key=now[1])
        return state, (spikes, state.voltage)

    final, (spikes, voltage) = jax.lax.scan(step, start, (currents, keys))
    return Simulation(spikes, voltage, final)
