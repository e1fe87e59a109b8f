"""Convolution: the same small neuron at every place of a series or an image.

    z[p, u] = sum_{k, c} x[p * stride + k * dilation, c] W[k, c, u] + b[u],  a = f(z)

Shapes: x (batch, *places, channels), W (*kernel, channels / groups, units), b (units,),
a (batch, *places', units). Source: Fukushima, "Neocognitron" (1980); LeCun et al.,
"Backpropagation applied to handwritten zip code recognition" (1989).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from fathom import activations, initializers
from fathom.errors import is_whole
from fathom.layers.convolving import convolve_fast, transpose
from fathom.layers.dense import activation_name
from fathom.layers.layer import Layer, Shape, ShapeError, Variables, shape_error
from fathom.layers.scope import Scope
from fathom.layers.window import Window, convolve, same_pads

Sizes = int | tuple[int, ...]


@dataclass(frozen=True)
class _Kernel(Layer):
    """What convolutions have in common: sizes along the axes of the places."""

    units: int
    kernel: Sizes = 3
    activation: str | activations.Activation = "identity"
    stride: Sizes = 1
    padding: str | int = "same"

    @property
    def has_convolutions(self) -> bool:
        """Always: a program with them is compiled with options of its own."""
        return True

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        self.require(is_whole(self.units), "units", "a whole number of at least 1")
        for name in ("kernel", "stride"):
            self.check_sizes(name)
        activations.get(self.activation)

    def check_sizes(self, name: str) -> None:
        """Raise the message unless a setting is one size, or one for each axis."""
        value: Any = getattr(self, name)
        if isinstance(value, list):
            value = tuple(value)
            object.__setattr__(self, name, value)
        sizes = value if isinstance(value, tuple) else (value,)
        fits = bool(sizes) and all(is_whole(size) for size in sizes)
        self.require(fits, name, "a whole number of at least 1, or one for each axis")

    def along(self, name: str, shape: Shape) -> tuple[int, ...]:
        """Return a setting as one size for each axis of the places."""
        value: Any = getattr(self, name)
        n = len(shape) - 1
        if n not in (1, 2, 3):
            raise shape_error(
                self, shape, "(length, channels) or (height, width, channels)"
            )
        if isinstance(value, tuple) and len(value) != n:
            raise ShapeError(
                f"Layer {self.label} has {name}={value} for {len(value)} axes, and its "
                f"inputs of shape {shape} have {n} before the channels."
            )
        return value if isinstance(value, tuple) else (value,) * n


@dataclass(frozen=True)
class Conv(_Kernel):
    """Convolution over (length, channels) or (height, width, channels).

    Each unit is a feature map; its address at a place is `name:unit@row,column`.

    Attributes:
        units: Number of feature maps.
        kernel: Size of what each neuron sees, one number or one for each axis.
        activation: Name of an activation, or a function.
        stride: Places from one neuron to the next.
        padding: "same" gives ceil(places / stride) outputs (TensorFlow's rule: an odd
            zero goes at the end), "valid" adds no zeros, "causal" adds them before a
            series only, so that no output sees what comes later, and a whole number
            adds so many on both sides.
        dilation: Places from one weight to the next (Yu and Koltun, 2016).
        groups: Parts that channels and units are divided in; "depthwise" makes every
            channel one (Chollet, "Xception", 2017).
        use_bias: Whether each feature map has a bias, starting at 0.
        weight_init: Name of an initializer, or a function.

    Example:
        >>> Conv(8, kernel=3, stride=2).output_shape((28, 28, 1))
        (14, 14, 8)
    """

    dilation: Sizes = 1
    groups: int | str = 1
    use_bias: bool = True
    weight_init: str | initializers.Initializer = "auto"

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        self.check_sizes("dilation")
        named = self.padding in ("same", "valid", "causal")
        fits = named or is_whole(self.padding, 0)
        self.require(fits, "padding", "'same', 'valid', 'causal' or a whole number")
        fits = self.groups == "depthwise" or is_whole(self.groups)
        self.require(fits, "groups", "a whole number of at least 1, or 'depthwise'")
        self.require(isinstance(self.use_bias, bool), "use_bias", "True or False")
        initializers.get(self.weight_init)

    def window(self, shape: Shape) -> Window:
        """Return how the kernel moves over inputs of a shape.

        Raises:
            ShapeError: If the layer cannot take them.
        """
        kernel, stride, dilation = (
            self.along(name, shape) for name in ("kernel", "stride", "dilation")
        )
        groups = shape[-1] if self.groups == "depthwise" else int(self.groups)
        if shape[-1] % groups or self.units % groups:
            raise ShapeError(
                f"Layer {self.label} has {groups} groups, which must divide its "
                f"{shape[-1]} input channels and its {self.units} units."
            )
        reach = [(k - 1) * d for k, d in zip(kernel, dilation, strict=True)]
        if self.padding == "same":
            pads = same_pads(shape[:-1], kernel, stride, dilation)
        elif self.padding == "causal":
            if len(shape) != 2:
                raise shape_error(self, shape, "(length, channels) for causal padding")
            pads = ((reach[0], 0),)
        else:
            n = 0 if self.padding == "valid" else int(self.padding)
            pads = ((n, n),) * len(kernel)
        return Window(kernel, stride, dilation, pads, groups)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (*places', units)."""
        window = self.window(shape)
        places = window.output(shape[:-1])
        if min(places) < 1:
            raise shape_error(
                self, shape, f"places for its kernel of {window.kernel} to fit in"
            )
        return (*places, self.units)

    def init(self, key: jax.Array, shape: Shape) -> Variables:
        """Return the weight (*kernel, channels / groups, units) and the bias."""
        window = self.window(shape)
        inputs = shape[-1] // window.groups
        size = math.prod(window.kernel)
        weight = initializers.get(self.weight_init)(
            key,
            (*window.kernel, inputs, self.units),
            fan_in=size * inputs,
            fan_out=size * self.units // window.groups,
            activation=activation_name(self.activation),
        )
        if not self.use_bias:
            return {"weight": weight}
        return {"weight": weight, "bias": jnp.zeros(self.units, weight.dtype)}

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return f(x * W + b), tapping the weighted sum and the activation."""
        window, weight = self.window(x.shape[1:]), variables["weight"]
        if is_fast(scope):
            z = convolve_fast(x, weight, window)
        elif scope.precision == "bfloat16" and jax.default_backend() != "cpu":
            low = x.astype(jnp.bfloat16), weight.astype(jnp.bfloat16)
            z = convolve(*low, window).astype(x.dtype)
        else:
            z = convolve(x, weight, window)
        return finished(self, z, variables.get("bias"), scope)

    def multiply_adds(self, shape: Shape) -> int:
        """Return kernel x channels / groups x units for every place."""
        window = self.window(shape)
        places = math.prod(window.output(shape[:-1]))
        each = math.prod(window.kernel) * shape[-1] // window.groups
        return places * each * self.units


@dataclass(frozen=True)
class ConvTranspose(_Kernel):
    """Transposed convolution, which enlarges: the adjoint of `Conv`.

    (batch, *places, channels) -> (batch, *places * stride, units) with padding "same",
    and ((places - 1) * stride + kernel) with "valid". The weight (*kernel, units,
    channels) is that of the convolution it is the adjoint of; PyTorch's has the axes
    (channels, units, *kernel). Source: Zeiler et al., "Deconvolutional networks"
    (2010).

    Attributes:
        units: Number of feature maps.
        kernel: Size, one number or one for each axis.
        activation: Name of an activation, or a function.
        stride: By how much each axis grows.
        padding: "same" or "valid".
        use_bias: Whether each feature map has a bias, starting at 0.
        weight_init: Name of an initializer, or a function.

    Example:
        >>> ConvTranspose(8, kernel=4, stride=2).output_shape((7, 7, 16))
        (14, 14, 8)
    """

    stride: Sizes = 2
    use_bias: bool = True
    weight_init: str | initializers.Initializer = "auto"

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        fits = self.padding in ("same", "valid")
        self.require(fits, "padding", "'same' or 'valid'")
        self.require(isinstance(self.use_bias, bool), "use_bias", "True or False")
        initializers.get(self.weight_init)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (*places', units)."""
        kernel, stride = self.along("kernel", shape), self.along("stride", shape)
        if self.padding == "same":
            return (*(n * s for n, s in zip(shape, stride, strict=False)), self.units)
        sizes = zip(shape, kernel, stride, strict=False)
        return (*((n - 1) * s + k for n, k, s in sizes), self.units)

    def init(self, key: jax.Array, shape: Shape) -> Variables:
        """Return the weight (*kernel, units, channels) and the bias (units,)."""
        kernel, stride = self.along("kernel", shape), self.along("stride", shape)
        # Every output is met by kernel / stride weights of each channel on average.
        size = max(1, math.prod(kernel) // math.prod(stride))
        weight = initializers.get(self.weight_init)(
            key,
            (*kernel, self.units, shape[-1]),
            fan_in=size * shape[-1],
            fan_out=math.prod(kernel) * self.units,
            activation=activation_name(self.activation),
        )
        if not self.use_bias:
            return {"weight": weight}
        return {"weight": weight, "bias": jnp.zeros(self.units, weight.dtype)}

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return f(z + b), tapping the weighted sum and the activation."""
        shape = x.shape[1:]
        places = self.output_shape(shape)[:-1]
        kernel, stride = self.along("kernel", shape), self.along("stride", shape)
        ones = (1,) * len(kernel)
        pads = ((0, 0),) * len(kernel)
        if self.padding == "same":
            pads = same_pads(places, kernel, stride, ones)
        window, weight = Window(kernel, stride, ones, pads), variables["weight"]
        if is_fast(scope):
            z = transpose(x, weight, window, places)
        else:
            like = jax.ShapeDtypeStruct((len(x), *places, self.units), x.dtype)
            adjoint = jax.linear_transpose(lambda y: convolve(y, weight, window), like)
            z = adjoint(x)[0]
        return finished(self, z, variables.get("bias"), scope)

    def multiply_adds(self, shape: Shape) -> int:
        """Return kernel x channels x units for every place of the input."""
        each = math.prod(self.along("kernel", shape)) * self.units
        return math.prod(shape) * each


def is_fast(scope: Scope) -> bool:
    """Whether to take the formulation for a training step on the CPU."""
    on_cpu = jax.default_backend() == "cpu"
    return scope.training and not scope.is_watched and on_cpu


def finished(
    layer: _Kernel, z: jax.Array, bias: jax.Array | None, scope: Scope
) -> jax.Array:
    """Add the bias, apply the activation, and make both observable."""
    if bias is not None:
        z = z + bias.reshape((1,) * (z.ndim - 1) + (-1,))
    z = scope.tap("weighted_sum", z)
    return scope.tap("activation", activations.get(layer.activation)(z))
