"""Estimators that learn to give back what they are given.

    code = encoder(x),  x_hat = decoder(code),  minimize the mean of (x - x_hat)^2

x is standardized. The layer `code` has fewer units than there are inputs, so that what
all rows share has to be learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from fathom.estimators.answers import Answers, Inputs
from fathom.estimators.checking import checked_rows, weighted_rows
from fathom.estimators.estimator import NetworkEstimator
from fathom.estimators.networks import Architecture
from fathom.estimators.rows import Rows
from fathom.estimators.sparse import pieces
from fathom.network import Network
from fathom.training.loop import Listener


class Reconstruction(NetworkEstimator):
    """A network that learns its inputs."""

    def __init__(  # noqa: PLR0913  (each setting is one the user may name)
        self,
        n_components: int | None = None,
        hidden_units: Any = (64,),
        activation: Any = "relu",
        *,
        learning_rate: float = 1e-3,
        weight_decay: float | str = 0.0,
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
        )
        self.n_components = n_components

    def reconstruction_error(self, X: Any) -> np.ndarray:
        """Return the mean squared error of each row (rows,), in standardized units."""
        check_is_fitted(self, "network_")
        return np.concatenate([self._errors(self._coded(part)) for part in pieces(X)])

    def _errors(self, x: np.ndarray) -> np.ndarray:
        wrong = (self._run(self.network_, x) - x).reshape(len(x), -1)
        return (wrong**2).mean(axis=1)

    def _meet(self, y: np.ndarray) -> Answers:
        return Inputs()

    def _rows(self, X: Any, y: Any, sample_weight: Any, reset: bool) -> Rows:
        """Return the rows that count; there are no answers."""
        is_table = None if reset else self._is_table
        X = checked_rows(self, X, reset, is_table)
        self._is_table = not isinstance(X, np.ndarray)
        return weighted_rows(X, np.zeros(len(X)), sample_weight)

    def _build(self, x: Any) -> Network:
        """Return the network for inputs; half of them by default are its code."""
        n = self.n_components
        if n is None:
            n = max(int(np.prod(x.shape[1:])) // 2, 1)
        settings = self.hidden_units, self.activation, self.dropout, self.network
        return Architecture(self._owner, *settings).hourglass(x, n)
