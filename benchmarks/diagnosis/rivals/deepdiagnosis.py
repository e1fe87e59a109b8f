"""DeepDiagnosis (Wardat et al., ICSE 2022): eight symptoms.

Thresholds as in its source: dead nodes are elements that are not positive, saturation
is |z| of at least 5 in half of a sigmoid's or tanh's entries, mean |g| below 1e-7,
weight variance outside 1e-5 to 10, update over weights outside 1e-5 to 0.1, unchanged
loss or accuracy, inputs outside -1 to 1, a linear output ten times as wide as the
targets. The original stops at the first alarm; here all are listed. Its "dead node" is
asked of hidden ReLUs, at the last snapshot.
"""

from __future__ import annotations

import numpy as np

from benchmarks.diagnosis.observe import Seen

MEANING = {
    "numerical error": ("non-finite", "learning-rate-too-high"),
    "unnormalized data": ("unscaled-inputs",),
    "dead node": ("dead-units",),
    "saturated activation": ("saturated-units", "initialization-scale"),
    "vanishing gradient": ("vanishing-gradients", "initialization-scale"),
    "poor weight initialization": ("initialization-scale", "symmetric-initialization"),
    "learning rate": ("learning-rate-too-high", "learning-rate-too-low"),
    "unchanged": ("learning-rate-too-low", "vanishing-gradients", "frozen-parameters"),
    "out of range": ("output-loss-mismatch", "unscaled-targets"),
}


def look(seen: Seen) -> list[str]:
    """Return the symptoms that it names."""
    w, found = seen.weights, []
    if not seen.is_finite or (w["is_finite"] < 1).any():
        found.append("numerical error")
    X = seen.X
    if np.issubdtype(X.dtype, np.floating) and np.abs(X).max() > 1:
        found.append("unnormalized data")
    units = [_symptom(seen, place, name) for place, name in enumerate(seen.activations)]
    found += dict.fromkeys(name for name in units if name)
    if (w["gradient_size"] < 1e-7).any():
        found.append("vanishing gradient")
    if ((w["variance"] < 1e-5) | (w["variance"] > 10)).any():
        found.append("poor weight initialization")
    if _rate_is_off(seen):
        found.append("learning rate")
    if _unchanged(seen):
        found.append("unchanged")
    return [*found, "out of range"] if _out_of_range(seen) else found


def _symptom(seen: Seen, place: int, activation: str) -> str:
    is_last = place == len(seen.activations) - 1
    if activation == "relu" and not is_last:
        share = seen.units["not_positive"][-1, place]
        return "dead node" if share >= 0.7 else ""
    if activation in ("sigmoid", "tanh"):
        share = seen.units["beyond_5"][:, place].max()
        return "saturated activation" if share > 0.5 else ""
    return ""


def _rate_is_off(seen: Seen) -> bool:
    """Ask rate * |g| / |w| of every weight matrix, but only of most snapshots."""
    rate = float(seen.setup.settings["learning_rate"])
    size = np.maximum(seen.weights["norm"], 1e-30)
    ratio = rate * seen.weights["gradient_norm"][:-1] / size[:-1]
    outside = (ratio < 1e-5) | (ratio > 1e-1)
    return bool(len(ratio) and np.median(outside.mean(0)) > 0.5)


def _unchanged(seen: Seen) -> bool:
    loss, accuracy = seen.curve("loss"), seen.curve("accuracy")
    flat = len(loss) >= 5 and np.ptp(loss[-5:]) == 0
    return bool(flat or (len(accuracy) >= 20 and np.ptp(accuracy[-20:]) == 0))


def _out_of_range(seen: Seen) -> bool:
    if not seen.setup.is_numbers or seen.output_activation != "identity":
        return False
    span = np.ptp(np.asarray(seen.setup.test[1]))
    return bool(seen.outputs["range"].max() > 10 * span)
