"""The section of a report on what was tried to repair the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fathom.report.markup import Section, folded, paragraph, table, text

HEADS = ("repair of", "validation before", "after", "updates", "what became of it")


def repairs_section(repairs: Mapping[str, Any]) -> Section:
    """Return what was tried, what it bought and what it cost.

    Args:
        repairs: Of repairs.json, as `Repairs.to_dict` gives it.
    """
    tried = repairs.get("repairs") or []
    if not tried:
        said = paragraph("No repair was needed.")
        return Section("repairs", "Repairs", said)
    rows = [
        (
            one.get("finding", ""),
            _score(one.get("before")),
            _score(one.get("after")),
            f"{one.get('steps', 0):,}",
            _outcome(one),
        )
        for one in tried
    ]
    cost = float(repairs.get("cost", 1.0))
    summary = (
        f"{repairs.get('tried', len(tried))} tried, {repairs.get('kept', 0)} kept. All "
        f"runs together took {cost:.2f} times the work of the run as it was given. A "
        f"repair is kept only if it is better on validation rows."
    )
    changes = "".join(
        folded(str(one.get("finding", "")), f"<pre>{text(one['diff'])}</pre>")
        for one in tried
        if one.get("kept") and one.get("diff")
    )
    body = paragraph(summary) + table(HEADS, rows, "Repairs", right_from=5) + changes
    return Section("repairs", "Repairs", body)


def _score(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _outcome(one: Mapping[str, Any]) -> str:
    why = str(one.get("why") or "")
    if one.get("kept"):
        return ": ".join(filter(None, ("kept", why)))
    return why or "rolled back"
