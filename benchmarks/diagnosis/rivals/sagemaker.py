"""The built-in rules of Amazon SageMaker Debugger, with the defaults of their manual.

Rules without a default (TensorVariance) and those that need the service
(StalledTraining and the like) are left out. ClassImbalance is asked of the labels,
where the manual asks batches. "Unchanged tensors" are weights at three snapshots in a
row.
"""

from __future__ import annotations

import numpy as np

from benchmarks.diagnosis.observe import Seen

MEANING = {
    "exploding tensor": ("non-finite", "exploding-gradients", "learning-rate-too-high"),
    "vanishing gradient": ("vanishing-gradients", "initialization-scale"),
    "dead relu": ("dead-units",),
    "saturated activation": ("saturated-units", "initialization-scale"),
    "poor weight initialization": ("initialization-scale", "symmetric-initialization"),
    "weight update ratio": ("learning-rate-too-high", "learning-rate-too-low"),
    "unchanged tensor": ("frozen-parameters", "learning-rate-too-low"),
    "all zero": ("symmetric-initialization", "dead-units"),
    "loss not decreasing": ("learning-rate-too-low", "learning-rate-too-high"),
    "overfit": ("overfitting",),
    "overtraining": ("overfitting",),
    "class imbalance": ("class-imbalance",),
}


def look(seen: Seen) -> list[str]:
    """Return the rules that fire."""
    w, u = seen.weights, seen.units
    ratio = _ratios(seen)
    inner = [i for i, name in enumerate(seen.activations[:-1]) if name == "relu"]
    tanh = [i for i, name in enumerate(seen.activations) if name == "tanh"]
    sigmoid = [i for i, name in enumerate(seen.activations) if name == "sigmoid"]
    flat = [u["tanh_flat"][:, i] for i in tanh]
    flat += [u["sigmoid_flat"][:, i] for i in sigmoid]
    rules = {
        "exploding tensor": not seen.is_finite or (w["is_finite"] < 1).any(),
        "vanishing gradient": (w["gradient_size"] < 1e-7).any(),
        "dead relu": any((u["rarely_active"][:, i] > 0.5).any() for i in inner),
        "saturated activation": any((share > 0.5).any() for share in flat),
        "poor weight initialization": _poor_start(seen),
        "weight update ratio": bool(((ratio > 10) | (ratio < 1e-8)).any()),
        "unchanged tensor": _unchanged(w["norm"]),
        "all zero": (w["mean_size"] == 0).any(),
        "loss not decreasing": _not_decreasing(seen),
        "overfit": _overfit(seen),
        "overtraining": _overtraining(seen),
        "class imbalance": _imbalanced(seen),
    }
    return [name for name, fires in rules.items() if fires]


def _ratios(seen: Seen) -> np.ndarray:
    layers = seen.result.history.layers
    if "update_ratio" not in layers.statistics:
        return np.zeros(0)
    ratio = layers.table("update_ratio")[1]
    return ratio[np.isfinite(ratio)]


def _poor_start(seen: Seen) -> bool:
    variance = seen.units["sum_variance"][0] if seen.units else np.ones(1)
    ratio = variance.max() / max(variance.min(), 1e-30)
    spread = seen.weights["gradient_spread"][0]
    losses = seen.result.history.step_losses[:10]
    same = int((np.abs(np.diff(losses)) <= 1e-8 + 1e-5 * np.abs(losses[1:])).sum())
    return bool(ratio > 10 or (spread < 0.001).all() or same >= 5)


def _unchanged(norms: np.ndarray) -> bool:
    """Say whether some weights are the same at three snapshots in a row."""
    if len(norms) < 3:
        return False
    near = np.isclose(norms[1:], norms[:-1], 1e-5, 1e-8)
    return bool((near[1:] & near[:-1]).any())


def _not_decreasing(seen: Seen) -> bool:
    """Compare epochs, which are about as long as its ten steps."""
    loss = seen.curve("loss")
    if len(loss) < 2:
        return False
    change = np.diff(loss) / np.maximum(np.abs(loss[:-1]), 1e-30)
    return bool(((change > -0.001) | (change > 0.05)).any())


def _overfit(seen: Seen) -> bool:
    loss, held = seen.curve("loss"), seen.curve("validation_loss")
    ratio = (held - loss) / np.maximum(np.abs(loss), 1e-30)
    return bool((ratio > 0.1).any())


def _overtraining(seen: Seen) -> bool:
    """Wait 5 epochs on the training loss and 10 on the validation loss."""
    return any(
        _stalls(seen.curve(name), patience, 0.01)
        for name, patience in (("loss", 5), ("validation_loss", 10))
    )


def _stalls(curve: np.ndarray, patience: int, delta: float) -> bool:
    best, since = np.inf, 0
    for value in curve:
        since = 0 if value < best - delta else since + 1
        best = min(best, value)
        if since > patience:
            return True
    return False


def _imbalanced(seen: Seen) -> bool:
    labels = seen.labels
    if labels is None:
        return False
    counts = np.bincount(labels[labels >= 0])
    return bool(len(labels) >= 500 and counts.max() / max(counts.min(), 1) > 10)
