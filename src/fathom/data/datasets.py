"""Bundled data sets: the five that come with scikit-learn, offline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fathom.errors import choose

if TYPE_CHECKING:
    import polars as pl

    from fathom.data.table import Table


@dataclass(frozen=True)
class _About:
    rows: int
    columns: int
    task: str
    target: str
    what: str
    source: str
    image_shape: tuple[int, int, int] | None = None


_DATASETS = {
    "iris": _About(
        150, 4, "classification", "species",
        "Sepals and petals of three species of iris, in cm",
        "Fisher 1936, The use of multiple measurements in taxonomic problems",
    ),
    "wine": _About(
        178, 13, "classification", "cultivar",
        "Chemical analysis of wines from three cultivars",
        "Aeberhard and Forina 1992, UCI Machine Learning Repository",
    ),
    "breast_cancer": _About(
        569, 30, "classification", "diagnosis",
        "Cell nuclei in images of breast tissue, malignant or benign",
        "Wolberg, Mangasarian, Street and Street 1995, UCI Machine Learning Repository",
    ),
    "diabetes": _About(
        442, 10, "regression", "progression",
        "Progression of diabetes after one year from ten measurements",
        "Efron, Hastie, Johnstone and Tibshirani 2004, Least angle regression",
    ),
    "digits": _About(
        1797, 64, "classification", "digit",
        "Handwritten digits, 8 by 8 pixels with values from 0 to 16",
        "Alpaydin and Kaynak 1998, UCI Machine Learning Repository",
        (8, 8, 1),
    ),
}  # fmt: skip


def names() -> tuple[str, ...]:
    """Return the names of the bundled data sets.

    Example:
        >>> names()
        ('iris', 'wine', 'breast_cancer', 'diabetes', 'digits')
    """
    return tuple(_DATASETS)


def describe() -> list[dict[str, Any]]:
    """Return one dict a data set.

    Its keys are name, rows, columns, task, target, what, source, and image_shape, which
    is None where the columns are no pixels.
    """
    return [{"name": name, **vars(about)} for name, about in _DATASETS.items()]


def load(name: str) -> Table:
    """Return a bundled data set as a table with its target.

    Labels are scikit-learn's whole numbers; what they stand for is in the notes.

    Raises:
        InputError: If there is no such data set.

    Example:
        >>> X, y = load("digits")
        >>> X.shape, X.dtype, y[:3]
        ((1797, 64), dtype('float32'), array([0, 1, 2]))
    """
    from fathom.data.reading import read

    about = choose(_DATASETS, name, "data set")
    found, target, notes = columns(name)
    table = read(
        {series.name: series for series in found},
        target,
        task=about.task,
        image=about.image_shape,
    )
    return replace(table, name=name, notes=(*notes, *table.notes))


def image_shape(name: str) -> tuple[int, int, int] | None:
    """Return (height, width, channels) of a data set of images, None for others."""
    return choose(_DATASETS, name, "data set").image_shape


def columns(name: str) -> tuple[list[pl.Series], str, tuple[str, ...]]:
    """Return (columns with the target last, the target's name, notes).

    Raises:
        InputError: If there is no such data set.
    """
    import polars as pl
    from sklearn import datasets as bundled

    about = choose(_DATASETS, name, "data set")
    bunch = getattr(bundled, f"load_{name}")()
    found = [
        pl.Series(str(feature), bunch.data[:, i].astype(float))
        for i, feature in enumerate(bunch.feature_names)
    ]
    found.append(pl.Series(about.target, bunch.target))
    labels = [str(label) for label in getattr(bunch, "target_names", ())]
    if about.task == "regression" or labels == [str(i) for i in range(len(labels))]:
        return found, about.target, ()
    meaning = ", ".join(f"{i} {label}" for i, label in enumerate(labels))
    return found, about.target, (f"Classes of {about.target!r}: {meaning}.",)
