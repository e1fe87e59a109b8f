"""What a network has to beat: the trivial answer and two classical models.

    classification   the majority class; logistic regression; gradient boosting
    regression       the mean; ridge regression; gradient boosting

All are scikit-learn's, fitted on the training and the validation rows with the inputs
that Fathom's own preprocessing makes of them, and scored on the test rows.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np

from fathom.data import Preprocessing, Table, TargetCoding
from fathom.experiment.settings import ExperimentSettings
from fathom.preparation import class_factors
from fathom.verdict import Answers, Score

LOGISTIC_ITERATIONS = 1000
# Boosting grows 100 trees a class, and logistic regression holds inputs x classes
# weights: past these sizes a baseline would take longer than the network.
MOST_BOOSTED_CLASSES = 30
MOST_CELLS = 50_000_000

CELLS_FOR_THREADS = 1_000_000


@dataclass(frozen=True)
class Rows:
    """Fitting and test rows as the arrays scikit-learn takes.

    Attributes:
        x: (rows, inputs) of the fitting rows.
        y: (rows,) class numbers or (rows, targets) numbers.
        test: (test rows, inputs).
        n_classes: 0 in regression.
        class_weight: For the models that take one.
        seed: For the models that draw random numbers.
    """

    x: np.ndarray
    y: np.ndarray
    test: np.ndarray
    n_classes: int
    class_weight: Any
    seed: int


# Returns what a baseline gives for the test rows, and what is to be said about it.
Fit = Callable[[Rows], tuple[np.ndarray, str]]


def known_answers(table: Table, coding: TargetCoding) -> Answers:
    """Return the answers of a table's rows as contestants are scored against."""
    y = coding.encode(table)
    if coding.task == "classification":
        return Answers(coding.task, y)
    values = coding.decode_values(y.reshape(len(y), -1))
    return Answers(coding.task, np.asarray(values, float).reshape(len(y), -1))


def fit_baselines(
    fitting: Table,
    test: Table,
    coding: TargetCoding,
    settings: ExperimentSettings,
    tell: Callable[..., None] = lambda event, **content: None,
) -> tuple[Score, ...]:
    """Fit the baselines and score them.

    Args:
        fitting: The rows they learn from.
        test: The rows they are scored on.
        coding: How the network codes the target.
        settings: Whose class weights and seed they share.
        tell: Called as tell("baseline", name=...) before each.

    Returns:
        The trivial baseline first. One that would take too long on data of this size
        is left out.
    """
    preprocessing = Preprocessing.fit(fitting)
    rows = Rows(
        preprocessing.transform(fitting),
        known_answers(fitting, coding).known,
        preprocessing.transform(test),
        len(coding.classes or ()),
        _class_weight(settings.class_weight, coding),
        settings.seed,
    )
    answers = known_answers(test, coding)
    scores = []
    with _threads(rows):
        for name, kind, fit in _suitable(rows):
            tell("baseline", name=name)
            given, note = fit(rows)
            scores.append(answers.score(name, kind, given, note))
    return tuple(scores)


def _suitable(rows: Rows) -> Iterator[tuple[str, str, Fit]]:
    cells = rows.x.size * max(rows.n_classes, 1)
    is_small = cells <= MOST_CELLS
    if not rows.n_classes:
        yield "mean", "trivial", _mean
        if is_small:
            yield "ridge regression", "classical", _ridge
            yield "gradient boosting", "classical", _boosted_numbers
        return
    yield "majority class", "trivial", _majority
    if is_small:
        yield "logistic regression", "classical", _logistic
    if is_small and rows.n_classes <= MOST_BOOSTED_CLASSES:
        yield "gradient boosting", "classical", _boosted_classes


def _threads(rows: Rows) -> AbstractContextManager[Any]:
    """Keep small problems on one thread.

    Boosting's threads wait for each other busily: beside another busy process two of
    them took 30 times as long as one (569 rows of 30 columns).
    """
    from threadpoolctl import threadpool_limits

    few = rows.x.size < CELLS_FOR_THREADS
    return threadpool_limits(1 if few else None, user_api="openmp")


def _class_weight(given: Any, coding: TargetCoding) -> Any:
    if not isinstance(given, Mapping):
        return given
    return dict(enumerate(class_factors(given, coding.classes or ())))


def _mean(rows: Rows) -> tuple[np.ndarray, str]:
    return np.tile(rows.y.mean(axis=0), (len(rows.test), 1)), ""


def _majority(rows: Rows) -> tuple[np.ndarray, str]:
    """Return the shares of the classes for every row: the largest is the answer."""
    shares = np.bincount(rows.y, minlength=rows.n_classes) / len(rows.y)
    return np.tile(shares, (len(rows.test), 1)), ""


def _logistic(rows: Rows) -> tuple[np.ndarray, str]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(
        max_iter=LOGISTIC_ITERATIONS, class_weight=rows.class_weight
    )
    note = ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        model.fit(rows.x, rows.y)
    if any(issubclass(one.category, ConvergenceWarning) for one in caught):
        note = f"did not converge in {LOGISTIC_ITERATIONS} iterations"
    return _spread(model, rows), note


def _boosted_classes(rows: Rows) -> tuple[np.ndarray, str]:
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        class_weight=rows.class_weight, random_state=rows.seed
    )
    return _spread(model.fit(rows.x, rows.y), rows), ""


def _spread(model: Any, rows: Rows) -> np.ndarray:
    """Return probabilities (test rows, all classes); 0 for those without a row."""
    probabilities = np.zeros((len(rows.test), rows.n_classes))
    probabilities[:, model.classes_] = model.predict_proba(rows.test)
    return probabilities


def _ridge(rows: Rows) -> tuple[np.ndarray, str]:
    from sklearn.linear_model import Ridge

    return Ridge().fit(rows.x, rows.y).predict(rows.test), ""


def _boosted_numbers(rows: Rows) -> tuple[np.ndarray, str]:
    from sklearn.ensemble import HistGradientBoostingRegressor

    columns = []
    for y in rows.y.T:
        model = HistGradientBoostingRegressor(random_state=rows.seed)
        columns.append(model.fit(rows.x, y).predict(rows.test))
    return np.stack(columns, axis=1), ""
