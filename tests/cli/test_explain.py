"""`fathom explain`: one row's arithmetic, forward and backward."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import QUICKEST, Cli, assert_refused

import fathom as fm


@pytest.fixture
def run(cli: Cli, flowers: Path) -> Path:
    result = cli("train", flowers, "--target", "kind", "--out", "run", *QUICKEST)
    assert result.code == 0, result.err
    return flowers.parent / "run"


def test_a_row_is_explained_from_the_answer_back_to_the_columns(
    cli: Cli, run: Path, flowers: Path
) -> None:
    result = cli("explain", "run", flowers, "--row", 3)
    assert result.code == 0, result.err
    assert f"Row 3 of {flowers}" in result.out
    assert "integrated gradients" in result.out
    assert "weighted sum" in result.out
    assert "--neuron" in result.out


def test_json_holds_sums_that_add_up(cli: Cli, run: Path, flowers: Path) -> None:
    content = json.loads(cli("explain", "run", flowers, "--row", 3, "--json").out)
    for neuron in content["neurons"]:
        for one in neuron["sums"]:
            total = sum(term["product"] for term in one["terms"]) + one["bias"]
            assert total == pytest.approx(one["value"], rel=1e-4, abs=1e-5)
    model = fm.load(run)
    expected = model.predict_proba(fm.read(flowers, target="kind"))[3]
    shares = list(content["answer"]["probabilities"].values())
    np.testing.assert_allclose(shares, expected, rtol=1e-4)


def test_the_largest_mistake_is_explained_if_no_row_is_named(
    cli: Cli, run: Path, flowers: Path
) -> None:
    content = json.loads(cli("explain", "run", flowers, "--json").out)
    table = fm.read(flowers, target="kind")
    model = fm.load(run)
    shares = model.predict_proba(table)
    true = [model.classes.index(label) for label in table.y.tolist()]
    assert content["row"] == shares[np.arange(len(true)), true].argmin()


def test_one_neuron_is_that_of_the_library(cli: Cli, run: Path, flowers: Path) -> None:
    model = fm.load(run)
    address = f"{model.network.layers[0].name}:1"
    result = cli("explain", "run", flowers, "--row", 2, "--neuron", address, "--json")
    (neuron,) = json.loads(result.out)["neurons"]
    table = fm.read(flowers, target="kind").rows(np.array([2]))
    assert neuron["sums"] == model.trace(table)[address].to_dict()["sums"]
    assert neuron["row"] == 2


def test_backward_shows_the_chain_rule_and_the_update(
    cli: Cli, run: Path, flowers: Path
) -> None:
    model = fm.load(run)
    address = f"{model.network.layers[0].name}:0"
    given = ("--row", 1, "--neuron", address, "--backward", "--optimizer", "adam")
    result = cli("explain", "run", flowers, *given)
    assert result.code == 0, result.err
    assert "dL/dz = dL/da * f'(z)" in result.out
    content = json.loads(cli("explain", "run", flowers, *given, "--json").out)
    assert content["backward"]["optimizer"] == "adam"
    assert content["backward"]["neurons"][0]["address"] == address


def test_rows_without_answers_are_explained_forward_only(
    cli: Cli, run: Path, flowers: Path
) -> None:
    bare = flowers.parent / "bare.csv"
    frame = fm.read(flowers, target="kind").raw
    frame.write_csv(bare)
    assert cli("explain", "run", bare).code == 0
    assert_refused(cli("explain", "run", bare, "--backward"), "has no column 'kind'")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("--row", "900"), "--row must be from 0 to"),
        (("--row", "-1"), "--row must be from 0 to"),
        (("--neuron", "nothing:1"), "There is no layer 'nothing'"),
        (("--neuron", "x:"), "An address is a layer"),
        (("--backward", "--optimizer", "adma"), "adam"),
    ],
)
def test_a_bad_question_says_what_can_be_asked(
    cli: Cli, run: Path, flowers: Path, given: tuple[str, ...], message: str
) -> None:
    assert_refused(cli("explain", "run", flowers, *given), message)


def test_tokens_stand_beside_what_comes_from_them(cli: Cli, tmp_path: Path) -> None:
    layers = [fm.Embedding(5, 2, name="words"), fm.Flatten(), fm.Dense(1, name="out")]
    network = fm.Network(layers, input_shape=(2,))
    fm.Model(network, network.init(0)).save(tmp_path / "model")
    (tmp_path / "rows.csv").write_text("first,second\n3,1\n2,4\n")
    model, rows = tmp_path / "model", tmp_path / "rows.csv"
    result = cli("explain", model, rows, "--row", 1, "--neuron", "out:0")
    assert result.code == 0, result.err
    assert "words:0@1 (token 4)" in result.out
