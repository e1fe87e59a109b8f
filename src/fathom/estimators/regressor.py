"""`fathom.Regressor`: a network that predicts numbers, as a scikit-learn estimator.

y = mean + std * network(x), fitted by the weighted mean squared error
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from fathom.estimators.answers import Answers, Values
from fathom.estimators.callbacks import with_callbacks
from fathom.estimators.given import Given
from fathom.estimators.saving import Saved
from fathom.estimators.several_members import SeveralMembers
from fathom.estimators.sparse import dense


class Regressor(RegressorMixin, Saved, SeveralMembers):
    """A neural network that predicts one number a row, or several.

    Inputs and answers are standardized, so that start values and learning rate fit
    numbers of any size. The settings are those of `fathom.Classifier`, without
    `class_weight`; `score` is R2.

    Attributes:
        network_: The `fathom.Network`.
        variables_: Its trained parameters.
        history_: Numbers of every epoch, by name.
        best_epoch_: The epoch whose weights are kept, from 1.
        stopped_: Why it stopped: "epochs", "early_stopping", "non_finite".

    Example:
        >>> import fathom as fm
        >>> line = fm.Regressor((), weight_decay=0.0, learning_rate=0.1, random_state=0)
        >>> line.fit([[0.0], [1.0], [2.0]], [10, 20, 30]).predict([[3.0]]).round(1)
        array([40.])
    """

    @with_callbacks
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, validation_data: Any = None
    ) -> Regressor:
        """Train the network.

        Args:
            X: (rows, columns) numbers, dense or sparse; a pandas or Polars table;
                images or sequences with a `network` that takes them.
            y: (rows,) or (rows, outputs) numbers.
            sample_weight: (rows,) weights of at least 0. A row of weight 0 is not
                there.
            validation_data: A pair (X, y), or (X, y, sample_weight), for the history
                and early stopping.

        Raises:
            ValueError: If a setting or the data cannot be used.
        """
        first = not (self.warm_start and hasattr(self, "network_"))
        return self._learn(Given(X, y, sample_weight, validation_data), first)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Regressor:
        """Go over some rows once, from the weights that are there.

        The first call learns the scale of inputs and answers. The memory of the
        optimizer begins anew with each call.

        Args:
            X: As in `fit`.
            y: As in `fit`.
            sample_weight: As in `fit`.

        Raises:
            ValueError: If the rows do not have the columns of the first call.
        """
        given = Given(X, y, sample_weight, epochs=1)
        return self._learn(given, not hasattr(self, "network_"))

    def predict(self, X: Any) -> np.ndarray:
        """Return the numbers (rows,) or (rows, outputs), in the unit of y."""
        outputs = self._outputs(X)
        answers = self._answers
        assert isinstance(answers, Values)
        return answers.decode(outputs)

    def predict_interval(self, X: Any, coverage: float = 0.9) -> np.ndarray:
        """Return lower and upper bounds (rows, 2), or (rows, outputs, 2).

        They hold the answer with a probability of `coverage`; `calibrate` comes first.
        See `fathom.uncertainty.conformal`.
        """
        return self.model_.predict_interval(dense(X), coverage)

    def _checked_answers(self, y: Any) -> np.ndarray:
        return np.asarray(y, np.float64)

    def _meet(self, y: np.ndarray) -> Answers:
        return Values(int(np.prod(y.shape[1:])), y.ndim == 1)

    def __sklearn_tags__(self) -> Any:
        """Say what it can do."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
