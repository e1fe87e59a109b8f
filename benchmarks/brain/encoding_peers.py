"""The other side of the encoding benchmark: himalaya on PyTorch, and MNE.

Run by the Python of an environment with himalaya, mne and torch:

    python benchmarks/brain/encoding_peers.py FOLDER
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import mne
import numpy as np
import torch
from himalaya.backend import set_backend
from himalaya.kernel_ridge import (
    KernelRidgeCV,
    solve_multiple_kernel_ridge_random_search,
)
from mne.decoding import ReceptiveField
from sklearn.linear_model import Ridge

from benchmarks.brain.encoding_tasks import (
    BAND_SIZES,
    FOLDS,
    LAGS,
    N_TEST,
    RATE,
    TRF_PENALTY,
    banded,
    report,
    ridge,
    temporal,
    timed,
)


def banded_fit(data: dict[str, np.ndarray], backend: Any) -> np.ndarray:
    """Return himalaya's predictions of the test rows."""
    train = slice(0, -N_TEST)
    ends = np.cumsum(BAND_SIZES)
    parts = [
        backend.asarray(data["x"][:, end - size : end])
        for size, end in zip(BAND_SIZES, ends, strict=True)
    ]
    kernels = torch.stack([part[train] @ part[train].T for part in parts])
    deltas, dual, _ = solve_multiple_kernel_ridge_random_search(
        kernels, backend.asarray(data["y"][train]), n_iter=data["gammas"],
        alphas=backend.asarray(data["alphas"]), cv=FOLDS, return_weights="dual",
        progress_bar=False,
    )  # fmt: skip
    weights = torch.exp(deltas)
    each = [
        w * (part[-N_TEST:] @ (part[train].T @ dual))
        for w, part in zip(weights, parts, strict=True)
    ]
    return sum(each).numpy()


def main() -> None:
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    mne.set_log_level("ERROR")
    results: dict[str, Any] = {}
    backend = set_backend("torch")
    data = ridge()
    x, y = backend.asarray(data["x"]), backend.asarray(data["y"])
    for task, intercept in (("ridge", False), ("ridge with intercept", True)):
        model = KernelRidgeCV(alphas=data["alphas"], cv=FOLDS, fit_intercept=intercept)
        _, *times = timed(lambda m=model: m.fit(x, y), 3)
        found = {
            "alphas": model.best_alphas_.numpy(),
            "predictions": model.predict(x).numpy(),
        }
        results[task] = (found, *times)
    data = banded()
    predictions, *times = timed(lambda: banded_fit(data, backend), 2)
    results["banded"] = ({"predictions": predictions}, *times)
    data = temporal()
    field = ReceptiveField(
        0, (LAGS - 1) / RATE, RATE, estimator=TRF_PENALTY, scoring="corrcoef"
    )
    x, y = data["x"].astype(np.float64), data["y"].astype(np.float64)
    _, *times = timed(lambda: field.fit(x, y), 2)
    found = {"coef": field.coef_, "predictions": field.predict(x)}
    results["temporal"] = (found, *times)
    # With all delayed features held at once, in float32: MNE's quickest way.
    field = ReceptiveField(
        0, (LAGS - 1) / RATE, RATE, estimator=Ridge(TRF_PENALTY), scoring="corrcoef"
    )
    x, y = data["x"], data["y"]
    _, *times = timed(lambda: field.fit(x, y), 2)
    found = {"coef": field.coef_, "predictions": field.predict(x)}
    results["temporal, all lags held"] = (found, *times)
    report(sys.argv[1], "peers", results)


if __name__ == "__main__":
    main()
