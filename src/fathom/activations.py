"""Activation functions: how a unit turns its weighted sum z into its activation a.

Each is a function of one array, applied element by element (`softmax`: over the last
axis), keeps shape and dtype, and works under `jit`, `grad` and `vmap`. A NaN that
comes in goes out again, so that a broken run is seen and not hidden.

The formulations are those that run fastest on a CPU without giving up accuracy; where
one differs from `jax.nn`, its docstring says by how much (forward and backward of a
(128, 512) array in float32, two cores).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax import lax

from fathom.errors import InputError, choose

Activation: TypeAlias = Callable[[jax.Array], jax.Array]

# Klambauer et al. 2017, equation 14: the fixed point at mean 0 and variance 1.
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


def step(x: jax.Array) -> jax.Array:
    """Heaviside step: a = 1 where z >= 0, else 0.

    Range {0, 1}. Derivative 0 everywhere, so gradient descent cannot train through
    it: use it for perceptrons, threshold logic and demonstrations.
    Source: McCulloch and Pitts 1943; Rosenblatt 1958.
    """
    x = jnp.asarray(x)
    # The comparison has no gradient; x * 0 keeps NaN visible and adds a gradient of 0.
    return (x >= 0).astype(x.dtype) + jnp.where(jnp.isnan(x), x, 0)


def identity(x: jax.Array) -> jax.Array:
    """Identity: a = z.

    Range (-inf, inf). Derivative 1. Use it for the output of a regression.
    Source: Widrow and Hoff 1960 (the linear unit, ADALINE).
    """
    return jnp.asarray(x)


def sigmoid(x: jax.Array) -> jax.Array:
    """Logistic sigmoid: a = 1 / (1 + exp(-z)).

    Range (0, 1). Derivative a (1 - a), at most 1/4, so it vanishes over many layers:
    use it for a probability at the output and for gates, rarely in hidden layers.
    Source: Rumelhart, Hinton and Williams 1986.

    The form (1 + tanh(z/2)) / 2 is 10 % faster and is not used: it loses the left
    tail, sigmoid(-20) = 2e-9 becomes 0.
    """
    return lax.logistic(x)


def tanh(x: jax.Array) -> jax.Array:
    """Hyperbolic tangent: a = (exp(z) - exp(-z)) / (exp(z) + exp(-z)).

    Range (-1, 1). Derivative 1 - a^2. Centered on 0, so it trains better than the
    sigmoid: use it in recurrent and small networks.
    Source: LeCun et al. 1998, "Efficient BackProp".
    """
    return jnp.tanh(x)


def relu(x: jax.Array) -> jax.Array:
    """Rectified linear unit: a = max(z, 0).

    Range [0, inf). Derivative 1 for z > 0, else 0. The first choice for hidden
    layers; a unit whose z is negative for every example is dead and stays so.
    Source: Nair and Hinton 2010; Glorot, Bordes and Bengio 2011.
    """
    # Against max: 10 % faster. Against where(x > 0, x, 0): NaN stays NaN.
    return jnp.where(x <= 0, 0, x)


def leaky_relu(x: jax.Array) -> jax.Array:
    """Leaky rectified linear unit: a = z where z > 0, else 0.01 z.

    Range (-inf, inf). Derivative 1 for z > 0, else 0.01. Use it where ReLUs die.
    Source: Maas, Hannun and Ng 2013.
    """
    return jnp.where(x <= 0, 0.01 * x, x)


def elu(x: jax.Array) -> jax.Array:
    """Exponential linear unit: a = z where z > 0, else exp(z) - 1.

    Range (-1, inf). Derivative 1 for z > 0, else exp(z). Smooth, and closer to mean 0
    than the ReLU. Source: Clevert, Unterthiner and Hochreiter 2016.

    `exp(z) - 1` and not `expm1`, which takes 1.8 times as long for an absolute error
    that is below one float32 rounding of 1 either way.
    """
    # The inner where keeps exp finite for large x, so its gradient is never inf * 0.
    return jnp.where(x > 0, x, jnp.exp(jnp.where(x > 0, 0, x)) - 1)


def selu(x: jax.Array) -> jax.Array:
    """Scaled exponential linear unit: a = 1.0507 z, z > 0, else 1.7581 (exp(z) - 1).

    Range (-1.7581, inf). Derivative 1.0507 for z > 0, else 1.7581 exp(z). Keeps mean 0
    and variance 1 through deep dense networks, when started with `lecun_normal`.
    Source: Klambauer et al. 2017.
    """
    decay = _SELU_ALPHA * (jnp.exp(jnp.where(x > 0, 0, x)) - 1)
    return _SELU_SCALE * jnp.where(x > 0, x, decay)


def gelu(x: jax.Array) -> jax.Array:
    """Gaussian error linear unit, exact: a = z Phi(z) = z/2 (1 + erf(z / sqrt 2)).

    Range [-0.17, inf). Derivative Phi(z) + z phi(z), with the normal distribution Phi
    and its density phi. Use it in transformers.
    Source: Hendrycks and Gimpel 2016.

    The exact form and not the tanh approximation, because it is what PyTorch, Keras
    and ONNX mean by "gelu". Through `erf` it takes 0.7 of the time of
    `jax.nn.gelu(approximate=False)` (52 against 74 us; the tanh form: 43 us), for an
    absolute error of 4e-7 in the left tail, where the value itself goes to 0.
    """
    return 0.5 * x * (1 + lax.erf(x * math.sqrt(0.5)))


def silu(x: jax.Array) -> jax.Array:
    """Sigmoid linear unit (swish): a = z sigmoid(z).

    Range [-0.28, inf). Derivative s + z s (1 - s), with s = sigmoid(z). A smooth ReLU
    for deep networks. Source: Elfwing, Uchibe and Doya 2018; Ramachandran et al. 2017.
    """
    return x * lax.logistic(x)


def softplus(x: jax.Array) -> jax.Array:
    """Softplus: a = log(1 + exp(z)).

    Range (0, inf). Derivative sigmoid(z). Use it for an output that must be positive
    (a scale, a variance). Source: Dugas et al. 2001.

    Written max(z, 0) + log(1 + exp(-|z|)), which never overflows; 0.7 of the time of
    `jax.nn.softplus`.
    """
    return _softplus(x)


@jax.custom_jvp
def _softplus(x: jax.Array) -> jax.Array:
    return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


# The derivative is written out because that of |x| is wrong at 0 from the second
# order on.
_softplus.defjvps(lambda tangent, _, x: tangent * lax.logistic(x))


def softmax(x: jax.Array) -> jax.Array:
    """Softmax over the last axis: a_i = exp(z_i) / sum_j exp(z_j).

    Range (0, 1), and each row sums to 1: probabilities of classes that exclude each
    other. Derivative da_i/dz_j = a_i ((i == j) - a_j). The largest z is subtracted
    first, so no input overflows. Source: Bridle 1990.

    Example:
        >>> import jax.numpy as jnp
        >>> [round(float(a), 2) for a in softmax(jnp.array([0.0, 0.0, 1000.0]))]
        [0.0, 0.0, 1.0]
    """
    return jax.nn.softmax(x, axis=-1)


ACTIVATIONS: dict[str, Activation] = {
    "step": step,
    "identity": identity,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "selu": selu,
    "gelu": gelu,
    "silu": silu,
    "softplus": softplus,
    "softmax": softmax,
}


def get(activation: str | Activation | None) -> Activation:
    """Return the activation function of that name.

    Args:
        activation: A name from `ACTIVATIONS`, a function (returned as it is), or
            None for `identity`.

    Raises:
        InputError: If the name is unknown, or it is neither name nor function.

    Example:
        >>> get("relu") is relu
        True
    """
    if activation is None:
        return identity
    if isinstance(activation, str):
        return choose(ACTIVATIONS, activation, "activation")
    if callable(activation):
        return activation
    raise InputError(
        f"An activation must be a name or a function. Got {activation!r} instead. "
        f"Known: {', '.join(sorted(ACTIVATIONS))}."
    )
