"""Grad-CAM: where in an image, or a series, a convolution sees what speaks for a class.

    map(p) = max(0, sum_k w_k A_k(p)),   w_k = mean over the places of dF/dA_k

with A_k the feature maps of one layer, enlarged to the input by linear interpolation.
Source: Selvaraju et al., "Grad-CAM: visual explanations from deep networks via
gradient-based localization" (2017).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, Unpack

import jax
import jax.numpy as jnp
import numpy as np

from fathom.compilation import compiler_options
from fathom.errors import InputError
from fathom.inspect.batches import batch_size, in_batches, n_rows, rows_of
from fathom.inspect.readout import Asked, read, readout
from fathom.inspect.sites import Site, site_at, sites
from fathom.layers import Conv, ConvTranspose
from fathom.model import Model
from fathom.network import Network


@dataclass(frozen=True, eq=False)
class ClassMaps:
    """Where a layer sees what speaks for an output, for every row.

    Attributes:
        maps: (rows, *places) of the input: (rows, height, width) or (rows, length); 0
            and more, in the unit of the output.
        coarse: The same at the places of the layer, before it was enlarged.
        weights: (rows, feature maps) the mean slope of the output by each feature map.
        layer: Address of the layer.
        output: (rows,) the class, target or unit that is explained.
        of: "logit", "probability", "value" or "output".
    """

    maps: np.ndarray = field(repr=False)
    coarse: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)
    layer: str
    output: tuple[Any, ...]
    of: str


def gradcam(
    model: Model,
    data: Any,
    layer: str | None = None,
    output: Any = None,
    **asked: Unpack[Asked],
) -> ClassMaps:
    """Return the class maps of a convolution.

    Args:
        model: With a convolution.
        data: Raw rows.
        layer: Address of a layer whose outputs have places; the last convolution if
            None. A normalization or activation behind it may say more.
        output: The class or target; None: the class that is predicted for the row.
        asked: See `fathom.inspect.readout.Asked`.

    Raises:
        InputError: If there is no such layer, or its outputs have no places.
    """
    x = model.inputs(data)
    site = _site(model.network, layer)
    ask = readout(model, x, output, **asked)
    n = n_rows(x)

    def run(points: np.ndarray) -> tuple[jax.Array, jax.Array]:
        program = _program(ask.network, site.tapped, site.blocks)
        return program(model.variables, rows_of(x, points), ask.arrays(points))

    coarse, weights = in_batches(run, n, batch_size(ask.network, n))
    places = _places(x, coarse.ndim - 1)
    maps = np.asarray(jax.image.resize(coarse, (n, *places), "linear"))
    return ClassMaps(maps, coarse, weights, site.address, ask.names, ask.of)


def _site(network: Network, layer: str | None) -> Site:
    everywhere = sites(network, {})
    if layer is None:
        found = [
            site
            for site in everywhere.values()
            if isinstance(site.layer, (Conv, ConvTranspose))
        ]
        if not found:
            raise InputError(
                "The network has no convolution, so there is no class map. Use "
                "attribute(model, data), or name a layer whose outputs have places."
            )
        return found[-1]
    return site_at(everywhere, layer)


def _places(x: Any, rank: int) -> tuple[int, ...]:
    """Return the places of the input that has as many axes of them."""
    shapes = (
        {name: own.shape[1:] for name, own in x.items()}
        if isinstance(x, Mapping)
        else {"": x.shape[1:]}
    )
    found = [own for own in shapes.values() if len(own) == rank + 1]
    # Tokens have no axis of channels.
    found = found or [(*own, 1) for own in shapes.values() if len(own) == rank]
    if len(found) != 1:
        raise InputError(
            f"A map of {rank} axes can be laid over one input with as many. The "
            f"inputs have the shapes {', '.join(map(str, shapes.values()))}."
        )
    return found[0][:-1]


@lru_cache(maxsize=64)
def _program(
    network: Network, path: str, blocks: tuple[int, ...]
) -> Callable[..., Any]:
    options = compiler_options(True) if network.has_convolutions else None
    run = partial(_maps, network, path, blocks)
    return jax.jit(run, compiler_options=options)


def _maps(
    network: Network, path: str, blocks: tuple[int, ...], variables: Any, x: Any,
    how: Any,
) -> tuple[jax.Array, jax.Array]:  # fmt: skip
    """Return the maps (batch, *places) and the weights (batch, feature maps)."""
    seen = jax.eval_shape(
        lambda v, x: network.forward(v, x, listen=True).taps[path]["output"],
        variables,
        x,
    )

    def total(probe: jax.Array) -> tuple[jax.Array, jax.Array]:
        probes = {path: {"output": probe}}
        done = network.forward(variables, x, listen=True, probes=probes)
        return read(done.outputs, how).sum(), done.taps[path]["output"]

    slopes, maps = jax.grad(total, has_aux=True)(jnp.zeros(seen.shape, seen.dtype))
    slopes, maps = slopes[blocks], maps[blocks]
    if maps.ndim < 3:
        raise InputError(
            f"The outputs of layer '{path}' have the shape {maps.shape[1:]}: a class "
            f"map needs places and feature maps, as a convolution has them."
        )
    weights = slopes.mean(tuple(range(1, slopes.ndim - 1)))
    weighted = maps * weights.reshape(len(weights), *(1,) * (maps.ndim - 2), -1)
    return jax.nn.relu(weighted.sum(-1)), weights
