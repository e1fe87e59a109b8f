"""A trained model in use, on disk and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import fathom as fm
from fathom.weights import read_weights, write_weights

ROWS = {
    "city": ["Oslo", "Rome", "Oslo", None] * 15,
    "age": [31.0, 44.0, None, 28.0] * 15,
    "pay": [float(i % 7) for i in range(60)],
    "buys": ["yes", "no", "yes", "no"] * 15,
}


@pytest.fixture(scope="module")
def table_model() -> fm.Model:
    return fm.train("mlp", fm.read(ROWS, target="buys"), epochs=40).model


@pytest.fixture(scope="module")
def array_model() -> fm.Model:
    X, y = fm.datasets.load("iris")
    network = fm.Network([fm.Dense(8, "relu"), fm.Dense(3, "softmax")], (4,))
    return fm.train(network, (X, y), epochs=30, learning_rate=0.01).model


def edit(path: Path, **changed: Any) -> None:
    content = {**json.loads(path.read_text()), **changed}
    path.write_text(json.dumps(content))


def test_raw_rows_go_in_and_labels_come_out(table_model: fm.Model) -> None:
    rows = {"city": ["Rome", "Oslo"], "age": [44, 31], "pay": [1, 2]}
    assert table_model.predict(rows).tolist() == ["no", "yes"]


def test_any_source_gives_the_same_answer(table_model: fm.Model) -> None:
    frame = pl.DataFrame(ROWS)
    answers = [
        table_model.predict_proba(source)
        for source in (ROWS, frame, frame.to_pandas(), frame.to_arrow())
    ]
    for other in answers[1:]:
        np.testing.assert_array_equal(answers[0], other)


def test_many_rows_are_answered_like_one_at_a_time(array_model: fm.Model) -> None:
    X = np.random.default_rng(0).normal(size=(2500, 4))
    at_once = array_model.predict_proba(X)
    for i in (0, 1023, 1024, 2499):
        one = array_model.predict_proba(X[i : i + 1])[0]
        np.testing.assert_allclose(at_once[i], one, rtol=1e-5, atol=1e-7)


def test_evaluate_agrees_with_counting(array_model: fm.Model) -> None:
    X, y = fm.datasets.load("iris")
    counted = float(np.mean(array_model.predict(X) == y))
    assert array_model.evaluate((X, y))["accuracy"] == pytest.approx(counted)


def test_regression_answers_in_the_targets_unit() -> None:
    X = np.random.default_rng(0).normal(size=(100, 2))
    table = fm.read({"a": X[:, 0], "b": X[:, 1], "y": 500 + 100 * X[:, 0]}, "y")
    model = fm.train("mlp", table, epochs=60, learning_rate=0.01).model
    rows = {"a": [0.0, 1.0], "b": [0.0, 0.0]}
    np.testing.assert_allclose(model.predict(rows), [500, 600], atol=25)
    assert model.evaluate(table)["root_mean_squared_error"] < 20


def test_probabilities_of_a_regression_are_refused() -> None:
    network = fm.Network([fm.Dense(1)], (1,))
    model = fm.train(network, (np.ones((4, 1)), np.ones(4)), epochs=1).model
    with pytest.raises(fm.InputError, match="for models that predict classes"):
        model.predict_proba(np.ones((1, 1)))


@pytest.mark.parametrize("kind", ["table_model", "array_model"])
def test_a_saved_model_gives_the_same_answers(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    model = request.getfixturevalue(kind)
    data = ROWS if kind == "table_model" else fm.datasets.load("iris").X
    again = fm.load(model.save(tmp_path / "model"))
    np.testing.assert_array_equal(again.predict_proba(data), model.predict_proba(data))
    np.testing.assert_array_equal(again.predict(data), model.predict(data))
    assert again.about == model.about


def test_saving_never_overwrites(array_model: fm.Model, tmp_path: Path) -> None:
    array_model.save(tmp_path / "model")
    with pytest.raises(fm.InputError, match="Nothing is ever overwritten"):
        array_model.save(tmp_path / "model")


def test_no_file_of_a_model_is_a_pickle(table_model: fm.Model, tmp_path: Path) -> None:
    folder = table_model.save(tmp_path / "model")
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["network.json", "preprocess.json", "weights.safetensors"]


def test_nothing_at_a_path_is_said_with_a_guess(
    array_model: fm.Model, tmp_path: Path
) -> None:
    array_model.save(tmp_path / "flowers")
    with pytest.raises(
        fm.InputError, match=r"no run or model .* Did you mean 'flowers'"
    ):
        fm.load(tmp_path / "flower")
    (tmp_path / "empty").mkdir()
    with pytest.raises(fm.InputError, match="is not a run or a model"):
        fm.load(tmp_path / "empty")


@pytest.mark.parametrize(
    "name", ["network.json", "preprocess.json", "weights.safetensors"]
)
def test_any_file_cut_in_half_is_named(
    name: str, table_model: fm.Model, tmp_path: Path
) -> None:
    path = table_model.save(tmp_path / "model") / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(fm.InputError, match=rf"{name}.* damaged"):
        fm.load(tmp_path / "model")


@pytest.mark.parametrize(
    "name", ["network.json", "preprocess.json", "weights.safetensors"]
)
def test_any_missing_file_is_named(
    name: str, table_model: fm.Model, tmp_path: Path
) -> None:
    (table_model.save(tmp_path / "model") / name).unlink()
    with pytest.raises(fm.InputError, match=name):
        fm.load(tmp_path / "model")


def test_a_network_of_absurd_size_is_refused_without_allocating(
    array_model: fm.Model, tmp_path: Path
) -> None:
    folder = array_model.save(tmp_path / "model")
    text = (folder / "network.json").read_text()
    (folder / "network.json").write_text(
        text.replace('"units": 8', '"units": 8' + "0" * 14)
    )
    with pytest.raises(fm.InputError, match=r"network\.json|does not fit the network"):
        fm.load(folder)


def test_weights_of_another_network_are_refused(
    array_model: fm.Model, tmp_path: Path
) -> None:
    folder = array_model.save(tmp_path / "model")
    tree = read_weights(folder / "weights.safetensors")
    tree["dense_1"]["weight"] = tree["dense_1"]["weight"].T.copy()
    write_weights(folder / "weights.safetensors", tree)
    with pytest.raises(fm.InputError, match=r"'dense_1/weight' is F32 \(8, 4\)"):
        fm.load(folder)


def test_preprocessing_of_another_model_is_refused(
    table_model: fm.Model, array_model: fm.Model, tmp_path: Path
) -> None:
    one = table_model.save(tmp_path / "one")
    two = array_model.save(tmp_path / "two")
    (two / "preprocess.json").write_bytes((one / "preprocess.json").read_bytes())
    with pytest.raises(fm.InputError, match="do not fit"):
        fm.load(two)


@pytest.mark.parametrize(
    "changed",
    [
        {"format": "other"},
        {"version": 99},
        {"target": {"task": "fly"}},
        {"target": [1, 2]},
        {"inputs": {"columns": "x"}},
        {"inputs": 7},
        {"loss": {"run": "me"}},
    ],
)
def test_an_edited_file_is_refused(
    changed: dict[str, Any], table_model: fm.Model, tmp_path: Path
) -> None:
    folder = table_model.save(tmp_path / "model")
    edit(folder / "preprocess.json", **changed)
    with pytest.raises(fm.InputError):
        fm.load(folder)


def test_classes_that_do_not_fit_the_outputs_are_refused(
    array_model: fm.Model, tmp_path: Path
) -> None:
    folder = array_model.save(tmp_path / "model")
    target = json.loads((folder / "preprocess.json").read_text())["target"]
    edit(folder / "preprocess.json", target={**target, "classes": [0, 1]})
    with pytest.raises(fm.InputError, match="2 classes"):
        fm.load(folder)


def test_evaluating_without_answers_says_what_is_needed(array_model: fm.Model) -> None:
    with pytest.raises(fm.InputError, match=r"must be a pair \(X, y\)"):
        array_model.evaluate(np.ones((3, 4)))
