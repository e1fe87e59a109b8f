"""A model measured by group: `Model.evaluate_by_group`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.errors import InputError
from fathom.fairness.gaps import gaps_of
from fathom.fairness.grouping import groups_of
from fathom.fairness.rates import favored, rates
from fathom.fairness.result import Group, GroupEvaluation
from fathom.intervals import Estimate, estimates

if TYPE_CHECKING:
    from fathom.model import Model
    from fathom.uncertainty.ensemble import Ensemble


def evaluate_by_group(
    model: Model | Ensemble, data: Any, groups: Any, favorable: Any = None
) -> GroupEvaluation:
    """Measure a model on each group of rows, with intervals, and the gaps.

    Args:
        model: One with a target, or an ensemble.
        data: Rows with known answers, as `Model.evaluate` takes them; ones that the
            model was not trained on.
        groups: The name of a column of `data`, which need not be one that the model
            uses, or one value for each row. A number of more than 10 values is cut into
            four parts of about equal size; missing values are a group of their own.
        favorable: The label that selection and true positive rates are about; None
            takes the second of two classes, and each of more.

    Raises:
        InputError: If there is no such column or class, or there is one group only.

    Example:
        >>> import fathom as fm
        >>> network = fm.Network([fm.Dense(3, "softmax")], (4,))
        >>> iris = fm.datasets.load("iris")
        >>> model = fm.train(network, iris, epochs=1, record=False).model
        >>> found = model.evaluate_by_group(iris, ["even", "odd"] * 75)
        >>> [(group.name, group.n_rows) for group in found.groups]
        [('even', 75), ('odd', 75)]
    """
    if model.target is None:
        raise InputError("This model has no target to evaluate against.")
    rows, y = model.with_answers(data)
    known, given = _answers(model, rows, y)
    name, names = groups_of(rows, groups, len(known))
    classes = model.classes
    if model.task == "classification":
        favored(classes, favorable)
    elif favorable is not None:
        raise InputError(
            f"'favorable' names a class, and this model predicts numbers. Got "
            f"{favorable!r}: leave it out."
        )

    def measured(part: np.ndarray) -> dict[str, Estimate]:
        own = estimates(str(model.task), known[part], given[part])
        if model.task != "classification":
            return own
        chosen = given[part].argmax(axis=1)
        return {**own, **rates(known[part], chosen, classes, favorable)}

    found = tuple(
        Group(str(one), int((names == one).sum()), measured(names == one))
        for one in np.unique(names)
    )
    everyone = Group("all", len(known), measured(np.ones(len(known), bool)))
    return GroupEvaluation(name, str(model.task), everyone, found, gaps_of(found))


def _answers(
    model: Model | Ensemble, rows: Any, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the known answers and what the model gives."""
    assert model.target is not None
    if model.task == "classification":
        given = model.predict_proba(rows)
        if given.ndim > 2:
            raise InputError(
                "A model that gives a class for every step is not measured by group: "
                "groups are of rows that have one answer."
            )
        return np.asarray(y).reshape(-1), given
    known = model.target.decode_values(y.reshape(len(y), -1))
    return known, np.asarray(model.predict(rows), float).reshape(np.shape(known))
