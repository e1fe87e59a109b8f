"""AutoTrainer (Zhang et al., ICSE 2021 and its journal version): eight problems.

As in its source (`utils/monitor.py`, defaults of `reproduce.py`): vanishing and
exploding gradients and dying ReLUs are asked only where accuracy stayed below 0.6 or
learning is slow. Classification only, as the original. Here it looks at the snapshots
and not every third epoch, and the accuracy of an epoch is a mean over it.
"""

from __future__ import annotations

import numpy as np

from benchmarks.diagnosis.observe import Seen

ENOUGH, SLOW, SWING = 0.6, 0.01, 0.03

MEANING = {
    "improper loss": ("output-loss-mismatch", "loss-sign"),
    "improper activation": ("output-loss-mismatch", "double-softmax"),
    "abnormal data": ("unscaled-inputs",),
    "vanishing gradient": ("vanishing-gradients", "initialization-scale"),
    "exploding gradient": ("exploding-gradients", "initialization-scale"),
    "dying relu": ("dead-units", "learning-rate-too-high"),
    "oscillating loss": ("learning-rate-too-high", "batch-faults"),
    "slow convergence": ("learning-rate-too-low", "stopped-too-early"),
}


def look(seen: Seen) -> list[str]:
    """Return the problems that it names."""
    if seen.setup.is_numbers or not len(seen.epochs):
        return []
    found = []
    if _improper_loss(seen):
        found.append("improper loss")
    if _improper_output(seen):
        found.append("improper activation")
    if seen.units and (seen.units["size"][:, :-1] >= 10).any():
        found.append("abnormal data")
    accuracy, held = seen.curve("accuracy"), seen.curve("validation_accuracy")
    slow = _slow(accuracy, held)
    poor = not len(accuracy) or max(accuracy.max(), held.max()) < ENOUGH
    if poor or slow:
        found += _gradients(seen)
    if _swings(accuracy):
        found.append("oscillating loss")
    return [*found, "slow convergence"] if slow else found


def _improper_loss(seen: Seen) -> bool:
    loss = seen.curve("loss")
    outputs = int(np.prod(seen.setup.network.output_shape[-1:]))
    is_wrong = seen.loss_name == "binary_cross_entropy" and outputs > 2
    return is_wrong or bool((loss < 0).any())


def _improper_output(seen: Seen) -> bool:
    fits = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}
    expected = fits.get(seen.loss_name)
    is_wrong = expected is not None and seen.output_activation != expected
    return is_wrong or bool((seen.outputs["row_sum"] > 1.1).any()) or not (
        seen.outputs["is_finite"].all()
    )  # fmt: skip


def _gradients(seen: Seen) -> list[str]:
    found, w = [], seen.weights
    first, last = w["gradient_norm"][:, 0], w["gradient_norm"][:, -1]
    ratio = first / np.maximum(last, 1e-30)
    if ((ratio < 1e-3) & (first < 1e-4)).any():
        found.append("vanishing gradient")
    if (ratio > 70).any() or not seen.is_finite or (w["is_finite"] < 1).any():
        found.append("exploding gradient")
    zeros = w["gradient_zeros"].sum(1) / w["entries"].sum(1)
    if "relu" in seen.activations and (zeros >= 0.7).any():
        found.append("dying relu")
    return found


def _swings(accuracy: np.ndarray) -> bool:
    """Say whether a fifth of the epochs lie at swings of 3 points."""
    if len(accuracy) < 3:
        return False
    before, here, after = accuracy[:-2], accuracy[1:-1], accuracy[2:]
    turns = (here - before) * (after - here) < 0
    size = np.maximum(np.abs(here - before), np.abs(after - here))
    return bool((turns & (size >= SWING)).sum() / len(accuracy) >= 0.2)


def _slow(accuracy: np.ndarray, held: np.ndarray) -> bool:
    """Say whether nothing was gained in any epoch after the first third."""
    if len(accuracy) < 3:
        return False
    start = max(int(0.3 * len(accuracy)), 1)
    gains = [np.diff(curve[: start + 1]).max() for curve in (accuracy, held)]
    reached = max(accuracy[: start + 1].max(), held[: start + 1].max())
    return max(gains) < SLOW and reached < ENOUGH
