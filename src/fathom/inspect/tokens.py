"""Tokens: which one stands at a step, said beside the numbers that come from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from fathom import layers
from fathom.inspect.sites import INPUT, Site
from fathom.inspect.sums import WeightedSum

# Behind an embedding these keep one vector for each token.
KEEPING = (
    layers.LearnedPositions, layers.SinusoidalPositions, layers.Dropout, layers.Masking,
    layers.LayerNorm, layers.RMSNorm,
)  # fmt: skip


def token_streams(sites: Mapping[str, Site]) -> dict[str, str]:
    """Return the layers whose numbers come from one token each, with their input.

    Args:
        sites: Every layer by address.

    Returns:
        {address: source}: "input", or "input left" of several named ones.
    """
    found: dict[str, str] = {}
    for address, site in sites.items():
        source = site.sources[0] if len(site.sources) == 1 else ""
        if isinstance(site.layer, layers.Embedding) and source.startswith(INPUT):
            found[address] = source
        elif isinstance(site.layer, KEEPING) and source in found:
            found[address] = found[source]
    return found


def with_tokens(
    sums: tuple[WeightedSum, ...], streams: Mapping[str, str], x: Any, row: int
) -> tuple[WeightedSum, ...]:
    """Return sums with the token noted at each input that comes from one.

    Args:
        sums: Of a neuron.
        streams: As `token_streams` has them.
        x: The network's inputs.
        row: Which of the rows.
    """
    if not streams:
        return sums

    def noted(name: str) -> str:
        layer, _, place = name.partition("@")
        source = streams.get(layer.partition(":")[0])
        if source is None or not place:
            return ""
        stream = source.partition(" ")[2]
        own = np.asarray(x[stream] if stream else x)[row]
        return f"token {int(own[tuple(map(int, place.split(',')))])}"

    return tuple(
        replace(one, terms=tuple(replace(t, note=noted(t.name)) for t in one.terms))
        for one in sums
    )
