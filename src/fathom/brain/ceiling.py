r"""How much of a response can be predicted at all, and which features predict it.

    explainable variance = signal variance / total variance, from repeats
    R^2_b = sum_t p_b (2 y - p) / sum_t y^2,   sum_b R^2_b = R^2 of p = sum_b p_b

The same stimulus shown again gives a different response; what differs cannot be
predicted from the stimulus.

Source: Sahani and Linden, "How linear are auditory cortical responses?" (2003); Hsu,
Borst and Theunissen, "Quantifying variability in neural responses" (2004); Schoppe et
al., "Measuring the performance of neural models" (2016); for the split, Dupre la Tour
et al., NeuroImage 264 (2022).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fathom.errors import InputError, choose


def explainable_variance(repeats: Any, *, is_corrected: bool = True) -> np.ndarray:
    """Return the share of the variance of one repeat that is due to the stimulus.

    The variance of the mean of n repeats still has one n-th of the noise; the
    correction takes it off, so that the value is right on average, and may be a little
    below 0 where there is no signal.

    Args:
        repeats: (repeats, time, targets) responses to the same stimulus.
        is_corrected: Whether to take the remaining noise off.

    Returns:
        (targets,), at most 1.

    Raises:
        InputError: If there are fewer than 2 repeats or 2 times.

    Example:
        >>> signal = np.sin(np.arange(100.0))[:, None]
        >>> explainable_variance(np.stack([signal, signal])).tolist()
        [1.0]
    """
    values = _checked(repeats)
    n = len(values)
    total = values.var(axis=1, ddof=1).mean(axis=0)
    of_mean = values.mean(axis=0).var(axis=0, ddof=1)
    # A target that never varies has nothing to explain.
    share = np.divide(of_mean, total, out=np.zeros_like(total), where=total > 0)
    share = (n * share - 1) / (n - 1) if is_corrected else share
    return np.where(total > 0, np.minimum(share, 1.0), 0.0)


def noise_ceiling(
    repeats: Any, *, predicts: str = "mean", score: str = "r2"
) -> np.ndarray:
    """Return the best score that any model of the stimulus can have.

    Args:
        repeats: (repeats, time, targets) responses to the same stimulus.
        predicts: "mean" of the repeats, in which noise averages out, or "one" repeat.
        score: "r2", or "correlation", which is its square root.

    Returns:
        (targets,) from 0 to 1.

    Example:
        >>> random = np.random.default_rng(0)
        >>> signal = random.normal(size=(20_000, 1))
        >>> noisy = signal + random.normal(size=(4, 20_000, 1))
        >>> noise_ceiling(noisy, predicts="one").round(1).tolist()
        [0.5]
        >>> noise_ceiling(noisy, predicts="mean").round(1).tolist()  # 4 / 5
        [0.8]
    """
    share = np.maximum(explainable_variance(repeats), 0.0)
    n = choose({"mean": len(np.asarray(repeats)), "one": 1}, predicts, "response")
    ceiling = n * share / (1 + (n - 1) * share)
    return choose({"r2": ceiling, "correlation": np.sqrt(ceiling)}, score, "score")


def r2_split(y: Any, parts: Any) -> np.ndarray:
    """Return the share of R^2 that each part of a prediction has.

    Args:
        y: (rows,) or (rows, targets) responses; their mean is taken off.
        parts: (parts, rows[, targets]) what is added up, each relative to its mean.

    Returns:
        (parts[, targets]); the sum over the parts is the R^2 of their sum.

    Raises:
        InputError: If the shapes do not fit.

    Example:
        >>> y = np.array([-3.0, -1.0, 1.0, 3.0])
        >>> r2_split(y, [y / 2, y / 2]).tolist()
        [0.5, 0.5]
    """
    answers, added = np.asarray(y, np.float64), np.asarray(parts, np.float64)
    if added.shape[1:] != answers.shape:
        raise InputError(
            f"Parts of a prediction of responses {answers.shape} must have shape "
            f"(parts, {', '.join(map(str, answers.shape))}). Got {added.shape}."
        )
    answers = answers - answers.mean(axis=0)
    total = (answers**2).sum(axis=0)
    shares = (added * (2 * answers - added.sum(axis=0))).sum(axis=1)
    return np.divide(shares, total, out=np.zeros_like(shares), where=total > 0)


def _checked(repeats: Any) -> np.ndarray:
    values = np.asarray(repeats, np.float64)
    if values.ndim != 3 or values.shape[0] < 2 or values.shape[1] < 2:
        raise InputError(
            "Repeats must be (repeats, time, targets) with at least 2 repeats and 2 "
            f"times. Got shape {values.shape}."
        )
    return values
