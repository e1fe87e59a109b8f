"""Networks of the catalogue with parameters and rows to look at."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from tests.catalogue_rows import LayerRow

import fathom as fm


def network_of(row: LayerRow) -> fm.Network:
    return fm.Network([*row.before, row.layer, *row.after], row.shape)


def variables_of(network: fm.Network, seed: int = 0) -> Any:
    """Parameters with nothing at 0 or 1, so that no term can hide."""
    random = np.random.default_rng(seed)
    variables = jax.tree.map(
        lambda a: np.asarray(a) + random.uniform(0.1, 0.4, a.shape).astype(np.float32),
        network.init(seed),
    )
    return variables


def rows_of(row: LayerRow, n: int = 3, seed: int = 1) -> Any:
    random = np.random.default_rng(seed)

    def rows(shape: tuple[int, ...]) -> np.ndarray:
        if row.is_token:
            return random.integers(0, 5, (n, *shape))
        return random.normal(size=(n, *shape)).astype(np.float32)

    if isinstance(row.shape, dict):
        return {name: rows(shape) for name, shape in row.shape.items()}
    return rows(row.shape)


def model_of(row: LayerRow) -> fm.Model:
    network = network_of(row)
    return fm.Model(network, variables_of(network))
