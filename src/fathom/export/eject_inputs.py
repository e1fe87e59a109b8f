"""How the way from raw rows to a network's inputs is written out.

Every column of a table becomes one line of a function `encode`, which says what becomes
of a cell; arrays are checked and handed on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fathom.data.category_encoder import CategoryEncoder
from fathom.data.encoders import BooleanEncoder, NumberEncoder
from fathom.data.image_encoder import ImageEncoder
from fathom.data.preprocessing import Preprocessing
from fathom.data.text_encoder import TextEncoder
from fathom.data.time_encoder import TimeEncoder
from fathom.errors import InputError
from fathom.export.eject_code import (
    Code,
    call,
    listed,
    literal,
    paragraph,
    statement,
)

# Numbers are written with as many digits as an input of float32 can tell.
PRECISION = 1e-9
# More columns than this are written as a rule, if their names follow one.
_MOST_LISTED = 8


@dataclass
class Section:
    """A part of the file.

    Attributes:
        constants: Statements that define data.
        functions: Definitions.
        used: Functions and modules that they call.
    """

    constants: list[str] = field(default_factory=list[str])
    functions: list[str] = field(default_factory=list[str])
    used: set[str] = field(default_factory=set[str])

    def call(self, function: str, *inside: Code, **named: Any) -> Code:
        """Return the call of one of the file's functions."""
        self.used.add(function.lstrip("*"))
        return call(function, *inside, **named)

    def define(self, name: str, value: Code) -> None:
        """Define data."""
        self.constants.append("\n".join(statement(f"{name} = ", value, 0)))

    def function(self, head: str, about: list[str], body: list[str]) -> None:
        """Define a function: its signature, its docstring, and its indented lines."""
        first, *rest = about
        text = [f'    """{first}'] + [line and f"    {line}" for line in rest]
        text = [*text, '    """'] if rest else [text[0] + '"""']
        self.functions.append("\n".join([f"def {head}:", *text, *body]))


def table_section(preprocessing: Preprocessing) -> Section:
    """Return the part of the file that makes inputs of rows of a table."""
    section = Section(used={"Any", "np", "Array"})
    names = preprocessing.columns
    section.define("COLUMNS", _columns(names))
    if preprocessing.image is not None:
        _image_inputs(preprocessing.image, section)
        return section
    lines = [
        line
        for encoder in preprocessing.encoders
        for line in _ENCODERS[encoder.kind](encoder, section)
    ]
    needed = {encoder.name for encoder in preprocessing.encoders}
    unused = [name for name in names if name not in needed]
    wanted = "COLUMNS"
    if unused:
        section.define("UNUSED", listed(*map(literal, unused)))
        wanted = "[name for name in COLUMNS if name not in UNUSED]"
    about = [f"Return the network's {preprocessing.width} inputs for one row."]
    if "number" in section.used:
        about += ["", "A number: what a missing one counts as, mean, standard "
                      "deviation."]  # fmt: skip
    section.function(
        "encode(row: dict[str, Any]) -> list[float]",
        about,
        statement("return ", listed(*lines)),
    )
    section.used |= {"as_rows", "check_columns"}
    section.function(
        "inputs(rows: Any) -> Array",
        [f"Return the network's inputs (rows, {preprocessing.width}) of raw rows."],
        [
            "    rows = as_rows(rows, COLUMNS)",
            *statement("", call("check_columns", "rows", wanted)),
            "    return np.array([encode(row) for row in rows], np.float32)",
        ],
    )
    return section


def _columns(names: Sequence[str]) -> Code:
    """Return the names as a list; those of many pixels as a rule."""
    names = list(names)
    last = re.fullmatch(r"(\w+?)(\d+)(\D*?)(\d*)", names[-1], re.ASCII)
    if last is None or len(names) <= _MOST_LISTED:
        return listed(*map(literal, names))
    first, i, second, j = last.groups()
    if not j and second == "":
        spans = {s: f"range({s}, {int(i) + 1})" for s in (0, 1)}
        for start, span in spans.items():
            if names == [f"{first}{n}" for n in range(start, int(i) + 1)]:
                return f'[f"{first}{{i}}" for i in {span.replace("0, ", "")}]'
    elif j and second.isidentifier():
        rows, columns = int(i) + 1, int(j) + 1
        if names == [f"{first}{n}{second}{m}" for n in range(rows)
                     for m in range(columns)]:  # fmt: skip
            name = f'f"{first}{{i}}{second}{{j}}"'
            return f"[{name} for i in range({rows}) for j in range({columns})]"
    return listed(*map(literal, names))


def _cell(name: str) -> str:
    return f"row.get({literal(name)})"


def _with_missing(encoder: Any, lines: list[Code], read: Code, section: Section) -> Any:
    if encoder.missing:
        lines.append(section.call("missing", read))
    return lines


def _number(encoder: NumberEncoder, section: Section) -> list[Code]:
    lines: list[Code] = []
    std = near(encoder.std, encoder.std)
    if encoder.std:
        fill, mean = (near(v, encoder.std) for v in (encoder.median, encoder.mean))
        given = (_cell(encoder.name), *map(repr, (fill, mean, std)))
        lines.append(section.call("number", *given))
    read = section.call("as_number", _cell(encoder.name)) if encoder.missing else ""
    return _with_missing(encoder, lines, read, section)


def _boolean(encoder: BooleanEncoder, section: Section) -> list[Code]:
    lines: list[Code] = []
    cell = _cell(encoder.name)
    if encoder.varies:
        lines.append(section.call("boolean", cell, fill=encoder.fill))
    read = section.call("as_boolean", cell) if encoder.missing else ""
    return _with_missing(encoder, lines, read, section)


def _category(encoder: CategoryEncoder, section: Section) -> list[Code]:
    lines: list[Code] = []
    cell = _cell(encoder.name)
    if encoder.categories or encoder.other:
        known = listed(*map(literal, encoder.categories))
        other = {"other": True} if encoder.other else {}
        lines.append(section.call("*category", cell, known, **other))
    read = section.call("as_text", cell) if encoder.missing else ""
    return _with_missing(encoder, lines, read, section)


def _time(encoder: TimeEncoder, section: Section) -> list[Code]:
    lines: list[Code] = []
    order = {"day_first": False} if encoder.order == "month first" else {}
    read = section.call("moment", _cell(encoder.name), **order)
    given: dict[str, Any] = {}
    for part in ("days", "year"):
        mean, std = getattr(encoder, f"{part}_mean"), getattr(encoder, f"{part}_std")
        if std:
            given[part] = (near(mean, std), near(std, std))
    if encoder.cycles:
        given["cycles"] = encoder.cycles
    try:
        start = datetime(1970, 1, 1) + timedelta(microseconds=encoder.start)
    except OverflowError as error:
        raise InputError(
            f"Cannot eject the column {encoder.name!r}: its first date is outside the "
            f"years 1 to 9999."
        ) from error
    if given:
        lines.append(section.call("*date", read, start=str(start), **given))
    return _with_missing(encoder, lines, read, section)


def _text(encoder: TextEncoder, section: Section) -> list[Code]:
    lines: list[Code] = []
    cell = _cell(encoder.name)
    if encoder.words:
        stem = re.sub(r"\W+", "_", encoder.name.upper(), flags=re.ASCII).strip("_")
        name, n = f"WORDS_OF_{stem or 'TEXT'}", 2
        while any(text.startswith(f"{name} = ") for text in section.constants):
            name, n = f"WORDS_OF_{stem}_{n}", n + 1
        pairs = [f"{word} {near(idf, idf)!r}" for word, idf in encoder.words]
        section.used.add("word_weights")
        block = "\n".join(paragraph(pairs, "    "))
        section.constants.append(f'{name} = word_weights("""\n{block}\n""")')
        lines.append(section.call("*words", cell, name))
    read = section.call("as_text", cell) if encoder.missing else ""
    return _with_missing(encoder, lines, read, section)


_ENCODERS: dict[str, Callable[[Any, Section], list[Code]]] = {
    "number": _number,
    "boolean": _boolean,
    "category": _category,
    "time": _time,
    "text": _text,
}


def near(value: float, size: float) -> float:
    """Return the shortest number within a billionth of a size around a value.

    Example:
        >>> near(14.127291739894552, 3.52)
        14.12729174
    """
    for digits in range(1, 17):
        short = float(f"{value:.{digits}g}")
        if abs(short - value) <= PRECISION * size:
            return short
    return value


def _image_inputs(image: ImageEncoder, section: Section) -> None:
    shape = literal(image.shape)
    section.used |= {"as_number", "as_rows", "scale_pixels", "check_columns"}
    section.define("SHAPE", shape)
    section.function(
        "inputs(rows: Any) -> Array",
        [
            f"Return images (rows, {shape[1:-1]}), with pixels of about 0 to 1.",
            "",
            "The rows are images of the same shape already, or have a column for every "
            "pixel,",
            "row by row: dicts by column, or an array (rows, columns).",
        ],
        [
            "    if np.ndim(rows) < 3:",
            "        rows = as_rows(rows, COLUMNS)",
            "        check_columns(rows, COLUMNS)",
            "        rows = [[as_number(row.get(c)) for c in COLUMNS] for row in rows]",
            "    pixels = np.array(rows, float).reshape(len(rows), *SHAPE)",
            f"    return scale_pixels(pixels, low={image.low!r}, high={image.high!r})",
        ],
    )
