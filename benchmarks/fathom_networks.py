"""The workloads' networks in Fathom."""

from __future__ import annotations

import fathom as fm
from benchmarks.workloads import (
    CNN_32_BLOCKS,
    CNN_32_FILTERS,
    CNN_FILTERS,
    CNN_UNITS,
    DEPTH,
    GAN_NOISE,
    GAN_UNITS,
    LSTM_UNITS,
    RESIDUAL_STD,
    TOKENS,
    TRANSFORMER_BLOCKS,
    TRANSFORMER_HEADS,
    TRANSFORMER_HIDDEN,
    TRANSFORMER_WIDTH,
    VAE_CODE,
    VAE_UNITS,
    WIDTH,
    Workload,
)
from fathom.models.transformer import transformer_language_model


def network(workload: Workload) -> fm.Network:
    """Return the network of a workload with one network."""
    if workload.name == "transformer":
        return transformer_language_model(
            TOKENS,
            workload.shape[0],
            width=TRANSFORMER_WIDTH,
            heads=TRANSFORMER_HEADS,
            n_blocks=TRANSFORMER_BLOCKS,
            hidden=TRANSFORMER_HIDDEN,
        )
    inputs = workload.shape or (workload.n_features,)
    if workload.name == "vae":
        return fm.Network(_vae(workload.n_features), inputs)
    last = fm.Dense(workload.n_classes, "softmax")
    return fm.Network([*_before_classes(workload), last], inputs)


def _before_classes(workload: Workload) -> list[fm.Layer]:
    if workload.name == "residual":
        branch = fm.Dense(WIDTH, "relu", weight_init=f"normal({RESIDUAL_STD})")
        blocks = fm.Repeat(fm.Residual([branch]), DEPTH)
        return [fm.Dense(WIDTH, "relu"), blocks]
    if workload.name == "cnn":
        blocks = [part for n in CNN_FILTERS for part in _convolutions(n)]
        return [*blocks, fm.Flatten(), fm.Dense(CNN_UNITS, "relu")]
    if workload.name == "cnn_32":
        filters = (CNN_32_FILTERS,) * 2
        blocks = [p for _ in range(CNN_32_BLOCKS) for p in _convolutions(*filters)]
        return [*blocks, fm.Flatten()]
    if workload.name == "lstm":
        return [fm.LSTM(LSTM_UNITS)]
    return [fm.Dense(units, "relu") for units in workload.hidden_units]


def _convolutions(*filters: int) -> list[fm.Layer]:
    return [*(fm.Conv(n, 3, "relu") for n in filters), fm.MaxPool(2)]


def _vae(n_features: int) -> list[fm.Layer]:
    return [
        fm.Dense(VAE_UNITS, "relu"),
        fm.Dense(2 * VAE_CODE),
        fm.Sample(1 / n_features),  # the other part of the loss is a mean over pixels
        fm.Dense(VAE_UNITS, "relu"),
        fm.Dense(n_features, "sigmoid"),
    ]


def players(n_features: int) -> tuple[fm.Network, fm.Network]:
    """Return generator and discriminator."""

    def hidden() -> list[fm.Layer]:
        return [fm.Dense(GAN_UNITS, "relu") for _ in range(2)]

    made = fm.Dense(n_features, "sigmoid")
    judged = fm.Dense(1, "sigmoid")
    generator = fm.Network([*hidden(), made], (GAN_NOISE,))
    return generator, fm.Network([*hidden(), judged], (n_features,))
