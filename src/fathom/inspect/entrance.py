"""Where a network's inputs enter, for gradients with respect to them.

Numbers are moved themselves. Tokens cannot be moved a little, so what their embedding
makes of them is; and behind a `Masking`, so that no step on the way is taken for
padding. Both go through probes of the forward pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import numpy as np

from fathom.errors import InputError
from fathom.inspect.sites import INPUT, Site, sites
from fathom.layers import Chain, Concat, Embedding, Masking, On, Repeat
from fathom.model import Model
from fathom.network import Network

# What stands for "no token" in a baseline: the vector of zeros.
NO_TOKEN = -1


@dataclass(frozen=True)
class Entrance:
    """Where one input enters.

    Attributes:
        name: Of a named input; "" if there is one only.
        rank: Axes of one example.
        paths: The layers whose outputs are moved; empty if the input itself is.
        padding: The token that pads, of tokens; 0 if none does.
        is_token: Whether the input is tokens.
    """

    name: str
    rank: int
    paths: tuple[str, ...] = ()
    padding: int | None = None
    is_token: bool = False


@lru_cache(maxsize=64)
def entrances(network: Network) -> tuple[Entrance, ...]:
    """Return where each input of a network enters."""
    shape = network.known_input_shape
    everywhere = list(sites(network, {}).values())
    if isinstance(shape, Mapping):
        return tuple(
            _entrance(everywhere, name, f"{INPUT} {name}", len(own))
            for name, own in shape.items()
        )
    return (_entrance(everywhere, "", INPUT, len(shape)),)


def _entrance(everywhere: list[Site], name: str, source: str, rank: int) -> Entrance:
    takers = [s for s in everywhere if source in s.sources and not _only_holds(s)]
    paths = tuple(site.tapped for site in takers if not site.blocks)
    if len(paths) != len(takers) or not paths:
        return Entrance(name, rank)
    first = takers[0].layer
    if all(isinstance(site.layer, Embedding) for site in takers):
        padding = first.padding if isinstance(first, Embedding) else None
        return Entrance(name, rank, paths, padding, is_token=True)
    if all(isinstance(site.layer, Masking) for site in takers):
        return Entrance(name, rank, paths)
    return Entrance(name, rank)


def _only_holds(site: Site) -> bool:
    """Whether a layer's work is done by those inside, which are sites themselves."""
    layer = site.layer
    return type(layer) in (Chain, Concat, On, Repeat) and bool(
        getattr(layer, "layers", ())
    )


def part(x: Any, name: str) -> Any:
    """Return one input by name; "" is the only one."""
    return x[name] if name else x


def whole(parts: dict[str, Any]) -> Any:
    """Return inputs by name as a network takes them: an array, if one only."""
    return parts.get("", parts)


def require_movable(network: Network, x: Any) -> None:
    """Raise InputError if tokens go elsewhere than into an embedding."""
    for one in entrances(network):
        if part(x, one.name).dtype.kind in "iu" and not one.paths:
            raise InputError(
                "The network uses the tokens elsewhere than in an Embedding, so there "
                "is no gradient. Use method='occlusion'."
            )


def ways(model: Model, x: Any, baseline: Any) -> dict[str, np.ndarray]:
    """Return how far it is from the baseline to the inputs, where they are moved.

    Returns:
        x - baseline (rows, ...) by path, or by the name of an input.
    """
    found: dict[str, np.ndarray] = {}
    located = {s.tapped: s for s in sites(model.network, model.variables).values()}
    for one in entrances(model.network):
        own, other = part(x, one.name), part(baseline, one.name)
        if not one.is_token:
            for key in one.paths or (one.name,):
                found[key] = own - other
            continue
        for path in one.paths:
            weight = np.asarray(located[path].parameters["weight"])
            there = np.where((other < 0)[..., None], 0, weight[np.maximum(other, 0)])
            found[path] = weight[own] - there
    return found


def moved(
    network: Network, x: Any, steps: Mapping[str, jax.Array]
) -> tuple[Any, dict[str, dict[str, jax.Array]]]:
    """Return inputs and probes of a forward pass with everything moved by steps."""
    inputs: dict[str, Any] = {}
    probes: dict[str, dict[str, jax.Array]] = {}
    for one in entrances(network):
        own = part(x, one.name)
        inputs[one.name] = own if one.paths else own + steps[one.name]
        probes |= {path: {"output": steps[path]} for path in one.paths}
    return whole(inputs), probes


def gathered(
    network: Network, numbers: Mapping[str, jax.Array]
) -> dict[str, jax.Array]:
    """Return numbers (batch, ...) where inputs are moved, summed for each input."""
    found: dict[str, jax.Array] = {}
    for one in entrances(network):
        for key in one.paths or (one.name,):
            own = numbers[key]
            own = own.sum(tuple(range(1 + one.rank, own.ndim)))
            found[one.name] = found[one.name] + own if one.name in found else own
    return found
