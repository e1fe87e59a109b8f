"""Tables in plain text: columns aligned, one line a row."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], right_from: int = 1) -> str:
    """Return rows as text, the first as the heading.

    Args:
        rows: Cells; all rows have equally many.
        right_from: The column from which on all are aligned on the right.

    Example:
        >>> print(aligned([["model", "accuracy"], ["network", "0.9"]]))
        model    accuracy
        -----------------
        network       0.9
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if i >= right_from else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])
