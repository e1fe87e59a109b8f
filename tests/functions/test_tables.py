"""The tables themselves: every entry is documented, and is in the catalogue."""

from __future__ import annotations

import inspect

import pytest
from tests import catalogue_functions as catalogue

from fathom import activations, initializers, losses, optimizers, schedules

ENTRIES = [
    (activations.ACTIVATIONS, " = ", "Derivative"),
    (initializers.INITIALIZERS, "Formula: ", ""),
    (losses.LOSSES, "Formula: ", "Range"),
    (optimizers.OPTIMIZERS, "direction = ", "Learning rate"),
    (schedules.SCHEDULES, "Formula: ", ""),
]
DOCUMENTED = [
    pytest.param(function, formula, word, id=f"{function.__module__}.{name}")
    for table, formula, word in ENTRIES
    for name, function in table.items()
]


@pytest.mark.parametrize(("function", "formula", "word"), DOCUMENTED)
def test_an_entry_documents_its_formula_and_its_source(function, formula, word):
    text = inspect.getdoc(function) or ""
    assert formula in text
    assert word in text
    assert "Source: " in text


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        (activations.ACTIVATIONS, catalogue.ACTIVATION_ROWS),
        (optimizers.OPTIMIZERS, catalogue.OPTIMIZER_ROWS),
        (schedules.SCHEDULES, catalogue.SCHEDULE_ROWS),
        (set(losses.LOSSES) - set(losses.ALIASES), catalogue.LOSS_ROWS),
    ],
)
def test_every_entry_has_its_row_in_the_catalogue(table, rows):
    assert {row.name for row in rows} == set(table)


def test_every_initializer_has_its_row_in_the_catalogue():
    named = {row.text.partition("(")[0] for row in catalogue.INITIALIZER_ROWS}
    assert named == set(initializers.INITIALIZERS)
