"""Splitting rows: both parts, stratified, deterministic."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fathom.data.split import split_indices
from fathom.errors import InputError


@given(
    st.integers(2, 200),
    st.floats(0.001, 0.999),
    st.integers(0, 2**32),
)
def test_every_row_is_in_exactly_one_part_and_none_is_empty(n, share, seed):
    training, held_out = split_indices(n, share, seed)
    assert sorted([*training, *held_out]) == list(range(n))
    assert len(training) >= 1
    assert len(held_out) >= 1


@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=80),
    st.floats(0.01, 0.99),
    st.integers(0, 1000),
)
def test_every_class_of_two_rows_keeps_one_in_training(classes, share, seed):
    classes = np.array(classes)
    training, held_out = split_indices(len(classes), share, seed, classes)
    assert sorted([*training, *held_out]) == list(range(len(classes)))
    assert len(held_out) >= 1
    labels, counts = np.unique(classes, return_counts=True)
    for label in labels[counts >= 2]:
        assert label in classes[training]


def test_classes_are_held_out_in_their_shares():
    classes = np.repeat([0, 1, 2], [600, 300, 100])
    _, held_out = split_indices(1000, 0.2, 0, classes)
    assert np.bincount(classes[held_out]).tolist() == [120, 60, 20]


def test_a_class_of_a_single_row_stays_in_training():
    classes = np.array([0] * 20 + [1])
    for seed in range(20):
        assert 20 in split_indices(21, 0.5, seed, classes)[0]


def test_the_seed_decides_the_split():
    first, again, other = (split_indices(100, 0.3, seed)[1] for seed in (1, 1, 2))
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_rows_come_sorted():
    training, held_out = split_indices(50, 0.4, 3, np.arange(50) % 3)
    assert training.tolist() == sorted(training)
    assert held_out.tolist() == sorted(held_out)


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan"), "half", True])
def test_a_share_outside_zero_and_one_is_refused(share):
    with pytest.raises(InputError, match=r"'share' parameter .* above 0 and below 1"):
        split_indices(10, share, 0)


def test_one_row_cannot_be_split():
    with pytest.raises(InputError, match=r"needs at least 2 rows\. Got 1"):
        split_indices(1, 0.5, 0)


def test_a_class_for_each_row_is_demanded():
    with pytest.raises(InputError, match="one class for each of 5 rows"):
        split_indices(5, 0.5, 0, np.zeros(4, int))


@pytest.mark.parametrize("module", ["fathom.data.split", "fathom.data.target"])
def test_splitting_and_coding_targets_import_no_table_library(module):
    code = (
        f"import sys, {module}; "
        f"print([m for m in ('polars', 'sklearn', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
