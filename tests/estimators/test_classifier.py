"""`fathom.Classifier`: every setting does what it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import optax
import pytest
from tests.estimators.examples import LABELS, X, classifier

import fathom as fm
from fathom.errors import InputError
from fathom.estimators.rows import Rows, merged
from fathom.training import program


def test_it_learns_to_tell_classes_apart() -> None:
    fitted = classifier().fit(X, LABELS)
    assert fitted.score(X, LABELS) > 0.95
    assert fitted.classes_.tolist() == ["no", "yes"]


def test_probabilities_are_those_of_the_model() -> None:
    fitted = classifier().fit(X, LABELS)
    of_model = fitted.model_.predict_proba(X)
    np.testing.assert_allclose(fitted.predict_proba(X), of_model, atol=1e-5)


def test_the_same_seed_gives_the_same_weights_and_another_does_not() -> None:
    first, again = (classifier().fit(X, LABELS).variables_ for _ in range(2))
    other = classifier(random_state=1).fit(X, LABELS).variables_
    weight = [v["hidden_1"]["weight"] for v in (first, again, other)]
    np.testing.assert_array_equal(weight[0], weight[1])
    assert not np.allclose(weight[0], weight[2])


def test_folds_of_other_sizes_and_other_rates_compile_nothing() -> None:
    classifier().fit(X[:57], LABELS[:57])
    before = set(program._compiled)
    for n, rate, decay in ((58, 0.01, 0.0), (60, 0.1, 1.0)):
        changed = classifier(learning_rate=rate, weight_decay=decay, random_state=n)
        changed.fit(X[:n], LABELS[:n])
    assert set(program._compiled) == before
    classifier(hidden_units=(5,), epochs=1).fit(X, LABELS)
    assert set(program._compiled) != before


def test_a_weight_of_two_is_a_row_handed_over_twice() -> None:
    weight = 1.0 + (np.arange(len(X)) < 4)
    weighted = classifier().fit(X, LABELS, sample_weight=weight)
    twice = np.r_[X, X[:4]], np.r_[LABELS, LABELS[:4]]
    repeated = classifier().fit(*twice)
    np.testing.assert_array_equal(weighted.predict_proba(X), repeated.predict_proba(X))


def test_merged_rows_weigh_what_their_copies_weighed() -> None:
    rows = Rows(np.array([[2.0], [1.0], [2.0]]), np.array([0, 1, 1]), np.ones(3))
    assert merged(rows).weight.tolist() == [1, 1, 1]  # other answers, other rows


def test_a_class_weight_draws_the_answers_to_its_class() -> None:
    usual = classifier(hidden_units=()).fit(X, LABELS).predict_proba(X)[:, 1]
    heavy = classifier(hidden_units=(), class_weight={"yes": 50})
    assert (heavy.fit(X, LABELS).predict_proba(X)[:, 1] > usual).mean() > 0.9


def test_balanced_weights_are_those_that_scikit_learn_computes() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    rows = Rows(X[:10], np.array([0] * 8 + [1] * 2), np.ones(10))
    fitted = classifier(class_weight="balanced", epochs=1).fit(X, LABELS)
    expected = compute_class_weight("balanced", classes=np.arange(2), y=rows.y)
    np.testing.assert_allclose(fitted._factors(rows), expected[rows.y])


def test_each_hidden_layer_may_have_its_own_activation() -> None:
    several = classifier(hidden_units=(4, 3), activation=("tanh", "gelu"), epochs=1)
    network = several.fit(X, LABELS).network_
    activations: Any = [network[f"hidden_{i}"] for i in (1, 2)]
    assert [layer.activation for layer in activations] == ["tanh", "gelu"]


def test_too_few_activations_are_named() -> None:
    wrong = classifier(hidden_units=(4, 3), activation=("tanh",))
    with pytest.raises(InputError, match="one for each of the 2 hidden layers"):
        wrong.fit(X, LABELS)


def test_early_stopping_keeps_the_weights_of_the_best_epoch() -> None:
    held = X[40:], LABELS[40:]
    stopped = classifier(early_stopping=3, epochs=60, learning_rate=0.5)
    stopped.fit(X[:40], LABELS[:40], validation_data=held)
    losses = stopped.history_["validation_loss"]
    shares = stopped.predict_proba(held[0])
    picked = shares[np.arange(20), np.searchsorted(stopped.classes_, held[1])]
    assert stopped.stopped_ == "early_stopping"
    assert stopped.best_epoch_ == np.argmin(losses) + 1
    np.testing.assert_allclose(-np.log(picked).mean(), losses.min(), rtol=1e-3)


def test_early_stopping_holds_back_a_share_by_itself() -> None:
    stopped = classifier(early_stopping=5, validation_fraction=0.25).fit(X, LABELS)
    assert "validation_loss" in stopped.history_


def test_a_weight_that_nothing_holds_shrinks_to_one_over_e() -> None:
    still = np.c_[X, np.zeros(len(X))]  # a column that moves no weight
    free, shrunk = (
        classifier(weight_decay=decay, epochs=200).fit(still, LABELS).variables_
        for decay in (0.0, None)
    )
    rows = [one["hidden_1"]["weight"][-1] for one in (free, shrunk)]
    np.testing.assert_allclose(rows[1] / rows[0], np.exp(-1), rtol=0.01)


def test_the_usual_decay_gives_way_to_more_steps_but_not_in_a_stream() -> None:
    def decay(fitted: fm.Classifier) -> float:
        return fitted.model_.about["settings"]["weight_decay"]

    one, many = (
        classifier(weight_decay=None, epochs=epochs, schedule="constant")
        for epochs in (200, 400)
    )
    assert decay(one.fit(X, LABELS)) == pytest.approx(2 * decay(many.fit(X, LABELS)))
    assert decay(classifier(weight_decay=None).partial_fit(X, LABELS)) == 0


def test_partial_fit_goes_on_where_it_was() -> None:
    grown = classifier(learning_rate=0.02)
    losses = [
        grown.partial_fit(X, LABELS, classes=["no", "yes"]).history_["loss"][0]
        for _ in range(8)
    ]
    assert losses[-1] < losses[0]
    assert grown.history_.n_epochs == 1


def test_partial_fit_knows_classes_that_come_later() -> None:
    grown = classifier().partial_fit(X[:5], ["a"] * 5, classes=["a", "b", "c"])
    assert grown.predict_proba(X).shape == (60, 3)
    with pytest.raises(InputError, match="'d', which is not one of the classes"):
        grown.partial_fit(X[:5], ["d"] * 5)


def test_a_warm_start_begins_at_the_weights_of_the_last_fit() -> None:
    warm = classifier(warm_start=True).fit(X, LABELS)
    last = warm.history_["loss"][-1]
    assert warm.fit(X, LABELS).history_["loss"][0] < 1.5 * last
    cold = classifier().fit(X, LABELS)
    assert cold.fit(X, LABELS).history_["loss"][0] > 1.5 * last


def test_several_labels_a_row_are_learned_side_by_side() -> None:
    labels = (np.roll(X, 1, axis=1) > 0).astype(int)
    fitted = classifier(epochs=100).fit(X, labels)
    assert (fitted.predict(X) == labels).mean() > 0.9
    np.testing.assert_allclose(
        fitted.predict_proba(X), fitted.model_.predict(X), atol=1e-5
    )


def test_listeners_hear_of_every_epoch() -> None:
    heard = []
    listener = lambda event, **content: heard.append(event)  # noqa: E731
    classifier(epochs=3, listeners=[listener]).fit(X, LABELS)
    assert heard == ["compiled", "epoch", "epoch", "epoch", "stopped"]


def test_numbers_of_numpy_are_numbers() -> None:
    settings = {"epochs": np.int64(2), "batch_size": np.int64(64)}
    fitted = classifier(hidden_units=np.array([4]), **settings).fit(X, LABELS)
    assert fitted.history_.n_epochs == 2


def test_dropout_makes_a_network_that_drops_in_training_only() -> None:
    fitted = classifier(dropout=0.5, epochs=2).fit(X, LABELS)
    assert any(isinstance(layer, fm.Dropout) for layer in fitted.network_.layers)
    np.testing.assert_array_equal(fitted.predict_proba(X), fitted.predict_proba(X))


def test_a_whole_network_takes_images() -> None:
    images, labels = np.zeros((40, 4, 4, 1)), np.arange(40) % 2
    images[labels == 1, :2] = 1
    layers = [fm.Conv(2, 3, "relu"), fm.Flatten(), fm.Dense(2, "softmax")]
    fitted = classifier(network=fm.Network(layers)).fit(images, labels)
    assert fitted.score(images, labels) == 1


def test_a_network_with_one_sigmoid_tells_two_classes_apart() -> None:
    layers = [fm.Dense(4, "relu"), fm.Dense(1, "sigmoid")]
    fitted = classifier(network=fm.Network(layers)).fit(X, LABELS)
    assert fitted.score(X, LABELS) > 0.9


def test_a_network_that_gives_no_probabilities_is_refused() -> None:
    wrong = classifier(network=fm.Network([fm.Dense(2)]))
    with pytest.raises(InputError, match="must end in 'softmax'"):
        wrong.fit(X, LABELS)


def test_an_optax_optimizer_brings_its_own_rate() -> None:
    own = classifier(optimizer=optax.sgd(0.5), learning_rate=1e-9)
    assert own.fit(X, LABELS).score(X, LABELS) > 0.9


def test_a_matrix_of_classes_points_to_what_takes_it() -> None:
    answers = np.c_[np.arange(60) % 3, np.arange(60) % 4]
    with pytest.raises(InputError, match="MultiOutputClassifier"):
        classifier().fit(X, answers)


def test_diverged_training_says_so_and_keeps_finite_weights() -> None:
    from sklearn.exceptions import ConvergenceWarning

    wild = classifier(optimizer="sgd", learning_rate=1e30, activation="identity")
    with pytest.warns(ConvergenceWarning, match="NaN or infinite"):
        wild.fit(X, LABELS)
    assert np.isfinite(wild.variables_["output"]["weight"]).all()


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("hidden_units", (4, 0), "'hidden_units' parameter of Classifier"),
        ("epochs", "many", "'epochs' parameter of Classifier must be"),
        ("class_weight", "even", "Unknown class_weight 'even'"),
        ("activation", "rellu", "Did you mean 'relu'"),
        ("weight_decay", -1.0, "'weight_decay' parameter of Classifier"),
        ("learning_rate", 0, "'learning_rate' parameter of Classifier"),
        ("batch_size", 0, "'batch_size' parameter of Classifier"),
        ("early_stopping", 0, "'early_stopping' parameter of Classifier"),
        ("validation_fraction", 1, "'validation_fraction' parameter of Classifier"),
        ("dropout", 1, "'dropout' parameter of Classifier"),
        ("listeners", print, "'listeners' parameter of Classifier"),
    ],
)
def test_a_bad_setting_is_named(setting: str, value: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        classifier(**{setting: value}).fit(X, LABELS)
