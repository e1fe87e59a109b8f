"""What layers that change examples at random promise: their draws, measured."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.reference import augmentation as twins
from tests.tolerances import CLOSE

import fathom as fm
from fathom.layers import Scope
from fathom.layers.image_motion import rotated, shifted

N = 2000
ALL = [
    fm.Shift(2),
    fm.Rotate(30.0),
    fm.Flip(),
    fm.Flip("vertical"),
    fm.CutOut(3),
    fm.Noise(0.2),
    fm.Jitter(0.2, 0.3),
]
NOTHING = [
    fm.Shift(0),
    fm.Rotate(0.0),
    fm.Flip(rate=0.0),
    fm.CutOut(0),
    fm.Noise(0.0),
    fm.Jitter(),
]
every = pytest.mark.parametrize("layer", ALL, ids=repr)


def drawn(layer: fm.Layer, x: Any, seed: int = 0) -> np.ndarray:
    scope = Scope(training=True, key=jax.random.key(seed))
    return np.asarray(jax.jit(lambda x: layer.apply({}, x, scope))(jnp.asarray(x)))


def images(n: int = 32, size: int = 7, channels: int = 1) -> np.ndarray:
    random = np.random.default_rng(0)
    return random.uniform(1, 2, (n, size, size, channels)).astype(np.float32)


@every
def test_prediction_is_the_identity(layer: fm.Layer) -> None:
    network = fm.Network([layer], input_shape=(7, 7, 1))
    np.testing.assert_array_equal(network.apply(network.init(0), images()), images())


@every
def test_the_same_key_draws_the_same(layer: fm.Layer) -> None:
    np.testing.assert_array_equal(drawn(layer, images()), drawn(layer, images()))


@every
def test_another_key_draws_another(layer: fm.Layer) -> None:
    assert (drawn(layer, images()) != drawn(layer, images(), seed=1)).any()


@every
def test_equal_examples_get_changes_of_their_own(layer: fm.Layer) -> None:
    equal = np.repeat(images(1), 64, axis=0)
    assert len(np.unique(drawn(layer, equal), axis=0)) > 1


@every
def test_a_network_with_one_asks_for_a_key(layer: fm.Layer) -> None:
    assert fm.Network([layer]).is_random


@pytest.mark.parametrize("layer", NOTHING, ids=repr)
def test_an_amount_of_zero_changes_nothing_and_needs_no_key(layer: fm.Layer) -> None:
    assert not layer.is_random
    np.testing.assert_array_equal(drawn(layer, images()), images())


def test_every_shift_in_range_occurs_and_no_other() -> None:
    point = np.zeros((N, 9, 9, 1), np.float32)
    point[:, 4, 4] = 1
    places = np.argwhere(drawn(fm.Shift(2), point)[..., 0])
    counts = np.unique(places[:, 1:] - 4, axis=0, return_counts=True)
    assert counts[0].tolist() == [[i, j] for i in range(-2, 3) for j in range(-2, 3)]
    # 25 equal chances: 80 each, and a standard deviation of 9.
    assert np.abs(counts[1] - N / 25).max() < 5 * 9


def test_a_shift_moves_the_content_and_fills_behind_it() -> None:
    x = images(4, channels=2)
    offsets = np.array([[0, 0], [2, -1], [-2, 2], [1, 1]])
    expected = twins.shifted(x, offsets, fill=0.25)
    moved = shifted(jnp.asarray(x), jnp.asarray(offsets), 2, 0.25)
    np.testing.assert_array_equal(moved, expected)


def test_a_series_moves_along_time_with_its_padding() -> None:
    x = np.tile(np.arange(1, 9, dtype=np.float32)[None, :, None], (64, 1, 3))
    x[:, 6:] = 0
    scope = Scope(training=True, key=jax.random.key(0))
    scope.steps = jnp.asarray(x[..., 0] > 0, jnp.float32)
    moved = np.asarray(fm.Shift(2).apply({}, jnp.asarray(x), scope))
    assert (moved == moved[..., :1]).all()
    assert len(np.unique(moved, axis=0)) == 5
    np.testing.assert_array_equal(scope.steps, moved[..., 0] > 0)


@pytest.mark.parametrize("size", [6, 7])
def test_a_quarter_turn_is_numpys(size: int) -> None:
    x = images(3, size, channels=2)
    turned = rotated(jnp.asarray(x), jnp.full(3, np.pi / 2, jnp.float32), 0.0)
    np.testing.assert_allclose(turned, np.rot90(x, axes=(1, 2)), **CLOSE)


@pytest.mark.parametrize("angle", [-2.0, -0.3, 0.1, 1.0])
def test_a_turn_agrees_with_its_twin(angle: float) -> None:
    x = images(2, channels=2)[:, :5]
    turned = rotated(jnp.asarray(x), jnp.full(2, angle, jnp.float32), 0.5)
    np.testing.assert_allclose(turned, twins.rotated(x, angle, 0.5), **CLOSE)


def test_angles_are_uniform_up_to_the_largest() -> None:
    i, j = np.mgrid[:21, :21] - 10.0
    ramp = np.where(np.hypot(i, j) < 9, j, 0)[None, :, :, None]
    turned = drawn(fm.Rotate(30.0), np.repeat(ramp, N, 0).astype(np.float32))[..., 0]
    near = np.hypot(i, j) < 7  # where a ramp turned by t is cos(t) j - sin(t) i
    angles = -np.degrees(
        np.arcsin((turned * i * near).sum((1, 2)) / (i * i)[near].sum())
    )
    assert 29 < angles.max() < 30.01
    assert -29 > angles.min() > -30.01
    assert angles.std() == pytest.approx(60 / 12**0.5, rel=0.05)


@pytest.mark.parametrize(("axis", "number"), [("horizontal", 1), ("vertical", 0)])
@pytest.mark.parametrize("rate", [0.2, 0.5, 1.0])
def test_the_share_of_mirrored_images_is_the_rate(
    axis: str, number: int, rate: float
) -> None:
    x = images(1, 4, 2)
    after = drawn(fm.Flip(axis, rate), np.repeat(x, N, 0))
    mirrored = (after == np.flip(x, number + 1)).all((1, 2, 3))
    assert (mirrored | (after == x).all((1, 2, 3))).all()
    assert abs(mirrored.mean() - rate) <= 5 * (rate * (1 - rate) / N) ** 0.5


def test_a_cut_covers_one_square_that_the_edge_may_cut() -> None:
    after = drawn(fm.CutOut(4, fill=-1.0), np.repeat(images(1, 12, 2), N, 0))
    covered = after == -1
    assert (covered[..., 0] == covered[..., 1]).all()
    rows, columns = covered[..., 0].any(2).sum(1), covered[..., 0].any(1).sum(1)
    assert (covered[..., 0].sum((1, 2)) == rows * columns).all()
    # A center in the 2 first or the last row leaves 2, 3 and 3 of 4 rows.
    expected = (2 + 3 + 9 * 4 + 3) / 12
    assert rows.mean() == pytest.approx(expected, abs=0.07)
    assert columns.mean() == pytest.approx(expected, abs=0.07)
    assert (rows * columns).max() == 16


def test_noise_has_its_deviation_and_no_mean() -> None:
    noise = drawn(fm.Noise(0.3), np.zeros((N, 50), np.float32))
    assert noise.std() == pytest.approx(0.3, rel=0.01)
    assert abs(noise.mean()) < 5 * 0.3 / (N * 50) ** 0.5
    assert abs(np.corrcoef(noise[:, 0], noise[:, 1])[0, 1]) < 0.12


def test_jitter_keeps_the_order_of_pixels_and_stays_within_its_amounts() -> None:
    x = np.repeat(images(1, 4), N, 0)
    after = drawn(fm.Jitter(0.2, 0.5), x)
    means = after.mean((1, 2, 3)) - x.mean((1, 2, 3))
    stretches = after.std((1, 2, 3)) / x.std((1, 2, 3)) - 1
    for amounts, most in ((means, 0.2), (stretches, 0.5)):
        assert np.abs(amounts).max() == pytest.approx(most, rel=0.01)
        assert amounts.std() == pytest.approx(most / 3**0.5, rel=0.05)
    assert abs(np.corrcoef(means, stretches)[0, 1]) < 0.12


def test_a_value_that_is_no_number_stays_where_it_is() -> None:
    """As a sum over pixels it would spread."""
    x = images()
    x[:, 3, 3] = np.nan
    assert (np.isnan(drawn(fm.Shift(2), x)).sum((1, 2, 3)) == 1).all()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: fm.Shift(-1), "'pixels' parameter of Shift must be a whole number"),
        (lambda: fm.Shift(1.5), "'pixels' parameter of Shift must be a whole number"),
        (lambda: fm.Rotate(200), "must be a number from 0 to 180. Got 200"),
        (lambda: fm.Flip("sideways"), "Unknown axis of Flip 'sideways'"),
        (lambda: fm.Flip(rate=1.5), "must be a number from 0 to 1. Got 1.5"),
        (lambda: fm.CutOut(2.0), "'size' parameter of CutOut must be a whole number"),
        (lambda: fm.CutOut(2, fill="black"), "'fill' parameter of CutOut must be"),
        (lambda: fm.Noise(-0.1), "must be a number of at least 0. Got -0.1"),
        (lambda: fm.Jitter(contrast=2), "must be a number from 0 to 1. Got 2"),
    ],
)
def test_a_bad_setting_says_what_is_expected(make: Any, text: str) -> None:
    with pytest.raises(fm.InputError, match=text):
        make()


@pytest.mark.parametrize("layer", ALL[:5], ids=repr)
def test_what_is_no_image_is_refused(layer: fm.Layer) -> None:
    with pytest.raises(fm.ShapeError, match=r"cannot take inputs of shape \(5,\)"):
        fm.Network([layer], input_shape=(5,))


@pytest.mark.slow
def test_training_on_shifted_examples_prepares_for_shifts() -> None:
    """A bar at one of two places, seen a place further on."""
    random = np.random.default_rng(0)
    y = random.integers(2, size=256)
    x = np.zeros((256, 12, 1), np.float32)
    x[np.arange(256), 3 + 5 * y] = 1
    moved = np.roll(x, 1, axis=1)
    losses = []
    for shift in (0, 1):
        network = fm.Network([fm.Shift(shift), fm.Flatten(), fm.Dense(2, "softmax")])
        result = fm.train(network, (x, y), epochs=30, learning_rate=0.05, seed=0)
        losses.append(
            -np.log(result.model.predict_proba(moved)[np.arange(256), y]).mean()
        )
    assert losses[1] < 0.2 < 0.5 < losses[0]
