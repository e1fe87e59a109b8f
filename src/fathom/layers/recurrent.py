"""Recurrent layers: neurons that see, beside the input, their own last outputs.

    s_t = step(x_t W + b, h_{t-1} U + c, s_{t-1}),  s_0 = 0

Shapes: x (batch, time, inputs), W (inputs, gates * units), U (units, gates * units),
b and c (gates * units,), h (batch, time, units), the first part of the state s. The
families differ in the step, which is in `fathom.layers.cells`; the loop is in
`fathom.layers.recurrence`. Source: Elman, "Finding structure in time" (1990).
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from fathom import activations, initializers
from fathom.errors import is_number, is_whole
from fathom.layers.cells import GRUCell, LSTMCell, SimpleCell
from fathom.layers.layer import Layer, Shape, Variables, shape_error
from fathom.layers.products import affine
from fathom.layers.recurrence import Cell, Steps, Way, recur
from fathom.layers.scope import Scope

Initializer = initializers.Initializer

RETURNS = ("last", "sequence")
DIRECTIONS = ("forward", "backward")
EXPECTED = (
    "a sequence, (time, inputs); a recurrent layer gives one with returns='sequence'"
)


class _Recurrent(Layer):
    """What the recurrent families share."""

    units: int
    returns: str
    bidirectional: bool
    use_bias: bool
    weight_init: str | Initializer
    recurrent_init: str | Initializer

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        self.require(is_whole(self.units), "units", "a whole number of at least 1")
        expected = "'last' or 'sequence'"
        self.require(self.returns in RETURNS, "returns", expected)
        for name in ("bidirectional", "use_bias"):
            is_boolean = isinstance(getattr(self, name), bool)
            self.require(is_boolean, name, "True or False")
        initializers.get(self.weight_init)
        initializers.get(self.recurrent_init)

    @property
    def cell(self) -> Cell:
        """What happens in one step."""
        raise NotImplementedError

    def output_shape(self, shape: Shape) -> Shape:
        """Return (units,) or (time, units), with 2 * units if bidirectional."""
        if len(shape) != 2:
            raise shape_error(self, shape, EXPECTED)
        units = self.units * (2 if self.bidirectional else 1)
        return (units,) if self.returns == "last" else (shape[0], units)

    def init(self, key: jax.Array, shape: Shape) -> Variables:
        """Return the weights and biases, by direction if there are two."""
        self.output_shape(shape)
        if not self.bidirectional:
            return self._init(key, shape[-1])
        pairs = zip(DIRECTIONS, jax.random.split(key), strict=True)
        return {way: self._init(own, shape[-1]) for way, own in pairs}

    def _init(self, key: jax.Array, inputs: int) -> dict[str, jax.Array]:
        """Return the parameters of one direction."""
        keys = jax.random.split(key)
        weight = self._draw(self.weight_init, keys[0], inputs)
        recurrent = self._draw(self.recurrent_init, keys[1], self.units)
        variables = {"weight": weight, "weight_recurrent": recurrent}
        if self.use_bias:
            variables["bias"] = jnp.zeros(weight.shape[-1], weight.dtype)
        return variables

    def _draw(self, init: str | Initializer, key: jax.Array, inputs: int) -> jax.Array:
        """Return (inputs, gates * units), each gate drawn for itself."""
        draw, gates = initializers.get(init), self.cell.activations
        pairs = zip(jax.random.split(key, len(gates)), gates, strict=True)
        shape = (inputs, self.units)
        return jnp.concatenate([draw(own, shape, *shape, f) for own, f in pairs], -1)

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return the states, tapping what happens in every step."""
        if not self.bidirectional:
            return self._run(variables, x, scope, backward=False)
        both = [
            self._run(variables[way], x, scope.child(way), way == "backward")
            for way in DIRECTIONS
        ]
        return scope.tap("activation", jnp.concatenate(both, axis=-1))

    def _run(
        self, variables: Variables, x: jax.Array, scope: Scope, backward: bool
    ) -> jax.Array:
        """Go over the steps once: (batch, units), or (batch, time, units)."""
        bias = variables.get("bias")
        z = affine(x.swapaxes(0, 1), variables["weight"], bias, scope)
        real = None if scope.steps is None else (scope.steps > 0).T[..., None]
        past = self._recurrent_bias(variables)
        steps = Steps(variables["weight_recurrent"], past, z, real)
        way = Way(backward, every=self.returns == "sequence")
        h = recur(self.cell, way, steps, scope)
        if not way.every:
            return h
        h = h if real is None else jnp.where(real, h, 0)
        return h.swapaxes(0, 1)

    def _recurrent_bias(self, variables: Variables) -> jax.Array | None:
        """Return c, (gates * units,), or None."""
        return None

    def multiply_adds(self, shape: Shape) -> int:
        """Return (inputs + units) x gates x units for every step and direction."""
        time, inputs = shape
        columns = len(self.cell.activations) * self.units
        both = 2 if self.bidirectional else 1
        return both * time * (inputs + self.units) * columns


@dataclass(frozen=True)
class RNN(_Recurrent):
    """Simple recurrent layer: a_t = f(x_t W + a_{t-1} U + b).

    Shapes: x (batch, time, inputs) -> (batch, units), the state behind the last step,
    or (batch, time, units), the states of all. A padded step (`scope.steps`) leaves the
    state as it is, so that "last" is that of the last real step; in a sequence its
    output is 0.

    Bidirectional: a second one goes over the steps from the last to the first, and both
    stand side by side, (..., 2 units); its "last" is the state behind the first step.
    Parameters and taps of the two are under `forward` and `backward`.

    Its gradient shrinks or grows exponentially with the number of steps (Bengio, Simard
    and Frasconi 1994): over more than some 20, take `LSTM` or `GRU`. Under bfloat16,
    the product with U stays float32. Taps: "weighted_sum" and "activation", (batch,
    time, units) each. As in `torch.nn.RNN`, whose `weight_ih` and `weight_hh` are W and
    U transposed and whose two biases add up to b.
    Source: Elman 1990; both directions: Schuster and Paliwal 1997.

    Attributes:
        units: Number of neurons.
        activation: Name of an activation, or a function.
        returns: "last" or "sequence".
        bidirectional: Whether to go over the steps both ways.
        use_bias: Whether there is a bias b, starting at 0.
        weight_init: Initializer of W: a name, or a function.
        recurrent_init: Initializer of U. Orthogonal matrices keep lengths, over however
            many steps (Saxe et al. 2014).

    Example:
        >>> RNN(3).output_shape((9, 4)), RNN(3, returns="sequence").output_shape((9, 4))
        ((3,), (9, 3))
    """

    units: int
    activation: str | activations.Activation = "tanh"
    returns: str = "last"
    bidirectional: bool = False
    use_bias: bool = True
    weight_init: str | Initializer = "auto"
    recurrent_init: str | Initializer = "orthogonal"

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        activations.get(self.activation)

    @property
    def cell(self) -> Cell:
        """What happens in one step: a = f(z + p)."""
        return SimpleCell(self.activation)

    @property
    def output_activation(self) -> None:
        """None: the activation is inside the recurrence, and cannot be taken off."""
        return


@dataclass(frozen=True)
class LSTM(_Recurrent):
    """Long short-term memory: gates write, keep and read a cell c.

    i, f, o = sigmoid(x_t W + h_{t-1} U + b) and g = tanh(the same) for their columns,
    c_t = f c_{t-1} + i g,  h_t = o tanh(c_t); h is the output. Shapes, padding and both
    directions as in `RNN`.

    The columns of W, U and b stand in the order i (write), f (keep), g (candidate), o
    (read), `units` each, as in `torch.nn.LSTM`: its `weight_ih` and `weight_hh` are W
    and U transposed, and its two biases add up to b. Taps: "weighted_sum" of all gates
    (batch, time, 4 units), "cell" c and "activation" h (batch, time, units).
    Source: Hochreiter and Schmidhuber, "Long short-term memory" (1997); the gate f:
    Gers, Schmidhuber and Cummins, "Learning to forget" (2000).

    Attributes:
        units: Number of cells.
        returns: "last" or "sequence".
        bidirectional: Whether to go over the steps both ways.
        use_bias: Whether there is a bias b, starting at 0.
        weight_init: Initializer of W, for each gate by itself: a name, or a function.
        recurrent_init: Initializer of U, likewise.
        forget_bias: Where the bias of f starts. At 1, cells keep their content at
            first, so that gradients reach far back (Jozefowicz et al. 2015).

    Example:
        >>> LSTM(3, bidirectional=True).output_shape((9, 4))
        (6,)
    """

    units: int
    returns: str = "last"
    bidirectional: bool = False
    use_bias: bool = True
    weight_init: str | Initializer = "auto"
    recurrent_init: str | Initializer = "orthogonal"
    forget_bias: float = 1.0

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        self.require(is_number(self.forget_bias), "forget_bias", "a number")

    @property
    def cell(self) -> Cell:
        """What happens in one step."""
        return LSTMCell()

    def _init(self, key: jax.Array, inputs: int) -> dict[str, jax.Array]:
        variables = super()._init(key, inputs)
        if self.use_bias:
            keep = slice(self.units, 2 * self.units)
            variables["bias"] = variables["bias"].at[keep].set(self.forget_bias)
        return variables


@dataclass(frozen=True)
class GRU(_Recurrent):
    """Gated recurrent unit: one gate less than an LSTM, and no cell apart.

    r, u = sigmoid(x_t W + h_{t-1} U + b) and n = tanh(x_t W + b + r (h_{t-1} U + c))
    for their columns, h_t = (1 - u) n + u h_{t-1}. Shapes, padding and both directions
    as in `RNN`. In the source, r multiplies h before the product with U; here after it,
    as in cuDNN, PyTorch and Keras, because that is one product and not two.

    The columns stand in the order r (reset), u (keep), n (candidate), `units` each, as
    in `torch.nn.GRU`: its `weight_ih` and `weight_hh` are W and U transposed, b is its
    `bias_ih` plus, for r and u, its `bias_hh`, of which the part of n is c,
    "bias_recurrent". Taps: "weighted_sum", what goes into the two sigmoids and the tanh
    (batch, time, 3 units), and "activation" h (batch, time, units).
    Source: Cho et al., "Learning phrase representations using RNN encoder-decoder for
    statistical machine translation" (2014).

    Attributes:
        units: Number of neurons.
        returns: "last" or "sequence".
        bidirectional: Whether to go over the steps both ways.
        use_bias: Whether there are biases b and c, starting at 0.
        weight_init: Initializer of W, for each gate by itself: a name, or a function.
        recurrent_init: Initializer of U, likewise.

    Example:
        >>> GRU(3, returns="sequence").output_shape((9, 4))
        (9, 3)
    """

    units: int
    returns: str = "last"
    bidirectional: bool = False
    use_bias: bool = True
    weight_init: str | Initializer = "auto"
    recurrent_init: str | Initializer = "orthogonal"

    @property
    def cell(self) -> Cell:
        """What happens in one step."""
        return GRUCell()

    def _init(self, key: jax.Array, inputs: int) -> dict[str, jax.Array]:
        variables = super()._init(key, inputs)
        if self.use_bias:
            dtype = variables["bias"].dtype
            variables["bias_recurrent"] = jnp.zeros(self.units, dtype)
        return variables

    def _recurrent_bias(self, variables: Variables) -> jax.Array | None:
        c = variables.get("bias_recurrent")
        return None if c is None else jnp.pad(c, (2 * self.units, 0))
