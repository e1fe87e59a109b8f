"""Raw tables go in as they are: text, categories, dates, missing values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.model_selection import cross_val_score
from tests.estimators.examples import classifier

N = 60
DRAW = np.random.default_rng(1)
AGE = DRAW.normal(40, 10, N)
AGE[::7] = np.nan
CITY = DRAW.choice(["Oslo", "Rome", "Bonn"], N)
RAW: dict[str, Any] = {"age": AGE, "city": CITY.tolist()}
ANSWER = np.where(CITY == "Rome", "south", "north")


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_text_and_missing_values_go_in_directly(kind: Any) -> None:
    fitted = classifier(epochs=200).fit(kind(RAW), ANSWER)
    assert fitted.score(kind(RAW), ANSWER) > 0.97
    assert fitted.feature_names_in_.tolist() == ["age", "city"]


def test_the_model_takes_the_same_raw_rows() -> None:
    table = pd.DataFrame(RAW)
    fitted = classifier(epochs=200).fit(table, ANSWER)
    assert fitted.model_.predict(table).tolist() == fitted.predict(table).tolist()


def test_a_city_never_seen_gets_an_answer() -> None:
    fitted = classifier(epochs=200).fit(pd.DataFrame(RAW), ANSWER)
    assert fitted.predict(pd.DataFrame({"age": [30.0], "city": ["Bern"]})).shape == (1,)


def test_another_table_is_refused_by_its_columns() -> None:
    fitted = classifier(epochs=1).fit(pd.DataFrame(RAW), ANSWER)
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(pd.DataFrame({"age": [30.0], "town": ["Rome"]}))


def test_folds_of_a_raw_table_are_cross_validated() -> None:
    table = pd.DataFrame(RAW)
    scores = cross_val_score(
        classifier(epochs=200), table, ANSWER, cv=3, error_score="raise"
    )
    assert scores.mean() > 0.9


def test_complete_numbers_in_a_table_are_what_they_are_in_an_array() -> None:
    table = pd.DataFrame(DRAW.normal(size=(N, 3)), columns=["a", "b", "c"])
    ours = classifier(epochs=3).fit(table, ANSWER)
    plain = classifier(epochs=3).fit(table.to_numpy(), ANSWER)
    np.testing.assert_array_equal(
        ours.predict_proba(table), plain.predict_proba(table.to_numpy())
    )
    assert ours.model_.predict(table).tolist() == ours.predict(table).tolist()
