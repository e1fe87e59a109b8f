"""The table of an experiment: read as its settings say, with a target to predict."""

from __future__ import annotations

from typing import Any

from fathom.data import Table, read
from fathom.errors import InputError
from fathom.experiment.settings import ExperimentSettings


def read_source(source: Any, settings: ExperimentSettings) -> Table:
    """Return the table that settings are about.

    Args:
        source: A file, the name of a bundled data set, or what else `fathom.read`
            takes.
        settings: Whose target, kinds, task and image are used.

    Raises:
        InputError: If it cannot be read, or has no target.
    """
    target: Any = settings.target
    table = read(
        source,
        target=list(target) if isinstance(target, tuple) else target,
        kinds=dict(settings.kinds) or None,
        task=settings.task,
        image=settings.image,
    )
    if table.target is None:
        names = ", ".join(column.name for column in table.columns[:20])
        raise InputError(
            f"Which column is to be predicted? Name it as the target: --target COLUMN. "
            f"The columns of {table.name} are: {names}."
        )
    return table
