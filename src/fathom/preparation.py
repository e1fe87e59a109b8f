"""Before training: split the rows, encode both parts, fit the network to the data."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fathom.arrays import array_examples, array_inputs, array_targets
from fathom.construction import Maker, build_network, takes_images
from fathom.errors import InputError, choose, is_number, require
from fathom.examples import (
    Examples,
    as_table,
    is_table,
    pair,
    table_examples,
)
from fathom.layers.layer import Shapes
from fathom.network import Network
from fathom.training.objective import Batch


@dataclass(frozen=True)
class Held:
    """What is held back for validation.

    Attributes:
        validation: A share of the rows, a pair (X, y), a table, or None.
        seed: Decides which rows a share takes.
    """

    validation: Any
    seed: int

    def __post_init__(self) -> None:
        """Check a share."""
        share = self.share
        expected = "a share between 0 and 1 such as 0.2, a pair (X, y), or None"
        fits = share is None or 0 < share < 1
        require(fits, "train", "validation", expected, share)

    @property
    def share(self) -> float | None:
        """The share of the rows, if it is one."""
        return self.validation if is_number(self.validation) else None


@dataclass(frozen=True)
class Prepared:
    """Everything that training needs to know of the data.

    Attributes:
        network: With the input shape of the examples.
        examples: All rows handed over, encoded.
        rows: Which of them are for training.
        held: Which of them are for validation, if a share was asked for.
        validation: Validation examples, or None.
        weight: (rows of `examples`,) weight of each.
        notes: What was noticed in the data.
        n_left_out: How many rows of the source have no target.
    """

    network: Network
    examples: Examples
    rows: np.ndarray
    held: np.ndarray | None
    validation: Batch | None
    weight: np.ndarray
    notes: tuple[str, ...] = ()
    n_left_out: int = 0

    @property
    def training(self) -> Batch:
        """The training examples."""
        return self.examples.batch(self.rows, self.weight)

    def weighted(self, sample_weight: Any, class_weight: Any) -> Prepared:
        """Return the same with weights for rows and for classes.

        Validation rows keep the row's weight and not the class's, so that the
        validation loss stays comparable between class weights.

        Raises:
            InputError: If weights do not fit the rows or name an unknown class.
        """
        weight = _row_weights(sample_weight, len(self.examples), self.n_left_out)
        validation = self.validation
        if self.held is not None:
            validation = self.examples.batch(self.held, weight)
            if not validation.weight.any():
                raise InputError(
                    "All validation rows have weight 0: there is no validation loss."
                )
        if class_weight is not None:
            weight = weight * _class_weights(class_weight, self.examples, self.rows)
        if not weight[self.rows].any():
            raise InputError("All training rows have weight 0: nothing can be learned.")
        return dataclasses.replace(self, weight=weight, validation=validation)


def prepare(
    network: Maker, data: Any, loss: Any, held_back: Held, own: bool = False
) -> Prepared:
    """Split the data, fit preprocessing on the training part only, encode all rows.

    Args:
        network: A network, or what makes one.
        data: As `fathom.train` takes it.
        loss: Name of the loss, if it is known.
        held_back: What is for validation.
        own: Whether an objective of the user's own decides what the arrays are for;
            they may then have another shape than the network's inputs.

    Raises:
        InputError: If the data cannot be used, or the network does not fit them.
    """
    fixed = network if isinstance(network, Network) else None
    if own and fixed is not None and _has_other_shape(fixed, data):
        built, fixed = fixed, None
    else:
        built = None
    notes: tuple[str, ...] = ()
    n_left_out = 0
    if is_table(data, fixed):
        table = as_table(data)
        notes, n_left_out = table.notes, table.n_left_out
        codes = _codes(table.y) if table.task == "classification" else None
        rows, held = _split(len(table), held_back, codes)
        as_image = takes_images(built or network, table.image_shape)
        examples = table_examples(table, rows, as_image)
    else:
        X, y = pair(data, "data")
        examples = array_examples(X, y, fixed, loss)
        codes = examples.y if is_labels(examples.y) else None
        rows, held = _split(len(examples), held_back, codes)
    ones = np.ones(len(examples), np.float32)
    validation = None
    if held is not None:
        validation = examples.batch(held, ones)
    elif held_back.validation is not None:
        validation = encode_apart(held_back.validation, examples, fixed)
    built = built or build_network(network, examples)
    return Prepared(built, examples, rows, held, validation, ones, notes, n_left_out)


def _has_other_shape(network: Network, data: Any) -> bool:
    X = data[0] if isinstance(data, tuple) and data else data
    shape = network.input_shape
    if isinstance(shape, Shapes) or isinstance(X, Mapping):
        return isinstance(shape, Shapes) != isinstance(X, Mapping)
    if isinstance(X, list):
        X = np.asarray(X)
    return shape not in (None, getattr(X, "shape", (0,))[1:])


def encode_apart(given: Any, examples: Examples, network: Network | None) -> Batch:
    """Return examples that were handed over apart, encoded as the training ones are.

    Args:
        given: A pair (X, y) or a table.
        examples: The training examples.
        network: Says what inputs it takes, if it is known.

    Raises:
        InputError: If they do not have the shapes of the training examples.
    """
    if examples.preprocessing is not None and examples.target is not None:
        table = as_table(given, target=list(examples.target.names))
        x = examples.preprocessing.transform(table)
        y = examples.target.encode(table)
    else:
        X, y = pair(given, "validation")
        if (y is None) != (examples.y is None):
            raise InputError("Training and validation examples need targets both.")
        own = Examples(array_inputs(X, network), None, None)
        x, shape = own.x, own.input_shape
        if network is not None and network.input_shape is None:
            network = network.with_input_shape(examples.input_shape)
        y = None if y is None else array_targets(y, examples.target, network)
        if shape != examples.input_shape or (y is not None and len(own) != len(y)):
            raise InputError(
                f"The validation examples must have the shape of the training ones, "
                f"{examples.input_shape}, and one target each. Got {len(own)} of shape "
                f"{shape} and {0 if y is None else len(y)} targets."
            )
    return Batch(x, y, np.ones(len(Examples(x, y, None)), np.float32))


def is_labels(y: Any) -> bool:
    """Say whether encoded targets are one class for each row."""
    return y is not None and y.dtype == np.int32 and y.ndim == 1


def _split(
    n: int, held_back: Held, codes: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    from fathom.data.split import split_indices

    if held_back.share is None:
        return np.arange(n), None
    return split_indices(n, held_back.share, held_back.seed, codes)


def _codes(labels: np.ndarray) -> np.ndarray:
    return np.unique(labels, return_inverse=True)[1]


def _row_weights(given: Any, n: int, n_left_out: int) -> np.ndarray:
    if given is None:
        return np.ones(n, np.float32)
    weight = np.asarray(given)
    fits = weight.shape == (n,) and weight.dtype.kind in "biuf"
    if not fits or not np.isfinite(weight).all() or (weight < 0).any():
        dropped = ""
        if n_left_out:
            were = "1 row was" if n_left_out == 1 else f"{n_left_out} rows were"
            dropped = (
                f" {were} left out, having no target: the weights are for the {n} rows "
                f"that remain."
            )
        raise InputError(
            f"sample_weight must be {n} finite numbers of at least 0, one for each "
            f"row. Got an array of shape {weight.shape} and type {weight.dtype}."
            f"{dropped}"
        )
    return weight.astype(np.float32)


def _class_weights(
    given: str | Mapping[Any, float], examples: Examples, rows: np.ndarray
) -> np.ndarray:
    """Return the weight of every row's class.

    "balanced" is n / (n_classes * n_of_the_class), as scikit-learn has it.
    """
    classes = examples.target.classes if examples.target else None
    if not classes or not is_labels(examples.y):
        raise InputError("class_weight is for targets that are classes.")
    if isinstance(given, str):
        choose({"balanced": None}, given, "class_weight")
        counts = np.bincount(examples.y[rows], minlength=len(classes))
        factor = len(rows) / (len(classes) * np.maximum(counts, 1))
    else:
        factor = np.array(class_factors(given, classes))
    return factor.astype(np.float32)[examples.y]


def class_factors(given: Mapping[Any, float], classes: Sequence[Any]) -> list[float]:
    """Return the weight of every class; 1 for those that are not named.

    A label may be written as text, which is how a file's settings may have it.

    Raises:
        InputError: If these are no weights by label, or a label is unknown.
    """
    expected = "'balanced', or a weight for each label, such as {'yes': 5.0}"
    require(isinstance(given, Mapping), "train", "class_weight", expected, given)
    factors = {str(label): 1.0 for label in classes}
    for label, value in given.items():
        choose(factors, str(label), "class in class_weight")
        if not is_number(value) or value < 0:
            raise InputError(
                f"The weight of class {label!r} must be a number of at least 0. "
                f"Got {value!r} instead."
            )
        factors[str(label)] = float(value)
    return list(factors.values())
