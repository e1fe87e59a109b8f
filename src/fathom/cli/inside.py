"""What is shown of a network at work: its layers, tokens, and patches of images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.errors import InputError
from fathom.inspect.addresses import Address, at_index
from fathom.inspect.patch import patch_of
from fathom.inspect.sites import INPUT, sites
from fathom.inspect.tokens import token_streams
from fathom.layers import Conv

if TYPE_CHECKING:
    from fathom.inspect.sums import Neuron
    from fathom.inspect.trace import Trace
    from fathom.model import Model

# Neurons named of each layer.
STRONGEST = 3


def attributed_array(model: Model, table: Any) -> list[dict[str, Any]]:
    """Return what each number or token of a row adds, the largest first.

    Args:
        model: One without columns.
        table: The row alone, as a table or an array.

    Returns:
        Nothing where there are several outputs or several named inputs.
    """
    x = model.inputs(table)
    if isinstance(x, Mapping):
        return []
    try:
        found = model.attribute(table)
    except InputError:
        return []
    are_tokens = bool(token_streams(sites(model.network, model.variables)))
    values = {at_index(INPUT, place): v.item() for place, v in np.ndenumerate(x[0])}
    return [
        {"column": name, "value": f"token {values[name]:g}" if are_tokens
         else values[name], "adds": added}
        for name, added in found.strongest(0, n=len(values))
    ]  # fmt: skip


def seen_patch(trace: Trace, neuron: Neuron) -> dict[str, str]:
    """Return what a convolution's neuron sees as small grids; nothing of others."""
    layer = trace.sites[Address.parse(neuron.address).layer].layer
    if not isinstance(layer, Conv):
        return {}
    return {"patch": str(patch_of(trace, neuron.address))}


def strongest_by_layer(trace: Trace) -> list[dict[str, Any]]:
    """Return the strongest neurons of every layer with a weighted sum."""
    found = []
    for layer in trace:
        if layer.weighted_sum is None or isinstance(layer.output, Mapping):
            continue
        output = np.asarray(layer.output[0])
        strongest = trace.strongest(layer.address, n=STRONGEST)
        found.append(
            {
                "layer": layer.address,
                "kind": type(layer.layer).__name__,
                "shape": list(output.shape),
                "zero": float((output == 0).mean()),
                "strongest": {one.address: one.activation for one in strongest},
            }
        )
    return found
