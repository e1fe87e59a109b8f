"""Variables that do not belong to the network are refused by name."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import fathom as fm
from fathom.errors import InputError

NETWORK = fm.Network([fm.Dense(3), fm.BatchNorm(), fm.Residual([fm.Dense(3)])], (3,))
X = np.ones((2, 3), np.float32)


def without(address: str) -> dict:
    """The network's variables without what is at an address."""
    variables = jax.tree.map(lambda array: array, NETWORK.init(0))
    *path, last = address.split("/")
    inner = variables
    for name in path:
        inner = inner[name]
    del inner[last]
    return variables


@pytest.mark.parametrize(
    "missing",
    ["dense_1/weight", "residual_1/dense_1/weight", "state/batch_norm_1/mean"],
)
@pytest.mark.parametrize("apply", [NETWORK.apply, jax.jit(NETWORK.apply)])
def test_a_missing_array_is_named(apply, missing: str) -> None:
    with pytest.raises(InputError, match=f"The variables have no '{missing}'"):
        apply(without(missing), X)


def test_no_variables_at_all_are_refused() -> None:
    with pytest.raises(InputError, match=r"have no 'batch_norm_1/bias'.* network.init"):
        NETWORK.apply({}, X)


@pytest.mark.parametrize("given", [None, [], 3.0])
def test_variables_without_names_are_refused(given: object) -> None:
    with pytest.raises(InputError, match="Variables are a dict of arrays by layer"):
        NETWORK.apply(given, X)
