"""What a model card says of purpose and misuse follows from the facts of the run."""

from __future__ import annotations

from typing import Any

import pytest

from fathom.export.card_limits import misuse, purpose, uncertainty

RUN = {"status": "done", "path": "runs/a", "started": "2026-01-31T10:00:00",
       "data": {"source": "folder/loans.csv", "digest": "0123456789abcd"}}  # fmt: skip
COLUMN = {"name": "income", "kind": "number", "used": True}
SCHEMA = {"task": "classification", "target": ["pays"], "classes": ["no", "yes"],
          "class_rows": {"no": 200, "yes": 200}, "columns": [COLUMN],
          "rows": {"all": 400, "training": 160}}  # fmt: skip
NETWORK = {"name": "network", "kind": "network", "accuracy": 0.9}
METRICS = {"task": "classification", "test_rows": 200, "network": NETWORK,
           "baselines": [], "verdict": ""}  # fmt: skip
GAP = {"metric": "accuracy", "beyond_chance": True}
GROUPS = {"sex": {"column": "sex", "gaps": [GAP],
                  "groups": [{"group": "x", "too_small": True}]}}  # fmt: skip


def baseline(kind: str, accuracy: float) -> dict[str, Any]:
    return {"name": f"a {kind} model", "kind": kind, "accuracy": accuracy}


def test_the_purpose_names_the_data_and_the_rows_but_no_folder() -> None:
    text = purpose(RUN, SCHEMA)
    assert "160 of the 400 rows of loans.csv (SHA-256 0123456789ab)" in text
    assert "on 2026-01-31" in text
    assert "folder" not in text


def test_the_accuracy_has_wilsons_interval() -> None:
    assert "lies between 0.851 and 0.934" in uncertainty(METRICS)


def test_nothing_is_said_that_the_facts_do_not_give() -> None:
    lines = misuse(RUN, SCHEMA, METRICS, {}).splitlines()
    starts = [line.split()[1] for line in lines]
    assert starts == ["Rows", "Numbers", "Finding", "Decisions"]


@pytest.mark.parametrize(
    ("run", "schema", "metrics", "groups", "said"),
    [
        ({"status": "failed"}, {}, {}, {}, "Any use: the run is failed"),
        ({}, {}, None, {}, "Any decision: no rows were held back"),
        ({}, {}, {"baselines": [baseline("trivial", 0.95)]}, {},
         "Any decision: answering with the a trivial model is no worse"),
        ({}, {}, {"baselines": [baseline("classical", 0.95)]}, {},
         "Work that a classical model can do"),
        ({}, {}, {"test_rows": 40}, {}, "measured on 40 rows"),
        ({}, {"class_rows": {"no": 400, "yes": 7}}, {}, {}, "yes (7 rows)"),
        ({}, {"columns": [{**COLUMN, "name": "day", "kind": "time"}]}, {}, {},
         "Times after those it was trained on (day)"),
        ({}, {}, {}, {}, "it has not been measured by group"),
        ({}, {}, {}, GROUPS, "groups of sex are to be treated alike"),
        ({}, {}, {}, GROUPS, "Claims about sex x"),
    ],
)  # fmt: skip
def test_a_fact_adds_its_line(
    run: dict, schema: dict, metrics: dict | None, groups: dict, said: str
) -> None:
    own = {} if metrics is None else {**METRICS, **metrics}
    text = misuse({**RUN, **run}, {**SCHEMA, **schema}, own, groups)
    assert said in text


def test_a_better_network_is_not_told_to_give_way() -> None:
    metrics = {**METRICS, "baselines": [baseline("classical", 0.8)]}
    assert "Work that" not in misuse(RUN, SCHEMA, metrics, {})


def test_a_weak_regression_is_not_taken_at_its_word() -> None:
    schema = {**SCHEMA, "task": "regression", "classes": [], "class_rows": {}}
    metrics = {**METRICS, "task": "regression", "network": {"r2": 0.3}}
    assert "at its word" in misuse(RUN, schema, metrics, {})
