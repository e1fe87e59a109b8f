"""A repair as data: one change of the network, of the settings or of the data.

Nothing here applies it. An edit says what to change, from what and to what, so that it
can be shown as a diff, written to a file, and tried.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from fathom.errors import choose
from fathom.layers.layer import Layer
from fathom.optimizers import Optimizer

KINDS = {
    "setting": "a setting of `fathom.train`; `at` is its name",
    "layer": "the layer at address `at` becomes `value`",
    "insert": "the layer `value` goes in before address `at`",
    "remove": "the layer at address `at` goes out",
    "data": "`at` (inputs, targets, rows, or a column's name) is treated by `value`",
}


@dataclass(frozen=True)
class Edit:
    """One change that may repair what a finding names.

    Attributes:
        kind: "setting", "layer", "insert", "remove" or "data".
        at: Name of the setting, address of the layer, or which part of the data.
        value: What it becomes; for "data" the treatment, such as "standardize" or
            "drop".
        before: What it is now, if anything.

    Example:
        >>> print(Edit("setting", "learning_rate", 0.001, before=10.0).describe())
        - learning_rate=10.0
        + learning_rate=0.001
    """

    kind: str
    at: str
    value: Any = None
    before: Any = None

    def __post_init__(self) -> None:
        """Check the kind."""
        choose(KINDS, self.kind, "kind of edit")

    def describe(self) -> str:
        """Return the change as a diff: lines that go with "-", that come with "+"."""
        sign = "=" if self.kind == "setting" else ": "
        lines = []
        if self.kind in ("setting", "layer", "remove"):
            lines.append(f"- {self.at}{sign}{written(self.before)}")
        elif self.kind == "data":
            lines.append(f"- {self.at}: {self.before or 'as they are'}")
        if self.kind == "insert":
            lines.append(f"+ {written(self.value)}    (before {self.at})")
        elif self.kind == "data":
            lines.append(f"+ {self.at}: {self.value}")
        elif self.kind != "remove":
            lines.append(f"+ {self.at}{sign}{written(self.value)}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; layers as the code that makes them."""
        parts = {"before": self.before, "value": self.value}
        told = Layer | Optimizer | np.ndarray
        shown = {
            name: written(part) if isinstance(part, told) or callable(part) else part
            for name, part in parts.items()
        }
        return {"kind": self.kind, "at": self.at, **shown, "diff": self.describe()}


def written(value: Any) -> str:
    """Return a value as it is written in code, a layer without what is usual.

    Example:
        >>> from fathom.layers import Dense
        >>> written(Dense(3, "softmax", name="output"))
        "Dense(3, 'softmax')"
    """
    if isinstance(value, np.ndarray):
        return f"an array of {len(value):,} numbers"
    if isinstance(value, Optimizer):
        return repr(value.name)
    if not isinstance(value, Layer):
        return getattr(value, "__name__", repr(value))
    parts = []
    for place, field in enumerate(dataclasses.fields(value)):
        own = getattr(value, field.name)
        if field.name in ("name", "layers") or own == field.default:
            continue
        shown = getattr(own, "__name__", repr(own))
        positional = place <= 2 and len(parts) == place - 1
        parts.append(shown if positional else f"{field.name}={shown}")
    return f"{type(value).__name__}({', '.join(parts)})"
