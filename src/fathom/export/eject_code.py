"""Statements of Python, laid out as a formatter would, in lines of 88 characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 88


@dataclass(frozen=True)
class Call:
    """A call, list or tuple: what stands before it, what is inside, and its brackets.

    Attributes:
        head: Of a call, what is called; "" for a list.
        inside: The arguments or elements.
        tail: What follows, such as "[:, -1]".
        brackets: "()" or "[]".
    """

    head: str
    inside: tuple[Code, ...]
    tail: str = ""
    brackets: str = "()"


Code = str | Call


def call(head: str, *inside: Code, **named: Any) -> Call:
    """Return a call; named arguments are values, or code."""
    given = tuple(f"{name}={literal(value)}" for name, value in named.items())
    return Call(head, (*inside, *given))


def listed(*elements: Code) -> Call:
    """Return a list."""
    return Call("", elements, "", "[]")


def flat(code: Code) -> str:
    """Return code in one line.

    Example:
        >>> flat(call("dense", "x", "w", bias=0.5))
        'dense(x, w, bias=0.5)'
    """
    if isinstance(code, str):
        return code
    first, last = code.brackets
    inside = ", ".join(map(flat, code.inside))
    return f"{code.head}{first}{inside}{last}{code.tail}"


def statement(start: str, code: Code, depth: int = 1, end: str = "") -> list[str]:
    """Return the lines of a statement, such as start "x = " and code "relu(x)".

    Args:
        start: What stands before the code.
        code: The code.
        depth: How many levels it is indented.
        end: What stands behind it.
    """
    margin = "    " * depth
    line = margin + start + flat(code) + end
    if len(line) <= WIDTH or isinstance(code, str) or not code.inside:
        return [line]
    first, last = code.brackets
    opened, closed = margin + start + code.head + first, margin + last + code.tail + end
    inside = "    " + margin + ", ".join(map(flat, code.inside))
    if len(inside) <= WIDTH and code.brackets == "()":
        return [opened, inside, closed]
    lines = [part for one in code.inside for part in statement("", one, depth + 1, ",")]
    return [opened, *lines, closed]


def literal(value: Any) -> str:
    """Return a value as Python writes it, texts in double quotes.

    Example:
        >>> print(literal(("it's", 1.0, None)))
        ("it's", 1.0, None)
    """
    if isinstance(value, str):
        text = repr(value)
        if text.startswith("'") and '"' not in text:
            text = '"' + text[1:-1].replace("\\'", "'") + '"'
        return text
    if isinstance(value, tuple):
        inside = ", ".join(map(literal, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return repr(value)


def paragraph(words: Sequence[str], margin: str = "") -> list[str]:
    """Return words in lines that are not too long."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word) <= WIDTH:
            lines[-1] += " " + word
        else:
            lines.append(margin + word)
    return lines
