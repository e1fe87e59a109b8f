"""Metrics against scikit-learn, in the program and over a whole set."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.metrics

from fathom import metrics
from fathom.errors import InputError
from fathom.training.settings import Settings

RNG = np.random.default_rng(2)
CLASSES = RNG.integers(0, 3, 40)
PROBABILITIES = RNG.dirichlet(np.ones(3), 40).astype(np.float32)
ACTUAL = RNG.normal(size=(40, 2)).astype(np.float32)
THIRDS = np.full((2, 3), 1 / 3)
GUESS = (ACTUAL + RNG.normal(0, [0.5, 2.0], (40, 2))).astype(np.float32)


def evaluate(name, outputs, targets):
    metric = metrics.get(name)
    per_example = jax.jit(metric.per_example)(outputs, targets)
    variance = np.asarray(targets, float).var(axis=0)
    return metric.finish(np.asarray(per_example, float).mean(axis=0), variance)


@pytest.mark.parametrize(
    "name", [name for name in metrics.METRICS if name != "accuracy"]
)
@pytest.mark.parametrize("n_outputs", [1, 2])
def test_regression_metric_equals_scikit_learn(name, n_outputs):
    actual, guess = ACTUAL[:, :n_outputs], GUESS[:, :n_outputs]
    theirs = getattr(sklearn.metrics, "r2_score" if name == "r2" else name)
    expected = theirs(actual.astype(float), guess.astype(float))
    assert evaluate(name, guess, actual) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("guess", "expected"), [([2.0, 2.0], 1.0), ([2.0, 3.0], 0.0)], ids=["met", "missed"]
)
def test_r2_of_equal_targets_is_that_of_scikit_learn(guess, expected):
    assert sklearn.metrics.r2_score([2.0, 2.0], guess) == expected
    assert evaluate("r2", np.array(guess), np.array([2.0, 2.0])) == expected


def test_r2_asks_for_the_variance():
    with pytest.raises(InputError, match="needs the variance of the targets"):
        metrics.get("r2").finish(np.array(1.0), None)


@pytest.mark.parametrize(
    "targets",
    [CLASSES, CLASSES[:, None], np.eye(3)[CLASSES]],
    ids=["integers", "column", "one-hot"],
)
def test_accuracy_of_classes_equals_scikit_learn(targets):
    expected = sklearn.metrics.accuracy_score(CLASSES, PROBABILITIES.argmax(1))
    found = evaluate("accuracy", PROBABILITIES, targets)
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("outputs", [(4,), (4, 1)])
@pytest.mark.parametrize("targets", [(4,), (4, 1)])
def test_accuracy_of_one_output_is_that_above_one_half(outputs, targets):
    p, t = np.array([0.2, 0.6, 0.5, 0.9]), np.array([0, 0, 1, 1])
    assert evaluate("accuracy", p.reshape(outputs), t.reshape(targets)) == 0.5


def test_accuracy_averages_over_time():
    outputs = np.eye(3)[np.array([[0, 1], [2, 2]])]
    targets = np.array([[0, 0], [2, 2]])
    per_example = metrics.get("accuracy").per_example(outputs, targets)
    assert per_example.tolist() == [0.5, 1.0]


def test_shapes_that_do_not_fit_are_refused_with_both():
    for name in metrics.METRICS:
        with pytest.raises(InputError, match=r"\(4, 3\) and targets \(5,\)"):
            metrics.get(name).per_example(jnp.ones((4, 3)), jnp.ones(5, int))


@pytest.mark.parametrize("name", metrics.METRICS)
def test_better_outputs_score_better_in_the_stated_direction(name):
    targets = CLASSES if name == "accuracy" else ACTUAL
    good = np.eye(3)[CLASSES] if name == "accuracy" else ACTUAL + 0.1
    bad = PROBABILITIES if name == "accuracy" else GUESS
    gain = evaluate(name, good, targets) - evaluate(name, bad, targets)
    assert (gain > 0) == metrics.get(name).higher_is_better


def test_get_knows_names_and_metrics_and_refuses_the_rest():
    metric = metrics.get("accuracy")
    assert metrics.get(metric) is metric
    with pytest.raises(InputError, match=r"Unknown metric 'acuracy'.*'accuracy'"):
        metrics.get("acuracy")
    with pytest.raises(InputError, match="must be a name or a Metric"):
        metrics.get(len)


def test_short_names_stand_for_the_full_ones():
    settings = Settings("mse", metrics=("rmse", "mae", "mean_absolute_error"))
    assert settings.metrics == ("root_mean_squared_error", "mean_absolute_error")
    assert metrics.get("mse") is metrics.get("mean_squared_error")
    with pytest.raises(InputError, match="Did you mean 'rmse'"):
        metrics.get("rmsse")


def test_classification_report_equals_scikit_learn():
    found = metrics.classification_report_values(CLASSES, PROBABILITIES)
    shares = PROBABILITIES.astype(float)
    shares /= shares.sum(1, keepdims=True)
    chosen, theirs = shares.argmax(1), sklearn.metrics
    assert found == pytest.approx(
        {
            "accuracy": theirs.accuracy_score(CLASSES, chosen),
            "balanced_accuracy": theirs.balanced_accuracy_score(CLASSES, chosen),
            "macro_f1": theirs.f1_score(CLASSES, chosen, average="macro"),
            "log_loss": theirs.log_loss(CLASSES, shares),
            "roc_auc": theirs.roc_auc_score(CLASSES, shares, multi_class="ovr"),
        }
    )


@pytest.mark.parametrize("shape", [(40,), (40, 1)])
def test_classification_report_of_one_output_is_that_of_two(shape):
    yes = PROBABILITIES[:, 0].astype(float)
    targets = CLASSES % 2
    found = metrics.classification_report_values(targets, yes.reshape(shape))
    both = np.column_stack([1 - yes, yes])
    assert found == pytest.approx(metrics.classification_report_values(targets, both))
    assert found["roc_auc"] == pytest.approx(
        sklearn.metrics.roc_auc_score(targets, yes)
    )


def test_classification_report_takes_one_hot_targets():
    found = metrics.classification_report_values(np.eye(3)[CLASSES], PROBABILITIES)
    assert found == metrics.classification_report_values(CLASSES, PROBABILITIES)


def test_one_class_present_leaves_out_what_needs_two():
    found = metrics.classification_report_values(np.ones(40, int), PROBABILITIES)
    assert set(found) == {"accuracy", "macro_f1", "log_loss"}


def test_an_absent_class_leaves_out_only_roc_auc():
    found = metrics.classification_report_values(CLASSES % 2, PROBABILITIES)
    assert set(found) == {"accuracy", "balanced_accuracy", "macro_f1", "log_loss"}


def test_a_single_row_is_reported_without_a_warning():
    found = metrics.classification_report_values([1], [[0.25, 0.75]])
    assert found == pytest.approx(
        {"accuracy": 1.0, "macro_f1": 1.0, "log_loss": -np.log(0.75)}
    )


def test_certain_and_unscaled_probabilities_give_a_finite_log_loss():
    p = np.array([[1.0, 0.0], [0.0, 0.0], [0.9, 0.9]])
    found = metrics.classification_report_values([1, 0, 1], p)
    assert np.isfinite(found["log_loss"])


@pytest.mark.parametrize(
    ("targets", "probabilities", "message"),
    [
        (
            [0, 3],
            THIRDS,
            r"whole numbers from 0 to 2\. Got values from 0 to 3",
        ),
        ([0, 0.5], THIRDS, "whole numbers from 0 to 2"),
        ([0, 1, 2], THIRDS, r"predictions \(2, 3\) and targets \(3,\)"),
        ([], np.ones((0, 3)), "at least one row"),
        ([0], np.ones((1, 2, 3)), r"Got \(1, 2, 3\) instead"),
    ],
)
def test_classification_report_refuses_the_rest(targets, probabilities, message):
    with pytest.raises(InputError, match=message):
        metrics.classification_report_values(np.array(targets), probabilities)


def test_regression_report_equals_scikit_learn():
    actual, guess = ACTUAL.astype(float), GUESS.astype(float)
    assert metrics.regression_report_values(ACTUAL, GUESS) == pytest.approx(
        {
            name: getattr(sklearn.metrics, function)(actual, guess)
            for name, function in [
                ("r2", "r2_score"),
                ("root_mean_squared_error", "root_mean_squared_error"),
                ("mean_absolute_error", "mean_absolute_error"),
            ]
        }
    )


def test_regression_report_agrees_with_the_metrics_of_the_program():
    report = metrics.regression_report_values(ACTUAL, GUESS)
    in_program = {name: evaluate(name, GUESS, ACTUAL) for name in report}
    assert report == pytest.approx(in_program, rel=1e-5)


def test_regression_report_takes_a_column_for_a_row():
    column = metrics.regression_report_values(ACTUAL[:, 0], GUESS[:, :1])
    assert column == metrics.regression_report_values(ACTUAL[:, 0], GUESS[:, 0])


def test_regression_report_of_a_single_row_leaves_out_r2():
    found = metrics.regression_report_values([1.0], [3.0])
    assert found == {"root_mean_squared_error": 2.0, "mean_absolute_error": 2.0}


def test_regression_report_refuses_what_does_not_fit():
    with pytest.raises(InputError, match=r"predictions \(3,\) and targets \(2,\)"):
        metrics.regression_report_values([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(InputError, match="at least one row"):
        metrics.regression_report_values([], [])
