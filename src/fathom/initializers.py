"""Start values of weights: W ~ a distribution with variance scale / fan.

An initializer is `(key, shape, fan_in, fan_out, activation, dtype) -> array`. `fan_in`
and `fan_out` are the number of inputs that a unit sums and the number of units that an
input reaches; the layer knows them (a convolution counts its window), so nothing is
guessed from the shape.

The normal ones draw from the plain normal distribution, not the truncated one: the
variance is what the theory asks for, and a start value beyond two standard deviations
does no harm. `jax.random.normal * scale` is traced 15 ms faster than
`jax.nn.initializers.he_normal`; the random bits dominate the compile time of both.
Sources: He et al. 2015, Glorot and Bengio 2010, LeCun et al. 1998, Saxe et al. 2014.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike

from fathom.errors import InputError, choose

Initializer: TypeAlias = Callable[..., jax.Array]

_RELU_FAMILY = frozenset({"relu", "leaky_relu", "elu", "gelu", "silu", "softplus"})


def auto(
    key: jax.Array,
    shape: tuple[int, ...],
    fan_in: int,
    fan_out: int,
    activation: str = "identity",
    dtype: DTypeLike = jnp.float32,
) -> jax.Array:
    """Choose by the activation: He (ReLU family), LeCun (selu), Glorot (all others).

    Formula: variance 2 / fan_in for relu, leaky_relu, elu, gelu, silu and softplus,
    which let through about half of the variance; 1 / fan_in for selu, whose fixed
    point assumes it; 2 / (fan_in + fan_out) otherwise.
    Source: He et al. 2015; Klambauer et al. 2017; Glorot and Bengio 2010.
    """
    draw = glorot_uniform
    if activation in _RELU_FAMILY:
        draw = he_normal
    elif activation == "selu":
        draw = lecun_normal
    return draw(key, shape, fan_in, fan_out, activation, dtype)


def he_normal(
    key: jax.Array,
    shape: tuple[int, ...],
    fan_in: int,
    fan_out: int,
    activation: str = "identity",
    dtype: DTypeLike = jnp.float32,
) -> jax.Array:
    """Draw from a normal distribution of variance 2 / fan_in.

    Formula: W ~ N(0, 2 / fan_in). Keeps the variance of the forward signal through
    ReLU layers. Source: He et al. 2015, "Delving deep into rectifiers".
    """
    return _normal(key, shape, math.sqrt(2 / max(fan_in, 1)), dtype)


def lecun_normal(
    key: jax.Array,
    shape: tuple[int, ...],
    fan_in: int,
    fan_out: int,
    activation: str = "identity",
    dtype: DTypeLike = jnp.float32,
) -> jax.Array:
    """Draw from a normal distribution of variance 1 / fan_in.

    Formula: W ~ N(0, 1 / fan_in). Keeps the variance of a linear layer's forward
    signal. Source: LeCun et al. 1998, "Efficient BackProp".
    """
    return _normal(key, shape, math.sqrt(1 / max(fan_in, 1)), dtype)


def glorot_uniform(
    key: jax.Array,
    shape: tuple[int, ...],
    fan_in: int,
    fan_out: int,
    activation: str = "identity",
    dtype: DTypeLike = jnp.float32,
) -> jax.Array:
    """Draw from a uniform distribution of variance 2 / (fan_in + fan_out).

    Formula: W ~ U(-r, r) with r = sqrt(6 / (fan_in + fan_out)): the compromise between
    keeping the variance forward and backward. Source: Glorot and Bengio 2010.
    """
    return _uniform(key, shape, math.sqrt(6 / max(fan_in + fan_out, 1)), dtype)


def orthogonal(
    key: jax.Array,
    shape: tuple[int, ...],
    fan_in: int,
    fan_out: int,
    activation: str = "identity",
    dtype: DTypeLike = jnp.float32,
) -> jax.Array:
    """Draw a random matrix with orthonormal columns, or rows where it is wide.

    Formula: Q of the QR decomposition of a normal matrix, W^T W = I. The axes before
    the last are flattened into one. Keeps lengths exactly: use it for the recurrent
    weights. Source: Saxe, McClelland and Ganguli 2014.
    """
    # LAPACK decomposes no dtype shorter than float32.
    exact = jnp.float32 if jnp.dtype(dtype).itemsize < 4 else dtype
    return jax.nn.initializers.orthogonal()(key, shape, exact).astype(dtype)


def uniform(
    key: jax.Array,
    shape: tuple[int, ...],
    fan_in: int,
    fan_out: int,
    activation: str = "identity",
    dtype: DTypeLike = jnp.float32,
) -> jax.Array:
    """Draw from a uniform distribution on (-0.05, 0.05).

    Formula: W ~ U(-r, r), r = 0.05; "uniform(0.1)" sets r. Does not look at the fans.
    Source: the default range of Keras' RandomUniform.
    """
    return _uniform(key, shape, _DEFAULT_ARGUMENTS["uniform"], dtype)


def normal(
    key: jax.Array,
    shape: tuple[int, ...],
    fan_in: int,
    fan_out: int,
    activation: str = "identity",
    dtype: DTypeLike = jnp.float32,
) -> jax.Array:
    """Draw from a normal distribution of standard deviation 0.05.

    Formula: W ~ N(0, s^2), s = 0.05; "normal(0.02)" sets s (0.02 is what GPT-2 uses).
    Does not look at the fans. Source: the default scale of Keras' RandomNormal.
    """
    return _normal(key, shape, _DEFAULT_ARGUMENTS["normal"], dtype)


def zeros(
    key: jax.Array,
    shape: tuple[int, ...],
    fan_in: int,
    fan_out: int,
    activation: str = "identity",
    dtype: DTypeLike = jnp.float32,
) -> jax.Array:
    """Return zeros: right for biases, wrong for weights.

    Formula: W = 0. Units that start equal get equal gradients and stay equal.
    Source: Goodfellow, Bengio and Courville 2016, section 8.4.
    """
    return jnp.zeros(shape, dtype)


def constant(
    key: jax.Array,
    shape: tuple[int, ...],
    fan_in: int,
    fan_out: int,
    activation: str = "identity",
    dtype: DTypeLike = jnp.float32,
) -> jax.Array:
    """Return the value 0.1 everywhere, a customary bias of ReLU units.

    Formula: W = c, c = 0.1; "constant(1)" sets c. As weights, the units stay equal.
    Source: Goodfellow, Bengio and Courville 2016, section 6.3.1.
    """
    return jnp.full(shape, _DEFAULT_ARGUMENTS["constant"], dtype)


def _normal(
    key: jax.Array, shape: tuple[int, ...], scale: float, dtype: DTypeLike
) -> jax.Array:
    return jax.random.normal(key, shape, dtype) * scale


def _uniform(
    key: jax.Array, shape: tuple[int, ...], limit: float, dtype: DTypeLike
) -> jax.Array:
    return jax.random.uniform(key, shape, dtype, -limit, limit)


INITIALIZERS: dict[str, Initializer] = {
    "auto": auto,
    "he_normal": he_normal,
    "glorot_uniform": glorot_uniform,
    "lecun_normal": lecun_normal,
    "orthogonal": orthogonal,
    "uniform": uniform,
    "normal": normal,
    "zeros": zeros,
    "constant": constant,
}

_DEFAULT_ARGUMENTS = {"constant": 0.1, "normal": 0.05, "uniform": 0.05}
_CALL = re.compile(r"\s*(\w+)\s*\((.*)\)\s*", re.DOTALL)


def get(initializer: str | Initializer) -> Initializer:
    """Return the initializer of that name.

    Args:
        initializer: A name from `INITIALIZERS`; a name with its argument, one of
            "constant(c)", "normal(standard deviation)" and "uniform(limit)"; or a
            function with the signature of the module, returned as it is.

    Raises:
        InputError: If the name is unknown or its argument is not usable.

    Example:
        >>> import jax
        >>> get("constant(0.5)")(jax.random.key(0), (2,), 1, 1).tolist()
        [0.5, 0.5]
    """
    if isinstance(initializer, str):
        return _named(initializer)
    if callable(initializer):
        return initializer
    raise InputError(
        f"An initializer must be a name or a function. Got {initializer!r} instead. "
        f"Known: {', '.join(sorted(INITIALIZERS))}."
    )


@functools.cache
def _named(text: str) -> Initializer:
    call = _CALL.fullmatch(text)
    if call is None:
        return choose(INITIALIZERS, text, "initializer")
    name, written = call.groups()
    choose(INITIALIZERS, name, "initializer")
    if name not in _DEFAULT_ARGUMENTS:
        raise InputError(
            f"The initializer '{name}' takes no argument. Got {text!r} instead. "
            f"Write '{name}'; only {', '.join(sorted(_DEFAULT_ARGUMENTS))} take one."
        )
    return _with_argument(name, _argument(name, written, text))


def _argument(name: str, written: str, text: str) -> float:
    try:
        value = float(written)
    except ValueError:
        value = math.nan
    if math.isfinite(value) and (name == "constant" or value > 0):
        return value
    wanted = "one finite number" if name == "constant" else "one positive number"
    raise InputError(
        f"The argument of '{name}' must be {wanted}. Got {text!r} instead. "
        f"Write for example '{name}({_DEFAULT_ARGUMENTS[name]})'."
    )


def _with_argument(name: str, value: float) -> Initializer:
    def draw(
        key: jax.Array,
        shape: tuple[int, ...],
        fan_in: int,
        fan_out: int,
        activation: str = "identity",
        dtype: DTypeLike = jnp.float32,
    ) -> jax.Array:
        if name == "constant":
            return jnp.full(shape, value, dtype)
        sample = _normal if name == "normal" else _uniform
        return sample(key, shape, value, dtype)

    return draw
