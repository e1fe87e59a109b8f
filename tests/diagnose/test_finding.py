"""Findings are ranked, and shown as cards, HTML and JSON."""

from __future__ import annotations

import json

import pytest

import fathom as fm
from fathom.diagnose import Edit, Finding, Findings, Measurement
from fathom.diagnose.edit import written

FINDING = Finding(
    "D001", "unscaled-inputs", "alarm", "The inputs are large.", "Standardize them.",
    {"largest spread": Measurement(812.5, 5.0, "measured")}, "dense_1", 3,
    "X = X / X.std(0)", Edit("data", "inputs", "standardize"), 0.9,
)  # fmt: skip


def test_a_card_says_what_where_why_and_what_to_do() -> None:
    assert str(FINDING).splitlines() == [
        "ALARM: unscaled-inputs [D001] in dense_1 at epoch 3",
        "  cause     The inputs are large.",
        "  evidence  largest spread 812.5 (limit 5)",
        "  repair    Standardize them.",
        "  do        X = X / X.std(0)",
    ]


def test_json_holds_all_of_a_finding() -> None:
    content = json.loads(Findings((FINDING,), ("leakage",)).to_json())
    assert (content["alarms"], content["notes"], content["passed"]) == (
        1, 0, ["leakage"],
    )  # fmt: skip
    one = content["findings"][0]
    assert one["evidence"]["largest spread"] == {
        "value": 812.5, "threshold": 5.0, "source": "measured",
    }  # fmt: skip
    assert one["edit"]["diff"] == "- inputs: as they are\n+ inputs: standardize"
    assert {"code", "name", "severity", "layer", "epoch", "cause", "repair"} <= set(one)


def test_html_escapes_what_comes_from_the_data() -> None:
    finding = Finding("D004", "leakage", "note", "The column <b> & c.", "Drop it.")
    assert "The column &lt;b&gt; &amp; c." in finding._repr_html_()


def test_findings_are_a_list_with_alarms_and_notes() -> None:
    note = Finding("F001", "overfitting", "note", "Few rows.", "More rows.")
    found = Findings((FINDING, note))
    assert [*found] == [found[0], found[1]] == [FINDING, note]
    assert (found.alarms, found.notes) == ((FINDING,), (note,))
    assert found.names == ("unscaled-inputs", "overfitting")
    assert found.summary == "1 alarm and 1 note; 0 checks passed."


def test_a_healthy_run_gets_one_line_that_says_what_was_looked_at() -> None:
    assert str(Findings((), ("leakage",))) == "Nothing found. 1 check passed: leakage."


@pytest.mark.parametrize(
    ("edit", "diff"),
    [
        (Edit("setting", "batch_size", 32, 1), "- batch_size=1\n+ batch_size=32"),
        (Edit("layer", "output", fm.Dense(3, "softmax"), fm.Dense(3, "relu")),
         "- output: Dense(3, 'relu')\n+ output: Dense(3, 'softmax')"),
        (Edit("insert", "output", fm.Activation("relu")),
         "+ Activation('relu')    (before output)"),
        (Edit("remove", "softmax_2", None, fm.Activation("softmax")),
         "- softmax_2: Activation('softmax')"),
    ],
)  # fmt: skip
def test_an_edit_is_shown_as_a_diff(edit: Edit, diff: str) -> None:
    assert edit.describe() == diff


def test_an_edit_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(fm.InputError, match="Unknown kind of edit 'settin'"):
        Edit("settin", "batch_size")


def test_a_layer_is_written_without_what_is_usual() -> None:
    layer = fm.Dense(4, weight_init="zeros", name="output")
    assert written(layer) == "Dense(4, weight_init='zeros')"
