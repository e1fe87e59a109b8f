"""A network that learns the training rows by heart.

## What it sees
Before training, only the risk of it: fewer than 30 training rows, a class with fewer
than 5 of them, or more than 1,000 parameters that learn for each target value.

## Why it hurts
A network with many more parameters than there are answers can give every training row
its answer without finding what they have in common. On new rows it is worse than a
smaller network, or than logistic regression.

## What to do
Hold rows back (`validation=0.2`) and stop early; compare with the baselines that every
run reports. Then more rows, augmentation, a smaller network, weight decay, dropout, or
a network that was trained on more.

## When it is wrong
Often: large networks with early stopping generalize well on few rows, and learning four
rows by heart is the point of the XOR example. So the risk alone is never more than a
note.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import jax
import numpy as np

from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.rule import REMARK, Rule, Symptom
from fathom.diagnose.thresholds import CAPACITY, FEW_OF_A_CLASS, FEW_ROWS
from fathom.training.packing import learning_mask
from fathom.variables import split_state


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a remark if there are few rows."""
    found = {}
    if evidence.n_rows < FEW_ROWS.value:
        found["training rows"] = FEW_ROWS.against(evidence.n_rows)
    labels = evidence.labels
    if labels is not None:
        rarest = int(np.bincount(labels, minlength=evidence.n_classes).min())
        if rarest < FEW_OF_A_CLASS.value:
            found["rows of the rarest class"] = FEW_OF_A_CLASS.against(rarest)
    if found:
        yield _risk("There are few rows to learn from.", found)


def look_at_network(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a remark if there are many parameters for the rows."""
    shapes = jax.eval_shape(lambda: evidence.network.init(0))
    parameters = split_state(shapes)[0]
    learns = learning_mask(parameters, frozenset(evidence.settings.freeze))
    sizes = jax.tree.map(lambda a, m: math.prod(a.shape) * m, parameters, learns)
    n = int(sum(jax.tree.leaves(sizes)))
    y = evidence.training.x if evidence.training.y is None else evidence.training.y
    answers = sum(array.size for array in jax.tree.leaves(y))
    ratio = n / max(answers, 1)
    if ratio > CAPACITY.value:
        yield _risk(
            f"The network has {n:,} parameters for {answers:,} target values.",
            {"parameters for each": CAPACITY.against(ratio),
             "parameters": Measurement(n)},
        )  # fmt: skip


def _risk(cause: str, found: dict[str, Measurement]) -> Symptom:
    return Symptom(
        cause=f"{cause} It may learn them by heart.",
        repair="Hold rows back and stop early; compare with a smaller network.",
        evidence=found,
        kind=REMARK,
        action="fm.train(network, data, validation=0.2, early_stopping=20)",
        score=0.25,
    )


RULE = Rule(
    "F001", "overfitting", __doc__ or "", {"data": look, "network": look_at_network}
)
