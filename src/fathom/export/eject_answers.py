"""How the way from a network's outputs to answers, and the command line, are written.

What comes out is what `Model.predict` gives, and what `fathom predict` prints.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fathom.export.eject_code import listed, literal
from fathom.export.eject_inputs import Section, table_section
from fathom.layers import Chain, Embedding, On
from fathom.layers.layer import Layer, Shapes
from fathom.model import Model


def inputs_section(model: Model) -> Section:
    """Return the part of the file that makes the network's inputs."""
    if model.preprocessing is not None:
        return table_section(model.preprocessing)
    section = Section(used={"Any", "np", "Array", "as_input"})
    shape = model.network.known_input_shape
    if not isinstance(shape, Shapes):
        section.function(
            "inputs(rows: Any) -> Array",
            [f"Return the network's inputs, {_batch(shape)}; any shape of that size."],
            [f"    return as_input(rows, {_kind(model, None, shape)})"],
        )
        return section
    lines = [
        f'        "{name}": as_input(rows["{name}"], {_kind(model, name, own)}),'
        for name, own in shape.items()
    ]
    section.function(
        "inputs(rows: dict[str, Any]) -> dict[str, Array]",
        ["Return the network's inputs by name."],
        ["    return {", *lines, "    }"],
    )
    return section


def _batch(shape: tuple[int, ...]) -> str:
    return "(" + ", ".join(["rows", *map(str, shape)]) + ")"


def _kind(model: Model, name: str | None, shape: tuple[int, ...]) -> str:
    """Return the code for shape and type of an input: tokens are whole numbers."""
    layers: list[Layer] = list(model.network.layers)
    if name is not None:
        layers = [one for one in layers if isinstance(one, On) and name in one.names]
    while layers and isinstance(layers[0], (Chain, On)):
        layers = list(layers[0].layers)
    are_tokens = bool(layers) and isinstance(layers[0], Embedding)
    return f"{literal(shape)}, {'np.int64' if are_tokens else 'np.float32'}"


def answers_section(model: Model) -> Section:
    """Return the part of the file with `predict`."""
    section = Section(used={"Any", "np", "Array"})
    if model.target is None:
        section.function(
            "predict(rows: Any) -> Array",
            ["Return the network's outputs for raw rows."],
            ["    return forward(inputs(rows), WEIGHTS)"],
        )
    elif model.target.classes is not None:
        _classes(model, model.target.classes, section)
    else:
        _numbers(model.target, section)
    return section


def _classes(model: Model, classes: tuple[Any, ...], section: Section) -> None:
    section.define("CLASSES", listed(*map(literal, classes)))
    shape = model.network.output_shape
    last = "forward(inputs(rows), WEIGHTS)"
    if len(shape) > 1 and shape[-1] > 1:
        body = [f"    return {last}"]
    elif math.prod(shape) == 1:
        body = [
            f"    p = {last}.reshape(-1, 1)  # of the second class",
            "    return np.concatenate([1 - p, p], axis=1)",
        ]
    elif len(shape) > 1:
        body = [f"    return {last}.reshape(-1, {math.prod(shape)})"]
    else:
        body = [f"    return {last}"]
    where = "(rows, ..., classes)" if len(shape) > 1 else f"(rows, {len(classes)})"
    section.function(
        "predict_proba(rows: Any) -> Array",
        [f"Return the probability of every class, {where}, in the order of CLASSES."],
        body,
    )
    section.function(
        "predict(rows: Any) -> Array",
        ["Return the most probable class of every row."],
        ["    return np.array(CLASSES)[predict_proba(rows).argmax(axis=-1)]"],
    )


def _numbers(target: Any, section: Section) -> None:
    n = len(target.names)
    section.define("MEAN", listed(*map(repr, target.mean)))
    section.define("STD", listed(*map(repr, target.std)))
    section.function(
        "predict(rows: Any) -> Array",
        [
            "Return the predicted number of every row, in its own unit."
            if n == 1
            else f"Return the {n} predicted numbers of every row, in their own units."
        ],
        [
            "    z = forward(inputs(rows), WEIGHTS).astype(float)  # standardized",
            f"    values = z.reshape(len(z), {n}) * STD + MEAN",
            f"    return values{'[:, 0]' if n == 1 else ''}",
        ],
    )


def main_section(model: Model, weights: str) -> Section:
    """Return the part of the file that is run by `python predict.py rows.csv`."""
    section = Section(used={"Path", "sys", "read_weights", "write_answers"})
    reader = "read_csv"
    if model.preprocessing is None:
        is_named = isinstance(model.network.input_shape, Shapes)
        reader = "read_arrays" if is_named else "read_array"
    section.used.add(reader)
    body = [f"    rows = {reader}(Path(path))", *_answers(model, section)]
    section.function(
        "main(path: str) -> None", ["Print the answers for the rows of a file."], body
    )
    section.functions.append(
        f"WEIGHTS = read_weights(Path(__file__).with_name({literal(weights)}))"
    )
    example = "rows.npz" if reader == "read_arrays" else "rows.csv"
    section.functions.append(
        'if __name__ == "__main__":\n'
        "    if len(sys.argv) != 2:\n"
        f'        sys.exit(f"Usage: python {{sys.argv[0]}} {example}")\n'
        "    try:\n"
        "        main(sys.argv[1])\n"
        "    except (OSError, ValueError) as error:\n"
        '        sys.exit(f"Error: {error}")'
    )
    return section


def _answers(model: Model, section: Section) -> list[str]:
    """Return the lines that print a column for each answer."""
    target, shape = model.target, model.network.output_shape
    several = len(shape) > 1 and shape[-1] > 1
    if target is not None and target.classes is not None and not several:
        return [
            '    answers = {"prediction": predict(rows)}',
            "    for name, column in zip(CLASSES, predict_proba(rows).T, strict=True):",
            '        answers[f"probability_{name}"] = column',
            "    write_answers(answers)",
        ]
    n = math.prod(shape)
    if target is not None and target.classes is not None:
        n = math.prod(shape[:-1])
    if n == 1:
        return ['    write_answers({"prediction": predict(rows).reshape(-1)})']
    names: Any = target.names if target is not None and not target.classes else range(n)
    if len(names) != n or isinstance(names, range):
        return [
            f"    columns = predict(rows).reshape(-1, {n}).T",
            '    write_answers({f"prediction_{i}": one for i, one in '
            "enumerate(columns)})",
        ]
    section.define("TARGETS", listed(*map(literal, names)))
    return [
        "    pairs = zip(TARGETS, predict(rows).T, strict=True)",
        '    write_answers({f"prediction_{name}": column for name, column in pairs})',
    ]


def arrays(tree: Any) -> Any:
    """Return a tree of arrays as float32, or as float64 where they are."""
    if isinstance(tree, dict):
        return {name: arrays(own) for name, own in tree.items()}
    array = np.asarray(tree)
    return array if array.dtype == np.float64 else array.astype(np.float32)
