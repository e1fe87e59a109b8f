"""How targets meet predictions: their shapes, classes, and the mean of one example.

Losses and metrics compare an array of predictions (batch, ...) with an array of
targets. Here is the one place that decides which shapes fit together; nothing is ever
broadcast, because (batch, 1) against (batch,) would silently become (batch, batch).
"""

from __future__ import annotations

from typing import NoReturn

import jax
import jax.numpy as jnp

from fathom.errors import InputError

# Up to this many classes a masked sum replaces the gather: the gradient of a gather is
# a scatter. In a scan on two CPU cores, (32, 2) takes 3.9 against 4.5 us and compiles
# 50 ms faster, (128, 10) is level, and from 64 classes on the gather wins by 5 %.
_MASK_LIMIT = 16


def match(
    predictions: jax.Array, targets: jax.Array, what: str
) -> tuple[jax.Array, jax.Array]:
    """Return both as arrays of one shape and the floating dtype of the predictions.

    An axis of length 1 at the end, which one has and the other has not, is allowed.

    Args:
        predictions: (batch, ...).
        targets: The same shape, up to that last axis.
        what: The loss or metric, for the message.

    Raises:
        InputError: If the shapes do not fit.

    Example:
        >>> import numpy as np
        >>> match(np.ones((3, 1)), np.ones(3), "huber")[1].shape
        (3, 1)
    """
    predictions, targets = as_float(predictions), jnp.asarray(targets)
    shape, other = predictions.shape, targets.shape
    if shape != other and shape != (*other, 1) and (*shape, 1) != other:
        refuse(what, shape, other, f"targets of shape {shape}")
    return predictions, targets.reshape(shape).astype(predictions.dtype)


def as_float(values: jax.Array) -> jax.Array:
    """Return the values as a floating array; floating dtypes stay as they are."""
    values = jnp.asarray(values)
    if jnp.issubdtype(values.dtype, jnp.floating):
        return values
    return values.astype(jnp.result_type(float))


def as_classes(shape: tuple[int, ...], targets: jax.Array, what: str) -> jax.Array:
    """Return integer classes of shape `shape[:-1]`, or rows of shape `shape`.

    Args:
        shape: The shape of the predictions, (batch, ..., classes).
        targets: Integer classes (batch, ...) or (batch, ..., 1), or rows of one-hot
            values or probabilities (batch, ..., classes).
        what: The loss or metric, for the message.

    Raises:
        InputError: If the targets are neither.
    """
    targets = jnp.asarray(targets)
    if targets.shape == shape:
        return targets
    if targets.shape not in (shape[:-1], (*shape[:-1], 1)):
        wanted = f"integer classes {shape[:-1]} or one-hot rows {shape}"
        refuse(what, shape, targets.shape, wanted)
    if jnp.issubdtype(targets.dtype, jnp.floating):
        raise InputError(
            f"The targets of {what} must be integer classes. Got {targets.dtype} "
            f"targets of shape {targets.shape} for predictions of shape {shape}. "
            "Convert them with targets.astype(int)."
        )
    return targets.reshape(shape[:-1]).astype(jnp.int32)


def refuse(
    what: str, predictions: tuple[int, ...], targets: tuple[int, ...], wanted: str
) -> NoReturn:
    """Raise the error for shapes that do not fit, naming both.

    Raises:
        InputError: Always.
    """
    raise InputError(
        f"The shapes of {what} do not fit: got predictions {predictions} and targets "
        f"{targets}, expected {wanted}. Check the units of the last layer and the "
        "shape of y."
    )


def pick(values: jax.Array, classes: jax.Array) -> jax.Array:
    """Return values[..., class] of every row; NaN where there is no such class.

    Args:
        values: (batch, ..., classes).
        classes: Integers (batch, ...).
    """
    n_classes = values.shape[-1]
    index = classes[..., None]
    if n_classes <= _MASK_LIMIT:
        numbers = jax.lax.broadcasted_iota(jnp.int32, values.shape, values.ndim - 1)
        picked = jnp.sum(jnp.where(index == numbers, values, 0), axis=-1)
    else:
        picked = jnp.take_along_axis(values, index, axis=-1)[..., 0]
    return jnp.where((classes >= 0) & (classes < n_classes), picked, jnp.nan)


def mean_per_example(values: jax.Array) -> jax.Array:
    """Return the mean over all axes but the first: (batch, ...) -> (batch,)."""
    return jnp.mean(values, axis=tuple(range(1, values.ndim)))
