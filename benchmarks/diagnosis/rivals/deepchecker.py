"""TheDeepChecker (Ben Braiek and Khomh, TOSEM 2022), thresholds of its settings.yaml.

Left out are checks that change the program and run it again (fitting one batch, the
loss of a doubled batch, zeroed inputs, train and evaluation mode, augmentation, wrong
labels), and the bias of the last layer, which no common framework starts at the class
prior. The loss must fall 5 % in a period: a period is a fifth of the run here.
"""

from __future__ import annotations

import numpy as np

from benchmarks.diagnosis.observe import Seen

MEANING = {
    "unscaled data": ("unscaled-inputs",),
    "unbalanced labels": ("class-imbalance",),
    "initial weights": ("initialization-scale", "symmetric-initialization"),
    "initial loss": ("initialization-scale", "output-loss-mismatch"),
    "dead units": ("dead-units",),
    "saturated units": ("saturated-units", "initialization-scale"),
    "unstable activations": ("initialization-scale", "unscaled-inputs"),
    "dead weights": ("dead-units", "initialization-scale"),
    "diverging weights": ("learning-rate-too-high", "exploding-gradients"),
    "vanishing gradients": ("vanishing-gradients", "initialization-scale"),
    "exploding gradients": ("exploding-gradients", "learning-rate-too-high"),
    "update ratio": ("learning-rate-too-high", "learning-rate-too-low",
                     "frozen-parameters"),
    "loss does not fall": ("learning-rate-too-low", "underfitting"),
    "diverging loss": ("learning-rate-too-high",),
    "loss and metric disagree": ("output-loss-mismatch",),
    "non-finite": ("non-finite", "learning-rate-too-high"),
}  # fmt: skip


def look(seen: Seen) -> list[str]:
    """Return the checks that fail."""
    checks = {**_before(seen), **_layers(seen), **_curves(seen)}
    return [name for name, fails in checks.items() if fails]


def _before(seen: Seen) -> dict[str, bool]:
    w, X = seen.weights, seen.X
    scaled = True
    if np.issubdtype(X.dtype, np.floating):
        flat = X.reshape(-1, X.shape[-1]) if X.ndim > 2 else X
        standard = np.abs(flat.mean(0)).max() < 0.1 and np.abs(
            flat.std(0) - 1).max() < 0.1  # fmt: skip
        ranged = flat.min() >= -1 and flat.max() <= 1
        scaled = bool(standard or ranged)
    fan, variance = w["fan"][0], w["variance"][0]
    expected = [variance * fan, variance * fan / 2]
    near = [np.abs(np.log2(np.maximum(ratio, 1e-30))) < 1 for ratio in expected]
    return {
        "unscaled data": not scaled,
        "unbalanced labels": _unbalanced(seen),
        "initial weights": bool((~(near[0] | near[1])).any()),
        "initial loss": _initial_loss(seen),
    }


def _unbalanced(seen: Seen) -> bool:
    labels = seen.labels
    if labels is None:
        return False
    shares = np.bincount(labels[labels >= 0]) / max((labels >= 0).sum(), 1)
    known = shares[shares > 0]
    perplexity = float(np.exp(-(known * np.log(known)).sum()))
    return (perplexity - 1) / max(len(known) - 1, 1) < 0.5


def _initial_loss(seen: Seen) -> bool:
    k = int(seen.setup.network.output_shape[-1])
    if seen.setup.is_numbers or seen.loss_name != "cross_entropy":
        return False
    return bool(abs(seen.outputs["loss"][0] - np.log(k)) > np.log(k))


def _layers(seen: Seen) -> dict[str, bool]:
    w, u = seen.weights, seen.units
    n = len(seen.activations)
    inner = range(max(n - 1, 0))
    bounded = [i for i in inner if seen.activations[i] in ("sigmoid", "tanh")]
    rectified = [i for i in inner if seen.activations[i] not in ("sigmoid", "tanh")]
    g = w["gradient_size"]
    growth = g[:, 1:] / np.maximum(g[:, :-1], 1e-30)
    ratio = np.log10(np.maximum(_ratios(seen), 1e-30))
    late = np.median(ratio, axis=0) if len(ratio) else np.full(1, -3.0)
    spread = u["spread"][:, : max(n - 1, 0)] if u else np.ones((1, 1))
    return {
        "dead units": any((u["p95_small"][:, i] > 0.5).any() for i in rectified),
        "saturated units": any((u["rho"][:, i] > 0.5).any() for i in bounded),
        "unstable activations": bool(((spread < 0.5) | (spread > 2)).all(0).any()),
        "dead weights": bool((w["p95"] < 1e-5).any()),
        "diverging weights": bool((w["mean_size"] > 1e8).any()),
        "vanishing gradients": bool((g < 1e-6).any()),
        "exploding gradients": bool((g > 1e6).any() or (growth > 1e3).any()),
        "update ratio": bool(((late < -4) | (late > -1)).any()),
        "non-finite": not seen.is_finite or bool((w["is_finite"] < 1).any()),
    }


def _ratios(seen: Seen) -> np.ndarray:
    layers = seen.result.history.layers
    if "update_ratio" not in layers.statistics:
        return np.zeros((0, 1))
    table = layers.table("update_ratio")[1]
    return np.where(np.isfinite(table), table, 1e-30)


def _curves(seen: Seen) -> dict[str, bool]:
    loss = seen.curve("loss")
    metric = seen.curve("r2" if seen.setup.is_numbers else "accuracy")
    if len(loss) < 5:
        return {}
    period = max(len(loss) // 5, 1)
    ends = loss[::period]
    falls = 1 - ends[1:] / np.maximum(np.abs(ends[:-1]), 1e-30)
    steady = np.ptp(loss) > 0 and len(metric) == len(loss) and np.ptp(metric) > 0
    agree = abs(np.corrcoef(loss, metric)[0, 1]) if steady else 1.0
    return {
        "loss does not fall": bool(falls[0] < 0.05),
        "diverging loss": bool(loss[-1] > 2 * loss.min() and loss.min() > 0),
        "loss and metric disagree": bool(agree < 0.5),
    }
