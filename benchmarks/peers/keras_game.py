"""The generator and the discriminator in Keras, as one model with one loss.

The sum of both losses, in which each player sees the other's weights as constants, has
the gradients of both. So `fit` trains the game with its own compiled step.
"""

from __future__ import annotations

import jax
import keras
import numpy as np
from keras import layers, ops

from benchmarks.workloads import GAN_ADAM, GAN_NOISE, GAN_UNITS, Workload


def _player(n_inputs: int, n_outputs: int, activation: str) -> keras.Model:
    hidden = [layers.Dense(GAN_UNITS, "relu") for _ in range(2)]
    last = layers.Dense(n_outputs, activation)
    return keras.Sequential([keras.Input((n_inputs,)), *hidden, last])


class Game(keras.Model):
    """Both players; calling it on real examples gives (batch, 2) losses."""

    def __init__(self, n_features: int):
        super().__init__()
        self.generator = _player(GAN_NOISE, n_features, "sigmoid")
        self.discriminator = _player(n_features, 1, "linear")
        self.seeds = keras.random.SeedGenerator(0)

    def call(self, x: object) -> object:
        """Return the discriminator's and the generator's loss of each example."""
        noise = keras.random.normal((ops.shape(x)[0], GAN_NOISE), seed=self.seeds)
        fake = self.generator(noise)
        lower = ops.softplus(-self.discriminator(x))
        lower += ops.softplus(self.discriminator(ops.stop_gradient(fake)))
        judge = self.discriminator
        constants = [jax.lax.stop_gradient(v.value) for v in judge.trainable_variables]
        fooled, _ = judge.stateless_call(constants, [], fake)
        return ops.concatenate([lower, ops.softplus(-fooled)], axis=1)


def game(workload: Workload, **how: object) -> Game:
    """Return the game, compiled."""
    model = Game(workload.n_features)
    first, second = GAN_ADAM
    rate = workload.learning_rate
    model.compile(
        optimizer=keras.optimizers.Adam(rate, beta_1=first, beta_2=second),
        loss=lambda _y, losses: ops.sum(losses, axis=1),
        **how,
    )
    return model


def cost(model: Game, X: np.ndarray) -> float:
    """Return the discriminator's loss."""
    return float(model.predict(X, verbose=0)[:, 0].mean())
