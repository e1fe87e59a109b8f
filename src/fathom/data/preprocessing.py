"""From raw columns to the float32 inputs of a network, fitted on the training part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from fathom.data.category_encoder import CategoryEncoder
from fathom.data.encoders import (
    BooleanEncoder,
    Encoder,
    NumberEncoder,
    as_plain,
)
from fathom.data.image_encoder import ImageEncoder
from fathom.data.images import flat_images, image_shape_of
from fathom.data.in_memory import is_matrix
from fathom.data.plain import WORDS, Check, list_of, one_of, take
from fathom.data.sources import Source, load
from fathom.data.table import Column, Table
from fathom.data.text_encoder import TextEncoder
from fathom.data.time_encoder import TimeEncoder
from fathom.data.values import framed
from fathom.errors import InputError, did_you_mean

_ENCODERS: dict[str, type[Any]] = {
    encoder.kind: encoder
    for encoder in (
        NumberEncoder,
        BooleanEncoder,
        CategoryEncoder,
        TimeEncoder,
        TextEncoder,
        ImageEncoder,
    )
}

_VERSION = 1


@dataclass(frozen=True)
class Preprocessing:
    """One encoder for each column that is used: plain data, saved with the model.

    Images have one encoder for all their pixels instead, and become inputs (rows,
    height, width, channels).

    Attributes:
        encoders: In the order of the columns; none for images.
        columns: The names of all feature columns of the training table, used or not.
        image: The encoder of all pixels; None for columns of their own.

    Example:
        >>> import fathom as fm
        >>> table = fm.read({"age": [20, 40], "city": ["Rome", "Oslo"]})
        >>> preprocessing = Preprocessing.fit(table)
        >>> preprocessing.feature_names
        ('age', 'city = Oslo', 'city = Rome')
        >>> preprocessing.transform({"age": [30], "city": ["Rome"]}).tolist()
        [[0.0, 0.0, 1.0]]
    """

    encoders: tuple[Encoder, ...]
    columns: tuple[str, ...]
    image: ImageEncoder | None = None

    @classmethod
    def fit(cls, table: Table, as_image: bool = False) -> Preprocessing:
        """Return the preprocessing of a table; call it with the training rows.

        Columns that do not vary in these rows are left out, except of images.

        Args:
            table: The training rows.
            as_image: Whether to make images of the table's pixels.

        Raises:
            InputError: If the table has no rows, or no column is left; if images are
                asked for and the table does not say how large they are.
        """
        if not len(table):
            raise InputError(f"The table {table.name!r} has no rows to learn from.")
        names = tuple(column.name for column in table.columns)
        if as_image:
            shape = image_shape_of(table)
            pixels = framed(table.raw[name] for name in names)
            return cls((), names, ImageEncoder.fit(pixels, shape))
        fitted = [
            _fit(column, table.raw[column.name])
            for column in table.columns
            if column.used
        ]
        encoders = tuple(encoder for encoder in fitted if encoder.feature_names)
        if not encoders:
            reasons = [
                f"{column.name!r} ({column.note or 'does not vary'})"
                for column in table.columns[:5]
            ]
            raise InputError(
                f"The table {table.name!r} has no column to learn from in its "
                f"{len(table)} training rows: {', '.join(reasons)}."
            )
        return cls(encoders, names)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The name of every input: "age", "age is missing", "city = Paris"."""
        if self.image is not None:
            return self.columns
        return tuple(name for e in self.encoders for name in e.feature_names)

    @property
    def inputs_by_column(self) -> dict[str, tuple[int, ...]]:
        """Which inputs each column becomes, by position; none if it is not used.

        Of images, positions count over all axes laid out as one.
        """
        if self.image is not None:
            return {name: (i,) for i, name in enumerate(self.columns)}
        places: dict[str, tuple[int, ...]] = dict.fromkeys(self.columns, ())
        start = 0
        for encoder in self.encoders:
            end = start + len(encoder.feature_names)
            places[encoder.name] = tuple(range(start, end))
            start = end
        return places

    @property
    def width(self) -> int:
        """The number of inputs."""
        return len(self.feature_names)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one input: (width,), or (height, width, channels) of an image."""
        return (self.width,) if self.image is None else self.image.shape

    def transform(self, source: Any) -> np.ndarray:
        """Return the inputs, float32 (rows, *input_shape), of raw rows.

        Every row gives what it gives alone. All inputs are finite.

        Args:
            source: A `Table`, or what `fathom.read` takes. Columns go by name, others
                are ignored; an array must have all columns of training, in order.
                Images may be an array (rows, height, width, channels), or (rows,
                height, width) of one channel.

        Raises:
            InputError: If a column is missing, or is of a type that cannot be its kind.
        """
        frame = self._columns(source)
        if self.image is not None:
            return self.image.transform(frame)
        inputs = [encoder.transform(frame[encoder.name]) for encoder in self.encoders]
        return np.concatenate(inputs, axis=1).astype(np.float32)

    def report(self, table: Any) -> list[str]:
        """Return sentences on values that training did not have.

        Args:
            table: As for `transform`.
        """
        frame = self._columns(table)
        if self.image is not None:
            return self.image.report(frame)
        return [
            sentence
            for encoder in self.encoders
            for sentence in encoder.report(frame[encoder.name])
        ]

    def named(self, source: Any) -> Any:
        """Return an array as columns by name, and anything else as it is.

        Raises:
            InputError: If an array does not have the columns of training.
        """
        if self.image is not None:
            source = flat_images(source, self.image.shape)
        return self._by_position(load(source)) if is_matrix(source) else source

    def _columns(self, source: Any) -> pl.DataFrame:
        """Return the raw columns that are needed, under the names of training."""
        frame = load(self.named(source)).frame
        needed = [encoder.name for encoder in self.encoders] or list(self.columns)
        missing = [name for name in needed if name not in frame.columns]
        if missing:
            others = [name for name in frame.columns if name not in self.columns]
            hint = did_you_mean(missing[0], others)
            raise InputError(
                f"{_are_missing(missing)}{hint} The model needs: {_listed(needed)}."
            )
        return framed(frame[name] for name in needed)

    def _by_position(self, source: Source) -> pl.DataFrame:
        frame = source.frame
        if frame.width != len(self.columns):
            images = ""
            if self.image is not None:
                shape = ", ".join(map(str, self.image.shape))
                images = f" Or images, as an array (rows, {shape})."
            raise InputError(
                f"An array must have the {len(self.columns)} columns of training, in "
                f"order: {_listed(self.columns)}. Got {frame.width} columns.{images}"
            )
        return framed(
            series.alias(name)
            for series, name in zip(frame.get_columns(), self.columns, strict=True)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data that JSON can hold."""
        encoders = self.encoders if self.image is None else (self.image,)
        return {
            "version": _VERSION,
            "columns": list(self.columns),
            "encoders": [as_plain(encoder) for encoder in encoders],
        }

    @classmethod
    def from_dict(cls, data: Any) -> Preprocessing:
        """Return the preprocessing that `to_dict` wrote.

        Raises:
            InputError: If the data are damaged.
        """
        what = "The saved preprocessing"
        values = take(data, what, _FIELDS)
        encoders = tuple(_from_plain(plain, what) for plain in values["encoders"])
        images = [one for one in encoders if isinstance(one, ImageEncoder)]
        if images:
            image, n = images[0], len(values["columns"])
            if len(encoders) > 1 or image.n_pixels != n or not image.varies:
                raise InputError(
                    f"{what} is damaged: images have one encoder, with as many pixels "
                    f"as there are columns, and a greatest value above the least."
                )
            return cls((), values["columns"], image)
        names = [encoder.name for encoder in encoders]
        known = len(set(names)) == len(names) and set(names) <= set(values["columns"])
        if not known or not all(encoder.feature_names for encoder in encoders):
            raise InputError(
                f"{what} is damaged: its encoders must be for different columns among "
                f"its columns, and give inputs."
            )
        return cls(encoders, values["columns"])


_FIELDS = {
    "version": Check(str(_VERSION), lambda v: type(v) is int and v == _VERSION),
    "columns": WORDS,
    "encoders": Check(
        "a list of at least one object",
        lambda v: list_of(lambda e: isinstance(e, dict))(v) and len(v) > 0,
    ),
}


def _are_missing(names: list[str]) -> str:
    if len(names) == 1:
        return f"The column {names[0]!r} is missing."
    return f"The columns {_listed(names)} are missing."


def _fit(column: Column, raw: pl.Series) -> Encoder:
    encoder = _ENCODERS[column.kind]
    return encoder.fit(raw, column.order) if column.kind == "time" else encoder.fit(raw)


def _from_plain(plain: dict[str, Any], what: str) -> Any:
    kind = one_of(*_ENCODERS)
    fields = {"kind": kind}
    if kind.holds(plain.get("kind")):
        fields |= _ENCODERS[plain["kind"]].FIELDS
    else:
        plain = {"kind": plain.get("kind")}
    values = take(plain, what, fields)
    return _ENCODERS[values.pop("kind")](**values)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:10]))
    return shown if len(names) <= 10 else f"{shown}, ..."
