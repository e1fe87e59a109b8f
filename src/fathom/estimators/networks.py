"""The network of an estimator: hidden layers by their sizes, or one brought along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fathom.agreement import usual_loss
from fathom.construction import build_network
from fathom.errors import InputError, is_whole, require
from fathom.estimators.answers import Answers
from fathom.examples import Examples
from fathom.layers import Dense, Dropout, Layer
from fathom.models.mlp import mlp
from fathom.models.recipes import Recipe, recipe_of
from fathom.network import Network


@dataclass(frozen=True)
class Architecture:
    """What an estimator's settings say of its network.

    Attributes:
        owner: The estimator's name, for messages.
        hidden_units: Units of each hidden layer.
        activation: Of all hidden layers, or one for each.
        dropout: Probability of dropping a hidden unit in training.
        network: A network, the name of a recipe or a function that makes a network;
            takes the place of all others.
    """

    owner: str
    hidden_units: Any = (64, 64)
    activation: Any = "relu"
    dropout: float = 0.0
    network: Any = None

    def build(self, x: np.ndarray, answers: Answers) -> Network:
        """Return the network for inputs and answers.

        Args:
            x: (rows, ...) inputs.
            answers: Say how many outputs there are, and their activation.

        Raises:
            InputError: If a setting cannot be used, or the network does not fit.
        """
        outputs, last = answers.n_outputs, answers.last_activation
        if self.network is None:
            return self._mlp(x.shape[1:], outputs, last)
        examples = Examples(x, None, None)
        if isinstance(self.network, Network):
            network = build_network(self.network, examples)
        else:
            recipe = recipe_of(self.network)

            def make(shape: Sequence[int], _outputs: int, _last: str) -> Network:
                return recipe(shape, outputs, last)

            network = build_network(Recipe(make, recipe.takes), examples)
        if usual_loss(network) not in answers.losses:
            ending = network.without_output_activation()[1]
            raise InputError(
                f"The network of this {self.owner} must end in {last!r}, such as "
                f"fathom.Dense({outputs}, {last!r}). Got {ending!r}."
            )
        return network

    def _mlp(self, shape: Sequence[int], outputs: int, last: str) -> Network:
        units = self._units()
        names = self._activations(len(units))
        network = mlp(shape, outputs, last, hidden=units, dropout=self.dropout)
        for number, name in enumerate(names, start=1):
            address = f"hidden_{number}"
            layer: Any = network[address]
            network = network.replace(address, replace(layer, activation=name))
        return network

    def _activations(self, n: int) -> list[Any]:
        """Return the activation of each of n hidden layers."""
        names = self.activation
        if isinstance(names, str) or callable(names):
            names = [names] * n
        names = list(names)
        if len(names) != n:
            raise InputError(
                f"The 'activation' parameter of {self.owner} must be one name, or one "
                f"for each of the {n} hidden layers. Got {len(names)} names."
            )
        return names

    def hourglass(self, x: np.ndarray, n_components: Any) -> Network:
        """Return the network of an autoencoder: inwards, `code`, and back outwards.

        Args:
            x: (rows, columns) inputs.
            n_components: Units of the layer `code`.

        Raises:
            InputError: If a setting cannot be used, or the network has no `code`.
        """
        if self.network is not None:
            expected = "a fathom.Network with a layer named 'code', or None"
            fits = isinstance(self.network, Network)
            fits = fits and "code" in [layer.name for layer in self.network.layers]
            require(fits, self.owner, "network", expected, self.network)
            return build_network(self.network, Examples(x, None, None))
        if isinstance(n_components, np.generic):
            n_components = n_components.item()
        expected = "a whole number of at least 1"
        require(is_whole(n_components), self.owner, "n_components", expected,
                n_components)  # fmt: skip
        units = self._units()
        names = self._activations(len(units))
        pairs = list(zip(units, names, strict=True))
        layers: list[Layer] = []
        for number, (n, name) in enumerate(pairs, start=1):
            layers += self._hidden(n, name, f"encode_{number}")
        layers.append(Dense(n_components, "identity", name="code"))
        for number, (n, name) in enumerate(reversed(pairs), start=1):
            layers += self._hidden(n, name, f"decode_{number}")
        layers.append(Dense(x.shape[1], "identity", name="output"))
        return Network(layers, x.shape[1:])

    def _hidden(self, units: int, activation: Any, name: str) -> list[Layer]:
        dense = Dense(units, activation, name=name)
        if not self.dropout:
            return [dense]
        return [dense, Dropout(self.dropout, name=f"{name}_dropout")]

    def _units(self) -> tuple[int, ...]:
        given = self.hidden_units
        units = (given,) if isinstance(given, (int, np.integer)) else given
        fits = isinstance(units, (tuple, list, np.ndarray))
        units = units if fits else ()
        units = tuple(n.item() if isinstance(n, np.generic) else n for n in units)
        expected = "whole numbers of at least 1, such as (64, 64)"
        fits = fits and all(is_whole(n) for n in units)
        require(fits, self.owner, "hidden_units", expected, given)
        return units
