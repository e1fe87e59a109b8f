"""Losses on logits: the same as on probabilities, and right where those are not."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.special

from fathom import activations, losses
from fathom.errors import InputError
from fathom.logit_losses import softmax_cross_entropy

RNG = np.random.default_rng(1)
LOGITS = RNG.normal(0, 2, (5, 4))
CLASSES = RNG.integers(0, 4, 5)
TARGETS = {
    ("cross_entropy", "softmax"): CLASSES,
    ("cross_entropy", "sigmoid"): np.eye(4)[CLASSES],
    ("binary_cross_entropy", "sigmoid"): RNG.uniform(size=(5, 4)),
    ("kl_divergence", "softmax"): RNG.dirichlet(np.ones(4), 5),
}
FUSED = pytest.mark.parametrize("pair", TARGETS, ids="-".join)


def plain_loss(pair):
    if pair == ("cross_entropy", "sigmoid"):
        return losses.binary_cross_entropy
    return losses.get(pair[0])


@FUSED
def test_equals_the_loss_of_the_activations(pair):
    with jax.enable_x64(True):
        a = jax.jit(activations.get(pair[1]))(LOGITS)
        expected = jax.jit(plain_loss(pair))(a, TARGETS[pair])
        found = jax.jit(losses.from_logits(*pair))(LOGITS, TARGETS[pair])
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@FUSED
def test_gradient_equals_that_of_the_loss_of_the_activations(pair):
    with jax.enable_x64(True):
        fused = jax.grad(lambda z: losses.from_logits(*pair)(z, TARGETS[pair]).sum())
        activation = activations.get(pair[1])
        plain = jax.grad(lambda z: plain_loss(pair)(activation(z), TARGETS[pair]).sum())
        found, expected = jax.jit(fused)(LOGITS), jax.jit(plain)(LOGITS)
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-12)


@FUSED
def test_gradient_is_the_activation_minus_the_target(pair):
    z, targets = jnp.asarray(LOGITS, jnp.float32), TARGETS[pair]
    fused = losses.from_logits(*pair)
    found = jax.jit(jax.grad(lambda z: fused(z, targets).sum()))(z)
    rows = np.eye(4)[targets] if targets.ndim == 1 else targets
    share = 1 if pair[1] == "softmax" else 4
    expected = (np.asarray(activations.get(pair[1])(z)) - rows) / share
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@FUSED
def test_compiled_equals_eager(pair):
    loss, z = losses.from_logits(*pair), jnp.asarray(LOGITS, jnp.float32)
    targets = jnp.asarray(np.asarray(TARGETS[pair], np.float32))
    if TARGETS[pair].ndim == 1:
        targets = targets.astype(int)
    np.testing.assert_allclose(jax.jit(loss)(z, targets), loss(z, targets), rtol=1e-5)


@pytest.mark.parametrize(
    ("pair", "targets", "loss", "gradient"),
    [
        (("cross_entropy", "softmax"), [[0], [1]], [0, 2e4], [[0, 0], [1, -1]]),
        (
            ("cross_entropy", "softmax"),
            [[1.0, 0.0], [0.0, 1.0]],
            [0, 2e4],
            [[0, 0], [1, -1]],
        ),
        (
            ("kl_divergence", "softmax"),
            [[1.0, 0.0], [0.0, 1.0]],
            [0, 2e4],
            [[0, 0], [1, -1]],
        ),
        (
            ("binary_cross_entropy", "sigmoid"),
            [[1.0, 0.0], [0.0, 1.0]],
            [0, 1e4],
            [[0, 0], [0.5, -0.5]],
        ),
    ],
)
def test_logits_of_ten_thousand_have_the_right_loss_and_gradient(
    pair, targets, loss, gradient
):
    z, targets = jnp.array([[1e4, -1e4], [1e4, -1e4]]), jnp.asarray(targets)
    fused = losses.from_logits(*pair)
    slope = jax.jit(jax.grad(lambda z: fused(z, targets).sum()))(z)
    np.testing.assert_allclose(jax.jit(fused)(z, targets), loss, rtol=1e-6)
    np.testing.assert_allclose(slope, gradient, atol=1e-7)


def test_a_small_difference_between_huge_logits_is_not_lost():
    z = np.array([[1e4, 1e4 + 0.5]])
    expected = -scipy.special.log_softmax(z)[0, 0]
    found = softmax_cross_entropy(jnp.asarray(z, jnp.float32), jnp.array([0]))
    assert float(found[0]) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("n_classes", [2, 16, 17, 300])
def test_softmax_cross_entropy_equals_optax_for_few_and_many_classes(n_classes):
    rng = np.random.default_rng(0)
    z = jnp.asarray(rng.normal(size=(6, n_classes)), jnp.float32)
    classes = jnp.asarray(rng.integers(0, n_classes, 6))
    theirs = optax.softmax_cross_entropy_with_integer_labels
    pairs = [
        jax.jit(jax.value_and_grad(lambda z, loss=loss: loss(z, classes).sum()))(z)
        for loss in (softmax_cross_entropy, theirs)
    ]
    np.testing.assert_allclose(pairs[0][0], pairs[1][0], rtol=1e-5)
    np.testing.assert_allclose(pairs[0][1], pairs[1][1], rtol=1e-5, atol=1e-6)


def test_softmax_cross_entropy_averages_over_time():
    z = jnp.asarray(np.random.default_rng(0).normal(size=(2, 3, 4)), jnp.float32)
    t = jnp.array([[0, 1, 2], [3, 3, 0]])
    loss = jax.jit(softmax_cross_entropy)
    one_by_one = [loss(z[i], t[i]).mean() for i in range(2)]
    np.testing.assert_allclose(loss(z, t), one_by_one, rtol=1e-5)


def test_integer_classes_after_a_sigmoid_mean_one_against_the_rest():
    loss = losses.from_logits("cross_entropy", "sigmoid")
    z = jnp.asarray(LOGITS, jnp.float32)
    np.testing.assert_allclose(loss(z, CLASSES), loss(z, np.eye(4)[CLASSES]), rtol=1e-6)


def test_one_sigmoid_output_meets_a_row_of_targets():
    loss = losses.from_logits("cross_entropy", "sigmoid")
    found = loss(jnp.array([[0.0], [2.0]]), jnp.array([0, 1]))
    np.testing.assert_allclose(found, np.log([2, 1 + np.exp(-2)]), rtol=1e-6)


def test_aliases_and_functions_find_the_fused_form_too():
    expected = losses.from_logits("binary_cross_entropy", "sigmoid")
    assert losses.from_logits("bce", "sigmoid") is expected
    pair = (losses.binary_cross_entropy, activations.sigmoid)
    assert losses.from_logits(*pair) is expected


@pytest.mark.parametrize(
    "pair",
    [
        ("mean_squared_error", "sigmoid"),
        ("binary_cross_entropy", "softmax"),
        ("cross_entropy", "identity"),
        ("cross_entropy", None),
        (lambda p, t: p - t, "softmax"),
    ],
)
def test_other_pairs_have_no_fused_form(pair):
    assert losses.from_logits(*pair) is None


def test_an_unknown_name_is_refused():
    with pytest.raises(InputError, match="Unknown activation 'sotfmax'"):
        losses.from_logits("cross_entropy", "sotfmax")
