"""How layers made of layers are written out: shortcuts, branches, loops, streams."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from fathom.export.eject_code import call, listed
from fathom.export.eject_flow import Flow, Stream, not_yet, walk
from fathom.layers import Attention, Chain, Concat, Join, On, Repeat, Residual
from fathom.layers.layer import Layer, Shapes


def chain(layer: Chain, flow: Flow) -> None:
    """Write one layer after the other."""
    walk(layer.layers, flow)


def residual(layer: Residual, flow: Flow) -> None:
    """Write x = x + f(x)."""
    before = flow.body.variable(f"{flow.name}_input")
    flow.body.write(f"{before} = ", "x")
    walk(layer.layers, flow)
    flow.body.write("x = ", f"{before} + x")
    flow.body.taken.discard(before)


def concat(layer: Concat, flow: Flow) -> None:
    """Write each branch, and put what comes out side by side."""
    entry, shape = flow.body.variable(f"{flow.name}_input"), flow.shape
    flow.body.write(f"{entry} = ", "x")
    parts: list[str] = []
    at_entry, steps = True, flow.steps
    for i, branch in enumerate(layer.layers, start=1):
        if isinstance(branch, Chain) and not branch.layers:
            parts.append(entry)
            continue
        if not at_entry:
            flow.body.write("x = ", entry)
        flow.shape, flow.steps, at_entry = shape, steps, False
        walk([branch], flow)
        parts.append(flow.body.variable(f"{flow.name}_branch_{i}"))
        flow.body.write(f"{parts[-1]} = ", "x")
    flow.body.write("x = ", call("np.concatenate", listed(*parts), axis=-1))
    flow.body.taken.difference_update(parts, [entry])
    flow.steps = steps


def repeat(layer: Repeat, flow: Flow) -> None:
    """Write a loop over the blocks, each with its part of the stacked weights."""
    body = flow.body
    counter = "_" if layer.shared else next(n for n in "ijklmn" if n not in body.taken)
    body.taken.add(counter)
    masks = {name: stream.steps for name, stream in flow.streams.items()}
    first = len(body.lines) + 1
    body.write(f"for {counter} in range({layer.n}):", "")
    body.depth += 1
    blocks = flow.blocks if layer.shared else (*flow.blocks, counter)
    inner = dataclasses.replace(flow, blocks=blocks, seen=dict(flow.seen))
    walk(layer.layers, inner)
    steps = [line for line in body.lines[first:] if line.optional is None]
    if all(line.text[0].lstrip().startswith("#") for line in steps):
        body.write("pass", "")  # a loop needs a statement
    body.depth -= 1
    body.taken.discard(counter)
    if masks != {name: stream.steps for name, stream in flow.streams.items()}:
        raise not_yet(layer, flow, "a block inside finds padded steps of named arrays")


def on(layer: On, flow: Flow) -> None:
    """Write the layers for each of the arrays, and hand the others through."""
    looked_at = {a.memory for a in _attentions(layer.layers)}
    waits = len(layer.names) > 1 and bool(looked_at & set(layer.names))
    found: dict[str, Stream] = {}
    for name in layer.names:
        old = flow.streams[name]
        flow.body.write("x = ", old.variable)
        inner = dataclasses.replace(
            flow, shape=old.shape, steps=old.steps, length=old.length
        )
        walk(layer.layers, inner)
        # Where another array's layers look at this one, they look at the old one.
        variable = flow.body.variable(f"{name}_new") if waits else old.variable
        flow.body.write(f"{variable} = ", "x")
        found[name] = Stream(variable, inner.shape, inner.steps, inner.length)
    for name, stream in found.items():
        old = flow.streams[name]
        if waits:
            flow.body.write(f"{old.variable} = ", stream.variable)
        flow.streams[name] = dataclasses.replace(stream, variable=old.variable)


def _attentions(layers: Sequence[Layer]) -> Iterator[Attention]:
    for layer in layers:
        if isinstance(layer, Attention):
            yield layer
        yield from _attentions(getattr(layer, "layers", ()))


def join(layer: Join, flow: Flow) -> None:
    """Write one array made of several."""
    parts = [flow.streams[name] for name in layer.names]
    names = [part.variable for part in parts]
    if len(parts) == 1:
        flow.steps, flow.length = parts[0].steps, parts[0].length
        flow.body.write("x = ", names[0])
    elif layer.how == "concat":
        flow.body.write("x = ", call("np.concatenate", listed(*names), axis=-1))
    else:
        sign = {"add": " + ", "subtract": " - ", "multiply": " * "}[layer.how]
        flow.body.write("x = ", sign.join(names))


def entrance(shape: Any, flow: Flow) -> None:
    """Write one variable for each of a network's named inputs."""
    if isinstance(shape, Shapes):
        for name, own in shape.items():
            variable = flow.body.variable(name)
            flow.streams[name] = Stream(variable, own)
            flow.body.write(f"{variable} = ", f'x["{name}"]', optional=variable)
