"""Digits by spike timing alone: settings on validation rows, then the test part once.

    taskset -c 1 python -m benchmarks.brain.stdp_digits --validate
    taskset -c 1 python -m benchmarks.brain.stdp_digits

scikit-learn's digits, 1,297 rows for training and 500 for the test, split at random
once. `--validate` splits the training part again (1,000 and 297 rows, three times) and
compares the settings that were best in a search at random over 58 settings on the first
of those splits. Without it, the defaults of `DiehlCook` are fitted on the training part
with fresh seeds, and the test part is looked at; cells are named by their training
spikes. Logistic regression has the same rows.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from fathom.brain import DiehlCook

TRAINING, FITTED = 1297, 1000
FRESH_SEEDS = range(1000, 1005)
CANDIDATES: dict[str, dict[str, Any]] = {
    "a": {"steps": 60, "epochs": 8, "rate": 0.7, "decay": 0.95, "threshold": 3.0,
          "trace_decay": 0.8, "learning_rate": 0.005, "offset": 0.2, "power": 1.0,
          "theta_step": 0.005, "theta_keep": 0.9999, "total": 8 / 64},
    "b": {"steps": 100, "epochs": 4, "rate": 0.4, "decay": 0.95, "threshold": 5.0,
          "trace_decay": 0.7, "learning_rate": 0.01, "offset": 0.2, "power": 1.0,
          "theta_step": 0.02, "theta_keep": 1.0, "total": 8 / 64},
    "c": {"steps": 60, "epochs": 8, "rate": 0.7, "decay": 0.95, "threshold": 4.0,
          "trace_decay": 0.7, "learning_rate": 0.005, "offset": 0.3, "power": 0.5,
          "theta_step": 0.02, "theta_keep": 0.9999, "total": 10 / 64},
    "d": {"steps": 100, "epochs": 4, "rate": 0.4, "decay": 0.98, "threshold": 3.0,
          "trace_decay": 0.8, "learning_rate": 0.01, "offset": 0.2, "power": 0.5,
          "theta_step": 0.005, "theta_keep": 0.9999, "total": 6 / 64},
}  # fmt: skip


def rows() -> tuple[np.ndarray, np.ndarray]:
    """Return all rows in the order of the split."""
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(12345).permutation(len(X))
    return X[order].astype(np.float32), y[order]


def validate() -> None:
    """Print the accuracy of every candidate on rows of the training part."""
    X, y = (array[:TRAINING] for array in rows())
    for name, settings in CANDIDATES.items():
        scores = []
        for split in range(3):
            order = np.arange(TRAINING)
            if split:  # the first split is that of the search
                order = np.random.default_rng(split).permutation(TRAINING)
            fit, held = order[:FITTED], order[FITTED:]
            for seed in range(2):
                model = DiehlCook(100, random_state=seed, **settings)
                scores.append(model.fit(X[fit], y[fit]).score(X[held], y[held]))
        print(name, f"{np.mean(scores):.4f}", " ".join(f"{s:.3f}" for s in scores))


def test() -> dict[str, Any]:
    """Return the accuracies on the test part, and the time of training and testing."""
    X, y = rows()
    X_train, X_test, y_train, y_test = (
        X[:TRAINING],
        X[TRAINING:],
        y[:TRAINING],
        y[TRAINING:],
    )
    scores, wall, own = [], [], []
    for seed in FRESH_SEEDS:
        start, busy = time.perf_counter(), time.process_time()
        model = DiehlCook(100, random_state=seed).fit(X_train, y_train)
        scores.append(float(model.score(X_test, y_test)))
        wall.append(time.perf_counter() - start)
        own.append(time.process_time() - busy)
    logistic = LogisticRegression(max_iter=2000).fit(X_train / 16, y_train)
    return {
        "accuracies": scores,
        "mean": float(np.mean(scores)),
        "spread": float(np.std(scores, ddof=1)),
        "first_cpu_seconds_with_compiling": own[0],
        "cpu_seconds": float(np.median(own[1:])),
        "wall_seconds": float(np.median(wall[1:])),
        "logistic_regression": float(logistic.score(X_test / 16, y_test)),
    }


def main() -> None:
    """Validate, or test and write what was found if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--validate", action="store_true")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    if asked.validate:
        validate()
        return
    found = test()
    print(json.dumps(found, indent=2))
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
