"""A model beside the brain: what is counted, and what an answer would cost."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import Cli, assert_refused

import fathom as fm
from fathom.brain import compare_with_brain


def model_of(layers: list[fm.Layer], *shape: int) -> fm.Model:
    network = fm.Network(layers, shape)
    return fm.Model(network, network.init(0))


def test_neurons_and_synapses_of_dense_layers_are_counted() -> None:
    found = compare_with_brain(model_of([fm.Dense(5, "relu"), fm.Dense(2)], 3))
    assert (found.neurons, found.synapses) == (7, 3 * 5 + 5 * 2)
    assert (found.parameters, found.multiply_adds) == (32, 25)


def test_every_place_of_a_feature_map_has_its_own_neuron() -> None:
    layers = [fm.Conv(2, 3), fm.Flatten(), fm.Dense(4)]
    found = compare_with_brain(model_of(layers, 5, 5, 1))
    assert found.neurons == 2 * 25 + 4
    assert found.synapses == 25 * 9 * 2 + 50 * 4


def test_a_neuron_in_time_is_one_neuron() -> None:
    found = compare_with_brain(model_of([fm.LSTM(4)], 9, 3))
    assert (found.neurons, found.synapses) == (4, (3 + 4) * 16)


def test_tied_weights_are_synapses_of_their_own() -> None:
    layers = [fm.Dense(3, name="code"), fm.Tied("code", 4)]
    found = compare_with_brain(model_of(layers, 4))
    assert (found.neurons, found.synapses) == (3 + 4, 12 + 12)


def test_layers_on_named_inputs_are_counted() -> None:
    layers = [fm.On("a", [fm.Dense(3)]), fm.Join(("a", "b"))]
    network = fm.Network(layers, {"a": (4,), "b": (3,)})
    found = compare_with_brain(fm.Model(network, network.init(0)))
    assert (found.neurons, found.synapses) == (3, 12)


def test_repeated_blocks_count_one_by_one() -> None:
    found = compare_with_brain(model_of([fm.Repeat(fm.Dense(4), 3)], 4))
    assert (found.neurons, found.synapses) == (12, 48)


def test_the_energy_is_that_of_the_operations_and_of_reading_the_parameters() -> None:
    found = compare_with_brain(model_of([fm.Dense(5, use_bias=False)], 4))
    assert found.joules_computing == pytest.approx(20 * 4.6e-12)
    assert found.joules_memory == pytest.approx(20 * 50e-12)  # they fit on the chip
    assert found.brain_seconds == pytest.approx(found.joules / 20)


def test_parameters_that_do_not_fit_on_the_chip_are_read_from_beside_it() -> None:
    found = compare_with_brain(model_of([fm.Dense(600, use_bias=False)], 600))
    assert found.joules_memory == pytest.approx(360_000 * 650e-12)


@pytest.fixture(scope="module")
def spiking() -> tuple[fm.Model, np.ndarray]:
    layers = [fm.Encode("latency", 6), fm.Spiking(5), fm.LeakyReadout(2)]
    network = fm.Network(layers, (4,))
    variables = network.init(0)
    return fm.Model(network, variables), np.random.default_rng(0).random((7, 4))


def test_synaptic_sums_are_spikes_times_the_connections_behind_them(
    spiking: tuple[fm.Model, np.ndarray],
) -> None:
    model, rows = spiking
    found = compare_with_brain(model, rows)
    spikes = model.trace(rows)["spiking_1"].output.sum() / 7
    assert found.spikes == pytest.approx(spikes)
    # Every input has one spike, to 5 neurons; every spike of those goes to 2.
    assert found.synaptic_operations == pytest.approx(4 * 5 + spikes * 2)
    sums = found.synaptic_operations * (0.9 + 50)
    leaks = 6 * (5 + 2) * 4.6
    assert found.joules_spiking == pytest.approx((sums + leaks) * 1e-12)


def test_a_spiking_network_without_rows_is_refused(
    spiking: tuple[fm.Model, np.ndarray],
) -> None:
    with pytest.raises(fm.InputError, match="give rows to count its spikes on"):
        compare_with_brain(spiking[0])


def test_the_comparison_says_that_it_is_an_estimate() -> None:
    text = str(compare_with_brain(model_of([fm.Dense(5)], 4)))
    assert "an estimate" in text
    assert "86 billion" in text
    assert "20 W" in text


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a spiking network."""
    path = tmp_path_factory.mktemp("brain") / "run"
    settings = fm.experiment.ExperimentSettings(
        model="spiking", epochs=1, baselines=False
    )
    fm.experiment.run("iris", settings, out=path)
    return path


def test_the_command_compares_a_run_on_its_own_rows(cli: Cli, run: Path) -> None:
    found = json.loads(cli("brain", "compare", run, "--json").out)
    assert found["model"]["neurons"] == 100 + 3
    assert found["model"]["steps"] == 25
    assert found["model"]["synaptic_operations"] > 0
    assert found["is_estimate"] is True
    assert found["picojoules"]["source"].startswith("Horowitz 2014")


def test_the_command_counts_spikes_on_rows_that_are_given(cli: Cli, run: Path) -> None:
    out = cli("brain", "compare", run, "--data", "iris").out
    assert "in 25 steps (measured)" in out


def test_the_command_refuses_rows_that_are_not_there(cli: Cli, run: Path) -> None:
    assert_refused(cli("brain", "compare", run, "--data", "no.csv"), "no.csv")


def test_brain_alone_shows_its_help(cli: Cli) -> None:
    result = cli("brain")
    assert result.code == 0
    assert "fathom brain compare runs/latest" in result.out


def test_a_run_that_is_not_there_is_refused(cli: Cli) -> None:
    assert_refused(cli("brain", "compare", "nowhere"), "nowhere")


def test_a_brain_command_that_is_not_there_is_refused(cli: Cli) -> None:
    assert_refused(cli("brain", "compar", "run"), "compar", "fathom brain --help")


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(fm.InputError, match="must be a trained model"):
        compare_with_brain("runs/latest")  # pyright: ignore[reportArgumentType]
