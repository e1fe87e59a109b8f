r"""Simple and complex cells of the primary visual cortex.

    simple    r = max(0, <I, g> - threshold)             one orientation, one phase
    complex   r = <I, g_even>^2 + <I, g_odd>^2           one orientation, any phase

A simple cell at every place of an image is a convolution with ReLU; a complex cell
answers alike wherever in its field the bar is, as pooling does.

Source: Hubel and Wiesel, "Receptive fields, binocular interaction and functional
architecture in the cat's visual cortex" (1962); Adelson and Bergen, "Spatiotemporal
energy models for the perception of motion" (1985).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fathom.brain.gabor_filters import GaborBank, gabor
from fathom.errors import InputError


def linear_responses(images: Any, filters: Any) -> jax.Array:
    """Return the sum of image times filter at every place where the filter fits.

    Args:
        images: (images, height, width).
        filters: (n, size, size), no larger than the images.

    Returns:
        (images, height - size + 1, width - size + 1, n)

    Raises:
        InputError: If the shapes do not fit.
    """
    x, g = jnp.asarray(images, jnp.float32), jnp.asarray(filters, jnp.float32)
    if x.ndim != 3 or x.shape[1] < g.shape[1] or x.shape[2] < g.shape[2]:
        raise InputError(
            f"Images must be (images, height, width), at least as large as the "
            f"filters of {g.shape[1]} x {g.shape[2]} pixels. Got shape {x.shape}."
        )
    if x.shape[1:] == g.shape[1:]:
        return jnp.einsum("nij,kij->nk", x, g)[:, None, None]
    return jax.lax.conv_general_dilated(
        x[..., None], g.transpose(1, 2, 0)[:, :, None], (1, 1), "VALID",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )  # fmt: skip


def simple_cells(images: Any, bank: GaborBank, threshold: float = 0.0) -> jax.Array:
    """Return the responses of half-rectified cells, one for each filter and place.

    Args:
        images: (images, height, width).
        bank: From `gabor_bank`.
        threshold: What a response has to pass.

    Returns:
        (images, rows, columns, n), at least 0.

    Example:
        >>> from fathom.brain import gabor_bank, grating
        >>> bank = gabor_bank(15, orientations=4, phases=(0.0,))
        >>> bars = grating(15, 45.0, 0.1)
        >>> int(np.argmax(simple_cells(bars[None], bank)[0, 0, 0]))  # 0, 45, 90, 135
        1
    """
    return jax.nn.relu(linear_responses(images, bank.filters) - threshold)


def complex_cells(images: Any, bank: GaborBank) -> jax.Array:
    """Return the energy of quadrature pairs, one for each pair and place.

    Args:
        images: (images, height, width).
        bank: From `gabor_bank` with two phases 90 degrees apart.

    Returns:
        (images, rows, columns, n / 2), at least 0.

    Raises:
        InputError: If the filters are no such pairs.

    Example:
        >>> from fathom.brain import gabor_bank, grating
        >>> bank = gabor_bank(15, orientations=1)
        >>> bars = np.stack([grating(15, 0.0, 0.1, phase) for phase in (0, 60, 120)])
        >>> complex_cells(bars, bank)[:, 0, 0, 0].round(-1).tolist()  # wherever
        [90.0, 90.0, 90.0]
    """
    apart = (bank.phase[1::2] - bank.phase[::2]) if len(bank.phase) % 2 == 0 else [0]
    if not np.allclose(np.mod(apart, 180), 90):
        raise InputError(
            "Complex cells need pairs of filters 90 degrees apart in phase: "
            f"gabor_bank(..., phases=(0, 90)). Got phases {bank.phase[:4].tolist()}."
        )
    return energies(linear_responses(images, bank.filters))


def energies(responses: jax.Array) -> jax.Array:
    """Return the sum of squares of neighbors on the last axis."""
    pairs = responses.reshape(*responses.shape[:-1], -1, 2)
    return (pairs**2).sum(axis=-1)


@dataclass(frozen=True)
class SimpleCell:
    """A cell that answers bars of one orientation at one place: half-rectified.

    Attributes:
        orientation: Of the bars in degrees.
        frequency: Cycles a pixel.
        phase: In degrees.
        size: Pixels of a side of its field.
        threshold: What its weighted sum has to pass.
    """

    orientation: float = 90.0
    frequency: float = 0.1
    phase: float = 0.0
    size: int = 31
    threshold: float = 0.0

    @cached_property
    def field(self) -> np.ndarray:
        """The receptive field, (size, size)."""
        return gabor(self.size, self.orientation, self.frequency, self.phase)

    def respond(self, images: Any) -> jax.Array:
        """Return the responses (images,) to images (images, size, size)."""
        seen = linear_responses(images, self.field[None])
        return jax.nn.relu(_of_its_size(seen, self.size) - self.threshold)


@dataclass(frozen=True)
class ComplexCell:
    """A cell that answers bars of one orientation anywhere in its field: energy.

    Attributes:
        orientation: Of the bars in degrees.
        frequency: Cycles a pixel.
        size: Pixels of a side of its field.
    """

    orientation: float = 90.0
    frequency: float = 0.1
    size: int = 31

    @cached_property
    def fields(self) -> np.ndarray:
        """The receptive fields of the quadrature pair, (2, size, size)."""
        pair = (
            gabor(self.size, self.orientation, self.frequency, p) for p in (0.0, 90.0)
        )
        return np.stack(list(pair))

    def respond(self, images: Any) -> jax.Array:
        """Return the responses (images,) to images (images, size, size)."""
        seen = linear_responses(images, self.fields)
        return _of_its_size(energies(seen), self.size)


def _of_its_size(responses: jax.Array, size: int) -> jax.Array:
    if responses.shape[1:3] != (1, 1):
        raise InputError(
            f"A cell sees images of {size} x {size} pixels. For larger images use "
            "simple_cells or complex_cells, which have a cell at every place."
        )
    return responses[:, 0, 0, 0]
