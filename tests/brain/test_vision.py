"""Simple and complex cells, motion, tuning and the neocognitron."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import fathom as fm
from fathom.brain.cells import energies, linear_responses
from fathom.errors import InputError

SIZE, FREQUENCY, FRAMES = 31, 0.1, 128
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def bank() -> fm.brain.GaborBank:
    return fm.brain.gabor_bank(SIZE, 12, (FREQUENCY,))


@pytest.fixture(scope="module")
def drift() -> np.ndarray:
    return fm.brain.drifting_grating(SIZE, 60.0, FREQUENCY, 1 / FRAMES, FRAMES)


def test_filters_have_mean_zero_and_norm_one(bank: fm.brain.GaborBank) -> None:
    np.testing.assert_allclose(bank.filters.sum(axis=(1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(bank.filters, axis=(1, 2)), 1, rtol=1e-5)


def test_a_simple_cell_follows_a_drifting_grating_as_half_a_wave(
    drift: np.ndarray,
) -> None:
    responses = fm.brain.SimpleCell(60.0, FREQUENCY).respond(drift)
    ratio = float(fm.brain.modulation_ratio(responses))
    assert ratio == pytest.approx(np.pi / 2, abs=0.01)


def test_a_complex_cell_answers_a_drifting_grating_steadily(drift: np.ndarray) -> None:
    responses = np.asarray(fm.brain.ComplexCell(60.0, FREQUENCY).respond(drift))
    assert fm.brain.modulation_ratio(responses) < 0.01
    assert responses.std() < 0.02 * responses.mean()


@pytest.mark.parametrize("kind", ["simple", "complex"])
def test_every_cell_prefers_the_orientation_it_was_made_for(
    kind: str, bank: fm.brain.GaborBank
) -> None:
    def respond(images: np.ndarray) -> np.ndarray:
        cells = fm.brain.simple_cells if kind == "simple" else fm.brain.complex_cells
        return np.asarray(cells(images, bank))[:, 0, 0]

    tuning = fm.brain.orientation_tuning(respond, SIZE, 12, (0.05, 0.1, 0.2))
    made = bank.orientation if kind == "simple" else bank.orientation[::2]
    np.testing.assert_array_equal(tuning.preferred, made)
    np.testing.assert_array_equal(tuning.frequency, FREQUENCY)
    assert (tuning.selectivity > 0.7).all()


def test_a_simple_cell_at_every_place_is_a_convolution_with_relu(
    bank: fm.brain.GaborBank,
) -> None:
    images = RNG.normal(size=(2, 40, 36)).astype(np.float32)
    layer = fm.Conv(24, SIZE, "relu", padding="valid", use_bias=False)
    network = fm.Network([layer], (40, 36, 1))
    weight = bank.filters.transpose(1, 2, 0)[:, :, None]
    outputs = network.apply({"conv_1": {"weight": weight}}, images[..., None])
    np.testing.assert_allclose(
        fm.brain.simple_cells(images, bank), outputs, rtol=1e-4, atol=1e-4
    )


def test_the_product_and_the_convolution_agree(bank: fm.brain.GaborBank) -> None:
    images = RNG.normal(size=(3, SIZE, SIZE)).astype(np.float32)
    larger = np.pad(images, ((0, 0), (0, 1), (0, 1)))
    whole = linear_responses(larger, bank.filters)[:, 0, 0]
    np.testing.assert_allclose(
        linear_responses(images, bank.filters)[:, 0, 0], whole, rtol=1e-4, atol=1e-4
    )


def test_energy_is_the_sum_of_both_squares() -> None:
    assert energies(jnp.array([[3.0, 4.0, 1.0, 0.0]])).tolist() == [[25.0, 1.0]]


@pytest.mark.parametrize("direction", [1, -1])
def test_motion_cells_answer_their_own_direction(direction: int) -> None:
    bank = fm.brain.gabor_bank(15, (0.0, 90.0), (0.1,))
    movie = fm.brain.drifting_grating(15, 90.0, 0.1, 0.125 * direction, 24)
    found = fm.brain.motion_energy(movie, bank)
    best = found.energy[12, 0, 0].argmax()
    assert found.orientation[best] == 90
    assert found.temporal_frequency[best] == 0.125 * direction
    assert found.energy[12, 0, 0].max() > 20 * np.sort(found.energy[12, 0, 0])[-2]


def test_what_stands_still_moves_no_motion_cell_much() -> None:
    bank = fm.brain.gabor_bank(15, (90.0,), (0.1,))
    still = np.repeat(fm.brain.grating(15, 90.0, 0.1)[None], 24, axis=0)
    found = fm.brain.motion_energy(still, bank, (0.0, 0.25))
    rest, *moving = found.energy[12, 0, 0]
    assert rest > 10 * max(moving)


def test_bars_turn_counterclockwise() -> None:
    slanted = fm.brain.grating(21, 45.0, 0.1)
    corners = slanted[0, 20], slanted[10, 10], slanted[20, 0]  # along the bar
    np.testing.assert_allclose(corners, 1, atol=1e-6)


def test_a_neuron_of_a_network_can_be_shown_gratings() -> None:
    cell = fm.brain.gabor(9, 30.0, 0.15)
    layer = fm.Dense(1, "relu", use_bias=False, name="cell")
    network = fm.Network([fm.Flatten(), layer], (9, 9))
    variables = {"cell": {"weight": cell.reshape(-1, 1)}}
    tuning = fm.brain.orientation_tuning(
        lambda images: network.apply(variables, images), 9, 6, (0.15,)
    )
    assert tuning.preferred.tolist() == [30.0]


def test_complex_cells_need_pairs() -> None:
    with pytest.raises(InputError, match="90 degrees apart"):
        fm.brain.complex_cells(
            np.ones((1, 9, 9)), fm.brain.gabor_bank(9, 1, phases=(0.0, 45.0))
        )


def test_images_smaller_than_the_field_are_said() -> None:
    with pytest.raises(InputError, match=r"filters of 31 x 31 pixels"):
        fm.brain.SimpleCell().respond(np.ones((1, 9, 9)))


def test_too_fine_a_grating_is_said() -> None:
    with pytest.raises(InputError, match=r"from 0 to 0\.5 cycles a pixel"):
        fm.brain.grating(9, 0.0, 0.7)


def test_the_control_has_all_of_the_neocognitron_but_its_complex_cells() -> None:
    sizes = []
    for has in (True, False):
        network = fm.brain.neocognitron((8, 8, 1), 10, has_complex_cells=has)
        variables = network.init(0)
        sizes.append({n: np.shape(v["weight"]) for n, v in variables.items() if v})
    assert sizes[0] == sizes[1]


def test_cells_that_compete_learn_the_bars_they_are_shown() -> None:
    images = np.zeros((40, 9, 9, 1))
    for k in range(20):
        images[k, RNG.integers(2, 7)] = 1
        images[20 + k, :, RNG.integers(2, 7)] = 1
    cells = fm.brain.learn_simple_cells(images, 6)[:, :, 0].transpose(2, 0, 1)
    across = cells.std(axis=2).max(axis=1), cells.std(axis=1).max(axis=1)
    # Each cell varies along one direction only: it is a bar.
    assert (np.minimum(*across) < 0.05).all()
    assert (across[0] < 0.05).sum() == (across[1] < 0.05).sum() == 3


def test_without_a_teacher_each_cell_answers_a_fifth_of_all_places() -> None:
    images = RNG.random((60, 8, 8, 1)).astype(np.float32)
    network = fm.brain.neocognitron((8, 8, 1), 10)
    variables = fm.brain.learn_without_teacher(network, images)
    taps = network.forward(variables, images, listen=True).taps
    for layer in ("simple_1", "simple_2"):
        share = (np.asarray(taps[layer]["activation"]) > 0).mean(axis=(0, 1, 2))
        np.testing.assert_allclose(share, 0.2, atol=0.01)


def test_a_network_without_s_layers_is_said() -> None:
    network = fm.Network([fm.Dense(2)], (3,))
    with pytest.raises(InputError, match="no layers named simple_1"):
        fm.brain.learn_without_teacher(network, np.ones((5, 3)))
