"""The sections of a report on mistakes, findings and how to repeat the run."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from fathom.report.answers import Mistake, TestAnswers, largest_mistakes
from fathom.report.markup import (
    Markup,
    Section,
    folded,
    gap,
    listed,
    paragraph,
    table,
    text,
    thumbnail,
)
from fathom.report.run_record import RunRecord
from fathom.verdict import number

MOST_COLUMNS = 40
_TOLD = ("cause", "repair")


def mistakes_section(answers: TestAnswers, order: Sequence[str] = ()) -> Section:
    """Return the rows that the network gets most wrong, with their columns.

    Args:
        answers: For the test rows.
        order: Names of columns, the most important first; empty takes the table's.
    """
    mistakes = largest_mistakes(answers)
    title = "Largest mistakes"
    if not mistakes:
        return Section("mistakes", title, paragraph("No test row is answered wrong."))
    image, frame = answers.table.image_shape, answers.table.frame
    names = [] if image else list(order or frame.columns)[:MOST_COLUMNS]
    kind = "probability" if answers.classes else "true minus predicted"
    heads = ["row", "true", "predicted", kind, *(["image"] if image else names)]
    rows = [_mistake(one, answers, names) for one in mistakes]
    if answers.classes:
        what = "The wrong answers that the network was most sure of"
    else:
        what = "The rows whose predictions are furthest off"
    body = paragraph(
        f"{what}: the first place to look for wrong labels, odd rows, or something the "
        f"columns do not tell. Rows are counted from 0, without those that have no "
        f"target."
    )
    body += _row_notes(answers)
    if not image and frame.width > MOST_COLUMNS:
        body += gap(f"Shown are {MOST_COLUMNS} of {frame.width} columns.")
    return Section("mistakes", title, body + table(heads, rows, what))


def _row_notes(answers: TestAnswers) -> str:
    if len(answers.names) < 2:
        return ""
    return paragraph(
        "Of several targets, the one that is furthest off in units of its spread."
    )


def _mistake(one: Mistake, answers: TestAnswers, names: Sequence[str]) -> list[Any]:
    size = f"{one.size:.3f}" if answers.classes else number(one.size)
    cells = [one.row, shown(one.true), shown(one.predicted), size]
    row, image = answers.table.frame.row(one.place, named=True), None
    if answers.table.image_shape is not None:
        pixels = answers.table.rows([one.place]).X.reshape(answers.table.image_shape)
        image = Markup(thumbnail(pixels, f"row {one.row}: {shown(one.true)}"))
    return [*cells, *([image] if image else [shown(row[name]) for name in names])]


def shown(value: Any) -> str:
    """Return a value of the data as text: numbers short, nothing for a missing one."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    words = " ".join(str(value).split())
    return words if len(words) <= 60 else words[:59] + "\N{HORIZONTAL ELLIPSIS}"


def findings_section(findings: Sequence[Mapping[str, Any]]) -> Section:
    """Return what the diagnosis found, the most likely cause first."""
    if not findings:
        return Section(
            "findings", "Findings", paragraph("The diagnosis found nothing.")
        )
    return Section("findings", "Findings", "".join(map(_finding, findings)))


def _finding(finding: Mapping[str, Any]) -> str:
    severity = str(finding.get("severity") or "note")
    place = [
        f"{what} {finding[what]}"
        for what in ("layer", "epoch")
        if finding.get(what) is not None
    ]
    told = "".join(
        f"<dt>{name}</dt><dd>{text(_sentence(finding[name]))}</dd>"
        for name in _TOLD
        if finding.get(name)
    )
    action = finding.get("action")
    if action:
        told += f"<dt>do</dt><dd><pre>{text(action)}</pre></dd>"
    where = f" <small>{text(', '.join(place))}</small>" if place else ""
    kind = "finding alarm" if severity == "alarm" else "finding"
    return (
        f'<article class="{kind}"><h3>{text(finding.get("name", ""))} '
        f'<span class="badge">{text(finding.get("code", ""))} {text(severity)}</span>'
        f"{where}</h3><dl>{told}</dl>{_evidence(finding.get('evidence'))}</article>"
    )


def _evidence(evidence: Any) -> str:
    """Return what was measured, and from where on it is a symptom."""
    if not isinstance(evidence, Mapping):
        return paragraph(_sentence(evidence)) if evidence else ""
    rows = []
    for name, one in evidence.items():
        known = one if isinstance(one, Mapping) else {"value": one}
        limit = known.get("threshold")
        cells = (known.get("value", ""), "" if limit is None else limit)
        source = known.get("source") or ""
        rows.append((name, *map(_sentence, cells), source))
    heads = ("measured", "value", "limit", "where the limit comes from")
    return table(heads, rows, "Evidence", right_from=4, kind="wrap") if rows else ""


def _sentence(value: Any) -> str:
    """Return what a finding says as text, whatever it is written as."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_sentence(one)}" for name, one in value.items())
    if isinstance(value, (list, tuple)):
        return "; ".join(map(_sentence, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def settings_section(record: RunRecord) -> Section:
    """Return how the run was made, and how to repeat and to use it."""
    facts, run = record.facts, shlex.quote(str(record.path))
    rows = [
        (name, "none" if value is None else _sentence(value))
        for name, value in record.config.items()
    ]
    versions = ", ".join(f"{k} {v}" for k, v in facts.get("versions", {}).items())
    seconds = facts.get("seconds")
    body = listed(
        line
        for line in (
            f"Versions: {versions}." if versions else "",
            f"Device: {facts['device']}." if facts.get("device") else "",
            f"Started {facts['started']}." if facts.get("started") else "",
            f"It took {seconds:.3g} seconds." if isinstance(seconds, float) else "",
            f"Digest of the data: {facts.get('data', {}).get('digest', 'none')}.",
        )
        if line
    )
    body += folded("All settings", table(("setting", "value"), rows, "Settings"))
    commands = [
        f"fathom train --config {run}/config.yaml    # the same run again",
        f"fathom predict {run} new_rows.csv          # answers for new rows",
        f"fathom evaluate {run} rows_with_answers.csv",
    ]
    return Section("run", "The run", f"{body}<pre>{text(chr(10).join(commands))}</pre>")
