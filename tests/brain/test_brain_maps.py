"""Pictures of tuning, receptive fields and encoding say what they show."""

from __future__ import annotations

import numpy as np
import pytest

import fathom as fm
from fathom.errors import InputError
from fathom.report.brain_maps import (
    encoding_map,
    receptive_fields,
    response_function,
    tuning_curves,
)


def test_a_tuning_curve_peaks_at_the_preferred_orientation() -> None:
    tuning = fm.brain.orientation_tuning(
        fm.brain.SimpleCell(orientation=45, size=15).respond, 15, 8, n_frames=8
    )
    picture = tuning_curves(tuning, ["a cell"])
    (curve,) = picture.chart.data
    assert curve.x[np.argmax(curve.y)] == 45
    assert "a cell prefers 45 degrees" in picture.alternative


def test_receptive_fields_are_shown_on_a_scale_of_their_own() -> None:
    bank = fm.brain.gabor_bank(15, 4)
    faint = bank._replace(filters=bank.filters * np.arange(1, 9)[:, None, None])
    drawn = receptive_fields(faint).chart.data[0].z
    assert np.nanmax(np.abs(drawn)) == pytest.approx(1)
    assert "8 receptive fields of 15 x 15" in receptive_fields(bank).alternative


def test_an_encoding_map_orders_targets_by_the_ceiling() -> None:
    picture = encoding_map({"layer": [0.1, 0.3, 0.2]}, [0.4, 0.9, 0.6])
    points, line = picture.chart.data
    assert list(points.y) == [0.3, 0.2, 0.1]
    assert list(line.y) == [0.9, 0.6, 0.4]


def test_an_encoding_map_of_simulated_responses_says_so() -> None:
    picture = encoding_map([0.1, 0.2], is_simulated=True)
    assert picture.reading.startswith("Simulated responses, no measurement.")


def test_scores_of_different_targets_are_said() -> None:
    with pytest.raises(InputError, match="one score for each target"):
        encoding_map({"a": [0.1, 0.2], "b": [0.1]})


def test_a_response_function_tells_when_each_feature_acts() -> None:
    picture = response_function([0.0, 0.1, 0.2], [[0, 2.0, 1.0]], ["loudness"])
    assert "loudness is strongest at 0.1 s" in picture.alternative
