"""One neuron: the weighted sum of its inputs, plus a bias, through a function.

    z = w_1 x_1 + ... + w_n x_n + b,  a = f(z)

Shapes: x (n,) -> a (), or x (batch, n) -> a (batch,). With f = identity this is linear
regression, with f = sigmoid logistic regression, with f = step the perceptron.
Source: McCulloch and Pitts, "A logical calculus of the ideas immanent in nervous
activity" (1943); Rosenblatt, "The perceptron" (1958).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fathom import activations
from fathom.activations import Activation
from fathom.errors import InputError, require
from fathom.layers import Dense
from fathom.models.boundary import DecisionBoundary, as_numbers, input_rows, short
from fathom.network import Network
from fathom.variables import Variables

NAME = "neuron"


@dataclass(frozen=True)
class Neuron:
    """A neuron with known weights; a readable door to a network of `Dense(1)`.

    Attributes:
        weights: One number for each input.
        bias: Added to the weighted sum.
        activation: Name of an activation, or a function.

    Example:
        >>> neuron = Neuron([0, 1], bias=4, activation="sigmoid")
        >>> neuron.weighted_sum([2, 3])
        7.0
        >>> round(neuron([2, 3]), 7)
        0.9990889
    """

    weights: tuple[float, ...]
    bias: float
    activation: str | Activation

    def __init__(
        self, weights: Any, bias: float = 0.0, activation: str | Activation = "identity"
    ) -> None:
        """Check the numbers.

        Raises:
            InputError: If weights or bias are not finite numbers, or the activation
                is unknown or needs several units.
        """
        numbers = _finite_list(weights)
        expected = "a list of finite numbers, one for each input, such as [0.5, -1]"
        require(numbers is not None, "Neuron", "weights", expected, weights)
        offset = _finite_list([bias])
        require(offset is not None, "Neuron", "bias", "one finite number", bias)
        fits = activation != "softmax"
        expected = "one of a single unit, such as 'sigmoid': softmax compares units"
        require(fits, "Neuron", "activation", expected, activation)
        activations.get(activation)
        assert numbers is not None
        assert offset is not None
        object.__setattr__(self, "weights", tuple(numbers))
        object.__setattr__(self, "bias", offset[0])
        object.__setattr__(self, "activation", activation)

    def _variables(self, dtype: Any = jnp.float64) -> Variables:
        weight = jnp.asarray(self.weights, dtype)[:, None]  # (inputs, 1)
        return {NAME: {"weight": weight, "bias": jnp.full(1, self.bias, dtype)}}

    @staticmethod
    def from_model(model: Any, address: str | None = None) -> Neuron:
        """Return a neuron of a trained `fathom.Model`; see `from_variables`.

        It takes what the model's network takes: rows after preprocessing.
        """
        return Neuron.from_variables(model.network, model.variables, address)

    @staticmethod
    def from_variables(
        network: Network, variables: Variables, address: str | None = None
    ) -> Neuron:
        """Return a neuron of a network.

        Args:
            network: With a Dense layer at the address.
            variables: As `network.init` gives them, or training leaves them.
            address: Which neuron, as `layer:index` ("hidden_1:17"); None for the only
                neuron of a network that is one `Dense(1)`.

        Raises:
            InputError: If there is no such neuron.
        """
        path, index = _place(network, address)
        layer = network[path]
        if not isinstance(layer, Dense):
            raise InputError(
                f"Layer {layer.label} is not Dense: it has no such neuron."
            )
        if not 0 <= index < layer.units:
            raise InputError(
                f"Layer {layer.label} has neurons {path}:0 to {path}:{layer.units - 1}."
                f" Got '{path}:{index}' instead."
            )
        own: Any = variables
        for name in path.split("/"):
            own = own[name]
        weight = np.asarray(own["weight"])  # (inputs, units)
        if weight.ndim != 2:
            raise InputError(
                f"The weights at '{path}' have shape {weight.shape}, where one neuron "
                f"needs (inputs, units): inside a Repeat, no neuron can be taken out."
            )
        bias = np.asarray(own["bias"])[index] if "bias" in own else 0.0
        return Neuron(weight[:, index], bias, layer.activation)

    @property
    def network(self) -> Network:
        """The network of this one neuron."""
        return Network(
            [Dense(1, self.activation, name=NAME)], input_shape=(len(self.weights),)
        )

    @property
    def variables(self) -> Variables:
        """Weights (inputs, 1) and bias (1,), as the network takes them."""
        return self._variables(jnp.float32)

    def __call__(self, x: Any) -> Any:
        """Return the activation: a number for x (n,), an array (batch,) for (batch, n).

        Raises:
            InputError: If x does not have one number for each weight.
        """
        return self._tapped(x, "activation")

    def weighted_sum(self, x: Any) -> Any:
        """Return z: a number for x (n,), an array (batch,) for x (batch, n).

        Raises:
            InputError: If x does not have one number for each weight.
        """
        return self._tapped(x, "weighted_sum")

    def explain(self, x: Any) -> Explanation:
        """Return how the activation of one input comes about, term by term.

        Raises:
            InputError: If x is not one input (n,).
        """
        rows, is_one = input_rows(x, len(self.weights), "neuron")
        if not is_one:
            raise InputError(
                f"explain takes one input of shape ({len(self.weights)},). Got "
                f"{rows.shape} instead: ask for one row at a time."
            )
        function = self.activation
        if not isinstance(function, str):
            function = getattr(function, "__name__", "f")
        inputs = tuple(rows[0].tolist())
        return Explanation(
            inputs,
            self.weights,
            tuple(w * x for w, x in zip(self.weights, inputs, strict=True)),
            self.bias,
            self.weighted_sum(inputs),
            function,
            self(inputs),
        )

    def decision_boundary(self) -> DecisionBoundary:
        """Return where the weighted sum is 0.

        Raises:
            InputError: If all weights are 0.
        """
        return DecisionBoundary(self.weights, self.bias)

    def _tapped(self, x: Any, name: str) -> Any:
        rows, is_one = input_rows(x, len(self.weights), "neuron")
        # In float64, so that the numbers are those of a calculation by hand.
        with jax.enable_x64(True):
            forward = self.network.forward(self._variables(), rows, listen=True)
        values = np.asarray(forward.taps[NAME][name])[:, 0]
        return values[0].item() if is_one else values


@dataclass(frozen=True)
class Explanation:
    """How one activation comes about; `str` lays it out as a table.

    Attributes:
        inputs: The input x.
        weights: One for each input.
        products: weights[i] * inputs[i]; with the bias they add up to `weighted_sum`.
        bias: The bias.
        weighted_sum: z.
        function: Name of the activation function.
        activation: a = function(z).

    Example:
        >>> print(Neuron([0, 1], 4, "sigmoid").explain([2, 3]))
                 input  weight    product
        x1           2       0          0
        x2           3       1          3
        bias                            4
        sum                             7
        sigmoid                 0.9990889
    """

    inputs: tuple[float, ...]
    weights: tuple[float, ...]
    products: tuple[float, ...]
    bias: float
    weighted_sum: float
    function: str
    activation: float

    def __str__(self) -> str:
        triples = zip(self.inputs, self.weights, self.products, strict=True)
        rows = [("", "input", "weight", "product")]
        rows += [
            (f"x{i}", *(short(number, 7) for number in triple))
            for i, triple in enumerate(triples, start=1)
        ]
        rows += [
            ("bias", "", "", short(self.bias, 7)),
            ("sum", "", "", short(self.weighted_sum, 7)),
            (self.function, "", "", short(self.activation, 7)),
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(
                [row[0].ljust(widths[0])]
                + [cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True)]
            )
            for row in rows
        )


def _finite_list(values: Any) -> list[float] | None:
    """Return values as floats, or None if they are not a list of finite numbers."""
    array = as_numbers(values)
    if array is None or array.ndim != 1 or not array.size:
        return None
    return array.tolist() if np.isfinite(array).all() else None


def _place(network: Network, address: str | None) -> tuple[str, int]:
    """Return the layer's path and the neuron's index that an address means."""
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    if address is None:
        if len(network.layers) != 1 or not dense or dense[0].units != 1:
            known = ", ".join(f"{layer.name} ({layer.units})" for layer in dense)
            raise InputError(
                "This network has more than one neuron: say which, as layer:index, "
                f"such as '{dense[0].name if dense else 'dense_1'}:0'. Dense layers "
                f"(neurons): {known or 'none'}."
            )
        return str(dense[0].name), 0
    path, colon, index = address.rpartition(":")
    if not colon or not index.isdecimal():
        raise InputError(
            "A neuron's address is written layer:index, such as 'hidden_1:17'. Got "
            f"{address!r} instead."
        )
    return path, int(index)
