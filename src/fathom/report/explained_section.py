"""The section of a report that follows single predictions through the network.

From the output neuron backwards: its inputs times its weights, then the same for the
neuron that added most, until the columns of the row are reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.errors import InputError
from fathom.inspect.attribution import attribute
from fathom.inspect.patch import patch_of
from fathom.report.answers import TestAnswers, largest_mistakes
from fathom.report.attribution_chart import attribution_chart, attribution_image
from fathom.report.example_sections import shown
from fathom.report.markup import (
    Section,
    folded,
    gap,
    paragraph,
    pictures,
    table,
    text,
)
from fathom.report.patch_picture import patch_picture
from fathom.report.picture import Picture
from fathom.verdict import number

if TYPE_CHECKING:
    from fathom.inspect.sums import Neuron, WeightedSum
    from fathom.inspect.trace import Trace
    from fathom.model import Model

MOST_EXAMPLES = 2
# Neurons on the way back: as far as the first convolution of a LeNet.
MOST_STEPS = 8
FEW_STEPS = 4
MOST_TERMS = 6


def explained_section(model: Model, answers: TestAnswers) -> Section:
    """Return how the network came to its largest mistakes.

    Without a mistake, how it came to the answer that it was least sure of.
    """
    body = paragraph(
        "Each answer is followed backwards: the output's weighted sum, then that of "
        "the neuron that did most to make it so, until the inputs are reached, or "
        f"{MOST_STEPS} neurons are shown. The products and the bias add up to the sum."
    )
    for place in _places(answers):
        body += _example(model, answers, place)
    return Section("examples", "Examples explained", body)


def _places(answers: TestAnswers) -> list[int]:
    """Return which of the test rows are explained."""
    mistakes = largest_mistakes(answers, MOST_EXAMPLES)
    if mistakes:
        return [mistake.place for mistake in mistakes]
    doubt = answers.given.max(axis=1) if answers.classes else np.zeros(1)
    return [int(doubt.argmin())]


def _example(model: Model, answers: TestAnswers, place: int) -> str:
    """Return one answer with what led to it."""
    unit, said = _said(answers, place)
    row = answers.table.rows([place])
    head = f"<h3>Row {int(answers.rows[place])}: {text(said)}</h3>"
    try:
        trace = model.trace(row)
        steps = because(trace, unit, MOST_STEPS)
    except InputError as error:
        return f'<div class="example">{head}{gap(error)}</div>'
    body = "".join(_neuron(step, trace) for step in steps)
    return (
        f'<div class="example">{head}{pictures([_rests_on(model, answers, place)])}'
        f'<div class="steps">{body}</div></div>'
    )


def _rests_on(model: Model, answers: TestAnswers, place: int) -> Picture | None:
    """Return what the answer rests on; None where the inputs have no gradient."""
    row = answers.table.rows([place])
    try:
        found = attribute(model, row, output=_output(answers, place))
    except InputError:
        return None
    image = row.image_shape
    if image is not None:
        return attribution_image(found, image)
    values = {name: shown(own) for name, own in row.frame.row(0, named=True).items()}
    return attribution_chart(found, values)


def _output(answers: TestAnswers, place: int) -> Any:
    """Return the class or the target that is followed."""
    unit, _ = _said(answers, place)
    return (answers.classes or answers.names)[unit]


def _said(answers: TestAnswers, place: int) -> tuple[int, str]:
    """Return the output that is followed, and the answer in words."""
    known, given = answers.known[place], answers.given[place]
    if not answers.classes:
        off = np.abs(known - given) / (answers.known.std(axis=0) + 1e-12)
        unit = int(off.argmax())
        name = answers.names[unit]
        return unit, (
            f"{name} is {number(known[unit])}, predicted {number(given[unit])}"
        )
    unit = int(given.argmax())
    return unit, (
        f"it is {answers.classes[known]}, the answer is {answers.classes[unit]} with "
        f"probability {given[unit]:.3f}"
    )


def because(trace: Trace, unit: int, most: int = FEW_STEPS) -> list[Neuron]:
    """Return the neurons on the way from an output back to the inputs.

    Each is the one whose product is the largest in the sum before, on the side of the
    sum: of a negative sum, the most negative one.

    Args:
        trace: Of one row.
        unit: Number of the output; of a network with a single output, which is the
            probability of the second class, any.
        most: How many neurons at most.

    Raises:
        InputError: If the last layer has no weighted sum.
    """
    last = trace.addresses[-1]
    unit = min(unit, trace.outputs.shape[-1] - 1)
    neuron: Any = trace.neuron(f"{last}:{unit}")
    found: list[Neuron] = []
    while neuron is not None and len(found) < most:
        found.append(neuron)
        neuron = _next(trace, neuron)
    return found


def _next(trace: Trace, neuron: Neuron) -> Neuron | None:
    """Return the neuron that did most to make a sum what it is; None for an input."""
    if not neuron.terms:
        return None
    sign = -1 if (neuron.weighted_sum or 0.0) < 0 else 1
    name = max(neuron.terms, key=lambda term: sign * term.product).name
    if name.partition(":")[0] not in trace.addresses:
        return None
    try:
        return trace.neuron(name)
    except InputError:  # a column that is called like a neuron
        return None


def _neuron(neuron: Neuron, trace: Trace) -> str:
    what = neuron.meaning or neuron.kind
    title = f"{neuron.address} ({what}) gives {neuron.activation:.4g}"
    sums = "".join(_sum(one, neuron.address) for one in neuron.sums)
    how = "".join(f"<p><code>{text(line)}</code></p>" for line in neuron.how)
    formulas = folded("In formulas", how) if how else ""
    seen = _seen(neuron, trace)
    return f"<div><h4>{text(title)}</h4>{seen}{sums}{formulas}</div>"


def _seen(neuron: Neuron, trace: Trace) -> str:
    """Return the picture of what a convolution's neuron sees; nothing of others."""
    try:
        return pictures([patch_picture(patch_of(trace, neuron.address))])
    except InputError:
        return ""


def _short(value: float) -> str:
    return f"{value:.4g}"


def _sum(one: WeightedSum, address: str) -> str:
    rows: list[Sequence[Any]] = [
        (
            f"{t.name} {t.note}".strip(),
            f"{t.input:.4g}",
            f"{t.weight:.4g}",
            f"{t.product:.4g}",
        )
        for t in one.terms[:MOST_TERMS]
    ]
    rest = one.terms[MOST_TERMS:]
    if rest:
        total = sum(term.product for term in rest)
        rows.append((f"{len(rest)} smaller terms", "", "", f"{total:.4g}"))
    rows += [("bias", "", "", f"{one.bias:.4g}"), ("sum", "", "", f"{one.value:.4g}")]
    heads = ("input", "value", "weight", "product")
    return table(heads, rows, f"{address}: {one.name}", kind="terms")
