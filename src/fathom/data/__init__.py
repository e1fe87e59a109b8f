"""From files and in-memory data to typed columns to arrays a network can learn from.

The names are imported when they are first used: splitting rows needs neither Polars
nor scikit-learn.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fathom.data import datasets as datasets
    from fathom.data.preprocessing import Preprocessing as Preprocessing
    from fathom.data.reading import read as read
    from fathom.data.table import Column as Column
    from fathom.data.table import Table as Table
    from fathom.data.table import TargetColumn as TargetColumn
    from fathom.data.target import TargetCoding as TargetCoding

_WHERE = {
    "Column": "fathom.data.table",
    "Preprocessing": "fathom.data.preprocessing",
    "Table": "fathom.data.table",
    "TargetCoding": "fathom.data.target",
    "TargetColumn": "fathom.data.table",
    "read": "fathom.data.reading",
}

__all__ = [
    "Column",
    "Preprocessing",
    "Table",
    "TargetCoding",
    "TargetColumn",
    "datasets",
    "read",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name == "datasets":
        return import_module("fathom.data.datasets")
    if name not in _WHERE:
        raise AttributeError(f"module 'fathom.data' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
