"""A cross-validation as text: a table of the settings with marks for the choices."""

from __future__ import annotations

import math
from typing import Any

from fathom.cross_validation.comparison import ComparedSettings, Scored

# Settings shown; of more, the best ones.
MOST = 24
BAR = 30


def in_text(found: ComparedSettings) -> str:
    """Return a table with one setting a line; the best and its near equal are marked.

    Lines follow the grid. Of more than 24 settings, the best 24 are shown.
    """
    names = list(found.settings[0].setting)
    kept = {one.number for one in found.ranked[:MOST]}
    kept.add(found.one_standard_error.number)
    rows = [[*names, found.scoring, "+/-"]]
    marks = [""]
    for one in found.settings:
        if one.number in kept:
            cells = [_cell(one.setting[name]) for name in names]
            rows.append([*cells, f"{one.mean:.4g}", f"{one.standard_error:.2g}"])
            marks.append(_mark(found, one))
    lines = [f"{line}  {mark}".rstrip() for line, mark in
             zip(_aligned(rows), marks, strict=True)]  # fmt: skip
    return "\n".join([heading(found), "", *lines])


def bars(found: ComparedSettings, name: str = "weight_decay") -> str:
    """Return the curve of one setting in short: a bar for every value.

    The longer the bar, the better; `*` marks the best, `o` what is within one standard
    error of it.
    """
    limit = found.good(found.best) - found.best.standard_error
    goods = [found.good(one) for one in found.settings]
    finite = [good for good in goods if math.isfinite(good)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    lines = []
    for one, good in zip(found.settings, goods, strict=True):
        share = (good - low) / (high - low) if high > low else 1.0
        bar = "#" * round(BAR * share) if math.isfinite(good) else ""
        mark = "*" if one.number == found.best.number else "o" if good >= limit else " "
        value = _cell(one.setting[name])
        lines.append(
            f"{value:>10}  {one.mean:8.4g} +/- {one.standard_error:<8.2g} {mark} {bar}"
        )
    head = f"{name:>10}  {found.scoring} on rows held out"
    tail = "* the best, o within one standard error of it"
    return "\n".join([heading(found), head, *(x.rstrip() for x in lines), tail])


def heading(found: ComparedSettings) -> str:
    """Return what was done, in one line."""
    n = len(found.settings)
    each = f", {found.seeds} seeds each" if found.seeds > 1 else ""
    return (
        f"{n} {'setting' if n == 1 else 'settings'} on {found.folds} folds{each}: "
        f"{n * found.folds * found.seeds} runs in {found.seconds:.1f} s"
    )


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]


def _mark(found: ComparedSettings, one: Scored) -> str:
    if len(found.settings) < 2:
        return ""
    marks = []
    if one.number == found.best.number:
        marks.append("best")
    if one.number == found.one_standard_error.number:
        marks.append("most regularized within one standard error")
    return ", ".join(marks)


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
