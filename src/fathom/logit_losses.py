"""Losses written on logits, the weighted sums before a final sigmoid or softmax.

A loss of probabilities loses them to rounding: sigmoid(20) is 1 in float32, its
logarithm's complement is -inf, and the gradient is gone. Written on the logits z, the
exponential and the logarithm cancel, log softmax(z) = z - max z - log sum exp(z - max
z), and loss and gradient are exact and finite for every finite z.

Each is `(logits, targets) -> (batch,)`, with the targets of the loss it stands for.
`fathom.losses.from_logits` chooses among them. `optax` has these formulas too; it is
not used because importing it takes 60 ms and its integer cross-entropy is a gather,
which for few classes is slower on a CPU (see `fathom.targets`).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax
from jax.scipy.special import xlogy

from fathom.activations import softplus
from fathom.targets import as_classes, match, mean_per_example, pick


def sigmoid_binary_cross_entropy(logits: jax.Array, targets: jax.Array) -> jax.Array:
    """Binary cross-entropy of sigmoid(logits), averaged over the outputs.

    Formula: log(1 + exp(z)) - t z. Gradient sigmoid(z) - t.
    Shapes: (batch, ...) and the same, up to a last axis of 1 -> (batch,).
    Source: Bishop 2006, equation 4.90.
    """
    logits, targets = match(logits, targets, "binary_cross_entropy")
    return mean_per_example(softplus(logits) - targets * logits)


def sigmoid_cross_entropy(logits: jax.Array, targets: jax.Array) -> jax.Array:
    """Cross-entropy after a sigmoid: binary cross-entropy on each output.

    Integer classes (batch, ...) for several outputs mean one output against the rest.
    Formula, gradient, source: as `sigmoid_binary_cross_entropy`.
    """
    if jnp.ndim(logits) > 1 and jnp.shape(logits)[-1] > 1:
        targets = as_classes(jnp.shape(logits), targets, "cross_entropy")
        if targets.ndim < jnp.ndim(logits):
            targets = jax.nn.one_hot(targets, jnp.shape(logits)[-1])
    return sigmoid_binary_cross_entropy(logits, targets)


def softmax_cross_entropy(logits: jax.Array, targets: jax.Array) -> jax.Array:
    """Cross-entropy of softmax(logits), summed over the classes.

    Formula: -log softmax(z)_t, or -sum_i t_i log softmax(z)_i for rows of targets.
    Gradient softmax(z) - onehot(t).
    Shapes: (batch, ..., classes) and (batch, ...) or the same -> (batch,).
    Source: Bishop 2006, equation 4.108.
    """
    classes = as_classes(jnp.shape(logits), targets, "cross_entropy")
    shifted, log_sum = _shift(logits)
    if classes.ndim < shifted.ndim:
        return mean_per_example(log_sum - pick(shifted, classes))
    logs = shifted - log_sum[..., None]
    return mean_per_example(-jnp.sum(classes.astype(logs.dtype) * logs, axis=-1))


def softmax_kl_divergence(logits: jax.Array, targets: jax.Array) -> jax.Array:
    """KL(targets || softmax(logits)), summed over the classes.

    Formula: sum_i t_i (log t_i - log softmax(z)_i), where 0 log 0 = 0.
    Gradient softmax(z) - t for targets that sum to 1.
    Shapes: (batch, ..., classes) twice -> (batch,).
    Source: Kullback and Leibler 1951.
    """
    logits, targets = match(logits, targets, "kl_divergence")
    shifted, log_sum = _shift(logits)
    terms = xlogy(targets, targets) - targets * (shifted - log_sum[..., None])
    return mean_per_example(jnp.sum(terms, axis=-1))


def _shift(logits: jax.Array) -> tuple[jax.Array, jax.Array]:
    # Subtracting the largest logit from all, and not adding it back at the end, keeps
    # the difference exact: at logits of 1e4 the other order loses three digits.
    # Returned as two parts: forming log softmax of all classes compiles 30 ms longer.
    shifted = logits - lax.stop_gradient(jnp.max(logits, axis=-1, keepdims=True))
    return shifted, jnp.log(jnp.sum(jnp.exp(shifted), axis=-1))
