"""Attention rollout: how much each token of the input is in each token at the end.

    R = A_n ... A_2 A_1,   A_l = (mean over the heads of p_l + I) / 2

with p_l the weights of the l-th attention. The half of I stands for the shortcut around
an attention, and is left out where there is none. Rows of R sum to 1.
Source: Abnar and Zuidema, "Quantifying attention flow in transformers" (2020).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import jax
import numpy as np

from fathom.errors import InputError, did_you_mean
from fathom.inspect.batches import batch_size, in_batches, n_rows, rows_of
from fathom.inspect.sites import INPUT, Site, sites
from fathom.layers import Attention, Concat, On, Residual
from fathom.model import Model
from fathom.network import Network


@dataclass(frozen=True, eq=False)
class Rollout:
    """How much each token of the input is in each token behind the last attention.

    Attributes:
        weights: (rows, tokens behind, tokens of the input), each row of it sums to 1.
        layers: Addresses of the attentions, first to last.
        stream: Which of several named arrays, or "".
    """

    weights: np.ndarray = field(repr=False)
    layers: tuple[str, ...]
    stream: str = ""


def attention_rollout(model: Model, data: Any, stream: str | None = None) -> Rollout:
    """Return the attention rollout of the self-attentions.

    Args:
        model: With self-attention; cross-attention is not followed.
        data: Raw rows.
        stream: Which of several named arrays; None if one only has self-attention.

    Raises:
        InputError: If there is no self-attention, or it must be said which.
    """
    name, found = _followed(model.network, stream)
    x = model.inputs(data)
    n = n_rows(x)
    paths = tuple(dict.fromkeys(site.tapped for site in found))

    def run(points: np.ndarray) -> dict[str, jax.Array]:
        return _program(model.network, paths)(model.variables, rows_of(x, points))

    weights = _every_weight(run, model.network, n, found)
    total = np.eye(weights[0].shape[-1])[None].repeat(n, 0)
    for site, own in zip(found, weights, strict=True):
        total = _mixed(own, _has_shortcut(model.network, site)) @ total
    return Rollout(total, tuple(site.address for site in found), name)


def _every_weight(
    run: Callable[[np.ndarray], dict[str, jax.Array]],
    network: Network,
    n: int,
    found: list[Site],
) -> list[np.ndarray]:
    """Return the weights (rows, queries, keys) of each attention."""

    def own(points: np.ndarray) -> list[jax.Array]:
        taps = run(points)
        return [taps[site.tapped][site.blocks] for site in found]

    return in_batches(own, n, batch_size(network, n))


def _mixed(weights: np.ndarray, has_shortcut: bool) -> np.ndarray:
    """Return A (rows, tokens, tokens), of rows that sum to 1."""
    tokens = weights.shape[-1]
    if weights.shape[-2] != tokens:
        raise InputError("Attention rollout needs as many queries as keys.")
    a = weights.astype(np.float64)
    total = a.sum(-1, keepdims=True)
    # A token that may look nowhere stays what it is.
    a = np.where(total > 0, a / np.where(total > 0, total, 1), np.eye(tokens)[None])
    return (a + np.eye(tokens)[None]) / 2 if has_shortcut else a


@lru_cache(maxsize=64)
def _program(network: Network, paths: tuple[str, ...]) -> Callable[..., Any]:
    return jax.jit(partial(_weights, network, paths))


def _weights(
    network: Network, paths: tuple[str, ...], variables: Any, x: Any
) -> dict[str, jax.Array]:
    """Return the weights averaged over the heads, by path."""
    taps = network.forward(variables, x, listen=True).taps
    return {path: taps[path]["weights"].mean(-3) for path in paths}


def _followed(network: Network, stream: str | None) -> tuple[str, list[Site]]:
    """Return the self-attentions of one stream, first to last."""
    streams: dict[str, list[Site]] = {}
    for site in sites(network, {}).values():
        if isinstance(site.layer, Attention) and site.layer.memory is None:
            streams.setdefault(_stream(network, site), []).append(site)
    if not streams:
        raise InputError(
            "The network has no self-attention to roll out. Use attribute(model, data) "
            "to see what a prediction rests on."
        )
    if stream is None and len(streams) > 1:
        raise InputError(
            f"Several named arrays have self-attention: {', '.join(streams)}. Say "
            f"which, stream={next(iter(streams))!r}."
        )
    name = next(iter(streams)) if stream is None else stream
    if name not in streams:
        raise InputError(
            f"No self-attention works on {name!r}.{did_you_mean(name, streams)} "
            f"Known: {', '.join(streams)}."
        )
    return name, streams[name]


def _stream(network: Network, site: Site) -> str:
    """Return the named array that a layer works on, "" in networks with one input."""
    name = ""
    for path, layer in _around(network, site):
        if isinstance(layer, Concat):
            raise InputError(
                f"Layer '{site.address}' is one of several side by side in '{path}', "
                f"and attention rollout follows layers one after the other."
            )
        if isinstance(layer, On):
            marked = path.rpartition("[")
            name = marked[2].rstrip("]") if marked[0] else layer.names[0]
    return name.removeprefix(f"{INPUT} ")


def _has_shortcut(network: Network, site: Site) -> bool:
    return any(isinstance(layer, Residual) for _, layer in _around(network, site))


def _around(network: Network, site: Site) -> list[tuple[str, Any]]:
    """Return the layers around one, outermost first, with the paths they report by."""
    parts = site.tapped.split("/")
    paths = ["/".join(parts[: i + 1]) for i in range(len(parts) - 1)]
    plain = ["/".join(p.partition("[")[0] for p in path.split("/")) for path in paths]
    return [(path, network[own]) for path, own in zip(paths, plain, strict=True)]
