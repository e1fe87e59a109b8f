"""What `fathom train` shows while it runs.

On a terminal one line is rewritten, at most 20 times a second, by a thread of its own,
so that training does not wait for it. Elsewhere (a log, a pipe, a notebook) epochs get
a line each, but at most two lines a second, and the last one always.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from fathom.cli.output import make_table, say
from fathom.data.images import describe_image

if TYPE_CHECKING:
    from fathom.cross_validation import CrossValidation
    from fathom.data import Table
    from fathom.experiment import ExperimentSettings, Split
    from fathom.network import Network

UPDATES_PER_SECOND = 20
SECONDS_BETWEEN_LINES = 0.5
MOST_COLUMNS = 20
MOST_CLASSES = 6


class TrainingDisplay:
    """A listener of an experiment that writes what happens to a console."""

    def __init__(self, console: Console, settings: ExperimentSettings) -> None:
        self.console = console
        self.settings = settings
        self.live: Live | None = None
        self.line = ""
        self.n_steps = 1
        self.epochs = settings.training().epochs
        self.done = 0
        self.seconds = 0.0
        self.written = -math.inf

    def __call__(self, event: str, **content: Any) -> None:
        """Take an event; one that is not shown is passed over."""
        handler = getattr(self, f"on_{event}", None)
        if handler is not None:
            handler(**content)

    def __rich__(self) -> Text:
        """Return the line that is rewritten; called by the refreshing thread."""
        return Text(self.line, no_wrap=True, overflow="ellipsis")

    def close(self) -> None:
        """Take the live line off the terminal."""
        if self.live is not None:
            self.live.stop()
            self.live = None

    def on_data(self, table: Table, split: Split) -> None:
        """Show the columns, the target and the split."""
        self.settings = self.settings.resolved(table)
        self.epochs = self.settings.training().epochs
        self.n_steps = math.ceil(len(split.training) / self.settings.batch_size)
        kept = {"calibration": split.calibration} if len(split.calibration) else {}
        parts = {"training": split.training, "validation": split.validation, **kept,
                 "test": split.test}  # fmt: skip
        counts = ", ".join(f"{len(rows)} {part}" for part, rows in parts.items())
        say(self.console, f"{table.name}: {len(table)} rows ({counts})", "bold")
        say(self.console, f"Target: {describe_target(table)}")
        takes = self.settings.recipe().takes
        as_images = takes != "table" and table.image_shape is not None
        if as_images and table.image_shape is not None:
            shape = describe_image(table.image_shape)
            say(self.console, f"Inputs: images of {shape}")
        else:
            self.console.print()
            show_columns(self.console, table)
        for note in table.notes:
            # The table of the columns says it already, if it shows all of them; an
            # image has all its pixels.
            shown = as_images or len(table.columns) <= MOST_COLUMNS
            if note.startswith("Not used") and shown:
                continue
            say(self.console, f"Note: {note}", "yellow")
        self.console.print()

    def on_network(self, network: Network) -> None:
        """Show the network's summary; compilation is next."""
        self.console.print(str(network.summary()), soft_wrap=True)
        self.console.print()
        n = self.settings.members
        several = f"training {n} networks ..."
        self._show("compiling ..." if n == 1 else several)

    def on_choosing(self, what: str) -> None:
        """Say that a setting is being chosen."""
        self._show(f"choosing the {what} by cross-validation ...")

    def on_chosen(self, what: str, value: float, how: CrossValidation) -> None:
        """Show the scores of the values that were compared, in short."""
        from fathom.cross_validation.words import bars

        self.close()
        self.console.print(bars(how.plain), soft_wrap=True)
        say(self.console, f"{what}: {value:.3g}", "bold")
        self.console.print()

    def on_compiled(self, seconds: float, **_: Any) -> None:
        """Say how long compilation took, which is not part of the time per step."""
        self.close()
        say(self.console, f"compiled in {seconds:.1f} s", "dim")

    def on_epoch(self, **row: Any) -> None:
        """Show the numbers of an epoch."""
        self.done += 1
        self.seconds += row["seconds"]
        line = self._epoch_line(row)
        if self.console.is_terminal:
            self._show(line)
        elif time.monotonic() - self.written > SECONDS_BETWEEN_LINES:
            self.written = time.monotonic()
            self.console.print(line, soft_wrap=True)
            self.line = ""
        else:
            self.line = line

    def on_repair(self, finding: str, kept: bool, **more: Any) -> None:
        """Say which repair was tried, or is kept."""
        before, after = more["before"], more["after"]
        said = more["why"]
        if before is not None and after is not None:
            said = f"{more['metric']} {before:.3f} -> {after:.3f}"
        words = "kept" if kept else "tried"
        change = more["diff"].rpartition("\n")[2].removeprefix("+ ")
        say(self.console, f"repair of {finding}, {words}: {change}  {said}", "dim")

    def on_stopped(self, reason: str, **_: Any) -> None:
        """Leave the last epoch's line standing."""
        last = self.line if self.done else ""
        self.close()
        if last:
            self.console.print(last, soft_wrap=True)
        self.line = ""

    def on_baseline(self, name: str) -> None:
        """Say which baseline is being fitted."""
        self._show(f"fitting the baselines: {name} ...")

    def _show(self, line: str) -> None:
        self.line = line
        if self.live is None and self.console.is_terminal:
            self.live = Live(
                self,
                console=self.console,
                refresh_per_second=UPDATES_PER_SECOND,
                transient=True,
            )
            self.live.start()

    def _epoch_line(self, row: Mapping[str, Any]) -> str:
        number = int(row["epoch"])
        parts = [f"epoch {number}/{self.epochs}", f"loss {row['loss']:.3g}"]
        if "validation_loss" in row:
            parts.append(f"validation {row['validation_loss']:.3g}")
        for metric in ("accuracy", "r2"):
            value = row.get(f"validation_{metric}", row.get(metric))
            if value is not None:
                name = "R2" if metric == "r2" else metric
                parts.append(f"{name} {value:.3f}")
        each = self.seconds / self.done
        parts.append(f"{1000 * each / self.n_steps:.2g} ms/step")
        if number < self.epochs:
            parts.append(f"{clock(each * (self.epochs - number))} left")
        if len("  ".join(parts)) > self.console.width:
            del parts[1]  # of the two losses, the one on new rows says more
        return "  ".join(parts)


def clock(seconds: float) -> str:
    """Return a time as minutes and seconds, or hours too.

    Example:
        >>> clock(14.2), clock(3725)
        ('0:14', '1:02:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def describe_target(table: Table) -> str:
    """Return what is predicted, in words."""
    names = ", ".join(table.target_names)
    classes = table.classes
    if not classes:
        return f"{names} ({'a number' if len(table.target_names) == 1 else 'numbers'})"
    shown = ", ".join(map(str, classes[:MOST_CLASSES]))
    more = ", ..." if len(classes) > MOST_CLASSES else ""
    return f"{names} ({len(classes)} classes: {shown}{more})"


def show_columns(console: Console, table: Table) -> None:
    """Write the columns with their kinds, and what is to be said about them."""
    heads = ("column", "kind", "missing", "distinct", "note")
    shown = make_table(heads, right_from=5)
    for position in (2, 3):
        shown.columns[position].justify = "right"
    for column in table.columns[:MOST_COLUMNS]:
        shown.add_row(
            column.name,
            column.kind,
            f"{column.n_missing:,}" if column.n_missing else "-",
            f"{column.n_unique:,}",
            f"not used: {column.note}" if not column.used else column.note,
            style=None if column.used else "dim",
        )
    console.print(shown)
    rest = table.columns[MOST_COLUMNS:]
    if rest:
        kinds: dict[str, int] = {}
        for column in rest:
            kinds[column.kind] = kinds.get(column.kind, 0) + 1
        counts = ", ".join(f"{n} {kind}" for kind, n in kinds.items())
        unused = sum(not column.used for column in rest)
        tail = f"; {unused} of them not used" if unused else ""
        say(console, f"... and {len(rest)} more columns ({counts}{tail})", "dim")
