"""`fathom.compare`: networks and classical models on the same folds of a table.

Every repeat shuffles the rows into folds anew; in every fold preprocessing is fitted on
the training rows, and every contestant gets the same inputs.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fathom.comparison.contestants import Contestant, contestants
from fathom.comparison.model_size import bytes_of, parameters_of
from fathom.comparison.result import ModelComparison, Scored
from fathom.cross_validation.folds import folds_of
from fathom.data import Preprocessing, Table, TargetCoding
from fathom.errors import InputError, choose, is_whole, require
from fathom.examples import as_table
from fathom.experiment.baselines import CELLS_FOR_THREADS, known_answers
from fathom.verdict import main_metric

# Whether more is better.
SCORING = {
    "classification": {
        "accuracy": True, "balanced_accuracy": True, "macro_f1": True,
        "log_loss": False, "roc_auc": True,
    },
    "regression": {
        "r2": True, "root_mean_squared_error": False, "mean_absolute_error": False,
    },
}  # fmt: skip
OF_PROBABILITIES = ("log_loss", "roc_auc")


def compare(
    X: Any,
    y: Any = None,
    networks: Any = None,
    *,
    folds: int = 5,
    repeats: int = 5,
    scoring: str | None = None,
    seed: int = 0,
) -> ModelComparison:
    """Compare networks with classical models by repeated cross-validation.

    Logistic or ridge regression, k nearest neighbors, a random forest and histogram
    gradient boosting, all with the settings they come with. Differences are tested with
    the corrected resampled t test (`fathom.comparison.significance`).

    Args:
        X: Rows: an array, a table, or anything that `fathom.read` takes, such as a file
            or the name of a bundled data set. With a target if `y` is left out.
        y: Answers, one for each row, or the name of the target's column.
        networks: None for the default `Classifier` or `Regressor`; a `fathom.Network`,
            the name of a recipe, an estimator with fit and predict; a list of such, or
            {name: such}. The first is the one that all others are compared with.
        folds: How many parts the rows are cut into.
        repeats: How often they are cut anew.
        scoring: What is compared; None takes accuracy, or R2.
        seed: Fixes the folds and what the models draw.

    Raises:
        InputError: If the rows have no answers, or too few for the folds.

    Example:
        >>> from sklearn.linear_model import LinearRegression
        >>> X, y = np.arange(20.0).reshape(20, 1), 3 * np.arange(20.0)
        >>> found = compare(X, y, LinearRegression(), folds=2, repeats=1)
        >>> found.ranked[0].name, found.scoring, len(found.models)
        ('network', 'r2', 5)
    """
    require(is_whole(folds, 2), "compare", "folds", "a whole number of at least 2",
            folds)  # fmt: skip
    require(is_whole(repeats), "compare", "repeats", "a whole number", repeats)
    require(is_whole(seed, 0), "compare", "seed", "a whole number of at least 0", seed)
    table = _table(X, y)
    task = str(table.task)
    scoring = scoring or main_metric(task, SCORING[task])
    higher_is_better = choose(SCORING[task], scoring, f"scoring of {task}")
    work = _Work(table, seed, contestants(networks, task, len(table.target_names)))
    with work.threads():
        for repeat in range(repeats):
            work.go(folds, repeat)
    models = tuple(_scored(one, work.marks[one.name]) for one in work.contestants)
    lacking = [one.name for one in models if scoring not in one.metrics]
    if lacking:
        raise InputError(
            f"{scoring} is not known of {lacking[0]!r} on every fold: it needs "
            f"probabilities, and rows of every class in each fold. Take another one."
        )
    return ModelComparison(
        table.name, task, len(table), folds, repeats, scoring, higher_is_better, models
    )


def _table(X: Any, y: Any) -> Table:
    from fathom.data import read

    if y is None:
        table = as_table(X)
    elif isinstance(y, str) or isinstance(X, (str, dict)):
        table = read(X, target=y)
    else:
        table = as_table((X, y))
    if table.target is None:
        raise InputError(
            f"A comparison needs answers: name the column of {table.name} that is to "
            f"be predicted, --target COLUMN on the command line and y in Python, or "
            f"hand over the answers."
        )
    TargetCoding.fit(table)  # refuses a single class
    return table


@dataclass
class _Marks:
    """What one contestant has reached so far, a number for each fold."""

    values: list[dict[str, float]] = field(default_factory=list)
    fit_seconds: list[float] = field(default_factory=list)
    predict_seconds: list[float] = field(default_factory=list)  # a row
    n_bytes: list[int] = field(default_factory=list)
    n_parameters: list[int | None] = field(default_factory=list)


@dataclass
class _Work:
    """A comparison under way."""

    table: Table
    seed: int
    contestants: list[Contestant]

    def __post_init__(self) -> None:
        self.marks = {one.name: _Marks() for one in self.contestants}
        self.coding = TargetCoding.fit(self.table)
        self.known = known_answers(self.table, self.coding).known

    def go(self, folds: int, repeat: int) -> None:
        """Compare on the folds of one repeat."""
        classes = self.known if self.coding.classes else None
        seed = self.seed + repeat
        for training, test in folds_of(folds, len(self.table), seed, classes):
            own, held = self.table.rows(training), self.table.rows(test)
            inputs = {}
            for takes_images in {one.takes_images for one in self.contestants}:
                coding = Preprocessing.fit(own, as_image=takes_images)
                inputs[takes_images] = coding.transform(own), coding.transform(held)
            for one in self.contestants:
                x, x_held = inputs[one.takes_images]
                model = self._fit(one, x, training, seed)
                self._measure(one, model, x_held, test)

    def _fit(self, one: Contestant, x: np.ndarray, rows: np.ndarray, seed: int) -> Any:
        y = self.known[rows]
        model = one.make(seed)
        begin = time.perf_counter()
        model.fit(x, y if self.coding.classes or y.shape[1] > 1 else y[:, 0])
        marks = self.marks[one.name]
        marks.fit_seconds.append(time.perf_counter() - begin)
        marks.n_bytes.append(bytes_of(model))
        marks.n_parameters.append(parameters_of(model))
        return model

    def _measure(
        self, one: Contestant, model: Any, held: np.ndarray, rows: np.ndarray
    ) -> None:
        answers = known_answers(self.table.rows(rows), self.coding)
        spreads = self.coding.classes is not None and hasattr(model, "predict_proba")
        begin = time.perf_counter()
        given = model.predict_proba(held) if spreads else model.predict(held)
        seconds = time.perf_counter() - begin
        if self.coding.classes is not None:
            given = _probabilities(model, given, len(self.coding.classes), spreads)
        values = dict(answers.score(one.name, one.kind, given).values)
        if self.coding.classes is not None and not spreads:
            values = {k: v for k, v in values.items() if k not in OF_PROBABILITIES}
        self.marks[one.name].values.append(values)
        self.marks[one.name].predict_seconds.append(seconds / len(rows))

    def threads(self) -> AbstractContextManager[Any]:
        """Keep small problems on one thread, where several wait for each other."""
        from threadpoolctl import threadpool_limits

        few = len(self.table) * len(self.table.columns) < CELLS_FOR_THREADS
        return threadpool_limits(1 if few else None, user_api="openmp")


def _probabilities(
    model: Any, given: np.ndarray, n_classes: int, spreads: bool
) -> np.ndarray:
    """Return (rows, classes); of a model that gives classes only, zeros and ones."""
    if not spreads:
        return np.eye(n_classes)[np.asarray(given).astype(int)]
    shares = np.zeros((len(given), n_classes))
    shares[:, np.asarray(model.classes_).astype(int)] = given
    return shares


def _scored(one: Contestant, marks: _Marks) -> Scored:
    # A metric that a fold leaves undefined would be a mean over other folds.
    names = set.intersection(*(set(values) for values in marks.values))
    metrics = {
        name: np.array([values[name] for values in marks.values])
        for name in marks.values[0]
        if name in names
    }
    counts = [count for count in marks.n_parameters if count is not None]
    return Scored(
        one.name,
        one.kind,
        metrics,
        np.array(marks.fit_seconds),
        np.array(marks.predict_seconds),
        round(float(np.mean(marks.n_bytes))),
        round(float(np.mean(counts))) if counts else None,
    )
