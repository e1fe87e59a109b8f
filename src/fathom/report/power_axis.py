"""Logarithmic axes that always carry numbers to read a chart by.

Left to itself, Plotly marks the powers of ten, of which there may be one at the very
edge, or none, where the values lie close together. It hides a number that does not fit
there, and then has no place for the title beside the numbers. So the marks are chosen
here: 1, 2 and 5 times the powers, and the axis ends at two of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

MOST_MARKS = 8
# Added at both ends, as a share of the axis, so that no line runs along its edge.
ROOM = 0.03
# So that 1000 is a power of ten whatever rounding made of its logarithm.
SLACK = 1e-9


def power_axis(values: Iterable[float], most: int = MOST_MARKS) -> dict[str, Any]:
    """Return the settings of a logarithmic axis for positive values.

    Args:
        values: What is drawn; what is not positive or not finite does not count.
        most: How many marks there is room for, at least 3.

    Example:
        >>> power_axis([0.0012, 0.0034])["tickvals"]
        [0.001, 0.002, 0.005]
    """
    drawn = np.asarray(list(values), float)
    drawn = drawn[np.isfinite(drawn) & (drawn > 0)]
    low, high = (drawn.min(), drawn.max()) if drawn.size else (0.1, 1.0)
    marks = _marks(float(low), float(high), most)
    ends = math.log10(marks[0]), math.log10(marks[-1])
    room = ROOM * (ends[1] - ends[0])
    return {
        "type": "log",
        "range": [ends[0] - room, ends[1] + room],
        "tickvals": marks,
        "ticktext": [_written(mark) for mark in marks],
    }


def _marks(low: float, high: float, most: int) -> list[float]:
    """Return at least two marks, the first at or below low, the last at or above high.

    Example:
        >>> _marks(0.02, 0.6, 8), _marks(1.0, 1.0, 8)
        ([0.02, 0.05, 0.1, 0.2, 0.5, 1.0], [1.0, 2.0])
        >>> _marks(0.0002, 5.0, 8)
        [0.0001, 0.001, 0.01, 0.1, 1.0, 10.0]
    """
    first = math.floor(math.log10(low) + SLACK)
    last = math.ceil(math.log10(high) - SLACK)
    fine = [float(f"{n}e{p}") for p in range(first, last + 2) for n in (1, 2, 5)]
    start = max(i for i, mark in enumerate(fine) if mark <= low * (1 + SLACK))
    stop = min(i for i, mark in enumerate(fine) if mark >= high * (1 - SLACK))
    if stop - start < most:
        return fine[start : max(stop, start + 1) + 1]
    stride = -(-(last - first) // (most - 1))
    last = first + stride * -(-(last - first) // stride)
    return [float(f"1e{power}") for power in range(first, last + 1, stride)]


def _written(mark: float) -> str:
    """Return a mark as Plotly shows it.

    Example:
        >>> _written(0.02), _written(1e-5), _written(2e6)
        ('0.02', '10<sup>-5</sup>', '2·10<sup>6</sup>')
    """
    if 1e-3 <= mark < 1e4:
        return f"{mark:g}"
    digit, power = f"{mark:.0e}".split("e")
    times = "" if digit == "1" else f"{digit}\N{MIDDLE DOT}"
    return f"{times}10<sup>{int(power)}</sup>"
