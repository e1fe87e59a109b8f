"""A neuron's arithmetic as text and as HTML."""

from __future__ import annotations

from html import escape

from fathom.inspect.chain_rule import NeuronGradient
from fathom.inspect.sums import Neuron, Term, WeightedSum

# So many terms are written out; the rest is one line.
SHOWN = 12


def neuron_text(neuron: Neuron, shown: int = SHOWN) -> str:
    """Write a neuron out for a terminal, the largest terms first."""
    meaning = f": {neuron.meaning}" if neuron.meaning else ""
    lines = [f"{neuron.address} ({neuron.kind}), row {neuron.row}{meaning}"]
    for one in neuron.sums:
        lines += ["", f"  {one.name}", *_sum_lines(one, shown)]
    return "\n".join([*lines, "", *(f"  {line}" for line in neuron.how)])


def _sum_lines(one: WeightedSum, shown: int) -> list[str]:
    names = [_name(term) for term in one.terms[:shown]]
    width = max([len(name) for name in names] + [8])
    lines = [f"    {'input':>{width}}  {'value':>11} x {'weight':>11} = product"]
    lines += [
        f"    {name:>{width}}  {t.input:11.5g} x {t.weight:11.5g} = {t.product:.5g}"
        for name, t in zip(names, one.terms, strict=False)
    ]
    rest = one.terms[shown:]
    if rest:
        total = sum(term.product for term in rest)
        lines.append(f"    {len(rest)} smaller terms, together {total:.5g}")
    lines.append(f"    {'bias':>{width}}  {'':27} {one.bias:.5g}")
    lines.append(f"    {'sum z':>{width}}  {'':27} {one.value:.6g}")
    return lines


def _name(term: Term) -> str:
    return f"{term.name} ({term.note})" if term.note else term.name


def neuron_html(neuron: Neuron, shown: int = SHOWN) -> str:
    """Write a neuron out as an HTML table, with bars for the products."""
    parts = [
        f"<h4>{escape(neuron.address)} <small>{escape(neuron.kind)}, row {neuron.row}"
        f"</small> {escape(neuron.meaning)}</h4>"
    ]
    parts += [_sum_html(one, shown) for one in neuron.sums]
    parts += [f"<p><code>{escape(line)}</code></p>" for line in neuron.how]
    return f'<div class="neuron">{"".join(parts)}</div>'


def _sum_html(one: WeightedSum, shown: int) -> str:
    head = "".join(
        f"<th scope='col'>{name}</th>"
        for name in ("input", "value", "weight", "product")
    )
    rows = [
        f"<tr><th scope='row'>{escape(_name(t))}</th><td>{t.input:.5g}</td>"
        f"<td>{t.weight:.5g}</td><td>{t.product:.5g}</td></tr>"
        for t in one.terms[:shown]
    ]
    rest = one.terms[shown:]
    if rest:
        total = sum(term.product for term in rest)
        rows.append(
            f"<tr><th scope='row' colspan='3'>{len(rest)} smaller terms</th>"
            f"<td>{total:.5g}</td></tr>"
        )
    for name, value in (("bias", one.bias), ("sum z", one.value)):
        rows.append(
            f"<tr><th scope='row' colspan='3'>{name}</th><td>{value:.5g}</td></tr>"
        )
    return (
        f"<table><caption>{escape(one.name)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def gradient_text(found: NeuronGradient, shown: int = SHOWN) -> str:
    """Write the chain rule of a neuron out for a terminal."""
    lines = [
        f"{found.address}, row {found.row}; L is {_cost(found.n_rows)}", ""
    ]  # fmt: skip
    if found.downstream:
        lines.append("  what the neurons after it send back")
        lines += [
            f"    {t.name:>20}  dL/dz {t.input:11.5g} x weight {t.weight:11.5g} = "
            f"{t.product:.5g}"
            for t in found.downstream[:shown]
        ]
        rest = found.downstream[shown:]
        if rest:
            total = sum(term.product for term in rest)
            lines.append(f"    {len(rest)} smaller ones, together {total:.5g}")
        lines.append("")
    lines += [f"  {line}" for line in found.how]
    if found.weights:
        width = max(len(one.name) for one in found.weights[:shown])
        lines += ["", f"  {'parameter':>{width}}  {'dL/dw':>11} {'before':>11}  after"]
        lines += [
            f"  {w.name:>{width}}  {w.gradient + 0.0:11.5g} {w.before:11.6g}  "
            f"{w.after:.6g}"
            for w in found.weights[:shown]
        ]
        if len(found.weights) > shown:
            lines.append(f"  and {len(found.weights) - shown} with smaller derivatives")
    return "\n".join(lines)


def _cost(n_rows: int) -> str:
    return "the loss of this row" if n_rows == 1 else f"the mean over {n_rows} rows"
