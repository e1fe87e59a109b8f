"""Where a step's time goes: products alone, the optimizer alone, and the rest.

    python -m benchmarks.where [--only vae] [--rounds 5]

The products are read off the gradient's jaxpr, and timed one by one with nothing around
them; within a step some run faster, because XLA chooses layouts for the whole. Their
rate is set against that of large square products on the same machine, in the same run:
how far the formulation is from the machine.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import fathom as fm
from benchmarks.fathom_networks import network, players
from benchmarks.fathom_train import EpochClock, train
from benchmarks.workloads import GAN_NOISE, WORKLOADS, Workload, milliseconds_per_step
from fathom.optimizers import adam
from fathom.variables import split_state

NAMES = ("middle", "cnn", "cnn_32", "lstm", "transformer", "vae", "gan")
HEADS = ("workload", "GFLOP", "step, ms", "GF/s", "products alone, ms", "GF/s",
         "Adam alone, ms", "rest, ms")  # fmt: skip


class Product(NamedTuple):
    """A matrix product or convolution: what runs it, and shapes and types of both."""

    primitive: Any
    settings: tuple[tuple[str, Any], ...]
    shapes: tuple[Any, ...]

    def run(self, *operands: jax.Array) -> jax.Array:
        """Return the product."""
        return self.primitive.bind(*operands, **dict(self.settings))

    @property
    def operations(self) -> float:
        """Multiplications and additions."""
        made = jax.eval_shape(self.run, *self.shapes)
        settings = dict(self.settings)
        if self.primitive.name == "dot_general":
            (contracted, _), _ = settings["dimension_numbers"]
            depth = np.prod([self.shapes[0].shape[axis] for axis in contracted])
        else:
            kernel = settings["dimension_numbers"].rhs_spec
            sizes = self.shapes[1].shape
            depth = np.prod([sizes[axis] for axis in kernel[1:]])
        return 2.0 * float(np.prod(made.shape)) * float(depth)


def products(jaxpr: Any, times: int = 1) -> Iterator[tuple[Product, int]]:
    """Yield the products of a program, and how often each is run."""
    for equation in jaxpr.eqns:
        if equation.primitive.name in ("dot_general", "conv_general_dilated"):
            shapes = tuple(
                jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype)
                for v in equation.invars
            )
            settings = tuple(equation.params.items())
            yield Product(equation.primitive, settings, shapes), times
        inner = times * equation.params.get("length", 1)
        for parameter in jax.tree.leaves(
            list(equation.params.values()), is_leaf=lambda p: hasattr(p, "eqns")
        ):
            program = getattr(parameter, "jaxpr", parameter)
            if hasattr(program, "eqns"):
                yield from products(program, inner)


def gradients(workload: Workload) -> tuple[Any, list[Any]]:
    """Return the jaxpr of all gradients of a step, and the players' parameters."""
    n, key = workload.batch_size, jax.random.key(0)

    def mean(net: fm.Network, variables: Any, x: Any) -> jax.Array:
        outputs = net.forward(variables, x, training=True, key=key).outputs
        return jnp.mean(outputs)

    if workload.name == "gan":
        forger, judge = players(workload.n_features)
        f, j = forger.init(0), judge.init(1)
        real, noise = jnp.ones((n, workload.n_features)), jnp.ones((n, GAN_NOISE))

        def judged(j: Any, f: Any) -> jax.Array:
            made = forger.apply(f, noise)
            return mean(judge, j, real) + mean(judge, j, made)

        def forged(f: Any, j: Any) -> jax.Array:
            return mean(judge, j, forger.apply(f, noise))

        both = jax.make_jaxpr(
            lambda f, j: (jax.grad(judged)(j, f), jax.grad(forged)(f, j))
        )
        return both(f, j).jaxpr, [f, j]
    net = network(workload)
    variables = net.init(0)
    dtype = np.int32 if workload.kind == "tokens" else np.float32
    x = jnp.ones((n, *net.input_shape), dtype)
    made = jax.make_jaxpr(jax.grad(lambda v: mean(net, v, x)))(variables)
    return made.jaxpr, [split_state(variables)[0]]


def median_time(call: Callable[[], Any], rounds: int) -> float:
    """Return the median over rounds of the mean milliseconds of ten calls."""
    made = jax.block_until_ready(call())
    taken = []
    for _ in range(rounds):
        begin = time.perf_counter()
        for _ in range(10):
            made = call()
        jax.block_until_ready(made)
        taken.append((time.perf_counter() - begin) * 100)
    return statistics.median(taken)


def products_alone(jaxpr: Any, rounds: int) -> tuple[float, float]:
    """Return milliseconds and operations of the products of a step."""
    counts: Counter[Product] = Counter()
    for product, times in products(jaxpr):
        counts[product] += times
    random, milliseconds, operations = np.random.default_rng(0), 0.0, 0.0
    for product, times in counts.items():
        operands = [
            jnp.asarray(random.normal(size=s.shape), s.dtype) for s in product.shapes
        ]
        call = partial(jax.jit(product.run), *operands)
        milliseconds += times * median_time(call, rounds)
        operations += times * product.operations
    return milliseconds, operations


def adam_alone(players: list[Any], rounds: int) -> float:
    """Return milliseconds of Adam on all parameters of a step."""
    rule = adam()

    def update(parameters: Any, memory: Any) -> Any:
        direction, memory = rule.direction.update(parameters, memory, parameters)
        moved = jax.tree.map(lambda p, u: p - 1e-3 * u, parameters, direction)
        return moved, memory

    compiled = jax.jit(update, donate_argnums=(0, 1))
    # Both means start as the same zeros, which cannot be given away twice.
    state = jax.tree.map(jnp.array, [players, rule.direction.init(players)])

    def call() -> Any:
        state[:] = compiled(*state)
        return state

    return median_time(call, rounds)


def square_rate(rounds: int, n: int = 2048) -> float:
    """Return the rate of a large square product, in GF/s."""
    a = jnp.ones((n, n))
    return 2 * n**3 / median_time(partial(jax.jit(jnp.matmul), a, a), rounds) / 1e6


def row(workload: Workload, rounds: int) -> list[str]:
    """Measure a workload."""
    jaxpr, parameters = gradients(workload)
    clock = EpochClock()
    train(workload, 3 + rounds, clock)
    step = milliseconds_per_step(clock.seconds, workload)
    alone, operations = products_alone(jaxpr, rounds)
    update = adam_alone(parameters, rounds)
    numbers = [operations / 1e9, step, operations / step / 1e6, alone,
               operations / alone / 1e6, update, step - alone - update]  # fmt: skip
    return [workload.name, *(f"{number:.3g}" for number in numbers)]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=NAMES)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rate = square_rate(arguments.rounds)
    print(f"A product of 2048 x 2048 runs at {rate:.0f} GF/s.\n")
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}")
    for name in NAMES if arguments.only is None else (arguments.only,):
        print(f"| {' | '.join(row(WORKLOADS[name], arguments.rounds))} |", flush=True)


if __name__ == "__main__":
    main()
