"""What a layer may ask for while it computes, and what it may report.

A `Scope` is made for one trace of the network and thrown away after it. It carries
whether this is training, the layer's random key, which rows of the batch are real, and
the running statistics. `tap(name, value)` makes a number observable under the layer's
address; when nobody listens it returns the value and costs nothing.
"""

from __future__ import annotations

import dataclasses
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jax

Tree = Mapping[str, Any]


@dataclass
class Scope:
    """The surroundings of one layer during one trace.

    Attributes:
        training: Whether dropout drops and batch statistics are used and updated.
        key: Random key of this layer, or None if nothing in the network is random.
        mask: (batch,) 1 for a real row and 0 for padding, or None if all are real.
        state: Running statistics of this layer and those inside it.
        path: The address so far, such as `residual_1/dense_2`.
        taps: Where tapped values go, by address; None when nobody listens.
        probes: Values added to taps of the same address and name, so that the
            gradient with respect to a probe is the gradient with respect to the tap.
        new_state: Updated running statistics, collected as the layers compute.
        steps: (batch, time) 1 for a real step of a sequence and 0 for padding, or None
            if all are real. A layer that finds the padding sets it for those after it.
        streams: The named values beside the one that flows through the layers, such as
            the encoder's output for a decoder's attention.
        precision: "float32", or "bfloat16" for matrix products with rounded factors.
        penalties: (batch,) terms that layers add to each example's loss.
        frozen: Addresses of layers that do not learn; normalization inside them uses
            its running statistics.
        seen: Parameters of the layers applied so far by address, for weight tying.
    """

    training: bool = False
    key: jax.Array | None = None
    mask: jax.Array | None = None
    state: Tree = field(default_factory=dict[str, Any])
    path: str = ""
    taps: dict[str, dict[str, Any]] | None = None
    probes: Tree = field(default_factory=dict[str, Any])
    new_state: dict[str, Any] = field(default_factory=dict[str, Any])
    steps: jax.Array | None = None
    streams: Tree = field(default_factory=dict[str, Any])
    precision: str = "float32"
    frozen: frozenset[str] = frozenset()
    penalties: list[jax.Array] = field(default_factory=list[jax.Array])
    seen: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def is_watched(self) -> bool:
        """Whether taps or probes need every number in between.

        A layer with a faster way that skips some of them takes the plain way then.
        """
        return self.taps is not None or bool(self.probes)

    @property
    def address(self) -> str:
        """The path without the blocks and arrays in brackets, which share a layer."""
        return re.sub(r"\[[^]]*\]", "", self.path)

    @property
    def is_frozen(self) -> bool:
        """Whether this layer, or one it is part of, does not learn."""
        parts = self.address.split("/")
        ways = ("/".join(parts[: i + 1]) for i in range(len(parts)))
        return bool(self.frozen) and any(way in self.frozen for way in ways)

    def child(self, name: str) -> Scope:
        """Return the scope of a layer inside this one.

        Its key depends on the name and not on the position, so that adding a layer
        leaves the random numbers of the others as they were.
        """
        key = self.key
        if key is not None:
            key = jax.random.fold_in(key, zlib.crc32(name.encode()))
        state = self.state.get(name, {})
        new_state: dict[str, Any] = dict(state)
        if state:
            self.new_state[name] = new_state
        path = f"{self.path}/{name}" if self.path else name
        return dataclasses.replace(
            self, key=key, state=state, path=path, new_state=new_state
        )

    def tap(self, name: str, value: jax.Array) -> jax.Array:
        """Make a value observable under this layer's address, and return it."""
        probe = self.probes.get(self.path, {}).get(name)
        if probe is not None:
            value = value + probe
        if self.taps is not None:
            self.taps.setdefault(self.path, {})[name] = value
        return value

    def penalize(self, per_example: jax.Array) -> None:
        """Add a term (batch,) to each example's loss, as a KL divergence does."""
        self.penalties.append(per_example)

    def update(self, **statistics: jax.Array) -> None:
        """Report new running statistics of this layer."""
        self.new_state.update(statistics)
