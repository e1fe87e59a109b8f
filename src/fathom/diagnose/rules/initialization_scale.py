"""Start values that are too large or too small for the network.

## What it sees
The cost of the first forward pass against that of knowing nothing: the logarithm of the
number of classes, or the error of always predicting the mean. More than 10 times as
much is a symptom. Beside that, how the spread over the examples grows or shrinks from
the inputs to the last hidden layer: by a factor of 1,000; and whether the examples can
still be told apart in float32 at all. If the inputs or the targets are out of scale,
these are named instead. In a run: the loss of the first batch against chance, and
outputs of a hidden layer that vary a thousandth of what others do; and weights handed
over, or drawn in a way of the user's own, with five times or a fifth of the norm that
their layer would have drawn; and biases of a hidden layer, or of one of its gates, that
started more than 3 from 0.

## Why it hurts
Large start values make a network that is sure and wrong: the first epochs go into
unlearning, sigmoids are saturated, and in a deep network values overflow. Small ones
make every example look the same behind a few layers, and the gradient fades likewise.

## What to do
Use `weight_init="auto"`, or scale the weights layer by layer until every layer's
outputs vary by about 1 on a batch. Deep networks need normalization or residual blocks.

## When it is wrong
A cost of your own that is not on the scale of the named ones is not measured. Where the
last layer starts large on purpose, only the first steps suffer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import jax.numpy as jnp
import numpy as np

from fathom import losses
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Measurement
from fathom.diagnose.rule import CERTAIN, SYMPTOM, Rule, Symptom
from fathom.diagnose.rules import unscaled_inputs, unscaled_targets
from fathom.diagnose.rules.output_loss_mismatch import is_certain
from fathom.diagnose.start import Start, Tapped
from fathom.diagnose.start_values import start_biases, start_ratios
from fathom.diagnose.thresholds import (
    ALMOST_ALL,
    BIAS_FAR,
    BIG_START,
    HUGE_START,
    MOST_OF_THE_WAY,
    SIGNAL_GONE,
    SIGNAL_GROWTH,
    SIGNAL_LOSS,
    START_LARGE,
    START_SMALL,
)

ACTION = 'weight_init="auto"'


def look(evidence: Evidence) -> Iterator[Symptom]:
    """Yield what the first pass says of the start values' scale."""
    start = evidence.start
    if start is None or not math.isfinite(start.cost):
        return
    if any(unscaled_inputs.look(evidence)) or any(unscaled_targets.look(evidence)):
        return
    yield from _cost(evidence, start)
    yield from _signal(evidence, start)


def _cost(evidence: Evidence, start: Start) -> Iterator[Symptom]:
    chance = cost_of_knowing_nothing(evidence)
    if not chance or evidence.given is not None or is_certain(evidence):
        return
    ratio = start.cost / chance
    if ratio > BIG_START.value:
        huge = ratio > HUGE_START.value
        yield Symptom(
            cause=f"The first cost is {start.cost:.4g}, and knowing nothing would cost "
            f"{chance:.4g}: the network starts sure and wrong.",
            repair="Start with smaller weights.",
            evidence={
                "first cost over chance": (HUGE_START if huge else BIG_START).against(
                    ratio
                ),
                "first cost": Measurement(start.cost),
            },
            kind=CERTAIN if huge else SYMPTOM,
            action=ACTION,
            score=0.75,
        )


def look_at_run(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if the first batch cost far more than chance, or faded."""
    course = evidence.course
    beside = list(_beside_usual(evidence)) or list(_far_off(evidence))
    yield from beside
    ratio = course.start_over_chance
    if beside:
        return
    # A few rows of a batch cost numbers more at random than they cost classes, and what
    # was learned elsewhere may well start above chance.
    lenient = course.trivial.share is None or evidence.given is not None
    limit = HUGE_START if lenient else BIG_START
    if evidence.n_rows and (
        any(unscaled_inputs.look(evidence)) or any(unscaled_targets.look(evidence))
    ):
        return
    if ratio <= limit.value:
        if evidence.given is None:
            yield from _faded(evidence)
        return
    yield Symptom(
        cause=f"The first batch cost {ratio:.3g} times what knowing nothing costs: the "
        f"network started sure and wrong.",
        repair="Start with smaller weights, and scale inputs and targets.",
        evidence={
            "first cost over chance": limit.against(ratio),
            "first cost": Measurement(float(course.step_losses[0])),
        },
        epoch=1,
        action=ACTION,
        score=0.97,
        below=ALMOST_ALL,
    )


def _beside_usual(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if start values are far larger or smaller than the usual ones."""
    last = evidence.network.layers[-1].name
    ratios = start_ratios(evidence)
    # A last layer may well start small, and weights that are all 0 are another rule's.
    inner = {n: r for n, r in ratios.items() if r > 0 and n.partition("/")[0] != last}
    if not inner:
        return
    large, small = max(inner, key=inner.__getitem__), min(inner, key=inner.__getitem__)
    is_large = inner[large] > START_LARGE.value
    if not is_large and inner[small] >= START_SMALL.value:
        return
    name, limit = (large, START_LARGE) if is_large else (small, START_SMALL)
    yield Symptom(
        cause=f"{name} started with {inner[name]:.3g} times the norm that its layer "
        f"would have drawn.",
        repair="Let the layers draw their start values, or take those of a trained "
        "model.",
        evidence={"norm at the start over the usual one": limit.against(inner[name])},
        layer=name.rpartition("/")[0],
        epoch=1,
        action=ACTION,
        score=0.98,
        below=ALMOST_ALL,
    )


def _far_off(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if a hidden layer's biases start far from 0."""
    biases = start_biases(evidence)
    if not biases:
        return
    address = max(biases, key=biases.__getitem__)
    if biases[address] <= BIAS_FAR.value:
        return
    yield Symptom(
        cause=f"The biases of {address} started {biases[address]:.3g} from 0: whatever "
        f"comes in, its units are all on, all off, or flat.",
        repair="Let biases start at 0.",
        evidence={"mean size of the biases": BIAS_FAR.against(biases[address])},
        layer=address,
        epoch=1,
        action=ACTION,
        score=0.87,
        below=MOST_OF_THE_WAY,
    )


def _faded(evidence: Evidence) -> Iterator[Symptom]:
    """Yield a symptom if the outputs of a hidden layer hardly varied at the start."""
    course = evidence.course
    addresses, table = course.table("activation_variation")
    if len(addresses) < 3 or not len(table):
        return
    hidden = table[0, :-1]
    least, most = int(np.argmin(hidden)), float(hidden.max())
    ratio = float(hidden[least]) / most if most > 0 else 1.0
    if ratio >= SIGNAL_LOSS.value:
        return
    yield Symptom(
        cause=f"At the first step the outputs of {addresses[least]} varied by "
        f"{ratio:.1g} of what others did: the signal fades from layer to layer.",
        repair="Let the layers draw start values that fit their activation; put "
        "normalization or residual blocks between many layers.",
        evidence={"variation over that of other layers": SIGNAL_LOSS.against(ratio)},
        layer=addresses[least],
        epoch=1,
        action=ACTION,
        # Sigmoids take the gradient, too, and that is the better name for it.
        score=0.89 if _has_sigmoids(evidence) else 0.97,
        below=ALMOST_ALL,
    )


def _has_sigmoids(evidence: Evidence) -> bool:
    hidden = evidence.places[:-1]
    return any(getattr(place.layer, "activation", "") == "sigmoid" for place in hidden)


def cost_of_knowing_nothing(evidence: Evidence) -> float | None:
    """Return the cost of the same answer for every row; None if there is no telling."""
    name, activation = evidence.loss_name, evidence.output_activation
    if name in ("cross_entropy", "binary_cross_entropy", "kl_divergence"):
        classes = {"softmax": evidence.n_outputs, "sigmoid": 2}.get(activation or "", 0)
        if activation == "softmax":
            classes = evidence.network.output_shape[-1]
        return math.log(classes) if classes > 1 else None
    values = evidence.probe.x if evidence.probe.y is None else evidence.probe.y
    known = name in unscaled_targets.OF_NUMBERS and isinstance(values, np.ndarray)
    if not known or values.dtype != np.float32:
        return None
    mean = np.broadcast_to(values.mean(0), values.shape)
    return (
        float(losses.get(name)(jnp.asarray(mean), jnp.asarray(values)).mean()) or None
    )


def _signal(evidence: Evidence, start: Start) -> Iterator[Symptom]:
    """Yield a symptom if the examples fade or grow on their way through the layers."""
    outer = [p for p in evidence.places if not p.chain]
    spreads = [(p.address, start.taps.get(p.address, {}).get("output")) for p in outer]
    before = start.taps.get(outer[0].address, {}).get("input")
    hidden = [(a, t) for a, t in spreads[:-1] if t is not None and _varies(t)]
    if before is None or not _varies(before) or len(hidden) < 2:
        return
    address, last = hidden[-1]
    ratio = float(last.spread) / float(before.spread)
    relative = float(last.spread) / float(last.largest)
    lost = ratio < SIGNAL_LOSS.value
    if relative < SIGNAL_GONE.value:
        found = {"spread over values": SIGNAL_GONE.against(relative)}
    elif lost or ratio > SIGNAL_GROWTH.value:
        limit = SIGNAL_LOSS if lost else SIGNAL_GROWTH
        found = {"spread over that of the inputs": limit.against(ratio)}
    else:
        return
    yield Symptom(
        cause=f"Behind {address} the examples vary by {float(last.spread):.3g}, and "
        f"the inputs by {float(before.spread):.3g}: the signal "
        f"{'fades' if lost else 'grows'} from layer to layer.",
        repair="Let the layers draw start values that fit their activation; put "
        "normalization or residual blocks between many layers.",
        evidence=found,
        kind=CERTAIN if relative < SIGNAL_GONE.value else SYMPTOM,
        layer=address,
        action=ACTION,
        score=0.7,
    )


def _varies(tap: Tapped) -> bool:
    return tap.spread.ndim == 0 and tap.is_finite and float(tap.spread) > 0


RULE = Rule(
    "S003",
    "initialization-scale",
    __doc__ or "",
    {"start": look, "record": look_at_run},
    needs="layers",
)
