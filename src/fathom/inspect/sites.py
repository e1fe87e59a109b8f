"""Where every layer of a network sits: its address, its parameters, what feeds it.

A layer inside others has their names before its own. A `Repeat` counts as its blocks,
each of which has parameters of its own; layers that `On` shares between several named
arrays are there once for each array.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jax

from fathom.errors import InputError, did_you_mean
from fathom.layers import Chain, Concat, Join, Layer, On, Repeat
from fathom.layers.layer import name_of
from fathom.network import Network
from fathom.variables import split_state

# The network's own input, as what feeds a layer.
INPUT = "input"


@dataclass(frozen=True)
class Site:
    """One layer where it stands.

    Attributes:
        address: `repeat_1[4]/dense_1`.
        layer: Its settings.
        sources: Addresses of the layers whose outputs it takes, `input` for the
            network's own, `input left` for one of several named ones.
        tapped: The path under which a forward pass reports it.
        blocks: Which entry of the leading axes of what is reported, one for each
            `Repeat` around it.
        parameters: Its own parameters.
        state: Its own running statistics.
        inner: The addresses of the layers inside whose outputs make its own.
    """

    address: str
    layer: Layer
    sources: tuple[str, ...]
    tapped: str
    blocks: tuple[int, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    state: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    inner: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Way:
    """What leads to a chain of layers: prefixes, sources, blocks."""

    address: str = ""
    tapped: str = ""
    sources: tuple[str, ...] = (INPUT,)
    blocks: tuple[int, ...] = ()


def sites(network: Network, variables: Mapping[str, Any]) -> dict[str, Site]:
    """Return every layer of a network by address, in the order data flows.

    Layers inside others come before the layer that holds them.
    """
    parameters, state = split_state(variables)
    start = _Way()
    if isinstance(network.input_shape, Mapping):
        names = tuple(f"{INPUT} {name}" for name in network.input_shape)
        start = replace(start, sources=names)
    found = _chain(network.layers, parameters, state, start)
    return {site.address: site for site in found}


def site_at(all_sites: Mapping[str, Site], address: str) -> Site:
    """Return the site at a layer's address.

    Raises:
        InputError: If there is none; says what there is.
    """
    site = all_sites.get(address)
    if site is not None:
        return site
    names = list(all_sites)
    hint = did_you_mean(address, names)
    listed = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    raise InputError(f"There is no layer '{address}'.{hint} Layers: {listed}.")


def _chain(
    layers: Sequence[Layer], parameters: Any, state: Any, way: _Way
) -> Iterator[Site]:
    """Yield the layers of a chain, each fed by the one before."""
    sources = way.sources
    for layer in layers:
        name = name_of(layer)
        address = f"{way.address}/{name}" if way.address else name
        tapped = f"{way.tapped}/{name}" if way.tapped else name
        site = Site(
            address, layer, sources, tapped, way.blocks,
            _part(parameters, name), _part(state, name),
        )  # fmt: skip
        inner = list(_inside(site))
        yield from (one for one, _ in inner)
        ends = tuple(one.address for one, is_end in inner if is_end)
        yield replace(site, inner=ends)
        sources = _behind(site, ends)


def _behind(site: Site, ends: tuple[str, ...]) -> tuple[str, ...]:
    """Return what feeds the layer after a site."""
    layer = site.layer
    if not isinstance(layer, On):
        return (site.address,)
    replaced = dict(zip(layer.names, ends, strict=True))
    return tuple(
        f"{end} {name}" if (end := replaced.get(name)) else source
        for source in site.sources
        for name in [source.rpartition(" ")[2]]
    )


def _inside(site: Site) -> Iterator[tuple[Site, bool]]:
    """Yield the layers inside a site, and whether each is one of its ends."""
    layer = site.layer
    way = _Way(site.address, site.tapped, site.sources, site.blocks)
    parameters, state = site.parameters, site.state
    if isinstance(layer, Repeat):
        yield from _blocks(layer, site)
    elif isinstance(layer, On):
        for name in layer.names:
            mark = f"[{name}]" if len(layer.names) > 1 else ""
            own = tuple(s for s in site.sources if s.rpartition(" ")[2] == name)
            one = replace(
                way, address=way.address + mark, tapped=way.tapped + mark, sources=own
            )
            yield from _marked(_chain(layer.layers, parameters, state, one), one)
    elif isinstance(layer, Concat):
        for branch in layer.layers:
            yield from _marked(_chain([branch], parameters, state, way), way)
    elif isinstance(layer, Chain):
        yield from _marked(_chain(layer.layers, parameters, state, way), way)


def _blocks(layer: Repeat, site: Site) -> Iterator[tuple[Site, bool]]:
    sources = site.sources
    for i in range(layer.n):
        own = site.parameters if layer.shared else _entry(site.parameters, i)
        way = _Way(f"{site.address}[{i}]", site.tapped, sources, (*site.blocks, i))
        block = list(_chain(layer.layers, own, _entry(site.state, i), way))
        last = i == layer.n - 1
        yield from ((one, last and one is block[-1]) for one in block)
        sources = (block[-1].address,) if block else sources


def _marked(chain: Iterator[Site], way: _Way) -> Iterator[tuple[Site, bool]]:
    """Yield the sites of a chain; the last of its own layers is its end."""
    found = list(chain)
    yield from ((one, one is found[-1]) for one in found)


def _part(tree: Any, name: str) -> Any:
    return tree.get(name, {}) if isinstance(tree, Mapping) else {}


def _entry(tree: Any, i: int) -> Any:
    return jax.tree.map(lambda leaf: leaf[i], tree)


def joins(site: Site) -> tuple[str, ...]:
    """Return the sources of a `Join` in the order in which it takes them."""
    assert isinstance(site.layer, Join)
    by_name = {source.rpartition(" ")[2]: source for source in site.sources}
    return tuple(by_name[name] for name in site.layer.names)
