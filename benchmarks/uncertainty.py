"""How well probabilities and intervals hold, on rows that nothing was fitted on.

    python -m benchmarks.uncertainty [calibration] [coverage] [mapie]

Rows are split at random into training, calibration and test rows, several times.
Calibration errors are those of the test rows of all splits together, since an error
over few rows is far above 0 even where probabilities are right. `mapie`, where it is
installed, compares its intervals for the same network and calibration rows.
"""

from __future__ import annotations

import statistics
import sys
from typing import Any

import numpy as np

import fathom as fm

SPLITS = 10


def parts(n: int, seed: int, *shares: float) -> list[np.ndarray]:
    """Return row numbers in parts of these shares, and the rest."""
    order = np.random.default_rng(seed).permutation(n)
    return np.split(order, (np.cumsum(shares) * n).astype(int))


def calibration(name: str, epochs: int) -> None:
    """Print calibration before and after for a network and five together."""
    table = fm.datasets.load(name)
    found: dict[str, list[Any]] = {}
    codes, temperatures = [], {"network": [], "ensemble": []}
    for seed in range(SPLITS):
        own = [table.rows(rows) for rows in parts(len(table), seed, 0.6, 0.2)]
        codes.append(np.unique(table.y, return_inverse=True)[1][
            parts(len(table), seed, 0.6, 0.2)[2]])  # fmt: skip
        how = {"epochs": epochs, "seed": seed}
        models: dict[str, Any] = {
            "network": fm.train("mlp", own[0], record=False, **how).model,
            "ensemble": fm.train_ensemble("mlp", own[0], **how).model,
        }
        for kind, model in models.items():
            after = model.calibrate(own[1])
            temperatures[kind].append(after.about["calibration"]["temperature"])
            found.setdefault(kind, []).append(model.predict_proba(own[2]))
            found.setdefault(f"{kind}, scaled", []).append(after.predict_proba(own[2]))
            chosen = after.predict_set(own[2], 0.9)
            found.setdefault(f"{kind} sets", []).append(chosen)
    y = np.concatenate(codes)
    print(f"{name}, {epochs} epochs, {len(y)} test rows")
    for kind, each in found.items():
        p = np.concatenate(each)
        right = p[np.arange(len(y)), y]
        if kind.endswith("sets"):
            print(f"  {kind}: coverage {right.mean():.3f}, size {p.sum(1).mean():.2f}")
            continue
        loss = -np.log(np.maximum(right.astype(float), 1e-30)).mean()
        print(f"  {kind:18} accuracy {(p.argmax(1) == y).mean():.3f}  "
              f"nll {loss:.3f}  ece {100 * fm.calibration_error(y, p):.2f} %  adaptive "
              f"{100 * fm.calibration_error(y, p, adaptive=True):.2f} %")  # fmt: skip
    for kind, each in temperatures.items():
        print(f"  temperature of the {kind}: {statistics.median(each):.2f}")


def coverage(name: str = "diabetes", level: float = 0.9) -> None:
    """Print how often intervals hold the answer, and how wide they are."""
    table = fm.datasets.load(name)
    held: dict[str, list[tuple[float, float]]] = {"network": [], "ensemble": []}
    for seed in range(SPLITS):
        training, rest = parts(len(table), seed, 0.5)
        own = table.rows(training)
        how = {"epochs": 30, "seed": seed, "weight_decay": 0.1}
        models: dict[str, Any] = {
            "network": fm.train("mlp", own, record=False, **how).model,
            "ensemble": fm.train_ensemble("mlp", own, **how).model,
        }
        for i in range(20):
            order = np.random.default_rng(i).permutation(rest)
            known, new = table.rows(order[:99]), table.rows(order[99:])
            y = np.asarray(new.y, float)
            for kind, model in models.items():
                bounds = model.calibrate(known).predict_interval(new, level)
                low, high = bounds.T
                covered = ((low <= y) & (y <= high)).mean()
                held[kind].append((covered, (high - low).mean()))
    for kind, each in held.items():
        mean, width = np.mean(each, axis=0)
        spread = np.std([c for c, _ in each])
        print(
            f"{name} {kind}: {level} nominal, {mean:.3f} of answers covered (standard "
            f"deviation of a split {spread:.3f}), mean width {width:.0f}"
        )


def mapie() -> None:
    """Print the largest difference from the bounds of MAPIE."""
    from mapie.regression import SplitConformalRegressor  # pyright: ignore

    table = fm.datasets.load("diabetes")
    X, y = np.asarray(table.X, float), np.asarray(table.y, float)
    rows = parts(len(y), 0, 0.5, 0.25)
    network = fm.Regressor((32,), epochs=30, random_state=0).fit(X[rows[0]], y[rows[0]])
    peer = SplitConformalRegressor(network, confidence_level=0.9, prefit=True)
    peer.conformalize(X[rows[1]], y[rows[1]])
    theirs = peer.predict_interval(X[rows[2]])[1][:, :, 0]
    ours = network.calibrate(X[rows[1]], y[rows[1]]).predict_interval(X[rows[2]], 0.9)
    apart, width = np.abs(ours - theirs).max(), (ours[:, 1] - ours[:, 0]).mean()
    print(f"MAPIE: bounds differ by {apart:.2g} at most, of a width of {width:.0f}")


if __name__ == "__main__":
    asked = sys.argv[1:] or ["calibration", "coverage"]
    if "calibration" in asked:
        for dataset in ("digits", "breast_cancer"):
            for n_epochs in (50, 300):
                calibration(dataset, n_epochs)
    if "coverage" in asked:
        coverage()
    if "mapie" in asked:
        mapie()
