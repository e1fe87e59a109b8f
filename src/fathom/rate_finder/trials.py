"""Short trainings at several learning rates and seeds, by one compiled program.

A trial is the beginning of the run that `fathom.train` would make with that learning
rate and that seed: the same start values, the same batches, the same steps. Learning
rate, random key and order of the rows are arrays, so all trials are lanes of one
program, which computes some side by side (`jax.vmap`) and the others in turn.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from fathom.compilation import compiler_options, keep_cache, quick_compilation
from fathom.network import Network
from fathom.training.objective import Batch, Sums
from fathom.training.packing import packing_for
from fathom.training.plan import Plan, in_blocks, with_padding_row
from fathom.training.settings import Settings
from fathom.training.step import Numbers, Rule, Weights, make_step
from fathom.variables import join_state, split_state

# Rates that are tried whatever the time: of fewer no range can be told.
FEWEST = 3


class Seeds(NamedTuple):
    """What the trials of a seed share; arrays have a leading axis of the seeds.

    Attributes:
        key: Random key of dropout and augmentation.
        order: (steps, batch) rows of every step.
        variables: Start values.
    """

    key: Any
    order: Any
    variables: Any


class Losses(NamedTuple):
    """Mean losses of trials on the rows they are judged on.

    Attributes:
        before: (seeds,) with the start values.
        after: (rates, seeds) after the last step; NaN if a step's was not finite.
    """

    before: Any
    after: Any


@dataclass(frozen=True)
class Trials:
    """What all trials share.

    Attributes:
        rule: How one step updates.
        settings: Of the run they begin.
        training: Training examples.
        judged: Examples on which the loss is taken.
        n_steps: Steps of every trial.
        n_seeds: Seeds, counted from that of the settings.
        variables: Start values instead of random ones, or None.
    """

    rule: Rule
    settings: Settings
    training: Batch
    judged: Batch
    n_steps: int
    n_seeds: int
    variables: dict[str, Any] | None = None

    def run(self, rates: Sequence[float], deadline: float = math.inf) -> Losses:
        """Train at every rate with every seed, and return NumPy arrays.

        On a CPU the program is called for one rate after the other, so that it can be
        interrupted; an accelerator gets all at once.

        Args:
            rates: In the order in which they are tried.
            deadline: On the clock of `time.monotonic`. After the first three rates no
                trial is begun that would end later, as far as those before tell; the
                losses are then of fewer rates.
        """
        keep_cache()
        on_cpu = jax.default_backend() == "cpu"
        is_timed = math.isfinite(deadline)
        at_once = 1 if on_cpu or is_timed else len(rates)
        program, parts, slowest = _program(self.rule, on_cpu), [], 0.0
        for i in range(0, len(rates), at_once):
            begin = time.monotonic()
            if i >= FEWEST and begin + slowest > deadline:
                break
            some = np.array(rates[i : i + at_once], np.float32)
            parts.append(program(some, *self._shared))
            if is_timed:
                jax.block_until_ready(parts[-1])
                took = time.monotonic() - begin
                slowest = max(slowest, took) if i else 0.0  # the first one compiles
        after = [np.asarray(part.after) for part in parts]
        return Losses(np.asarray(parts[0].before)[0], np.concatenate(after))

    @cached_property
    def _shared(self) -> tuple[Seeds, tuple[Batch, Batch], Numbers]:
        """What every rate is tried with, on the device."""
        data = with_padding_row(self.training), in_blocks(self.judged)
        return self._seeds(), jax.device_put(data), self._numbers()

    def _seeds(self) -> Seeds:
        first = self.settings.seed
        seeds = range(first, first + self.n_seeds)
        orders = np.stack([self._order(seed) for seed in seeds])
        keys = jnp.stack([jax.random.key(seed) for seed in seeds])
        if self.variables is None:
            variables = _starts(self.rule.objective.network)(keys)
        else:
            n = self.n_seeds
            variables = jax.tree.map(lambda a: jnp.stack([a] * n), self.variables)
        return Seeds(keys, jax.device_put(orders), variables)

    def _order(self, seed: int) -> np.ndarray:
        """Return the rows of the first steps of a run with that seed."""
        n = len(self.training.weight)
        parts = self.settings.accumulate
        size = min(self.settings.batch_size, -(-n // parts) * parts)
        plan = Plan(n, size, self.settings.shuffle)
        epochs = range(-(-self.n_steps // plan.n_steps))
        orders = [plan.order(seed, epoch) for epoch in epochs]
        return np.concatenate(orders)[: self.n_steps]

    def _numbers(self) -> Numbers:
        decay, clip = self.settings.decay(), self.settings.gradient_clip or 0
        return Numbers(jnp.float32(decay), jnp.float32(clip), None, jnp.float32(0))


@lru_cache(maxsize=16)
def _starts(network: Network) -> Callable[[jax.Array], dict[str, Any]]:
    return jax.jit(jax.vmap(network.init), compiler_options=quick_compilation())


@lru_cache(maxsize=16)
def _program(rule: Rule, on_cpu: bool) -> Callable[..., Losses]:
    """Return (rates, seeds, data, numbers) -> losses, both (rates, seeds).

    The trials stand side by side, by `jax.vmap`. On a CPU the rates go in turn, because
    many networks at once fall out of its caches; and with convolutions the seeds too,
    because those of several networks at once take twice as long there.
    """
    convolves = rule.objective.network.has_convolutions

    def run(rates: Any, seeds: Seeds, data: Any, numbers: Numbers) -> Losses:
        def at(rate: Any) -> Losses:
            def one(own: Seeds) -> Losses:
                return _trial(rule, rate, own, data, numbers)

            return lax.map(one, seeds) if on_cpu and convolves else jax.vmap(one)(seeds)

        return lax.map(at, rates) if on_cpu else jax.vmap(at)(rates)

    return jax.jit(run, compiler_options=compiler_options(convolves))


def _trial(
    rule: Rule, rate: Any, own: Seeds, data: tuple[Batch, Batch], numbers: Numbers
) -> Losses:
    """Return the losses of one trial."""
    training, judged = data
    tree, state = split_state(own.variables)
    packing = packing_for(tree, rule.optimizer.name != "custom", rule.objective.frozen)
    step = make_step(rule, packing, numbers._replace(key=own.key))

    def loss(weights: Weights) -> jax.Array:
        variables = join_state(packing.unpack(weights.parameters), weights.state)
        return _mean_loss(rule, variables, judged)

    def body(weights: Weights, this: Any) -> tuple[Weights, jax.Array]:
        rows, number = this
        batch = jax.tree.map(lambda array: array[rows], training)
        weights, sums = step(weights, batch, rate, number)
        return weights, sums.loss

    parameters = packing.pack(tree)
    start = Weights(parameters, state, rule.optimizer.direction.init(parameters))
    steps = own.order, jnp.arange(len(own.order), dtype=jnp.int32)
    end, losses = lax.scan(body, start, steps)
    after = jnp.where(jnp.isfinite(losses).all(), loss(end), jnp.nan)
    return Losses(loss(start), after)


def _mean_loss(rule: Rule, variables: dict[str, Any], blocks: Batch) -> jax.Array:
    def body(block: Batch) -> Sums:
        return rule.objective.measure(variables, block).sums

    sums = lax.map(body, blocks)
    return sums.loss.sum() / sums.weight.sum()
