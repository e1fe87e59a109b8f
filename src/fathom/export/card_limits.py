"""What a model card says about purpose, groups and misuse, from the facts of the run.

Source: Mitchell et al. 2019, "Model Cards for Model Reporting".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from fathom.intervals import wilson
from fathom.verdict import label, main_metric, number

Plain = Mapping[str, Any]
# A class of fewer rows, or a test of fewer, is called small.
FEW_ROWS_OF_A_CLASS = 30
FEW_TEST_ROWS = 100


def purpose(run: Plain, schema: Plain) -> str:
    """Return what the model is for, and what it was trained on."""
    rows, target = schema["rows"], ", ".join(schema["target"])
    data = run.get("data", {})
    source = data.get("source")
    name = PurePath(source).name if source else "a table handed over in memory"
    digest = f" (SHA-256 {data['digest'][:12]})" if data.get("digest") else ""
    what = "which class" if schema["task"] == "classification" else "how large"
    answers = ""
    if schema["classes"]:
        labels = list(map(str, schema["classes"]))
        few = ", ".join(labels[:10]) + (", ..." if len(labels) > 10 else "")
        answers = f" Its answers are {few}."
    return (
        f"To say {what} {target} is for rows like those it was trained on: "
        f"{rows['training']} of the {rows['all']} rows of {name}{digest}, as they were "
        f"on {run['started'][:10]}.{answers}"
    )


def uncertainty(metrics: Plain) -> str:
    """Return how far the measured accuracy can be off; "" in regression."""
    accuracy, n = metrics["network"].get("accuracy"), metrics["test_rows"]
    if accuracy is None or not n:
        return ""
    low, high = wilson(round(accuracy * n), n)
    return (
        f"With {n} test rows, the network's accuracy on many more rows like these lies "
        f"between {low:.3f} and {high:.3f} (95% interval)."
    )


def by_group(groups: Plain) -> str:
    """Return the results by group, a table for each column that was measured."""
    if not groups:
        return "Not measured."
    return "\n\n".join(_of_column(one) for one in groups.values())


def _of_column(result: Plain) -> str:
    metric = main_metric(result["task"], result["all"]["metrics"])
    rates = [n for n in result["all"]["metrics"] if " rate of " in n]
    names = [metric, *rates[:6]]
    lines = [
        f"By {result['column']}, on {result['source']}; in brackets 95% intervals:",
        "",
        _row([result["column"], "rows", *map(label, names)]),
        _row(["---"] * (2 + len(names))),
    ]
    for group in [*result["groups"], result["all"]]:
        cells = [_cell(group["metrics"].get(name)) for name in names]
        lines.append(_row([group["group"], str(group["rows"]), *cells]))
    return "\n".join([*lines, "", result["verdict"]])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _cell(metric: Plain | None) -> str:
    if metric is None:
        return ""
    value, low, high = (number(metric[name]) for name in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def misuse(run: Plain, schema: Plain, metrics: Plain, groups: Plain) -> str:
    """Return what the model must not be used for, as a list."""
    found = [
        *_of_the_run(run, metrics),
        *_of_the_result(metrics, schema),
        *_of_the_data(schema),
        *_of_groups(run, groups),
    ]
    return "\n".join(f"- {sentence}" for sentence in found)


def _of_the_run(run: Plain, metrics: Plain) -> Iterator[str]:
    if run["status"] != "done":
        yield f"Any use: the run is {run['status']}. Train it to the end first."
    elif not metrics:
        yield "Any decision: no rows were held back, so its quality is not known."


def _of_the_result(metrics: Plain, schema: Plain) -> Iterator[str]:
    if not metrics:
        return
    network, n = metrics["network"], metrics["test_rows"]
    metric = main_metric(schema["task"], network)
    sign = -1 if metric == "root_mean_squared_error" else 1
    for kind in ("trivial", "classical"):
        own = [one for one in metrics["baselines"] if one["kind"] == kind]
        best = max(own, key=lambda one: sign * one[metric], default=None)
        if best is None or sign * (network[metric] - best[metric]) > 0:
            continue
        numbers = f"{number(best[metric])} against {number(network[metric])}"
        rest = f"no worse on the test rows ({label(metric)} {numbers})."
        if kind == "trivial":
            yield f"Any decision: answering with the {best['name']} is {rest}"
        else:
            yield f"Work that {best['name']} can do: it is simpler and {rest}"
    if metric == "r2" and network[metric] < 0.5:
        yield (
            "Taking a single prediction at its word: more than half of the variance is "
            "left open."
        )
    if n < FEW_TEST_ROWS:
        yield f"Claims about its quality to a few percent: it was measured on {n} rows."


def _of_the_data(schema: Plain) -> Iterator[str]:
    counts = schema.get("class_rows") or {}
    rare = [
        f"{name} ({n} rows)" for name, n in counts.items() if n < FEW_ROWS_OF_A_CLASS
    ]
    if rare:
        yield f"Telling rare classes: {', '.join(rare[:10])} is little to learn from."
    if schema["classes"]:
        yield "Rows that may be of none of its classes: it always answers one of them."
    used = [column for column in schema["columns"] if column["used"]]
    times = [column["name"] for column in used if column["kind"] == "time"]
    if times:
        yield f"Times after those it was trained on ({', '.join(times)}), unmeasured."
    if any(column["kind"] == "number" for column in used):
        yield (
            "Numbers outside the ranges it was trained on (model/preprocess.json): "
            "what it answers there rests on nothing."
        )
    yield "Finding causes: what follows if a column is changed is not what it learned."


def _of_groups(run: Plain, groups: Plain) -> Iterator[str]:
    if not groups:
        yield (
            "Decisions about people: it has not been measured by group. `fathom "
            f"evaluate {run['path']} DATA --groups COLUMN --keep` does."
        )
    for result in groups.values():
        column = result["column"]
        sure = [gap for gap in result["gaps"] if gap["beyond_chance"]]
        if sure:
            worst = ", ".join(label(gap["metric"]) for gap in sure)
            yield (
                f"Decisions in which groups of {column} are to be treated alike: they "
                f"differ by more than chance in {worst}."
            )
        small = [group["group"] for group in result["groups"] if group["too_small"]]
        if small:
            yield (
                f"Claims about {column} {', '.join(small)}: too few rows were measured."
            )
