"""`fathom.AnomalyDetector`: rows unlike the others, by the outlier conventions.

    score(x) = -mean (x - x_hat)^2,  outlier if score(x) < offset

An autoencoder restores what is common and fails on what is rare; `offset` is the score
that the given share of the training rows lies below.

Source: Japkowicz, Myers and Gluck, "A Novelty Detection Approach to Classification",
IJCAI (1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import OutlierMixin

from fathom.errors import is_number, require
from fathom.estimators.callbacks import with_callbacks
from fathom.estimators.given import Given
from fathom.estimators.reconstruction import Reconstruction
from fathom.estimators.saving import Saved
from fathom.training.loop import Listener


class AnomalyDetector(OutlierMixin, Saved, Reconstruction):
    """A network that finds rows unlike the others.

    Args:
        contamination: Share of the training rows that are outliers, above 0 and at most
            0.5.
        n_components: Units of the narrowest layer; None takes half as many as inputs.
            With as many as inputs it can copy every row, and finds nothing.
        hidden_units: Units of the layers before it; those after it mirror them.
        network: A `fathom.Network` with a layer named "code", in place of those.

    The other settings are those of `fathom.Classifier`.

    Attributes:
        offset_: Scores below it are outliers.

    Example:
        >>> import fathom as fm
        >>> import numpy as np
        >>> X = np.outer(np.arange(20.0), [1.0, 1.0])
        >>> detector = fm.AnomalyDetector(hidden_units=(), random_state=0).fit(X)
        >>> detector.predict([[3.0, 3.0], [2.0, 18.0]]).tolist()
        [1, -1]
    """

    def __init__(  # noqa: PLR0913  (each setting is one the user may name)
        self,
        contamination: float = 0.1,
        n_components: int | None = None,
        hidden_units: Any = (64,),
        activation: Any = "relu",
        *,
        learning_rate: float = 1e-3,
        weight_decay: float = 0.0,
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
            n_components,
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
        self.contamination = contamination

    @with_callbacks
    def fit(self, X: Any, y: Any = None) -> AnomalyDetector:
        """Learn what rows have in common.

        Args:
            X: (rows, columns) numbers, or a pandas or Polars table.
            y: Not used.

        Raises:
            ValueError: If a setting or the data cannot be used.
        """
        share = self.contamination
        fits = is_number(share) and 0 < share <= 0.5
        expected = "a share above 0 and at most 0.5"
        require(fits, self._owner, "contamination", expected, share)
        first = not (self.warm_start and hasattr(self, "network_"))
        self._learn(Given(X, None), first)
        self.offset_ = float(np.quantile(self.score_samples(X), share))
        return self

    def score_samples(self, X: Any) -> np.ndarray:
        """Return minus the error of each row (rows,): the lower, the stranger."""
        return -self.reconstruction_error(X)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return `score_samples` above the offset: negative for outliers."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> np.ndarray:
        """Return -1 for outliers and 1 for the others, (rows,)."""
        return np.where(self.decision_function(X) < 0, -1, 1)
