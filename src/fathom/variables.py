"""Variables: a named tree of arrays beside a network, never inside it.

    {"dense_1": {"weight": ..., "bias": ...}, "state": {"batch_norm_1": {...}}}

Parameters are trained. Running statistics, under the reserved name "state", are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax

Variables = dict[str, Any]


def split_state(variables: Mapping[str, Any]) -> tuple[Variables, Variables]:
    """Split variables into parameters (trained) and running statistics (kept)."""
    parameters = {name: own for name, own in variables.items() if name != "state"}
    return parameters, dict(variables.get("state", {}))


def join_state(parameters: Mapping[str, Any], state: Mapping[str, Any]) -> Variables:
    """Put running statistics beside the parameters, under "state" if there are any."""
    return {**parameters, "state": dict(state)} if state else dict(parameters)


def parameter_count(variables: Mapping[str, Any]) -> int:
    """Return how many trained numbers there are."""
    return sum(a.size for a in jax.tree.leaves(split_state(variables)[0]))
