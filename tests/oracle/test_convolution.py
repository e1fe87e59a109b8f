"""Convolution and pooling against PyTorch's, given the same weights."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.tolerances import CLOSE

import fathom as fm

torch = pytest.importorskip("torch")


def first(x: Any) -> Any:
    """Channels last to channels first."""
    return x.permute(0, x.dim() - 1, *range(1, x.dim() - 1))


def last(x: Any) -> Any:
    """Channels first to channels last."""
    return x.permute(0, *range(2, x.dim()), 1)


def compare(layer: fm.Layer, shape: tuple[int, ...], function: Any) -> None:
    """Hold values and gradients, with respect to input and weights, together."""
    random = np.random.default_rng(0)
    network = fm.Network(layer, shape)
    variables = network.init(0)
    x = random.normal(size=(3, *shape)).astype(np.float32)
    mix = random.normal(size=(3, *network.output_shape)).astype(np.float32)

    def score(variables: Any, x: Any) -> Any:
        outputs = network.forward(variables, x, training=True).outputs
        return jnp.sum(outputs * mix), outputs

    gradients, outputs = jax.grad(score, argnums=(0, 1), has_aux=True)(variables, x)
    tensors = jax.tree.map(lambda a: torch.tensor(np.asarray(a)), variables)
    own = next(iter(tensors.values()), {})
    theirs = torch.tensor(x, requires_grad=True)
    for tensor in own.values():
        tensor.requires_grad_()
    result = last(function(first(theirs), own))
    (result * torch.tensor(mix)).sum().backward()
    near(outputs, result.detach())
    near(gradients[1], theirs.grad)
    for name, tensor in own.items():
        near(next(iter(gradients[0].values()))[name], tensor.grad)


def near(ours: Any, theirs: Any) -> None:
    theirs = theirs.numpy()
    scale = max(1.0, float(np.abs(theirs).max()))
    np.testing.assert_allclose(np.asarray(ours) / scale, theirs / scale, **CLOSE)


def kernel(weight: Any) -> Any:
    """(*kernel, inputs, units) to PyTorch's (units, inputs, *kernel)."""
    n = weight.dim() - 2
    return weight.permute(n + 1, n, *range(n))


@pytest.mark.parametrize(
    ("shape", "settings", "torch_settings"),
    [
        ((9, 6), {"padding": 1}, {"padding": 1}),
        ((9, 6), {"stride": 2, "padding": "valid"}, {"stride": 2}),
        ((8, 7, 6), {"padding": 1}, {"padding": 1}),
        ((8, 7, 6), {"stride": 2, "padding": 1}, {"stride": 2, "padding": 1}),
        ((9, 9, 6), {"dilation": 2, "padding": 2}, {"dilation": 2, "padding": 2}),
        ((8, 7, 6), {"groups": 3, "padding": 1}, {"groups": 3, "padding": 1}),
        ((8, 7, 6), {"groups": "depthwise", "padding": 1}, {"groups": 6, "padding": 1}),
        ((8, 7, 1), {"padding": 1}, {"padding": 1}),
    ],
    ids=str,
)
def test_convolution_agrees(shape, settings, torch_settings) -> None:
    function = torch.conv1d if len(shape) == 2 else torch.conv2d

    def theirs(x: Any, own: Any) -> Any:
        return function(x, kernel(own["weight"]), own["bias"], **torch_settings)

    compare(fm.Conv(12, 3, **settings), shape, theirs)


@pytest.mark.parametrize(("size", "stride"), [(3, 2), (2, 2), (4, 3)])
def test_transposed_convolution_agrees(size: int, stride: int) -> None:
    def theirs(x: Any, own: Any) -> Any:
        weight = own["weight"].permute(3, 2, 0, 1)  # (channels, units, *kernel)
        return torch.conv_transpose2d(x, weight, own["bias"], stride=stride)

    layer = fm.ConvTranspose(5, size, stride=stride, padding="valid")
    compare(layer, (4, 5, 6), theirs)


@pytest.mark.parametrize(
    ("layer", "function"),
    [
        (fm.MaxPool(2), lambda x, _: torch.nn.functional.max_pool2d(x, 2)),
        (fm.MaxPool(3, 2), lambda x, _: torch.nn.functional.max_pool2d(x, 3, 2)),
        (fm.AveragePool(2), lambda x, _: torch.nn.functional.avg_pool2d(x, 2)),
        (fm.AveragePool(3, 1), lambda x, _: torch.nn.functional.avg_pool2d(x, 3, 1)),
        (
            fm.Upsample(2, "linear"),
            lambda x, _: torch.nn.functional.interpolate(
                x, scale_factor=2, mode="bilinear"
            ),
        ),
        (
            fm.Upsample(2),
            lambda x, _: torch.nn.functional.interpolate(x, scale_factor=2),
        ),
    ],
)
def test_pooling_agrees(layer, function) -> None:
    compare(layer, (6, 8, 3), function)
