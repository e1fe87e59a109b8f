"""What comparing runs gives: `RunComparison`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fathom.intervals import Estimate
from fathom.text_table import aligned
from fathom.verdict import label, main_metric, number


@dataclass(frozen=True)
class RunSummary:
    """One run's numbers.

    Attributes:
        name: Of its folder.
        status: "done", "interrupted" or "failed".
        estimates: Metrics by name, with intervals.
        n_parameters: Weights and biases.
        n_bytes: What they take.
        epochs: How many there were.
        seconds: How long it took.
    """

    name: str
    status: str
    estimates: Mapping[str, Estimate]
    n_parameters: int
    n_bytes: int
    epochs: int | None
    seconds: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "run": self.name,
            "status": self.status,
            "metrics": {name: one.to_dict() for name, one in self.estimates.items()},
            "parameters": self.n_parameters,
            "bytes": self.n_bytes,
            "epochs": self.epochs,
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class RunComparison:
    """Runs beside each other.

    Attributes:
        task: "classification" or "regression".
        runs: In the order given.
        n_rows: Test rows that all have in common, on which they were measured; 0 if
            each has the result it noted, on rows of its own.
        settings: Those in which they differ: name -> the value in every run.
        chances: {run: (whether chance gives its distance to the best run, evidence)}.
        why_not: Why they were not measured on the same rows; "" if they were.
    """

    task: str
    runs: tuple[RunSummary, ...]
    n_rows: int
    settings: Mapping[str, list[Any]]
    chances: Mapping[str, tuple[bool, str]]
    why_not: str = ""

    @property
    def metric(self) -> str:
        """The metric that runs are ranked by."""
        return main_metric(self.task, dict.fromkeys(self.runs[0].estimates, 0.0))

    @property
    def best(self) -> RunSummary | None:
        """The run that is ahead, or None if they have no rows in common."""
        if not self.n_rows:
            return None
        return next(run for run in self.runs if run.name not in self.chances)

    @property
    def verdict(self) -> str:
        """Who is ahead, in words."""
        best = self.best
        if best is None:
            return (
                f"{self.why_not} So the results below are of different rows, and which "
                f"run is better cannot be said."
            )
        metric = self.metric
        worse = [name for name, (chance, _) in self.chances.items() if not chance]
        level = [
            f"{name} ({evidence})"
            for name, (chance, evidence) in self.chances.items()
            if chance
        ]
        text = (
            f"On the {self.n_rows} test rows that all have in common, {best.name} has "
            f"the best {label(metric)}: {number(best.estimates[metric].value)}."
        )
        if worse:
            text += f" It is ahead of {', '.join(worse)} by more than chance gives."
        if level:
            text += f" Within what chance gives of it: {', '.join(level)}."
        return text

    def rows(self) -> list[list[str]]:
        """Return results, size and time as text: a column for each run."""
        names = dict.fromkeys(n for run in self.runs for n in run.estimates)
        lines = [["", *(run.name for run in self.runs)]]
        for name in names:
            cells = [_cell(run.estimates.get(name)) for run in self.runs]
            lines.append([label(name), *cells])
        lines.append(["parameters", *(f"{run.n_parameters:,}" for run in self.runs)])
        lines.append(["kB", *(f"{run.n_bytes / 1000:.1f}" for run in self.runs)])
        for name in ("epochs", "seconds"):
            values = [getattr(run, name) for run in self.runs]
            lines.append([name, *("-" if v is None else f"{v:.4g}" for v in values)])
        return lines

    def setting_rows(self) -> list[list[str]]:
        """Return the settings that differ, as a table; a heading only if none do."""
        head = ["setting", *(run.name for run in self.runs)]
        values = [[name, *map(str, own)] for name, own in self.settings.items()]
        return [head, *values]

    def tables(self) -> str:
        """Return results and settings that differ as text."""
        differ = "All settings are the same."
        if self.settings:
            differ = aligned(self.setting_rows())
        return f"{aligned(self.rows())}\n\n{differ}"

    def __str__(self) -> str:
        """Return the tables and the verdict."""
        return f"{self.tables()}\n\n{self.verdict}"

    def to_html(self) -> str:
        """Return the same as HTML."""
        from fathom.report.markup import paragraph, table

        heading, *lines = self.rows()
        parts = [table(heading, lines, "Runs; in brackets the 95 % interval")]
        if self.settings:
            heading, *lines = self.setting_rows()
            parts.append(table(heading, lines, "Settings that differ"))
        return "".join(parts) + paragraph(self.verdict)

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "task": self.task,
            "rows_in_common": self.n_rows,
            "runs": [run.to_dict() for run in self.runs],
            "settings": {name: list(own) for name, own in self.settings.items()},
            "best": self.best and self.best.name,
            "against_the_best": {
                name: {"within_chance": chance, "evidence": evidence}
                for name, (chance, evidence) in self.chances.items()
            },
            "verdict": self.verdict,
        }


def _cell(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    if estimate.low == estimate.high:
        return number(estimate.value)
    ends = f"{number(estimate.low)}, {number(estimate.high)}"
    return f"{number(estimate.value)} [{ends}]"
