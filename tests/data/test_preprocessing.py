"""Preprocessing: what the inputs are, what is fitted on, what is said of new values."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

import fathom as fm
from fathom.data import Preprocessing
from fathom.errors import InputError


def fitted(source, **options):
    return Preprocessing.fit(fm.read(source, **options))


def test_numbers_are_standardized_by_the_training_part():
    preprocessing = fitted({"a": [1.0, 2.0, 6.0]})
    x = preprocessing.transform({"a": [1.0, 2.0, 6.0, 3.0]})
    assert x.dtype == np.float32
    np.testing.assert_allclose(x[:3].mean(), 0, atol=1e-7)
    np.testing.assert_allclose(x[:3].std(), 1, atol=1e-6)
    assert x[3, 0] == 0


def test_only_the_rows_fitted_on_count():
    table = fm.read({"a": [1.0, 3.0, 1000.0], "b": ["x", "y", "z"]})
    preprocessing = Preprocessing.fit(table.rows([0, 1]))
    assert preprocessing.feature_names == ("a", "b = x", "b = y")
    assert preprocessing.transform(table)[:2, 0].tolist() == [-1, 1]


def test_a_missing_number_is_the_median_and_marked_if_training_had_some():
    preprocessing = fitted({"a": [1.0, 2.0, 9.0, None]})
    assert preprocessing.feature_names == ("a", "a is missing")
    x = preprocessing.transform({"a": [None, 2.0]})
    assert x[0, 0] == x[1, 0]
    assert x[:, 1].tolist() == [1, 0]
    assert fitted({"a": [1.0, 2.0]}).feature_names == ("a",)


def test_infinity_is_treated_as_missing():
    preprocessing = fitted({"a": [1.0, 2.0, 9.0]})
    x = preprocessing.transform({"a": [np.inf, 2.0, -np.inf, "text"]})
    assert (x == x[1]).all()


def test_inputs_are_finite_for_the_largest_numbers():
    preprocessing = fitted({"a": [1e308, -1e308, 0.0], "b": [0.0, 1e-300, 0.0]})
    x = preprocessing.transform({"a": [1.7e308, 0.0], "b": [1e308, -1e308]})
    assert np.isfinite(x).all()
    np.testing.assert_allclose(x[0, 0], 1.7 * 1.5**0.5, rtol=1e-6)
    assert x[:, 1].tolist() == [1e6, -1e6]


def test_columns_that_do_not_vary_in_training_are_dropped():
    table = fm.read(
        {"a": [1, 1, 2], "b": ["x", "x", "y"], "c": [0, 0, 1], "d": [1, 2, 9]}
    )
    assert Preprocessing.fit(table.rows([0, 1])).feature_names == ("d",)


def test_booleans_are_zero_and_one_and_missing_the_more_frequent():
    preprocessing = fitted({"a": ["yes", "no", "yes", None]})
    assert preprocessing.feature_names == ("a", "a is missing")
    x = preprocessing.transform({"a": ["no", "y", None]})
    assert x.tolist() == [[0, 0], [1, 0], [1, 1]]


def test_categories_have_an_input_each_and_unknown_ones_none():
    preprocessing = fitted({"city": ["Rome", "Oslo", "Rome", None]})
    names = ("city = Rome", "city = Oslo", "city is missing")
    assert preprocessing.feature_names == names
    x = preprocessing.transform({"city": ["Oslo", "Paris", None]})
    assert x.tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 1]]


def test_ten_thousand_categories_have_fifty_one_inputs():
    values = [f"c{i}" for i in range(10_000)] + [f"c{i}" for i in range(100)] * 3
    preprocessing = fitted({"a": values})
    assert preprocessing.width == 51
    assert preprocessing.feature_names[-1] == "a is other"
    x = preprocessing.transform({"a": ["c9999", "new", "c0"]})
    assert x[:, -1].tolist() == [1, 1, 0]
    assert x.sum(axis=1).tolist() == [1, 1, 1]


def test_a_category_called_other_is_not_mixed_up_with_the_others():
    values = [f"c{i}" for i in range(60)] + ["other"] * 5
    names = fitted({"a": values}).feature_names
    assert len(set(names)) == len(names)


def test_dates_become_days_year_and_cycles_where_they_vary():
    days = [dt.datetime(2023, 1, 2), dt.datetime(2023, 7, 3), dt.datetime(2024, 1, 8)]
    preprocessing = fitted({"d": days})
    assert preprocessing.feature_names == (
        "d days", "d year", "d month (sin)", "d month (cos)",
    )  # fmt: skip
    x = preprocessing.transform({"d": days})
    np.testing.assert_allclose(x[:, 0].mean(), 0, atol=1e-6)
    np.testing.assert_allclose(x[:, 3], [1, -1, 1], atol=1e-6)


def test_hours_and_weekdays_are_cycles():
    days = [dt.datetime(2024, 1, 1, 0), dt.datetime(2024, 1, 2, 6)]
    names = fitted({"d": days}).feature_names
    assert names == (
        "d days", "d weekday (sin)", "d weekday (cos)", "d hour (sin)", "d hour (cos)",
    )  # fmt: skip


def test_the_order_of_dates_is_kept_for_new_rows():
    preprocessing = fitted({"d": ["01/31/2024", "02/01/2024", "05/04/2024"]})
    x = preprocessing.transform({"d": ["02/01/2024", dt.date(2024, 2, 1)]})
    assert x[0].tolist() == x[1].tolist()


def test_a_missing_date_is_in_the_middle():
    preprocessing = fitted({"d": ["2024-01-01", "2024-03-01", None]})
    x = preprocessing.transform({"d": [None]})
    assert x[0].tolist() == [0] * (preprocessing.width - 1) + [1]


REVIEWS = [
    "the room was small but clean, and the staff helpful",
    "a dirty room and rude staff; we left after a night",
    "great breakfast and a great view of the old harbour",
    "it's été superb! the view, the food, the room: 10/10",
    "noisy street, no breakfast, no view, never ever again",
]


def test_text_has_the_tf_idf_of_scikit_learn():
    preprocessing = fitted({"review": REVIEWS})
    vectorizer = TfidfVectorizer()
    expected = vectorizer.fit_transform(REVIEWS).toarray()
    names = tuple(f"review has {word}" for word in vectorizer.get_feature_names_out())
    assert preprocessing.feature_names == names
    new = [*REVIEWS, "A great, GREAT room", "nothing known"]
    expected = vectorizer.transform(new).toarray()
    x = preprocessing.transform({"review": new})
    np.testing.assert_allclose(x, expected, atol=1e-6)


def test_text_keeps_the_two_hundred_most_frequent_words():
    rng = np.random.default_rng(0)
    texts = [" ".join(f"w{n}" for n in rng.integers(0, 500, 9)) for _ in range(200)]
    texts = [text + " always" for text in texts]
    preprocessing = fitted({"a": texts})
    assert preprocessing.width == 200
    assert "a has always" in preprocessing.feature_names


def test_columns_go_by_name_and_others_are_ignored():
    preprocessing = fitted({"a": [1.0, 3.0], "b": [10.0, 30.0]})
    x = preprocessing.transform({"z": ["?"], "b": [30], "a": [1]})
    assert x.tolist() == [[-1, 1]]


def test_a_missing_column_is_named_with_a_suggestion():
    preprocessing = fitted({"age": [1, 3], "size": [2, 5]})
    message = "'age' is missing. Did you mean 'Age'.* needs: 'age', 'size'"
    with pytest.raises(InputError, match=message):
        preprocessing.transform({"Age": [1], "size": [2]})


def test_columns_that_were_not_used_are_not_needed():
    preprocessing = fitted({"id": [1, 2, 3], "a": [1.0, 3.0, 4.0]})
    assert preprocessing.transform({"a": [1.0]}).shape == (1, 1)


def test_an_array_goes_by_position():
    preprocessing = fitted({"a": [1.0, 3.0], "edge": [0, 0], "b": [10.0, 30.0]})
    assert preprocessing.transform(np.array([[1, 7, 30]])).tolist() == [[-1, 1]]
    with pytest.raises(InputError, match="the 3 columns of training, in order: 'a'"):
        preprocessing.transform(np.ones((1, 2)))


def test_new_rows_are_read_by_the_kind_of_training():
    preprocessing = fitted({"a": ["x", "007", "1"], "flag": ["yes", "no", "no"],
                            "n": [1.5, 2.5, 4.0]})  # fmt: skip
    rows = {"a": ["007", "007"], "flag": ["no", "no"], "n": ["2.5", "2.5"]}
    expected = preprocessing.transform(rows)
    assert preprocessing.transform(fm.read(rows)).tolist() == expected.tolist()
    column = list(preprocessing.feature_names).index("a = 007")
    assert expected[:, column].tolist() == [1, 1]


def test_dates_where_training_had_numbers_are_refused():
    preprocessing = fitted({"a": [1.5, 2.5]})
    with pytest.raises(
        InputError, match="'a' holds dates, where numbers were expected"
    ):
        preprocessing.transform({"a": [dt.date(2024, 1, 1)]})


def test_without_a_column_that_varies_nothing_can_be_fitted():
    with pytest.raises(
        InputError, match=r"no column to learn from .* 'a' \(constant\)"
    ):
        fitted({"a": [1, 1], "id": [3, 4]})


def test_no_rows_cannot_be_fitted():
    with pytest.raises(InputError, match="has no rows to learn from"):
        Preprocessing.fit(fm.read({"a": [1, 2]}).rows([]))


def test_the_report_names_what_training_did_not_have():
    preprocessing = fitted({"city": ["Rome", "Bern", "Rome"], "age": [20, 30, 40],
                            "smoker": [True, False, False]})  # fmt: skip
    sentences = preprocessing.report(
        fm.read({"city": ["Oslo", "Rome", "Paris", "Lima", "Bonn"],
                 "age": [10, None, 25, 30, "old"],
                 "smoker": [True, None, None, False, True]})
    )  # fmt: skip
    assert sentences == [
        "column city: 4 values not seen in training (Oslo, Paris, Lima, ...) are "
        "treated as unknown",
        "column age: 1 value is no number ('old') and treated as missing",
        "column age: 1 value is missing, which training did not have, and filled with "
        "the median of training, 30",
        "column age: 1 value is beyond those of training (20 to 40)",
        "column smoker: 2 values are missing, which training did not have, and filled "
        "with the more frequent value, no",
    ]


def test_known_values_are_not_reported():
    source = {"city": ["Rome", None, "Oslo"], "age": [20, None, 40]}
    assert fitted(source).report(source) == []


PLAIN = fitted({"a": [1.0, 2.0, None], "c": ["x", "y", "x"],
                "d": ["2024-01-01", "2025-03-01", "2024-06-07"]}).to_dict()  # fmt: skip


def test_plain_data_are_json():
    assert json.loads(json.dumps(PLAIN, allow_nan=False)) == PLAIN
    assert Preprocessing.from_dict(PLAIN).to_dict() == PLAIN


def changed(encoder, **change):
    encoders = [dict(e) for e in PLAIN["encoders"]]
    encoders[encoder] |= change
    return {**PLAIN, "encoders": encoders}


@pytest.mark.parametrize("damaged", [
    None, 3, [], {}, {**PLAIN, "version": 2}, {**PLAIN, "version": True},
    {**PLAIN, "encoders": []}, {**PLAIN, "encoders": [3]}, {**PLAIN, "more": 1},
    {**PLAIN, "columns": ["a"]}, {**PLAIN, "columns": ["a", "a", "c", "d"]},
    {**PLAIN, "encoders": PLAIN["encoders"] + PLAIN["encoders"][:1]},
    changed(0, kind="pickle"), changed(0, kind=["number"]), changed(0, std=-1.0),
    changed(0, mean=float("nan")), changed(0, mean="1"), changed(0, mean=10**400),
    changed(0, missing=1), changed(0, extra=1), changed(0, name="b"),
    changed(0, std=0, missing=False), changed(0, median=True),
    changed(0, name="\ud800"),
    changed(1, categories="xy"), changed(1, categories=["x", "x"]),
    changed(1, categories=[1]), changed(2, cycles=["second"]), changed(2, start=2**70),
    changed(2, cycles=["month", "month"]), changed(2, order="year first"),
    changed(2, start=1.5),
])  # fmt: skip
def test_damaged_plain_data_are_refused(damaged):
    with pytest.raises(InputError, match="The saved preprocessing is damaged"):
        Preprocessing.from_dict(damaged)


def test_april_is_a_quarter_of_the_circle_after_january():
    preprocessing = fitted({"d": ["2024-01-01", "2024-04-01"]})
    names = list(preprocessing.feature_names)
    x = preprocessing.transform({"d": ["2023-04-01"]})[0]
    month = [x[names.index(f"d month ({f})")] for f in ("sin", "cos")]
    np.testing.assert_allclose(month, [1, 0], atol=1e-6)
