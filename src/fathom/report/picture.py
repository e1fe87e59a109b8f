"""A picture with the question it answers, how to read it, and the same in words."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

# How a chart is drawn wherever it is shown: it fills its place and has no logo.
CONFIG = {"displaylogo": False, "responsive": True}


@dataclass(frozen=True)
class Picture:
    """One picture, either a chart or a drawing.

    Attributes:
        question: What it answers, its heading: "Is the loss still falling?"
        reading: One line that says how to read it.
        alternative: What it shows, in words and numbers, for those who cannot see it.
        chart: A Plotly figure, or None.
        drawing: SVG, or "" if there is a chart.
    """

    question: str
    reading: str
    alternative: str
    chart: Any = None
    drawing: str = ""

    def to_html(self, plotly: bool | str = False) -> str:
        """Return it as an HTML figure.

        Args:
            plotly: Where Plotly's script comes from: False, the page has it; True, it
                is part of the result; "cdn" is never used, so that it opens offline.
        """
        body = self.drawing
        if self.chart is not None:
            body = self.chart.to_html(
                full_html=False, include_plotlyjs=plotly, config=CONFIG
            )
        question, reading, alternative = map(
            html.escape, (self.question, self.reading, self.alternative)
        )
        return (
            f'<figure class="picture"><h3>{question}</h3>'
            f'<div role="img" aria-label="{alternative}">{body}</div>'
            f"<figcaption>{reading}</figcaption></figure>"
        )

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        return self.to_html(plotly=self.chart is not None)
