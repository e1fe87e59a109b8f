"""Many runs of one network side by side: the members of a cross-validation.

Members differ in numbers that the compiled epoch takes as arrays (learning rate, weight
decay, ...) and in the examples they learn from. The epoch is that of a single run,
under `jax.vmap`:

    standing <- epoch(standing, numbers)      for every member that has not stopped

Members that share their examples share the order of the batches and the random numbers
of dropout too. A member that has stopped keeps its weights; the loop ends when all
have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from fathom.compilation import compiler_options, quick_compilation
from fathom.training.epoch import EpochRule
from fathom.training.objective import Batch
from fathom.training.program import KEPT, Program
from fathom.training.progress import Best, Data, Epoch, Progress
from fathom.training.step import Numbers, Rule, Weights
from fathom.variables import join_state, split_state

# Why a member has stopped before the last epoch, by number; 0 if it has not.
REASONS = ("epochs", "early_stopping", "non_finite")


class Shared(NamedTuple):
    """What members on the same examples share.

    Attributes:
        training: Examples with padding rows.
        validation: Examples in blocks that early stopping looks at, or None.
        order: (epochs, steps, batch) rows of every batch.
        factors: (epochs, steps) of the learning rate, as the schedule has them.
        key: Random key of the run.
    """

    training: Batch
    validation: Batch | None
    order: Any
    factors: Any
    key: Any


class Own(NamedTuple):
    """The numbers in which members differ, each (members,)."""

    learning_rate: Any
    weight_decay: Any
    gradient_clip: Any
    weight_average: Any


class Standing(NamedTuple):
    """How far a member has come.

    Attributes:
        progress: As of a single run.
        stopped: Number of the reason in `REASONS`.
    """

    progress: Progress
    stopped: Any


class Judged(NamedTuple):
    """What a member reaches on the rows held out.

    Attributes:
        means: Loss and metrics, before `Objective.finish`.
        epochs: Epochs done.
        best_epoch: The epoch that the weights are from, from 1.
        stopped: As in `Standing`.
        held: Parameters and state of that epoch.
    """

    means: dict[str, Any]
    epochs: Any
    best_epoch: Any
    stopped: Any
    held: tuple[Any, Any]


@dataclass(frozen=True)
class Members:
    """The compiled functions of members side by side; equal ones share them.

    Attributes:
        rule: How one step updates.
        patience: Epochs without a better validation loss, or None.
        alone: Whether there is one member only, which needs no axis of members.
        metrics: Names of metrics that members are judged by; not taken in training.
        axes: Where each field of `Shared` has an axis of members, as an ensemble's
            have, whose members start and draw apart; None if all of it is shared.
    """

    rule: Rule
    patience: int | None = None
    metrics: tuple[str, ...] = ()
    alone: bool = False
    axes: Shared | None = None

    @property
    def program(self) -> Program:
        """The program of a single run."""
        return Program(self.rule, keeps_best=self.patience is not None)

    def start(self, *given: Any) -> Standing:
        """Return the standing of members that have not begun.

        Args:
            given: Start values of a single run (with `axes`, of every member), and
                zeros (members,).
        """
        return self.compiled("start", *given)(*given)

    def advance(self, *given: Any) -> Standing:
        """Train on, up to some epoch.

        Args:
            given: Standing and `Own` numbers, with a leading axis of members; `Shared`,
                whose order and factors begin with the first epoch; epochs done before,
                and epochs done afterwards.
        """
        return self.compiled("advance", *given)(*given)

    def judge(self, *given: Any) -> Judged:
        """Return what members reach.

        Args:
            given: Their standing, and rows held out in blocks.
        """
        return self.compiled("judge", *given)(*given)

    def compiled(self, name: str, *given: Any) -> Callable[..., Any]:
        """Return a program compiled for arguments of these shapes.

        Args:
            name: "start", "advance" or "judge".
            given: Arrays, or their shapes.
        """
        shapes = jax.tree.map(jax.typeof, given)
        key = (self, name, jax.tree.structure(shapes), tuple(jax.tree.leaves(shapes)))
        if key not in _programs:
            while len(_programs) >= KEPT:
                del _programs[next(iter(_programs))]
            _programs[key] = _jitted(self, name).lower(*given).compile()
        return _programs[key]

    def standing(self, *given: Any) -> Standing:
        """Return the shapes of what `start` returns for these arguments."""
        return jax.eval_shape(partial(_start, self), *given)

    def variables(self, held: tuple[Any, Any]) -> dict[str, Any]:
        """Return the variables of a member, as NumPy arrays."""
        parameters, state = jax.device_get(held)
        return join_state(self.program.packing.unpack(parameters), state)

    def side_by_side(self, function: Callable[..., Any], *axes: Any) -> Any:
        """Return a function of all members for one of a single member."""
        if not self.alone:
            return jax.vmap(function, axes)

        def of_one(*given: Any) -> Any:
            pairs = zip(given, axes, strict=True)
            first = [
                value if axis is None else jax.tree.map(lambda a: a[0], value)
                for value, axis in pairs
            ]
            return jax.tree.map(lambda a: jnp.asarray(a)[None], function(*first))

        return of_one


_programs: dict[Any, Callable[..., Any]] = {}


def _jitted(members: Members, name: str) -> Any:
    function = {"start": _start, "advance": _advance, "judge": _judge}[name]
    convolves = members.rule.objective.network.has_convolutions
    options = compiler_options(convolves) if name == "advance" else quick_compilation()
    return jax.jit(partial(function, members), compiler_options=options)


def _start(members: Members, variables: dict[str, Any], stopped: Any) -> Standing:
    program = members.program

    def begin(variables: dict[str, Any]) -> Progress:
        tree, state = split_state(variables)
        parameters = program.packing.pack(tree)
        best = None
        if program.keeps_best:
            best = Best(parameters, state, jnp.float32(jnp.inf), jnp.int32(0))
        average = parameters if program.rule.averages else None
        memory = program.rule.optimizer.direction.init(parameters)
        weights = Weights(parameters, state, memory, average)
        return Progress(weights, best, jnp.int32(0))

    if members.axes is not None:
        return Standing(jax.vmap(begin)(variables), stopped)
    n, one = len(stopped), begin(variables)
    copies = jax.tree.map(lambda a: jnp.broadcast_to(a, (n, *jnp.shape(a))), one)
    return Standing(copies, stopped)


def _advance(
    members: Members, standing: Standing, own: Own, shared: Shared, begin: Any, end: Any
) -> Standing:
    rule = EpochRule(members.rule, members.program.packing)

    def epoch(standing: Standing, own: Own, shared: Shared, done: Any) -> Standing:
        data = Data(shared.training, shared.validation)
        numbers = Numbers(
            own.weight_decay, own.gradient_clip, shared.key, own.weight_average
        )
        place = done - begin
        rates = own.learning_rate * shared.factors[place]
        # The number of the epoch is the same for all, so that random numbers are too.
        before = standing.progress._replace(epoch=done)
        after, record = rule.run(
            before, Epoch(shared.order[place], rates), data, numbers
        )
        stopped = jnp.where(record.is_finite, 0, 2)
        if members.patience is not None:
            is_over = after.epoch - record.best_epoch >= members.patience
            stopped = jnp.where(record.is_finite & is_over, 1, stopped)
        goes = standing.stopped == 0
        counts = goes & record.is_finite
        progress = jax.tree.map(
            lambda new, old: jnp.where(counts, new, old), after, standing.progress
        )
        return Standing(progress, jnp.where(goes, stopped, standing.stopped))

    all_of = members.side_by_side(epoch, 0, 0, members.axes, None)

    def body(carry: tuple[Any, Standing]) -> tuple[Any, Standing]:
        done, standing = carry
        return done + 1, all_of(standing, own, shared, done)

    def goes_on(carry: tuple[Any, Standing]) -> jax.Array:
        return (carry[0] < end) & (carry[1].stopped == 0).any()

    return lax.while_loop(goes_on, body, (begin, standing))[1]


def _judge(members: Members, standing: Standing, blocks: Batch) -> Judged:
    objective = replace(members.rule.objective, metrics=members.metrics)
    rule = replace(members.rule, objective=objective)
    rule = EpochRule(rule, members.program.packing)

    def judge(standing: Standing, blocks: Batch) -> Judged:
        progress = standing.progress
        weights, best = progress.weights, progress.best
        held, best_epoch = (weights.to_use, weights.state), progress.epoch
        if best is not None:
            found = best.epoch > 0
            held = jax.tree.map(
                lambda new, old: jnp.where(found, new, old),
                (best.parameters, best.state),
                held,
            )
            best_epoch = best.epoch
        variables = join_state(rule.packing.unpack(held[0]), held[1])
        means = rule.evaluate(variables, blocks)
        return Judged(means, progress.epoch, best_epoch, standing.stopped, held)

    axis = None if members.axes is None else members.axes.training
    return members.side_by_side(judge, 0, axis)(standing, blocks)
