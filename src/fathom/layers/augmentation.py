"""Layers that change the examples at random in training, and do nothing afterwards.

Put in front of a network, they show it each example in a new variation every time, so
that it learns what the variations have in common. They are part of the compiled
program: nothing is prepared beside it and nothing is stored.

Shapes stay as they are. Images are (height, width, channels); `Rotate`, `Flip` and
`CutOut` also take (height, width). `Shift` reads two axes as (time, channels): give
gray images an axis with `Reshape((28, 28, 1))`. Every example draws its own amount.
Survey: Shorten and Khoshgoftaar, "A survey on image data augmentation" (2019).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from fathom.errors import choose, is_number, is_whole
from fathom.layers.image_motion import rotated, shifted
from fathom.layers.layer import Layer, Shape, Variables, shape_error
from fathom.layers.scope import Scope

# The axis of an image, counted with the batch axis, that each flip reverses.
FLIPS = {"horizontal": 2, "vertical": 1}


@dataclass(frozen=True)
class _Augmentation(Layer):
    """What all share: they act in training only, and only by a positive amount."""

    @property
    def is_random(self) -> bool:
        """Whether the amount is more than 0."""
        raise NotImplementedError

    def apply(self, variables: Variables, x: jax.Array, scope: Scope) -> jax.Array:
        """Return x changed at random in training, x itself otherwise."""
        if not scope.training or not self.is_random or scope.key is None:
            return x
        return self.change(x, scope.key, scope)

    def change(self, x: jax.Array, key: jax.Array, scope: Scope) -> jax.Array:
        """Return x changed by what is drawn from the key."""
        raise NotImplementedError

    def image_shape(self, shape: Shape) -> Shape:
        """Return the shape of an image as it is; raise where it is none."""
        if len(shape) not in (2, 3):
            raise shape_error(self, shape, "(height, width, channels)")
        return shape

    def require_amount(self, parameter: str, most: float = math.inf) -> None:
        """Check that a setting is a number from 0 to `most`."""
        value = getattr(self, parameter)
        limit = "of at least 0" if math.isinf(most) else f"from 0 to {most:g}"
        fits = is_number(value) and 0 <= value <= most
        self.require(fits, parameter, f"a number {limit}")


@dataclass(frozen=True)
class Shift(_Augmentation):
    """Move each example by whole pixels, drawn for each direction.

    a[i, j] = x[i - d, j - e], with d and e uniform on -pixels, ..., pixels. Takes
    images (height, width, channels), and series (time, channels), which move along
    time, together with the mark of their padded steps.

    Attributes:
        pixels: The largest move in either direction; 0 changes nothing.
        fill: Value of the places that nothing moves to.

    Example:
        >>> Shift(2).output_shape((28, 28, 1))
        (28, 28, 1)
    """

    pixels: int = 1
    fill: float = 0.0

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        fits = is_whole(self.pixels, 0)
        self.require(fits, "pixels", "a whole number of at least 0")
        self.require(is_number(self.fill), "fill", "a number")

    @property
    def is_random(self) -> bool:
        """Whether anything moves."""
        return self.pixels > 0

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        return self.image_shape(shape)

    def change(self, x: jax.Array, key: jax.Array, scope: Scope) -> jax.Array:
        """Return x moved."""
        most, size = self.pixels, (x.shape[0], x.ndim - 2)
        offsets = jax.random.randint(key, size, -most, most + 1, jnp.int32)
        if scope.steps is not None and x.ndim == 3:
            steps = scope.steps[..., None]  # (batch, time, 1)
            scope.steps = shifted(steps, offsets, most, 0)[..., 0]
        return shifted(x, offsets, most, self.fill)


@dataclass(frozen=True)
class Rotate(_Augmentation):
    """Turn each image about its center by an angle uniform on -degrees to degrees.

    Values are bilinear means of four pixels. The image keeps its size, so that corners
    leave it.

    Attributes:
        degrees: The largest angle in either direction, up to 180; 0 changes nothing.
        fill: Value around the image.
    """

    degrees: float = 10.0
    fill: float = 0.0

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        self.require_amount("degrees", 180)
        self.require(is_number(self.fill), "fill", "a number")

    @property
    def is_random(self) -> bool:
        """Whether anything turns."""
        return self.degrees > 0

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        return self.image_shape(shape)

    def change(self, x: jax.Array, key: jax.Array, scope: Scope) -> jax.Array:
        """Return x turned."""
        most = math.radians(self.degrees)
        angles = jax.random.uniform(key, x.shape[:1], x.dtype, -most, most)
        images = x if x.ndim == 4 else x[..., None]
        return rotated(images, angles, self.fill).reshape(x.shape)


@dataclass(frozen=True)
class Flip(_Augmentation):
    """Mirror a random share of the images.

    Attributes:
        axis: "horizontal" swaps left and right, "vertical" top and bottom.
        rate: Probability that an image is mirrored.
    """

    axis: str = "horizontal"
    rate: float = 0.5

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        choose(FLIPS, self.axis, "axis of Flip")
        self.require_amount("rate", 1)

    @property
    def is_random(self) -> bool:
        """Whether any image is mirrored."""
        return self.rate > 0

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        return self.image_shape(shape)

    def change(self, x: jax.Array, key: jax.Array, scope: Scope) -> jax.Array:
        """Return x with some images mirrored."""
        drawn = jax.random.bernoulli(key, self.rate, x.shape[:1])
        return jnp.where(each(drawn, x), jnp.flip(x, FLIPS[self.axis]), x)


@dataclass(frozen=True)
class CutOut(_Augmentation):
    """Cover a square of each image, so that no single part of it decides.

    The center is uniform over the pixels; what reaches beyond the edge is lost, so that
    the covered area is `size` * `size` or less. All channels are covered. Source:
    DeVries and Taylor, "Improved regularization of convolutional neural networks with
    cutout" (2017).

    Attributes:
        size: Side of the square in pixels; 0 changes nothing.
        fill: Value of the covered pixels.
    """

    size: int
    fill: float = 0.0

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        fits = is_whole(self.size, 0)
        self.require(fits, "size", "a whole number of at least 0")
        self.require(is_number(self.fill), "fill", "a number")

    @property
    def is_random(self) -> bool:
        """Whether anything is covered."""
        return self.size > 0

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        return self.image_shape(shape)

    def change(self, x: jax.Array, key: jax.Array, scope: Scope) -> jax.Array:
        """Return x with a square of each image covered."""
        batch, height, width = x.shape[:3]
        keys = jax.random.split(key)
        rows = self._covered(keys[0], batch, height)[:, :, None]
        columns = self._covered(keys[1], batch, width)[:, None, :]
        covered = rows & columns  # (batch, height, width)
        covered = covered.reshape(*covered.shape, *[1] * (x.ndim - 3))
        return jnp.where(covered, jnp.asarray(self.fill, x.dtype), x)

    def _covered(self, key: jax.Array, batch: int, n: int) -> jax.Array:
        """Return (batch, n): which places of one axis the square reaches."""
        center = jax.random.randint(key, (batch, 1), 0, n, jnp.int32)
        distance = jnp.arange(n, dtype=jnp.int32)[None] - (center - self.size // 2)
        return (distance >= 0) & (distance < self.size)


@dataclass(frozen=True)
class Noise(_Augmentation):
    """Add Gaussian noise to every value: a = x + deviation * n, n from N(0, 1).

    Takes any shape. In front of an autoencoder that is trained to give the clean
    example it makes the denoising one (Vincent et al., 2008); in front of any network
    it works like a penalty on steep functions (Bishop, "Training with noise is
    equivalent to Tikhonov regularization", 1995).

    Attributes:
        deviation: Standard deviation of the noise; 0 changes nothing.
    """

    deviation: float = 0.1

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        self.require_amount("deviation")

    @property
    def is_random(self) -> bool:
        """Whether there is noise."""
        return self.deviation > 0

    def change(self, x: jax.Array, key: jax.Array, scope: Scope) -> jax.Array:
        """Return x with noise."""
        return x + self.deviation * jax.random.normal(key, x.shape, x.dtype)


@dataclass(frozen=True)
class Jitter(_Augmentation):
    """Make each example brighter or darker, and its contrast stronger or weaker.

    a = m + (1 + contrast * u) (x - m) + brightness * v, with m the mean of all values
    of the example, u and v uniform on -1 to 1. Takes any shape; nothing is clipped.

    Attributes:
        brightness: The most that is added or taken away.
        contrast: The largest relative change of the distances from the mean, up to 1.
    """

    brightness: float = 0.0
    contrast: float = 0.0

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        self.require_amount("brightness")
        self.require_amount("contrast", 1)

    @property
    def is_random(self) -> bool:
        """Whether brightness or contrast changes."""
        return self.brightness > 0 or self.contrast > 0

    def change(self, x: jax.Array, key: jax.Array, scope: Scope) -> jax.Array:
        """Return x brighter or darker, with more or less contrast."""
        u, v = jax.random.uniform(key, (2, x.shape[0]), x.dtype, -1, 1)
        mean = x.mean(range(1, x.ndim), keepdims=True)
        stretch, lift = each(self.contrast * u, x), each(self.brightness * v, x)
        return x + stretch * (x - mean) + lift


def each(values: jax.Array, x: jax.Array) -> jax.Array:
    """Return (batch,) values with as many axes as x, to meet each example."""
    return values.reshape(-1, *[1] * (x.ndim - 1))
