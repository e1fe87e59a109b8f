"""scikit-learn's MLPClassifier on the two networks that it can express."""

from __future__ import annotations

import json
import time
import warnings

import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.workloads import (
    WORKLOADS,
    Workload,
    cross_entropy,
    parse,
)

N_REPEATS = 3


def classifier(workload: Workload, epochs: int) -> MLPClassifier:
    return MLPClassifier(
        hidden_layer_sizes=workload.hidden_units,
        solver="adam",
        alpha=0.0,
        batch_size=workload.batch_size,
        learning_rate_init=workload.learning_rate,
        max_iter=epochs,
        tol=0.0,
        n_iter_no_change=10 * epochs,
        random_state=0,
    )


def fit(workload: Workload, epochs: int) -> tuple[MLPClassifier, float]:
    X, y = workload.rows()
    model = classifier(workload, epochs)
    start = time.perf_counter()
    model.fit(X, y)
    return model, time.perf_counter() - start


def milliseconds_per_step(workload: Workload, epochs: int, seconds: float) -> float:
    """Time of (epochs - 1) further epochs: what `fit` does once is taken off."""
    once = min(fit(workload, 1)[1] for _ in range(N_REPEATS))
    return 1e3 * (seconds - once) / ((epochs - 1) * workload.n_steps)


def main() -> None:
    arguments = parse("scikit-learn MLPClassifier")
    workload = WORKLOADS[arguments.workload]
    if not workload.hidden_units:
        raise SystemExit("MLPClassifier has no residual connections.")
    warnings.simplefilter("ignore", ConvergenceWarning)
    model, seconds_inside = fit(workload, arguments.epochs)
    trained_at = time.time()
    X, y = workload.rows()
    report = {
        "peer": "scikit-learn",
        "workload": workload.name,
        "ms_per_step": milliseconds_per_step(
            workload, arguments.epochs, seconds_inside
        ),
        "seconds_inside": seconds_inside,
        "trained_at": trained_at,
        "final_loss": cross_entropy(model.predict_proba(X), y),
        "versions": {"scikit-learn": sklearn.__version__},
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
