"""One epoch as one compiled program.

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

from fathom.compilation import compiler_options, quick_compilation
from fathom.record.layer_records import Columns
from fathom.training.epoch import EpochRule
from fathom.training.packing import Packing, packing_for
from fathom.training.progress import Best, Data, Epoch, Progress, Record
from fathom.training.statistics import step_columns
from fathom.training.step import Numbers, Rule, Weights
from fathom.variables import join_state, split_state


class Compiled(NamedTuple):
    """A compiled epoch.

    Attributes:
        run: (progress, epoch, data, numbers) -> (progress, packed record).
        record: A record with the shapes, to unpack with.
        columns: Addresses of the statistics of a recorded step.
        seconds: How long compiling took; 0 if it was compiled before.
    """

    run: Callable[..., tuple[Progress, jax.Array]]
    record: Record
    columns: Columns
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

    def compile(
        self, progress: Progress, epoch: Epoch, data: Data, numbers: Numbers
    ) -> Compiled:
        """Compile one epoch for arguments of these shapes, or find it compiled.

        Args:
            progress: Arrays or `jax.ShapeDtypeStruct`, as all of these may be.
            epoch: Records steps if it has a watch.
            data: The examples.
            numbers: The numbers of the run.
        """
        args = progress, epoch, data, numbers
        shapes = jax.tree.map(jax.typeof, args)
        key = (self, jax.tree.structure(shapes), tuple(jax.tree.leaves(shapes)))
        if key in _compiled:
            _compiled[key] = _compiled.pop(key)  # now the one used last
            return _compiled[key]._replace(seconds=0.0)
        begin = time.perf_counter()
        records: list[Record] = []

        def run_epoch(*args: Any) -> tuple[Progress, jax.Array]:
            progress, record = EpochRule(self.rule, self.packing).run(*args)
            records.append(jax.tree.map(_shape, record))
            return progress, record.packed()

        options = compiler_options(self.rule.objective.network.has_convolutions)
        run = jax.jit(run_epoch, compiler_options=options).lower(*args).compile()
        columns = self._columns(*args) if epoch.watch is not None else {}
        seconds = time.perf_counter() - begin
        _compiled[key] = Compiled(run, records[0], columns, seconds)
        if len(_compiled) > KEPT:
            del _compiled[next(iter(_compiled))]
        return _compiled[key]

    def _columns(
        self, progress: Progress, epoch: Epoch, data: Data, numbers: Numbers
    ) -> Columns:
        """Return the addresses of a recorded step's statistics."""
        columns: Columns = {}

        def look(weights: Weights, rows: Any, training: Any, of_run: Numbers) -> None:
            batch = jax.tree.map(lambda array: array[rows], training)
            given = weights, weights, batch, jnp.int32(0)
            found = step_columns(self.rule, self.packing, of_run, given)
            columns.update({name: tuple(at) for name, at, _ in found})

        rows = jax.ShapeDtypeStruct(epoch.order.shape[1:], jnp.int32)
        jax.eval_shape(look, progress.weights, rows, data.training, numbers)
        return columns


_compiled: dict[Any, Compiled] = {}
# Every program maps memory, of which a process may have 65,530 pieces on Linux: some
# thousand programs. Beyond, it is aborted.
KEPT = 64


@lru_cache(maxsize=64)
def _packing(program: Program) -> Packing:
    shapes = jax.eval_shape(program.rule.objective.network.init)
    is_named = program.rule.optimizer.default_learning_rate is not None
    frozen = program.rule.objective.frozen
    return packing_for(split_state(shapes)[0], is_named, frozen)


@lru_cache(maxsize=64)
def _program(program: Program, name: str) -> Any:
    function = {"begin": _begin, "start": _start}[name]
    return jax.jit(partial(function, program), compiler_options=quick_compilation())


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


def _shape(array: Any) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(jnp.shape(array), jnp.result_type(array))
