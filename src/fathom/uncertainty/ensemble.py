"""`fathom.Ensemble`: several models of the same, which answer together.

    P(class k | x) = mean_m P_m(class k | x),    prediction(x) = mean_m f_m(x)

The spread of the members says where they were not told what to do: it grows away from
the training rows. Source: Lakshminarayanan et al., "Simple and scalable predictive
uncertainty estimation using deep ensembles", NeurIPS (2017).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from fathom.errors import InputError
from fathom.examples import no_classes
from fathom.model import Model, metrics_of
from fathom.uncertainty.samples import Samples, as_answers

if TYPE_CHECKING:
    from fathom.data.preprocessing import Preprocessing
    from fathom.data.target import TargetCoding
    from fathom.fairness.result import GroupEvaluation
    from fathom.uncertainty.conformal import Conformal


@dataclass(frozen=True)
class Ensemble:
    """Several models that answer together.

    Attributes:
        members: Models of the same target.
        about: How they were made, as plain data.
        conformal: What `calibrate` found out for intervals and sets; None before.

    Example:
        >>> import fathom as fm
        >>> X = np.linspace(0, 1, 20)[:, None]
        >>> network = fm.Network([fm.Dense(8, "tanh"), fm.Dense(1)], (1,))
        >>> result = fm.train_ensemble(network, (X, 2 * X[:, 0]), n_members=3)
        >>> samples = result.model.predict_samples([[0.5], [9.0]])
        >>> bool(samples.spread[1] > samples.spread[0])  # far from the training rows
        True
    """

    members: tuple[Model, ...]
    about: Mapping[str, Any] = field(default_factory=dict)
    conformal: Conformal | None = None

    def __post_init__(self) -> None:
        """Check that the members answer the same question.

        Raises:
            InputError: If there is none, or classes or tasks differ.
        """
        if not self.members:
            raise InputError("An ensemble needs at least one member.")
        if len({(one.task, one.classes) for one in self.members}) > 1:
            raise InputError(
                "The members of an ensemble must know the same classes. Some classes "
                "are so rare that a member saw none: take a smaller validation share, "
                "or a pair (X, y) as validation."
            )

    @property
    def task(self) -> str | None:
        """The kind of answer, as of a `Model`."""
        return self.members[0].task

    @property
    def classes(self) -> tuple[Any, ...]:
        """The labels in the order of `predict_proba`'s columns."""
        return self.members[0].classes

    @property
    def target(self) -> TargetCoding | None:
        """What the first member predicts."""
        return self.members[0].target

    @property
    def preprocessing(self) -> Preprocessing | None:
        """What the first member makes of raw columns."""
        return self.members[0].preprocessing

    def predict_samples(self, data: Any) -> Samples:
        """Return the answers of all members: their mean and spread."""
        each = [as_answers(one, one.outputs(data)[None])[0] for one in self.members]
        return Samples(np.stack(each))

    def predict(self, data: Any) -> np.ndarray:
        """Return the answer for every row, as `Model.predict` does.

        The most probable label by the mean of the probabilities, or the mean number.
        """
        mean = self.predict_samples(data).mean
        if self.task == "classification":
            assert self.target is not None
            return self.target.decode_labels(mean.argmax(-1))
        return mean

    def predict_proba(self, data: Any) -> np.ndarray:
        """Return the mean of the members' probabilities, (rows, classes).

        Raises:
            InputError: If the members do not predict classes.
        """
        if self.task != "classification":
            raise no_classes(self.task)
        return self.predict_samples(data).mean

    def evaluate(self, data: Any) -> dict[str, float]:
        """Return metrics on data with known answers, as `Model.evaluate` does."""
        return metrics_of(self, data)

    def evaluate_by_group(
        self, data: Any, groups: Any, favorable: Any = None
    ) -> GroupEvaluation:
        """Return metrics of each group of rows, as `Model.evaluate_by_group` does."""
        from fathom.fairness.evaluation import evaluate_by_group

        return evaluate_by_group(self, data, groups, favorable)

    def with_answers(self, data: Any) -> tuple[Any, np.ndarray]:
        """Return the rows and their answers, encoded as the first member has them."""
        return self.members[0].with_answers(data)

    def calibrate(self, data: Any) -> Ensemble:
        """Return the ensemble with uncertainty that fits rows it did not learn from.

        One temperature for all members in classification; intervals that are wider
        where the members disagree in regression. See `fathom.uncertainty.calibration`.
        """
        from fathom.uncertainty.calibration import calibrate

        return calibrate(self, data)

    def predict_interval(self, data: Any, coverage: float = 0.9) -> np.ndarray:
        """Return lower and upper bounds (rows, 2), or (rows, targets, 2)."""
        from fathom.uncertainty.answers import interval

        return interval(self, data, coverage)

    def predict_set(self, data: Any, coverage: float = 0.9) -> np.ndarray:
        """Return which classes are in each row's set, (rows, classes) of booleans."""
        from fathom.uncertainty.answers import prediction_set

        return prediction_set(self, data, coverage)

    def save(self, path: str | Path) -> Path:
        """Write the ensemble to a new folder, a model folder for each member.

        Raises:
            InputError: If the folder exists with something in it.
        """
        from fathom.export.ensemble_folder import save_ensemble

        return save_ensemble(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the ensemble that `save` wrote, or that of a run.

        Nothing in the files is run.

        Raises:
            InputError: If there is none, or a file is damaged.
        """
        from fathom.export.ensemble_folder import load_ensemble

        return cls(*load_ensemble(Path(path)))
