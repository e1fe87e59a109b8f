"""One epoch as one compiled program: a scan of the step over minibatches.

The program takes arrays only (data, order of the rows, learning rates, weight decay),
so a second epoch, another learning rate or another seed compiles nothing. Early
stopping keeps the best weights inside the program; the loop outside reads a few
numbers per epoch.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from fathom.compilation import compiler_options, quick_compilation
from fathom.training.objective import Batch, Sums
from fathom.training.packing import Packing, packing_for
from fathom.training.step import Numbers, Rule, Weights, make_step
from fathom.variables import join_state, split_state


class Best(NamedTuple):
    """The best weights so far, by validation loss.

    Attributes:
        parameters: As the run's packing holds them.
        state: Running statistics.
        loss: Their validation loss.
        epoch: The epoch they are from, counted from 1; 0 before the first.
    """

    parameters: Any
    state: Any
    loss: Any
    epoch: Any


class Progress(NamedTuple):
    """What one epoch hands to the next.

    Attributes:
        weights: Parameters, running statistics, optimizer memory.
        best: The best weights so far, or None if the run does not keep them.
        epoch: Epochs done.
    """

    weights: Weights
    best: Best | None
    epoch: Any


class Epoch(NamedTuple):
    """What drives one epoch.

    Attributes:
        order: (steps, batch) rows of every batch.
        learning_rates: (steps,) learning rate of every step.
    """

    order: Any
    learning_rates: Any


class Data(NamedTuple):
    """The examples of a run.

    Attributes:
        training: Examples with the padding row at the end.
        validation: Examples in blocks, or None.
    """

    training: Batch
    validation: Batch | None


class Record(NamedTuple):
    """What an epoch reports: means over its examples.

    Attributes:
        training: {"loss": ..., metric: ...} taken while the weights moved.
        validation: The same on the validation examples after the epoch, or empty.
        is_finite: 0 if a loss or a weight became NaN or infinite, else 1. The loop
            then goes back to the progress from before the epoch.
        best_epoch: The epoch of the best weights.
    """

    training: dict[str, Any]
    validation: dict[str, Any]
    is_finite: Any
    best_epoch: Any

    def packed(self) -> jax.Array:
        """Return all numbers as one vector: one transfer to the host, not ten."""
        numbers = [jnp.reshape(n, -1) for n in jax.tree.leaves(self)]
        return jnp.concatenate([n.astype(jnp.float32) for n in numbers])

    def unpacked(self, vector: np.ndarray) -> Record:
        """Return the record of a vector; `self` has the shapes."""
        leaves, structure = jax.tree.flatten(self)
        ends = np.cumsum([leaf.size for leaf in leaves])
        pieces = np.split(vector, ends[:-1])
        shaped = [p.reshape(leaf.shape) for p, leaf in zip(pieces, leaves, strict=True)]
        return jax.tree.unflatten(structure, shaped)


class Compiled(NamedTuple):
    """A compiled epoch.

    Attributes:
        run: (progress, epoch, data, numbers) -> (progress, packed record).
        record: A record with the shapes, to unpack with.
        seconds: How long compiling took; 0 if it was compiled before.
    """

    run: Callable[..., tuple[Progress, jax.Array]]
    record: Record
    seconds: float

    def epoch(self, *args: Any) -> tuple[Progress, Callable[[], Record]]:
        """Start one epoch; the function returned waits for what it reports."""
        progress, vector = self.run(*args)
        return progress, lambda: self.record.unpacked(np.asarray(vector))


@dataclass(frozen=True)
class Program:
    """The compiled functions of a run; equal rules share one.

    Attributes:
        rule: How one step updates.
        keeps_best: Whether the best weights by validation loss are kept.
    """

    rule: Rule
    keeps_best: bool = False

    def start(self, key: jax.Array, variables: dict[str, Any] | None) -> Progress:
        """Return the progress of a run that has not begun.

        Args:
            key: Random key of the start values.
            variables: Start values instead of random ones.
        """
        if variables is None:
            return _program(self, "begin")(key)
        return _program(self, "start")(variables)

    def shapes(self) -> Progress:
        """Return the shapes and types of a run's progress."""
        return jax.eval_shape(partial(_begin, self), jax.random.key(0))

    def variables(self, progress: Progress, best: bool = False) -> dict[str, Any]:
        """Return the variables of the network, those of the best epoch if asked."""
        weights = progress.weights
        held = weights.to_use, weights.state
        if best and progress.best:
            held = progress.best.parameters, progress.best.state
        parameters, state = jax.device_get(held)
        return join_state(self.packing.unpack(parameters), state)

    @property
    def packing(self) -> Packing:
        """How the parameters are held during training."""
        return _packing(self)

    def compile(self, *args: Any) -> Compiled:
        """Compile one epoch for arguments of these shapes, or find it compiled.

        Args:
            args: Progress, epoch, data and numbers: arrays or `jax.ShapeDtypeStruct`.
        """
        shapes = jax.tree.map(jax.typeof, args)
        key = (self, jax.tree.structure(shapes), tuple(jax.tree.leaves(shapes)))
        if key in _compiled:
            return _compiled[key]._replace(seconds=0.0)
        begin = time.perf_counter()
        lowered = _program(self, "epoch").lower(*args)
        record = jax.eval_shape(partial(run_epoch, self), *args)[1]
        run = lowered.compile()
        _compiled[key] = Compiled(run, record, time.perf_counter() - begin)
        return _compiled[key]


_compiled: dict[Any, Compiled] = {}


@lru_cache(maxsize=64)
def _packing(program: Program) -> Packing:
    shapes = jax.eval_shape(program.rule.objective.network.init)
    is_named = program.rule.optimizer.default_learning_rate is not None
    frozen = program.rule.objective.frozen
    return packing_for(split_state(shapes)[0], is_named, frozen)


@lru_cache(maxsize=64)
def _program(program: Program, name: str) -> Any:
    function = {"begin": _begin, "start": _start, "epoch": _epoch}[name]
    convolves = program.rule.objective.network.has_convolutions
    options = compiler_options(convolves) if name == "epoch" else quick_compilation()
    return jax.jit(partial(function, program), compiler_options=options)


def _epoch(program: Program, *args: Any) -> tuple[Progress, jax.Array]:
    progress, record = run_epoch(program, *args)
    return progress, record.packed()


def _begin(program: Program, key: jax.Array) -> Progress:
    return _start(program, program.rule.objective.network.init(key))


def _start(program: Program, variables: dict[str, Any]) -> Progress:
    tree, state = split_state(variables)
    parameters = program.packing.pack(tree)
    memory = program.rule.optimizer.direction.init(parameters)
    best = None
    if program.keeps_best:
        best = Best(parameters, state, jnp.float32(jnp.inf), jnp.int32(0))
    average = parameters if program.rule.averages else None
    weights = Weights(parameters, state, memory, average)
    return Progress(weights, best, jnp.int32(0))


def run_epoch(
    program: Program, progress: Progress, epoch: Epoch, data: Data, numbers: Numbers
) -> tuple[Progress, Record]:
    """Return the progress after one epoch, and what it reports."""
    packing = program.packing
    step = make_step(program.rule, packing, numbers)
    n_steps = epoch.order.shape[0]
    first = progress.epoch * n_steps

    def body(weights: Weights, this: Any) -> tuple[Weights, Sums]:
        rows, learning_rate, i = this
        batch = jax.tree.map(lambda array: array[rows], data.training)
        return step(weights, batch, learning_rate, first + i)

    weights, sums = lax.scan(
        body,
        progress.weights,
        (epoch.order, epoch.learning_rates, jnp.arange(n_steps, dtype=jnp.int32)),
    )
    training = _means(jax.tree.map(lambda s: s.sum(0), sums))
    is_finite = jnp.isfinite(training["loss"]) & _all_finite(weights.parameters)
    number = progress.epoch + 1
    validation: dict[str, Any] = {}
    if data.validation is not None:
        variables = join_state(packing.unpack(weights.to_use), weights.state)
        validation = _evaluate(program, variables, data.validation)
    best = progress.best
    if best is not None:
        better = validation["loss"] < best.loss
        new = Best(weights.to_use, weights.state, validation["loss"], number)
        best = _where(better, new, best)
    best_epoch = number if best is None else best.epoch
    record = Record(training, validation, is_finite, best_epoch)
    return Progress(weights, best, number), record


def _evaluate(program: Program, variables: dict[str, Any], blocks: Batch) -> Any:
    def body(_: None, block: Batch) -> tuple[None, Sums]:
        return None, program.rule.objective.measure(variables, block).sums

    if blocks.weight.shape[0] == 1:
        one = jax.tree.map(lambda array: array[0], blocks)
        return _means(body(None, one)[1])
    sums = lax.scan(body, None, blocks)[1]
    return _means(jax.tree.map(lambda s: s.sum(0), sums))


def _means(sums: Sums) -> dict[str, Any]:
    return jax.tree.map(lambda s: s / sums.weight, {"loss": sums.loss, **sums.metrics})


def _where(condition: jax.Array, new: Any, old: Any) -> Any:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), new, old)


def _all_finite(parameters: Any) -> jax.Array:
    finite = [jnp.isfinite(p).all() for p in jax.tree.leaves(parameters)]
    return jnp.stack(finite).all() if finite else jnp.bool_(True)
