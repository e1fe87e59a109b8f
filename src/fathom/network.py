"""A network: an immutable list of layers and the shape of one input.

    a_0 = x,  a_k = layer_k(a_{k-1}),  output = a_last

The network holds settings only. Its parameters, a named tree of arrays, come from
`init` and are handed to `apply`. Running statistics (BatchNorm) are a collection of
their own beside the parameters, under the reserved name "state".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Unpack, cast

import jax
import numpy as np
from jax.core import Tracer

from fathom.compilation import compiler_options, quick_compilation
from fathom.errors import InputError, require
from fathom.layers.chain import (
    as_layers,
    chain_apply,
    chain_init,
    chain_multiply_adds,
    chain_shape,
    chain_state,
)
from fathom.layers.editing import Layers, edit, find
from fathom.layers.layer import (
    Layer,
    Shape,
    ShapeError,
    Shapes,
    name_layers,
    with_name,
)
from fathom.layers.scope import Scope
from fathom.layers.structure import Activation
from fathom.passes import Forward, Pass, checked_input, checked_shape
from fathom.variables import Variables, join_state, require_all, split_state

if TYPE_CHECKING:
    from fathom.summary import Summary


@dataclass(frozen=True)
class Network:
    """Layers, one after the other, and the shape of one input.

    Attributes:
        layers: The layers; unnamed ones are numbered by kind (`dense_1`).
        input_shape: Shape of one example without the batch axis, or a dict of shapes
            by name for several inputs. None leaves it open until `fathom.train` has
            seen the data.

    Example:
        >>> from fathom.layers import Dense
        >>> network = Network([Dense(8, "relu"), Dense(3, "softmax")], input_shape=(4,))
        >>> variables = network.init(0)
        >>> variables["dense_1"]["weight"].shape
        (4, 8)
        >>> network.apply(variables, np.ones((5, 4))).shape
        (5, 3)
    """

    layers: tuple[Layer, ...]
    input_shape: Any = None

    def __init__(
        self, layers: Layer | Sequence[Layer], input_shape: Any = None
    ) -> None:
        """Name the layers and check that every shape fits.

        Raises:
            InputError: If something is not a layer or a name is given twice.
            ShapeError: If a layer cannot take the shape that reaches it.
        """
        object.__setattr__(self, "layers", name_layers(as_layers(layers)))
        object.__setattr__(self, "input_shape", checked_shape(input_shape))
        shape: Any = None if self.input_shape is None else self.output_shape
        if isinstance(shape, Shapes):
            raise ShapeError(
                f"The network ends in several named arrays: {', '.join(shape)}. End it "
                f"in one, with Join(...)."
            )

    def with_input_shape(self, shape: Any) -> Network:
        """Return the same network for inputs of a given shape."""
        return Network(self.layers, shape)

    @property
    def known_input_shape(self) -> Shape:
        """The input shape; raises ShapeError if it is still open."""
        if self.input_shape is None:
            raise ShapeError(
                "This network has no input shape yet: write "
                "Network(layers, input_shape=(4,)) or network.with_input_shape((4,))."
            )
        return self.input_shape

    @property
    def output_shape(self) -> Shape:
        """Shape of one output, without the batch axis."""
        return chain_shape(self.layers, self.known_input_shape)

    @property
    def is_random(self) -> bool:
        """Whether training this network draws random numbers (dropout)."""
        return any(layer.is_random for layer in self.layers)

    @property
    def has_convolutions(self) -> bool:
        """Whether a layer convolves, which is compiled with options of its own."""
        return any(layer.has_convolutions for layer in self.layers)

    def init(self, seed_or_key: int | jax.Array = 0) -> Variables:
        """Return starting parameters: {"dense_1": {"weight": ..., "bias": ...}, ...}.

        Args:
            seed_or_key: A whole number, or a key of `jax.random.key`.

        Returns:
            Parameters by layer name. Running statistics, where layers have them, are
            under "state".
        """
        _ = self.known_input_shape  # raises where it is still open
        key = seed_or_key
        if not isinstance(key, jax.Array):
            fits = isinstance(key, (int, np.integer)) and abs(key) < 2**63
            require(fits, "init", "seed_or_key", "a whole number or a key", key)
            key = jax.random.key(int(key))
        # Compiler options are legal on the outermost program only.
        if isinstance(key, Tracer):
            return self.draw(key)
        return _compiled(self, "init")(key)

    def draw(self, key: jax.Array) -> Variables:
        """Return starting parameters for a key, inside a program of the caller's."""
        shape = self.known_input_shape
        parameters = chain_init(self.layers, key, shape)
        return join_state(parameters, chain_state(self.layers, shape))

    def apply(self, variables: Variables, x: Any) -> jax.Array:
        """Return the outputs (batch, *output_shape) of x (batch, *input_shape).

        Pure; works under `jax.jit`, `jax.grad` and `jax.vmap`. Prediction mode:
        nothing is dropped, and BatchNorm uses its running statistics.

        Raises:
            ShapeError: If x does not have the network's input shape.
        """
        return self.forward(variables, x).outputs

    def compiled_apply(self, variables: Variables, x: Any) -> jax.Array:
        """Return `apply` as a compiled program, which equal networks share."""
        return _compiled(self, "apply")(variables, x)

    def forward(self, variables: Variables, x: Any, **how: Unpack[Pass]) -> Forward:
        """Run forward, and return what is asked for beside the outputs.

        Args:
            variables: As `init` gives them.
            x: (batch, *input_shape), or a dict of such arrays for named inputs.
            how: See `Pass`: training, key, mask, listen, probes, precision, frozen.

        Raises:
            InputError: If parameters are missing.
            ShapeError: If x does not have the network's input shape.
        """
        x = checked_input(x, self.input_shape)
        parameters, state = split_state(variables)
        options = dict(how)
        listen, probes = options.pop("listen", False), options.pop("probes", None)
        scope = Scope(
            **cast("dict[str, Any]", options),
            state=state,
            taps={} if listen else None,
            probes=cast("Any", probes or {}),
            new_state=dict(state),
        )
        try:
            outputs = chain_apply(self.layers, parameters, x, scope)
        except KeyError:  # looked for only now, so that it costs nothing
            require_all(jax.eval_shape(self.init), variables)
            raise
        terms = scope.penalties
        penalty = sum(terms[1:], terms[0]) if terms else None
        return Forward(outputs, scope.new_state, scope.taps or {}, penalty)

    def summary(self) -> Summary:
        """Return a table: layer, output shape, parameters, multiply-adds."""
        from fathom.summary import summarize

        return summarize(self)

    def multiply_adds(self) -> int:
        """Return the multiply-adds of one example's forward pass."""
        return chain_multiply_adds(self.layers, self.known_input_shape)

    def to_json(self, indent: int | None = 2) -> str:
        """Return the network as JSON text.

        Raises:
            InputError: If a setting is a function instead of a name.
        """
        from fathom.network_json import network_to_json

        return network_to_json(self, indent)

    @staticmethod
    def from_json(text: str) -> Network:
        """Return the network that `to_json` wrote; nothing in the text is run.

        Raises:
            InputError: If the text is not a network that Fathom knows.
        """
        from fathom.network_json import network_from_json

        return network_from_json(text)

    def __getitem__(self, address: str) -> Layer:
        """Return the layer at an address such as "dense_1" or "residual_1/dense_2"."""
        return find(self.layers, address)

    def replace(self, address: str, layer: Layer) -> Network:
        """Return a network with another layer at an address; the address stays."""
        layer = layer if layer.name else with_name(layer, address.rpartition("/")[2])
        return self._edited(address, lambda rest, i: (*rest[:i], layer, *rest[i + 1 :]))

    def insert(self, layer: Layer, *, before: str = "", after: str = "") -> Network:
        """Return a network with one more layer before or after an address.

        All other layers keep their addresses.
        """
        if bool(before) == bool(after):
            raise InputError(
                "insert needs one address, before=... or after=..., not both."
            )
        shift = 0 if before else 1
        return self._edited(
            before or after,
            lambda rest, i: (*rest[: i + shift], layer, *rest[i + shift :]),
        )

    def remove(self, address: str) -> Network:
        """Return a network without the layer at an address."""
        return self._edited(address, lambda rest, i: (*rest[:i], *rest[i + 1 :]))

    def _edited(self, address: str, change: Callable[[Layers, int], Layers]) -> Network:
        return Network(edit(self.layers, address, change), self.input_shape)

    def without_output_activation(self) -> tuple[Network, str | None]:
        """Return the network that gives the logits, and the activation taken off.

        The last layer must end in an `activation` given by name; otherwise the network
        itself and None come back.
        """
        last = self.layers[-1] if self.layers else None
        name = last.output_activation if last is not None else None
        if last is None or name is None:
            return self, None
        bare: Layer = (
            Activation("identity", name=last.name)
            if isinstance(last, Activation)
            else dataclasses.replace(last, activation="identity")  # pyright: ignore
        )
        return Network((*self.layers[:-1], bare), self.input_shape), name


@lru_cache(maxsize=64)
def _compiled(network: Network, name: str) -> Callable[..., Any]:
    function = {"init": Network.draw, "apply": Network.apply}[name]
    options = quick_compilation()
    if name == "apply":
        options = compiler_options(True) if network.has_convolutions else None
    return jax.jit(partial(function, network), compiler_options=options)
