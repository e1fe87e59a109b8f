"""A cross-validation as text: a table of the settings with marks for the choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fathom.cross_validation.result import CrossValidation, Scored

# Settings shown; of more, the best ones.
MOST = 24


def in_text(found: CrossValidation) -> str:
    """Return a table with one setting a line; the best and its near equal are marked.

    Lines follow the grid. Of more than 24 settings, the best 24 are shown.
    """
    names = list(found.settings[0].setting)
    listed = list(found.settings)
    if len(listed) > MOST:
        sign = -1 if found.higher_is_better else 1
        ranked = sorted(listed, key=lambda one: sign * one.mean)
        kept = {one.number for one in ranked[:MOST]} | {found.one_standard_error.number}
        listed = [one for one in listed if one.number in kept]
    rows = [[*names, found.scoring, "+/-", ""]]
    for one in listed:
        cells = [_cell(one.setting[name]) for name in names]
        rows.append([*cells, f"{one.mean:.4g}", f"{one.standard_error:.2g}",
                     _mark(found, one)])  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(c.rjust(w) for c, w in zip(row[:-1], widths, strict=False))
             + f"  {row[-1]}" for row in rows]  # fmt: skip
    return "\n".join([heading(found), "", *(line.rstrip() for line in lines)])


def heading(found: CrossValidation) -> str:
    """Return what was done, in one line."""
    n = len(found.settings)
    folds, seeds = found.settings[0].values.shape
    each = f", {seeds} seeds each" if seeds > 1 else ""
    return (
        f"{n} {'setting' if n == 1 else 'settings'} on {folds} folds{each}: "
        f"{len(found.runs)} runs in {found.seconds:.1f} s"
    )


def _mark(found: CrossValidation, one: Scored) -> str:
    marks = []
    if len(found.settings) > 1 and one.number == found.best.number:
        marks.append("best")
    if len(found.settings) > 1 and one.number == found.one_standard_error.number:
        marks.append("most regularized within one standard error")
    return ", ".join(marks)


def _cell(value: Any) -> str:
    from fathom.cross_validation.result import shown

    value = shown(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
