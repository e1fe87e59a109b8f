"""How Sphinx builds the documentation (`make docs`)."""

import re
from typing import Any

from fathom.version import __version__

project = "Fathom"
author = "The Fathom developers"
release = __version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Fathom"
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
# Docstrings are Markdown, in which single backticks mean code.
default_role = "code"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {
    "members": True,
    "show-inheritance": False,
    # Written by scikit-learn, with links into its own guide.
    "exclude-members": "set_fit_request, set_score_request, set_partial_fit_request",
}


def _markdown_lines(lines: list[str]) -> list[str]:
    """Return docstring lines with what Markdown and reStructuredText read apart.

    An indented paragraph is code in Markdown and a quotation in reStructuredText; bars
    and trailing underscores mean something in the latter only.
    """
    result: list[str] = []
    for i, line in enumerate(lines):
        before = lines[i - 1] if i else ""
        if line.startswith("    ") and not before.strip():
            outer = next((p for p in reversed(lines[:i]) if p.strip()), "")
            if not outer.startswith(" ") and not outer.endswith(":"):
                result += [".. code-block:: text", ""]
        parts = line.split("`")
        for k in range(0, len(parts), 2):
            parts[k] = re.sub(r"(?<=\w)_(?=\W|$)|[*|]", r"\\\g<0>", parts[k])
        result.append("`".join(parts))
    return result


def setup(app: Any) -> None:
    """Turn Markdown docstrings into what autodoc reads, before napoleon does."""

    def process(
        _app: Any, _what: str, _name: str, _o: Any, _p: Any, lines: Any
    ) -> None:
        lines[:] = _markdown_lines(lines)

    app.connect("autodoc-process-docstring", process, priority=400)
