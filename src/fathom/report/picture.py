"""A picture with the question it answers, how to read it, and the same in words."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from typing import Any

# How a chart is drawn wherever it is shown: it fills its place and has no logo.
CONFIG = {"displaylogo": False, "responsive": True}
PLOTLY = "application/vnd.plotly.v1+json"

# What this process has put into notebooks: Plotly's script goes there once.
_put: set[str] = set()


@dataclass(frozen=True)
class Picture:
    """One picture, either a chart or a drawing.

    In a notebook it shows itself. Plotly's script, 4.8 MB, comes with the first chart
    of a session and is used by all that follow.

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

    def to_html(self) -> str:
        """Return it as an HTML figure.

        A chart is there as data, which the script of the page draws: a JSON object
        with Plotly's "data" and "layout", in a script element within `div.chart`.
        """
        body = self.drawing
        if self.chart is not None:
            height = self.chart.layout.height or 340
            body = (
                f'<div class="chart" style="min-height:{int(height)}px">'
                f'<script type="application/json">{_inert(self.chart.to_json())}'
                f"</script></div>"
            )
        return self._figure(body)

    def _figure(self, body: str) -> str:
        """Return a figure around a chart or a drawing."""
        question, reading, alternative = (
            html.escape(text)
            for text in (self.question, self.reading, self.alternative)
        )
        kind = "picture" if self.chart is not None else "picture drawing"
        # A drawing that says itself what it is must not be within an image.
        is_named = 'role="img"' in self.drawing
        role = "" if is_named else f' role="img" aria-label="{alternative}"'
        return (
            f'<figure class="{kind}"><h3>{question}</h3>'
            f'<p class="reading">{reading}</p>'
            f"<div{role}>{body}</div>"
            f"<figcaption><details><summary>In words</summary><p>{alternative}</p>"
            f"</details></figcaption></figure>"
        )

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        if self.chart is None:
            return self._figure(self.drawing)
        is_first = "plotly" not in _put
        _put.add("plotly")
        drawn = self.chart.to_html(
            full_html=False, include_plotlyjs=is_first, config=CONFIG
        )
        return self._figure(drawn)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """Show it where Plotly's own data are understood, which takes no script."""
        bundle: dict[str, Any] = {"text/html": self._repr_html_()}
        if self.chart is not None:
            figure = json.loads(self.chart.to_json())
            title = {
                "text": f"<b>{html.escape(self.question, quote=False)}</b>",
                "subtitle": {"text": html.escape(self.reading, quote=False)},
                "automargin": True,
                "yref": "container",
            }
            layout = {**figure["layout"], "title": title}
            bundle[PLOTLY] = {**figure, "layout": layout, "config": CONFIG}
        return bundle


def _inert(json_text: str) -> str:
    r"""Return JSON that no HTML parser takes for markup.

    Example:
        >>> _inert('{"name": "</script>"}')
        '{"name": "\\u003c/script>"}'
    """
    return json_text.replace("<", "\\u003c")
