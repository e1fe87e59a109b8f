"""Which functions an ejected file needs, and their source.

The functions of an ejected file stand in the modules beside this one
(`eject_activations`, `eject_layers`, ...), where they are checked and tested like all
others. Here they are looked up by name, with every function, constant and import that
they use in turn.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

PACKAGE = "fathom.export"
# In the order in which a reader wants to meet them.
MODULES = (
    "eject_files",
    "eject_columns",
    "eject_dates",
    "eject_activations",
    "eject_layers",
    "eject_convolution",
    "eject_sequences",
    "eject_spiking",
)


# Names of types, which stand above all sections.
TYPES = ("Array", "Weights")


@dataclass(frozen=True)
class Piece:
    """A function or constant of one of the modules.

    Attributes:
        module: Where it stands.
        text: Its source, with the comment above a constant.
        uses: Names that occur in it and that it does not define.
        is_constant: Whether it is no function.
    """

    module: str
    text: str
    uses: frozenset[str]
    is_constant: bool


@dataclass(frozen=True)
class Sources:
    """What an ejected file takes over.

    Attributes:
        imports: Import statements.
        types: Names of types.
        constants: By module.
        functions: By module.
    """

    imports: list[str]
    types: list[str]
    constants: dict[str, list[str]]
    functions: dict[str, list[str]]


def sources(wanted: Iterable[str]) -> Sources:
    """Return what the names wanted need, and what that needs in turn.

    Args:
        wanted: Names of functions, and of modules such as `np`.

    Example:
        >>> found = sources(["silu"])
        >>> [text.split("(")[0] for text in found.functions["eject_activations"]]
        ['def sigmoid', 'def silu']
        >>> found.imports, found.types
        (['import numpy as np'], ['Array = np.ndarray'])
    """
    imports, pieces = library()
    needed: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            if name in pieces:
                waiting += pieces[name].uses
    types, constants, functions = [], {}, {}
    for name, piece in pieces.items():
        if name not in needed:
            continue
        if name in TYPES:
            types.append(piece.text)
            continue
        kind = constants if piece.is_constant else functions
        texts = kind.setdefault(piece.module, [])
        if piece.text not in texts:  # one statement may define two constants
            texts.append(piece.text)
    return Sources(_imports(imports, needed), types, constants, functions)


def _imports(known: dict[str, str], needed: set[str]) -> list[str]:
    """Return import statements, those from one module in one line."""
    plain = sorted({line for name, line in known.items()
                    if name in needed and line.startswith("import ")})  # fmt: skip
    parts: dict[str, list[str]] = {}
    for name in sorted(needed & known.keys()):
        if known[name].startswith("from "):
            parts.setdefault(known[name].split()[1], []).append(name)
    named = [f"from {module} import {', '.join(names)}"
             for module, names in sorted(parts.items())]  # fmt: skip
    own = [line for line in plain if "numpy" not in line]
    numpy = [line for line in plain if "numpy" in line]
    return [*own, *named, *([""] if own or named else []), *numpy]


@cache
def library() -> tuple[dict[str, str], dict[str, Piece]]:
    """Return the imports and the pieces of all modules, by the names they define."""
    imports: dict[str, str] = {}
    pieces: dict[str, Piece] = {}
    for module in MODULES:
        text = resources.files(PACKAGE).joinpath(f"{module}.py").read_text("utf-8")
        lines = text.splitlines()
        for node in ast.parse(text).body:
            imports.update(_imported(node))
            for name in _defined(node):
                pieces.setdefault(name, _piece(module, node, lines))
    return imports, pieces


def _imported(node: ast.stmt) -> dict[str, str]:
    if isinstance(node, ast.Import):
        return {a.asname or a.name: ast.unparse(node) for a in node.names}
    if isinstance(node, ast.ImportFrom) and node.module:
        ours = node.module.split(".")[0] in ("fathom", "__future__")
        head = f"from {node.module} import "
        return {} if ours else {a.name: head + a.name for a in node.names}
    return {}


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [
            part.id
            for target in node.targets
            for part in ast.walk(target)
            if isinstance(part, ast.Name)
        ]
    return []


def _piece(module: str, node: ast.stmt, lines: list[str]) -> Piece:
    first, last = node.lineno - 1, node.end_lineno
    is_constant = not isinstance(node, ast.FunctionDef)
    while is_constant and lines[first - 1].startswith("#"):
        first -= 1
    names, own = set[str](), set[str]()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            (names if isinstance(part.ctx, ast.Load) else own).add(part.id)
        elif isinstance(part, ast.arg):
            own.add(part.arg)
    text = "\n".join(lines[first:last])
    return Piece(module, text, frozenset(names - own), is_constant)
