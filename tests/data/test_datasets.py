"""Bundled data sets are scikit-learn's, under its names."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import datasets as reference

import fathom as fm
from fathom.errors import InputError


@pytest.mark.parametrize("name", fm.datasets.names())
def test_a_bundled_data_set_has_the_values_of_its_source(name):
    X, y = fm.datasets.load(name)
    bunch = getattr(reference, f"load_{name}")()
    np.testing.assert_array_equal(X, bunch.data.astype(np.float32))
    np.testing.assert_array_equal(y, bunch.target)


@pytest.mark.parametrize("about", fm.datasets.describe(), ids=lambda a: a["name"])
def test_the_description_is_true(about):
    table = fm.datasets.load(about["name"])
    assert (len(table), len(table.columns)) == (about["rows"], about["columns"])
    assert (table.task, table.target_names) == (about["task"], (about["target"],))


def test_feature_names_are_kept():
    names = [column.name for column in fm.datasets.load("iris").columns]
    assert names == reference.load_iris().feature_names


def test_the_notes_say_what_the_classes_stand_for():
    notes = fm.datasets.load("iris").notes
    assert "Classes of 'species': 0 setosa, 1 versicolor, 2 virginica." in notes


def test_reading_by_name_is_loading(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert fm.read("wine").digest() == fm.datasets.load("wine").digest()


def test_another_column_of_a_bundled_set_can_be_predicted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = fm.read("iris", "petal width (cm)")
    assert table.task == "regression"
    assert "species" not in [column.name for column in table.columns]


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(InputError, match=r"Unknown data set 'digit'\. Did you mean"):
        fm.datasets.load("digit")
