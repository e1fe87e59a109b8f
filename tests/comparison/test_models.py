"""Networks and classical models on the same folds."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LogisticRegression, RidgeClassifier

import fathom as fm
from fathom.comparison.contestants import contestants
from fathom.comparison.model_size import parameters_of
from fathom.cross_validation.folds import folds_of
from fathom.plain import plain


@pytest.fixture(scope="module")
def found() -> fm.ModelComparison:
    """A network of 35 numbers that has hardly been trained."""
    iris = fm.datasets.load("iris")
    tiny = fm.Classifier((4,), epochs=1)
    twin = LogisticRegression(max_iter=1000)
    networks = {"twin": twin, "<tiny>": tiny}
    return fm.compare(iris, networks=networks, folds=2, repeats=2, seed=5)


def model(found: fm.ModelComparison, name: str):
    return next(one for one in found.models if one.name == name)


def test_every_model_has_a_score_for_every_fold_of_every_repeat(
    found: fm.ModelComparison,
) -> None:
    names = [one.name for one in found.models]
    assert names == ["twin", "<tiny>", "logistic regression", "k nearest neighbors",
                     "random forest", "gradient boosting"]  # fmt: skip
    assert {len(one.scores) for one in found.models} == {4}


def test_scores_are_those_of_fitting_by_hand_on_the_same_folds(
    found: fm.ModelComparison,
) -> None:
    X, y = fm.datasets.load("iris")
    codes = np.unique(y, return_inverse=True)[1]
    scores = []
    for seed in (5, 6):
        for training, test in folds_of(2, 150, seed, codes):
            x = (X - X[training].mean(0)) / X[training].std(0)
            by_hand = LogisticRegression(max_iter=1000).fit(x[training], y[training])
            scores.append(by_hand.score(x[test], y[test]))
    assert model(found, "logistic regression").scores == pytest.approx(scores)


def test_equal_models_cannot_be_told_apart(found: fm.ModelComparison) -> None:
    apart = found.differences["logistic regression"]
    assert (apart.mean, apart.p, apart.is_chance) == (0.0, 1.0, True)


def test_a_network_that_has_not_learned_is_behind(found: fm.ModelComparison) -> None:
    apart = found.differences["<tiny>"]
    assert apart.mean > 0.2
    assert not found.differences["<tiny>"].is_chance


def test_the_size_of_a_network_is_that_of_its_weights(
    found: fm.ModelComparison,
) -> None:
    tiny = model(found, "<tiny>")
    assert (tiny.n_parameters, tiny.n_bytes) == (4 * 4 + 4 + 4 * 3 + 3, 35 * 4)
    assert model(found, "logistic regression").n_parameters == 15
    assert model(found, "k nearest neighbors").n_parameters == 75 * 4


def test_times_are_above_zero(found: fm.ModelComparison) -> None:
    for one in found.models:
        assert (one.fit_seconds > 0).all()
        assert (one.predict_seconds > 0).all()


def test_the_table_has_a_line_for_each_model_and_ends_with_the_verdict(
    found: fm.ModelComparison,
) -> None:
    text = str(found)
    assert all(text.count(f"\n{one.name}  ") == 2 for one in found.models)
    assert text.endswith(found.verdict)
    assert "2-fold cross-validation, 2 times" in found.verdict


def test_html_escapes_names(found: fm.ModelComparison) -> None:
    assert "&lt;tiny&gt;" in found.to_html()
    assert "<tiny>" not in found.to_html()


def test_to_dict_is_plain(found: fm.ModelComparison) -> None:
    content = json.loads(json.dumps(plain(found.to_dict()), allow_nan=False))
    assert content["models"][0]["first_better_by"] is None
    assert len(content["models"][1]["scores"]) == 4
    assert content["scoring"] == "accuracy"


def test_a_regressor_that_loses_is_said_to_lose() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = X @ [1.0, 2.0, 3.0] + rng.normal(size=60)
    found = fm.compare(X, y, DummyRegressor(), folds=5, repeats=1)
    assert found.scoring == "r2"
    assert found.verdict.startswith("The network loses: take ridge regression")


def test_where_less_is_better_a_smaller_score_wins() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = X @ [1.0, 2.0]
    found = fm.compare(X, y, DummyRegressor(), folds=2, repeats=1,
                       scoring="mean_absolute_error")  # fmt: skip
    assert found.ranked[0].name == "ridge regression"
    assert found.differences["ridge regression"].mean < 0


def test_a_network_of_images_gets_images_and_the_others_columns() -> None:
    network = fm.Network([fm.Flatten(), fm.Dense(3, "softmax")], (8, 8, 1))
    named = contestants({"flat": "mlp", "image": network}, "classification", 1)
    assert [one.takes_images for one in named[:3]] == [False, True, False]


def test_trees_are_counted_by_their_nodes() -> None:
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(3, random_state=0).fit([[0.0], [1.0]], [0, 1])
    nodes = sum(tree.tree_.node_count for tree in forest.estimators_)
    assert parameters_of(forest) == nodes
    assert parameters_of(DummyRegressor()) is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"folds": 1}, "'folds'"),
        ({"repeats": 0}, "'repeats'"),
        ({"seed": -1}, "'seed'"),
        ({"scoring": "acuracy"}, "Did you mean 'accuracy'"),
        ({"networks": 3}, "Got 3"),
        ({"networks": "mpl"}, "no recipe 'mpl'"),
        ({"networks": []}, "at least one"),
        ({"networks": {"random forest": None}}, "called 'random forest'"),
        ({"X": {"a": [1, 2]}}, "needs answers"),
        ({"X": {"a": [1, 2], "b": ["x", "x"]}, "y": "b"}, "one class only"),
    ],
)
def test_bad_input_gets_one_message(changed: dict, message: str) -> None:
    with pytest.raises(fm.InputError, match=message):
        fm.compare(**{"X": "iris", **changed})


def test_scoring_that_needs_probabilities_says_who_has_none() -> None:
    with pytest.raises(fm.InputError, match="not known of 'network'"):
        fm.compare("iris", networks=RidgeClassifier(), folds=2, repeats=1,
                   scoring="log_loss")  # fmt: skip
