"""The model card of a run: what the model is, what it reaches, and its limits.

Source: Mitchell et al. 2019, "Model Cards for Model Reporting".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fathom.data.images import describe_image
from fathom.export.card_limits import by_group, misuse, purpose, uncertainty
from fathom.models.recipes import RECIPES
from fathom.privacy.accounting import PrivacySpent
from fathom.verdict import label, number

Plain = Mapping[str, Any]
_MOST_COLUMNS = 50


def model_card(
    config: Plain,
    run: Plain,
    schema: Plain,
    metrics: Plain,
    groups: Plain | None = None,
) -> str:
    """Return the card as Markdown, from the plain data of a run's files.

    Args:
        config: Of config.yaml.
        run: Of run.json, with "path".
        schema: Of data/schema.json.
        metrics: Of metrics.json; empty if nothing was measured.
        groups: Of groups.json, the results by group; empty if there are none.
    """
    name = run["name"]
    parts = [
        f"# {name}: {_target(schema)}",
        _what(config, run, schema),
        "## What it is for",
        purpose(run, schema),
        "## Result",
        _result(metrics, run),
        "## By group",
        by_group(groups or {}),
        "## What it must not be used for",
        misuse(run, schema, metrics, groups or {}),
        "## Use",
        _use(config, run),
        "## Data",
        _data(config, schema),
        "## Settings",
        _settings(config),
        "## Limits",
        _limits(schema, config),
        *_privacy(run),
    ]
    return "\n\n".join(parts) + "\n"


def _target(schema: Plain) -> str:
    return ", ".join(schema["target"])


def _what(config: Plain, run: Plain, schema: Plain) -> str:
    kind = "the class" if schema["task"] == "classification" else "the value"
    state = {
        "done": "",
        "interrupted": " The run was interrupted: the model is not trained to the end.",
        "failed": " The run failed: the weights are those of the last good epoch.",
    }[run["status"]]
    made = f"Fathom {run['versions']['fathom']} on {run['ended'][:10]}"
    n, best = config.get("members", 1), run["best_epoch"]
    what = (
        f"{n} neural networks that together predict"
        if n > 1
        else ("A neural network that predicts")
    )
    weights = f" The weights are those of epoch {best}." if best else ""
    return (
        f"{what} {kind} of {_target(schema)} from {_inputs(config, schema)}. "
        f"{_network(config)} {run['why_stopped']}{weights}{state} Made with {made}."
    )


def _network(config: Plain) -> str:
    if config["model"] != "mlp":
        recipe = RECIPES[config["model"]]
        return f"Architecture: {config['model']}. {recipe.about}"
    hidden = " - ".join(map(str, config["hidden"])) or "none"
    return f"Hidden layers: {hidden} units ({config['activation']})."


def _inputs(config: Plain, schema: Plain) -> str:
    if _are_images(config, schema):
        return f"images of {describe_image(schema['image'])}"
    used = sum(bool(column["used"]) for column in schema["columns"])
    return f"{used} columns"


def _are_images(config: Plain, schema: Plain) -> bool:
    return bool(schema["image"]) and RECIPES[config["model"]].takes != "table"


def _result(metrics: Plain, run: Plain) -> str:
    if not metrics:
        return "No rows were held back for a test, so nothing is known about new rows."
    scores = [metrics["network"], *metrics["baselines"]]
    names = [n for n, v in metrics["network"].items() if isinstance(v, float)]
    head = ["", *map(label, names)]
    cells = [
        [score["name"], *(_cell(score.get(name)) for name in names)] for score in scores
    ]
    lines = [
        f"On {metrics['test_rows']} test rows, which nothing was fitted or chosen on:",
        "",
        *_table(head, cells),
    ]
    if uncertainty(metrics):
        lines += ["", uncertainty(metrics)]
    if metrics["verdict"]:
        lines += ["", metrics["verdict"]]
    return "\n".join(lines)


def _use(config: Plain, run: Plain) -> str:
    load = "fm.load" if config.get("members", 1) == 1 else "fm.Ensemble.load"
    path = run["path"]
    return "\n".join(
        [
            "```",
            f"fathom predict {path} new_rows.csv --out predictions.csv",
            f"fathom evaluate {path} rows_with_answers.csv",
            "```",
            "",
            "```python",
            "import fathom as fm",
            "",
            f'model = {load}("{path}")',
            'model.predict("new_rows.csv")',
            "```",
            "",
            "New rows come as they are, with the columns below; missing values and "
            "unknown categories are taken care of.",
        ]
    )


def _data(config: Plain, schema: Plain) -> str:
    parts = schema["rows"]
    counts = ", ".join(
        f"{parts[part]} for {purpose}"
        for part, purpose in (
            ("training", "training"),
            ("validation", "choosing the best epoch"),
            ("calibration", "calibration"),
            ("test", "the result"),
        )
        if parts.get(part)
    )
    lines = [f"{parts['all']} rows: {counts}.", ""]
    if _are_images(config, schema):
        names = [_text(column["name"]) for column in schema["columns"]]
        lines.append(
            f"Every row is an image of {describe_image(schema['image'])}. The "
            f"{len(names)} columns are its pixels, row by row and channels last, from "
            f"{names[0]} to {names[-1]}. All go through one scale to 0 to 1."
        )
        return "\n".join(lines)
    columns = schema["columns"][:_MOST_COLUMNS]
    cells = [
        [
            _text(column["name"]),
            column["kind"],
            str(column["missing"]),
            str(column["unique"]),
            _text(column["note"] or ("" if column["used"] else "not used")),
        ]
        for column in columns
    ]
    lines += _table(["column", "kind", "missing", "distinct", "note"], cells)
    rest = len(schema["columns"]) - len(columns)
    if rest:
        lines += ["", f"and {rest} more columns, in data/schema.json."]
    if schema["notes"]:
        lines += ["", *(f"- {_text(note)}" for note in schema["notes"])]
    return "\n".join(lines)


def _settings(config: Plain) -> str:
    shown = ("epochs", "batch_size", "optimizer", "learning_rate", "schedule",
             "weight_decay", "dropout", "early_stopping", "loss", "seed")  # fmt: skip
    known = [name for name in shown if name in config]
    text = ", ".join(f"{name} {config[name]}" for name in known)
    return f"{text}. `fathom train --config config.yaml` repeats the run."


def _limits(schema: Plain, config: Plain) -> str:
    lines = [
        "- The result holds for rows like those it was measured on; on rows from "
        "another place or time it may be worse.",
        "- What the network found are associations in the data, not causes.",
    ]
    if config.get("calibration"):
        lines.append(
            f"- It is calibrated on {schema['rows']['calibration']} rows kept apart "
            f"for that; `fathom predict --interval 0.9` gives bounds, or sets of "
            f"classes, which hold for rows drawn like those."
        )
    elif schema["task"] == "classification":
        lines.append(
            "- The probabilities are not calibrated: 0.9 need not be right 9 times "
            "out of 10."
        )
    else:
        lines.append("- No range is given for a predicted number.")
    return "\n".join(lines)


def _privacy(run: Plain) -> list[str]:
    """Return the section on privacy, if the run was private."""
    if not run.get("privacy"):
        return []
    return ["## Privacy", str(PrivacySpent.from_dict(run["privacy"]))]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


def _text(value: str) -> str:
    return " ".join(str(value).replace("|", "\\|").split())


def _cell(value: Any) -> str:
    return "" if value is None else number(value)
