"""How a target becomes numbers for the network, and its answers become labels again.

Classes are numbered in sorted order. In regression every target is standardized by the
training part, z = (y - mean) / std, so that start values and learning rates fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fathom.data.plain import NUMBERS, Check, is_finite, is_text, list_of, one_of, take
from fathom.data.scaling import center_and_spread
from fathom.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from fathom.data.table import Table

Label = str | int | float | bool


@dataclass(frozen=True)
class TargetCoding:
    """Classes, or the scale of the numbers to be predicted.

    Attributes:
        task: "classification" or "regression".
        names: Of the target columns.
        classes: The labels in the order of the network's outputs; None in regression.
        mean: Of every target in training; empty in classification.
        std: Of every target in training, never 0; empty in classification.

    Example:
        >>> coding = TargetCoding("classification", ("species",), ("cat", "dog"))
        >>> coding.decode_labels(np.array([1, 0])).tolist()
        ['dog', 'cat']
    """

    task: str
    names: tuple[str, ...]
    classes: tuple[Label, ...] | None = None
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    @classmethod
    def fit(cls, table: Table) -> TargetCoding:
        """Return the coding of a table's target; call it with the training rows.

        Raises:
            InputError: If the table has no target, no rows, or one class only.
        """
        target = table.target
        if target is None:
            raise InputError(
                f"The table {table.name!r} has no target to learn: name the column "
                f"with fathom.read(source, target=...)."
            )
        if not len(table):
            raise InputError(f"The table {table.name!r} has no rows to learn from.")
        if target.task == "classification":
            classes = target.classes or ()
            if len(classes) < 2:
                only = next(iter(classes), None)
                raise InputError(
                    f"The target {target.names[0]!r} has one class only ({only!r}). "
                    f"Telling classes apart needs rows of at least two."
                )
            return cls(target.task, target.names, classes)
        scales = [
            center_and_spread(series.to_numpy())
            for series in target.frame.get_columns()
        ]
        mean = tuple(center for center, _ in scales)
        std = tuple(spread or 1.0 for _, spread in scales)
        return cls(target.task, target.names, None, mean, std)

    @property
    def n_outputs(self) -> int:
        """The number of classes, or of targets in regression."""
        return len(self.names) if self.classes is None else len(self.classes)

    def encode(self, table: Table) -> np.ndarray:
        """Return class numbers (rows,) int32, or standardized (rows, targets) float32.

        Columns go by position: the names may differ.

        Raises:
            InputError: If a label was not seen in training, or is no number.
        """
        target = table.target
        if target is None or len(target.names) != len(self.names):
            expected = ", ".join(map(repr, self.names))
            found = ", ".join(map(repr, table.target_names)) or "none"
            raise InputError(
                f"The table {table.name!r} must have the target {expected}. Got "
                f"{found}."
            )
        if self.classes is not None:
            labels = target.frame.to_series().to_list()
            return self._numbers_of(labels)
        columns = [
            _numbers(name, target.frame.to_series(i))
            for i, name in enumerate(target.names)
        ]
        with np.errstate(over="ignore"):
            z = (np.stack(columns, axis=1) - self.mean) / self.std
            return z.astype(np.float32)

    def _numbers_of(self, labels: list[Label]) -> np.ndarray:
        """Return the class numbers of labels, which may be written differently.

        A file in which every label is a number gives numbers where the training file,
        with other labels, too, gave text.
        """
        classes = self.classes or ()
        number = {label: i for i, label in enumerate(classes)}
        by_text = {_key(label): i for i, label in enumerate(classes)}
        coded = {
            label: number.get(label, by_text.get(_key(label))) for label in set(labels)
        }
        unseen = sorted(repr(label) for label, code in coded.items() if code is None)
        if unseen:
            known = [str(label) for label in classes]
            shown = ", ".join(map(repr, classes[:10]))
            dots = ", ..." if len(classes) > 10 else ""
            raise InputError(
                f"The target {self.names[0]!r} has the label {unseen[0]}, which was "
                f"not seen in training.{did_you_mean(unseen[0].strip(chr(39)), known)}"
                f" Known: {shown}{dots}."
            )
        return np.array([coded[label] for label in labels], dtype=np.int32)

    def decode_labels(self, indices: Any) -> np.ndarray:
        """Return the labels of class numbers, in the shape of the numbers.

        Raises:
            InputError: If there are no classes or no such class number.
        """
        if self.classes is None:
            raise InputError("This target is a number and has no labels.")
        indices = np.asarray(indices)
        if indices.size and not (
            indices.min() >= 0 and indices.max() < len(self.classes)
        ):
            raise InputError(
                f"Class numbers go from 0 to {len(self.classes) - 1}. Got "
                f"{indices.min()} to {indices.max()}."
            )
        return np.array(self.classes)[indices.astype(np.int64)]

    def decode_values(self, standardized: Any) -> np.ndarray:
        """Return numbers in the target's own unit, (rows,) or (rows, targets) float64.

        Args:
            standardized: (rows, targets), or (rows,) with one target.

        Raises:
            InputError: If the target is a class, or the shape does not fit.
        """
        if self.classes is not None:
            raise InputError("This target is a class: use decode_labels.")
        z = np.asarray(standardized, np.float64)
        n = len(self.names)
        if z.ndim == 1 and n == 1:
            z = z[:, None]
        if z.ndim != 2 or z.shape[1] != n:
            raise InputError(
                f"Expected standardized values of shape (rows, {n}). Got {z.shape}."
            )
        values = z * self.std + self.mean
        return values[:, 0] if n == 1 else values

    def to_dict(self) -> dict[str, Any]:
        """Return plain data that JSON can hold."""
        return {
            "task": self.task,
            "names": list(self.names),
            "classes": None if self.classes is None else list(self.classes),
            "mean": list(self.mean),
            "std": list(self.std),
        }

    @classmethod
    def from_dict(cls, data: Any) -> TargetCoding:
        """Return the coding that `to_dict` wrote.

        Raises:
            InputError: If the data are damaged.
        """
        coding = cls(**take(data, "The saved target", _FIELDS))
        n = len(coding.names)
        is_class = coding.task == "classification"
        fits = n > 0 and is_class == (coding.classes is not None)
        fits &= (
            n == 1 and not coding.mean and not coding.std
            if is_class
            else len(coding.mean) == len(coding.std) == n and min(coding.std) > 0
        )
        if not fits:
            raise InputError(
                "The saved target is damaged: names, classes, mean and std do not fit "
                "together."
            )
        return coding


def _is_label(value: Any) -> bool:
    return isinstance(value, bool) or is_text(value) or is_finite(value)


def _are_labels(value: Any) -> bool:
    if value is None:
        return True
    if not list_of(_is_label)(value) or not value:
        return False
    kinds = {float if type(label) is int else type(label) for label in value}
    return len(set(value)) == len(value) and len(kinds) == 1


_FIELDS = {
    "task": one_of("classification", "regression"),
    "names": Check("a list of texts", list_of(is_text), tuple),
    "classes": Check(
        "null or a list of distinct labels of one type",
        _are_labels,
        lambda value: None if value is None else tuple(value),
    ),
    "mean": NUMBERS,
    "std": NUMBERS,
}


def _key(label: Label) -> str:
    if isinstance(label, bool):
        return "true" if label else "false"
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(label).strip()


def _numbers(name: str, series: Any) -> np.ndarray:
    """Return labels of an evaluation table as the numbers they are."""
    if str(series.dtype) == "String":
        raise InputError(
            f"The target {name!r} must be numbers, as in training. Got "
            f"{series[0]!r} in the first row."
        )
    return series.cast(float).to_numpy()
