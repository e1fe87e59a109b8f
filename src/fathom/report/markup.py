"""The HTML of a page's parts: everything from outside is escaped here."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fathom.report.picture import Picture


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        name: Its anchor: lower-case letters.
        title: Its heading.
        body: HTML.
    """

    name: str
    title: str
    body: str

    def to_html(self) -> str:
        """Return it as HTML, with its heading."""
        return (
            f'<section id="{self.name}" aria-labelledby="{self.name}-title">'
            f'<h2 id="{self.name}-title">{text(self.title)}</h2>{self.body}</section>'
        )


@dataclass(frozen=True)
class Markup:
    """HTML that is already safe, for a cell of a table."""

    html: str


def text(value: object) -> str:
    """Return text as HTML.

    Example:
        >>> text("<b> & 'c'")
        '&lt;b&gt; &amp; &#x27;c&#x27;'
    """
    return html.escape(str(value))


def paragraph(value: object, kind: str = "") -> str:
    """Return text as a paragraph; "" gives nothing."""
    return f"<p{_class(kind)}>{text(value)}</p>" if str(value) else ""


def gap(why: object) -> str:
    """Return a note on what is left out, and why."""
    return f'<p class="gap">{text(why)}</p>'


def pictures(found: Iterable[Picture | None]) -> str:
    """Return pictures side by side where there is room; None is left out."""
    there = [picture.to_html() for picture in found if picture is not None]
    return f'<div class="pictures">{"".join(there)}</div>' if there else ""


def table(
    heads: Sequence[str],
    rows: Iterable[Sequence[object]],
    caption: str,
    *,
    right_from: int = 1,
    kind: str = "",
) -> str:
    """Return a table that scrolls within its own place if it is wide.

    Args:
        heads: One for each column.
        rows: Cells: text, or `Markup`. The first of each row is its heading.
        caption: What it shows.
        right_from: The column from which on all are aligned on the right.
        kind: A class for its style.
    """
    head = "".join(
        f'<th scope="col"{_class("right" if i >= right_from else "")}>{text(name)}</th>'
        for i, name in enumerate(heads)
    )
    body = "".join(f"<tr>{_cells(row, right_from)}</tr>" for row in rows)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{text(caption)}">'
        f"<table{_class(kind)}><caption>{text(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(row: Sequence[object], right_from: int) -> str:
    cells = []
    for i, value in enumerate(row):
        inner = value.html if isinstance(value, Markup) else text(value)
        side = _class("right" if i >= right_from else "")
        if i == 0:
            cells.append(f'<th scope="row"{side}>{inner}</th>')
        else:
            cells.append(f"<td{side}>{inner}</td>")
    return "".join(cells)


def folded(summary: str, body: str) -> str:
    """Return HTML that is opened by a click on its summary."""
    return f'<details class="more"><summary>{text(summary)}</summary>{body}</details>'


def listed(items: Iterable[object]) -> str:
    """Return a list of sentences; nothing if there are none."""
    lines = "".join(f"<li>{text(item)}</li>" for item in items)
    return f"<ul>{lines}</ul>" if lines else ""


def bold(value: object) -> Markup:
    """Return text that stands out."""
    return Markup(f"<strong>{text(value)}</strong>")


def thumbnail(pixels: np.ndarray, name: str) -> str:
    """Return a small image, within the page itself.

    Args:
        pixels: (height, width, 1 or 3), of any scale; stretched from its smallest
            number, black, to its largest, white.
        name: What it shows, for those who do not see it.
    """
    from PIL import Image

    low, high = float(np.nanmin(pixels)), float(np.nanmax(pixels))
    scaled = np.nan_to_num((pixels - low) / ((high - low) or 1.0)) * 255
    shape = scaled.astype(np.uint8)
    image = Image.fromarray(shape[..., 0] if shape.shape[-1] == 1 else shape[..., :3])
    file = io.BytesIO()
    image.save(file, "PNG")
    content = base64.b64encode(file.getvalue()).decode()
    return (
        f'<img class="thumbnail" alt="{text(name)}" '
        f'src="data:image/png;base64,{content}">'
    )


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
