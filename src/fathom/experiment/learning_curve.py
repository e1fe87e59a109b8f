"""How quality grows with data, beside models that may level off: `fm.learning_curve`.

Every model learns from the first n rows of the same order and is scored on the same
held-out rows, for several n and several orders.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.data import Table
from fathom.errors import InputError, is_number, is_whole, require
from fathom.examples import as_table
from fathom.experiment.baselines import fit_baselines, known_answers
from fathom.experiment.settings import ExperimentSettings
from fathom.experiment.split import split_rows
from fathom.trained import train
from fathom.verdict import Score, label, main_metric

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# So many updates suit a small network of any number of rows.
STEPS = 3000
FEWEST_ROWS = 20
TRIVIAL = ("majority class", "mean")


@dataclass(frozen=True)
class LearningCurve:
    """Scores of every model for every number of training rows.

    Attributes:
        sizes: Numbers of training rows.
        scores: {model: (sizes, seeds)} on the held-out rows.
        metric: What was scored: "accuracy", or "r2".
        n_test: Held-out rows of each seed.
        name: Of the data.
    """

    sizes: tuple[int, ...]
    scores: Mapping[str, np.ndarray]
    metric: str
    n_test: int
    name: str

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict for each size and model: mean and standard error."""
        return [
            {
                "rows": size,
                "model": name,
                "mean": float(values[i].mean()),
                "standard_error": _standard_error(values[i]),
            }
            for i, size in enumerate(self.sizes)
            for name, values in self.scores.items()
        ]

    def winners(self) -> list[str]:
        """Return the model with the best mean for every size."""
        return [
            max(self.scores, key=lambda name: self.scores[name][i].mean())
            for i in range(len(self.sizes))
        ]

    def __str__(self) -> str:
        """Return a table of the means, one line a size, and who wins."""
        names = list(self.scores)
        width = max(len(name) for name in names) + 2
        head = "rows".rjust(8) + "".join(name.rjust(width) for name in names)
        lines = [f"{label(self.metric)} on {self.n_test} held-out rows of {self.name}"]
        lines.append(head + "  best")
        for i, (size, best) in enumerate(zip(self.sizes, self.winners(), strict=True)):
            means = [f"{self.scores[name][i].mean():.3f}" for name in names]
            cells = "".join(text.rjust(width) for text in means)
            lines.append(f"{size:8d}{cells}  {best}")
        return "\n".join(lines)

    def figure(self) -> Figure:
        """Return the curves as a Plotly figure, with standard errors as bars."""
        from plotly.graph_objects import Figure, Scatter

        lines = [
            Scatter(
                x=self.sizes,
                y=values.mean(axis=1),
                error_y={"array": [_standard_error(row) for row in values]},
                name=name,
                mode="lines+markers",
                # The trivial model is far below and would flatten the others.
                visible="legendonly" if name in TRIVIAL else True,
            )
            for name, values in self.scores.items()
        ]
        figure = Figure(lines)
        figure.update_layout(
            title=f"Quality by number of training rows: {self.name}",
            xaxis={
                "title": "training rows",
                "type": "log",
                "tickvals": self.sizes,
                "minor": {"showgrid": False},
            },
            yaxis={"title": f"{label(self.metric)} on held-out rows"},
            template="plotly_white",
        )
        return figure


def learning_curve(
    network: Any,
    data: Any,
    *,
    sizes: Sequence[int] | None = None,
    seeds: int = 3,
    test: float = 0.25,
    **settings: Any,
) -> LearningCurve:
    """Measure a network and classical models for growing numbers of training rows.

    Args:
        network: As `fathom.train` takes it; a recipe's name such as "mlp" is usual.
        data: A table with a target, or what `fathom.read` makes one of.
        sizes: Numbers of training rows; None takes up to 6, from 20 or 5 a class to
            all that are not held out, each about twice the last.
        seeds: Splits and orders of the rows, over which means are taken.
        test: Share of the rows that is held out.
        settings: As `fathom.train` takes them. Epochs are so many that there are about
            3,000 steps, unless they are given.

    Raises:
        InputError: If there are too few rows, or a size is larger than what is left.

    Example:
        >>> import fathom as fm
        >>> curve = fm.learning_curve("mlp", "iris", sizes=[20, 80], seeds=1, epochs=20)
        >>> curve.sizes, sorted(curve.scores)[:2]
        ((20, 80), ['gradient boosting', 'logistic regression'])
    """
    table = as_table(data)
    if table.task is None:
        raise InputError(
            "A learning curve needs answers: fathom.read(source, target=...)."
        )
    require(is_whole(seeds), "learning_curve", "seeds", "a whole number", seeds)
    private = settings.get("privacy")
    expected = "left out: every point trains on the same rows again"
    require(private is None, "learning_curve", "privacy", expected, private)
    fits = is_number(test) and 0 < test < 1
    require(fits, "learning_curve", "test", "a share between 0 and 1", test)
    chosen = _sizes(table, sizes, test)
    found: dict[str, list[list[float]]] = {}
    n_test, metric = 0, ""
    for seed in range(seeds):
        split = split_rows(table, ExperimentSettings(test=test, validation=None,
                           early_stopping=None, seed=seed))  # fmt: skip
        order = _balanced_order(table, split.training, seed)
        held, n_test = table.rows(split.test), len(split.test)
        for i, size in enumerate(chosen):
            scores = _scores(network, table.rows(order[:size]), held, seed, settings)
            metric = metric or main_metric(str(table.task), scores[0].values)
            for score in scores:
                found.setdefault(score.name, [[] for _ in chosen])[i].append(
                    score.values[metric]
                )
    arrays = {name: np.array(values) for name, values in found.items()}
    return LearningCurve(chosen, arrays, metric, n_test, table.name)


def _scores(
    network: Any, rows: Table, held: Table, seed: int, settings: Mapping[str, Any]
) -> list[Score]:
    batch_size = min(settings.get("batch_size", 32), len(rows))
    epochs = math.ceil(STEPS / math.ceil(len(rows) / batch_size))
    own = {"epochs": epochs, **settings, "batch_size": batch_size, "seed": seed}
    model = train(network, rows, **own).model
    assert model.target is not None
    classes = model.target.task == "classification"
    given = model.predict_proba(held) if classes else model.predict(held)
    score = known_answers(held, model.target).score("network", "network", given)
    shared = ExperimentSettings(seed=seed)
    return [score, *fit_baselines(rows, held, model.target, shared)]


def _sizes(table: Table, given: Sequence[int] | None, test: float) -> tuple[int, ...]:
    most = len(table) - math.ceil(test * len(table))
    least = max(FEWEST_ROWS, 5 * len(table.classes or ()))
    if given is None:
        if most < least:
            raise InputError(
                f"A learning curve of {table.name} needs at least {least} rows to "
                f"learn from. Got {most}."
            )
        n = min(6, 1 + round(math.log2(most / least)))
        spaced = np.geomspace(least, most, max(n, 1)).round().astype(int)
        return tuple(dict.fromkeys(spaced.tolist()))
    fits = len(given) > 0 and all(
        is_whole(size) and 2 <= size <= most for size in given
    )
    expected = f"whole numbers from 2 to {most}, what is not held out"
    require(fits, "learning_curve", "sizes", expected, given)
    return tuple(sorted(set(given)))


def _balanced_order(table: Table, rows: np.ndarray, seed: int) -> np.ndarray:
    """Return rows in a random order in which the classes take turns by their shares.

    So the first n rows have the classes in the shares of all, as far as whole rows can.
    """
    random = np.random.default_rng(seed)
    shuffled = random.permutation(rows)
    if table.task != "classification":
        return shuffled
    codes = np.unique(table.y, return_inverse=True)[1][shuffled]
    place = np.empty(len(rows))
    for code in np.unique(codes):
        of_class = np.flatnonzero(codes == code)
        n = len(of_class)
        place[of_class] = (np.arange(n) + random.random()) / n
    return shuffled[np.argsort(place, kind="stable")]


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else 0.0
