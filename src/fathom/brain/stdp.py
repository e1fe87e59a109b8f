r"""Spike-timing-dependent plasticity: which cell fired first decides.

    dw = A+ exp(-d / tau+) for d >= 0, else -A- exp(d / tau-),   d = t_after - t_before

Every spike leaves a trace that decays, so that a step needs the traces only, and all
pairs of spikes count (all-to-all). A step of `dt` ms does, in this order: (1) all
traces decay; (2) each spike before a synapse weakens it by the trace of earlier spikes
after it; (3) spikes before leave their trace; (4) each spike after a synapse
strengthens it by the trace of the spikes before, those of this step with them; (5)
spikes after leave their trace. So two spikes in the same step count as before-after,
d = 0: the synapse is strengthened by A+. After (2) and (4) weights are kept within
their bounds.

Shapes: spikes before (inputs,), after (units,), weight (inputs, units).
Source: Gerstner et al., "Neuronal Dynamics" (2014), chapter 19; Song, Miller and Abbott
(2000); Morrison, Diesmann and Gerstner (2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fathom.errors import is_number, require


class Traces(NamedTuple):
    """What spikes left behind: `pre` (kinds, inputs) and `post` (kinds, units)."""

    pre: jax.Array
    post: jax.Array


@dataclass(frozen=True)
class TraceRule:
    """What rules of spikes have in common: traces, and the order of a step.

    Attributes:
        potentiation: A+, what a pair at d = 0 adds.
        depression: A-, what a pair just the other way round takes away.
        time_plus: tau+ in ms, for how long a spike before the synapse is remembered.
        time_minus: tau- in ms, for how long a spike after it is.
        minimum: Least weight.
        maximum: Largest weight.

    Raises:
        InputError: If a time is not above 0, or the bounds are the wrong way round.
    """

    potentiation: float = 0.01
    depression: float = 0.0105
    time_plus: float = 20.0
    time_minus: float = 20.0
    minimum: float = 0.0
    maximum: float = 1.0

    def __post_init__(self) -> None:
        owner = type(self).__name__
        for time in (*self.pre_times(), *self.post_times()):
            good = is_number(time) and time > 0
            require(good, owner, "time_...", "a time above 0 ms", time)
        expected = f"above the minimum, {self.minimum}"
        require(self.maximum > self.minimum, owner, "maximum", expected, self.maximum)

    def pre_times(self) -> tuple[float, ...]:
        """Return the time constants of the traces before the synapse, in ms."""
        return (self.time_plus,)

    def post_times(self) -> tuple[float, ...]:
        """Return the time constants of the traces after the synapse, in ms."""
        return (self.time_minus,)

    def on_pre(self, weight: jax.Array, pre: jax.Array, post: jax.Array) -> jax.Array:
        """Return weights after a spike before them; traces (kinds, ...) fit them."""
        del pre
        return jnp.maximum(weight - self.depression * post[0], self.minimum)

    def on_post(self, weight: jax.Array, pre: jax.Array, post: jax.Array) -> jax.Array:
        """Return weights after a spike after them; traces (kinds, ...) fit them."""
        del post
        return jnp.minimum(weight + self.potentiation * pre[0], self.maximum)

    def init_state(self, inputs: int, units: int) -> Traces:
        """Return the traces of cells that have not fired."""
        return Traces(
            jnp.zeros((len(self.pre_times()), inputs)),
            jnp.zeros((len(self.post_times()), units)),
        )

    def decayed(self, state: Traces, dt: float) -> Traces:
        """Return the traces `dt` ms later."""
        pre = jnp.exp(-dt / jnp.asarray(self.pre_times()))[:, None]
        post = jnp.exp(-dt / jnp.asarray(self.post_times()))[:, None]
        return Traces(state.pre * pre, state.post * post)

    def step(
        self,
        state: Traces,
        weight: jax.Array,
        pre_spikes: jax.Array,
        post_spikes: jax.Array,
        dt: float = 1.0,
    ) -> tuple[Traces, jax.Array]:
        """Return the traces, and the weights (inputs, units), after `dt` ms."""
        before, after = self.decayed(state, dt)
        spiked = pre_spikes.astype(bool)[:, None]
        row, column = before[:, :, None], after[:, None, :]
        weight = jnp.where(spiked, self.on_pre(weight, row, column), weight)
        before = before + pre_spikes.astype(before.dtype)[None]
        spiked = post_spikes.astype(bool)[None, :]
        row = before[:, :, None]
        weight = jnp.where(spiked, self.on_post(weight, row, column), weight)
        after = after + post_spikes.astype(after.dtype)[None]
        return Traces(before, after), weight


@dataclass(frozen=True)
class PairSTDP(TraceRule):
    """Pairs of spikes change a weight by an amount that does not depend on it.

    Example:
        >>> rule = PairSTDP(potentiation=0.01, depression=0.012)
        >>> [round(float(rule.window(d)), 4) for d in (-20.0, 0.0, 20.0)]
        [-0.0044, 0.01, 0.0037]
    """

    def window(self, delay: Any) -> jax.Array:
        """Return what one pair changes, by the formula: the STDP window.

        Args:
            delay: Time of the spike after the synapse less that before it, in ms.
        """
        delay = jnp.asarray(delay, jnp.float32)
        plus = self.potentiation * jnp.exp(-jnp.abs(delay) / self.time_plus)
        minus = self.depression * jnp.exp(-jnp.abs(delay) / self.time_minus)
        return jnp.where(delay >= 0, plus, -minus)


@dataclass(frozen=True)
class WeightDependentSTDP(TraceRule):
    """Pairs whose effect fades towards the bounds, so that weights stay within.

    With f = (w - minimum) / (maximum - minimum): a strengthening is
    A+ (1 - f)^exponent, a weakening A- f^exponent. The exponent 0 is `PairSTDP`, 1 the
    multiplicative rule (van Rossum, Bi and Turrigiano 2000; Guetig et al. 2003).

    Attributes:
        exponent: How soon the effect fades.

    Raises:
        InputError: If a setting cannot be.
    """

    exponent: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        good = is_number(self.exponent) and self.exponent >= 0
        expected = "a number of at least 0"
        require(good, "WeightDependentSTDP", "exponent", expected, self.exponent)

    def _share(self, weight: jax.Array) -> jax.Array:
        return (weight - self.minimum) / (self.maximum - self.minimum)

    def on_pre(self, weight: jax.Array, pre: jax.Array, post: jax.Array) -> jax.Array:
        """Return weights after a spike before them."""
        del pre
        size = self.depression * self._share(weight) ** self.exponent
        return jnp.maximum(weight - size * post[0], self.minimum)

    def on_post(self, weight: jax.Array, pre: jax.Array, post: jax.Array) -> jax.Array:
        """Return weights after a spike after them."""
        del post
        size = self.potentiation * (1 - self._share(weight)) ** self.exponent
        return jnp.minimum(weight + size * pre[0], self.maximum)


@dataclass(frozen=True)
class TripletSTDP(TraceRule):
    """Triplets of spikes too, which explain why high rates strengthen synapses.

    before: dw = -o1 (A2- + A3- r2),   after: dw = r1 (A2+ + A3+ o2), where r1, r2 are
    traces of the spikes before and o1, o2 after, and r2, o2 do not yet have the spike
    itself. The settings are those that the paper fitted to visual cortex (all-to-all).
    Source: Pfister and Gerstner (2006).

    Attributes:
        triplet_potentiation: A3+.
        triplet_depression: A3-.
        time_x: Of r2, in ms.
        time_y: Of o2, in ms.

    Raises:
        InputError: If a setting cannot be.
    """

    potentiation: float = 5e-10
    depression: float = 7e-3
    time_plus: float = 16.8
    time_minus: float = 33.7
    triplet_potentiation: float = 6.2e-3
    triplet_depression: float = 2.3e-4
    time_x: float = 101.0
    time_y: float = 125.0

    def pre_times(self) -> tuple[float, ...]:
        """Return tau+ and tau_x."""
        return self.time_plus, self.time_x

    def post_times(self) -> tuple[float, ...]:
        """Return tau- and tau_y."""
        return self.time_minus, self.time_y

    def on_pre(self, weight: jax.Array, pre: jax.Array, post: jax.Array) -> jax.Array:
        """Return weights after a spike before them."""
        size = self.depression + self.triplet_depression * pre[1]
        return jnp.maximum(weight - post[0] * size, self.minimum)

    def on_post(self, weight: jax.Array, pre: jax.Array, post: jax.Array) -> jax.Array:
        """Return weights after a spike after them."""
        size = self.potentiation + self.triplet_potentiation * post[1]
        return jnp.minimum(weight + pre[0] * size, self.maximum)
