"""Losses: formulas, gradients, shapes, names. On logits: test_logit_losses.py."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import sklearn.metrics
from tests.catalogue_functions import LOSS_ROWS

from fathom import losses
from fathom.errors import InputError

ROWS = pytest.mark.parametrize("row", LOSS_ROWS, ids=lambda row: row.name)
PAIRS = (
    "mean_squared_error",
    "mean_absolute_error",
    "huber",
    "binary_cross_entropy",
)


def example(row):
    return row.arguments(np.random.default_rng(3))


def single(arguments):
    return [
        jnp.asarray(a, "float32" if a.dtype == float else "int32") for a in arguments
    ]


@ROWS
def test_equals_its_formula_for_each_example(row):
    with jax.enable_x64(True):
        found = np.asarray(jax.jit(losses.get(row.name))(*example(row)))
    np.testing.assert_allclose(found, row.twin(*example(row)), rtol=1e-10)


@ROWS
def test_gradient_equals_finite_differences_in_float64(row):
    first, *others = example(row)
    weights = np.arange(1.0, 6.0)
    with jax.enable_x64(True):
        loss = losses.get(row.name)
        gradient = jax.grad(lambda x: jnp.sum(weights * loss(x, *others)))
        found = np.asarray(jax.jit(gradient)(first))
    expected = np.zeros_like(first)
    for place in np.ndindex(first.shape):
        shift = np.zeros_like(first)
        shift[place] = 1e-6
        change = np.subtract(
            row.twin(first + shift, *others), row.twin(first - shift, *others)
        )
        expected[place] = np.sum(weights * change) / 2e-6
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


@ROWS
def test_compiled_equals_eager(row):
    loss, arguments = losses.get(row.name), single(example(row))
    np.testing.assert_allclose(
        jax.jit(loss)(*arguments), loss(*arguments), rtol=1e-5, atol=1e-6
    )


@ROWS
def test_a_batch_is_its_examples_one_by_one(row):
    loss, arguments = losses.get(row.name), single(example(row))
    alone = [jax.jit(loss)(*(a[i : i + 1] for a in arguments)) for i in range(5)]
    np.testing.assert_allclose(
        loss(*arguments), np.concatenate(alone), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("name", PAIRS)
def test_a_column_of_predictions_meets_a_row_of_targets(name):
    loss = losses.get(name)
    predictions, targets = jnp.array([0.2, 0.4, 0.9]), jnp.array([0.0, 1.0, 1.0])
    expected = loss(predictions, targets)
    assert expected.shape == (3,)
    np.testing.assert_array_equal(loss(predictions[:, None], targets), expected)
    np.testing.assert_array_equal(loss(predictions, targets[:, None]), expected)


@pytest.mark.parametrize("name", [*PAIRS, "kl_divergence"])
def test_shapes_that_do_not_fit_are_refused_with_both(name):
    message = r"predictions \(4, 3\) and targets \(4,\)"
    with pytest.raises(InputError, match=message):
        losses.get(name)(jnp.ones((4, 3)), jnp.ones(4))


def test_a_batch_of_other_length_is_refused():
    with pytest.raises(InputError, match=r"predictions \(4, 1\) and targets \(3,\)"):
        losses.mean_squared_error(jnp.ones((4, 1)), jnp.ones(3))


def test_class_targets_of_other_length_are_refused_with_both_shapes():
    message = (
        r"predictions \(4, 3\) and targets \(5,\), expected integer classes \(4,\)"
    )
    with pytest.raises(InputError, match=message):
        losses.cross_entropy(jnp.ones((4, 3)), jnp.zeros(5, int))


def test_class_targets_that_are_not_integers_are_refused_with_what_to_do():
    with pytest.raises(InputError, match=r"float32 targets.*astype\(int\)"):
        losses.cross_entropy(jnp.ones((4, 3)), jnp.zeros(4))


@pytest.mark.parametrize("n_classes", [2, 10, 40])
def test_cross_entropy_of_classes_one_hot_rows_and_a_column_agree(n_classes):
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(n_classes), 6)
    classes = rng.integers(0, n_classes, 6)
    expected = sklearn.metrics.log_loss(classes, p, labels=range(n_classes))
    for targets in (classes, classes[:, None], np.eye(n_classes)[classes]):
        found = losses.cross_entropy(jnp.asarray(p, jnp.float32), targets)
        assert float(found.mean()) == pytest.approx(expected, rel=1e-5)


def test_cross_entropy_sums_over_classes_and_averages_over_time():
    rng = np.random.default_rng(0)
    p, t = rng.dirichlet(np.ones(4), (5, 7)), rng.integers(0, 4, (5, 7))
    expected = [-np.log(p[i, range(7), t[i]]).mean() for i in range(5)]
    found = losses.cross_entropy(jnp.asarray(p, jnp.float32), t)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_cross_entropy_of_one_output_is_binary():
    p, t = jnp.array([[0.2], [0.7]]), jnp.array([0, 1])
    np.testing.assert_array_equal(
        losses.cross_entropy(p, t), losses.binary_cross_entropy(p, t)
    )


@pytest.mark.parametrize("n_classes", [3, 40])
@pytest.mark.parametrize("wrong", [-1, 40])
def test_a_class_that_does_not_exist_gives_nan(n_classes, wrong):
    p = jnp.full((2, n_classes), 1 / n_classes)
    found = losses.cross_entropy(p, jnp.array([0, wrong]))
    assert np.isnan(found).tolist() == [False, True]


def test_kl_divergence_equals_scipy_and_is_zero_for_equal_distributions():
    rng = np.random.default_rng(0)
    p, t = rng.dirichlet(np.ones(4), 5), rng.dirichlet(np.ones(4), 5)
    with jax.enable_x64(True):
        found = losses.kl_divergence(p, t)
        same = losses.kl_divergence(t, t)
    np.testing.assert_allclose(found, scipy.special.rel_entr(t, p).sum(1), rtol=1e-12)
    np.testing.assert_allclose(same, 0, atol=1e-15)


def test_kl_divergence_counts_a_target_of_zero_as_zero():
    found = losses.kl_divergence(jnp.array([[0.5, 0.5]]), jnp.array([[1.0, 0.0]]))
    assert float(found[0]) == pytest.approx(np.log(2))


def test_huber_equals_scipy_at_another_delta():
    errors = np.linspace(-4, 4, 33)
    found = losses.huber(jnp.asarray(errors, jnp.float32), np.zeros(33), delta=2.5)
    np.testing.assert_allclose(found, scipy.special.huber(2.5, errors), rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize(
    "name", ["binary_cross_entropy", "cross_entropy", "kl_divergence"]
)
def test_loss_of_the_most_wrong_probabilities_is_finite(name, dtype):
    wrong = jnp.array([[0.0, 1.0], [1.0, 0.0]], dtype)

    @jax.jit
    def value_and_slope(p):
        value, pull_back = jax.vjp(lambda p: losses.get(name)(p, 1 - wrong), p)
        return value, pull_back(jnp.ones(2, dtype))[0]

    value, slope = value_and_slope(wrong)
    assert value.dtype == dtype
    assert (value > 4).all()
    assert np.isfinite(np.asarray(value, float)).all()
    assert np.isfinite(np.asarray(slope, float)).all()


def test_the_clipping_changes_nothing_above_one_in_a_million():
    found = losses.cross_entropy(jnp.array([[1e-6, 1 - 1e-6]]), jnp.array([0]))
    assert float(found[0]) == pytest.approx(-np.log(1e-6), rel=1e-5)


def test_triplet_is_zero_once_the_negative_is_far_enough():
    a, p, n = jnp.zeros((1, 2)), jnp.ones((1, 2)), jnp.full((1, 2), 3.0)
    assert losses.triplet(a, p, n, margin=15.0).tolist() == [0.0]
    assert losses.triplet(a, p, n, margin=17.0).tolist() == [1.0]


def test_triplet_refuses_other_shapes_with_all_three():
    message = r"anchor \(2, 3\), positive \(2, 3\) and negative \(1, 3\)"
    with pytest.raises(InputError, match=message):
        losses.triplet(jnp.ones((2, 3)), jnp.ones((2, 3)), jnp.ones((1, 3)))


def test_the_game_has_the_value_minus_log_four_when_nothing_can_be_told_apart():
    value = losses.minimax(jnp.zeros((3, 1)), jnp.zeros((3, 1)))
    np.testing.assert_allclose(value, -np.log(4), rtol=1e-6)


def test_minimax_generator_loss_is_the_generators_part_of_the_value():
    fake = jnp.array([-2.0, 0.0, 3.0])
    expected = np.log(1 - scipy.special.expit(np.array(fake, float)))
    np.testing.assert_allclose(losses.generator(fake, "minimax"), expected, rtol=1e-5)


def test_non_saturating_generator_learns_where_minimax_has_no_gradient():
    slope = {
        kind: float(jax.grad(lambda z, k=kind: losses.generator(z, k).sum())(z0)[0])
        for kind in ("non_saturating", "minimax")
        for z0 in [jnp.array([-20.0])]
    }
    assert slope["non_saturating"] == pytest.approx(-1)
    assert abs(slope["minimax"]) < 1e-8


def test_adversarial_losses_are_finite_for_huge_logits():
    z = jnp.array([-1e4, 1e4])
    for value in (
        losses.generator(z),
        losses.generator(z, "minimax"),
        losses.discriminator(z, -z),
        losses.minimax(z, -z),
    ):
        assert np.isfinite(value).all()


def test_an_unknown_kind_of_generator_loss_is_refused():
    with pytest.raises(InputError, match="must be 'non_saturating' or 'minimax'"):
        losses.generator(jnp.zeros(1), "wasserstein")


@pytest.mark.parametrize(
    ("alias", "name"),
    [("mse", PAIRS[0]), ("mae", PAIRS[1]), ("bce", PAIRS[3]), ("huber", "huber")],
)
def test_an_alias_is_the_loss_it_stands_for(alias, name):
    assert losses.canonical(alias) == name
    assert losses.get(alias) is losses.LOSSES[name]


def test_an_unknown_name_is_answered_with_the_closest():
    for function in (losses.get, losses.canonical):
        with pytest.raises(InputError, match="Did you mean 'cross_entropy'"):
            function("crossentropy")


def test_something_else_than_a_name_is_refused():
    with pytest.raises(InputError, match="must be a name or a function"):
        losses.get(None)
