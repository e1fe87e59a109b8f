"""SVG of a diagram: elements as text, escaped, and the style of what they are.

Source: W3C, "Scalable vector graphics (SVG) 2" (2018).
"""

from __future__ import annotations

import html
import re

from fathom.report.colors import NEGATIVE, POSITIVE

# Width of a letter as a share of the font size, on the wide side.
LETTER = 0.58
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
# Characters that XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

STYLE = f"""
.fathom-network{{--fathom-positive:{POSITIVE};--fathom-negative:{NEGATIVE};
overflow:visible;font-family:inherit;color:inherit}}
@media (prefers-color-scheme:dark){{.fathom-network{{--fathom-positive:#4c9be0;
--fathom-negative:#f0934a}}}}
.fathom-network text{{fill:currentColor;font-size:11px}}
.fathom-network .name{{font-weight:600}}
.fathom-network .small{{font-size:9.3px}}
.fathom-network .about{{font-size:10px;opacity:.75}}
.fathom-network .wire,.fathom-network .arrow,.fathom-network .frame,
.fathom-network .glyph{{fill:none;stroke:currentColor}}
.fathom-network .wire{{opacity:.3}}
.fathom-network .arrow{{opacity:.55;stroke-width:1.2;stroke-linejoin:round}}
.fathom-network .frame{{opacity:.45;stroke-dasharray:4 3}}
.fathom-network .box{{fill:currentColor;fill-opacity:.045;stroke:currentColor;
stroke-opacity:.4}}
.fathom-network .glyph{{opacity:.7;stroke-width:1.2}}
.fathom-network .full{{fill:currentColor}}
.fathom-network .neuron{{fill:currentColor;stroke:currentColor;stroke-width:1.1}}
.fathom-network .neuron.plus{{fill:var(--fathom-positive)}}
.fathom-network .neuron.minus{{fill:var(--fathom-negative)}}
.fathom-network .edge{{fill:none;stroke:currentColor}}
.fathom-network .edge.plus{{stroke:var(--fathom-positive)}}
.fathom-network .edge.minus{{stroke:var(--fathom-negative)}}
.fathom-network .edge.broken{{stroke-dasharray:2 3}}
.fathom-network .edge:hover{{stroke-opacity:1;stroke-width:4}}
""".replace("\n", "")


def number(value: float) -> str:
    """Return a coordinate with at most one decimal.

    Example:
        >>> number(12.0), number(3.14159)
        ('12', '3.1')
    """
    return f"{value:.1f}".removesuffix(".0")


def escape(text: object) -> str:
    """Return text that is safe inside an element and inside an attribute.

    Example:
        >>> escape('<b> & "x"' + chr(0))
        '&lt;b&gt; &amp; &quot;x&quot;'
    """
    return html.escape(_NOT_XML.sub("", str(text)))


def element(tag: str, *inside: str, **attributes: object) -> str:
    """Return an element; `data_address` becomes `data-address`, None is left out.

    What is inside is SVG already; attributes are escaped here.

    Example:
        >>> element("circle", r=2.0, class_="neuron", data_address="a:1")
        '<circle r="2" class="neuron" data-address="a:1"/>'
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    body = "".join(inside)
    return f"<{tag}{written}>{body}</{tag}>" if body else f"<{tag}{written}/>"


def _attribute(value: object) -> str:
    return number(value) if isinstance(value, (int, float)) else escape(value)


def title(text: str) -> str:
    """Return what a pointer over the element shows, and a screen reader says."""
    return element("title", escape(text))


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "middle") -> str:
    """Return a line of text."""
    return element(
        "text", escape(words), x=x, y=y, class_=kind or None, text_anchor=anchor
    )


def fitted(words: str, width: float, size: float = 11) -> str:
    """Return the words, shortened where they are wider than their place.

    Example:
        >>> fitted("a rather long column name", 60)
        'a rather…'
    """
    words = " ".join(words.split())
    most = max(3, int(width / (size * LETTER)))
    return words if len(words) <= most else words[: most - 1].rstrip() + ELLIPSIS


def heading(x: float, y: float, words: str, width: float) -> str:
    """Return a name in bold, in smaller letters where it would be too wide."""
    if text_width(words) <= width:
        return text(x, y, words, "name")
    return text(x, y, fitted(words, width, 9.3), "name small")


def text_width(words: str, size: float = 11) -> float:
    """Return about how wide a line of text is."""
    return len(words) * size * LETTER


def moved(x: float, y: float, *inside: str) -> str:
    """Return parts moved to the right and down."""
    return element(
        "g", *inside, transform=f"translate({number(x)} {number(y)})"
    )  # fmt: skip


def path(points: str, kind: str, **attributes: object) -> str:
    """Return a path."""
    return element("path", d=points, class_=kind, **attributes)
