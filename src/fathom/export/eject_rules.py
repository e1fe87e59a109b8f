"""How each layer is written out: one small rule a family, in one table.

# dense_1: (batch, 64)
x = relu(dense(x, w["dense_1/weight"], w["dense_1/bias"]))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fathom import layers
from fathom.export import eject_blocks, eject_recurrence
from fathom.export.eject_code import Call
from fathom.export.eject_flow import Flow, Rule, named_activation
from fathom.layers.layer import Layer
from fathom.layers.window import same_pads


def dense(layer: layers.Dense, flow: Flow) -> None:
    """Write f(x W + b)."""
    bias = [flow.weight("bias")] if layer.use_bias else []
    z = flow.call("dense", "x", flow.weight("weight"), *bias)
    flow.set(z, named_activation(layer, flow))


def tied(layer: layers.Tied, flow: Flow) -> None:
    """Write f(x W^T + b) with the weight of another layer."""
    weight = flow.stored(f"{layer.layer}/weight", flow.seen.get(layer.layer, ()))
    bias = [flow.weight("bias")] if layer.use_bias else []
    z = flow.call("dense", "x", weight + ".T", *bias)
    flow.set(z, named_activation(layer, flow))


def activation(layer: layers.Activation, flow: Flow) -> None:
    """Write f(x)."""
    name = named_activation(layer, flow)
    if name != "identity":
        flow.set(flow.call(name, "x"))


def nothing(layer: Layer, flow: Flow) -> None:
    """Write nothing: the layer acts in training only."""


def flatten(layer: layers.Flatten, flow: Flow) -> None:
    """Write one axis behind that of the batch."""
    flow.set("x.reshape(len(x), -1)")


def reshape(layer: layers.Reshape, flow: Flow) -> None:
    """Write the new shape."""
    sizes = ", ".join(map(str, layer.output_shape(flow.shape)))
    flow.set(f"x.reshape(len(x), {sizes})")


def batch_norm(layer: layers.BatchNorm, flow: Flow) -> None:
    """Write the normalization by running statistics."""
    given = [flow.state("mean"), flow.state("variance"), flow.weight("scale"),
             flow.weight("bias")]  # fmt: skip
    flow.set(flow.call("batch_norm", "x", *given, epsilon=layer.epsilon))


def layer_norm(layer: layers.LayerNorm, flow: Flow) -> None:
    """Write the normalization of each example."""
    given = [flow.weight("scale"), flow.weight("bias")]
    flow.set(flow.call("layer_norm", "x", *given, epsilon=layer.epsilon))


def group_norm(layer: layers.GroupNorm, flow: Flow) -> None:
    """Write the normalization of groups of channels."""
    given = [str(layer.groups), flow.weight("scale"), flow.weight("bias")]
    flow.set(flow.call("group_norm", "x", *given, epsilon=layer.epsilon))


def rms_norm(layer: layers.RMSNorm, flow: Flow) -> None:
    """Write the division by the root mean square."""
    given = flow.weight("scale")
    flow.set(flow.call("rms_norm", "x", given, epsilon=layer.epsilon))


def embedding(layer: layers.Embedding, flow: Flow) -> None:
    """Write the look-up, and which tokens are real."""
    if layer.padding is not None and len(flow.shape) == 1:
        flow.body.used.add("tokens")
        flow.mark(f"tokens(x, {layer.n_tokens}) != {layer.padding}")
    flow.set(flow.call("embedding", "x", flow.weight("weight")))


def masking(layer: layers.Masking, flow: Flow) -> None:
    """Write which steps are real."""
    flow.mark(f"(x != {layer.value!r}).any(axis=-1)")


def silence(layer: layers.Silence, flow: Flow) -> None:
    """Write which units are 0."""
    flow.set(flow.call("silence", "x", units=np.atleast_1d(layer.units).tolist()))


def standardize(layer: layers.Standardize, flow: Flow) -> None:
    """Write the scaling by known numbers."""
    given = [np.atleast_1d(v).tolist() for v in (layer.mean, layer.spread)]
    flow.set(flow.call("scaled", "x", mean=given[0], spread=given[1]))


def learned_positions(layer: layers.LearnedPositions, flow: Flow) -> None:
    """Write x plus the vectors of the first positions."""
    flow.set(f"x + {flow.weight('weight')}[:{flow.shape[0]}]")


def sinusoidal_positions(layer: layers.SinusoidalPositions, flow: Flow) -> None:
    """Write x plus sines and cosines."""
    time, width = flow.shape
    flow.body.used.add("sinusoidal_positions")
    flow.set(f"x + sinusoidal_positions({time}, {width})")


def sample(layer: layers.Sample, flow: Flow) -> None:
    """Write the means."""
    flow.set(f"x[..., :{flow.shape[-1] // 2}]")


def conv(layer: layers.Conv, flow: Flow) -> None:
    """Write zeros around the places where there are some, and the convolution."""
    window = layer.window(flow.shape)
    _padded(window.pads, flow)
    bias = [flow.weight("bias")] if layer.use_bias else []
    given = {"stride": window.stride, "dilation": window.dilation}
    if window.groups > 1:
        given = {"groups": window.groups, **given}
    named = {k: v for k, v in given.items() if v != (1,) * len(window.kernel)}
    function = "grouped_conv" if window.groups > 1 else "conv"
    z = flow.call(function, "x", flow.weight("weight"), *bias, **named)
    flow.set(z, named_activation(layer, flow))


def _padded(pads: Any, flow: Flow, **value: str) -> None:
    if any(map(sum, pads)):
        around = [str(tuple(pair)) for pair in pads]
        named = [f"{name}={text}" for name, text in value.items()]
        flow.set(flow.call("pad", "x", *around, *named))


def conv_transpose(layer: layers.ConvTranspose, flow: Flow) -> None:
    """Write the transposed convolution."""
    places = layer.output_shape(flow.shape)[:-1]
    kernel, stride = (layer.along(name, flow.shape) for name in ("kernel", "stride"))
    first = (0,) * len(kernel)
    if layer.padding == "same":
        pads = same_pads(places, kernel, stride, (1,) * len(kernel))
        first = tuple(before for before, _ in pads)
    bias = [flow.weight("bias")] if layer.use_bias else []
    given = {"stride": stride, "first": first, "places": places}
    z = flow.call("conv_transpose", "x", flow.weight("weight"), *bias, **given)
    flow.set(z, named_activation(layer, flow))


def pooling(function: str, padding: str) -> Rule:
    """Return the rule of a pooling layer, with what stands for no value."""

    def rule(layer: Any, flow: Flow) -> None:
        size, stride, pads = layer.steps(flow.shape)
        _padded(pads, flow, value=padding)
        flow.set(flow.call(function, "x", size=size, stride=stride))

    return rule


def global_max_pool(layer: layers.GlobalMaxPool, flow: Flow) -> None:
    """Write the largest value over all places."""
    if flow.steps is not None and len(flow.shape) == 2:
        real = (f"{flow.steps}[:, :, None]", "x", "-np.inf")
        flow.set(Call("np.where", real, ".max(axis=1)"))
    else:
        flow.set(f"x.max(axis={_places(flow)})")


def global_average_pool(layer: layers.GlobalAveragePool, flow: Flow) -> None:
    """Write the mean over all places."""
    if flow.steps is not None and len(flow.shape) == 2:
        flow.set(flow.call("mean_of_steps", "x", flow.steps))
    else:
        flow.set(f"x.mean(axis={_places(flow)})")


def _places(flow: Flow) -> str:
    axes = tuple(range(1, len(flow.shape)))
    return str(axes[0] if len(axes) == 1 else axes)


def upsample(layer: layers.Upsample, flow: Flow) -> None:
    """Write the enlargement of each axis."""
    sizes = layer.output_shape(flow.shape)[:-1]
    factors = [new // old for new, old in zip(sizes, flow.shape, strict=False)]
    if layer.method == "nearest":
        flow.set("x" + "".join(f".repeat({n}, axis={axis})"
                               for axis, n in enumerate(factors, 1)))  # fmt: skip
        return
    for axis, n in enumerate(factors, 1):
        flow.set(flow.call("interpolate", "x", axis=axis, factor=n))


_TRAINING_ONLY = (
    layers.Dropout, layers.Shift, layers.Rotate, layers.Flip, layers.CutOut,
    layers.Noise, layers.Jitter,
)  # fmt: skip
RULES: dict[type[Layer], Callable[..., None]] = {
    layers.Dense: dense,
    layers.Tied: tied,
    layers.Activation: activation,
    layers.Flatten: flatten,
    layers.Reshape: reshape,
    layers.BatchNorm: batch_norm,
    layers.LayerNorm: layer_norm,
    layers.GroupNorm: group_norm,
    layers.RMSNorm: rms_norm,
    layers.Embedding: embedding,
    layers.Masking: masking,
    layers.Silence: silence,
    layers.Standardize: standardize,
    layers.LearnedPositions: learned_positions,
    layers.SinusoidalPositions: sinusoidal_positions,
    layers.Sample: sample,
    layers.Conv: conv,
    layers.ConvTranspose: conv_transpose,
    layers.MaxPool: pooling("max_pool", "-np.inf"),
    layers.AveragePool: pooling("average_pool", "np.nan"),
    layers.GlobalMaxPool: global_max_pool,
    layers.GlobalAveragePool: global_average_pool,
    layers.Upsample: upsample,
    layers.Chain: eject_blocks.chain,
    layers.Residual: eject_blocks.residual,
    layers.Concat: eject_blocks.concat,
    layers.Repeat: eject_blocks.repeat,
    layers.On: eject_blocks.on,
    layers.Join: eject_blocks.join,
    layers.RNN: eject_recurrence.recurrent,
    layers.LSTM: eject_recurrence.recurrent,
    layers.GRU: eject_recurrence.recurrent,
    layers.Attention: eject_recurrence.attention,
    layers.Encode: eject_recurrence.encode,
    layers.Spiking: eject_recurrence.spiking,
    layers.LeakyReadout: eject_recurrence.leaky_readout,
    **dict.fromkeys(_TRAINING_ONLY, nothing),
}
# What a comment adds to the address and the shape.
REMARKS: dict[type[Layer], str] = {
    layers.BatchNorm: "by the statistics of training",
    layers.Tied: "with the weight of another layer, turned",
    layers.Sample: "the means; training draws around them",
    layers.Encode: "training draws the spikes of a rate code",
    layers.Residual: "the input is added at the end",
    layers.Concat: "one input to several branches",
    layers.Repeat: "the same block again and again",
    **dict.fromkeys(_TRAINING_ONLY, "acts in training only"),
}
