"""Cells that compete for what they see, and learn it by spike timing alone.

    u_t = decay u_{t-1} + W^T s_t                       current of the input spikes s
    winner: the cell furthest above threshold + theta; it spikes, all others go to 0
    W_{:,winner} += rate (trace - offset) (1 - W)^power      plasticity at its spike
    theta_winner += step;  each column of W is scaled to one sum after every example

Shapes: s (steps, inputs), W (inputs, cells), u and theta (cells,). `trace` is 1 at an
input's spike and decays after it (nearest neighbor): inputs that spiked just before the
winner did grow, the others shrink. Adaptive thresholds keep one cell from winning
always, and competition keeps two from learning the same. No class is ever looked at.
Source: Diehl and Cook, "Unsupervised learning of digit recognition using spike-timing-
dependent plasticity", Frontiers in Computational Neuroscience 9 (2015); here in steps
without conductances, and with inhibition that is total and at once.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax


class Cells(NamedTuple):
    """What has been learned.

    Attributes:
        weight: (inputs, cells) from 0 to 1.
        theta: (cells,) what the thresholds have grown by.
    """

    weight: jax.Array
    theta: jax.Array


class Competition(NamedTuple):
    """The numbers of the competition; all may be arrays, so that none compiles anew.

    Attributes:
        rate: Probability of a spike per step of an input of 1.
        decay: What is left of a membrane potential after one step.
        threshold: Of every cell, before theta.
        trace_decay: What is left of an input's trace after one step.
        learning_rate: Of the weights.
        offset: Trace below which a weight shrinks at the winner's spike.
        power: How much less a large weight grows; 0 lets all grow alike.
        theta_step: By how much the winner's threshold grows.
        theta_keep: What is left of theta after every example.
        total: Sum of the weights of each cell.
    """

    rate: Any
    decay: Any
    threshold: Any
    trace_decay: Any
    learning_rate: Any
    offset: Any
    power: Any
    theta_step: Any
    theta_keep: Any
    total: Any


def begin(key: jax.Array, inputs: int, cells: int, how: Competition) -> Cells:
    """Return cells with random weights, which have learned nothing."""
    weight = jax.random.uniform(key, (inputs, cells))
    return Cells(_scaled(weight, how), jnp.zeros(cells))


def show(
    cells: Cells, spikes: jax.Array, how: Competition, learns: bool
) -> tuple[Cells, jax.Array]:
    """Show one example, and return the cells after it and their spike counts.

    Args:
        cells: Before it.
        spikes: (steps, inputs) 0 and 1.
        how: The numbers of the competition.
        learns: Whether weights and thresholds change.
    """
    everyone = jnp.arange(len(cells.theta))

    def step(state: Any, s: jax.Array) -> tuple[Any, None]:
        cells, u, trace, counts = state
        trace = jnp.maximum(how.trace_decay * trace, s)
        u = how.decay * u + s @ cells.weight
        above = u - how.threshold - cells.theta
        winner = jnp.argmax(above)
        fires = above[winner] >= 0
        u = jnp.where(fires, 0, u)
        spike = ((everyone == winner) & fires).astype(u.dtype)
        if learns:
            column = cells.weight[:, winner]
            growth = (trace - how.offset) * (1 - column) ** how.power
            change = jnp.where(fires, how.learning_rate * growth, 0)
            new = jnp.clip(column + change, 0, 1)
            theta = cells.theta + how.theta_step * spike
            cells = Cells(cells.weight.at[:, winner].set(new), theta)
        return (cells, u, trace, counts + spike), None

    silent = jnp.zeros_like(cells.theta)
    start = (cells, silent, jnp.zeros_like(spikes[0]), silent)
    (cells, _, _, counts), _ = lax.scan(step, start, spikes)
    if learns:
        theta = how.theta_keep * cells.theta
        cells = Cells(_scaled(cells.weight, how), theta)
    return cells, counts


def _scaled(weight: jax.Array, how: Competition) -> jax.Array:
    total = jnp.maximum(weight.sum(0), jnp.finfo(weight.dtype).tiny)
    return weight * (how.total / total)[None, :]


@functools.partial(jax.jit, static_argnames=("n_cells", "epochs", "steps"))
def learn(
    x: jax.Array,
    key: jax.Array,
    how: Competition,
    *,
    n_cells: int,
    epochs: int,
    steps: int,
) -> Cells:
    """Show all rows one by one, in a new order every epoch: one compiled program.

    Args:
        x: (rows, inputs) from 0 to 1.
        key: Draws start values, orders and spikes.
        how: The numbers of the competition.
        n_cells: How many cells compete.
        epochs: How many times all rows are shown.
        steps: How long one row is shown.
    """
    start, run = jax.random.split(key)

    def example(cells: Cells, this: Any) -> tuple[Cells, None]:
        row, key = this
        spikes = _drawn(key, row, steps, how)
        return show(cells, spikes, how, learns=True)[0], None

    def epoch(cells: Cells, key: jax.Array) -> tuple[Cells, None]:
        order, own = jax.random.split(key)
        rows = x[jax.random.permutation(order, len(x))]
        return lax.scan(example, cells, (rows, jax.random.split(own, len(x))))

    cells = begin(start, x.shape[1], n_cells, how)
    return lax.scan(epoch, cells, jax.random.split(run, epochs))[0]


@functools.partial(jax.jit, static_argnames=("steps",))
def respond(
    cells: Cells, x: jax.Array, key: jax.Array, how: Competition, *, steps: int
) -> jax.Array:
    """Return how often each cell spikes for each row, (rows, cells), learning nothing.

    The random numbers are the same for every row, so that its answer does not depend on
    the rows beside it.
    """

    def one(row: jax.Array) -> jax.Array:
        return show(cells, _drawn(key, row, steps, how), how, learns=False)[1]

    return jax.vmap(one)(x)


def _drawn(key: jax.Array, row: jax.Array, steps: int, how: Competition) -> jax.Array:
    """Return spikes (steps, inputs), each with probability rate x row."""
    chance = jax.random.uniform(key, (steps, len(row)), row.dtype)
    return (chance < (how.rate * row)[None, :]).astype(row.dtype)
