"""Numbers that are NaN or infinite.

## What it sees
The first place where a number is not finite: in the inputs, the targets, the start
values, behind which layer in the first forward pass, in the loss, in the gradient. In a
run, the step and the place where it first happened.

## Why it hurts
One NaN in a batch makes the loss NaN, the gradient of every weight, and after one step
every weight.

## What to do
In the data: fill in or drop what is missing; a table does so by itself. Behind a layer:
look for values too large for float32, and for logarithms and quotients of your own. In
the loss or the gradient: use the named losses, which are stable.

## When it is wrong
Never, but the first place is where the number was seen, and the reason may be earlier:
an infinite loss comes of outputs that are far too large.
"""

from __future__ import annotations

from collections.abc import Iterator

import jax
import numpy as np

from fathom.diagnose.edit import Edit
from fathom.diagnose.evidence import Evidence, NonFinite
from fathom.diagnose.finding import Measurement
from fathom.diagnose.rule import CERTAIN, Rule, Symptom
from fathom.diagnose.rules.learning_rate_too_high import rates
from fathom.diagnose.rules.output_loss_mismatch import is_certain
from fathom.weights import flatten

ACTIONS = {
    "inputs": "table = fm.read(X, target=y)   # fills in what is missing",
    "targets": "keep = np.isfinite(y)   # then X[keep], y[keep]",
}


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield what is not finite in the data."""
    for found in evidence.non_finite:
        yield _in_data(found)


def _in_data(found: NonFinite) -> Symptom:
    values = "value that is" if found.n == 1 else "values that are"
    return Symptom(
        cause=f"The {found.where} have {found.n:,} {values} NaN or infinite; the first "
        f"is {found.value} at {list(found.place)}.",
        repair="Drop these rows, or hand over a table, which fills in what is missing.",
        evidence={"values that are not finite": Measurement(found.n, 0, "any")},
        kind=CERTAIN,
        action=ACTIONS[found.where],
        edit=Edit("data", found.where, "fill in"),
        score=1.0,
    )


def look_at_start(evidence: Evidence) -> Iterator[Symptom]:
    """Yield the first place that is not finite in the first pass."""
    for address, array in flatten(evidence.variables).items():
        if not np.isfinite(array).all():
            n = int((~np.isfinite(array)).sum())
            yield _at(f"The start values {address} have {n:,} that are not finite.",
                      n, address.rpartition("/")[0])  # fmt: skip
            return
    start = evidence.start
    if start is None or is_certain(evidence):
        return
    for place in evidence.places:
        taps = start.taps.get(place.address, {})
        if not all(tap.is_finite for tap in taps.values()):
            yield _at("The values behind this layer are not finite at the start.",
                      None, place.address)  # fmt: skip
            return
    if not np.isfinite(start.cost):
        yield _at(f"The loss of the first pass is {start.cost}.", None, None)
    elif not all(np.isfinite(g).all() for g in jax.tree.leaves(start.gradient)):
        yield _at("The gradient of the first pass is not finite.", None, None)


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield where a run first had a number that is not finite."""
    found = evidence.course.history.non_finite
    if found is None and evidence.stopped != "non_finite":
        return
    rate, _ = rates(evidence)
    if found is None:
        cause, step, place, layer = (
            "A loss or weight became NaN or infinite.",
            0,
            "",
            "",
        )
    else:
        step, place, layer = found.step, found.place, found.layer
        cause = f"The first number that is NaN or infinite was at {found}."
    epoch = evidence.course.n_epochs + 1
    if place == "input":
        yield Symptom(
            cause=cause,
            repair="Drop these rows, or hand over a table, which fills in what is "
            "missing.",
            evidence={"step": Measurement(step)},
            kind=CERTAIN,
            epoch=epoch,
            action=ACTIONS["inputs"],
            edit=Edit("data", "inputs", "fill in"),
            score=1.0,
        )
        return
    yield Symptom(
        cause=cause,
        repair="Take a tenth of the learning rate; if it happens again, look at what "
        "feeds the place that is named.",
        evidence={"step": Measurement(step)} if step else {},
        kind=CERTAIN,
        layer=layer or None,
        epoch=epoch,
        action=f"fm.train(network, data, learning_rate={rate / 10:g}, "
        f"gradient_clip=1.0)",
        edit=Edit("setting", "learning_rate", rate / 10, rate),
        score=0.945,  # a rate that is seen to be too high comes before it
    )


def _at(cause: str, count: int | None, layer: str | None) -> Symptom:
    return Symptom(
        cause=cause,
        repair="Look at the sizes of inputs and start values, and at functions of your "
        "own that divide or take logarithms.",
        evidence={} if count is None else {"values": Measurement(count, 0, "any")},
        kind=CERTAIN,
        layer=layer,
        action="network.forward(variables, x, listen=True).taps",
        score=0.95,
    )


RULE = Rule(
    "S001",
    "non-finite",
    __doc__ or "",
    {"data": look, "start": look_at_start, "record": look_at_run},
)
