"""`fathom.find_learning_rate`: which learning rates work, by trying them.

About 16 rates, from a hundredth to a thousand times the optimizer's usual one, each
with 3 seeds, train from the start for the same number of steps. Nothing is inferred
from one run whose rate grows while it learns, so that neither one unlucky batch nor the
order of the rates decides.
"""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from fathom import optimizers
from fathom.agreement import (
    check_outputs,
    check_variables,
    frozen_addresses,
    taken_over,
    usual_loss,
    warn_of_logits,
)
from fathom.errors import InputError, did_you_mean, is_whole, require
from fathom.network import Network
from fathom.optimizers import Direction, Optimizer
from fathom.preparation import Held, Prepared, prepare
from fathom.rate_finder.grid import own_grid, try_around, try_own
from fathom.rate_finder.learning_rate_range import LearningRateRange
from fathom.rate_finder.trials import Trials
from fathom.trained import train
from fathom.training.objective import Batch, Objective
from fathom.training.settings import SEEDS, Settings
from fathom.training.step import Rule

OWNER = "find_learning_rate"
# Rows that the loss is taken on: its chance error is then a few percent.
MOST_JUDGED = 2000
# Further settings of `fathom.train` that change what a rate does.
FURTHER = ("weight_decay", "gradient_clip", "class_weight", "sample_weight", "freeze",
           "precision", "accumulate", "mix_up", "shuffle", "variables",
           "start_from")  # fmt: skip
OF_DATA = ("class_weight", "sample_weight", "variables", "start_from")


def find_learning_rate(  # noqa: PLR0913  (each setting is one the user may name)
    network: Network | str | Callable[..., Network],
    data: Any,
    loss: str | Callable[..., Any] | None = None,
    *,
    optimizer: Any = "adam",
    learning_rate: float | None = None,
    batch_size: int = 32,
    validation: Any = 0.2,
    rates: Sequence[float] | None = None,
    steps: int = 200,
    seeds: int = 3,
    seed: int = 0,
    budget: float | str | None = None,
    **settings: Any,
) -> LearningRateRange:
    """Try learning rates for some steps each, and say which work.

    Every rate is tried with several seeds, from the start values and with the batches
    that `fathom.train` has with that seed. A rate works if with every seed the loss
    falls by at least 0.8 of what it falls at the best rate. Nothing is kept but the
    losses.

    Args:
        network: As `fathom.train` takes it.
        data: As `fathom.train` takes it.
        loss: As `fathom.train` takes it.
        optimizer: As `fathom.train` takes it. An `optax.GradientTransformation` brings
            its own rate; tried are then factors of its updates, so that 0.1 stands for
            `optax.chain(optimizer, optax.scale(0.1))`.
        learning_rate: The rate that the verdict is about; None takes the optimizer's
            usual one. It changes nothing else.
        batch_size: Examples per step.
        validation: What the loss is taken on: a share of the rows, a pair (X, y) or a
            table. None takes it on the training rows, where large rates look better
            than they are. Of many rows, 2,000 are taken.
        rates: Learning rates to try, at least 3; None takes 16, from a hundredth to a
            thousand times the usual one, and more beyond if the range ends there.
        steps: Updates of every trial.
        seeds: How many seeds, counted from `seed`.
        seed: Fixes the split of the rows, and the first seed of the trials.
        budget: Seconds, or "90s", "2m": no trial is begun that would, as far as the
            time of those before tells, end later, but for those of the first three
            rates. Rates are then tried in an order that soon covers the whole range.
        settings: Further settings of `fathom.train` that change what a rate does:
            weight_decay, gradient_clip, class_weight, sample_weight, freeze, precision,
            accumulate, mix_up, shuffle, variables, start_from.

    Returns:
        The range, the losses it comes from, and a verdict; `print` shows all three.

    Raises:
        InputError: If something handed over cannot be used; says what and why.

    Example:
        >>> import fathom as fm
        >>> import numpy as np
        >>> X = np.linspace(-1, 1, 60)[:, None]
        >>> network = fm.Network([fm.Dense(1)], (1,))
        >>> found = fm.find_learning_rate(network, (X, 3 * X), seeds=2, steps=50)
        >>> found.low < found.best < found.high
        True
    """
    begin, given = time.monotonic(), _checked(settings)
    seconds = _seconds(budget)
    whole = "a whole number of at least 1"
    require(is_whole(steps), OWNER, "steps", whole, steps)
    require(is_whole(seeds), OWNER, "seeds", whole, seeds)
    grid = None if rates is None else own_grid(rates)
    prepared = prepare(network, data, loss, Held(validation, seed))
    prepared = prepared.weighted(given["sample_weight"], given["class_weight"])
    ready = Settings(
        loss or usual_loss(prepared.network),
        optimizer,
        learning_rate,
        batch_size=batch_size,
        seed=seed,
        **{name: given[name] for name in given if name not in OF_DATA},
        freeze=frozen_addresses(prepared.network, settings.get("freeze", ())),
    )
    fits = ready.seed + seeds <= SEEDS
    require(fits, OWNER, "seed", "a seed with others above it", seed)
    check_outputs(prepared.network, prepared.training, prepared.examples.target)
    warn_of_logits(prepared.network, ready.loss)
    trials = Trials(
        _rule(prepared.network, ready),
        ready,
        prepared.training,
        _judged(prepared),
        steps,
        seeds,
        _start_values(prepared.network, given, seed),
    )
    usual = trials.rule.optimizer.default_learning_rate or 1.0
    deadline = begin + seconds
    tried = (
        try_own(trials, grid, deadline) if grid else try_around(trials, usual, deadline)
    )
    return LearningRateRange(
        rates=tried.rates,
        before=tried.losses.before,
        after=tried.losses.after,
        asked=float(ready.learning_rate or usual),
        is_usual=learning_rate is None,
        steps=steps,
        optimizer=trials.rule.optimizer.name,
        n_judged=len(trials.judged.weight),
        is_held_out=prepared.validation is not None,
        left_out=tried.left_out,
    )


def _seconds(budget: float | str | None) -> float:
    if budget is None:
        return math.inf
    from fathom.tuning.search import budget_seconds

    return budget_seconds(budget, OWNER)


def _checked(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the further settings, those of the data with None where left out."""
    for name in settings:
        if name in FURTHER:
            continue
        own = [*inspect.signature(find_learning_rate).parameters][2:-1]
        known = [*own, *FURTHER]
        why = did_you_mean(name, known) or f" Known: {', '.join(known)}."
        if name in inspect.signature(train).parameters:
            why = f" It changes nothing here: leave it out.{why}"
        raise InputError(f"Unknown setting {name!r} of find_learning_rate.{why}")
    given = {name: settings.get(name) for name in OF_DATA}
    return {**given, **{n: v for n, v in settings.items() if n != "freeze"}}


def _rule(network: Network, settings: Settings) -> Rule:
    objective = Objective(
        network,
        settings.loss,
        (),
        settings.precision,
        settings.mix_up or 0.0,
        frozenset(settings.freeze),
    )
    optimizer = optimizers.build(settings.optimizer)
    if optimizer.default_learning_rate is None:
        optimizer = _scaled(optimizer)
    clips = settings.gradient_clip is not None
    return Rule(objective, optimizer, clips, accumulate=settings.accumulate)


def _scaled(optimizer: Optimizer) -> Optimizer:
    """Return a transformation of the user's so that a rate is a factor of its updates.

    Its updates are added; a direction is taken off.
    """

    def update(*given: Any) -> tuple[Any, Any]:
        updates, memory = optimizer.direction.update(*given)
        return jax.tree.map(lambda u: -u, updates), memory

    direction = Direction(optimizer.direction.init, update)  # pyright: ignore
    return Optimizer(optimizer.name, direction, 1.0)


def _judged(prepared: Prepared) -> Batch:
    """Return the rows that losses are taken on, evenly spread over all there are."""
    batch = prepared.validation or prepared.training
    n = len(batch.weight)
    if n <= MOST_JUDGED:
        return batch
    rows = np.linspace(0, n - 1, MOST_JUDGED).round().astype(int)
    return jax.tree.map(lambda array: array[rows], batch)


def _start_values(network: Network, given: dict[str, Any], seed: int) -> Any:
    trained, variables = given["start_from"], given["variables"]
    if trained is not None:
        fits = variables is None
        require(fits, "find_learning_rate", "variables", "None with start_from", "some")
        return taken_over(network, trained.variables, seed)
    if variables is not None:
        check_variables(network, variables)
    return variables
