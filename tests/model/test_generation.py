"""Sequences that a network writes on."""

from __future__ import annotations

import numpy as np
import pytest

import fathom as fm
from fathom.model import Model

LENGTH = 4


def counting() -> Model:
    """A network that gives token (t + 1) mod 5 after token t, for every step."""
    network = fm.Network(
        [fm.Embedding(5, 5, name="code"), fm.Dense(5, "softmax", name="next")],
        (LENGTH,),
    )
    variables = {
        "code": {"weight": np.eye(5, dtype=np.float32)},
        "next": {
            "weight": 20 * np.roll(np.eye(5, dtype=np.float32), 1, axis=1),
            "bias": np.zeros(5, np.float32),
        },
    }
    return Model(network, variables)


def test_the_most_probable_token_is_taken_at_every_step() -> None:
    written = fm.generate(counting(), [[3], [0]], 3)
    assert written.tolist() == [[3, 4, 0, 1], [0, 1, 2, 3]]


def test_it_goes_on_beyond_the_network_s_own_length() -> None:
    written = fm.generate(counting(), [[0, 1, 2, 3]], 6)
    assert written.tolist() == [[0, 1, 2, 3, 4, 0, 1, 2, 3, 4]]


def test_behind_the_end_nothing_new_comes() -> None:
    assert fm.generate(counting(), [[1]], 5, end=3).tolist() == [[1, 2, 3, 3, 3, 3]]


def test_a_high_temperature_draws_other_tokens_and_a_seed_fixes_them() -> None:
    one, same, other = (
        fm.generate(counting(), [[0]], 30, temperature=50.0, seed=seed)
        for seed in (1, 1, 2)
    )
    assert (one == same).all()
    assert (one != other).any()


def test_draws_follow_the_network_s_chances() -> None:
    start = np.zeros((4000, 1), int)
    written = fm.generate(counting(), start, 1, temperature=10.0)[:, 1]
    logits = 20 * np.eye(5)[1] / 10
    shares = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(np.bincount(written) / 4000, shares, atol=0.03)


def test_a_later_token_of_the_source_reaches_the_decoder() -> None:
    network = fm.models.sequence_to_sequence((6, 3), (5, 4), width=8, heads=2)
    variables = network.init(0)
    target = np.zeros((1, 4), np.int32)
    a, b = (
        network.apply(variables, {"source": np.array([source]), "target": target})
        for source in ([1, 2, 3], [1, 2, 4])
    )
    assert np.abs(np.asarray(a - b)).max() > 1e-6


def test_padding_of_the_source_changes_nothing() -> None:
    network = fm.models.sequence_to_sequence((6, 3), (5, 4), width=8, heads=2)
    longer = fm.models.sequence_to_sequence((6, 5), (5, 4), width=8, heads=2)
    variables = longer.init(0)
    positions = variables["encoder"]["learned_positions_1"]["weight"]
    short = {**variables, "encoder": dict(variables["encoder"])}
    short["encoder"]["learned_positions_1"] = {"weight": positions[:3]}
    target = np.zeros((1, 4), np.int32)
    np.testing.assert_allclose(
        network.apply(short, {"source": np.array([[1, 2, 3]]), "target": target}),
        longer.apply(
            variables, {"source": np.array([[1, 2, 3, 0, 0]]), "target": target}
        ),
        atol=1e-5,
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"start": [1, 2]}, "an array \\(n, t\\) of tokens"),
        ({"n_steps": 0}, "'n_steps'"),
        ({"temperature": -1}, "'temperature'"),
    ],
)
def test_bad_settings_get_one_message(settings: dict, message: str) -> None:
    given = {"start": [[0]], "n_steps": 1, **settings}
    with pytest.raises(fm.InputError, match=message):
        fm.generate(counting(), given.pop("start"), given.pop("n_steps"), **given)


def test_a_network_without_steps_is_refused() -> None:
    network = fm.Network([fm.Dense(3, "softmax")], (4,))
    with pytest.raises(fm.InputError, match="for each of its 4 steps"):
        fm.generate(Model(network, network.init(0)), [[0]], 1)


def test_the_inputs_beside_must_be_named() -> None:
    network = fm.models.sequence_to_sequence((6, 3), (5, 4), width=8, heads=2)
    with pytest.raises(fm.InputError, match="needs the others in 'beside'"):
        fm.generate(Model(network, network.init(0)), [[0]], 1)
