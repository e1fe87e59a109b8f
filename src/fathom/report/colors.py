"""Colors of all pictures, and the frame of a chart that works on light and dark pages.

Blue is positive and orange negative, which nearly all color-blind people tell apart;
the sign also stands in the text of every mark. All colors have a contrast of at least 3
to 1 against white and against near black, so that none depends on the page's theme. The
qualitative ones follow Okabe and Ito, "Color universal design" (2008), made darker.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

POSITIVE = "#2b7bba"
NEGATIVE = "#d9730d"
# For text, axes and what has no sign.
NEUTRAL = "#7d7d7d"
GRID = "rgba(128,128,128,0.22)"
QUALITATIVE = (
    "#2b7bba",
    "#d9730d",
    "#0f8a68",
    "#b8619a",
    "#9a7d0a",
    "#7a6fd0",
    "#c0504d",
    "#4f8f9f",
)
# From negative over nothing, where the page shows through, to positive.
DIVERGING = (
    (0.0, "rgba(188,88,0,1)"),
    (0.25, "rgba(226,130,40,0.72)"),
    (0.5, "rgba(128,128,128,0.06)"),
    (0.75, "rgba(70,146,205,0.72)"),
    (1.0, "rgba(20,96,160,1)"),
)
# From nothing to much.
SEQUENTIAL = (
    (0.0, "rgba(128,128,128,0.06)"),
    (0.5, "rgba(70,146,205,0.62)"),
    (1.0, "rgba(20,96,160,1)"),
)


def sign_color(value: float) -> str:
    """Return the color of a number's sign.

    Example:
        >>> sign_color(0.3), sign_color(-2.0), sign_color(0.0)
        ('#2b7bba', '#d9730d', '#7d7d7d')
    """
    if value > 0:
        return POSITIVE
    return NEGATIVE if value < 0 else NEUTRAL


def qualitative(names: Iterable[str]) -> dict[str, str]:
    """Return a color for each name, the same for the same order.

    Example:
        >>> qualitative(["training", "validation"])
        {'training': '#2b7bba', 'validation': '#d9730d'}
    """
    return {name: QUALITATIVE[i % len(QUALITATIVE)] for i, name in enumerate(names)}


def bare_figure(height: int = 320, **layout: Any) -> go.Figure:
    """Return an empty chart without a background, as wide as its place.

    Args:
        height: In pixels.
        layout: Further settings of the layout, which win.
    """
    import plotly.graph_objects as go

    axis = {"gridcolor": GRID, "zerolinecolor": GRID, "linecolor": GRID}
    axis |= {"automargin": True, "title": {"standoff": 8}}
    # Plotly cannot place a title beside numbers of which it hid all (the position is
    # infinite), and hides what does not fit before it has made room for it.
    axis |= {"ticklabeloverflow": "allow"}
    template = {"layout": {"xaxis": axis, "yaxis": axis, "colorway": QUALITATIVE}}
    settings: dict[str, Any] = {
        "template": template,
        "autosize": True,
        "height": height,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": NEUTRAL, "family": "inherit", "size": 12},
        "margin": {"l": 8, "r": 8, "t": 24, "b": 8},
        "showlegend": False,
    }
    return go.Figure(layout={**settings, **layout})
