"""Variables: a named tree of arrays beside a network, never inside it.

    {"dense_1": {"weight": ..., "bias": ...}, "state": {"batch_norm_1": {...}}}

Parameters are trained. Running statistics, under the reserved name "state", are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax

from fathom.errors import InputError

Variables = dict[str, Any]


def split_state(variables: Mapping[str, Any]) -> tuple[Variables, Variables]:
    """Split variables into parameters (trained) and running statistics (kept).

    Raises:
        InputError: If they are not named.
    """
    if not isinstance(variables, Mapping):
        raise InputError(
            f"Variables are a dict of arrays by layer, as network.init(seed) gives "
            f"them. Got {type(variables).__name__}."
        )
    parameters = {name: own for name, own in variables.items() if name != "state"}
    return parameters, dict(variables.get("state", {}))


def join_state(parameters: Mapping[str, Any], state: Mapping[str, Any]) -> Variables:
    """Put running statistics beside the parameters, under "state" if there are any."""
    return {**parameters, "state": dict(state)} if state else dict(parameters)


def parameter_count(variables: Mapping[str, Any]) -> int:
    """Return how many trained numbers there are."""
    return sum(a.size for a in jax.tree.leaves(split_state(variables)[0]))


def require_all(expected: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raise InputError if an array is missing, naming its layer.

    Example:
        >>> require_all({"dense_1": {"weight": 0, "bias": 0}}, {"dense_1": {"bias": 0}})
        Traceback (most recent call last):
        ...
        fathom.errors.InputError: The variables have no 'dense_1/weight'. Take them
        from network.init(seed) or from a trained model of the same network.
    """
    address = _first_missing(expected, given)
    if address:
        raise InputError(
            f"The variables have no {address!r}. Take them from network.init(seed) or "
            f"from a trained model of the same network."
        )


def _first_missing(expected: Mapping[str, Any], given: Any) -> str:
    for name, own in expected.items():
        if not isinstance(given, Mapping) or name not in given:
            inner = _first_missing(own, {}) if isinstance(own, Mapping) else ""
            return f"{name}/{inner}" if inner else name
        if isinstance(own, Mapping):
            inner = _first_missing(own, given[name])
            if inner:
                return f"{name}/{inner}"
    return ""
