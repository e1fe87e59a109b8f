"""A trained model as one readable file of Python that needs NumPy alone.

`fathom eject RUN` writes it, with the weights beside it: for teaching, where every step
from the cell of a table to the answer is to be read; for audits; and for machines on
which nothing large can be installed. The weights stay in the project's own format,
safetensors, because it can be read in twenty lines and holds nothing that can be run.

    eject_source                  which functions the file needs, and their source
    eject_files, _columns, ...    those functions
    eject_flow, _rules, ...       the forward pass, one rule for each layer
    eject_inputs, _answers        from raw rows to inputs, from outputs to answers
"""

from __future__ import annotations

import itertools
import textwrap
from os import PathLike
from pathlib import Path

from fathom.errors import InputError
from fathom.export.eject_answers import (
    answers_section,
    arrays,
    inputs_section,
    main_section,
)
from fathom.export.eject_blocks import entrance
from fathom.export.eject_code import literal
from fathom.export.eject_flow import Body, Flow, shown, walk
from fathom.export.eject_inputs import Section
from fathom.export.eject_source import Sources, library, sources
from fathom.files import make_folder, unwritable, write_text
from fathom.layers.layer import Shapes
from fathom.model import Model
from fathom.network import Network
from fathom.variables import parameter_count
from fathom.weights import write_weights

PROGRAM, WEIGHTS = "predict.py", "weights.safetensors"
# Names that `forward` must not use for a variable, beside those of the library.
_OWN = ("x", "w", "z", "len", "range", "forward", "inputs", "encode", "predict")

_LAYERS = ("eject_activations", "eject_layers", "eject_convolution",
           "eject_sequences", "eject_spiking")  # fmt: skip
_ROWS = ("eject_columns", "eject_dates")
_FILES = ("eject_files",)


def eject(model: Model, path: str | Path, data: str = "") -> tuple[Path, Path]:
    """Write a model as one file of Python, with its weights beside it.

    Args:
        model: The model.
        path: A file that ends in .py, whose weights are then called like it; or a new
            or empty folder, for predict.py and weights.safetensors.
        data: What the model was trained on, for the file's first lines.

    Returns:
        The file, and that of the weights.

    Raises:
        InputError: If something is there already, or a layer cannot be written.
    """
    if not isinstance(path, (str, PathLike)):
        raise InputError(
            f"eject needs the name of a file that ends in .py, or of a folder. Got "
            f"{path!r}."
        )
    program = Path(path)
    is_folder = program.suffix != ".py"
    program = program / PROGRAM if is_folder else program
    weights = program.with_suffix(".safetensors")
    weights = weights.with_name(WEIGHTS) if is_folder else weights
    text = source(model, program.name, weights.name, data)
    if is_folder:
        make_folder(program.parent)
    for file in (program, weights):
        if file.exists():
            raise InputError(
                f"{file} exists. Nothing is ever overwritten: name another file or "
                f"remove this one."
            )
    try:
        write_weights(weights, arrays(model.variables))
        write_text(program, text)
    except OSError as error:
        raise unwritable(program.parent, error) from error
    return program, weights


def source(
    model: Model, program: str = PROGRAM, weights: str = WEIGHTS, data: str = ""
) -> str:
    """Return the text of the file.

    Args:
        model: The model.
        program: Name of the file.
        weights: Name of the file with the weights.
        data: What the model was trained on.

    Raises:
        InputError: If a layer cannot be written.
    """
    forward = forward_section(model.network)
    rows, answers = inputs_section(model), answers_section(model)
    main = main_section(model, weights)
    sections = (forward, rows, answers, main)
    found = sources({name for section in sections for name in section.used})
    parts = [
        _introduction(model, program, weights, data),
        "\n".join(found.imports),
        "\n".join(found.types),
        *_part("1. What the layers compute", found, _LAYERS, Section()),
        *_part("2. The network", found, (), forward),
        *_part("3. From rows to the network's inputs", found, _ROWS, rows),
        *_part("4. From the network's outputs to answers", found, (), answers),
        *_part("5. Files", found, _FILES, main),
    ]
    return _spaced([part for part in parts if part])


def forward_section(network: Network) -> Section:
    """Return the part of the file with the forward pass, one line for each layer."""
    imports, pieces = library()
    body = Body(taken={*imports, *pieces, *_OWN})
    shape = network.known_input_shape
    flow = Flow(body, shape)
    entrance(shape, flow)
    walk(network.layers, flow)
    lines = body.text()
    section = Section(used={*body.used, "Array"})
    if any("np." in line for line in lines):
        section.used.add("np")
    kind = "dict[str, Array]" if isinstance(shape, Shapes) else "Array"
    section.function(
        f"forward(x: {kind}, w: dict[str, Array]) -> Array",
        [
            f"Return the network's outputs {shown(network.output_shape)}.",
            "",
            *textwrap.wrap(
                f"The inputs x are {shown(shape)}, the weights w by name.", 84
            ),
        ],
        [*lines, "    return x"],
    )
    return section


def _part(
    title: str, found: Sources, modules: tuple[str, ...], section: Section
) -> list[str]:
    constants = [t for m in modules for t in found.constants.get(m, [])]
    functions = [t for m in modules for t in found.functions.get(m, [])]
    data = "\n".join(section.constants)  # which may call the functions
    content = ["\n".join(constants), *functions, data, *section.functions]
    content = [text for text in content if text]
    if not content:
        return []
    return [f"# {title}\n# {'-' * len(title)}", *content]


def _spaced(parts: list[str]) -> str:
    """Return parts with two empty lines around functions, and one elsewhere."""
    text = parts[0]
    for before, part in itertools.pairwise(parts):
        is_code = part.startswith(("def ", "if ")) or before.startswith(("def ", "if "))
        text += ("\n\n\n" if is_code else "\n\n") + part
    return text + "\n"


def _introduction(model: Model, program: str, weights: str, data: str) -> str:
    """Return the docstring: what it is, how to run it, where it came from."""
    stem = Path(program).stem
    what = "A neural network"
    if model.target is not None:
        what += f" that predicts {' and '.join(model.target.names)}"
    about, n = model.about, parameter_count(model.variables)
    rows = about.get("training_examples")
    learned = f"Its {n:,} numbers were learned"
    learned += f" from {rows:,} rows" if isinstance(rows, int) else ""
    learned += f" of {data}" if data else ""
    epochs = about.get("best_epoch") or about.get("epochs")
    learned += f" in {epochs} epochs" if epochs else ""
    learned += f" (Fathom {about['fathom']})" if "fathom" in about else ""
    learned += f". They are in {weights} beside this file."
    read = (
        "Read it from top to bottom: what the layers compute, the network made of them "
        "(forward), how a row becomes its inputs, and how its outputs become answers."
    )
    paragraphs = [
        f"{what}, in NumPy alone.",
        _usage(model, program, stem),
        *("\n".join(textwrap.wrap(text, 88)) for text in (learned, read)),
    ]
    text = "\n\n".join(paragraphs)
    safe = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""{safe}\n"""'


def _usage(model: Model, program: str, stem: str) -> str:
    """Return the lines that show how the file is run and how it is imported."""
    shape = model.network.known_input_shape
    kind, example = "csv", "rows"
    if model.preprocessing is not None:
        names = model.preprocessing.columns
        row = ", ".join(f"{literal(name)}: ..." for name in names[:2])
        example = f"[{{{row}{', ...' if len(names) > 2 else ''}}}]"
    elif isinstance(shape, Shapes):
        kind, row = "npz", ", ".join(f'"{name}": ...' for name in shape)
        example = f"{{{row}}}"
    lines = [f"    python {program} rows.{kind}"]
    if stem.isidentifier():
        lines += ["", f"    from {stem} import predict", f"    predict({example})"]
    return "\n".join(lines)
