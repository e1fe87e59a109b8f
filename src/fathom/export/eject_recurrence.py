"""How layers that go over or look at the steps of a sequence are written out."""

from __future__ import annotations

from typing import Any

from fathom import layers
from fathom.export.eject_code import Call, Code, call, flat, listed
from fathom.export.eject_flow import Flow, named_activation


def recurrent(layer: Any, flow: Flow) -> None:
    """Write the loop over the steps, both ways if there are two."""
    if not layer.bidirectional:
        flow.set(_kept(_states(layer, flow, "", False), layer, False))
    else:
        ahead = flow.body.variable(f"{flow.name}_forward")
        back = flow.body.variable(f"{flow.name}_backward")
        states = _states(layer, flow, "/forward", False)
        flow.body.write(f"{ahead} = ", _kept(states, layer, False))
        states = _states(layer, flow, "/backward", True)
        flow.body.write(f"{back} = ", _kept(states, layer, True))
        flow.set(call("np.concatenate", listed(ahead, back), axis=-1))
        flow.body.taken.difference_update([ahead, back])
    if layer.returns == "sequence" and flow.steps is not None:
        flow.set(call("np.where", f"{flow.steps}[:, :, None]", "x", "0.0"))


def _states(layer: Any, flow: Flow, way: str, backward: bool) -> Call:
    turned = "[:, ::-1]" if backward else ""
    given: list[Code] = [f"x{turned}", flow.own(way)]
    if isinstance(layer, layers.RNN):
        name = named_activation(layer, flow)
        flow.body.used.add(name)
        given.append(name)
    if flow.steps is not None:
        given.append(f"{flow.steps}{turned}")
    return flow.call(layer.kind, *given)


def _kept(states: Call, layer: Any, backward: bool) -> Call:
    """Return the code for the last state, or all in the order of time."""
    tail = "[:, -1]" if layer.returns == "last" else "[:, ::-1]" if backward else ""
    return Call(states.head, states.inside, tail)


def attention(layer: layers.Attention, flow: Flow) -> None:
    """Write what is looked at, and the attention."""
    source, steps = "x", flow.steps
    if layer.memory is not None:
        memory = flow.streams[layer.memory]
        source, steps = memory.variable, memory.steps
    masks: list[Code] = (
        [flow.call("causal", str(flow.shape[0]))] if layer.causal else []
    )
    masks += [f"{steps}[:, None, None, :]"] if steps is not None else []
    named: list[Code] = []
    if masks:
        named.append("mask=" + " & ".join(map(flat, masks)))
    if layer.rotary:
        flow.body.used.add("rotate")
        named.append("turn=rotate")
    given = [source, flow.own(), f"heads={layer.heads}", *named]
    flow.set(flow.call("attention", "x", *given))


CODES = {"constant": "constant_current", "rate": "even_spikes",
         "latency": "first_spikes"}  # fmt: skip


def encode(layer: layers.Encode, flow: Flow) -> None:
    """Write the current or the spikes that a row becomes."""
    flow.set(flow.call(CODES[layer.code], "x", steps=layer.steps))


def spiking(layer: layers.Spiking, flow: Flow) -> None:
    """Write the neurons that spike."""
    named = {"decay": layer.decay, "threshold": layer.threshold, "reset": layer.reset}
    flow.set(flow.call("spiking", "x", flow.own(), *_masked(flow), **named))


def leaky_readout(layer: layers.LeakyReadout, flow: Flow) -> None:
    """Write what is read of neurons that sum and do not spike."""
    named = {"decay": layer.decay, "over": layer.over}
    z = flow.call("leaky_readout", "x", flow.own(), *_masked(flow), **named)
    flow.set(z, named_activation(layer, flow))


def _masked(flow: Flow) -> list[Code]:
    return [] if flow.steps is None else [f"real={flow.steps}"]
