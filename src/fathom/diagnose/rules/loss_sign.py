"""A loss that gets smaller when predictions get worse.

## What it sees
A loss of your own, called twice: with right answers and with wrong ones (probabilities,
or logits if the network does not end in a softmax or sigmoid; in regression the targets
and the targets of other rows). Right answers must cost less.

## Why it hurts
Training makes the loss small, so it moves away from the targets, step by step.

## What to do
Turn the sign. A likelihood, a similarity, a score or R2 is to be made large: its
negative is the loss.

## When it is wrong
A loss whose outputs mean something else than answers (a mean and a variance, say) is
not called, as their shapes differ. If the shapes agree all the same, the answers it was
called with are not ones for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.rule import CERTAIN, Rule, Symptom

SURE = 0.98
LOGIT = 5.0


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if right answers cost more than wrong ones."""
    loss = evidence.loss
    if not callable(loss) or evidence.settings.objective is not None:
        return
    answers = _answers(evidence)
    if answers is None:
        return
    targets = evidence.probe.x if evidence.probe.y is None else evidence.probe.y
    right, wrong = (_mean(loss, given, targets) for given in answers)
    if not right > wrong:  # NaN is none either
        return
    name = getattr(loss, "__name__", "loss")
    yield Symptom(
        cause=f"Right answers cost {right:.4g}, and wrong ones {wrong:.4g}: making "
        f"this loss small makes the predictions worse.",
        repair="Turn the sign of the loss.",
        evidence={
            "cost of right answers": Measurement(right, wrong, "cost of wrong ones")
        },
        kind=CERTAIN,
        action=f"loss=lambda outputs, targets: -{name}(outputs, targets)",
        edit=Edit("setting", "loss", "negative", loss),
        score=0.97,
    )


def _answers(evidence: Evidence) -> tuple[np.ndarray, np.ndarray] | None:
    """Return right and wrong outputs for the probe's targets, if these are known."""
    batch, shape = evidence.probe, evidence.network.output_shape
    if evidence.labels is not None:
        k, y = evidence.n_classes, batch.y
        if evidence.n_outputs not in (k, 1):
            return None
        return tuple(_shown(evidence, t, k) for t in (y, (y + 1) % k))  # pyright: ignore
    y = batch.x if batch.y is None else batch.y
    if not isinstance(y, np.ndarray) or y.dtype != np.float32 or len(y) < 2:
        return None
    if y.shape[1:] not in (shape, shape[:-1] if shape[-1:] == (1,) else shape):
        return None
    y = y.reshape(len(y), *shape)
    return y, np.roll(y, 1, axis=0)


def _shown(evidence: Evidence, labels: np.ndarray, k: int) -> np.ndarray:
    """Return outputs that say these labels."""
    is_probability = evidence.output_activation in ("softmax", "sigmoid")
    high = SURE if is_probability else LOGIT
    low = (1 - SURE) / max(k - 1, 1) if is_probability else -LOGIT
    shape = (len(labels), *evidence.network.output_shape)
    if evidence.n_outputs == 1:
        return np.where(labels == 1, high, low).astype(np.float32).reshape(shape)
    chosen = labels[:, None] == np.arange(k)
    return np.where(chosen, high, low).astype(np.float32).reshape(shape)


def _mean(loss: Callable[..., Any], outputs: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean(np.asarray(loss(outputs, y))))


RULE = Rule("O003", "loss-sign", __doc__ or "", {"network": look})
