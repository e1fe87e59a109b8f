"""Schedules: the factor by which the learning rate is multiplied at each step.

learning rate at step t = learning rate * factor[t], t = 0 .. n_steps - 1. The factors
of a whole run are a NumPy array made before it starts, so the compiled program takes
them as data and a new schedule does not recompile it.

The formulas are those of `optax` (a test holds that they agree), written in NumPy:
`optax` compiles them for 0.1 to 0.3 s, NumPy takes 0.1 ms.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fathom.errors import InputError, choose


def constant(n_steps: int) -> np.ndarray:
    """Keep the learning rate as it is.

    Formula: 1. Source: Robbins and Monro 1951 show that convergence to the exact
    minimum needs a falling rate; short runs do well without.
    """
    return np.ones(n_steps)


def cosine(n_steps: int) -> np.ndarray:
    """Fall from 1 towards 0 along half a cosine.

    Formula: (1 + cos(pi t / n_steps)) / 2. It would be 0 one step after the last.
    Source: Loshchilov and Hutter 2017, "SGDR".
    """
    return 0.5 * (1 + np.cos(np.pi * np.arange(n_steps) / n_steps))


def warmup_cosine(n_steps: int) -> np.ndarray:
    """Rise to 1 during the first tenth of the steps, then fall like `cosine`.

    Formula: (t + 1) / (w + 1) for t < w = n_steps // 10, then the cosine over the other
    steps. It starts above 0, because a step of length 0 is a step lost.
    Source: Goyal et al. 2017 (warm-up); Loshchilov and Hutter 2017.
    """
    n_warmup = n_steps // 10
    rise = np.arange(1, n_warmup + 1) / (n_warmup + 1)
    return np.concatenate([rise, cosine(n_steps - n_warmup)])


def step(n_steps: int) -> np.ndarray:
    """Divide by 10 after half of the steps, and again after three quarters.

    Formula: 1, then 0.1 from t >= n_steps / 2, then 0.01 from t >= 3/4 n_steps.
    Source: He et al. 2016, "Deep residual learning", section 4.2; the two places are
    those of Huang et al. 2017.
    """
    progress = np.arange(n_steps) / n_steps
    return np.where(progress < 0.5, 1.0, np.where(progress < 0.75, 0.1, 0.01))


def exponential(n_steps: int) -> np.ndarray:
    """Fall by the same share at each step, from 1 to 0.01 at the last.

    Formula: 0.01^(t / (n_steps - 1)).
    Source: Goodfellow, Bengio and Courville 2016, section 8.3.1 (for the 1 %).
    """
    return 0.01 ** (np.arange(n_steps) / max(n_steps - 1, 1))


SCHEDULES: dict[str, Callable[[int], np.ndarray]] = {
    "constant": constant,
    "cosine": cosine,
    "warmup_cosine": warmup_cosine,
    "step": step,
    "exponential": exponential,
}


def factors(schedule: str | Callable[..., object], n_steps: int) -> np.ndarray:
    """Return the factor of the learning rate at each of the steps.

    Args:
        schedule: A name from `SCHEDULES`, or a function from the index of a step (from
            0) to the factor: any `optax` schedule, or one of your own, which may be
            plain Python.
        n_steps: The number of steps of the whole run, at least 1.

    Returns:
        (n_steps,) in float32.

    Raises:
        InputError: If the name is unknown, or a factor is not one finite number.

    Example:
        >>> factors("step", 4).tolist()[:2]
        [1.0, 1.0]
        >>> factors(lambda step: 0.5**step, 3).tolist()
        [1.0, 0.5, 0.25]
    """
    if isinstance(schedule, str):
        values = choose(SCHEDULES, schedule, "schedule")(n_steps)
    elif callable(schedule):
        values = _evaluate(schedule, n_steps)
    else:
        raise InputError(
            "A schedule must be a name or a function of the step. Got "
            f"{schedule!r} instead. Known: {', '.join(sorted(SCHEDULES))}."
        )
    return values.astype(np.float32)


def _evaluate(schedule: Callable[..., object], n_steps: int) -> np.ndarray:
    import jax
    import jax.numpy as jnp

    try:
        # One compiled program for all steps; one call each would take 0.1 ms a step.
        # An integer step and a factor mix by nature, also where JAX's types are strict.
        with jax.numpy_dtype_promotion("standard"):
            values = np.asarray(jax.jit(jax.vmap(schedule))(jnp.arange(n_steps)))
    except (TypeError, jax.errors.JAXTypeError):
        # Plain Python (`if`, `math.cos`) cannot be traced.
        values = np.asarray([schedule(index) for index in range(n_steps)])
    if values.shape != (n_steps,) or not np.isfinite(values.astype(float)).all():
        raise InputError(
            "A schedule must return one finite number for every step. Got values of "
            f"shape {values.shape[1:]} instead, or some that are not finite, for the "
            f"{n_steps} steps."
        )
    return values
