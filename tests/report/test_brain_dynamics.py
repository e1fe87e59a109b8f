"""Pictures of spiking cells show what the cells did."""

from __future__ import annotations

import numpy as np
import pytest

import fathom as fm
from fathom.errors import InputError
from fathom.report import brain_dynamics as pictures

CELL = fm.brain.LIF.biological()
INPUTS = np.zeros((30, 2), np.float32)
INPUTS[[4, 20], 0] = 15.0
RUN = fm.brain.simulate(CELL, INPUTS, dt=0.5)


def test_a_raster_has_a_mark_for_every_spike() -> None:
    marks = pictures.spike_raster(RUN.spikes, dt=0.5).chart.data[0]
    assert list(zip(marks.x, marks.y, strict=True)) == [(2.0, 0), (10.0, 0)]


def test_a_raster_of_many_cells_says_how_many_are_shown() -> None:
    picture = pictures.spike_raster(np.ones((3, 500), bool))
    assert "200 of 500 cells are shown" in picture.reading
    assert "1,500 spikes of 500 cells" in picture.alternative


def test_a_voltage_shows_its_spikes_threshold_and_refractory_periods() -> None:
    chart = pictures.membrane_potential(RUN, CELL, dt=0.5).chart
    line = chart.data[0]
    strokes = np.asarray(line.x)[np.asarray(line.y) > -55]
    assert strokes.tolist() == [2.0, 10.0]
    shapes = [(s.x0, s.x1) for s in chart.layout.shapes if s.type == "rect"]
    assert shapes == [(2.0, 4.0), (10.0, 12.0)]
    assert chart.data[1].name == "threshold, -55 mV"
    assert list(chart.data[1].y) == [-55, -55]


def test_a_window_is_the_rules() -> None:
    rule = fm.brain.PairSTDP(0.01, 0.012)
    after, before = pictures.stdp_window(rule).chart.data
    np.testing.assert_allclose(after.y, rule.window(after.x), rtol=1e-6)
    assert after.y[0] == pytest.approx(0.01)
    assert before.y[-1] < 0


def test_a_rate_curve_says_how_far_it_is_from_the_formula() -> None:
    picture = pictures.rate_curve([1.0, 2.0, 3.0], [0.0, 50.5, 80.0], [0.0, 50.0, 80.0])
    assert "At most 1% from the formula" in picture.alternative


def test_codes_are_lines_up_to_all_there_is() -> None:
    picture = pictures.carried([1, 10], {"rate": [0.1, 1.5], "time": [2, 3]}, 4.0)
    assert [line.name for line in picture.chart.data] == ["rate", "time"]
    assert "After 10 ms: rate 1.5; time 3. All there is: 4" in picture.alternative


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(InputError, match=r"There are cells 0 to 1\. Got cell 2"):
        pictures.membrane_potential(RUN, CELL, cell=2)
    with pytest.raises(InputError, match=r"such as PairSTDP\. Got TripletSTDP"):
        pictures.stdp_window(fm.brain.TripletSTDP())
    with pytest.raises(InputError, match=r"Got an array of \(2, 2, 2\)"):
        pictures.spike_raster(np.ones((2, 2, 2)))
