"""The perceptron: Rosenblatt's rule, when it ends, and what it says when it cannot."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fathom as fm
from fathom.models import perceptron as module
from fathom.models.perceptron import Perceptron

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
AND, OR, XOR = [0, 0, 0, 1], [0, 1, 1, 1], [0, 1, 1, 0]


def by_the_book(X, y, rate, max_epochs):
    """Rosenblatt's rule as a plain loop: weights, bias, mistakes of every epoch."""
    w, b, history = np.zeros(X.shape[1]), 0.0, []
    for _ in range(max_epochs):
        mistakes = 0
        for x, t in zip(X, y, strict=True):
            error = t - (1 if w @ x + b >= 0 else 0)
            w, b = w + rate * error * x, b + rate * error
            mistakes += error != 0
        history.append(mistakes)
        if not mistakes:
            break
    return w, b, history


@pytest.mark.parametrize("labels", [AND, OR], ids=["and", "or"])
def test_learns_what_a_line_separates(labels):
    perceptron = Perceptron().fit(CORNERS, labels)
    assert perceptron.converged_
    assert perceptron.predict(CORNERS).tolist() == labels


@pytest.mark.parametrize("labels", [AND, OR, XOR], ids=["and", "or", "xor"])
def test_equals_a_plain_loop_in_the_order_of_the_rows(labels):
    w, b, mistakes = by_the_book(CORNERS, labels, 0.5, 30)
    found = Perceptron(0.5, max_epochs=30, seed=None).fit(CORNERS, labels)
    assert found.weights_.tolist() == w.tolist()
    assert found.bias_ == b
    assert found.mistakes_.tolist() == mistakes


def test_and_by_hand():
    # From w = (0, 0), b = 0, and step(0) = 1. Epoch 1: (0, 0) fires: b = -1. (0, 1)
    # and (1, 0) stay silent, (1, 1) too, wrongly: w = (1, 1), b = 0. Two mistakes.
    found = Perceptron(max_epochs=1, seed=None).fit(CORNERS, AND)
    assert (found.weights_.tolist(), found.bias_) == ([1.0, 1.0], 0.0)
    assert found.mistakes_.tolist() == [2]


def test_xor_never_converges_and_is_proved_not_separable():
    perceptron = Perceptron(max_epochs=50).fit(CORNERS, XOR)
    assert not perceptron.converged_
    assert perceptron.separable_ is False
    assert perceptron.n_epochs_ == 50


def test_separable_data_cut_short_are_called_separable():
    perceptron = Perceptron(max_epochs=1, seed=None).fit(CORNERS, AND)
    assert not perceptron.converged_
    assert perceptron.separable_ is True


@pytest.mark.parametrize(
    ("max_epochs", "labels", "sentence"),
    [
        (
            1000,
            OR,
            "Converged after 4 epochs and 5 updates: a line has each of the 4 "
            "examples on its side.",
        ),
        (
            1,
            AND,
            "Not converged after 1 epoch (2 mistakes in the last): the data are "
            "linearly separable (proved by a linear program that found a line), so "
            "give it more: max_epochs=10.",
        ),
        (
            7,
            XOR,
            "Not converged after 7 epochs (4 mistakes in the last): the data are not "
            "linearly separable, no line can have each of the 4 examples on its side "
            "(proved by a linear program), so more epochs will not help: use a "
            "network with a hidden layer.",
        ),
    ],
    ids=["converged", "unfinished", "not separable"],
)
def test_says_in_one_sentence_how_it_ended(max_epochs, labels, sentence):
    found = Perceptron(max_epochs=max_epochs, seed=None).fit(CORNERS, labels)
    assert found.why_ == sentence


def test_says_so_when_the_linear_program_has_no_answer(monkeypatch):
    monkeypatch.setattr(module, "is_separable", lambda x, targets: None)
    found = Perceptron(max_epochs=1).fit(CORNERS, XOR)
    assert found.separable_ is None
    assert found.why_.endswith(
        "whether the data are linearly separable was not decided."
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("inputs", [1, 2, 10])
def test_updates_stay_below_the_bound_of_novikoff(inputs, seed):
    X, y, margin = separable_data(inputs, seed)
    longest = np.sqrt((X**2).sum(1) + 1).max()
    found = Perceptron(seed=seed).fit(X, y)
    assert found.converged_
    assert 0 < found.n_updates_ <= (longest / margin) ** 2


def separable_data(inputs, seed):
    """Return examples, labels, and the margin of a known (w, b) of length 1."""
    rng = np.random.default_rng(seed)
    w = rng.normal(size=inputs)
    line = np.append(w / np.linalg.norm(w), 0.2) / np.sqrt(1.04)
    X = rng.normal(size=(400, inputs))
    z = X @ line[:-1] + line[-1]
    far = abs(z) > 0.1
    X, z = X[far][:200], z[far][:200]
    return X, (z > 0).astype(int), abs(z).min()


@pytest.mark.parametrize("inputs", [1, 2, 10])
def test_converged_perceptron_makes_no_mistake_on_its_examples(inputs):
    X, y, _ = separable_data(inputs, 7)
    perceptron = Perceptron().fit(X, y)
    assert perceptron.converged_
    np.testing.assert_array_equal(perceptron.predict(X), y)


def test_separates_setosa_from_the_other_irises():
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True)
    perceptron = Perceptron().fit(X, y == 0)
    assert perceptron.converged_
    np.testing.assert_array_equal(perceptron.predict(X), y == 0)


def test_does_not_separate_versicolor_from_the_other_irises():
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True)
    assert Perceptron(max_epochs=50).fit(X, y == 1).separable_ is False


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 1), min_size=9, max_size=9))
def test_agrees_with_the_linear_program_on_what_is_separable(labels):
    # For nine points on a small grid, 1000 epochs are more than Novikoff's bound asks.
    grid = np.array([[i, j] for i in range(3) for j in range(3)])
    if len(set(labels)) == 2:
        perceptron = Perceptron().fit(grid, labels)
        decided = module.is_separable(grid.astype(float), np.array(labels))
        assert perceptron.converged_ == decided


@pytest.mark.parametrize("rate", [0.1, 3.0])
def test_learning_rate_scales_the_weights_and_nothing_else(rate):
    one, other = (Perceptron(r).fit(CORNERS, AND) for r in (1.0, rate))
    np.testing.assert_allclose(other.weights_, rate * one.weights_, rtol=1e-15)
    assert other.bias_ == pytest.approx(rate * one.bias_)
    assert other.mistakes_.tolist() == one.mistakes_.tolist()


def test_same_seed_gives_the_same_weights():
    X, y, _ = separable_data(10, 3)
    first, second = (Perceptron(seed=4).fit(X, y) for _ in range(2))
    assert first.weights_.tolist() == second.weights_.tolist()


def test_seed_changes_the_order_of_the_examples():
    X, y, _ = separable_data(10, 3)
    found = {tuple(Perceptron(seed=s).fit(X, y).mistakes_) for s in (None, 0, 1, 2)}
    assert len(found) == 4


def test_every_epoch_has_an_order_of_its_own():
    X, y, _ = separable_data(10, 3)
    found = Perceptron(seed=0).fit(X, y)
    first = jax.random.permutation(jax.random.fold_in(jax.random.key(0), 0), len(X))
    _, _, same_order = by_the_book(X[first], y[first], 1.0, 1000)
    assert found.mistakes_[0] == same_order[0]
    assert found.mistakes_.tolist() != same_order


def test_updates_are_the_sum_of_the_mistakes():
    found = Perceptron().fit(CORNERS, AND)
    assert found.n_updates_ == found.mistakes_.sum() > 0
    assert (len(found.mistakes_), found.mistakes_[-1]) == (found.n_epochs_, 0)


@pytest.mark.parametrize(
    "labels",
    [
        ["no", "no", "no", "yes"],
        [-1, -1, -1, 1],
        [False, False, False, True],
        [0.5, 0.5, 0.5, 2.5],
        ["yes", "yes", "yes", "no"],
    ],
    ids=str,
)
def test_labels_may_be_of_any_kind(labels):
    found = Perceptron().fit(CORNERS, labels).predict(CORNERS)
    assert found.tolist() == labels


def test_boundary_of_one_input_is_a_point_between_the_classes():
    perceptron = Perceptron().fit([[1.0], [2.0], [4.0], [5.0]], list("aabb"))
    assert 2.0 <= perceptron.decision_boundary().point <= 4.0


def test_boundary_has_every_example_on_its_side():
    X, y, _ = separable_data(10, 1)
    distances = Perceptron().fit(X, y).decision_boundary().distance(X)
    np.testing.assert_array_equal(distances >= 0, y == 1)


def test_boundary_of_two_inputs_is_a_line():
    line = Perceptron(seed=None).fit(CORNERS, AND).decision_boundary()
    assert (line.kind, line.slope, line.intercept) == ("line", -2.0, 3.0)


def test_neuron_decides_as_the_perceptron_does():
    perceptron = Perceptron().fit(CORNERS, OR)
    assert perceptron.neuron_(CORNERS).tolist() == perceptron.predict(CORNERS).tolist()


def test_fit_leaves_the_precision_of_jax_as_it_was():
    before = jax.config.jax_enable_x64
    Perceptron().fit(CORNERS, AND)
    assert jax.config.jax_enable_x64 == before


def test_another_seed_and_learning_rate_compile_nothing():
    X, y, _ = separable_data(3, 0)
    Perceptron(seed=0).fit(X, y)
    compiled = module._learn._cache_size()
    Perceptron(0.3, seed=1).fit(X, y)
    assert module._learn._cache_size() == compiled
    Perceptron(seed=None).fit(X, y)  # the positive control: another program
    assert module._learn._cache_size() == compiled + 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda p: p.fit(CORNERS, [0, 1, 2, 3]),
            r"two classes apart. Got 4 in y: 0, 1",
        ),
        (lambda p: p.fit(CORNERS, [1, 1, 1, 1]), r"two classes apart. Got 1 in y: 1\."),
        (lambda p: p.fit(CORNERS, [0, 1]), r"each row of X, shape \(4,\). Got shape"),
        (lambda p: p.fit([1, 2], [0, 1]), r"\(rows, inputs\) .* Got shape \(2,\)"),
        (lambda p: p.fit([["a"], ["b"]], [0, 1]), r"numbers .* Got something else"),
        (lambda p: p.fit([[1.0], [np.nan]], [0, 1]), r"Got nan in row 1, column 0"),
        (lambda p: p.fit(np.ones((0, 2)), []), r"at least one of each"),
        (lambda p: p.predict(CORNERS), r"learned nothing yet: call fit\(X, y\)"),
        (lambda p: p.decision_boundary(), r"learned nothing yet"),
        (lambda p: p.fit(CORNERS, AND).predict([[1]]), r"has 2 weights, .* length 1"),
        (lambda p: p.fit(CORNERS, AND).predict([1, 1]), r"write \[x\] for a single"),
        (lambda p: p.fit(CORNERS, AND).predict([[1, np.inf]]), r"Got inf in row 0"),
    ],
)
def test_bad_input_is_said_plainly(call, message):
    with pytest.raises(fm.InputError, match=message):
        call(Perceptron())


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"learning_rate": 0}, "'learning_rate' .* a number above 0. Got 0 instead"),
        ({"max_epochs": 0}, "'max_epochs' .* a whole number of at least 1. Got 0"),
        ({"seed": -1}, "'seed' .* of at least 0, or None. Got -1 instead"),
    ],
)
def test_bad_setting_is_said_plainly(setting, message):
    with pytest.raises(fm.InputError, match=message):
        Perceptron(**setting)
