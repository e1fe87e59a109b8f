"""Sick runs repaired: how many reach what the same run without the fault reaches.

    python -m benchmarks.diagnosis.repairs [--seeds 1] [--only TEXT] [--out FILE]

Each problem is trained well, with one fault, or with two; with a fault also with
`repair=True`. All are judged on test rows that nothing was chosen on. A fault counts if
it costs 3 points; a repair has succeeded within a point, or a standard error of the
test score, of the run without the fault. These runs were looked at while the repairs
were written: the figures say that they work, not how well they do elsewhere.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import fathom as fm
from benchmarks.diagnosis import problems as p

HARM, TEST = 0.03, 0.3


@dataclass(frozen=True)
class Start:
    """What is trained: a network by its settings, rows, settings of the run."""

    name: str
    make: Callable[..., fm.Network]
    X: np.ndarray
    y: np.ndarray
    how: dict[str, Any]
    network: dict[str, Any]

    def with_how(self, **new: Any) -> Start:
        """Return the same with other settings of the run."""
        return replace(self, how={**self.how, **new})

    def with_network(self, **new: Any) -> Start:
        """Return the same with another network."""
        return replace(self, network={**self.network, **new})


def chain(
    shape: tuple[int, ...], outputs: int, hidden: tuple[int, ...] = (64, 64), **how: Any
) -> fm.Network:
    """Dense layers, or convolutions for images, with room for faults."""
    activation, init = how.get("activation", "relu"), how.get("init", "auto")
    ending = how.get("ending", "softmax" if outputs > 1 else "identity")
    drop = [fm.Dropout(how["rate"])] if "rate" in how else []
    more = [fm.Activation("softmax")] if how.get("twice") else []
    layers: list[fm.Layer] = []
    if len(shape) > 1:
        layers = [fm.Conv(8, 3, activation=activation, weight_init=init),
                  fm.MaxPool(2), fm.Flatten()]  # fmt: skip
        hidden = hidden[:-1]
    for units in hidden:
        layers += [fm.Dense(units, activation, weight_init=init), *drop]
    return fm.Network([*layers, fm.Dense(outputs, ending), *more], shape)


def starts() -> Iterator[Start]:
    """Yield what is healthy."""
    few = {"epochs": 15}
    yield Start("digits", chain, *p.flat_digits(), few, {"shape": (64,), "outputs": 10})
    yield Start("images", chain, *p.digits(), few, {"shape": (8, 8, 1), "outputs": 10})
    yield Start("clouds", chain, *p.clouds(1200, 1.0), {"epochs": 20},
                {"shape": (8,), "outputs": 3})  # fmt: skip
    yield Start("numbers", chain, *p.wave(1200), {"epochs": 30},
                {"shape": (8,), "outputs": 1})  # fmt: skip


FAULTS: dict[str, Callable[[Start], Start]] = {
    "rate x 300": lambda s: s.with_how(learning_rate=0.3),
    "rate / 1000": lambda s: s.with_how(learning_rate=1e-6),
    "sgd, rate 20": lambda s: s.with_how(optimizer="sgd", learning_rate=20.0),
    "sgd, rate 1e-5": lambda s: s.with_how(optimizer="sgd", learning_rate=1e-5),
    "10 sigmoids": lambda s: s.with_network(hidden=(32,) * 10, activation="sigmoid"),
    "start at 3": lambda s: s.with_network(init="normal(3.0)"),
    "start at 0": lambda s: s.with_network(init="zeros"),
    "start at 1e-4": lambda s: s.with_network(init="normal(1e-4)", hidden=(64,) * 4),
    "inputs x 5000": lambda s: replace(s, X=s.X * 5000),
    "inputs + 200": lambda s: replace(s, X=s.X + 200),
    "inputs / 1000": lambda s: replace(s, X=s.X / 1000),
    "frozen": lambda s: s.with_how(freeze=("dense_1",)).with_network(hidden=(4, 4)),
    "decay of 30": lambda s: s.with_how(optimizer="adamw", weight_decay=30.0),
    "dropout of 0.95": lambda s: s.with_network(rate=0.95),
    "one batch": lambda s: s.with_how(batch_size=5000),
    "2 units": lambda s: s.with_network(hidden=(2, 2)),
    "step": lambda s: s.with_network(activation="step", hidden=(8, 8)),
    "relu at the end": lambda s: s.with_network(ending="relu"),
    "softmax twice": lambda s: s.with_network(twice=True),
    "sorted": lambda s: _sorted(s).with_how(shuffle=False, optimizer="sgd",
                                            learning_rate=0.3),
    "targets x 1e4": lambda s: replace(s, y=1e4 * s.y + 5e4),
    "2 epochs": lambda s: s.with_how(epochs=3, learning_rate=1e-4),
}  # fmt: skip
PAIRS = (
    ("rate / 1000", "inputs x 5000"), ("10 sigmoids", "rate / 1000"),
    ("start at 0", "rate x 300"), ("start at 3", "inputs + 200"),
    ("decay of 30", "rate / 1000"), ("step", "rate / 1000"),
    ("dropout of 0.95", "10 sigmoids"), ("inputs x 5000", "start at 3"),
)  # fmt: skip
# A relu behind classes is refused before anything is trained.
NOT_FOR_CLASSES = ("targets x 1e4", "relu at the end")
NOT_FOR_NUMBERS = ("softmax twice",)


def _sorted(start: Start) -> Start:
    order = np.argsort(start.y, kind="stable")
    return replace(start, X=start.X[order], y=start.y[order])


def reached(start: Start, seed: int, **more: Any) -> tuple[float, float, Any]:
    """Return the test score, its standard error, and the result."""
    n = len(start.y)
    test = np.random.default_rng(seed + 100).random(n) < TEST
    network = start.make(**start.network)
    how = {"validation": 0.25, "seed": seed, **start.how, **more}
    data = (start.X[~test], start.y[~test])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = fm.train(network, data, **how)
        known, given = start.y[test], result.model.predict(start.X[test]).reshape(-1)
    if start.y.dtype.kind in "iu":
        right = given == known
        return float(right.mean()), float(right.std() / np.sqrt(test.sum())), result
    lost = np.nan_to_num((given - known) ** 2 / known.var(), nan=1e6, posinf=1e6)
    score = 1 - np.minimum(lost, 1e6)
    return float(score.mean()), float(score.std() / np.sqrt(test.sum())), result


def measured(seeds: int, only: str) -> Iterator[dict[str, Any]]:
    """Yield a row for each fault and seed."""
    singles = [(name,) for name in FAULTS]
    for start in starts():
        classes = start.y.dtype.kind in "iu"
        leave = NOT_FOR_CLASSES if classes else NOT_FOR_NUMBERS
        for seed in range(seeds):
            clean, error, _ = reached(start, seed)
            for names in (*singles, *PAIRS):
                case = f"{start.name}: {' and '.join(names)}"
                if set(names) & set(leave) or only not in case:
                    continue
                sick = start
                for name in names:
                    sick = FAULTS[name](sick)
                without = reached(sick, seed)[0]
                after, _, result = reached(sick, seed, repair=True)
                yield {
                    "case": case, "faults": len(names), "seed": seed,
                    "clean": clean, "sick": without, "repaired": after,
                    "harm": clean - without > HARM,
                    "success": after >= clean - max(0.01, error),
                    "cost": result.repairs.cost,
                    "kept": [a.finding for a in result.repairs.kept],
                    "said": str(result.repairs),
                }  # fmt: skip


def counted(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures."""
    ill = [row for row in rows if row["harm"]]
    good = [row for row in ill if row["success"]]
    regained = [
        min((row["repaired"] - row["sick"]) / (row["clean"] - row["sick"]), 1.0)
        for row in ill
    ]
    return {
        "harmful": len(ill),
        "at the level of the clean run": len(good),
        "share": len(good) / max(len(ill), 1),
        "mean share of the loss regained": float(np.mean(regained)) if ill else None,
        "mean cost": float(np.mean([row["cost"] for row in rows])) if rows else None,
        "made worse by a point": sum(r["repaired"] < r["sick"] - 0.01 for r in rows),
    }


def main() -> None:
    """Run all, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    rows = []
    for row in measured(given.seeds, given.only):
        rows.append(row)
        shown = {k: v for k, v in row.items() if k != "said"}
        print(json.dumps(shown), flush=True)
        if row["harm"] and not row["success"]:
            print(row["said"], flush=True)
    print(json.dumps(counted(rows), indent=2))
    if given.out:
        given.out.write_text(json.dumps({"figures": counted(rows), "runs": rows}))


if __name__ == "__main__":
    main()
