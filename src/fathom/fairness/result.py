"""What measuring a model by group gives: `GroupEvaluation`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fathom.errors import choose
from fathom.fairness.gaps import FEWEST_ROWS, Gap
from fathom.intervals import Estimate
from fathom.text_table import aligned
from fathom.verdict import label, main_metric, number

if TYPE_CHECKING:
    from fathom.report.picture import Picture


@dataclass(frozen=True)
class Group:
    """The rows of a group, and how the model does on them.

    Attributes:
        name: The value they share.
        n_rows: How many.
        estimates: Metrics with intervals, by name.
    """

    name: str
    n_rows: int
    estimates: Mapping[str, Estimate]

    @property
    def is_small(self) -> bool:
        """Whether it has too few rows to be compared with others."""
        return self.n_rows < FEWEST_ROWS

    def to_dict(self) -> dict[str, Any]:
        """Return name, rows and metrics as plain data."""
        metrics = {name: one.to_dict() for name, one in self.estimates.items()}
        return {
            "group": self.name,
            "rows": self.n_rows,
            "too_small": self.is_small,
            "metrics": metrics,
        }


@dataclass(frozen=True)
class GroupEvaluation:
    """Metrics of every group, and the gaps between them.

    Attributes:
        column: What groups the rows.
        task: "classification" or "regression".
        everyone: All rows together.
        groups: In the order of their names.
        gaps: The largest difference in each metric, among groups that are large enough.
    """

    column: str
    task: str
    everyone: Group
    groups: tuple[Group, ...]
    gaps: tuple[Gap, ...]

    @property
    def too_small(self) -> tuple[str, ...]:
        """The names of the groups that have too few rows to be compared."""
        return tuple(group.name for group in self.groups if group.is_small)

    @property
    def verdict(self) -> str:
        """What the gaps say, in words."""
        sentences, by = [], f"By {self.column}"
        sure = [gap for gap in self.gaps if gap.is_beyond_chance]
        if sure:
            listed = "; ".join(map(str, sure))
            sentences.append(f"{by}, these differ by more than chance gives: {listed}.")
        elif self.gaps:
            nearest = max(self.gaps, key=lambda gap: gap.size / (gap.high - gap.low))
            sentences.append(
                f"{by}, no difference is more than chance gives on these "
                f"{self.everyone.n_rows} rows, which does not show that there is none. "
                f"The nearest to one: {nearest}."
            )
        else:
            sentences.append(
                f"{by}, fewer than two groups have the {FEWEST_ROWS} rows that a "
                f"comparison takes, so nothing is known about gaps."
            )
        if self.too_small:
            few = ", ".join(self.too_small)
            sentences.append(
                f"Too small to be compared (fewer than {FEWEST_ROWS} rows): {few}."
            )
        return " ".join(sentences)

    def rows(self) -> list[list[str]]:
        """Return a table as text: a heading, then a line for each group and for all."""
        names = list(self.everyone.estimates)
        heading = [self.column, "rows", *map(label, names)]
        lines = [heading]
        for group in (*self.groups, self.everyone):
            mark = " (too small)" if group.is_small else ""
            cells = [_cell(group.estimates.get(name)) for name in names]
            lines.append([group.name + mark, str(group.n_rows), *cells])
        return lines

    def tables(self) -> str:
        """Return the metrics as text, a few beside each other."""
        rows, parts = self.rows(), []
        for start in range(2, len(rows[0]), _COLUMNS):
            part = [[*row[:2], *row[start : start + _COLUMNS]] for row in rows]
            parts.append(aligned(part))
        return "\n\n".join(parts)

    def __str__(self) -> str:
        """Return the tables and the verdict."""
        return f"{self.tables()}\n\n{self.verdict}"

    def to_html(self) -> str:
        """Return the table and the verdict as HTML."""
        from fathom.report.markup import paragraph, table

        heading, *lines = self.rows()
        caption = f"By {self.column}; in brackets the 95 % interval"
        return table(heading, lines, caption) + paragraph(self.verdict)

    def plot(self, metric: str | None = None) -> Picture:
        """Return a picture of a metric of each group, with intervals.

        Args:
            metric: Its name; None takes accuracy, or R2.

        Raises:
            InputError: If there is no such metric.
        """
        from fathom.report.group_charts import metric_by_group

        known = self.everyone.to_dict()["metrics"]
        name = main_metric(self.task, known) if metric is None else metric
        choose(known, name, "metric")
        return metric_by_group(self.to_dict(), name)

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_dict(self) -> dict[str, Any]:
        """Return groups, gaps and verdict as plain data."""
        return {
            "column": self.column,
            "task": self.task,
            "rows": self.everyone.n_rows,
            "all": self.everyone.to_dict(),
            "groups": [group.to_dict() for group in self.groups],
            "gaps": [gap.to_dict() for gap in self.gaps],
            "verdict": self.verdict,
        }


# So many metrics stand beside each other in a terminal.
_COLUMNS = 3


def _cell(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    ends = f"{number(estimate.low)}, {number(estimate.high)}"
    return f"{number(estimate.value)} [{ends}]"
