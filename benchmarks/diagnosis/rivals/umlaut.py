"""UMLAUT (Schoop et al., CHI 2021): heuristics after each epoch.

As in its source: inputs outside -1 to 1, images that are not square, NaN, rates above
0.01 or below 1e-7, a validation loss that rises in any epoch while the training loss
does not (overfitting), a validation accuracy above 0.95 from the third epoch on or 5
points above training, no softmax at the end, hidden layers without activation, dropout
above one half.
"""

from __future__ import annotations

import numpy as np

import fathom as fm
from benchmarks.diagnosis.observe import Seen
from fathom.diagnose.places import places

MEANING = {
    "input not normalized": ("unscaled-inputs",),
    "loss is NaN": ("non-finite", "learning-rate-too-high"),
    "learning rate high": ("learning-rate-too-high",),
    "learning rate low": ("learning-rate-too-low",),
    "overfitting": ("overfitting",),
    "validation accuracy too high": ("leakage",),
    "missing softmax": ("output-loss-mismatch",),
    "missing activations": ("missing-nonlinearity",),
    "activation on the last layer": ("output-loss-mismatch",),
    "high dropout": ("over-regularized",),
}


def look(seen: Seen) -> list[str]:
    """Return the heuristics that fire."""
    X, found = seen.X, []
    if np.issubdtype(X.dtype, np.floating) and np.abs(X).max() > 1:
        found.append("input not normalized")
    if not seen.is_finite:
        found.append("loss is NaN")
    rate = float(seen.setup.settings["learning_rate"])
    if rate > 0.01:
        found.append("learning rate high")
    if rate < 1e-7:
        found.append("learning rate low")
    loss, held = seen.curve("loss"), seen.curve("validation_loss")
    if len(loss) > 1 and ((np.diff(held) > 0) & (np.diff(loss) <= 0)).any():
        found.append("overfitting")
    if _too_high(seen):
        found.append("validation accuracy too high")
    return found + _layers(seen)


def _too_high(seen: Seen) -> bool:
    accuracy, held = seen.curve("accuracy"), seen.curve("validation_accuracy")
    late, beside = held[3:], accuracy[3:]
    return bool(((late > 0.95) | (late > beside + 0.05)).any())


def _layers(seen: Seen) -> list[str]:
    found, network = [], seen.setup.network
    is_wrong = seen.output_activation not in ("softmax", "sigmoid")
    if seen.loss_name == "cross_entropy" and is_wrong:
        found.append("missing softmax")
    layers = [place.layer for place in places(network)]
    dense = [layer for layer in layers if isinstance(layer, (fm.Dense, fm.Conv))]
    if any(layer.activation == "identity" for layer in dense[:-1]):
        found.append("missing activations")
    if seen.setup.is_numbers and seen.output_activation != "identity":
        found.append("activation on the last layer")
    drops = [layer.rate for layer in layers if isinstance(layer, fm.Dropout)]
    return [*found, "high dropout"] if any(rate > 0.5 for rate in drops) else found
