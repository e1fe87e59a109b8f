"""Values as JSON can hold them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """Return what JSON can hold: lists, numbers; None for NaN and infinity.

    Example:
        >>> plain({"loss": np.float32(0.5), "r2": float("nan"), "rows": np.arange(2)})
        {'loss': 0.5, 'r2': None, 'rows': [0, 1]}
    """
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
