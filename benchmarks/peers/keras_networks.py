"""The workloads' networks in Keras."""

from __future__ import annotations

import keras
from keras import layers, ops

from benchmarks.workloads import (
    CNN_32_BLOCKS,
    CNN_32_FILTERS,
    CNN_FILTERS,
    CNN_UNITS,
    DEPTH,
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


class Positions(layers.Layer):
    """A learned vector for each position, added."""

    def build(self, shape: tuple[int, ...]) -> None:
        """Make the vectors."""
        start = keras.initializers.RandomNormal(stddev=0.02, seed=0)
        self.codes = self.add_weight(shape=shape[1:], initializer=start)

    def call(self, x: object) -> object:
        """Return x plus the vectors."""
        return x + self.codes


class Sample(layers.Layer):
    """A drawn code, and its divergence in units of one pixel."""

    def __init__(self, n_pixels: int):
        super().__init__()
        self.n_pixels = n_pixels
        self.seeds = keras.random.SeedGenerator(0)

    def call(self, x: object, training: bool = False) -> object:
        """Return the code (batch, k) of (batch, 2k), the mean in prediction."""
        mean, log_variance = ops.split(x, 2, axis=1)
        terms = ops.square(mean) + ops.exp(log_variance) - 1 - log_variance
        self.add_loss(ops.mean(ops.sum(terms, axis=1)) / 2 / self.n_pixels)
        if not training:
            return mean
        noise = keras.random.normal(ops.shape(mean), seed=self.seeds)
        return mean + ops.exp(log_variance / 2) * noise


def _dense(x: object, workload: Workload) -> object:
    for units in workload.hidden_units:
        x = layers.Dense(units, "relu")(x)
    return layers.Dense(workload.n_classes, "softmax")(x)


def _residual(x: object, workload: Workload) -> object:
    small = keras.initializers.RandomNormal(stddev=RESIDUAL_STD, seed=0)
    x = layers.Dense(WIDTH, "relu")(x)
    for _ in range(DEPTH):
        x = layers.add([x, layers.Dense(WIDTH, "relu", kernel_initializer=small)(x)])
    return layers.Dense(workload.n_classes, "softmax")(x)


def _cnn(x: object, workload: Workload) -> object:
    if workload.name == "cnn":
        blocks = [(n,) for n in CNN_FILTERS]
        hidden = [layers.Dense(CNN_UNITS, "relu")]
    else:
        blocks, hidden = [(CNN_32_FILTERS,) * 2] * CNN_32_BLOCKS, []
    for block in blocks:
        for n in block:
            x = layers.Conv2D(n, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    for layer in hidden:
        x = layer(x)
    return layers.Dense(workload.n_classes, "softmax")(x)


def _lstm(x: object, workload: Workload) -> object:
    x = layers.LSTM(LSTM_UNITS)(x)
    return layers.Dense(workload.n_classes, "softmax")(x)


def _transformer(x: object, workload: Workload) -> object:
    width, heads = TRANSFORMER_WIDTH, TRANSFORMER_HEADS
    x = Positions()(layers.Embedding(TOKENS, width)(x))
    for _ in range(TRANSFORMER_BLOCKS):
        inner = layers.LayerNormalization(epsilon=1e-5)(x)
        mixed = layers.MultiHeadAttention(heads, width // heads)
        x = x + mixed(inner, inner, use_causal_mask=True)
        inner = layers.LayerNormalization(epsilon=1e-5)(x)
        inner = layers.Dense(TRANSFORMER_HIDDEN, "gelu")(inner)
        x = x + layers.Dense(width)(inner)
    x = layers.LayerNormalization(epsilon=1e-5)(x)
    return layers.Dense(TOKENS, "softmax")(x)


def _vae(x: object, workload: Workload) -> object:
    x = layers.Dense(VAE_UNITS, "relu")(x)
    x = Sample(workload.n_features)(layers.Dense(2 * VAE_CODE)(x))
    x = layers.Dense(VAE_UNITS, "relu")(x)
    return layers.Dense(workload.n_features, "sigmoid")(x)


OUTPUTS = {
    "residual": _residual,
    "cnn": _cnn,
    "cnn_32": _cnn,
    "lstm": _lstm,
    "transformer": _transformer,
    "vae": _vae,
}


def network(workload: Workload) -> keras.Model:
    """Return the network of a workload with one network."""
    dtype = "int32" if workload.kind == "tokens" else "float32"
    inputs = keras.Input(workload.shape or (workload.n_features,), dtype=dtype)
    return keras.Model(inputs, OUTPUTS.get(workload.name, _dense)(inputs, workload))
