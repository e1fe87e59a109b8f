"""Networks that read a sequence (time, features) and give one answer.

All are recipes: (input_shape, outputs, output_activation) -> Network.
"""

from __future__ import annotations

from collections.abc import Sequence

from fathom.errors import InputError
from fathom.layers import (
    GRU,
    LSTM,
    RNN,
    Dense,
    GlobalAveragePool,
    Layer,
    LayerNorm,
    LearnedPositions,
    Repeat,
)
from fathom.models.transformer import embedding, placed, transformer_block
from fathom.network import Network


def rnn(
    input_shape: Sequence[int],
    outputs: int,
    output_activation: str = "identity",
    *,
    units: int = 64,
) -> Network:
    """Return a plain recurrent layer and a dense one on its last state.

    Source: Elman, "Finding structure in time" (1990).
    """
    return _recurrent(RNN(units), input_shape, outputs, output_activation)


def lstm(
    input_shape: Sequence[int],
    outputs: int,
    output_activation: str = "identity",
    *,
    units: int = 64,
) -> Network:
    """Return an LSTM layer and a dense one on its last state.

    Source: Hochreiter and Schmidhuber, "Long short-term memory" (1997).
    """
    return _recurrent(LSTM(units), input_shape, outputs, output_activation)


def gru(
    input_shape: Sequence[int],
    outputs: int,
    output_activation: str = "identity",
    *,
    units: int = 64,
) -> Network:
    """Return a GRU layer and a dense one on its last state.

    Source: Cho et al., "Learning phrase representations using RNN encoder-decoder"
    (2014).
    """
    return _recurrent(GRU(units), input_shape, outputs, output_activation)


def transformer(
    input_shape: Sequence[int],
    outputs: int,
    output_activation: str = "identity",
    *,
    width: int = 64,
    heads: int = 4,
    n_blocks: int = 2,
) -> Network:
    """Return a transformer encoder, whose steps are averaged for one answer.

    Source: Vaswani et al., "Attention is all you need" (2017).

    Args:
        input_shape: (time, features).
        outputs: Units of the output layer.
        output_activation: Of the output layer.
        width: Length of each step's vector.
        heads: Heads of each attention; must divide the width.
        n_blocks: How many blocks.

    Raises:
        InputError: If the inputs are no sequences, or a setting is not one of these.
    """
    _require_sequence(input_shape, "transformer")
    layers: list[Layer] = [
        Dense(width, name="embedding"),
        LearnedPositions(input_shape[0]),
        Repeat(tuple(transformer_block(width, heads)), n_blocks),
        LayerNorm(),
        GlobalAveragePool(),
        Dense(outputs, output_activation, name="output"),
    ]
    return Network(layers, input_shape)


def transformer_classifier(
    n_tokens: int,
    length: int,
    n_classes: int,
    *,
    width: int = 64,
    heads: int = 4,
    n_blocks: int = 2,
    padding: int | None = 0,
) -> Network:
    """Return a transformer encoder of tokens that gives a class.

    Args:
        n_tokens: How many different tokens there are.
        length: Steps of one sequence.
        n_classes: Classes to tell apart.
        width: Length of each token's vector.
        heads: Heads of each attention; must divide the width.
        n_blocks: How many blocks.
        padding: Token that fills up short sequences and is left out.

    Example:
        >>> transformer_classifier(128, 16, 3, width=8).output_shape
        (3,)
    """
    layers: list[Layer] = [
        embedding(n_tokens, width, padding),
        placed(length),
        Repeat(tuple(transformer_block(width, heads)), n_blocks),
        LayerNorm(),
        GlobalAveragePool(),
        Dense(n_classes, "softmax", name="output"),
    ]
    return Network(layers, (length,))


def _recurrent(
    layer: Layer, shape: Sequence[int], outputs: int, activation: str
) -> Network:
    _require_sequence(shape, layer.kind)
    return Network([layer, Dense(outputs, activation, name="output")], shape)


def _require_sequence(shape: Sequence[int], name: str) -> None:
    if len(shape) != 2:
        raise InputError(
            f"{name} takes sequences of shape (time, features). Got inputs of shape "
            f"{tuple(shape)}."
        )
