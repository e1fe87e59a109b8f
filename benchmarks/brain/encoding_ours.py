"""Fathom's side of the encoding benchmark.

python -m benchmarks.brain.encoding_ours FOLDER
"""

from __future__ import annotations

import sys
from typing import Any

import fathom as fm
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


def main() -> None:
    results: dict[str, Any] = {}
    data = ridge()
    for task, intercept in (("ridge", False), ("ridge with intercept", True)):
        model = fm.brain.RidgeCV(data["alphas"], cv=FOLDS, fit_intercept=intercept)
        _, *times = timed(lambda m=model: m.fit(data["x"], data["y"]), 3)
        found = {"alphas": model.alphas_, "predictions": model.predict(data["x"])}
        results[task] = (found, *times)
    data = banded()
    train, test = slice(0, -N_TEST), slice(-N_TEST, None)
    model = fm.brain.BandedRidgeCV(
        BAND_SIZES, alphas=data["alphas"], band_weights=data["gammas"], cv=FOLDS,
        fit_intercept=False,
    )  # fmt: skip
    _, *times = timed(lambda: model.fit(data["x"][train], data["y"][train]), 2)
    plain = fm.brain.RidgeCV(data["alphas"], cv=FOLDS, fit_intercept=False)
    plain.fit(data["x"][train], data["y"][train])
    found = {
        "predictions": model.predict(data["x"][test]),
        "plain": plain.predict(data["x"][test]),
        "bands": model.score_by_band(data["x"][test], data["y"][test]),
    }
    results["banded"] = (found, *times)
    data = temporal()
    model = fm.brain.TemporalResponseFunction(
        0, (LAGS - 1) / RATE, sampling_rate=RATE, alphas=TRF_PENALTY
    )
    _, *times = timed(lambda: model.fit(data["x"], data["y"]), 3)
    found = {"coef": model.coef_, "predictions": model.predict(data["x"])}
    results["temporal"] = results["temporal, all lags held"] = (found, *times)
    report(sys.argv[1], "ours", results)


if __name__ == "__main__":
    main()
