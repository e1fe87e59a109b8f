"""The place of the first number that is NaN or infinite is found."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

import fathom as fm
from fathom.record.history import NonFinite

X = np.random.default_rng(0).normal(size=(32, 4)).astype(np.float32)
Y = X[:, :1]


def found(layers: list[fm.Layer], x: Any = X, y: Any = Y, **changed: Any) -> NonFinite:
    usual = {"batch_size": 8, "epochs": 2, "shuffle": False, "optimizer": "sgd"}
    net = fm.Network(layers, x.shape[1:])
    result = fm.train(net, (x, y), **{**usual, **changed})
    assert result.stopped == "non_finite"
    place = result.history.non_finite
    assert place is not None
    return place


def own_loss(outputs: Any, targets: Any) -> Any:
    """The logarithm of what may be negative."""
    return jnp.log(outputs).mean(-1) + 0 * targets.mean(-1)


def root(z: Any) -> Any:
    """A function whose slope at 0 is infinite."""
    return jnp.sqrt(jnp.abs(z))


def test_an_activation_is_named_by_its_layer() -> None:
    """exp overflows in the second layer, for an example of the third batch."""
    x = X.copy()
    x[17] *= 1e4
    layers = [fm.Dense(4), fm.Dense(4, jnp.exp), fm.Dense(4), fm.Dense(1)]
    place = found(layers, x, learning_rate=1e-9)
    assert place == NonFinite("activation", "dense_2", step=3)


def test_a_loss_of_its_own_making_is_the_loss() -> None:
    place = found([fm.Dense(1)], loss=own_loss, metrics=())
    assert place == NonFinite("loss", "", step=1)


def test_a_gradient_is_named_by_the_layer_it_is_first_met_in() -> None:
    """The slope of a root at 0 is infinite, and the loss is finite."""
    layers = [fm.Dense(4), fm.Dense(3, root, weight_init="zeros"), fm.Dense(1)]
    place = found(layers)
    assert place == NonFinite("gradient", "dense_2", step=1)


def test_weights_that_an_update_throws_to_infinity_are_parameters() -> None:
    place = found([fm.Dense(3, "tanh"), fm.Dense(1)], learning_rate=1e38)
    assert (place.place, place.step) == ("parameter", 1)


def test_an_input_is_found_by_its_step() -> None:
    """Arrays are checked before; an objective may still be given what is not."""
    from fathom.training.loop import Run
    from fathom.training.objective import Batch
    from fathom.training.settings import Settings

    x = X.copy()
    x[25] = np.inf
    net = fm.Network([fm.Dense(1)], (4,))
    settings = Settings("mse", batch_size=8, epochs=1, shuffle=False)
    outcome = Run(net, settings, Batch(x, Y, np.ones(32, np.float32))).train()
    assert outcome.history.non_finite == NonFinite("input", "", step=4)


def test_a_block_of_a_repeat_is_named() -> None:
    """Each block doubles exponents until a square overflows."""
    block = fm.Dense(4, lambda z: jnp.square(z) * 10, weight_init="constant(1.0)")
    net = [fm.Repeat(block, 12), fm.Dense(1)]
    place = found(net, np.ones((32, 4), np.float32), learning_rate=1e-9)
    assert place.place == "activation"
    assert place.layer.startswith("repeat_1[")
    before = int(place.layer.split("[")[1].split("]")[0])
    assert 2 <= before <= 6


def test_the_records_reach_up_to_the_bad_step() -> None:
    x = X.copy()
    x[17] *= 1e4
    net = fm.Network([fm.Dense(4, jnp.exp), fm.Dense(1)], (4,))
    settings = {"batch_size": 8, "shuffle": False, "learning_rate": 1e-9}
    result = fm.train(net, (x, Y), optimizer="sgd", **settings)
    assert result.history.n_epochs == 0
    assert result.history.steps.tolist() == [1, 2, 3]
    assert np.isfinite(result.history.step_losses).tolist() == [True, True, False]


def test_a_good_run_has_no_such_place() -> None:
    net = fm.Network([fm.Dense(1)], (4,))
    assert fm.train(net, (X, Y), epochs=1).history.non_finite is None


def test_it_reads_as_a_sentence() -> None:
    assert str(NonFinite("gradient", "dense_2", 7)) == "step 7: the gradient of dense_2"
    assert str(NonFinite("loss", "", 7)) == "step 7: loss"
