"""How Sphinx builds the documentation (`make docs`)."""

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
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_default_options = {"members": True, "show-inheritance": False}
