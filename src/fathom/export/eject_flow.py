"""Walking through a network while its forward pass is written out, line by line.

A `Flow` is to the lines what `fathom.layers.Scope` is to the values: where we are, what
shape flows, and which steps of a sequence are real. Here x is the variable that flows.
"""

from __future__ import annotations

import dataclasses
import keyword
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fathom.errors import InputError
from fathom.export.eject_code import WIDTH, Call, Code, call, flat, statement
from fathom.layers import On
from fathom.layers.layer import Layer, Shapes, name_of


@dataclass
class Line:
    """Lines of one statement.

    Attributes:
        text: They, indented.
        optional: Name that they define, if they are left out where nothing uses it.
        uses: Names of that kind that they use.
    """

    text: list[str]
    optional: str | None = None
    uses: tuple[str, ...] = ()


@dataclass
class Stream:
    """One of several named arrays: its variable, shape, and mask of its steps."""

    variable: str
    shape: Any
    steps: str | None = None
    length: int = 0


@dataclass
class Body:
    """The lines of `forward` so far, and the names that they use.

    Attributes:
        lines: In order.
        used: Functions and modules that the lines call.
        taken: Variables.
        depth: Levels of indentation.
    """

    lines: list[Line] = field(default_factory=list[Line])
    used: set[str] = field(default_factory=set[str])
    taken: set[str] = field(default_factory=set[str])
    depth: int = 1

    def say(self, text: str) -> None:
        """Write a comment."""
        start = "    " * self.depth + "# "
        lines = textwrap.wrap(text, WIDTH - len(start), break_long_words=False)
        self.lines.append(Line([start + line for line in lines]))

    def write(self, start: str, code: Code, optional: str | None = None) -> None:
        """Write a statement, unless it defines an optional name that nothing uses."""
        text = flat(code)
        names = {line.optional for line in self.lines if line.optional is not None}
        uses = tuple(names & set(re.findall(r"\w+", text)))
        self.lines.append(Line(statement(start, code, self.depth), optional, uses))

    def text(self) -> list[str]:
        """Return the lines, without those that define what nothing uses."""
        needed: set[str] = set()
        kept: list[Line] = []
        for line in reversed(self.lines):
            if line.optional is None or line.optional in needed:
                needed.update(line.uses)
                kept.append(line)
        return [text for line in reversed(kept) for text in line.text]

    def variable(self, wanted: str) -> str:
        """Return a new name for a variable."""
        wanted += "_" if keyword.iskeyword(wanted) else ""
        name, n = wanted, 2
        while name in self.taken:
            name, n = f"{wanted}_{n}", n + 1
        self.taken.add(name)
        return name


@dataclass
class Flow:
    """The surroundings of a layer.

    Attributes:
        body: Where lines go.
        path: Address of the layer.
        shape: Of what flows in, without the batch; `Shapes` of named arrays.
        steps: Name of the mask of real steps, or None if all are real.
        length: How many steps the mask has.
        blocks: The counters of the repeated blocks that the layer is in.
        streams: The named arrays, as they flow or beside x.
        seen: Counters of the layers so far by address, for weight tying.
    """

    body: Body
    shape: Any
    path: str = ""
    steps: str | None = None
    length: int = 0
    blocks: tuple[str, ...] = ()
    streams: dict[str, Stream] = field(default_factory=dict[str, Stream])
    seen: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def name(self) -> str:
        """The layer's own name, the last part of its address."""
        return self.path.rpartition("/")[2]

    def child(self, name: str) -> Flow:
        """Return the surroundings of a layer inside this one."""
        path = f"{self.path}/{name}" if self.path else name
        return dataclasses.replace(self, path=path)

    def weight(self, name: str) -> str:
        """Return the code for one of the layer's weights."""
        return self.stored(f"{self.path}/{name}", self.blocks)

    def state(self, name: str) -> str:
        """Return the code for one of the layer's running statistics."""
        return self.stored(f"state/{self.path}/{name}", self.blocks)

    @staticmethod
    def stored(name: str, blocks: Sequence[str]) -> str:
        """Return the code for a stored array, of one block if it is stacked."""
        block = f"[{', '.join(blocks)}]" if blocks else ""
        return f'w["{name}"]{block}'

    def own(self, part: str = "") -> Code:
        """Return the code for all of the layer's weights by name."""
        return self.call("layer", "w", f'"{self.path}{part}"', *self.blocks)

    def call(self, function: str, *inside: Code, **named: Any) -> Call:
        """Return the call of one of the file's functions."""
        self.body.used.add(function)
        return call(function, *inside, **named)

    def set(self, code: Code, activation: Any = None) -> None:
        """Write x = code, or x = activation(code)."""
        if activation in (None, "identity"):
            self.body.write("x = ", code)
            return
        self.body.used.add(activation)
        both = call(activation, code)
        if len(statement("x = ", both, self.body.depth)) == 1:
            self.body.write("x = ", both)
        else:
            self.body.write("z = ", code)
            self.body.write("x = ", call(activation, "z"))

    def mark(self, code: str) -> None:
        """Write the mask of real steps, beside what was known."""
        name = self.body.variable("real")
        if self.steps is not None and self.length == self.shape[0]:
            code = f"({code}) & {self.steps}"
        self.body.write(f"{name} = ", code, optional=name)
        self.steps, self.length = name, self.shape[0]


# What a rule does: write the lines of a layer, and tell the flow of a new mask.
Rule = Callable[[Any, Flow], None]


def not_yet(layer: Layer, flow: Flow, why: str = "") -> InputError:
    """Return the message for a layer that cannot be ejected."""
    return InputError(
        f"Cannot eject '{flow.path}': not this layer yet "
        f"({type(layer).__name__}){why and ': ' + why}."
    )


def named_activation(layer: Any, flow: Flow) -> str:
    """Return the name of a layer's activation; refuse a function."""
    if not isinstance(layer.activation, str):
        raise not_yet(
            layer,
            flow,
            f"its activation is a function of one's own, {layer.activation!r}, whose "
            f"source cannot be written to a file; name an activation",
        )
    return layer.activation


def shown(shape: Any) -> str:
    """Return a shape with the batch axis, as comments show it."""
    if isinstance(shape, Shapes):
        return ", ".join(f"{name} {shown(own)}" for name, own in shape.items())
    return "(" + ", ".join(["batch", *map(str, shape)]) + ")"


def walk(layers: Sequence[Layer], flow: Flow) -> None:
    """Write the lines of layers one after the other.

    Raises:
        InputError: If there is no rule for a layer.
    """
    from fathom.export.eject_rules import REMARKS, RULES

    for layer in layers:
        inner = flow.child(name_of(layer))
        kind = type(layer)
        shape: Any = layer.output_shape(flow.shape)
        if kind not in RULES:
            raise not_yet(layer, inner)
        names = f", on {' and '.join(layer.names)}" if isinstance(layer, On) else ""
        remark = REMARKS.get(kind, "")
        flow.body.say(f"{inner.path}{names}: {shown(shape)}{remark and ', ' + remark}")
        flow.seen[inner.path] = inner.blocks
        RULES[kind](layer, inner)
        flow.shape = shape
        keeps = _has_steps(shape, inner.length)
        flow.steps, flow.length = (inner.steps if keeps else None), inner.length


def _has_steps(shape: Any, length: int) -> bool:
    """Say whether a shape still has the axis of time that a mask is of."""
    return not isinstance(shape, Shapes) and len(shape) > 1 and shape[0] == length
