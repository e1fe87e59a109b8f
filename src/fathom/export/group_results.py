"""What a run keeps of being measured by group: groups.json, and the model card.

{column: what `fathom.GroupEvaluation.to_dict` gives, with the source of the rows}
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fathom.export.model_card import model_card
from fathom.export.run_config import read_config
from fathom.export.run_folder import GROUPS, METRICS, SCHEMA, read_run
from fathom.files import read_json, write_json, write_text
from fathom.plain import plain


def keep_groups(path: Path, result: Mapping[str, Any], source: str) -> None:
    """Write a result by group into a run's folder, and its model card anew.

    Args:
        path: The run's folder.
        result: What `GroupEvaluation.to_dict` gives; takes the place of an earlier one
            of the same column.
        source: Which rows were measured, in words.
    """
    kept = read_groups(path)
    kept[result["column"]] = {**plain(result), "source": source}
    write_json(path / GROUPS, kept)
    write_card(path)


def read_groups(path: Path) -> dict[str, Any]:
    """Return what a run keeps of being measured by group; empty if it never was."""
    file = path / GROUPS
    return read_json(file, "the results by group") if file.is_file() else {}


def write_card(path: Path) -> None:
    """Write a run's model card from the facts in its folder."""
    metrics = path / METRICS
    card = model_card(
        read_config(path),
        {**read_run(path), "path": str(path)},
        read_json(path / SCHEMA, "the columns of a run"),
        read_json(metrics, "the results of a run") if metrics.is_file() else {},
        read_groups(path),
    )
    write_text(path / "README.md", card)
