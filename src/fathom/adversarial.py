"""Two networks that play against each other: `fathom.train_gan`.

    discriminator lowers  -log D(x) - log(1 - D(G(z)))
    generator lowers      -log D(G(z))          ("non_saturating"), or
                          log(1 - D(G(z)))      ("minimax")

Both move at once, each along the gradient of its own loss. One compiled program does
it: the sum of the two losses, in which each player sees the other's parameters as
constants, has exactly these gradients. So a game is an objective like any other, and
has the same checkpoints, resume, averaging and record.

Source: Goodfellow et al., "Generative adversarial nets" (2014); simultaneous steps:
Mescheder, Nowozin and Geiger, "The numerics of GANs" (2017).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import numpy as np
from jax import lax

from fathom.arrays import array_inputs
from fathom.contrast_losses import discriminator as discriminator_loss
from fathom.contrast_losses import generator as generator_loss
from fathom.errors import InputError, choose, is_whole, require
from fathom.layers import Chain
from fathom.model import Model
from fathom.network import Network
from fathom.record.history import History
from fathom.trained import TrainingResult, train
from fathom.training.objective import Batch
from fathom.training.own_objective import Terms
from fathom.variables import join_state, split_state

KINDS = {"non_saturating": None, "minimax": None}


@dataclass(frozen=True)
class GAN:
    """A trained pair of players.

    Attributes:
        generator: From noise (n, *latent shape) to examples.
        discriminator: From examples to the probability that they are real.
        result: The training's result: history with "generator_loss" and
            "discriminator_loss" (log 4 = 1.386 when it cannot tell), why it stopped.
    """

    generator: Model
    discriminator: Model
    result: TrainingResult

    @property
    def history(self) -> History:
        """Per-epoch arrays by name."""
        return self.result.history

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """Return n new examples, (n, *shape of one), from standard normal noise."""
        require(is_whole(n), "GAN.sample", "n", "a whole number of at least 1", n)
        require(is_whole(seed, 0), "GAN.sample", "seed", "a whole number", seed)
        shape = self.generator.network.known_input_shape
        noise = np.random.default_rng(seed).standard_normal((n, *shape))
        return self.generator.outputs(noise.astype(np.float32))


def train_gan(
    generator: Network,
    discriminator: Network,
    X: Any,
    *,
    loss: str = "non_saturating",
    **settings: Any,
) -> GAN:
    """Train a generator against a discriminator on examples without targets.

    Args:
        generator: From noise to examples; its input shape is the noise's.
        discriminator: From examples to one number; ends in one unit, with "sigmoid" or
            "identity" (the loss is taken on the logit either way).
        X: (rows, *shape of one example) real examples.
        loss: The generator's: "non_saturating", whose gradient stays large while the
            discriminator wins, or "minimax".
        settings: As `fathom.train` takes them. The optimizer is Adam with b1 = 0.5
            and learning rate 2e-4 unless one is given (Radford, Metz and Chintala,
            "Unsupervised representation learning with DCGANs", 2016).

    Raises:
        InputError: If the players do not fit each other or the examples.

    Example:
        >>> import fathom as fm
        >>> X = np.random.default_rng(0).normal(3.0, 0.5, (256, 1))
        >>> maker = fm.Network([fm.Dense(16, "relu"), fm.Dense(1)], (2,))
        >>> judge = fm.Network([fm.Dense(16, "relu"), fm.Dense(1, "sigmoid")], (1,))
        >>> gan = fm.train_gan(maker, judge, X, epochs=3)
        >>> gan.sample(5).shape
        (5, 1)
    """
    choose(KINDS, loss, "generator loss")
    if "objective" in settings:
        raise InputError(
            f"A game has its own objective. Got objective={settings['objective']!r}: "
            f"say which with loss=..., one of {', '.join(KINDS)}."
        )
    for player in (generator, discriminator):
        if isinstance(player.input_shape, Mapping):
            raise InputError(
                f"The players take one array each, and one takes several by name: "
                f"{', '.join(player.input_shape)}. Write such a game as an objective "
                f"of your own, fathom.train(network, data, objective=...)."
            )
    _ = generator.known_input_shape
    x = array_inputs(X, discriminator)
    players = _players(generator, discriminator, x.shape[1:])
    if "optimizer" not in settings:
        from fathom.optimizers import adam

        settings["optimizer"] = adam(b1=0.5)
        settings.setdefault("learning_rate", 2e-4)
    result = train(players, x, objective=_game(loss), **settings)
    makes, judges = _both(players)
    variables, about = result.model.variables, result.model.about
    return GAN(
        Model(makes, _part(variables, "generator"), loss, about=about),
        Model(judges, _part(variables, "discriminator"), loss, about=about),
        result,
    )


def _players(
    generator: Network, discriminator: Network, shape: tuple[int, ...]
) -> Network:
    """Return both as one network, noise -> example -> judgment, which is checked."""
    if generator.output_shape != shape:
        raise InputError(
            f"The generator makes examples of shape {generator.output_shape}, and the "
            f"real ones have shape {shape}: both must be the same."
        )
    judge = discriminator.with_input_shape(shape)
    if int(np.prod(judge.output_shape)) != 1:
        raise InputError(
            f"The discriminator must end in one unit, Dense(1, 'sigmoid'). Got outputs "
            f"of shape {judge.output_shape}."
        )
    activation = judge.without_output_activation()[1]
    if activation not in (None, "sigmoid", "identity"):
        raise InputError(
            f"The discriminator must end in 'sigmoid', a probability, or in "
            f"'identity', its logit. Got {activation!r}."
        )
    layers = [
        Chain(generator.layers, name="generator"),
        Chain(judge.layers, name="discriminator"),
    ]
    return Network(layers, generator.input_shape)


def _both(players: Network) -> tuple[Network, Network]:
    """Return generator and discriminator of the joined network."""
    first, second = (layer for layer in players.layers if isinstance(layer, Chain))
    generator = Network(first.layers, players.input_shape)
    return generator, Network(second.layers, generator.output_shape)


def _part(variables: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the variables of one player."""
    parameters, state = split_state(variables)
    return join_state(parameters.get(name, {}), state.get(name, {}))


@lru_cache(maxsize=8)
def _game(kind: Any) -> Any:
    """Return the objective of the game; the same one each time, compiled once."""

    def gan(
        players: Network, variables: Mapping[str, Any], batch: Batch, key: Any
    ) -> Terms:
        generator, discriminator = _both(players)
        judge, activation = discriminator.without_output_activation()
        judge = judge if activation == "sigmoid" else discriminator
        makes, judges = _part(variables, "generator"), _part(variables, "discriminator")
        training, n = key is not None, len(batch.weight)
        noise_key, *keys = jax.random.split(
            jax.random.key(0) if key is None else key, 4
        )
        noise = jax.random.normal(noise_key, (n, *generator.known_input_shape))

        real_rows = (batch.weight > 0).astype(batch.weight.dtype)

        def judged(own: Any, x: jax.Array, i: int) -> Any:
            return judge.forward(own, x, training=training, key=keys[i], mask=real_rows)

        made = generator.forward(
            makes, noise, training=training, key=keys[0], mask=real_rows
        )
        real = judged(judges, batch.x, 1)
        seen = {**judges, **({"state": real.state} if real.state else {})}
        fake = judged(seen, lax.stop_gradient(made.outputs), 2)
        fooled = judged(jax.tree.map(lax.stop_gradient, seen), made.outputs, 2)
        lower = discriminator_loss(real.outputs, fake.outputs)
        raised = generator_loss(fooled.outputs, kind)
        state = {"generator": made.state, "discriminator": fake.state}
        return Terms(
            lower + raised,
            {"generator_loss": raised, "discriminator_loss": lower},
            {name: own for name, own in state.items() if own},
        )

    return gan
