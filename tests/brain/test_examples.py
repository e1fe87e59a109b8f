"""The examples of vision and encoding show what their guides say."""

from __future__ import annotations

import numpy as np
import pytest
from examples.encoding import run as encode
from examples.simple_and_complex import network_tuning, shift_cost


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*targets took the")
def test_every_simulated_voxel_is_given_to_the_layer_that_drives_it() -> None:
    found = encode()
    scores, driven_by = found["scores"], found["driven_by"]
    by_layer = np.array([scores[name] for name in ("early", "middle", "late")])
    assert (by_layer.argmax(axis=0) == driven_by).mean() > 0.9
    assert (found["shares"].argmax(axis=0) == driven_by).mean() > 0.9
    assert (scores["all, banded"] > by_layer.max(axis=0) - 0.1).all()


@pytest.mark.slow
def test_complex_cells_take_off_a_good_part_of_what_a_shift_costs() -> None:
    costs = [shift_cost(has, False, epochs=15)[1] for has in (True, False)]
    assert costs[0] < 0.75 * costs[1]


@pytest.mark.slow
def test_pooling_makes_simple_cells_complex() -> None:
    found = network_tuning(epochs=5)
    assert found["simple"].modulation.mean() > 1
    assert found["complex"].modulation.mean() < 0.5
