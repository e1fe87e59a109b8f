"""What Fathom's estimators share: settings, fit and what is kept of it.

`fit` checks the rows, codes inputs and answers, builds the network and trains it. Equal
shapes share one compiled program, so that the folds of a cross-validation and the
values of a grid compile once.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from fathom.agreement import usual_loss
from fathom.arrays import array_inputs
from fathom.errors import require
from fathom.estimators.answers import Answers
from fathom.estimators.blocks import outputs_in_blocks
from fathom.estimators.callbacks import CallbackSupportMixin, fit_tasks
from fathom.estimators.checking import checked, checked_rows, weighted_rows
from fathom.estimators.given import Given
from fathom.estimators.inputs import InputCoding, rows_of
from fathom.estimators.learning import Lesson, Taught, learn
from fathom.estimators.limits import (
    check_privacy,
    checked_settings,
    run_settings,
    usual_decay,
)
from fathom.estimators.networks import Architecture
from fathom.estimators.rows import Rows, merged
from fathom.estimators.sparse import pieces
from fathom.estimators.watched_run import Watch
from fathom.model import Model
from fathom.network import Network
from fathom.privacy.setting import DifferentialPrivacy
from fathom.record.history import History
from fathom.training.loop import Listener, Outcome
from fathom.training.objective import Batch
from fathom.training.settings import Settings
from fathom.training_result import about_privacy
from fathom.version import __version__


class NetworkEstimator(CallbackSupportMixin, BaseEstimator):
    """A network with scikit-learn's manners."""

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
        self.hidden_units = hidden_units
        self.activation = activation
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.epochs = epochs
        self.batch_size = batch_size
        self.validation_fraction = validation_fraction
        self.early_stopping = early_stopping
        self.random_state = random_state
        self.network = network
        self.dropout = dropout
        self.optimizer = optimizer
        self.schedule = schedule
        self.standardize = standardize
        self.warm_start = warm_start
        self.listeners = listeners
        self.n_members = n_members
        self.privacy = privacy

    variables_: dict[str, Any]
    network_: Network
    history_: History
    _about: dict[str, Any]

    @property
    def model_(self) -> Model:
        """The trained `fathom.Model`, which takes raw rows as the estimator does."""
        check_is_fitted(self, "network_")
        names = getattr(self, "feature_names_in_", None)
        names = None if names is None else tuple(map(str, names))
        return Model(
            self.network_,
            self.variables_,
            usual_loss(self.network_),
            self._answers.coding,
            self._inputs.preprocessing(names),
            {"fathom": __version__, **self._about},
        )

    def _meet(self, y: np.ndarray) -> Answers:
        """Learn from the answers which classes there are, or how many numbers."""
        raise NotImplementedError

    def _checked_answers(self, y: Any) -> np.ndarray:
        """Return answers as an array of the kind wanted."""
        raise NotImplementedError

    def _objective(self) -> Any:
        """Return what is minimized in place of a loss, or None."""

    def _factors(self, rows: Rows) -> np.ndarray:
        """Return the factor of every row's weight in training."""
        return np.ones(len(rows.weight))

    def _learn(self, given: Given, first: bool) -> Any:
        """Learn, from the start or from the weights that are there."""
        checked_settings(self)
        check_privacy(self, given, first)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        rows = self._rows(given.X, given.y, given.sample_weight, first)
        if first:
            self._answers, self._n_fits = self._meet(rows.y), 0
        rows = rows._replace(y=self._answers.encode(rows.y))
        decay = self._decay(rows, given, seed, first)
        network, lesson = self._lesson(*self._split(rows, given, seed), first)
        n = len(lesson.training.weight)
        settings = run_settings(self, network, seed + self._n_fits, n, given)
        if decay is None and settings.learning_rate is not None:
            # Nobody knows how long a stream of parts will be.
            decay = usual_decay(settings, n) if given.epochs is None else 0.0
        settings = dataclasses.replace(settings, weight_decay=decay)
        fitted = partial(self._fitted, network, settings)
        tasks = fit_tasks(self, given, settings.epochs, fitted)
        start = None if first else self.variables_
        outcome = self._train(network, settings, lesson, start, tasks)
        self._keep(fitted(outcome.variables), outcome)
        if tasks is not None:
            tasks.close()
        return self

    def _train(
        self,
        network: Network,
        settings: Settings,
        lesson: Lesson,
        start: dict[str, Any] | None,
        watch: Watch | None,
    ) -> Outcome:
        """Train from the start, or from the weights that are there."""
        return learn(network, settings, lesson, start, tuple(self.listeners), watch)

    def _lesson(
        self, training: Rows, held: Rows | None, first: bool
    ) -> tuple[Network, Lesson]:
        """Return the network and the coded rows; learn how they are coded if first."""
        training = self._one_batch(training, held)
        if first:
            self._inputs = InputCoding.fit(
                training.X, training.weight, self.standardize
            )
            self._answers = self._answers.fitted(training.y, training.weight)
        x = self._inputs.encode(training.X)
        network = self._build(x) if first else self.network_
        lesson = Lesson(
            self._batch(x, training, self._factors(training), network),
            held and self._batch(self._inputs.encode(held.X), held, 1.0, network),
            self._answers.coding,
        )
        return network, lesson

    def _decay(self, rows: Rows, given: Given, seed: int, first: bool) -> float | None:
        """Return the decay, if it is "auto" the one chosen on folds of the rows."""
        own = checked_settings(self)["weight_decay"]
        if own != "auto":
            return own if isinstance(self.optimizer, str) else None
        if not first:
            return self._about["settings"]["weight_decay"]
        fits = self._objective() is None and given.epochs is None
        expected = "a number where rows are compared, or come part by part"
        require(fits, self._owner, "weight_decay", expected, own)
        from fathom.estimators.decay import choose_decay

        part = partial(self._part, given, seed)
        strata = self._answers.strata(rows.y)
        self.cross_validation_, decay = choose_decay(rows, part, strata, seed)
        return decay

    def _part(self, given: Given, seed: int, training: Rows, test: Rows) -> Taught:
        """Return the lesson of a fold, as a fit on its training rows alone has it."""
        own = copy.copy(self)  # so that nothing learned of a fold is kept
        network, lesson = own._lesson(*own._split(training, given, seed), True)
        settings = run_settings(own, network, seed, len(lesson.training.weight), given)
        x = own._inputs.encode(test.X)
        return Taught(network, lesson, own._batch(x, test, 1.0, network), settings)

    def _rows(self, X: Any, y: Any, sample_weight: Any, reset: bool) -> Rows:
        """Return the rows that count, checked."""
        is_table = None if reset else self._is_table
        X, y = checked(self, X, y, reset, is_table)
        self._is_table = not isinstance(X, np.ndarray)
        return weighted_rows(X, self._checked_answers(y), sample_weight)

    def _split(self, rows: Rows, given: Given, seed: int) -> tuple[Rows, Rows | None]:
        """Return rows for training and for validation."""
        pair = given.validation_data
        if pair is not None:
            fits = isinstance(pair, (tuple, list)) and len(pair) in (2, 3)
            expected = "a pair (X, y), or (X, y, sample_weight)"
            require(fits, self._owner, "validation_data", expected, type(pair))
            held = self._rows(*pair, *[None] * (3 - len(pair)), reset=False)
            return rows, held._replace(y=self._answers.encode(held.y))
        if given.epochs is not None or self.early_stopping is None:
            return rows, None
        from fathom.data.split import split_indices

        share = self.validation_fraction
        parts = split_indices(len(rows.y), share, seed, self._answers.strata(rows.y))
        training, held = (
            Rows(rows_of(rows.X, part), rows.y[part], rows.weight[part])
            for part in parts
        )
        return training, held

    def _one_batch(self, rows: Rows, held: Rows | None) -> Rows:
        """Return equal rows as one, where all rows make a single batch."""
        is_matrix = isinstance(rows.X, np.ndarray) and rows.X.ndim == 2
        fits = is_matrix and held is None and len(rows.X) <= self.batch_size
        # An objective may compare rows, and privacy takes each by itself.
        fits = fits and self._objective() is None and self.privacy is None
        return merged(rows) if fits else rows

    def _batch(self, x: Any, rows: Rows, factors: Any, network: Network) -> Batch:
        weight = (rows.weight * factors).astype(np.float32)
        return Batch(array_inputs(x, network), self._answers.targets(rows.y), weight)

    def _build(self, x: Any) -> Network:
        """Return the network for inputs (rows, ...)."""
        settings = self.hidden_units, self.activation, self.dropout, self.network
        return Architecture(self._owner, *settings).build(x, self._answers)

    def _fitted(
        self, network: Network, settings: Settings, variables: dict[str, Any]
    ) -> dict[str, Any]:
        """Return what makes a copy of the estimator one that can answer."""
        about = {"estimator": self._owner, "settings": settings.to_dict()}
        return {"network_": network, "variables_": variables, "_about": about}

    def _keep(self, fitted: dict[str, Any], outcome: Outcome) -> None:
        for name, value in fitted.items():
            setattr(self, name, value)
        self.history_, self._n_fits = outcome.history, self._n_fits + 1
        self.stopped_, self.best_epoch_ = outcome.stopped, outcome.best_epoch
        self._about |= about_privacy(outcome)

    def _outputs(self, X: Any) -> np.ndarray:
        """Return the network's outputs for raw rows, float64."""
        check_is_fitted(self, "network_")
        found = [self._run(self.network_, self._coded(X)) for X in pieces(X)]
        return found[0] if len(found) == 1 else np.concatenate(found)

    def _coded(self, X: Any) -> np.ndarray:
        """Return the inputs of raw rows."""
        return self._inputs.encode(checked_rows(self, X, False, self._is_table))

    def _run(self, network: Network, x: Any, own: Any = None) -> np.ndarray:
        """Return what a network with the trained variables gives for inputs."""
        variables = self.variables_ if own is None else own
        return outputs_in_blocks(network, variables, array_inputs(x, network))

    @property
    def _owner(self) -> str:
        return type(self).__name__

    def __sklearn_tags__(self) -> Any:
        """Say what it takes."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
