"""Multi-head attention: every place of a sequence looks at all places at once.

    q = x W_q + b_q,  k = m W_k + b_k,  v = m W_v + b_v        (m = x: self-attention)
    p = softmax(q k^T / sqrt(d)) within each head
    z = (p v, heads side by side) W_o + b_o

Shapes: x (batch, time, width) -> z (batch, time, width); d = units / heads.
Source: Vaswani et al., "Attention is all you need" (2017).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from fathom import initializers
from fathom.errors import InputError, is_number, is_whole
from fathom.layers.attention_product import attend, attend_fast, attention_bias, dot
from fathom.layers.layer import Layer, Shape, ShapeError, Variables, shape_error
from fathom.layers.products import affine
from fathom.layers.rotation import rotate
from fathom.layers.scope import Scope
from fathom.layers.streams import STEPS


@dataclass(frozen=True)
class Attention(Layer):
    """Multi-head scaled dot-product attention: (batch, time, width) -> the same shape.

    Column j of the query, key and value weights belongs to head j // (units / heads).
    Padded steps (`scope.steps`) are not looked at, and a query that has nothing to look
    at takes 0 for the weighted mean.

    Attributes:
        heads: How many heads look side by side.
        units: Width of all heads together, a multiple of `heads`. None: the input's.
        causal: Whether step i may look at steps 0 to i only.
        memory: Name of another array of the network (`fathom.On`) that keys and values
            come from, (batch, source time, width): cross-attention. None: the input.
        rotary: Whether queries and keys are turned by their position
            (`fathom.layers.rotation`). Needs an even width of each head.
        dropout: Probability of dropping a weight p in training.
        use_bias: Whether the four products have a bias, starting at 0.
        weight_init: Name of an initializer, or a function.
        memory_width: Width of the memory, if it is not the input's.

    Example:
        >>> Attention(heads=2).output_shape((5, 8))
        (5, 8)
    """

    heads: int
    units: int | None = None
    causal: bool = False
    memory: str | None = None
    rotary: bool = False
    dropout: float = 0.0
    use_bias: bool = True
    weight_init: str | initializers.Initializer = "auto"
    memory_width: int | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        self.require(is_whole(self.heads), "heads", "a whole number of at least 1")
        fits = is_whole(self.units) and (self.units or 0) % self.heads == 0
        expected = f"a multiple of the {self.heads} heads, or None"
        self.require(self.units is None or fits, "units", expected)
        for name in ("causal", "rotary", "use_bias"):
            is_boolean = isinstance(getattr(self, name), bool)
            self.require(is_boolean, name, "True or False")
        is_name = isinstance(self.memory, str) and self.memory != ""
        self.require(self.memory is None or is_name, "memory", "a name, or None")
        is_self = self.memory is None
        self.require(is_self or not self.causal, "causal", "False with a memory")
        self.require(is_self or not self.rotary, "rotary", "False with a memory")
        is_width = is_whole(self.memory_width) and not is_self
        expected = "a whole number of at least 1, and only with a memory"
        self.require(self.memory_width is None or is_width, "memory_width", expected)
        is_rate = is_number(self.dropout) and 0 <= self.dropout < 1
        expected = "a probability, 0 or more and below 1"
        self.require(is_rate, "dropout", expected)
        initializers.get(self.weight_init)

    @property
    def is_random(self) -> bool:
        """Whether anything can be dropped."""
        return self.dropout > 0

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        if len(shape) != 2:
            raise shape_error(self, shape, "(time, width)")
        units = self._units(shape)
        if units % self.heads:
            raise shape_error(
                self,
                shape,
                f"a width that its {self.heads} heads divide; or set `units`",
            )
        if self.rotary and units // self.heads % 2:
            raise ShapeError(
                f"Layer {self.label} turns pairs of numbers, so each head must have an "
                f"even width. Got {units} units / {self.heads} heads = "
                f"{units // self.heads}: set `units`, or rotary=False."
            )
        return shape

    def init(self, key: jax.Array, shape: Shape) -> Variables:
        """Return the weights and biases of query, key, value and output."""
        self.output_shape(shape)
        width, units = shape[-1], self._units(shape)
        source = self.memory_width or width
        shapes = {
            "query": (width, units),
            "key": (source, units),
            "value": (source, units),
            "output": (units, width),
        }
        draw = initializers.get(self.weight_init)
        keys = jax.random.split(key, len(shapes))
        variables: dict[str, jax.Array] = {}
        for own, (name, (inputs, outputs)) in zip(keys, shapes.items(), strict=True):
            weight = draw(own, (inputs, outputs), fan_in=inputs, fan_out=outputs)
            variables[f"weight_{name}"] = weight
            if self.use_bias:
                variables[f"bias_{name}"] = jnp.zeros(outputs, weight.dtype)
        return variables

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return the projected weighted means, tapping the attention weights."""
        source, steps = self._source(x, scope)
        q = self._project("query", variables, x, scope)
        k = self._project("key", variables, source, scope)
        v = self._project("value", variables, source, scope)
        if self.rotary:
            q, k = rotate(q), rotate(k)
        q = q * (1 / math.sqrt(q.shape[-1]))
        bias = attention_bias(x.shape[1], source.shape[1], self.causal, steps)
        keep = self._keep((*q.shape[:3], k.shape[2]), scope)
        rounded = scope.precision == "bfloat16"
        if self._is_fast(scope):
            y = attend_fast(q, k, v, bias, keep, self.causal)
        else:
            p = scope.tap("weights", attend(q, k, bias, rounded))
            p = p if keep is None else p * keep.astype(p.dtype)
            y = dot("bhqk,bhkd->bhqd", p, v, rounded)
        y = y.swapaxes(1, 2).reshape(*x.shape[:2], -1)  # (batch, time, units)
        z = affine(y, variables["weight_output"], variables.get("bias_output"), scope)
        return scope.tap("activation", scope.tap("weighted_sum", z))

    def multiply_adds(self, shape: Shape) -> int:
        """Return the cost of the four projections and the two products.

        The length of a memory is not known here: it counts as long as the input.
        """
        time, width = shape
        units, source = self._units(shape), self.memory_width or width
        projections = 2 * width * units + 2 * source * units
        return time * projections + 2 * time * time * units

    def _units(self, shape: Shape) -> int:
        return self.units or shape[-1]

    def _project(
        self, name: str, variables: Variables, x: jax.Array, scope: Scope
    ) -> jax.Array:
        """Return query, key or value as (batch, heads, time, units / heads)."""
        bias = variables.get(f"bias_{name}")
        z = affine(x, variables[f"weight_{name}"], bias, scope)
        apart = z.reshape(*z.shape[:2], self.heads, -1).swapaxes(1, 2)
        return scope.tap(name, apart)

    def _source(self, x: jax.Array, scope: Scope) -> tuple[jax.Array, jax.Array | None]:
        """Return where keys and values come from, and the mask of its real steps."""
        if self.memory is None:
            return x, scope.steps
        if self.memory not in scope.streams:
            known = ", ".join(n for n in scope.streams if not n.endswith(STEPS))
            raise InputError(
                f"Layer {self.label} looks at '{self.memory}', and the named arrays "
                f"that reach it are: {known or 'none'}. Give the network an "
                f"input_shape with that name, and put this layer inside `On`."
            )
        source = scope.streams[self.memory]
        expected = self.memory_width or x.shape[-1]
        if source.ndim != 3 or source.shape[-1] != expected:
            raise ShapeError(
                f"Layer {self.label} expects '{self.memory}' of shape (batch, time, "
                f"{expected}). Got {source.shape} instead: set `memory_width`."
            )
        return source, scope.streams.get(self.memory + STEPS)

    def _keep(self, shape: tuple[int, ...], scope: Scope) -> jax.Array | None:
        """Return what drops weights and scales up the rest, or None."""
        if not scope.training or not self.dropout or scope.key is None:
            return None
        keep = jax.random.bernoulli(scope.key, 1 - self.dropout, shape)
        return jnp.where(keep, 1 / (1 - self.dropout), 0.0)

    def _is_fast(self, scope: Scope) -> bool:
        """Whether the formulation without taps may be taken, and is faster.

        It does not round: rounded, a step of a language model was 3 % slower on a CPU
        without bfloat16 matrix units (not measured with them).
        """
        is_free = scope.training and not scope.is_watched
        return is_free and jax.default_backend() == "cpu"
