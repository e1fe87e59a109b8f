"""`fathom.Classifier`: a network that tells classes apart, as a scikit-learn estimator.

    P(class k | x) = softmax(network(x))_k, fitted by the weighted mean cross-entropy

Several labels a row, a matrix of zeros and ones, have one sigmoid each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted

from fathom.errors import InputError, require
from fathom.estimators.answers import Answers, Classes, Labels
from fathom.estimators.callbacks import with_callbacks
from fathom.estimators.given import Given
from fathom.estimators.learning import class_factors_of
from fathom.estimators.rows import Rows
from fathom.estimators.saving import Saved
from fathom.estimators.several_members import SeveralMembers
from fathom.estimators.sparse import dense
from fathom.model import probabilities
from fathom.privacy.setting import DifferentialPrivacy
from fathom.training.loop import Listener


class Classifier(ClassifierMixin, Saved, SeveralMembers):
    """A neural network that tells classes apart.

    Inputs of numbers are standardized; pandas and Polars tables with text, categories,
    dates or missing values go in as they are. Every setting is a plain value, so that
    `GridSearchCV` and `clone` work on it.

    Args:
        hidden_units: Units of each hidden layer; () is logistic regression.
        activation: Of all hidden layers, or one for each.
        learning_rate: Size of a step at the start.
        weight_decay: Decoupled; applies to weights, never to biases. None shrinks
            weights that nothing holds to 1/e over the whole of `fit`, and by nothing
            in `partial_fit`. "auto" chooses it by cross-validation in `fit`;
            `cross_validation_` shows how.
        epochs: Passes over the rows at most; "auto" makes about 2,000 steps, in 40 to
            200 epochs.
        batch_size: Rows of one step.
        validation_fraction: Share of the rows that early stopping looks at, where it
            is given no `validation_data`.
        early_stopping: Stop after so many epochs without a better validation loss and
            take the best weights; None trains to the end, on all rows.
        random_state: Fixes split, start values, order of rows and dropout.
        class_weight: "balanced", or {label: weight}.
        network: A `fathom.Network`, the name of a recipe ("lenet") or a function
            (input_shape, outputs, output_activation) -> Network, in place of
            `hidden_units`, `activation` and `dropout`.
        dropout: Probability of dropping a hidden unit in training.
        optimizer: Name, or an `optax.GradientTransformation`, which brings its own
            learning rate and decay.
        schedule: Name of a schedule of the learning rate.
        standardize: Whether columns of an array of numbers are standardized.
        warm_start: Whether `fit` goes on from the weights of the last fit.
        listeners: Called as listener(event, **content) while it trains.
        n_members: Networks that answer together, trained side by side from several
            seeds; `history_` is then that of no one and empty.
        privacy: A `fathom.DifferentialPrivacy`, which hides in noise whether a row was
            trained on; `privacy_` says how well.

    Attributes:
        classes_: The labels, in the order of `predict_proba`'s columns.
        network_: The `fathom.Network`.
        variables_: Its trained parameters.
        history_: Numbers of every epoch, by name.
        best_epoch_: The epoch whose weights are kept, from 1.
        stopped_: Why it stopped: "epochs", "early_stopping", "non_finite".

    Example:
        >>> import fathom as fm
        >>> X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
        >>> xor = fm.Classifier((8,), "tanh", learning_rate=0.1, random_state=0)
        >>> xor.fit(X, ["no", "yes", "yes", "no"]).predict(X).tolist()
        ['no', 'yes', 'yes', 'no']
    """

    def __init__(  # noqa: PLR0913  (each setting is one the user may name)
        self,
        hidden_units: Any = (64, 64),
        activation: Any = "relu",
        *,
        learning_rate: float = 1e-3,
        weight_decay: float | str | None = None,
        epochs: int | str = "auto",
        batch_size: int = 64,
        validation_fraction: float = 0.1,
        early_stopping: int | None = None,
        random_state: Any = None,
        class_weight: Any = None,
        network: Any = None,
        dropout: float = 0.0,
        optimizer: Any = "adam",
        schedule: Any = "cosine",
        standardize: bool = True,
        warm_start: bool = False,
        listeners: Sequence[Listener] = (),
        n_members: int = 1,
        privacy: DifferentialPrivacy | None = None,
    ) -> None:
        super().__init__(
            hidden_units,
            activation,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            epochs=epochs,
            batch_size=batch_size,
            validation_fraction=validation_fraction,
            early_stopping=early_stopping,
            random_state=random_state,
            network=network,
            dropout=dropout,
            optimizer=optimizer,
            schedule=schedule,
            standardize=standardize,
            warm_start=warm_start,
            listeners=listeners,
            n_members=n_members,
            privacy=privacy,
        )
        self.class_weight = class_weight

    @with_callbacks
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, validation_data: Any = None
    ) -> Classifier:
        """Train the network.

        Args:
            X: (rows, columns) numbers, dense or sparse; a pandas or Polars table;
                images or sequences with a `network` that takes them.
            y: (rows,) labels, or (rows, labels) zeros and ones.
            sample_weight: (rows,) weights of at least 0. A row of weight 0 is not
                there.
            validation_data: A pair (X, y), or (X, y, sample_weight), for the history
                and early stopping.

        Raises:
            ValueError: If a setting or the data cannot be used.
        """
        self._first_classes = None
        first = not (self.warm_start and hasattr(self, "network_"))
        return self._learn(Given(X, y, sample_weight, validation_data), first)

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> Classifier:
        """Go over some rows once, from the weights that are there.

        The first call learns the scale of the inputs. The memory of the optimizer
        begins anew with each call.

        Args:
            X: As in `fit`.
            y: As in `fit`.
            classes: All labels there will be; needed where the first call lacks some.
            sample_weight: As in `fit`.

        Raises:
            ValueError: If a label was not named in the first call.
        """
        first = not hasattr(self, "network_")
        self._first_classes = classes
        if not first and classes is not None:
            same = np.array_equal(np.unique(classes), self.classes_)
            expected = f"those of the first call, {self.classes_.tolist()}"
            require(same, self._owner, "classes", expected, classes)
        return self._learn(Given(X, y, sample_weight, epochs=1), first)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of every class, (rows, classes); or of every label."""
        outputs = self._outputs(X)
        if isinstance(self._answers, Labels):
            return outputs.reshape(len(outputs), -1)
        shares = probabilities(outputs)
        return shares / shares.sum(axis=1, keepdims=True)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of `predict_proba`."""
        return np.log(np.maximum(self.predict_proba(X), np.finfo(np.float64).tiny))

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable label (rows,), or zeros and ones (rows, labels)."""
        shares = self.predict_proba(X)
        if isinstance(self._answers, Labels):
            return (shares > 0.5).astype(np.int64)
        return self.classes_[shares.argmax(axis=1)]

    @property
    def classes_(self) -> np.ndarray:
        """The labels, in the order of `predict_proba`'s columns."""
        check_is_fitted(self, "network_")
        answers = self._answers
        if isinstance(answers, Classes):
            return answers.labels
        return np.arange(answers.n_outputs)

    def predict_set(self, X: Any, coverage: float = 0.9) -> np.ndarray:
        """Return which classes are in each row's set, (rows, classes) of booleans.

        The set holds the right class with a probability of `coverage`; `calibrate`
        comes first. See `fathom.uncertainty.conformal`.
        """
        return self.model_.predict_set(dense(X), coverage)

    def _checked_answers(self, y: Any) -> np.ndarray:
        check_classification_targets(y)
        if issparse(y):
            return np.asarray(y.toarray())
        kind = type_of_target(y, input_name="y")
        if kind == "multiclass-multioutput":
            raise InputError(
                "y must hold one label a row, or zeros and ones for several labels. "
                "Got a matrix of other classes: fit one Classifier for each column, "
                "as sklearn.multioutput.MultiOutputClassifier does."
            )
        if kind.startswith("multilabel"):
            return np.asarray(y)
        return column_or_1d(y, warn=True)

    def _meet(self, y: np.ndarray) -> Answers:
        if y.ndim == 2:
            return Labels(y.shape[1])
        given = self._first_classes
        return Classes.of(y if given is None else np.asarray(given))

    def _factors(self, rows: Rows) -> np.ndarray:
        if isinstance(self._answers, Classes):
            given, labels = self.class_weight, self._answers.labels.tolist()
            return class_factors_of(given, labels, rows.y, rows.weight)
        fits = self.class_weight is None
        expected = "None where a row may have several labels"
        require(fits, self._owner, "class_weight", expected, self.class_weight)
        return super()._factors(rows)

    def __sklearn_tags__(self) -> Any:
        """Say what it can do."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
