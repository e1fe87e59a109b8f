r"""The neocognitron: S-cells that learn without a teacher, C-cells that allow a shift.

    S   a = max(0, <patch, w> + b)       a feature at every place (convolution)
    C   a = max over 3 x 3 places        the feature anywhere nearby (pooling)

An S-cell learns by competition: of all cells the one that a patch excites most moves
its weights towards the patch. Fukushima's inhibition by the patch's own strength is
here the norm that patches are divided by while learning, and a threshold above which
only the best-matching places pass.

Source: Fukushima, "Neocognitron: A self-organizing neural network model for a mechanism
of pattern recognition unaffected by shift in position", Biological Cybernetics 36
(1980).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fathom import models
from fathom.errors import InputError, is_whole, require
from fathom.layers import Conv, Dense, Flatten, Layer
from fathom.network import Network

# Patches looked at in each pass, and the least strength of one that is looked at.
MOST_PATCHES, FAINT = 20_000, 1e-3
# Share of all places at which an S-cell answers after learning.
ANSWERS = 0.2


def neocognitron(
    input_shape: Sequence[int],
    outputs: int,
    output_activation: str = "softmax",
    *,
    has_complex_cells: bool = True,
) -> Network:
    """Return a neocognitron, or the same without C-cells to compare with.

    Args:
        input_shape: (height, width, channels).
        outputs: Units of the output layer.
        output_activation: Of the output layer.
        has_complex_cells: If not, every second S-cell is taken where the C-layer would
            look at 3 x 3: as many maps, places and weights, but no shift allowed.

    Raises:
        InputError: If the inputs are no images.

    Example:
        >>> [layer.name for layer in neocognitron((8, 8, 1), 10).layers]
        ['simple_1', 'complex_1', 'simple_2', 'complex_2', 'flatten_1', 'output']
    """
    if has_complex_cells:
        return models.neocognitron(input_shape, outputs, output_activation)
    if len(input_shape) != 3:
        raise InputError(
            "neocognitron takes images of shape (height, width, channels). Got inputs "
            f"of shape {tuple(input_shape)}."
        )
    layers: list[Layer] = [
        Conv(24, 3, "relu", stride=2, name="simple_1"),
        Conv(48, 3, "relu", stride=2, name="simple_2"),
        Flatten(),
        Dense(outputs, output_activation, name="output"),
    ]
    return Network(layers, input_shape)


def learn_simple_cells(
    maps: Any, n_cells: int, size: int = 3, *, n_passes: int = 10, seed: int = 0
) -> np.ndarray:
    """Return weights of S-cells that competed for the patches of images.

    Args:
        maps: (images, height, width, channels).
        n_cells: How many.
        size: Pixels of a side of what a cell sees.
        n_passes: Over the patches.
        seed: Of which patches the cells start from.

    Returns:
        (size, size, channels, n_cells), each of mean 0 and norm 1.

    Raises:
        InputError: If there are fewer patches than cells.

    Example:
        >>> bars = np.zeros((2, 8, 8, 1))
        >>> bars[0, 3], bars[1, :, 3] = 1.0, 1.0
        >>> learn_simple_cells(bars, 4).shape
        (3, 3, 1, 4)
    """
    owner = "learn_simple_cells"
    for name, value in (("n_cells", n_cells), ("n_passes", n_passes), ("size", size)):
        require(is_whole(value), owner, name, "a whole number", value)
    random = np.random.default_rng(seed)
    patches = _patches(np.asarray(maps, np.float32), size, random)
    if len(patches) < n_cells:
        raise InputError(
            f"{n_cells} cells need as many patches with something in them. The images "
            f"have {len(patches)}: give more of them, or ask for fewer cells."
        )
    cells = _spread_out(patches, n_cells, random)
    for _ in range(n_passes):
        winner = (patches @ cells.T).argmax(axis=1)
        total = np.zeros_like(cells)
        np.add.at(total, winner, patches)
        strength = np.linalg.norm(total, axis=1, keepdims=True)
        # A cell that never wins keeps its weights.
        cells = np.where(strength > FAINT, total / np.maximum(strength, FAINT), cells)
    channels = np.asarray(maps).shape[-1]
    return cells.T.reshape(size, size, channels, n_cells)


def learn_without_teacher(
    network: Network, images: Any, *, seed: int = 0
) -> dict[str, Any]:
    """Return variables whose S-layers learned from images alone, first layer first.

    What is left to a teacher is the output layer: train it with
    `fm.train(network, data, variables=..., freeze=("simple_1", "simple_2"))`.

    Args:
        network: From `neocognitron`.
        images: (images, height, width, channels), without labels.
        seed: Of the start values.

    Raises:
        InputError: If the network has no S-layers.
    """
    simple = [
        layer
        for layer in network.layers
        if isinstance(layer, Conv) and str(layer.name).startswith("simple")
    ]
    if not simple:
        raise InputError(
            "The network has no layers named simple_1, simple_2, ... of S-cells. Make "
            "one with fathom.brain.neocognitron."
        )
    variables: dict[str, Any] = dict(network.init(seed))
    images = np.asarray(images, np.float32)
    for number, layer in enumerate(simple):
        address = str(layer.name)
        taps = network.forward(variables, images, listen=True).taps
        seen = np.asarray(taps[address]["input"])
        size = np.asarray(variables[address]["weight"]).shape[0]
        cells = learn_simple_cells(seen, layer.units, size, seed=seed + number)
        start = {"weight": cells, "bias": np.zeros(layer.units, np.float32)}
        variables = {**variables, address: start}
        taps = network.forward(variables, images, listen=True).taps
        sums = np.asarray(taps[address]["weighted_sum"]).reshape(-1, layer.units)
        bias = -np.quantile(sums, 1 - ANSWERS, axis=0).astype(np.float32)
        variables[address] = {"weight": cells, "bias": bias}
    return variables


def _patches(maps: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    """Return patches with something in them (n, size * size * channels), norm 1."""
    windows = np.lib.stride_tricks.sliding_window_view(maps, (size, size), axis=(1, 2))
    # (images, rows, columns, channels, size, size) -> (n, size, size, channels)
    flat = np.moveaxis(windows, 3, -1).reshape(-1, size * size * maps.shape[-1])
    if len(flat) > MOST_PATCHES:
        flat = flat[random.choice(len(flat), MOST_PATCHES, replace=False)]
    flat = flat - flat.mean(axis=1, keepdims=True)
    strength = np.linalg.norm(flat, axis=1, keepdims=True)
    return (flat / np.maximum(strength, FAINT))[strength[:, 0] > FAINT]


def _spread_out(patches: np.ndarray, n: int, random: np.random.Generator) -> np.ndarray:
    """Return n patches to start from, each unlike those before it."""
    chosen = [int(random.integers(len(patches)))]
    likeness = patches @ patches[chosen[0]]
    for _ in range(n - 1):
        chosen.append(int(likeness.argmin()))
        likeness = np.maximum(likeness, patches @ patches[chosen[-1]])
    return patches[chosen]
