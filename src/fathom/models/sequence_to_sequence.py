"""An encoder that reads one sequence, and a decoder that writes another.

    memory = encoder(source),  p(t_i | t_<i, source) = softmax(decoder(t_<i, memory))

Source: Sutskever, Vinyals and Le, "Sequence to sequence learning with neural networks"
(2014); with attention instead of recurrence: Vaswani et al. (2017).
"""

from __future__ import annotations

from fathom.layers import (
    Dense,
    Join,
    Layer,
    LayerNorm,
    On,
    Repeat,
)
from fathom.models.transformer import embedding, placed, transformer_block
from fathom.network import Network


def sequence_to_sequence(
    source: tuple[int, int],
    target: tuple[int, int],
    *,
    width: int = 64,
    heads: int = 4,
    n_blocks: int = 2,
    padding: int | None = 0,
) -> Network:
    """Return a transformer with the named inputs "source" and "target".

    The target goes in shifted by one: step i gives the chances of token i from the
    tokens before it. Steps to be left out of the loss have the target -1.

    Args:
        source: (different tokens, steps) of what is read.
        target: (different tokens, steps) of what is written.
        width: Length of each token's vector.
        heads: Heads of each attention; must divide the width.
        n_blocks: Blocks of the encoder, and of the decoder.
        padding: Token of the source that fills up short sequences and is not looked
            at; None if there is none.

    Example:
        >>> sequence_to_sequence((30, 20), (12, 5), width=8).output_shape
        (5, 12)
    """

    def part(
        tokens: tuple[int, int], block: list[Layer], pad: int | None
    ) -> tuple[Layer, ...]:
        n_tokens, length = tokens
        return (
            embedding(n_tokens, width, pad),
            placed(length),
            Repeat(tuple(block), n_blocks),
            LayerNorm(),
        )

    encoder = transformer_block(width, heads)
    decoder = transformer_block(width, heads, causal=True, memory="source")
    layers = [
        On("source", part(source, encoder, padding), name="encoder"),
        On("target", part(target, decoder, None), name="decoder"),
        Join("target"),
        Dense(target[0], "softmax", name="output"),
    ]
    return Network(layers, {"source": (source[1],), "target": (target[1],)})
