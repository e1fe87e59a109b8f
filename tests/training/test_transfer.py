"""Transfer learning: layers of a trained model in another network."""

from __future__ import annotations

import numpy as np
import pytest

import fathom as fm

X = np.random.default_rng(0).normal(size=(120, 4)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
BODY = [fm.Dense(16, "relu", name="body_1"), fm.Dense(8, "relu", name="body_2")]


def network(classes: int) -> fm.Network:
    return fm.Network([*BODY, fm.Dense(classes, "softmax", name="head")], (4,))


@pytest.fixture(scope="module")
def trained() -> fm.Model:
    return fm.train(network(2), (X, Y), epochs=5).model


def test_layers_of_the_same_address_and_shape_are_taken_over(trained: fm.Model) -> None:
    kinds = np.arange(120) % 3
    result = fm.train(
        network(3), (X, kinds), start_from=trained, epochs=1, learning_rate=1e-9
    )
    after = result.model.variables
    np.testing.assert_allclose(
        after["body_1"]["weight"], trained.variables["body_1"]["weight"], atol=1e-6
    )
    assert after["head"]["weight"].shape == (8, 3)


def test_a_frozen_body_stays_as_it_was_and_the_head_learns(trained: fm.Model) -> None:
    new = fm.Network([*BODY, fm.Dense(2, "softmax", name="other_head")], (4,))
    frozen = ["body_1", "body_2"]
    result = fm.train(
        new, (X, Y), start_from=trained, freeze=frozen, epochs=20, weight_decay=0.1
    )
    for name in frozen:
        np.testing.assert_array_equal(
            result.model.variables[name]["weight"], trained.variables[name]["weight"]
        )
    assert result.history["loss"][-1] < result.history["loss"][0]


def test_a_model_of_another_kind_is_refused(trained: fm.Model) -> None:
    stranger = fm.Network([fm.Dense(3, "softmax", name="stranger")], (4,))
    with pytest.raises(fm.InputError, match="no layer with the address"):
        fm.train(stranger, (X, np.arange(120) % 3), start_from=trained, epochs=1)
