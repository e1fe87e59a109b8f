"""Digits without labels: cells that compete, and are named after what they learned.

`fit` shows the rows to `fathom.brain.competition`, which never sees a class, and then
counts which cells spike for which class; `predict` lets the spikes vote. Source: Diehl
and Cook, "Unsupervised learning of digit recognition using spike-timing-dependent
plasticity" (2015).
"""

from __future__ import annotations

from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    check_is_fitted,
    check_non_negative,
    check_random_state,
    validate_data,
)

from fathom.brain.competition import Cells, Competition, learn, respond
from fathom.errors import is_number, is_whole, require


class DiehlCook(ClassifierMixin, BaseEstimator):
    """A layer of spiking cells that learns by spike timing, and classes for its cells.

    Every row is shown as random spikes, at rates that its values give. The cell that is
    driven most spikes and silences the others; its weights move towards the inputs that
    spiked just before (spike-timing-dependent plasticity). The classes come in only
    afterwards: a cell votes for each class in the share of its training spikes that
    the class had. Logistic regression on the same rows does better: this shows how far
    learning without labels gets, not how to read digits.

    The settings were chosen on rows held back from the training part of scikit-learn's
    digits (see docs/guide/brain-learning.md).

    Args:
        cells: How many cells compete.
        epochs: How often all rows are shown.
        steps: For how many steps (of 1 ms) one row is shown.
        rate: Probability of a spike per step of the largest input.
        decay: What is left of a membrane potential after one step.
        threshold: Of every cell at first.
        trace_decay: What is left of an input's trace after one step.
        learning_rate: How fast weights change.
        offset: Trace of an input below which its weight shrinks.
        power: How much less a large weight grows.
        theta_step: By how much a spike raises the cell's own threshold.
        theta_keep: What is left of that after each example.
        total: Sum of every cell's weights, as a share of the number of inputs.
        random_state: Seed, a NumPy random state, or None for a new one each time.

    Attributes:
        classes_: (classes,) labels.
        weight_: (inputs, cells); a column looks like what its cell answers to.
        theta_: (cells,) what the thresholds have grown by.
        shares_: (classes, cells) of its training spikes; 0 for a silent cell.
        labels_: (cells,) the class that each cell answers to most.
        scale_: The largest input in training, which counts as 1.

    Example:
        >>> X = np.repeat(np.eye(2), 20, axis=0)
        >>> model = DiehlCook(cells=4, epochs=2, random_state=0).fit(X, X[:, 0] > 0)
        >>> model.predict(np.eye(2)).tolist()
        [True, False]
    """

    def __init__(  # noqa: PLR0913  (one parameter for each setting)
        self,
        cells: int = 100,
        *,
        epochs: int = 8,
        steps: int = 60,
        rate: float = 0.7,
        decay: float = 0.95,
        threshold: float = 3.0,
        trace_decay: float = 0.8,
        learning_rate: float = 0.005,
        offset: float = 0.2,
        power: float = 1.0,
        theta_step: float = 0.005,
        theta_keep: float = 0.9999,
        total: float = 0.125,
        random_state: Any = None,
    ) -> None:
        """Keep the settings."""
        self.cells = cells
        self.epochs = epochs
        self.steps = steps
        self.rate = rate
        self.decay = decay
        self.threshold = threshold
        self.trace_decay = trace_decay
        self.learning_rate = learning_rate
        self.offset = offset
        self.power = power
        self.theta_step = theta_step
        self.theta_keep = theta_keep
        self.total = total
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> DiehlCook:
        """Learn from X alone, then name the cells after the classes y.

        Args:
            X: (rows, inputs) numbers of at least 0.
            y: (rows,) labels.

        Raises:
            InputError: If a setting is not one of those described.
            ValueError: If X or y cannot be used.
        """
        self._check_settings()
        X, y = validate_data(self, X, y, dtype=np.float32)
        check_classification_targets(y)
        check_non_negative(X, "DiehlCook")
        self.classes_, found = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"DiehlCook needs at least two classes. Got one class: "
                f"{self.classes_[0]!r}."
            )
        self.scale_ = float(X.max()) or 1.0
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        self._key = jax.random.key(seed)
        cells = learn(
            jnp.asarray(X / self.scale_),
            self._key,
            self._competition(X.shape[1]),
            n_cells=self.cells,
            epochs=self.epochs,
            steps=self.steps,
        )
        self.weight_, self.theta_ = np.asarray(cells.weight), np.asarray(cells.theta)
        counts = self._counts(X)
        rates = np.stack(
            [counts[found == k].mean(0) for k in range(len(self.classes_))]
        )
        self.shares_ = rates / np.maximum(rates.sum(0), np.finfo(np.float32).tiny)
        self.labels_ = self.classes_[rates.argmax(0)]
        return self

    def counts(self, X: Any) -> np.ndarray:
        """Return how often each cell spikes for each row, (rows, cells)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        check_non_negative(X, "DiehlCook")
        return self._counts(X)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the votes (rows, classes): spikes times each cell's shares.

        Of two classes, the votes for the second minus those for the first, (rows,).
        """
        votes = self.counts(X) @ self.shares_.T
        return votes[:, 1] - votes[:, 0] if votes.shape[1] == 2 else votes

    def predict(self, X: Any) -> np.ndarray:
        """Return the class with the most votes for each row, (rows,)."""
        votes = self.counts(X) @ self.shares_.T
        return self.classes_[votes.argmax(1)]

    def _counts(self, X: np.ndarray) -> np.ndarray:
        cells = Cells(jnp.asarray(self.weight_), jnp.asarray(self.theta_))
        x, how = jnp.asarray(X / self.scale_), self._competition(X.shape[1])
        key = jax.random.fold_in(self._key, 1)
        return np.asarray(respond(cells, x, key, how, steps=self.steps))

    def _competition(self, inputs: int) -> Competition:
        own = {name: getattr(self, name) for name in Competition._fields}
        own["total"] = self.total * inputs
        return Competition(**{name: np.float32(value) for name, value in own.items()})

    def _check_settings(self) -> None:
        for name in ("cells", "epochs", "steps"):
            value = getattr(self, name)
            expected = "a whole number of at least 1"
            require(is_whole(value), "DiehlCook", name, expected, value)
        for name in Competition._fields:
            value = getattr(self, name)
            fits = is_number(value) and value >= 0
            require(fits, "DiehlCook", name, "a number of at least 0", value)
            if name in ("rate", "decay", "trace_decay", "theta_keep"):
                require(value <= 1, "DiehlCook", name, "a number from 0 to 1", value)

    def __sklearn_tags__(self) -> Any:
        """Say that inputs must not be negative."""
        tags = cast(Any, super()).__sklearn_tags__()
        tags.input_tags.positive_only = True
        tags.non_deterministic = self.random_state is None
        tags.classifier_tags.poor_score = True
        return tags
