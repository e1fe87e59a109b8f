"""Parameters that cannot learn.

## What it sees
`freeze` covers every layer, or a layer whose start values were drawn at random. Beside
that, one backward pass on real rows, at start values with a little noise: parameters
whose gradient is exactly 0 for all rows have no path to the loss. Layers that are dead
for another reason are left to that rule. In a run: layers that no recorded step has
moved, although they are not on `freeze`.

## Why it hurts
What gets no gradient stays as it started. If it is all of the network, training does
nothing; if it is the first layers, the rest learns from random features.

## What to do
Take the layer off `freeze`. Look for a function without a derivative on the way
("step", rounding, argmax), for outputs that are thrown away, and for inputs that are
constant.

## When it is wrong
Frozen layers that were trained before are the point of transfer learning, and are not
named. A recurrent weight gets no gradient from sequences of a single step. Random
features under a trained layer are a method of their own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import numpy as np

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.rule import CERTAIN, REMARK, SYMPTOM, Rule, Symptom
from fathom.diagnose.rules.dead_units import dead_layers
from fathom.diagnose.rules.output_loss_mismatch import is_certain
from fathom.diagnose.thresholds import ALMOST_ALL, DEAD_SHARE, POOR_PROGRESS
from fathom.training.packing import learning_mask
from fathom.variables import split_state
from fathom.weights import flatten

MOST_NAMED = 5
FEW_RECORDS = 3


def look_at_freeze(evidence: Evidence) -> Iterator[Symptom]:
    """Yield what `freeze` does if it is too much."""
    freeze = evidence.settings.freeze
    if not freeze:
        return
    parameters = split_state(jax.eval_shape(lambda: evidence.network.init(0)))[0]
    learns = learning_mask(parameters, frozenset(freeze))
    sizes = jax.tree.map(lambda a, m: math.prod(a.shape) * m, parameters, learns)
    learning = sum(jax.tree.leaves(sizes))
    edit = Edit("setting", "freeze", (), freeze)
    if learning == 0:
        yield Symptom(
            cause="All parameters of the network are frozen: training changes nothing.",
            repair="Leave the layers that are to learn off freeze.",
            evidence={"parameters that learn": Measurement(0, 1, "something to learn")},
            kind=CERTAIN,
            action="fm.train(network, data, freeze=())",
            edit=edit,
            score=1.0,
        )
    elif evidence.given is None:
        yield Symptom(
            cause=f"{', '.join(freeze)} is frozen at random start values.",
            repair="Take it over from a trained model (start_from), or let it learn.",
            evidence={"frozen addresses": Measurement(len(freeze))},
            kind=REMARK,
            layer=freeze[0],
            action="fm.train(network, data, start_from=trained, freeze=...)",
            edit=edit,
            score=0.5,
        )


def look_at_gradient(evidence: Evidence) -> Iterator[Symptom]:
    """Yield parameters without a path to the loss."""
    start = evidence.start
    if start is None or not math.isfinite(start.cost):
        return
    if any(dead_layers(evidence)) or is_certain(evidence):
        return
    mask = flatten(learning_mask(start.gradient, frozenset(evidence.settings.freeze)))
    learning = {n: g for n, g in flatten(start.gradient).items() if mask[n]}
    still = [name for name, gradient in learning.items() if not np.any(gradient)]
    noisy = evidence.jittered_start if still else None
    if noisy is None or not math.isfinite(noisy.cost):
        return
    gradients = flatten(noisy.gradient)
    still = [name for name in still if not np.any(gradients[name])]
    if still:
        sizes = {name: np.size(array) for name, array in learning.items()}
        yield _disconnected(evidence, still, sizes)


def _disconnected(
    evidence: Evidence, still: list[str], sizes: dict[str, int]
) -> Symptom:
    share = sum(sizes[name] for name in still) / sum(sizes.values())
    shown = _listed(still)
    layers: dict[str, Any] = {p.address: p.layer for p in evidence.places}
    steps = [a for a, v in layers.items() if getattr(v, "activation", "") == "step"]
    why = f" The step of {steps[-1]} has no derivative." if steps else ""
    return Symptom(
        cause=f"The gradient of {shown} is exactly 0 for all rows: there is no path "
        f"from there to the loss.{why}",
        repair="Look at what follows: a function without a derivative, or outputs that "
        "are not used.",
        evidence={
            "share of the parameters": Measurement(share, 0.0, "any"),
            "arrays": Measurement(len(still)),
        },
        kind=CERTAIN if share == 1 or steps else SYMPTOM,
        layer=steps[-1] if steps else still[0].rpartition("/")[0],
        action='activation="sigmoid"' if steps else "network.summary()",
        score=0.9,
    )


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield layers that no step of a run has moved."""
    course = evidence.course
    addresses, moved = course.table("update_norm")
    if len(moved) < FEW_RECORDS:
        return
    gradients = course.table("gradient_norm")[1]
    still = [i for i in range(len(addresses)) if not moved[:, i].any()]
    # What stands before a dead layer gets no gradient: that layer is named.
    dead = any(share > DEAD_SHARE.value for share in course.dead.values())
    if dead or not still:
        yield from _frozen_and_poor(evidence)
        return
    shown = [addresses[i] for i in still]
    connected = bool(gradients[:, still].any())
    why = (
        "it gets a gradient, and the optimizer does not use it"
        if connected
        else "it gets no gradient, so there is no path from it to the loss"
    )
    yield Symptom(
        cause=f"No step has moved {_listed(shown)}: {why}.",
        repair="Look at what the optimizer leaves out."
        if connected
        else "Look at what follows: a function without a derivative, or outputs that "
        "are not used.",
        evidence={"layers that never moved": Measurement(len(still), 0, "any"),
                  "layers": Measurement(len(addresses))},
        layer=shown[0],
        epoch=course.n_epochs or None,
        action="network.summary()",
        score=0.9,
        below=ALMOST_ALL,
    )  # fmt: skip


def _frozen_and_poor(evidence: Evidence) -> Iterator[Symptom]:
    """Yield what `freeze` holds, for where a run has learned little."""
    freeze = evidence.settings.freeze
    if freeze:
        yield Symptom(
            cause=f"{_listed(freeze)} did not learn, being on freeze.",
            repair="Take over trained weights (start_from), or let it learn.",
            evidence={"frozen addresses": Measurement(len(freeze))},
            layer=freeze[0],
            action="fm.train(network, data, freeze=())",
            edit=Edit("setting", "freeze", (), freeze),
            score=0.84,
            # Weights that were handed over may have been learned.
            below=ALMOST_ALL if evidence.given is None else POOR_PROGRESS,
            compares=evidence.given is None,
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")


RULE = Rule(
    "O006",
    "frozen-parameters",
    __doc__ or "",
    {"network": look_at_freeze, "start": look_at_gradient, "record": look_at_run},
    needs="layers",
)
