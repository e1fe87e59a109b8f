"""What `fathom train` says at the end: the result, the verdict, what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fathom.cli.output import make_table, say, show_command
from fathom.verdict import Score, label, main_metric, number

if TYPE_CHECKING:
    from rich.console import Console

    from fathom.experiment import Experiment

_LOWER_IS_BETTER = ("log_loss", "root_mean_squared_error", "mean_absolute_error")


def show_result(console: Console, done: Experiment) -> None:
    """Write why training stopped, the scores and the verdict."""
    result = done.result
    console.print()
    best = f" Best epoch: {result.best_epoch}." if result.best_epoch else ""
    say(console, result.why_stopped + best)
    if result.privacy is not None:
        say(console, str(result.privacy), "yellow")
    _show_repairs(console, done)
    _show_findings(console, done)
    if done.network is None:
        if done.status == "done":
            say(console, "No rows were held back, so nothing is known about new rows.")
        return
    console.print()
    title = f"On {len(done.split.test)} test rows"
    show_scores(console, [done.network, *done.baselines], title)
    for score in done.baselines:
        if score.note:
            say(console, f"Note: {score.name} {score.note}.", "yellow")
    if done.verdict:
        console.print()
        say(console, done.verdict, "bold")


def _show_repairs(console: Console, done: Experiment) -> None:
    """Write what was tried, if repair was asked for."""
    repairs = done.result.repairs
    if repairs is not None:
        console.print()
        say(console, str(repairs))
        for item in repairs.kept:
            say(console, f"\n{item.finding}:\n{item.diff}", "green")


def _show_findings(console: Console, done: Experiment) -> None:
    """Write the card of each alarm, and one line on the rest."""
    if done.result.examined is None:
        return
    found = done.result.findings
    for alarm in found.alarms:
        console.print()
        say(console, str(alarm), "yellow")
    n = len(found.passed)
    said = found.summary if len(found) else f"nothing found, {n} checks passed."
    say(console, f"Diagnosis: {said}", "dim")


def show_scores(console: Console, scores: Sequence[Score], title: str) -> None:
    """Write a table with one contestant a row; the best of a column is bold."""
    metrics = list(scores[0].values)
    table = make_table([title, *map(label, metrics)], right_from=1)
    best = {
        metric: _best(metric, [score.values for score in scores]) for metric in metrics
    }
    for score in scores:
        cells: list[Any] = [score.name]
        for metric in metrics:
            value = score.values.get(metric)
            text = "" if value is None else number(value)
            is_best = len(scores) > 1 and value == best[metric]
            cells.append(_bold(text) if is_best else text)
        table.add_row(*cells)
    console.print(table)


def show_next(console: Console, done: Experiment, source: str) -> None:
    """Write where the run is and what to type next."""
    run = shlex.quote(str(done.path))
    data = shlex.quote(source)
    console.print()
    say(console, f"The run is in {done.path} (start with its README.md). Next:")
    show_command(console, f"fathom predict {run} {data} --out predictions.csv")
    show_command(console, f"fathom train --config {run}/config.yaml --seed 1")


def as_json(done: Experiment) -> dict[str, Any]:
    """Return what came of the run as one object."""
    from fathom.experiment.learning import ending

    result = done.result
    return {
        "run": None if done.path is None else str(done.path),
        "status": done.status,
        **ending(result),
        "metric": main_metric(str(done.settings.task), done.network.values)
        if done.network
        else None,
        **_chosen(done),
        **({"repairs": result.repairs.to_dict()} if result.repairs else {}),
        **done.metrics(),
    }


def _chosen(done: Experiment) -> dict[str, Any]:
    """Return what a cross-validation has chosen, and its scores."""
    found = done.result.cross_validation
    if found is None:
        return {}
    decay = done.model.about["settings"]["weight_decay"]
    return {"weight_decay": decay, "cross_validation": found.to_dict()}


def _best(metric: str, values: Sequence[Mapping[str, float]]) -> float:
    known = [own[metric] for own in values if metric in own]
    return min(known) if metric in _LOWER_IS_BETTER else max(known)


def _bold(text: str) -> Any:
    from rich.text import Text

    return Text(text, style="bold")
