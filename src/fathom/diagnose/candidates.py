"""Which repairs a finding calls for: at most three, the likeliest first.

A candidate is one or more edits that belong together, such as another activation for
every hidden layer. Which of them helps is for validation rows to say.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from fathom import optimizers
from fathom.agreement import usual_loss
from fathom.diagnose.edit import Edit
from fathom.diagnose.finding import Finding
from fathom.diagnose.layer_changes import (
    Candidate,
    changed,
    drawn,
    less_dropped,
    normalized,
    relu,
    residual,
    scaled,
    wider,
)
from fathom.diagnose.robust import EVEN, ROBUST, way
from fathom.diagnose.task import Task
from fathom.layers import BatchNorm, Dense

MOST = 3


def candidates(finding: Finding, task: Task) -> tuple[Candidate, ...]:
    """Return what may repair a finding, the finding's own edit among the first.

    Example:
        >>> from fathom.diagnose.rules import RULES
        >>> {rule.name for rule in RULES} - set(MAKERS)
        set()
    """
    found: list[Candidate] = []
    for candidate in MAKERS[finding.name](finding, task):
        changes = tuple(e for e in candidate if e.value != e.before or e.value is None)
        if changes and changes not in found:
            found.append(changes)
    return tuple(found[:MOST])


def _own(finding: Finding, task: Task) -> Iterator[Candidate]:
    if finding.edit is not None:
        yield (finding.edit,)


def _nothing(finding: Finding, task: Task) -> Iterator[Candidate]:
    yield from ()


def setting(task: Task, **new: Any) -> Candidate:
    """Return the edits of one setting or several."""
    return tuple(
        Edit("setting", name, value, getattr(task.settings, name, None))
        for name, value in new.items()
    )


def rate(task: Task) -> float:
    """Return the run's learning rate."""
    given = task.settings.learning_rate
    return given if given is not None else _usual_rate(task) or 1.0


def _usual_rate(task: Task) -> float | None:
    return optimizers.build(task.settings.optimizer).default_learning_rate


def _slower(finding: Finding, task: Task) -> Iterator[Candidate]:
    if _usual_rate(task) is None:  # the optimizer brings its own
        return
    lower = finding.edit.value if finding.edit else rate(task) / 10
    if rate(task) > 30 * lower:
        yield setting(task, learning_rate=lower)
        yield setting(task, learning_rate=lower * 10)
        yield _adaptive(task) or setting(task, learning_rate=lower / 10)
    else:
        yield setting(task, learning_rate=lower)
        yield setting(task, learning_rate=rate(task) / 100)
        yield setting(task, learning_rate=rate(task) / 3)


def _faster(finding: Finding, task: Task) -> Iterator[Candidate]:
    if finding.edit is not None and finding.edit.at == "schedule":
        yield (finding.edit,)
        yield setting(task, schedule="constant")
        return
    usual = _usual_rate(task)
    if usual is None:
        return
    now = rate(task)
    yield setting(task, learning_rate=max(usual, now * 10))
    yield setting(task, learning_rate=max(usual, now * 10) * 5)
    yield _adaptive(task) or setting(task, learning_rate=max(usual, now * 10) / 5)


def _adaptive(task: Task) -> Candidate:
    """Return the change from plain steps to Adam's, which fit every weight."""
    if optimizers.build(task.settings.optimizer).name != "sgd":
        return ()
    return setting(task, optimizer="adam", learning_rate=None)


def _clipped(task: Task, factor: float = 1.0) -> Candidate:
    new: dict[str, Any] = {"gradient_clip": 1.0}
    if factor != 1 and _usual_rate(task) is not None:
        new["learning_rate"] = rate(task) * factor
    return setting(task, **new)


def _vanishing(finding: Finding, task: Task) -> Iterator[Candidate]:
    yield relu(task)
    yield normalized(task)
    yield drawn(task)
    yield residual(task)


def _exploding(finding: Finding, task: Task) -> Iterator[Candidate]:
    yield drawn(task)
    yield _clipped(task)
    yield _clipped(task, 0.1)
    yield normalized(task)


def _dead(finding: Finding, task: Task) -> Iterator[Candidate]:
    started = finding.evidence.get("at the first step")
    died = started is not None and started.value < 0.5
    leaky = changed(
        task.network, lambda layer: layer.activation == "relu", activation="leaky_relu"
    )
    if died and _usual_rate(task) is not None:
        yield setting(task, learning_rate=min(rate(task) / 10, 10 * _least_rate(task)))
    yield drawn(task)
    yield leaky
    yield normalized(task)


def _least_rate(task: Task) -> float:
    return _usual_rate(task) or 1.0


def _saturated(finding: Finding, task: Task) -> Iterator[Candidate]:
    yield drawn(task)
    yield relu(task)
    yield scaled(task)
    yield from _slower(dataclasses.replace(finding, edit=None), task)


def _started(finding: Finding, task: Task) -> Iterator[Candidate]:
    yield drawn(task)
    yield normalized(task)
    yield relu(task)
    yield scaled(task)


def _ending(finding: Finding, task: Task) -> Iterator[Candidate]:
    yield from _own(finding, task)
    loss = usual_loss(task.network)
    if loss != task.settings.loss:
        yield setting(task, loss=loss)
    last: Any = task.network.layers[-1]
    if isinstance(last, Dense) and task.evidence().values is not None:
        plain = dataclasses.replace(last, activation="identity")
        edit = Edit("layer", str(last.name), plain, last)
        yield (edit, *setting(task, loss="mean_squared_error"))


def _targets(finding: Finding, task: Task) -> Iterator[Candidate]:
    edits = [Edit("data", "targets", way(task.bare.training.y))]
    last: Any = task.network.layers[-1]
    if isinstance(last, Dense) and last.activation != "identity":
        plain = dataclasses.replace(last, activation="identity")
        edits.insert(0, Edit("layer", str(last.name), plain, last))
    robust = (*edits, *setting(task, loss="huber"))  # outliers weigh less
    squares = task.settings.loss in ("mse", "mean_squared_error")
    if squares and edits[-1].value == ROBUST:
        yield robust
    yield tuple(edits)
    if squares:
        yield robust


def _inputs(finding: Finding, task: Task) -> Iterator[Candidate]:
    own = scaled(task)
    if own and own[0].value == EVEN:
        yield own
    yield from _own(finding, task)
    first = str(task.network.layers[0].name)
    yield (Edit("insert", first, BatchNorm()),)


def _frozen(finding: Finding, task: Task) -> Iterator[Candidate]:
    if task.settings.freeze:
        yield setting(task, freeze=())
    steps = changed(
        task.network, lambda layer: layer.activation == "step", activation="relu"
    )
    yield steps
    yield drawn(task)


def _regularized(finding: Finding, task: Task) -> Iterator[Candidate]:
    free = less_dropped(task)
    decay = task.settings.decay()
    if finding.edit is not None and finding.edit.at == "weight_decay":
        yield setting(task, weight_decay=decay / 100)
        yield (*free, *setting(task, weight_decay=0.0))
        yield setting(task, weight_decay=decay / 10)
    else:
        yield from _own(finding, task)
        yield free


def _underfitting(finding: Finding, task: Task) -> Iterator[Candidate]:
    yield wider(task)
    yield from _faster(finding, task)


def _overfitting(finding: Finding, task: Task) -> Iterator[Candidate]:
    if task.settings.early_stopping is None:
        yield setting(task, early_stopping=10)
    if _usual_rate(task) is not None:
        yield setting(task, weight_decay=max(0.1, 10 * task.settings.decay()))


def _early(finding: Finding, task: Task) -> Iterator[Candidate]:
    usual = _usual_rate(task)
    if usual is not None and rate(task) < 10 * usual:  # the epochs are what they are
        yield setting(task, learning_rate=rate(task) * 10)
        yield setting(task, learning_rate=rate(task) * 3)
    if finding.edit is not None:
        yield (finding.edit,)


def _constant(finding: Finding, task: Task) -> Iterator[Candidate]:
    yield scaled(task)
    if _usual_rate(task) is not None:
        yield setting(task, learning_rate=rate(task) / 10)
        yield setting(task, learning_rate=rate(task) * 10)


def _not_finite(finding: Finding, task: Task) -> Iterator[Candidate]:
    if finding.edit is not None and finding.edit.kind == "data":
        yield (finding.edit,)
        return
    yield from _slower(dataclasses.replace(finding, edit=None), task)
    yield _clipped(task, 0.1)


MAKERS: dict[str, Callable[[Finding, Task], Iterator[Candidate]]] = {
    "unscaled-inputs": _inputs,
    "unscaled-targets": _targets,
    "class-imbalance": _own,
    "leakage": _own,
    "random-labels": _own,
    "label-noise": _own,
    "non-finite": _not_finite,
    "symmetric-initialization": _started,
    "initialization-scale": _started,
    "dead-units": _dead,
    "exploding-gradients": _exploding,
    "vanishing-gradients": _vanishing,
    "saturated-units": _saturated,
    "output-loss-mismatch": _ending,
    "double-softmax": _own,
    "loss-sign": _own,
    "missing-nonlinearity": _own,
    "learning-rate-too-high": _slower,
    "learning-rate-too-low": _faster,
    "frozen-parameters": _frozen,
    "batch-faults": _own,
    "overfitting": _overfitting,
    "underfitting": _underfitting,
    "stopped-too-early": _early,
    "over-regularized": _regularized,
    "constant-prediction": _constant,
}
