"""Which rows are trained on and which are held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import fathom as fm
from fathom.cross_validation.folds import folds_of


def test_every_row_is_held_out_once_and_classes_are_spread() -> None:
    classes = np.repeat([0, 1, 2], [50, 20, 7])
    folds = folds_of(5, 77, 3, classes)
    assert np.sort(np.concatenate([held for _, held in folds])).tolist() == [*range(77)]
    counts = np.array([np.bincount(classes[held], minlength=3) for _, held in folds])
    assert (counts.max(axis=0) - counts.min(axis=0) <= 1).all()
    assert all(len(training) + len(held) == 77 for training, held in folds)


def test_a_class_of_a_single_row_is_always_trained_on() -> None:
    classes = np.array([0] * 9 + [1] * 9 + [2])
    folds = folds_of(3, 19, 0, classes)
    assert all(18 in training for training, _ in folds)


def test_a_group_is_never_on_both_sides() -> None:
    groups = np.random.default_rng(0).integers(0, 9, 80)
    for training, held in folds_of(4, 80, 0, groups=groups):
        assert not set(groups[training]) & set(groups[held])


def test_in_order_what_is_held_out_comes_later() -> None:
    folds = folds_of(4, 53, 0, in_order=True)
    assert all(training.max() < held.min() for training, held in folds)
    assert folds[-1][1][-1] == 52


def test_rows_on_both_sides_are_refused() -> None:
    with pytest.raises(fm.InputError, match="say nothing about new rows"):
        folds_of([([0, 1, 2], [2, 3])], 4, 0)


def test_a_misspelled_name_of_the_grid_is_named() -> None:
    data = np.zeros((9, 2)), np.arange(9) % 2
    with pytest.raises(fm.InputError, match="Did you mean 'weight_decay'"):
        fm.cross_validate("mlp", data, grid={"weight_decai": [0.1]})


def test_early_stopping_asks_for_rows_of_its_own() -> None:
    data = np.zeros((9, 2)), np.arange(9) % 2
    with pytest.raises(fm.InputError, match="neither trained on nor scored"):
        fm.cross_validate("mlp", data, early_stopping=3)


def test_a_comparison_comes_back_from_its_file(tmp_path: Path) -> None:
    from fathom.cross_validation.comparison import ComparedSettings, Scored

    scored = tuple(
        Scored(i, {"weight_decay": decay}, mean, 0.1)
        for i, (decay, mean) in enumerate([(0.0, 0.5), (1.0, 0.45), (9.0, 0.54)])
    )
    found = ComparedSettings(scored, "loss", False, 5)
    back = ComparedSettings.from_dict(found.to_dict())
    assert back.best.setting == {"weight_decay": 1.0}
    assert back.one_standard_error.setting == {"weight_decay": 9.0}
    with pytest.raises(fm.InputError, match="is damaged"):
        ComparedSettings.from_dict({"settings": [{"mean": 1}]})
