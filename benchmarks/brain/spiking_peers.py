"""The peers' side of the spiking step; runs in their environment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.brain import spiking_problem as p


def snntorch(given: dict[str, np.ndarray], batch: int, rounds: int) -> Any:
    """SnnTorch as its tutorials use it: a loop over time, linear layers inside."""
    import snntorch as snn
    import torch
    from snntorch import surrogate

    torch.set_num_threads(1)
    surrogate_of = surrogate.fast_sigmoid(slope=p.SLOPE)
    first, second = linear_layers(given)
    hidden = snn.Leaky(p.DECAY, spike_grad=surrogate_of, reset_mechanism="subtract")
    out = snn.Leaky(p.DECAY, spike_grad=surrogate_of, reset_mechanism="none")

    def forward(x: Any) -> Any:  # x (time, batch, inputs)
        u, v = hidden.reset_mem(), out.reset_mem()
        spikes, membranes = [], []
        for step in range(p.TIME):
            s, u = hidden(first(x[step]), u)
            _, v = out(second(s), v)
            spikes.append(s)
            membranes.append(v)
        return torch.stack(membranes).mean(0), torch.stack(spikes)

    return torch_side(forward, (first, second), given, batch, rounds)


def norse(given: dict[str, np.ndarray], batch: int, rounds: int) -> Any:
    """Norse's box neuron, whose reset is to 0 and whose input is scaled by 0.1."""
    import norse.torch as norse
    import torch
    from norse.torch.functional.leaky_integrator import LIParameters
    from norse.torch.functional.lif_box import LIFBoxParameters

    torch.set_num_threads(1)
    first, second = linear_layers(given)
    leak = torch.as_tensor((1 - p.DECAY) * 1000)  # per second, at steps of 1 ms
    box = LIFBoxParameters(tau_mem_inv=leak, alpha=p.SLOPE)
    hidden = norse.LIFBoxCell(p=box)
    out = norse.LICell(p=LIParameters(tau_mem_inv=leak))

    def forward(x: Any) -> Any:
        u = v = None
        spikes, membranes = [], []
        for step in range(p.TIME):
            s, u = hidden(first(x[step]) / (1 - p.DECAY), u)
            m, v = out(second(s), v)
            spikes.append(s)
            membranes.append(m)
        return torch.stack(membranes).mean(0), torch.stack(spikes)

    return torch_side(forward, (first, second), given, batch, rounds)


def linear_layers(given: dict[str, np.ndarray]) -> Any:
    """Return the two linear layers with the problem's weights."""
    import torch

    layers = []
    for name in ("hidden", "out"):
        inputs, units = given[name].shape
        layer = torch.nn.Linear(inputs, units)
        with torch.no_grad():
            layer.weight.copy_(torch.as_tensor(given[name].T))
            layer.bias.zero_()
        layers.append(layer)
    return layers


def torch_side(forward: Any, layers: Any, given: Any, batch: int, rounds: int) -> Any:
    """Time epochs of a torch network, and return what the first batch gives."""
    import torch

    x = torch.as_tensor(given["x"]).reshape(p.BATCHES, batch, p.TIME, p.INPUTS)
    x = x.transpose(1, 2).contiguous()
    y = torch.as_tensor(given["y"]).reshape(p.BATCHES, batch)
    cost = torch.nn.functional.cross_entropy
    logits, spikes = forward(x[0])
    cost(logits, y[0]).backward()
    found = {
        "spikes": spikes.detach().numpy().swapaxes(0, 1),
        "logits": logits.detach().numpy(),
        "gradient": layers[0].weight.grad.numpy().T.copy(),
    }
    weights = [w for layer in layers for w in layer.parameters()]
    adam = torch.optim.Adam(weights, lr=p.LEARNING_RATE)

    def epoch() -> None:
        for rows, classes in zip(x, y, strict=True):
            adam.zero_grad()
            cost(forward(rows)[0], classes).backward()
            adam.step()

    return p.measured(epoch, rounds), found


def spyx(given: dict[str, np.ndarray], batch: int, rounds: int) -> Any:
    """Spyx as its `compile_fit` does it: an epoch of time-major batches, one program.

    Its neuron spikes one step later for the same membrane, and its decays learn.
    """
    import jax
    import jax.numpy as jnp
    import optax
    from flax import nnx
    from spyx import axn, nn, optimize

    keys = nnx.Rngs(0)
    first = nnx.Linear(p.INPUTS, p.HIDDEN, rngs=keys)
    second = nnx.Linear(p.HIDDEN, p.CLASSES, rngs=keys)
    first.kernel[...], second.kernel[...] = given["hidden"], given["out"]
    first.bias[...], second.bias[...] = jnp.zeros(p.HIDDEN), jnp.zeros(p.CLASSES)
    neuron = nn.LIF((p.HIDDEN,), p.DECAY, 1.0, axn.superspike(p.SLOPE), rngs=keys)
    model = nn.Sequential(
        first, neuron, second, nn.LI((p.CLASSES,), p.DECAY, rngs=keys)
    )
    alone = nn.Sequential(first, neuron)
    graph, weights, rest = nnx.split(model, nnx.Param, ...)
    x = given["x"].reshape(p.BATCHES, batch, p.TIME, p.INPUTS).swapaxes(1, 2)
    y = given["y"].reshape(p.BATCHES, batch)

    def cost(weights: Any, rows: Any) -> Any:
        membranes, _ = nn.run(nnx.merge(graph, weights, rest), rows[0])
        logits = membranes.mean(0)
        return optax.softmax_cross_entropy_with_integer_labels(logits, rows[1]).mean()

    solver = optimize.backprop(optax.adam(p.LEARNING_RATE))(cost, weights)
    key = jax.random.key(0)

    @jax.jit
    def run(state: Any, rows: Any) -> Any:
        return jax.lax.scan(lambda s, one: solver.step(s, one, key), state, rows)[0]

    found = {
        "spikes": np.asarray(nn.run(alone, jnp.asarray(x[0]))[0]).swapaxes(0, 1),
        "logits": np.asarray(nn.run(model, jnp.asarray(x[0]))[0].mean(0)),
        "gradient": np.asarray(jax.grad(cost)(weights, (x[0], y[0]))["layers"][0][
            "kernel"][...]),
    }  # fmt: skip
    state, rows = solver.init(key), (jnp.asarray(x), jnp.asarray(y))

    def epoch() -> None:
        jax.block_until_ready(run(state, rows))

    return p.measured(epoch, rounds), found


if __name__ == "__main__":
    p.main({"snntorch": snntorch, "norse": norse, "spyx": spyx})
