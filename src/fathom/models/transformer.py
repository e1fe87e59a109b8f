"""Transformers: attention and small networks by turns, each added to what came.

    x = x + Attention(LayerNorm(x)),  x = x + W_2 f(W_1 LayerNorm(x) + b_1) + b_2

Normalizing before and not after each part (Xiong et al., "On layer normalization in the
transformer architecture", 2020) trains without a warm-up of the learning rate. Source:
Vaswani et al., "Attention is all you need" (2017); Radford et al. (2018), GPT.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict, Unpack

from fathom.errors import choose
from fathom.layers import (
    Attention,
    Dense,
    Dropout,
    Embedding,
    Layer,
    LayerNorm,
    LearnedPositions,
    Repeat,
    Residual,
    SinusoidalPositions,
)
from fathom.network import Network


class Inner(TypedDict, total=False):
    """What is inside the blocks of a transformer.

    Attributes:
        hidden: Units of the small network's hidden layer; 4 times the width if None.
        dropout: Probability of dropping a number of what a part adds.
        activation: Of the small network's hidden layer; "gelu" if not given.
    """

    hidden: int | None
    dropout: float
    activation: str


@dataclass(frozen=True)
class _Inner:
    """`Inner` with everything given."""

    hidden: int | None = None
    dropout: float = 0.0
    activation: str = "gelu"


def transformer_block(
    width: int,
    heads: int,
    *,
    causal: bool = False,
    rotary: bool = False,
    memory: str | None = None,
    **inner: Unpack[Inner],
) -> list[Layer]:
    """Return the layers of one block: self-attention, cross-attention, small network.

    Args:
        width: Last axis of the input and the output.
        heads: Heads of each attention; must divide the width.
        causal: Whether step i looks at the steps 0 to i only, as a decoder must.
        rotary: Whether self-attention knows positions by turning (`Attention`).
        memory: Name of the array that a cross-attention looks at; None leaves it out.
        inner: See `Inner`: hidden, dropout, activation.

    Example:
        >>> [type(layer).__name__ for layer in transformer_block(8, heads=2)]
        ['Residual', 'Residual']
    """
    given = _Inner(**inner)
    dropped: list[Layer] = [Dropout(given.dropout)] if given.dropout else []
    attentions = [Attention(heads, causal=causal, rotary=rotary)]
    if memory is not None:
        attentions.append(Attention(heads, memory=memory))
    dense = Dense(given.hidden or 4 * width, given.activation)
    return [
        *(Residual((LayerNorm(), own, *dropped)) for own in attentions),
        Residual((LayerNorm(), dense, Dense(width), *dropped)),
    ]


def transformer_language_model(
    n_tokens: int,
    length: int,
    *,
    width: int = 128,
    heads: int = 4,
    n_blocks: int = 4,
    positions: str = "learned",
    **inner: Unpack[Inner],
) -> Network:
    """Return a decoder that gives, at every step, the chances of the next token.

    Args:
        n_tokens: How many different tokens there are.
        length: Steps of one sequence.
        width: Length of each token's vector.
        heads: Heads of each attention; must divide the width.
        n_blocks: How many blocks.
        positions: "learned", "sinusoidal" or "rotary".
        inner: See `Inner`: hidden, dropout, activation.

    Raises:
        InputError: If a setting is not one of these.

    Example:
        >>> transformer_language_model(96, 16, width=8, n_blocks=2).output_shape
        (16, 96)
    """
    is_rotary = positions == "rotary"
    block = transformer_block(width, heads, causal=True, rotary=is_rotary, **inner)
    return Network(
        [
            *_embedded(embedding(n_tokens, width), positions, length, inner),
            Repeat(tuple(block), n_blocks),
            LayerNorm(),
            Dense(n_tokens, "softmax", name="output"),
        ],
        input_shape=(length,),
    )


def embedding(n_tokens: int, width: int, padding: int | None = None) -> Embedding:
    """Return an embedding for the head of a transformer.

    Its values start with variance 1: the blocks add values of that size, and a smaller
    token would be lost among them (3.44 against 3.52 bits per character after 100
    steps).
    """
    return Embedding(n_tokens, width, weight_init="normal(1.0)", padding=padding)


def placed(length: int) -> LearnedPositions:
    """Return learned positions for the head of a transformer, beside `embedding`.

    Smaller ones are learned late (a copying task ends at 0.18 instead of 0.004), larger
    ones hide the tokens.
    """
    return LearnedPositions(length, weight_init="normal(0.2)")


def _embedded(
    tokens: Embedding, positions: str, length: int, inner: Inner
) -> list[Layer]:
    """Return the layers before the first block."""
    known: dict[str, list[Layer]] = {
        "learned": [placed(length)],
        "sinusoidal": [SinusoidalPositions()],
        "rotary": [],
    }
    dropout = inner.get("dropout", 0.0)
    dropped = [Dropout(dropout)] if dropout else []
    return [tokens, *choose(known, positions, "kind of positions"), *dropped]
