"""Images in tables: every column a pixel, row by row, channels last.

Column number (i * width + j) * channels + c is channel c of the pixel in row i and
column j, which is how `numpy.reshape` orders them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.errors import InputError, is_whole, require

if TYPE_CHECKING:
    import polars as pl

    from fathom.data.table import Column, Table

ImageShape = tuple[int, int, int]

EXPECTED = (
    "height and width in pixels, such as (28, 28), or with channels, such as "
    "(32, 32, 3)"
)


def checked_image(given: Any, owner: str = "read") -> ImageShape:
    """Return (height, width, channels) of a shape with or without channels.

    Args:
        given: Two or three whole numbers.
        owner: Whose parameter it is, for the message.

    Raises:
        InputError: If it is neither.

    Example:
        >>> checked_image((28, 28))
        (28, 28, 1)
    """
    fits = isinstance(given, (tuple, list)) and len(given) in (2, 3)
    fits = fits and all(is_whole(n) for n in given)
    require(fits, owner, "image", EXPECTED, given)
    height, width, channels = (*given, 1)[:3]
    return height, width, channels


def parse_image(text: str) -> ImageShape:
    """Return the shape that the command line writes as "28x28" or "32x32x3".

    Raises:
        InputError: If it is not written so.
    """
    parts = [part.strip() for part in text.lower().split("x")]
    fits = len(parts) in (2, 3) and all(p.isascii() and p.isdigit() for p in parts)
    if not fits or any(len(p) > 6 or int(p) < 1 for p in parts):
        raise InputError(
            f"The size of images is written as height and width in pixels, such as "
            f"28x28, or with channels, 32x32x3. Got {text!r} instead."
        )
    return checked_image(tuple(int(part) for part in parts))


def describe_image(shape: ImageShape) -> str:
    """Return a shape in words.

    Example:
        >>> describe_image((8, 8, 1)), describe_image((32, 32, 3))
        ('8 x 8 pixels', '32 x 32 pixels of 3 channels')
    """
    height, width, channels = shape
    more = f" of {channels} channels" if channels > 1 else ""
    return f"{height} x {width} pixels{more}"


def why_no_image(
    shape: ImageShape, columns: Sequence[Column], raw: pl.DataFrame
) -> str:
    """Return why a table's columns are not such images, or "" if they are."""
    wanted = math.prod(shape)
    if len(columns) != wanted:
        return (
            f"images of {describe_image(shape)} are {wanted} columns of numbers, and "
            f"there are {len(columns)} columns beside the target"
        )
    for column in columns:
        if not _is_number(column, raw[column.name]):
            return (
                f"every column must hold numbers, and {column.name!r} is of kind "
                f"{column.kind!r}"
            )
    return ""


def _is_number(column: Column, raw: pl.Series) -> bool:
    """Say whether a column is a pixel: also one of only 0 and 1, or without values."""
    from fathom.data.kinds import ALL_MISSING
    from fathom.data.parsing import bad_values, parse

    if column.kind == "number" or column.note == ALL_MISSING:
        return True
    return column.kind == "boolean" and not bad_values(raw, parse(raw, "number")).any()


def image_shape_of(table: Table) -> ImageShape:
    """Return the shape of a table's images.

    Raises:
        InputError: If it is not known that the columns are pixels.
    """
    if table.image_shape is None:
        raise InputError(
            f"Images are needed, and the table {table.name!r} does not say that its "
            f"{len(table.columns)} columns are pixels. Say how large the images are: "
            f"fathom.read(source, target, image=(28, 28)), or --image 28x28."
        )
    return table.image_shape


def flat_images(source: Any, shape: ImageShape) -> Any:
    """Return an array of images as rows of pixels, and anything else as it is.

    Args:
        source: An array or nested lists (rows, height, width), or (rows, height,
            width, channels); or what else may hold a table.
        shape: What the images must be.

    Raises:
        InputError: If the images are of another shape.
    """
    is_list = isinstance(source, (list, tuple))
    if not is_list and (not hasattr(source, "__array__") or hasattr(source, "columns")):
        return source
    try:
        array = source if isinstance(source, np.ma.MaskedArray) else np.asarray(source)
    except ValueError:  # rows of different lengths, which reading says better
        return source
    if array.ndim not in (3, 4):
        return source
    if (*array.shape[1:], 1)[:3] != shape:
        raise InputError(
            f"Images of shape {shape} are needed, as an array (rows, "
            f"{', '.join(map(str, shape))}). Got shape {array.shape}."
        )
    return array.reshape(len(array), -1)
