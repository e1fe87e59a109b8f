"""The frame of a chart of a run: axes, legend, and names that are safe to show.

Names that come from data are escaped, because Plotly reads text as HTML.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.report.colors import bare_figure

if TYPE_CHECKING:
    import plotly.graph_objects as go

# From few to many in cells that carry text, whose color is chosen to stand out.
CELLS = ((0.0, "#e8f1f8"), (0.5, "#7fb3d9"), (1.0, "#14609f"))
CELLS_ON_DARK = ((0.0, "#22303d"), (0.5, "#2d6896"), (1.0, "#8cc6f3"))
LONGEST_NAME = 40
# Up to here every whole number of an axis is marked.
FEW = 6


def new_chart(x: str, y: str, *, height: int = 340, legend: bool = True) -> go.Figure:
    """Return an empty chart.

    Args:
        x: What the horizontal axis shows, with its unit.
        y: What the vertical axis shows.
        height: In pixels; the width is that of the place where it is shown.
        legend: Whether to name the lines above the chart.
    """
    return bare_figure(
        height,
        showlegend=legend,
        legend={
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "traceorder": "normal",
        },
        margin={"l": 8, "r": 8, "t": 36 if legend else 12, "b": 8},
        xaxis={"title": {"text": label(x)}},
        yaxis={"title": {"text": label(y)}},
    )


def label(value: Any, longest: int = LONGEST_NAME) -> str:
    """Return a name for a chart: on one line, cut if it is long, and escaped.

    Example:
        >>> label("<b>size</b>")
        '&lt;b&gt;size&lt;/b&gt;'
        >>> label("a" * 50, longest=8)
        'aaaaaaa…'
    """
    words = " ".join(str(value).split())
    if len(words) > longest:
        words = words[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return html.escape(words, quote=False)


def labels(values: Any, longest: int = 24) -> list[str]:
    """Return names for the places on an axis: escaped, and no two the same.

    Example:
        >>> labels(["a" * 30 + "1", "a" * 30 + "2"], longest=4)
        ['aaa…', 'aaa… (2)']
    """
    found: list[str] = []
    seen: dict[str, int] = {}
    for value in values:
        name = label(value, longest)
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def thinned(n: int, most: int) -> np.ndarray:
    """Return at most so many of n positions, evenly spread, with the first and last.

    Example:
        >>> thinned(9, 5).tolist(), thinned(3, 5).tolist()
        ([0, 2, 4, 6, 8], [0, 1, 2])
    """
    if n <= most:
        return np.arange(n)
    return np.unique(np.linspace(0, n - 1, most).round().astype(int))


def whole(most: float) -> dict[str, int]:
    """Return the settings of an axis of whole numbers up to the largest.

    Plotly marks halves and fifths where there are few, of which there are none.

    Example:
        >>> whole(2), whole(300)
        ({'dtick': 1}, {})
    """
    return {"dtick": 1} if most <= FEW else {}


def line_mode(n: int) -> str:
    """Return how a line through n points is drawn: with its points if they are few.

    Example:
        >>> line_mode(1), line_mode(100)
        ('lines+markers', 'lines')
    """
    return "lines+markers" if n < 3 else "lines"


def share(value: float) -> str:
    """Return a share in percent.

    Example:
        >>> share(0.9561), share(1.0)
        ('95.6%', '100%')
    """
    return f"{100 * value:.3g}%"


def count(n: int, what: str) -> str:
    """Return how many there are of something.

    Example:
        >>> count(1, "row"), count(1200, "row"), count(2, "class")
        ('1 row', '1,200 rows', '2 classes')
    """
    ending = "" if n == 1 else "es" if what.endswith("s") else "s"
    return f"{n:,} {what}{ending}"
