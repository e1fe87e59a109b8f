"""What repairing a run has tried: a list that prints as a table and goes to JSON."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from fathom.diagnose.edit import Edit
from fathom.plain import plain

# Its file in a run's folder.
REPAIRS = "repairs.json"


@dataclass(frozen=True)
class Attempt:
    """One repair that was tried, or could not be.

    Attributes:
        finding: Name of the rule that asked for it.
        code: Its code.
        edits: The changes.
        metric: "accuracy" or "R2", of the validation rows.
        before: Score without the repair, after as many epochs; None if there was none.
        after: Score with it; None if it was not trained.
        steps: Updates that it cost.
        kept: Whether the run was trained with it.
        why: Why it was kept or not.
        called: What the changes are together, such as "everything usual".
    """

    finding: str
    code: str
    edits: tuple[Edit, ...]
    metric: str = ""
    before: float | None = None
    after: float | None = None
    steps: int = 0
    kept: bool = False
    why: str = ""
    called: str = ""

    @property
    def diff(self) -> str:
        """The changes as lines that go with "-", that come with "+"."""
        return "\n".join(edit.describe() for edit in self.edits)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data that JSON can hold."""
        names = ("finding", "code", "metric", "before", "after", "steps", "kept", "why",
                 "called")  # fmt: skip
        content = {name: getattr(self, name) for name in names}
        edits = [edit.to_dict() for edit in self.edits]
        return plain({**content, "diff": self.diff, "edits": edits})


@dataclass(frozen=True)
class Repairs(Sequence[Attempt]):
    """Everything that was tried on a run, in the order it was.

    Attributes:
        items: What was tried.
        steps: Updates of all runs together, also of those that were thrown away.
        ordinary: Updates of the run as it was given.
        cost: Examples visited in all, over those of the run as it was given; as
            updates, unless a repair changes the size of a batch.

    Example:
        >>> print(Repairs((), 300, 300))
        No repair was needed.
    """

    items: tuple[Attempt, ...] = ()
    steps: int = 0
    ordinary: int = 0
    cost: float = 1.0

    @property
    def kept(self) -> tuple[Attempt, ...]:
        """The repairs that the model was trained with."""
        return tuple(item for item in self.items if item.kept)

    @overload
    def __getitem__(self, index: int) -> Attempt: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Attempt]: ...
    def __getitem__(self, index: int | slice) -> Attempt | Sequence[Attempt]:
        """Return one of what was tried, or several."""
        return self.items[index]

    def __len__(self) -> int:
        """Return how much was tried."""
        return len(self.items)

    def __iter__(self) -> Iterator[Attempt]:
        """Iterate over what was tried."""
        return iter(self.items)

    @property
    def summary(self) -> str:
        """One sentence: how much was tried and kept, and what it cost."""
        if not self.items:
            return "No repair was needed."
        n, kept = len(self.items), len(self.kept)
        return (
            f"{n} repair{'' if n == 1 else 's'} tried, {kept} kept; {self.steps:,} "
            f"updates in all, {self.cost:.2f} times the work of the run as given."
        )

    def __str__(self) -> str:
        """Return the table, the changes that were kept, and the summary."""
        if not self.items:
            return self.summary
        heads = ("repair of", "change", "before", "after", "updates", "")
        rows = [_cells(item) for item in self.items]
        widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True))
            for row in (heads, *rows)
        ]
        return "\n".join([*(line.rstrip() for line in lines), "", self.summary])

    def to_dict(self) -> dict[str, Any]:
        """Return plain data that JSON can hold."""
        return {
            "tried": len(self.items),
            "kept": len(self.kept),
            "steps": self.steps,
            "ordinary_steps": self.ordinary,
            "cost": self.cost,
            "repairs": [item.to_dict() for item in self.items],
        }

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def _cells(item: Attempt) -> tuple[str, ...]:
    n = len(item.edits)
    scores = [
        "" if value is None else f"{value:.3f}" for value in (item.before, item.after)
    ]
    return (
        item.finding,
        f"{item.called}: {n} changes" if item.called else short(item.edits),
        *scores,
        f"{item.steps:,}",
        ": ".join(filter(None, ("kept", item.why)))
        if item.kept
        else item.why or "rolled back",
    )


def short(edits: Sequence[Edit]) -> str:
    """Return changes in a few words.

    Example:
        >>> short([Edit("setting", "learning_rate", 0.001, before=10.0)])
        'learning_rate=0.001'
    """
    words = [_word(edit) for edit in edits]
    return words[0] if len(words) == 1 else f"{words[0]} and {len(words) - 1} more"


def _word(edit: Edit) -> str:
    if edit.kind == "setting":
        return f"{edit.at}={getattr(edit.value, '__name__', edit.value)}"
    if edit.kind == "data":
        return f"{edit.at}: {edit.value}"
    if edit.kind == "layer":
        return f"{edit.at}: {type(edit.value).__name__} changed"
    what = type(edit.value or edit.before).__name__
    return f"{what} before {edit.at}" if edit.kind == "insert" else f"{edit.at} out"
