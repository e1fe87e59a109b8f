"""Pixels to inputs: one scale for all of them, so that an image stays an image.

    x = (value - low) / (high - low)

with the least and the greatest value of all pixels of the training part. Standardizing
each pixel by itself, as other columns are, would give neighbors different scales, and
a convolution looks at neighbors with the same weights everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from fathom.data.encoders import values_are
from fathom.data.images import ImageShape
from fathom.data.parsing import bad_values, parse, shown
from fathom.data.plain import FLAG, NUMBER, SIZE, Check
from fathom.data.scaling import standardize
from fathom.errors import InputError


@dataclass(frozen=True)
class ImageEncoder:
    """All pixels of an image: missing ones become the least value, then 0 to 1.

    Values beyond those of training go beyond 0 and 1, up to a million times; `report`
    says so.

    Attributes:
        height: Pixels from top to bottom.
        width: Pixels from left to right.
        channels: Numbers for each pixel.
        low: Least value of all pixels in training.
        high: Greatest value of all pixels in training.
        missing: Whether training had missing values.
    """

    kind: ClassVar[str] = "image"
    FIELDS: ClassVar[dict[str, Check]] = {
        "height": SIZE, "width": SIZE, "channels": SIZE, "low": NUMBER, "high": NUMBER,
        "missing": FLAG,
    }  # fmt: skip

    height: int
    width: int
    channels: int
    low: float
    high: float
    missing: bool

    @classmethod
    def fit(cls, raw: pl.DataFrame, shape: ImageShape) -> ImageEncoder:
        """Return the encoder of training images.

        Args:
            raw: One column for each pixel.
            shape: (height, width, channels).

        Raises:
            InputError: If all pixels are equal or missing.
        """
        low, high, missing = math.inf, -math.inf, False
        for _, values in _pixels(raw):
            present = values[~np.isnan(values)]
            missing |= len(present) < len(values)
            if len(present):
                low = min(low, float(present.min()))
                high = max(high, float(present.max()))
        encoder = cls(*shape, low, high, missing)
        if not encoder.varies:
            raise InputError(
                f"There is nothing to learn from these images: in the {raw.height} "
                f"training rows all pixels are {'missing' if high < low else 'equal'}."
            )
        return encoder

    @property
    def shape(self) -> ImageShape:
        """Height, width and channels."""
        return self.height, self.width, self.channels

    @property
    def n_pixels(self) -> int:
        """How many numbers an image has."""
        return self.height * self.width * self.channels

    @property
    def varies(self) -> bool:
        """Whether there is a range to scale by."""
        return self.low < self.high and self._half_range > 0

    @property
    def _half_range(self) -> float:
        # Halves first: the difference must not overflow.
        return self.high / 2 - self.low / 2

    def transform(self, raw: pl.DataFrame) -> np.ndarray:
        """Return the images, float32 (rows, height, width, channels)."""
        inputs = np.empty((raw.height, self.n_pixels), np.float32)
        for i, (_, values) in enumerate(_pixels(raw)):
            filled = np.where(np.isnan(values), self.low, values)
            inputs[:, i] = standardize(filled / 2, self.low / 2, self._half_range)
        return inputs.reshape(raw.height, *self.shape)

    def report(self, raw: pl.DataFrame) -> list[str]:
        """Return sentences on unreadable, missing and unusual values."""
        n_bad, n_missing, n_outside, first = 0, 0, 0, ""
        for series, values in _pixels(raw):
            n_outside += int(((values < self.low) | (values > self.high)).sum())
            n_absent = int(np.isnan(values).sum())
            if not n_absent:
                continue
            bad = bad_values(series, parse(series, "number"))
            if bad.any() and not n_bad:
                first = shown(series[bad.arg_max() or 0])
            n_bad += int(bad.sum())
            n_missing += n_absent - int(bad.sum())
        sentences = []
        if n_bad:
            sentences.append(
                f"pixels: {values_are(n_bad)} no number ({first}) and treated as "
                f"missing"
            )
        if n_missing and not self.missing:
            sentences.append(
                f"pixels: {values_are(n_missing)} missing, which training did not "
                f"have, and filled with the least of training, {self.low:g}"
            )
        if n_outside:
            sentences.append(
                f"pixels: {values_are(n_outside)} beyond those of training "
                f"({self.low:g} to {self.high:g})"
            )
        return sentences


def _pixels(raw: pl.DataFrame) -> Iterator[tuple[pl.Series, np.ndarray]]:
    """Yield every column, and its values with NaN for what is missing."""
    for series in raw.get_columns():
        yield series, parse(series, "number").to_numpy()
