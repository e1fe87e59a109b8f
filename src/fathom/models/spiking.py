"""A network of spiking neurons: numbers go in and come out, spikes run between.

    x -> a constant current for T steps -> spikes -> ... -> leaky sums -> answer

Source: Neftci, Mostafa and Zenke, "Surrogate gradient learning in spiking neural
networks" (2019).
"""

from __future__ import annotations

from collections.abc import Sequence

from fathom.errors import is_whole, require
from fathom.layers import Encode, Flatten, Layer, LeakyReadout, Spiking
from fathom.network import Network


def spiking(
    input_shape: Sequence[int],
    outputs: int,
    output_activation: str = "identity",
    *,
    hidden: Sequence[int] = (100,),
    steps: int = 25,
    decay: float = 0.9,
) -> Network:
    """Return layers of leaky integrate-and-fire neurons `spiking_1`, ... `output`.

    Args:
        input_shape: Shape of one example; more than one axis is flattened first.
        outputs: Units of the readout, which does not fire.
        output_activation: "softmax" for classes, "sigmoid" for one yes or no,
            "identity" for numbers.
        hidden: Neurons of each spiking layer, at least one.
        steps: Steps of time for which each example is shown.
        decay: What is left of every membrane potential after one step.

    Raises:
        InputError: If a setting is not one of these.

    Example:
        >>> spiking((64,), 10, "softmax")["spiking_1"].units
        100
    """
    fits = isinstance(hidden, (tuple, list)) and len(hidden) > 0
    fits = fits and all(is_whole(n) for n in hidden)
    require(fits, "spiking", "hidden", "whole numbers of at least 1, as (100,)", hidden)
    layers: list[Layer] = [Flatten()] if len(input_shape) != 1 else []
    layers.append(Encode("constant", steps))
    layers += [Spiking(units, decay) for units in hidden]
    layers.append(LeakyReadout(outputs, output_activation, decay, name="output"))
    return Network(layers, input_shape)
