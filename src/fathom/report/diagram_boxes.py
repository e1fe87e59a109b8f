"""Boxes of a diagram: pieces of SVG that know their size, put in rows and lanes.

What flows enters a box at its left edge, at the height `inlet`, and leaves at its right
edge, at the height `outlet`. Rows that would become too wide go on below, as text does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fathom.report.diagram_svg import element, moved, number, path, text, text_width

# Between two boxes of a row; between two rows or lanes.
GAP = 26.0
BETWEEN = 26.0


@dataclass(frozen=True)
class Box:
    """A piece of a drawing with its corner at (0, 0).

    Attributes:
        width: Size to the right.
        height: Size down.
        svg: The drawing.
        inlet: Height on the left edge at which what flows enters.
        outlet: Height on the right edge at which it leaves.
    """

    width: float
    height: float
    svg: str
    inlet: float
    outlet: float


def arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return a line from one point to the next on its right, with a head."""
    head = f"M{number(x2 - 5)} {number(y2 - 3.5)}l5 3.5l-5 3.5"
    middle = (x1 + x2) / 2
    line = (
        f"M{number(x1)} {number(y1)}C{number(middle)} {number(y1)} {number(middle)} "
        f"{number(y2)} {number(x2)} {number(y2)}"
    )
    if y1 == y2:
        line = f"M{number(x1)} {number(y1)}H{number(x2)}"
    return path(line + head, "arrow")


def rows_of(boxes: Sequence[Box], limit: float) -> list[list[Box]]:
    """Return the boxes in rows that are at most `limit` wide, where one box fits."""
    rows: list[list[Box]] = []
    width = 0.0
    for box in boxes:
        if not rows or width + GAP + box.width > limit:
            rows.append([])
            width = -GAP
        rows[-1].append(box)
        width += GAP + box.width
    return rows


def flow(boxes: Sequence[Box], limit: float, is_all: bool = False) -> Box:
    """Return boxes one after the other with arrows between, in as many rows as needed.

    Args:
        boxes: In order; none is a straight line.
        limit: Width of a row.
        is_all: Whether nothing comes before and nothing after.
    """
    if not boxes:
        return Box(GAP, 12, path("M0 6h26", "arrow"), 6, 6)
    lines = [_row(row) for row in rows_of(boxes, limit)]
    if len(lines) == 1:
        return lines[0]
    # A row further down starts to the right of the line that comes to it.
    indent = 18.0
    width = max(line.width for line in lines) + 2 * indent
    parts: list[str] = []
    y = 0.0
    for i, line in enumerate(lines):
        parts.append(moved(indent, y, line.svg))
        if i == 0 and not is_all:
            parts.append(path(f"M0 {number(line.inlet)}h{number(indent)}", "arrow"))
        if i + 1 < len(lines):
            after = y + line.height + BETWEEN
            start = (indent + line.width, y + line.outlet)
            parts.append(_turn(start, width, after - BETWEEN / 2, (indent, after)))
            parts.append(_arrival(indent, after + lines[i + 1].inlet, after))
        elif not is_all:
            x = number(indent + line.width)
            end = f"M{x} {number(y + line.outlet)}H{number(width)}"
            parts.append(path(end, "arrow"))
        y += line.height + BETWEEN
    last = y - lines[-1].height - BETWEEN
    return Box(
        width, y - BETWEEN, "".join(parts), lines[0].inlet, last + lines[-1].outlet
    )


def _row(row: Sequence[Box]) -> Box:
    """Return boxes side by side, each where what leaves the last one enters it."""
    tops, y = [], 0.0
    for box in row:
        tops.append(y - box.inlet)
        y = tops[-1] + box.outlet
    highest = min(tops)
    parts: list[str] = []
    x = 0.0
    for box, own in zip(row, tops, strict=True):
        top = own - highest
        if x:
            level = top + box.inlet
            parts.append(arrow(x - GAP + 2, level, x - 2, level))
        parts.append(moved(x, top, box.svg))
        x += box.width + GAP
    height = max(top + box.height for top, box in zip(tops, row, strict=True)) - highest
    outlet = tops[-1] - highest + row[-1].outlet
    return Box(
        x - GAP, height, "".join(parts), row[0].inlet + tops[0] - highest, outlet
    )


def _turn(
    start: tuple[float, float], width: float, middle: float, corner: tuple[float, float]
) -> str:
    """Return the line from the end of a row to the left edge, above the next row."""
    x, y = start
    right, left, r = width - 6, corner[0] - 12, 6
    return path(
        f"M{number(x)} {number(y)}H{number(right - r)}q{r} 0 {r} {r}"
        f"V{number(middle - r)}q0 {r} -{r} {r}H{number(left + r)}q-{r} 0 -{r} {r}",
        "arrow",
    )


def _arrival(indent: float, y: float, top: float) -> str:
    """Return the line down the left edge and into the first box of a row."""
    left, r = indent - 12, 6
    start = top - BETWEEN / 2 + r
    return path(
        f"M{number(left)} {number(start)}V{number(y - r)}q0 {r} {r} {r}"
        f"H{number(indent - 2)}m-5 -3.5l5 3.5l-5 3.5",
        "arrow",
    )


def lanes(
    boxes: Sequence[Box], joined: Sequence[bool] = (), is_fed: bool = True
) -> Box:
    """Return boxes below each other, fed from one point and led to one.

    Args:
        boxes: One for each lane.
        joined: Which lanes are led to the outlet; all, if not given.
        is_fed: Whether all start from one point, and not each by itself.
    """
    joined = joined or [True] * len(boxes)
    side = 30.0
    width = max(box.width for box in boxes) + 2 * side
    height = sum(box.height for box in boxes) + BETWEEN * (len(boxes) - 1)
    middle = height / 2
    parts: list[str] = []
    y = 0.0
    for box, is_joined in zip(boxes, joined, strict=True):
        parts.append(moved(side, y, box.svg))
        if is_fed:
            parts.append(arrow(0, middle, side - 2, y + box.inlet))
        if is_joined:
            parts.append(_merge(side + box.width, y + box.outlet, width, middle))
        y += box.height + BETWEEN
    return Box(width, height, "".join(parts), middle, middle)


def _merge(x: float, y: float, width: float, middle: float) -> str:
    """Return the line from the end of a lane to the point where lanes meet."""
    bend = width - 28
    return path(
        f"M{number(x)} {number(y)}H{number(bend)}C{number(bend + 16)} {number(y)} "
        f"{number(bend + 12)} {number(middle)} {number(width)} {number(middle)}",
        "arrow",
    )


def framed(box: Box, heading: str, arc: bool = False) -> Box:
    """Return a box in a dashed frame with a heading, and a shortcut above if asked for.

    The shortcut leads from the left edge over the box to a plus sign on the right.
    """
    above, side = (44.0 if arc else 24.0), (24.0 if arc else 14.0)
    width = max(box.width + 2 * side, text_width(heading) + 16)
    height = box.height + above + 12
    shift = (width - box.width) / 2
    inlet, outlet = above + box.inlet, above + box.outlet
    parts = [
        element("rect", x=0.5, y=0.5, width=width - 1, height=height - 1, rx=8,
                class_="frame"),
        text(9, 15, heading, "name", "start"),
        moved(shift, above, box.svg),
        path(f"M0 {number(inlet)}H{number(shift)}", "arrow"),
        path(f"M{number(width - shift)} {number(outlet)}H{number(width)}", "arrow"),
    ]  # fmt: skip
    if arc:
        parts.append(_shortcut(width, inlet, outlet))
    return Box(width, height, "".join(parts), inlet, outlet)


def _shortcut(width: float, inlet: float, outlet: float) -> str:
    """Return the line past a block, and the plus sign where it is added."""
    x1, x2, top, r = 8.0, width - 12, 31, 8
    line = (
        f"M{number(x1)} {number(inlet)}V{top + r}q0 -{r} {r} -{r}H{number(x2 - r)}"
        f"q{r} 0 {r} {r}V{number(outlet - 7)}"
    )
    plus = f"M{number(x2 - 3.5)} {number(outlet)}h7m-3.5 -3.5v7"
    circle = element("circle", cx=x2, cy=outlet, r=7, class_="arrow")
    return path(line, "arrow") + circle + path(plus, "arrow")
