"""One epoch: a scan of the step over minibatches, validation, and what is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from fathom.training.judgment import judge
from fathom.training.objective import Batch, Objective, Sums
from fathom.training.packing import Packing
from fathom.training.progress import Best, Data, Epoch, Progress, Record
from fathom.training.segments import run_segments
from fathom.training.statistics import step_columns
from fathom.training.step import Numbers, Rule, Weights, make_step
from fathom.variables import join_state


@dataclass(frozen=True)
class EpochRule:
    """What an epoch does.

    Attributes:
        rule: How one step updates.
        packing: How the parameters are held.
    """

    rule: Rule
    packing: Packing

    def run(
        self, progress: Progress, epoch: Epoch, data: Data, numbers: Numbers
    ) -> tuple[Progress, Record]:
        """Return the progress after one epoch, and what it reports."""
        weights, sums, rows = self._steps(progress, epoch, data, numbers)
        training = _means(jax.tree.map(lambda s: s.sum(0), sums))
        is_finite = jnp.isfinite(training["loss"]) & _all_finite(weights.parameters)
        number = progress.epoch + 1
        validation: dict[str, Any] = {}
        if data.validation is not None:
            variables = join_state(self.packing.unpack(weights.to_use), weights.state)
            validation = self.evaluate(variables, data.validation)
        best = progress.best
        if best is not None:
            better = validation["loss"] < best.loss
            new = Best(weights.to_use, weights.state, validation["loss"], number)
            best = _where(better, new, best)
        best_epoch = number if best is None else best.epoch
        record = Record(training, validation, is_finite, best_epoch, rows)
        if rows is not None:
            record = record._replace(
                first_bad=_first(~jnp.isfinite(sums.loss)),
                classes=self._judge(weights, epoch, data),
            )
        return Progress(weights, best, number), record

    def _steps(
        self, progress: Progress, epoch: Epoch, data: Data, numbers: Numbers
    ) -> tuple[Weights, Sums, Any]:
        """Return weights, sums and records of all steps."""
        step = make_step(self.rule, self.packing, numbers)
        n_steps = epoch.order.shape[0]
        first = progress.epoch * n_steps

        def body(weights: Weights, this: Any) -> tuple[Weights, Sums]:
            rows, learning_rate, i = this
            batch = jax.tree.map(lambda array: array[rows], data.training)
            return step(weights, batch, learning_rate, first + i)

        def look(before: Weights, after: Weights, sums: Sums, this: Any) -> jax.Array:
            rows, _, i = this
            batch = jax.tree.map(lambda array: array[rows], data.training)
            given = before, after, batch, first + i
            columns = step_columns(self.rule, self.packing, numbers, given)
            loss = (sums.loss / sums.weight).astype(jnp.float32).reshape(1)
            return jnp.concatenate([loss, *(column.values for column in columns)])

        numbered = jnp.arange(n_steps, dtype=jnp.int32)
        steps = epoch.order, epoch.learning_rates, numbered
        if epoch.watch is None:
            return *lax.scan(body, progress.weights, steps), None
        return run_segments(body, look, progress.weights, steps, epoch.watch)

    def evaluate(self, variables: dict[str, Any], blocks: Batch) -> Any:
        """Return the mean loss and metrics over examples in blocks."""

        def body(_: None, block: Batch) -> tuple[None, Sums]:
            return None, self.rule.objective.measure(variables, block).sums

        if blocks.weight.shape[0] == 1:
            one = jax.tree.map(lambda array: array[0], blocks)
            return _means(body(None, one)[1])
        sums = lax.scan(body, None, blocks)[1]
        return _means(jax.tree.map(lambda s: s.sum(0), sums))

    def _judge(self, weights: Weights, epoch: Epoch, data: Data) -> jax.Array | None:
        """Return the results by class, 0 where this epoch is not judged."""
        objective, watch = self.rule.objective, epoch.watch
        if data.judged is None or watch is None:
            return None
        assert isinstance(objective, Objective)
        n = _n_classes(objective)
        variables = join_state(self.packing.unpack(weights.to_use), weights.state)
        return lax.cond(
            watch.judges,
            lambda variables, batch: judge(objective, variables, batch, n),
            lambda *_: jnp.zeros((4, n)),
            variables,
            data.judged,
        )


def _n_classes(objective: Objective) -> int:
    return max(2, objective.network.output_shape[-1])


def _first(holds: jax.Array) -> jax.Array:
    """Return where something holds first, the length if it does nowhere."""
    return jnp.where(holds.any(), jnp.argmax(holds), len(holds))


def _means(sums: Sums) -> dict[str, Any]:
    return jax.tree.map(lambda s: s / sums.weight, {"loss": sums.loss, **sums.metrics})


def _where(condition: jax.Array, new: Any, old: Any) -> Any:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), new, old)


def _all_finite(parameters: Any) -> jax.Array:
    finite = [jnp.isfinite(p).all() for p in jax.tree.leaves(parameters)]
    return jnp.stack(finite).all() if finite else jnp.bool_(True)
