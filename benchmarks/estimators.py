"""The default estimators beside scikit-learn's MLP: held-out scores, and time to fit.

    python -m benchmarks.estimators table           # scores; goes on where it stopped
    python -m benchmarks.estimators time [--only friedman]
    python -m benchmarks.estimators show            # write the tables once more

**Scores.** The five data sets that scikit-learn brings along, 5-fold cross-validation
(by class) repeated 5 times, the same splits for all:

- fathom: `fm.Classifier()` or `fm.Regressor()`, nothing set but the seed;
- no decay: the same with `weight_decay=0.0`;
- mlp: `StandardScaler`, then `MLPClassifier()` or `MLPRegressor()` as they come;
- mlp to the end: the same with `max_iter=5000`, so that each fit ends by its own rule;
- mlp, scaled answers: that, and the answers of a regression standardized as well;
- boosting: `HistGradientBoostingClassifier()` or `Regressor()` as they come.

Differences have the corrected resampled t test of `fathom.comparison.significance`,
without a correction for their number, which finds more of them.

**Time.** 10,000 rows of 30 columns, scored on 10,000 further ones. Every fit is timed
in a fresh process, with no compiled program kept from earlier ones, and with those of
an earlier process; then once more in the same process, with another seed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fathom.comparison.significance import corrected_t_test

RESULTS = Path(__file__).parent / "results"
JSON, TEXT = RESULTS / "estimators.json", RESULTS / "estimators.md"
SETS = ("iris", "wine", "breast_cancer", "digits", "diabetes")
FOLDS, REPEATS, SEED = 5, 5, 0
TO_THE_END = 5000
N_ROWS = 10_000


def fathom(is_regression: bool, seed: int, **settings: Any) -> Any:
    import fathom as fm

    kind = fm.Regressor if is_regression else fm.Classifier
    return kind(random_state=seed, **settings)


def mlp(is_regression: bool, seed: int, **settings: Any) -> Any:
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kind = MLPRegressor if is_regression else MLPClassifier
    return make_pipeline(StandardScaler(), kind(random_state=seed, **settings))


def mlp_with_scaled_answers(is_regression: bool, seed: int) -> Any:
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.preprocessing import StandardScaler

    network = mlp(is_regression, seed, max_iter=TO_THE_END)
    return TransformedTargetRegressor(network, transformer=StandardScaler())


def boosting(is_regression: bool, seed: int) -> Any:
    from sklearn.ensemble import (
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )

    kinds = HistGradientBoostingClassifier, HistGradientBoostingRegressor
    return kinds[is_regression](random_state=seed)


CONTESTANTS: dict[str, Callable[[bool, int], Any]] = {
    "fathom": fathom,
    "no decay": lambda r, seed: fathom(r, seed, weight_decay=0.0),
    "mlp": mlp,
    "mlp to the end": lambda r, seed: mlp(r, seed, max_iter=TO_THE_END),
    "mlp, scaled answers": mlp_with_scaled_answers,
    "boosting": boosting,
}


def main() -> None:
    """Do what is asked for, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("table", "time", "show", "fit"))
    parser.add_argument("--only", nargs="*", help="names of data sets")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fit", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # an MLP that has not converged is a contestant
    if arguments.what == "fit":
        print(json.dumps(timed_fits(*arguments.fit)))
        return
    found = json.loads(JSON.read_text()) if JSON.exists() else {}
    if arguments.what == "table":
        fill_table(found, arguments.only or SETS)
    elif arguments.what == "time":
        for name in arguments.only or list(LARGE):
            found.setdefault("time", {})[name] = timed(name, arguments.rounds)
            keep(found)
    text = shown(found)
    TEXT.write_text(text)
    print(text)


def keep(found: dict[str, Any]) -> None:
    JSON.write_text(json.dumps(found, indent=1) + "\n")


def fill_table(found: dict[str, Any], names: Any) -> None:
    """Score every contestant on every fold that has not been scored."""
    from sklearn import datasets
    from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

    scores = found.setdefault("scores", {})
    for name in names:
        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        is_regression = y.dtype.kind == "f"
        kind = RepeatedKFold if is_regression else RepeatedStratifiedKFold
        splits = kind(n_splits=FOLDS, n_repeats=REPEATS, random_state=SEED)
        for who, make in CONTESTANTS.items():
            if who == "mlp, scaled answers" and not is_regression:
                continue
            own = scores.setdefault(name, {}).setdefault(who, [])
            for i, (training, test) in enumerate(splits.split(X, y)):
                if i < len(own):
                    continue
                model = make(is_regression, i).fit(X[training], y[training])
                own.append(float(model.score(X[test], y[test])))
            keep(found)
            print(f"{name}, {who}: {statistics.mean(own):.4f}", flush=True)


def classes(seed: int, **settings: Any) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import make_classification

    shape: dict[str, Any] = {"n_samples": 2 * N_ROWS, "n_features": 30}
    return make_classification(**shape, n_informative=10, random_state=seed, **settings)


def friedman(seed: int) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import make_friedman1

    return make_friedman1(2 * N_ROWS, 30, noise=1.0, random_state=seed)


def sines(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return y, the sum of 12 sines of random directions, with noise."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(2 * N_ROWS, 30))
    waves = np.sin(X @ draw.normal(size=(30, 12)) / 5).sum(axis=1)
    return X, waves + draw.normal(size=2 * N_ROWS) / 2


# Classes of two clusters, and of 16 with 2 % of the labels wrong; 5 columns that count
# and 25 that do not; a function of all columns.
LARGE: dict[str, Callable[[int], tuple[np.ndarray, np.ndarray]]] = {
    "2 classes": lambda seed: classes(seed),
    "2 classes, 16 clusters": lambda seed: classes(
        seed, n_clusters_per_class=8, flip_y=0.02
    ),
    "friedman": friedman,
    "sines": sines,
}


def timed_fits(who: str, name: str) -> dict[str, Any]:
    """Fit twice in this process; return seconds and scores."""
    X, y = LARGE[name](SEED)
    seconds, scores = [], []
    for seed in (0, 1):
        begin = time.perf_counter()
        model = CONTESTANTS[who](y.dtype.kind == "f", seed)
        model.fit(X[:N_ROWS], y[:N_ROWS])
        seconds.append(time.perf_counter() - begin)
        scores.append(float(model.score(X[N_ROWS:], y[N_ROWS:])))
    return {"seconds": seconds, "scores": scores}


def timed(name: str, rounds: int) -> dict[str, Any]:
    """Return the fits of fresh processes, one after the other."""
    found: dict[str, Any] = {"fathom": [], "fathom, programs kept": [], "mlp": []}
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as cache:
            for key in ("fathom", "fathom, programs kept"):
                found[key].append(_fresh("fathom", name, cache))
        if number == 0:
            found["mlp"].append(_fresh("mlp", name, ""))
            found["boosting"] = [_fresh("boosting", name, "")]
    return found


def _fresh(who: str, name: str, cache: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.estimators", "fit", "--fit", who, name]
    environment = {**os.environ, "FATHOM_CACHE_DIR": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begin = time.perf_counter()
    done = subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    )
    whole = time.perf_counter() - begin
    return {**json.loads(done.stdout), "process": whole}


def shown(found: dict[str, Any]) -> str:
    """Return what was found as Markdown."""
    import sklearn

    versions = f"scikit-learn {sklearn.__version__}, {os.cpu_count()} cores"
    parts = [
        "# The default estimators beside scikit-learn's MLP",
        f"`python -m benchmarks.estimators`; {versions}, {platform.machine()}.",
        *([_scores(found["scores"])] if "scores" in found else []),
        *([_times(found["time"])] if "time" in found else []),
    ]
    return "\n\n".join(parts) + "\n"


def _scores(scores: dict[str, dict[str, list[float]]]) -> str:
    heads = list(CONTESTANTS)
    lines = [
        f"Mean accuracy (diabetes: R2), {FOLDS}-fold cross-validation {REPEATS} times.",
        "",
        f"| | {' | '.join(heads)} |",
        "|---" * (len(heads) + 1) + "|",
    ]
    for name, own in scores.items():
        cells = [f"{np.mean(own[who]):.4f}" if who in own else "-" for who in heads]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    for label, names in (("four sets of classes", SETS[:4]), ("all five", SETS)):
        rows = [scores[name] for name in names if name in scores]
        means = []
        for who in heads:
            chosen = [one.get(who, one["mlp to the end"]) for one in rows]
            means.append(f"{np.mean([np.mean(own) for own in chosen]):.4f}")
        lines.append(f"| mean of {label} | {' | '.join(means)} |")
    lines += ["", "Differences of the default estimator: mean, 95 % interval, p.", ""]
    others = [who for who in heads if who != "fathom"]
    lines += [f"| | {' | '.join(others)} |", "|---" * (len(others) + 1) + "|"]
    for name, own in scores.items():
        cells = [_difference(own, who) for who in others]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _difference(own: dict[str, list[float]], who: str) -> str:
    if who not in own:
        return "-"
    apart = np.array(own["fathom"]) - np.array(own[who])
    p, low, high = corrected_t_test(apart, 1 / (FOLDS - 1))
    verdict = " better" if p < 0.05 and apart.mean() > 0 else ""
    verdict = " **below**" if p < 0.05 and apart.mean() < 0 else verdict
    return f"{apart.mean():+.4f} ({low:+.4f} to {high:+.4f}), {p:.2g}{verdict}"


def _times(times: dict[str, Any]) -> str:
    lines = [
        f"Seconds of `fit` on {N_ROWS:,} x 30 (medians), and the score on as many "
        f"further rows.",
        "",
        "| | fathom, nothing kept | programs kept | again | mlp | again | boosting |",
        "|---" * 7 + "|",
    ]
    for name, own in times.items():
        keys = "fathom", "fathom, programs kept", "mlp", "boosting"
        cold, kept, peer, trees = (own[key] for key in keys)
        warm = [one["seconds"][1] for one in (*cold, *kept)]
        cells = [_cell(cold), _cell(kept), f"{statistics.median(warm):.2f}",
                 _cell(peer), f"{peer[0]['seconds'][1]:.1f}", _cell(trees)]  # fmt: skip
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(fits: list[dict[str, Any]]) -> str:
    seconds = statistics.median(one["seconds"][0] for one in fits)
    score = statistics.mean(np.ravel([one["scores"] for one in fits]).tolist())
    return f"{seconds:.2f} s, {score:.4f}"


if __name__ == "__main__":
    main()
