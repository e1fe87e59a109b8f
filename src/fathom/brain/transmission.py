"""What one step's spikes do at the synapses: what they bring, and what is learned.

Four ways with the same three calls, `begin`, `transmit` and `end`; a block of steps
lies between `begin` and `end`. Without a rule, and with any rule on a matrix, a step is
what the classes say. On sparse synapses a rule of traces is applied to the rows of
cells that fired and the columns of cells that fired.

`PairSTDP` on sparse synapses is cheaper still, because it puts off what columns would
learn. Until cell i fires again, its synapses only strengthen, by A+ x_i(t) at the times
t when their targets fire, and x_i only decays. So with Z_j = sum of exp(-t / tau+) over
the spikes of j, all of it is A+ x_i (Z_j - Z_j when i last fired), added when i fires
and at the end of the block, and cutting off at the maximum once is the same as each
time. Traces are kept as of the start of the block, so that no step has to decay them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fathom.brain.stdp import PairSTDP, TraceRule, Traces
from fathom.brain.synapses import Dense, Sparse, each, put_row, take_row

Synapses = Dense | Sparse


class Moment(NamedTuple):
    """One step's spikes (cells,), and the ms from the block's start to its end."""

    spikes: jax.Array
    elapsed: jax.Array


@dataclass(frozen=True)
class Fixed:
    """Synapses that do not learn."""

    rule: None
    dt: float

    def begin(self, synapses: Synapses, traces: Any) -> Any:
        """Return what steps carry on."""
        return synapses, traces

    def transmit(self, carry: Any, now: Moment) -> tuple[Any, jax.Array]:
        """Return what steps carry on, and what arrives."""
        return carry, carry[0].arriving(now.spikes)

    def end(self, carry: Any, elapsed: jax.Array) -> tuple[Synapses, Any]:
        """Return the synapses and traces after the block."""
        del elapsed
        return carry


@dataclass(frozen=True)
class DenseLearning(Fixed):
    """A matrix that learns by the rule's own step."""

    rule: TraceRule  # pyright: ignore[reportIncompatibleVariableOverride]

    def transmit(self, carry: Any, now: Moment) -> tuple[Any, jax.Array]:
        """Return what steps carry on, and what arrives."""
        synapses, traces = carry
        arriving = synapses.arriving(now.spikes)
        traces, weight = self.rule.step(
            traces, synapses.weight, now.spikes, now.spikes, self.dt
        )
        return (replace(synapses, weight=weight), traces), arriving


@dataclass(frozen=True)
class SparseLearning(Fixed):
    """Rows and columns of cells that fired learn by any rule of traces."""

    rule: TraceRule  # pyright: ignore[reportIncompatibleVariableOverride]

    def transmit(self, carry: Any, now: Moment) -> tuple[Any, jax.Array]:
        """Return what steps carry on, and what arrives."""
        synapses, traces = carry
        arriving = synapses.arriving(now.spikes)
        before, after = self.rule.decayed(traces, self.dt)
        weight = self._rows(synapses, (before, after), now.spikes)
        fired = now.spikes.astype(before.dtype)[None]
        before = before + fired
        weight = self._columns(synapses, weight, (before, after), now.spikes)
        synapses = synapses.with_weight(weight)
        return (synapses, Traces(before, after + fired)), arriving

    def _rows(self, synapses: Sparse, traces: Any, spikes: jax.Array) -> jax.Array:
        """Return the weights after the spikes before the synapses."""
        before, after = traces
        padded = jnp.pad(after, ((0, 0), (0, 1)))

        def learn(weight: jax.Array, cell: jax.Array, row: jax.Array) -> jax.Array:
            own = before[:, cell][:, None]
            new = self.rule.on_pre(row, own, padded[:, synapses.targets[cell]])
            return put_row(weight, new, cell)

        return each(spikes, take_row, learn, synapses.weight)

    def _columns(
        self, synapses: Sparse, weight: jax.Array, traces: Any, spikes: jax.Array
    ) -> jax.Array:
        """Return the weights after the spikes after the synapses."""
        before, after = traces
        width = weight.shape[1]

        def read(weight: jax.Array, cell: jax.Array) -> jax.Array:
            return weight.at[synapses.incoming[cell]].get(mode="clip")

        def learn(weight: jax.Array, cell: jax.Array, own: jax.Array) -> jax.Array:
            places = synapses.incoming[cell]
            senders = before.at[:, places // width].get(mode="clip")
            new = self.rule.on_post(own, senders, after[:, cell][:, None])
            return weight.at[places].set(new, mode="drop")

        return each(spikes, read, learn, weight.ravel()).reshape(weight.shape)


class Deferred(NamedTuple):
    """What `DeferredLearning` carries: rows (inputs, 2, width) of weights and old Z.

    The traces are those of the rule as of the start of the block, and `seen` is Z; it
    and `post` have a place for the padding.
    """

    synapses: Sparse
    rows: jax.Array
    pre: jax.Array
    post: jax.Array
    seen: jax.Array


@dataclass(frozen=True)
class DeferredLearning:
    """`PairSTDP` on sparse synapses: touches only the rows of cells that fired."""

    rule: PairSTDP
    dt: float

    def begin(self, synapses: Sparse, traces: Traces) -> Deferred:
        """Return what steps carry on."""
        weight = synapses.weight
        return Deferred(
            synapses,
            jnp.stack([weight, jnp.zeros_like(weight)], 1),
            traces.pre[0],
            jnp.pad(traces.post[0], (0, 1)),
            jnp.zeros(synapses.units + 1, weight.dtype),
        )

    def transmit(self, carry: Deferred, now: Moment) -> tuple[Deferred, jax.Array]:
        """Return what steps carry on, and what arrives."""
        rule, targets = self.rule, carry.synapses.targets
        minus = jnp.exp(-now.elapsed / rule.time_minus)
        weakening = carry.post * (rule.depression * minus)

        def learn(arrays: Any, cell: jax.Array, row: jax.Array) -> Any:
            rows, sums = arrays
            places = targets[cell]
            seen = carry.seen.at[places].get(mode="promise_in_bounds")
            own = rule.potentiation * carry.pre.at[cell].get(mode="promise_in_bounds")
            weight = jnp.minimum(row[0] + own * (seen - row[1]), rule.maximum)
            sums = sums.at[places].add(weight, mode="promise_in_bounds")
            less = weakening.at[places].get(mode="promise_in_bounds")
            weight = jnp.maximum(weight - less, rule.minimum)
            new = jnp.stack([weight, seen])
            return put_row(rows, new, cell), sums

        start = carry.rows, jnp.zeros_like(carry.seen)
        rows, sums = each(now.spikes, lambda a, i: take_row(a[0], i), learn, start)
        fired = now.spikes.astype(rows.dtype)
        plus = jnp.exp(-now.elapsed / rule.time_plus)
        padded = jnp.pad(fired, (0, 1))
        after = Deferred(
            carry.synapses,
            rows,
            carry.pre + fired / plus,
            carry.post + padded / minus,
            carry.seen + plus * padded,
        )
        return after, sums[:-1]

    def end(self, carry: Deferred, elapsed: jax.Array) -> tuple[Sparse, Traces]:
        """Return the synapses and traces after the block, with all that was put off."""
        rule, synapses = self.rule, carry.synapses
        risen = carry.seen[synapses.targets] - carry.rows[:, 1]
        stronger = carry.rows[:, 0] + rule.potentiation * carry.pre[:, None] * risen
        pre = carry.pre * jnp.exp(-elapsed / rule.time_plus)
        post = carry.post[:-1] * jnp.exp(-elapsed / rule.time_minus)
        traces = Traces(pre[None], post[None])
        return synapses.with_weight(jnp.minimum(stronger, rule.maximum)), traces
