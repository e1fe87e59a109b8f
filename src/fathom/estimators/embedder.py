"""`fathom.Embedder`: points at which rows of a class lie close together.

    e(x) = network(x) / |network(x)|,
    loss_a = max(0, |e_a - e_p|^2 - |e_a - e_n|^2 + margin)

with p of the class of a, and n of another. Source: Schroff, Kalenichenko and Philbin,
"FaceNet: A Unified Embedding for Face Recognition and Clustering", CVPR (2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from fathom import objectives
from fathom.errors import is_whole, require
from fathom.estimators.answers import Answers, Kinds
from fathom.estimators.callbacks import with_callbacks
from fathom.estimators.estimator import NetworkEstimator
from fathom.estimators.given import Given
from fathom.estimators.saving import Saved
from fathom.training.loop import Listener


class Embedder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Saved,
               NetworkEstimator):  # fmt: skip
    """A network that places rows of one class close together on a sphere.

    The distance between two rows then says how alike they are, for classes that were
    not in training, too: nearest neighbors and clustering can work on what comes out.

    Args:
        n_components: Numbers for each row; they have length 1 together.
        hidden_units: Units of each hidden layer.
        margin: By how much its own class is to be closer to a row than another.
        network: A `fathom.Network` without a final softmax, in place of those.

    The other settings are those of `fathom.Classifier`. Rows are compared with those of
    their batch: `batch_size` should hold several of every class.

    Example:
        >>> import fathom as fm
        >>> X, y = fm.datasets.load("iris")
        >>> embedder = fm.Embedder(2, (16,), epochs=5, random_state=0).fit(X, y)
        >>> embedder.transform(X).shape
        (150, 2)
    """

    def __init__(  # noqa: PLR0913  (each setting is one the user may name)
        self,
        n_components: int = 2,
        hidden_units: Any = (64, 64),
        activation: Any = "relu",
        *,
        margin: float = 0.2,
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
        self.margin = margin

    @with_callbacks
    def fit(self, X: Any, y: Any) -> Embedder:
        """Learn which rows belong together.

        Args:
            X: (rows, columns) numbers; a pandas or Polars table; images or sequences
                with a `network` that takes them.
            y: (rows,) labels.

        Raises:
            ValueError: If a setting or the data cannot be used.
        """
        first = not (self.warm_start and hasattr(self, "network_"))
        return self._learn(Given(X, y), first)

    def transform(self, X: Any) -> np.ndarray:
        """Return a point of length 1 for every row, (rows, n_components)."""
        outputs = self._outputs(X)
        points = outputs.reshape(len(outputs), -1)
        lengths = np.linalg.norm(points, axis=1, keepdims=True)
        return points / np.maximum(lengths, 1e-6)

    def _objective(self) -> Any:
        return objectives.triplet(self.margin)

    def _checked_answers(self, y: Any) -> np.ndarray:
        check_classification_targets(y)
        return column_or_1d(y, warn=True)

    def _meet(self, y: np.ndarray) -> Answers:
        n = self.n_components
        n = n.item() if isinstance(n, np.generic) else n
        expected = "a whole number of at least 1"
        require(is_whole(n), self._owner, "n_components", expected, n)
        return Kinds.of(y, units=n)

    @property
    def _n_features_out(self) -> int:
        return int(np.prod(self.network_.output_shape))

    def __sklearn_tags__(self) -> Any:
        """Say that it needs labels."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
