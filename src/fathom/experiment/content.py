"""What the JSON files of a run say about its data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from fathom.data import Table
    from fathom.experiment.split import Split


def run_facts(table: Table, source: Any, seed: int) -> dict[str, Any]:
    """Return for run.json what is known before training."""
    return {
        "name": table.name,
        "seed": seed,
        "data": {
            "source": source_name(source),
            "digest": table.digest(),
            "rows": len(table),
        },
    }


def run_schema(table: Table, split: Split) -> dict[str, Any]:
    """Return for data/schema.json the columns, the target, and the rows' purposes."""
    rows = split.to_dict()
    return {
        "task": table.task,
        "target": list(table.target_names),
        "classes": list(table.classes or ()),
        "class_rows": _class_rows(table),
        "image": table.image_shape and list(table.image_shape),
        "columns": table.describe(),
        "notes": list(table.notes),
        "rows": {"all": len(table), **{part: len(own) for part, own in rows.items()}},
        "split": rows,
    }


def _class_rows(table: Table) -> dict[str, int]:
    """Return how many rows each class has; empty in regression."""
    if table.classes is None:
        return {}
    labels, counts = np.unique(table.y, return_counts=True)
    return dict(zip(map(str, labels.tolist()), counts.tolist(), strict=True))


def source_name(source: Any) -> str | None:
    """Return a path or a data set's name as it can be found again, else None."""
    if not isinstance(source, (str, Path)):
        return None
    return str(Path(source).resolve()) if Path(source).exists() else str(source)
