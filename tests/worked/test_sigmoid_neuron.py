"""Worked example: weights (0, 1), bias 4, input (2, 3), sigmoid gives 0.9990889.

z = 0 * 2 + 1 * 3 + 4 = 7
a = 1 / (1 + exp(-7)) = 1 / (1 + 0.000911882) = 0.9990889
"""

from __future__ import annotations

import numpy as np
import pytest

import fathom as fm
from fathom.models.neuron import Neuron


def test_neuron_gives_the_number_of_the_textbook():
    assert round(Neuron([0, 1], 4, "sigmoid")([2, 3]), 7) == 0.9990889


def test_weighted_sum_is_seven():
    assert Neuron([0, 1], 4, "sigmoid").weighted_sum([2, 3]) == 7.0


def test_dense_layer_of_one_unit_gives_the_same_number():
    network = fm.Network([fm.Dense(1, "sigmoid", name="neuron")], (2,))
    weight = np.array([[0.0], [1.0]], np.float32)
    variables = {"neuron": {"weight": weight, "bias": np.array([4.0], np.float32)}}
    outputs = network.apply(variables, np.array([[2.0, 3.0]], np.float32))
    assert float(outputs[0, 0]) == pytest.approx(0.99908895, abs=1e-7)


def test_tail_of_the_sigmoid_is_exact():
    # 1 - a = exp(-7) / (1 + exp(-7)) = 0.000911882 / 1.000911882 = 0.000911051
    a = Neuron([0, 1], 4, "sigmoid")([2, 3])
    assert 1 - a == pytest.approx(0.000911051194, rel=1e-9)
