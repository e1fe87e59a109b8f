"""Linear separability: the linear program against what is known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from fathom.models.separability import is_separable


def test_xor_is_not_separable():
    x = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    assert is_separable(x, np.array([0, 1, 1, 0])) is False


@pytest.mark.parametrize("gap", [1.0, 1e-3, 1e-6, 1e-9, 1e-12])
def test_gap_that_is_small_beside_the_data_is_found(gap):
    x = np.array([[-1.0], [0.0], [gap], [1.0]])
    assert is_separable(x, np.array([0, 0, 1, 1])) is True


@pytest.mark.parametrize("overlap", [1.0, 1e-3, 1e-6, 1e-9, 1e-12, 0.0])
def test_overlap_that_is_small_beside_the_data_is_found(overlap):
    x = np.array([[-1.0], [overlap], [0.0], [1.0]])
    assert is_separable(x, np.array([0, 0, 1, 1])) is False


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("shift", [0.0, 1e3])
def test_units_of_a_column_make_no_difference(scale, shift):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    targets = (x @ [1.0, -2.0, 0.5] > 0.3).astype(int)
    x[:, 1] = scale * (x[:, 1] + shift)
    assert is_separable(x, targets) is True
    targets[0] = 1 - targets[0]
    deep = np.vstack([x, x[:1]])
    assert is_separable(deep, np.append(targets, 1 - targets[0])) is False


def test_as_many_inputs_as_examples_separate_any_labels():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(20, 20))
    assert is_separable(x, rng.permutation([0, 1] * 10)) is True


def test_constant_column_does_no_harm():
    x = np.array([[0.0, 5.0], [1.0, 5.0]])
    assert is_separable(x, np.array([0, 1])) is True


def test_point_with_both_labels_is_not_separable():
    x = np.array([[0.0, 1.0], [0.0, 1.0], [2.0, 3.0]])
    assert is_separable(x, np.array([0, 1, 1])) is False
