"""Losses: how far one prediction is from its target. The cost is the mean loss.

Most are `(predictions, targets) -> (batch,)`: one value per example, so that a batch
can be weighted and masked; they average over the other axes (cross-entropy and
Kullback-Leibler divergence sum over the classes first). Targets may lack, or have in
excess, a last axis of length 1; other differences in shape are an `InputError`.

`triplet`, `generator`, `discriminator` and `minimax` take other arguments: see
`fathom.contrast_losses`. Losses of probabilities clip them to [1e-7, 1 - 1e-7], so they
are finite, at most 16.1 per class; for training, `from_logits` has the form that needs
no clipping. None uses `optax`, whose import takes 60 ms: each is one line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax.scipy.special import xlogy

from fathom import activations
from fathom.activations import Activation
from fathom.contrast_losses import discriminator, generator, minimax, triplet
from fathom.errors import InputError, choose
from fathom.logit_losses import (
    sigmoid_binary_cross_entropy,
    sigmoid_cross_entropy,
    softmax_cross_entropy,
    softmax_kl_divergence,
)
from fathom.targets import as_classes, as_float, match, mean_per_example, pick

Loss: TypeAlias = Callable[..., jax.Array]


def mean_squared_error(predictions: jax.Array, targets: jax.Array) -> jax.Array:
    """Squared error, averaged over the outputs.

    Formula: mean (p - t)^2. Range [0, inf). Gradient 2 (p - t) / outputs.
    Shapes: (batch, ...) twice -> (batch,). Optimal prediction: the mean.
    Source: Gauss 1809; Bishop 2006, section 1.5.5.

    Example:
        >>> import jax.numpy as jnp
        >>> mean_squared_error(jnp.array([[1.0], [3.0]]), jnp.array([0, 1])).tolist()
        [1.0, 4.0]
    """
    predictions, targets = match(predictions, targets, "mean_squared_error")
    return mean_per_example(jnp.square(predictions - targets))


def mean_absolute_error(predictions: jax.Array, targets: jax.Array) -> jax.Array:
    """Absolute error, averaged over the outputs.

    Formula: mean |p - t|. Range [0, inf). Gradient sign(p - t) / outputs, 0 at 0.
    Shapes: (batch, ...) twice -> (batch,). Optimal prediction: the median, so single
    outliers hardly move it. Source: Laplace 1774; Bishop 2006, section 1.5.5.
    """
    predictions, targets = match(predictions, targets, "mean_absolute_error")
    return mean_per_example(jnp.abs(predictions - targets))


def huber(predictions: jax.Array, targets: jax.Array, delta: float = 1.0) -> jax.Array:
    """Huber loss: squared near the target, absolute far from it.

    Formula: mean of e^2 / 2 where |e| <= delta, else delta (|e| - delta / 2), with
    e = p - t. Range [0, inf). Gradient clip(e, -delta, delta) / outputs.
    Shapes: (batch, ...) twice -> (batch,). Source: Huber 1964.
    """
    predictions, targets = match(predictions, targets, "huber")
    error = jnp.abs(predictions - targets)
    near = jnp.minimum(error, delta)
    return mean_per_example(near * (error - 0.5 * near))


def binary_cross_entropy(predictions: jax.Array, targets: jax.Array) -> jax.Array:
    """Cross-entropy of probabilities of a yes, averaged over the outputs.

    Formula: mean of -t log p - (1 - t) log(1 - p). Range [0, 16.1] by the clipping.
    Gradient (p - t) / (p (1 - p)) / outputs. Targets in [0, 1], or booleans.
    Shapes: (batch, ...) twice -> (batch,). Source: Bishop 2006, equation 4.90.

    Example:
        >>> import jax.numpy as jnp
        >>> round(float(binary_cross_entropy(jnp.array([0.5]), jnp.array([1]))[0]), 4)
        0.6931
    """
    predictions, targets = match(predictions, targets, "binary_cross_entropy")
    smallest = _smallest(predictions)
    p = jnp.clip(predictions, smallest, 1 - smallest)
    return mean_per_example(-targets * jnp.log(p) - (1 - targets) * jnp.log1p(-p))


def cross_entropy(predictions: jax.Array, targets: jax.Array) -> jax.Array:
    """Cross-entropy of probabilities of classes.

    Formula: -log p_t, or -sum_i t_i log p_i for rows of targets; averaged over the axes
    between batch and classes. Range [0, 16.1] by the clipping. Gradient -t_i / p_i.
    Shapes: (batch, ..., classes), targets integer classes (batch, ...) or rows
    (batch, ..., classes) of one-hot values or probabilities -> (batch,). A single
    output is the probability of class 1: then it is `binary_cross_entropy`.
    Source: Bishop 2006, equation 4.108.

    An integer outside 0 .. classes - 1 has the loss NaN, which stops a training run.

    Example:
        >>> import jax.numpy as jnp
        >>> p = jnp.array([[0.5, 0.25, 0.25]])
        >>> round(float(cross_entropy(p, jnp.array([0]))[0]), 4)
        0.6931
    """
    predictions = as_float(predictions)
    if predictions.ndim == 1 or predictions.shape[-1] == 1:
        return binary_cross_entropy(predictions, targets)
    classes = as_classes(predictions.shape, targets, "cross_entropy")
    logs = jnp.log(jnp.clip(predictions, _smallest(predictions), 1))
    if classes.ndim < logs.ndim:
        return mean_per_example(-pick(logs, classes))
    return mean_per_example(-jnp.sum(classes.astype(logs.dtype) * logs, axis=-1))


def kl_divergence(predictions: jax.Array, targets: jax.Array) -> jax.Array:
    """Kullback-Leibler divergence KL(targets || predictions) of two distributions.

    Formula: sum_i t_i (log t_i - log p_i), where 0 log 0 = 0; averaged over the axes
    between batch and classes. Range [0, 16.1] by the clipping; 0 where they are equal.
    Gradient -t_i / p_i. Shapes: (batch, ..., classes) twice -> (batch,).
    Source: Kullback and Leibler 1951.
    """
    predictions, targets = match(predictions, targets, "kl_divergence")
    logs = jnp.log(jnp.clip(predictions, _smallest(predictions), 1))
    terms = xlogy(targets, targets) - targets * logs
    return mean_per_example(jnp.sum(terms, axis=-1))


def _smallest(probabilities: jax.Array) -> float:
    # Short dtypes cannot tell 1 - 1e-7 from 1: they are clipped where they can.
    return max(1e-7, float(jnp.finfo(probabilities.dtype).epsneg))


LOSSES: dict[str, Loss] = {
    "mean_squared_error": mean_squared_error,
    "mean_absolute_error": mean_absolute_error,
    "huber": huber,
    "binary_cross_entropy": binary_cross_entropy,
    "cross_entropy": cross_entropy,
    "kl_divergence": kl_divergence,
    "triplet": triplet,
    "generator": generator,
    "discriminator": discriminator,
    "minimax": minimax,
}

ALIASES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "bce": "binary_cross_entropy",
}
LOSSES |= {alias: LOSSES[name] for alias, name in ALIASES.items()}

_FROM_LOGITS: tuple[tuple[Loss, Activation, Loss], ...] = (
    (cross_entropy, activations.softmax, softmax_cross_entropy),
    (cross_entropy, activations.sigmoid, sigmoid_cross_entropy),
    (binary_cross_entropy, activations.sigmoid, sigmoid_binary_cross_entropy),
    (kl_divergence, activations.softmax, softmax_kl_divergence),
)


def get(loss: str | Loss) -> Loss:
    """Return the loss function of that name or alias; a function as it is.

    Raises:
        InputError: If the name is unknown, or it is neither name nor function.

    Example:
        >>> get("mse") is mean_squared_error
        True
    """
    if isinstance(loss, str):
        return choose(LOSSES, loss, "loss")
    if callable(loss):
        return loss
    raise InputError(
        f"A loss must be a name or a function. Got {loss!r} instead. "
        f"Known: {', '.join(sorted(LOSSES))}."
    )


def canonical(name: str) -> str:
    """Return the full name of a loss.

    Raises:
        InputError: If the name is unknown.

    Example:
        >>> canonical("mse"), canonical("huber")
        ('mean_squared_error', 'huber')
    """
    choose(LOSSES, name, "loss")
    return ALIASES.get(name, name)


def from_logits(
    loss_name: str | Loss, activation_name: str | Activation | None
) -> Loss | None:
    """Return the loss on logits that equals `loss(activation(logits), targets)`.

    It is finite, with the right gradient, for logits of any size; None where there is
    no such form, and the loss is to be taken of the activations. Cross-entropy after a
    sigmoid is binary cross-entropy on each output. Functions may stand for names.

    Raises:
        InputError: If a name is unknown.

    Example:
        >>> from_logits("cross_entropy", "softmax").__name__
        'softmax_cross_entropy'
        >>> from_logits("mse", "sigmoid") is None
        True
    """
    loss, activation = get(loss_name), activations.get(activation_name)
    for a_loss, an_activation, fused in _FROM_LOGITS:
        if loss is a_loss and activation is an_activation:
            return fused
    return None
