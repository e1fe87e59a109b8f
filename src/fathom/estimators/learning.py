"""One fit of an estimator: a training run on encoded rows."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fathom.agreement import check_outputs, check_variables
from fathom.data.target import TargetCoding
from fathom.errors import choose
from fathom.estimators.rows import filled, round_number, training_size
from fathom.estimators.watched_run import Watch, WatchedRun
from fathom.network import Network
from fathom.preparation import class_factors
from fathom.trained import REASONS
from fathom.training.ensemble_runs import EnsembleRuns, Member
from fathom.training.loop import Listener, Outcome
from fathom.training.member_runs import MemberRuns
from fathom.training.objective import Batch
from fathom.training.parts import Part
from fathom.training.settings import Settings


@dataclass(frozen=True)
class Lesson:
    """What is learned from.

    Attributes:
        training: Encoded rows with weights.
        validation: Likewise, or None.
        target: Classes, or None.
    """

    training: Batch
    validation: Batch | None = None
    target: TargetCoding | None = None


@dataclass(frozen=True)
class Taught:
    """A fold ready to be learned: what `fit` on its training rows would work with.

    Attributes:
        network: For the inputs of the fold.
        lesson: What is learned from.
        test: The rows held out, coded likewise.
        settings: Of the run.
    """

    network: Network
    lesson: Lesson
    test: Batch
    settings: Settings


def learn(
    network: Network,
    settings: Settings,
    lesson: Lesson,
    start: Mapping[str, Any] | None = None,
    listeners: Sequence[Listener] = (),
    watch: Watch | None = None,
) -> Outcome:
    """Train a network, and return what came of it.

    Args:
        network: With its input shape.
        settings: Of the run.
        lesson: What is learned from.
        start: Variables to go on from, or None.
        listeners: As of `fathom.train`.
        watch: Who is told of every epoch, and may stop the run.

    Raises:
        InputError: If network, targets and start values do not fit together.
    """
    if settings.objective is None:
        check_outputs(network, lesson.training, lesson.target)
    if start is not None:
        check_variables(network, start)
    size, batch_size = training_size(len(lesson.training.weight), settings.batch_size)
    held = lesson.validation
    run = WatchedRun(
        network,
        dataclasses.replace(settings, batch_size=batch_size),
        filled(lesson.training, size),
        None if held is None else filled(held, round_number(len(held.weight))),
        None if start is None else dict(start),
        listeners=listeners,
        watch=watch,
    )
    outcome = run.train()
    _warn_of_stop(outcome.stopped)
    return outcome


def learn_members(
    network: Network, settings: Settings, lesson: Lesson, n_members: int
) -> list[Member]:
    """Train networks with the seeds from that of the settings on, side by side.

    Each is what `learn` gives for its seed. Arguments and errors are those of `learn`.
    """
    check_outputs(network, lesson.training, lesson.target)
    size, batch_size = training_size(len(lesson.training.weight), settings.batch_size)
    training, held = filled(lesson.training, size), lesson.validation
    if held is not None:
        held = filled(held, round_number(len(held.weight)))
    parts = [
        Part(network, training, held, held or training, settings.seed + i, i)
        for i in range(n_members)
    ]
    own = dataclasses.replace(settings, batch_size=batch_size)
    members = EnsembleRuns(MemberRuns(network, [own], parts)).train()
    for member in members:
        _warn_of_stop(member.stopped)
    return members


def _warn_of_stop(stopped: str) -> None:
    if stopped == "non_finite":
        from sklearn.exceptions import ConvergenceWarning

        reason = f"Training stopped early: {REASONS['non_finite']}."
        warnings.warn(reason, ConvergenceWarning, stacklevel=6)


def class_factors_of(
    given: Any, labels: Sequence[Any], codes: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    """Return the factor of every row for its class, (rows,).

    "balanced" is n / (n_classes * n_of_the_class) as scikit-learn has it, where a row
    of weight two counts as two.

    Args:
        given: None, "balanced" or {label: weight}.
        labels: Of the classes.
        codes: (rows,) class number of each.
        weight: (rows,) weight of each.

    Raises:
        InputError: If these are no weights by label, or a label is unknown.

    Example:
        >>> class_factors_of({"b": 3}, ["a", "b"], np.array([0, 1]), np.ones(2))
        array([1., 3.])
    """
    if given is None:
        return np.ones(len(codes))
    if isinstance(given, str):
        choose({"balanced": None}, given, "class_weight")
        totals = np.bincount(codes, weight, minlength=len(labels))
        seen = np.maximum(totals, np.finfo(float).tiny)
        return (weight.sum() / (len(labels) * seen))[codes]
    return np.array(class_factors(given, labels))[codes]
