"""What is to be predicted, as numbers for a network and back: classes, labels, values.

Classes     one of k classes a row; softmax over k units, cross-entropy
Labels      any of k labels a row, each yes or no; k sigmoid units
Values      k numbers a row, standardized by the training rows; identity
Inputs      the inputs themselves, as an autoencoder has it
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from fathom.data.target import TargetCoding
from fathom.errors import InputError
from fathom.estimators.inputs import center_and_spread_of_columns


@dataclass(frozen=True)
class Classes:
    """One class for each row.

    Attributes:
        labels: The classes in sorted order.
    """

    last_activation: ClassVar[str] = "softmax"
    losses: ClassVar[tuple[str, ...]] = ("cross_entropy", "binary_cross_entropy")
    metric: ClassVar[str | None] = "accuracy"
    labels: np.ndarray

    @classmethod
    def of(cls, y: np.ndarray, **more: Any) -> Self:
        """Return the classes that occur.

        Raises:
            InputError: If there is one only.
        """
        labels = np.unique(y)
        if len(labels) < 2:
            raise InputError(
                f"y has one class only ({labels.tolist()[0]!r}): there is nothing to "
                f"tell apart. Add rows of another class."
            )
        return cls(labels, **more)

    @property
    def n_outputs(self) -> int:
        """The number of classes."""
        return len(self.labels)

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Return class numbers (rows,).

        Raises:
            InputError: If a label is none of the classes.

        Example:
            >>> Classes(np.array(["cat", "dog"])).encode(np.array(["dog", "cat"]))
            array([1, 0])
        """
        if y.ndim != 1:
            raise InputError(f"y must hold one label a row. Got shape {y.shape}.")
        unseen = np.setdiff1d(y, self.labels)
        if len(unseen):
            known = ", ".join(map(repr, self.labels.tolist()))
            raise InputError(
                f"y has the label {unseen.tolist()[0]!r}, which is not one of the "
                f"classes learned first: {known}. Name all of them in the first call: "
                f"partial_fit(X, y, classes=...)."
            )
        return np.searchsorted(self.labels, y)

    def fitted(self, codes: np.ndarray, weight: np.ndarray) -> Classes:
        """Return itself: classes have no scale."""
        return self

    def strata(self, codes: np.ndarray) -> np.ndarray:
        """Return the classes, by which a share of the rows is taken."""
        return codes

    def targets(self, codes: np.ndarray) -> np.ndarray:
        """Return what the loss compares with, (rows,) int32."""
        return codes.astype(np.int32)

    @property
    def coding(self) -> TargetCoding | None:
        """The target of a `fathom.Model`."""
        labels = tuple(self.labels.tolist())
        return TargetCoding("classification", ("target",), labels)


@dataclass(frozen=True)
class Kinds(Classes):
    """Classes that say which rows belong together, and are no outputs themselves.

    Attributes:
        units: How many outputs the network has.
    """

    last_activation: ClassVar[str] = "identity"
    losses: ClassVar[tuple[str, ...]] = ("mean_squared_error",)
    metric: ClassVar[str | None] = None
    units: int = 2

    @property
    def n_outputs(self) -> int:
        """The number of outputs."""
        return self.units

    @property
    def coding(self) -> None:
        """None: a model gives the outputs as they are."""


@dataclass(frozen=True)
class Labels:
    """Any number of labels for each row, as a matrix of zeros and ones.

    Attributes:
        n_outputs: How many labels there are.
    """

    last_activation: ClassVar[str] = "sigmoid"
    losses: ClassVar[tuple[str, ...]] = ("binary_cross_entropy",)
    metric: ClassVar[str | None] = None
    coding: ClassVar[TargetCoding | None] = None
    n_outputs: int

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Return the matrix as floats (rows, labels).

        Raises:
            InputError: If it has another number of columns, or other numbers.
        """
        fits = y.ndim == 2 and y.shape[1] == self.n_outputs
        if not fits or not np.isin(y, (0, 1)).all():
            raise InputError(
                f"y must be a matrix (rows, {self.n_outputs}) of zeros and ones, as it "
                f"was in the first fit. Got shape {y.shape}."
            )
        return y.astype(np.float64)

    def fitted(self, y: np.ndarray, weight: np.ndarray) -> Labels:
        """Return itself: labels have no scale."""
        return self

    def strata(self, y: np.ndarray) -> None:
        """Return None: a share of the rows is taken at random."""

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Return what the loss compares with, (rows, labels) float32."""
        return y.astype(np.float32)


@dataclass(frozen=True)
class Values:
    """Numbers for each row, z = (y - mean) / std.

    Attributes:
        n_outputs: How many for each row.
        is_flat: Whether they came as (rows,).
        mean: (n_outputs,) of the training rows.
        std: Likewise; 1 where they do not vary.
    """

    last_activation: ClassVar[str] = "identity"
    losses: ClassVar[tuple[str, ...]] = ("mean_squared_error",)
    metric: ClassVar[str] = "r2"
    n_outputs: int
    is_flat: bool
    mean: Any = None
    std: Any = None

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Return the numbers as (rows, n_outputs) float64.

        Raises:
            InputError: If there are more or fewer for each row than before.
        """
        values = y.reshape(len(y), -1).astype(np.float64)
        if values.shape[1] != self.n_outputs:
            raise InputError(
                f"y must hold {self.n_outputs} numbers a row, as in the first fit. Got "
                f"{values.shape[1]}."
            )
        return values

    def fitted(self, y: np.ndarray, weight: np.ndarray) -> Values:
        """Return the same with the scale of training rows."""
        mean, std = center_and_spread_of_columns(y, weight)
        return replace(self, mean=mean, std=std)

    def strata(self, y: np.ndarray) -> None:
        """Return None: a share of the rows is taken at random."""

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Return what the loss compares with, (rows, n_outputs) float32."""
        return ((y - self.mean) / self.std).astype(np.float32)

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Return outputs of the network in the unit of y, and in its shape."""
        values = outputs.reshape(len(outputs), -1) * self.std + self.mean
        return values[:, 0] if self.is_flat else values

    @property
    def coding(self) -> TargetCoding:
        """The target of a `fathom.Model`."""
        n = self.n_outputs
        names = ("target",) if n == 1 else tuple(f"target_{i + 1}" for i in range(n))
        mean, std = tuple(self.mean.tolist()), tuple(self.std.tolist())
        return TargetCoding("regression", names, None, mean, std)


@dataclass(frozen=True)
class Inputs:
    """The inputs are what the outputs are to meet."""

    last_activation: ClassVar[str] = "identity"
    losses: ClassVar[tuple[str, ...]] = ("mean_squared_error", "binary_cross_entropy")
    metric: ClassVar[str | None] = None
    coding: ClassVar[TargetCoding | None] = None
    n_outputs: ClassVar[int] = 0

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Return y, of which nothing is used."""
        return y

    def fitted(self, y: np.ndarray, weight: np.ndarray) -> Inputs:
        """Return itself."""
        return self

    def strata(self, y: np.ndarray) -> None:
        """Return None: a share of the rows is taken at random."""

    def targets(self, y: np.ndarray) -> None:
        """Return None, which the loss reads as the inputs."""


Answers = Classes | Labels | Values | Inputs
