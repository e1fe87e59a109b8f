"""Rows of a fold -> encoded examples, as `fathom.train` encodes them.

Preprocessing and classes are fitted on the training rows of each fold alone; what early
stopping looks at is split off from them, and the rows held out serve the score only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np

from fathom.agreement import check_outputs, usual_metrics
from fathom.arrays import array_examples
from fathom.construction import Maker
from fathom.cross_validation.folds import Fold
from fathom.errors import InputError
from fathom.examples import as_table, is_table, pair
from fathom.network import Network
from fathom.preparation import Held, Prepared, encode_apart, is_labels, prepare
from fathom.training.objective import Batch
from fathom.training.parts import Part


@dataclass(frozen=True)
class Rows:
    """All rows, and what `fathom.train` would be told of them.

    Attributes:
        data: A `Table`, or a pair (X, y) of arrays.
        loss: As `fathom.train` takes it.
        validation: Share of a fold's training rows for early stopping, or None.
        class_weight: As `fathom.train` takes it.
        sample_weight: (rows,) or None.
    """

    data: Any
    loss: Any = None
    validation: float | None = None
    class_weight: Any = None
    sample_weight: Any = None

    @classmethod
    def of(cls, data: Any, network: Any, **more: Any) -> Rows:
        """Return rows of data as `fathom.train` takes them."""
        fixed = network if isinstance(network, Network) else None
        if is_table(data, fixed):
            return cls(as_table(data), **more)
        X, y = pair(data, "data")
        if y is None:
            raise InputError(
                "Cross-validation scores answers, so it needs data with targets: a "
                "pair (X, y), or a table with a target."
            )
        arrays = jax.tree.map(np.asarray, X) if isinstance(X, dict) else np.asarray(X)
        return cls((arrays, np.asarray(y)), **more)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.data[1]) if isinstance(self.data, tuple) else len(self.data)

    def take(self, rows: np.ndarray) -> Any:
        """Return some rows, as data for `fathom.train`."""
        if isinstance(self.data, tuple):
            return jax.tree.map(lambda array: array[rows], self.data)
        return self.data.rows(rows)

    def classes(self, network: Any) -> np.ndarray | None:
        """Return (rows,) class numbers, or None where the target is no class."""
        if not isinstance(self.data, tuple):
            is_class = self.data.task == "classification"
            return np.unique(self.data.y, return_inverse=True)[1] if is_class else None
        fixed = network if isinstance(network, Network) else None
        X, y = self.data
        y = array_examples(X, y, fixed, self.loss).y
        return np.unique(y, return_inverse=True)[1] if is_labels(y) else None

    @cached_property
    def weight(self) -> np.ndarray:
        """(rows,) weight of every row."""
        if self.sample_weight is None:
            return np.ones(len(self), np.float32)
        return np.asarray(self.sample_weight)

    def prepared(self, network: Maker, fold: Fold, seed: int) -> tuple[Prepared, Batch]:
        """Return a fold's training rows as `fathom.train` sees them, and its others.

        Args:
            network: A network, or what makes one.
            fold: Rows for training, and rows held out.
            seed: Decides which rows early stopping looks at.

        Raises:
            InputError: If the rows cannot be used, naming the reason.
        """
        training, held = fold
        fixed = network if isinstance(network, Network) else None
        share = Held(self.validation, seed)
        prepared = prepare(network, self.take(training), self.loss, share)
        if self.sample_weight is not None or self.class_weight is not None:
            own = None if self.sample_weight is None else self.weight[training]
            prepared = prepared.weighted(own, self.class_weight)
        examples = prepared.examples
        check_outputs(prepared.network, prepared.training, examples.target)
        test = encode_apart(self.take(held), examples, fixed)
        return prepared, test._replace(weight=self.weight[held].astype(np.float32))


def encoded_parts(
    rows: Rows, network: Maker, folds: Sequence[Fold], seeds: Sequence[int]
) -> tuple[list[Part], tuple[str, ...]]:
    """Return the parts of all folds and seeds, fold by fold, and the usual metrics."""
    parts, metrics = [], ()
    for number, fold in enumerate(folds):
        prepared: tuple[Prepared, Batch] | None = None
        for seed in seeds:
            # Without a share for early stopping all seeds see the same examples.
            if prepared is None or rows.validation is not None:
                prepared = _named(rows, network, fold, (number, seed))
            own, test = prepared
            metrics = usual_metrics(own.examples)
            parts.append(
                Part(own.network, own.training, own.validation, test, seed, number)
            )
    return parts, metrics


def _named(
    rows: Rows, network: Maker, fold: Fold, at: tuple[int, int]
) -> tuple[Prepared, Batch]:
    number, seed = at
    try:
        return rows.prepared(network, fold, seed)
    except InputError as error:
        raise InputError(f"Fold {number + 1}: {error}") from error
