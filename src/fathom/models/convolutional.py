"""Convolutional networks for images, from the neocognitron to residual networks.

All are recipes: (input_shape, outputs, output_activation) -> Network, with the input
shape (height, width, channels).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from fathom.errors import InputError, is_whole, require
from fathom.layers import (
    Activation,
    AveragePool,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Layer,
    MaxPool,
    Repeat,
    Residual,
    Rotate,
    Shift,
    Upsample,
)
from fathom.network import Network


def lenet(
    input_shape: Sequence[int],
    outputs: int,
    output_activation: str = "identity",
    *,
    distort: bool = True,
) -> Network:
    """Return LeNet: two convolutions of tanh neurons with pooling, two dense layers.

    6 feature maps of 5 x 5, mean of 2 x 2, 16 maps of 5 x 5, mean of 2 x 2, then 120,
    84 and the outputs. Source: LeCun et al., "Gradient-based learning applied to
    document recognition" (1998); for the network of 1989 see `lenet_1989`.

    Args:
        input_shape: (height, width, channels); smaller images than 16 x 16 are
            enlarged first.
        outputs: Units of the output layer.
        output_activation: Of the output layer.
        distort: Whether training shifts images by up to a pixel and turns them by up
            to 10 degrees, anew each time, as was done in 1998.

    Raises:
        InputError: If the inputs are no images.
    """
    layers: list[Layer] = [
        Conv(6, 5, "tanh"),
        AveragePool(2),
        Conv(16, 5, "tanh"),
        AveragePool(2),
        Flatten(),
        Dense(120, "tanh"),
        Dense(84, "tanh"),
        Dense(outputs, output_activation, name="output"),
    ]
    return Network([*_enlarged(input_shape, "lenet", distort), *layers], input_shape)


def lenet_1989(
    input_shape: Sequence[int],
    outputs: int,
    output_activation: str = "identity",
    *,
    distort: bool = True,
) -> Network:
    """Return the network of 1989: 12 maps twice, at stride 2, then 30 neurons.

    Source: LeCun et al., "Backpropagation applied to handwritten zip code recognition"
    (1989), without the hand-made table of which maps are connected. Its images were
    16 x 16.

    Args:
        input_shape: (height, width, channels); smaller images than 16 x 16 are
            enlarged first.
        outputs: Units of the output layer.
        output_activation: Of the output layer.
        distort: As for `lenet`.

    Raises:
        InputError: If the inputs are no images.
    """
    layers: list[Layer] = [
        Conv(12, 5, "tanh", stride=2),
        Conv(12, 5, "tanh", stride=2),
        Flatten(),
        Dense(30, "tanh"),
        Dense(outputs, output_activation, name="output"),
    ]
    before = _enlarged(input_shape, "lenet_1989", distort)
    return Network([*before, *layers], input_shape)


def _enlarged(shape: Sequence[int], name: str, distort: bool) -> list[Layer]:
    """Return the layers before the first convolution."""
    _require_image(shape, name)
    require(isinstance(distort, bool), name, "distort", "True or False", distort)
    factor = math.ceil(16 / min(shape[:2]))
    layers: list[Layer] = [Upsample(factor, "linear")] if factor > 1 else []
    return [*layers, Shift(1), Rotate(10.0)] if distort else layers


def cnn(
    input_shape: Sequence[int], outputs: int, output_activation: str = "identity"
) -> Network:
    """Return a small modern convolutional network: 3 x 3 kernels, ReLU, BatchNorm.

    Two stages of two convolutions with 32 and 64 feature maps, each followed by
    pooling; images of more than 16 x 16 end in the mean over all places. Source:
    Simonyan and Zisserman, "Very deep convolutional networks" (2015), made small;
    Ioffe and Szegedy, "Batch normalization" (2015).

    Raises:
        InputError: If the inputs are no images.
    """
    _require_image(input_shape, "cnn")
    layers: list[Layer] = []
    for units in (32, 64):
        for _ in range(2):
            conv = Conv(units, 3, use_bias=False, weight_init="he_normal")
            layers += [conv, BatchNorm(), Activation("relu")]
        if min(input_shape[:2]) >= 4:
            layers.append(MaxPool(2))
    # In a small image, where something is still says what it is.
    is_small = input_shape[0] * input_shape[1] <= 16 * 16
    layers += [Flatten() if is_small else GlobalAveragePool()]
    layers += [Dropout(0.3), Dense(outputs, output_activation, name="output")]
    return Network(layers, input_shape)


def neocognitron(
    input_shape: Sequence[int], outputs: int, output_activation: str = "identity"
) -> Network:
    """Return a stack of simple and complex layers, as in the visual cortex.

    S-layers look for a feature at every place (convolution, ReLU); C-layers answer if
    it is anywhere nearby (the largest of overlapping 3 x 3 windows at every second
    place), so that a small shift changes little. Two of each, then one dense layer.
    Source: Fukushima, "Neocognitron" (1980); its learning without a teacher is
    replaced by gradients.

    Raises:
        InputError: If the inputs are no images.
    """
    _require_image(input_shape, "neocognitron")
    layers: list[Layer] = [
        Conv(24, 3, "relu", name="simple_1"),
        MaxPool(3, 2, "same", name="complex_1"),
        Conv(48, 3, "relu", name="simple_2"),
        MaxPool(3, 2, "same", name="complex_2"),
        Flatten(),
        Dense(outputs, output_activation, name="output"),
    ]
    return Network(layers, input_shape)


def resnet(
    input_shape: Sequence[int],
    outputs: int,
    output_activation: str = "identity",
    *,
    units: int = 16,
    blocks: Sequence[int] = (9, 9, 9),
) -> Network:
    """Return a residual network; 9, 9 and 9 blocks of two convolutions are 56 layers.

    Stage k has units * 2^k feature maps at every 2^k-th place; within a stage all
    blocks are alike and are compiled once. BatchNorm and ReLU come before each
    convolution. Source: He et al., "Deep residual learning for image recognition"
    (2016) and "Identity mappings in deep residual networks" (2016).

    Args:
        input_shape: (height, width, channels).
        outputs: Units of the output layer.
        output_activation: Of the output layer.
        units: Feature maps of the first stage.
        blocks: Residual blocks of every stage.

    Raises:
        InputError: If the inputs are no images, or a setting is not one of these.
    """
    _require_image(input_shape, "resnet")
    require(is_whole(units), "resnet", "units", "a whole number", units)
    fits = len(blocks) > 0 and all(is_whole(n) for n in blocks)
    require(fits, "resnet", "blocks", "whole numbers of at least 1", blocks)
    layers: list[Layer] = [Conv(units, 3, use_bias=False, name="stem")]
    for stage, n in enumerate(blocks, start=1):
        maps = units * 2 ** (stage - 1)
        if stage > 1:  # fewer places, more maps
            layers.append(Conv(maps, 3, stride=2, use_bias=False, name=f"down_{stage}"))
        layers.append(Repeat((residual_block(maps),), n, name=f"stage_{stage}"))
    layers += [BatchNorm(), Activation("relu"), GlobalAveragePool()]
    layers.append(Dense(outputs, output_activation, name="output"))
    return Network(layers, input_shape)


def residual_block(units: int) -> Residual:
    """Return x + conv(relu(norm(conv(relu(norm(x)))))), all with `units` maps."""
    layers: list[Layer] = []
    for _ in range(2):
        layers += [BatchNorm(), Activation("relu")]
        layers.append(Conv(units, 3, use_bias=False, weight_init="he_normal"))
    return Residual(tuple(layers))


def _require_image(shape: Sequence[int], name: str) -> None:
    if len(shape) != 3:
        raise InputError(
            f"{name} takes images of shape (height, width, channels). Got inputs of "
            f"shape {tuple(shape)}."
        )
