"""`fathom.train` as a user calls it, on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fathom as fm


def clouds(n: int = 60, labels: tuple[Any, ...] = (0, 1), seed: int = 0) -> Any:
    """Clouds of points around as many centers as there are labels."""
    random = np.random.default_rng(seed)
    which = np.arange(n) % len(labels)
    centers = 5 * np.eye(5, 3)[: len(labels)] - 5 * np.eye(5, 3, -3)[: len(labels)]
    X = centers[which] + random.normal(size=(n, 3))
    return X, np.array(labels)[which]


def softmax(classes: int) -> fm.Network:
    return fm.Network([fm.Dense(8, "tanh"), fm.Dense(classes, "softmax")], (3,))


@pytest.mark.parametrize("seed", range(3))
def test_xor_is_learned(seed: int) -> None:
    X, y = [[0.0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    network = fm.Network([fm.Dense(8, "tanh"), fm.Dense(1, "sigmoid")], (2,))
    result = fm.train(network, (X, y), learning_rate=0.1, epochs=200, seed=seed)
    assert result.model.predict(X).tolist() == y
    assert result.history["loss"][-1] < 0.02


@pytest.mark.parametrize("seed", range(2))
def test_two_spirals_are_learned(seed: int) -> None:
    t = np.linspace(0.5, 3 * np.pi, 150)
    arm = np.c_[t * np.cos(t), t * np.sin(t)] / 5
    X, y = np.r_[arm, -arm], np.repeat([0, 1], 150)
    network = fm.Network(
        [fm.Dense(32, "tanh"), fm.Dense(32, "tanh"), fm.Dense(2, "softmax")], (2,)
    )
    result = fm.train(network, (X, y), learning_rate=0.01, epochs=250, seed=seed)
    assert result.model.evaluate((X, y))["accuracy"] > 0.98


@pytest.mark.parametrize("seed", range(2))
def test_a_sine_is_learned(seed: int) -> None:
    X = np.linspace(-3, 3, 200)[:, None]
    y = np.sin(2 * X[:, 0])
    network = fm.Network(
        [fm.Dense(32, "tanh"), fm.Dense(32, "tanh"), fm.Dense(1)], (1,)
    )
    result = fm.train(
        network, (X, y), learning_rate=0.02, schedule="cosine", epochs=400, seed=seed
    )
    assert result.model.evaluate((X, y))["root_mean_squared_error"] < 0.03


@pytest.mark.parametrize(
    "labels", [("a", "b", "c"), (7, 3, 5), (1, 0, 2), (2.0, 5.0, 9.0)]
)
def test_labels_of_any_kind_come_back(labels: tuple[Any, ...]) -> None:
    X, y = clouds(60, labels)
    result = fm.train(softmax(3), (X, y), learning_rate=0.05, epochs=60)
    assert result.model.classes == tuple(sorted(labels))
    assert result.model.predict(X).tolist() == y.tolist()


def test_probabilities_have_a_column_for_every_class() -> None:
    X, y = clouds(60, ("no", "yes"))
    network = fm.Network([fm.Dense(1, "sigmoid")], (3,))
    model = fm.train(network, (X, y), epochs=30, learning_rate=0.1).model
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (60, 2)
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-6)
    assert np.array(model.classes)[probabilities.argmax(1)].tolist() == y.tolist()


def test_one_hot_targets_are_classes() -> None:
    X, y = clouds(60, (0, 1, 2))
    model = fm.train(softmax(3), (X, np.eye(3)[y]), learning_rate=0.05, epochs=60).model
    assert model.predict(X).tolist() == y.tolist()


def test_several_targets_are_regressed_at_once() -> None:
    X = np.random.default_rng(0).normal(size=(80, 3))
    y = X @ np.array([[1.0, 2], [0, -1], [3, 0]]) + 1
    network = fm.Network([fm.Dense(2)], (3,))
    model = fm.train(network, (X, y), learning_rate=0.1, epochs=150).model
    np.testing.assert_allclose(model.predict(X), y, atol=0.02)


def test_a_network_without_input_shape_takes_the_datas() -> None:
    X, y = clouds()
    result = fm.train(fm.Network([fm.Dense(2, "softmax")]), (X, y), epochs=1)
    assert result.model.network.input_shape == (3,)


def test_a_recipe_is_built_for_the_data() -> None:
    result = fm.train("mlp", clouds(60, ("a", "b", "c")), epochs=1)
    names = [layer.name for layer in result.model.network.layers]
    assert names == ["hidden_1", "hidden_2", "output"]
    assert result.model.network.output_shape == (3,)


def test_validation_share_holds_every_class() -> None:
    X, y = clouds(50, (0, 1, 2, 3, 4))
    result = fm.train(softmax(5), (X, y), epochs=1, validation=0.2)
    assert result.model.about["validation_examples"] == 10
    assert "validation_accuracy" in result.history


def test_a_validation_pair_is_used_as_it_is() -> None:
    X, y = clouds(40)
    held = clouds(12, seed=0)
    result = fm.train(softmax(2), (X, y), epochs=1, validation=held)
    assert result.model.about["validation_examples"] == 12
    assert result.model.about["training_examples"] == 40


def test_class_weights_move_the_decision() -> None:
    random = np.random.default_rng(0)
    X = np.r_[random.normal(0, 1, (90, 1)), random.normal(1.5, 1, (10, 1))]
    y = np.repeat([0, 1], [90, 10])
    network = fm.Network([fm.Dense(1, "sigmoid")], (1,))
    plain = fm.train(network, (X, y), learning_rate=0.05, epochs=100).model
    even = fm.train(
        network, (X, y), learning_rate=0.05, epochs=100, class_weight="balanced"
    ).model
    given = fm.train(
        network, (X, y), learning_rate=0.05, epochs=100, class_weight={0: 1, 1: 9}
    ).model
    found = [model.predict(X)[y == 1].mean() for model in (plain, even, given)]
    assert found[0] < found[1] - 0.2
    assert found[1] == found[2]


def test_sample_weights_of_zero_leave_rows_out() -> None:
    X, y = clouds(40)
    wrong = y.copy()
    wrong[:10] = 1 - wrong[:10]
    weight = np.r_[np.zeros(10), np.ones(30)]
    changed = {"sample_weight": weight, "learning_rate": 0.05, "epochs": 40}
    model = fm.train(softmax(2), (X, wrong), **changed).model
    assert model.predict(X).tolist() == y.tolist()


def test_same_seed_gives_the_same_bits_with_everything_on() -> None:
    layers = [
        fm.Dense(8, "relu"),
        fm.BatchNorm(),
        fm.Dropout(0.2),
        fm.Dense(2, "softmax"),
    ]
    network = fm.Network(layers, (3,))
    runs = [
        fm.train(network, clouds(50), epochs=5, validation=0.3, seed=4).model.variables
        for _ in range(2)
    ]
    for name in ("dense_1", "batch_norm_1", "dense_2"):
        for part in runs[0][name]:
            np.testing.assert_array_equal(runs[0][name][part], runs[1][name][part])


def test_tokens_go_through_an_embedding() -> None:
    random = np.random.default_rng(0)
    X = random.integers(0, 6, (120, 4))
    y = (X == 5).any(1).astype(int)
    network = fm.Network(
        [fm.Embedding(6, 4), fm.Flatten(), fm.Dense(8, "relu"), fm.Dense(1, "sigmoid")],
        (4,),
    )
    model = fm.train(network, (X, y), learning_rate=0.02, epochs=150).model
    assert model.evaluate((X, y))["accuracy"] > 0.98


def test_a_loss_of_the_users_own_is_minimized() -> None:
    def cubed(outputs: Any, targets: Any) -> Any:
        return abs(outputs[:, 0] - targets.reshape(-1)) ** 3.0

    X = np.ones((16, 1))
    network = fm.Network([fm.Dense(1)], (1,))
    result = fm.train(
        network, (X, np.full(16, 2.0)), loss=cubed, learning_rate=0.1, epochs=100
    )
    assert result.history["loss"][-1] < 1e-3


X, Y = clouds()
BAD = [
    ({"data": (X, Y[:-1])}, "as many rows. Got X of shape \\(60, 3\\) and y of shape"),
    ({"data": (X[:, :2], Y)}, r"inputs of shape \(3,\). Got X of shape \(60, 2\)"),
    ({"data": (X[0], Y)}, r"array \(rows, features\)"),
    ({"data": (X[:0], Y[:0])}, "at least one row"),
    ({"data": (X.astype(str), Y)}, "array of numbers"),
    ({"data": (np.where(X > 1, np.nan, X), Y)}, "X has .* NaN or infinite"),
    ({"data": (np.where(X > 1, np.inf, X), Y)}, "the first is inf at"),
    ({"data": (X, np.where(Y == 0, np.nan, Y))}, "y has"),
    ({"data": X}, r"'data' must be a pair \(X, y\)"),
    ({"data": (X, np.arange(60) % 5)}, "5 classes .* output layer has 2 units"),
    ({"loss": "cross_entrpy"}, "Did you mean 'cross_entropy'"),
    ({"optimizer": "adamm"}, "Unknown optimizer"),
    ({"schedule": "cosin"}, "Unknown schedule"),
    ({"metrics": ["acuracy"]}, "Did you mean 'accuracy'"),
    ({"learning_rate": -1}, "'learning_rate' parameter of train .* Got -1"),
    ({"learning_rate": float("nan")}, "Got nan"),
    ({"epochs": 0}, "'epochs' parameter of train"),
    ({"batch_size": 2.5}, "'batch_size' parameter of train"),
    ({"seed": -1}, "'seed' parameter of train"),
    ({"seed": 2**32}, r"below 2\^32"),
    ({"weight_decay": -0.1}, "'weight_decay' parameter of train"),
    ({"gradient_clip": 0}, "'gradient_clip' parameter of train"),
    ({"validation": 1.5}, "'validation' parameter of train must be a share"),
    ({"early_stopping": 5}, "needs validation"),
    ({"early_stopping": 0, "validation": 0.2}, "'early_stopping' parameter"),
    ({"validation": (X[:, :2], Y)}, r"inputs of shape \(3,\)"),
    ({"validation": (X, Y + 5)}, "not one of the classes"),
    ({"class_weight": "even"}, "Unknown class_weight"),
    ({"class_weight": {"x": 1}}, "Unknown class in class_weight"),
    ({"class_weight": {0: -1}}, "weight of class 0"),
    ({"class_weight": [1, 2]}, "a weight for each label"),
    ({"sample_weight": np.ones(3)}, "sample_weight must be 60"),
    ({"sample_weight": -np.ones(60)}, "at least 0"),
    ({"sample_weight": np.zeros(60)}, "weight 0"),
    ({"sample_weight": np.arange(60) < 1, "validation": 0.2}, "validation rows have"),
    ({"network": "mpl"}, "Did you mean 'mlp'"),
    ({"network": 5}, "'network' parameter of train must be a Network"),
    ({"network": lambda *sizes: 5}, "function that returns a Network"),
    ({"network": fm.Network([fm.Dense(1, "softmax")])}, "softmax over one unit"),
    ({"data": ([[1.0, 2, 3], [1.0]], [0, 1])}, "rows differ in length"),
    ({"data": (X * 1e300, Y)}, "NaN or infinite"),
    ({"data": (X, [None, "a"] * 30)}, "labels of classes must be .* Got None"),
    ({"data": (X, [b"a", b"b"] * 30)}, "labels of classes must be .* Got b'a'"),
    ({"data": (X, [["a", "b"]] * 60)}, "Targets must be numbers here"),
    ({"data": (X, [[np.nan, 1.0]] * 60)}, "y has 60 values that are NaN"),
    ({"loss": lambda p, t: ((p - 1) ** 2).mean()}, r"shape \(32,\) .* Got shape \(\)"),
    ({"resume": True}, "name the folder"),
    ({"loss": "triplet"}, "'loss' parameter of train must be one of outputs"),
    ({"loss": "minimax"}, "an objective of your own"),
    ({"variables": {"dense_1": {"weight": np.ones((2, 2))}}}, "start values do not"),
    ({"variables": {}}, r"'dense_1/bias' has shape none \(it is missing\)"),
]


@pytest.mark.parametrize(("changed", "message"), BAD, ids=[m[:30] for _, m in BAD])
def test_bad_input_gets_one_clear_message(
    changed: dict[str, Any], message: str
) -> None:
    usual = {"network": softmax(2), "data": (X, Y), "epochs": 1}
    arguments = {**usual, **changed}
    with pytest.raises(fm.InputError, match=message):
        fm.train(arguments.pop("network"), arguments.pop("data"), **arguments)


def test_one_class_only_is_refused() -> None:
    with pytest.raises(fm.InputError, match="one class only"):
        fm.train("mlp", (X, np.array(["a"] * 60)), epochs=1)


def test_an_optax_optimizer_and_a_learning_rate_exclude_each_other() -> None:
    import optax

    with pytest.raises(fm.InputError, match="brings its own"):
        fm.train(softmax(2), (X, Y), optimizer=optax.sgd(0.1), learning_rate=0.1)


def test_numbers_of_numpy_are_settings_too() -> None:
    changed = {"seed": np.int64(3), "learning_rate": np.float32(0.5)}
    result = fm.train(softmax(2), (X, Y), epochs=np.int32(1), **changed)
    assert result.model.about["settings"]["seed"] == 3


def test_class_weights_may_name_labels_as_text() -> None:
    first, second = (
        fm.train(softmax(2), (X, Y), epochs=1, class_weight=weights).model.variables
        for weights in ({1: 9.0}, {"1": 9.0})
    )
    assert np.array_equal(first["dense_1"]["weight"], second["dense_1"]["weight"])


@pytest.mark.parametrize(("units", "activation"), [(5, "softmax"), (1, "sigmoid")])
def test_a_table_of_other_classes_than_the_network_is_refused(
    units: int, activation: str
) -> None:
    iris = fm.datasets.load("iris")
    with pytest.raises(fm.InputError, match=f"has 3 classes, .* has {units} units"):
        fm.train(fm.Network([fm.Dense(units, activation)]), iris, epochs=1)


def test_whole_numbers_under_a_loss_of_numbers_are_numbers() -> None:
    model = fm.train("mlp", (X, Y), loss="mse", epochs=1).model
    assert model.task == "regression"


def test_truth_values_are_answered_with_truth_values() -> None:
    model = fm.train(softmax(2), (X, Y > 0), epochs=30, learning_rate=0.05).model
    assert model.predict(X).tolist() == (Y > 0).tolist()
    assert model.classes == (False, True)


def test_a_recipe_may_leave_the_input_shape_open() -> None:
    result = fm.train(
        lambda shape, n, out: fm.Network([fm.Dense(n, out)]), (X, Y), epochs=1
    )
    assert result.model.network.input_shape == (3,)


def test_a_table_validates_a_network_of_arrays() -> None:
    iris = fm.datasets.load("iris")
    network = fm.Network([fm.Dense(3, "softmax")], (4,))
    result = fm.train(network, (iris.X, iris.y), validation=iris, epochs=1)
    assert result.history["validation_loss"].shape == (1,)


def test_a_cross_entropy_without_softmax_trains_and_warns() -> None:
    network = fm.Network([fm.Dense(2)], (3,))
    with pytest.warns(UserWarning, match=r"'dense_1' .* ends in 'identity'"):
        result = fm.train(network, (X, Y), loss="cross_entropy", epochs=1)
    assert result.model.task == "classification"


def test_numbers_under_a_loss_of_probabilities_are_warned_of() -> None:
    network = fm.Network([fm.Dense(1)], (3,))
    with pytest.warns(UserWarning, match="end it in 'sigmoid'"):
        fm.train(network, (X, Y), loss="bce", epochs=1)


def test_a_softmax_inside_a_chain_is_taken_for_classes() -> None:
    network = fm.Network([fm.Chain([fm.Dense(2, "softmax")])], (3,))
    result = fm.train(
        network, (X, Y), loss="cross_entropy", learning_rate=0.1, epochs=30
    )
    assert result.model.evaluate((X, Y))["accuracy"] > 0.95


def test_a_run_that_fails_at_once_has_an_empty_history() -> None:
    network = fm.Network([fm.Dense(1)], (3,))
    result = fm.train(network, (X * 1e25, Y * 1.0), loss="mse", epochs=3)
    assert result.stopped == "non_finite"
    assert result.history["loss"].tolist() == []
