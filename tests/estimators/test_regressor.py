"""`fathom.Regressor`: numbers in their own unit."""

from __future__ import annotations

import numpy as np
from tests.estimators.examples import VALUES, X, regressor


def test_it_predicts_in_the_unit_of_the_answers() -> None:
    fitted = regressor(epochs=200).fit(X, VALUES)
    assert fitted.score(X, VALUES) > 0.97
    assert abs(fitted.predict(X).mean() - 1000) < 20


def test_several_outputs_are_learned_side_by_side() -> None:
    both = np.c_[VALUES, -1e-3 * VALUES]
    fitted = regressor(epochs=200).fit(X, both)
    assert fitted.predict(X).shape == (60, 2)
    assert fitted.score(X, both) > 0.97


def test_a_column_of_answers_gives_a_column_back() -> None:
    fitted = regressor(epochs=1).fit(X, VALUES[:, None])
    assert fitted.predict(X).shape == (60, 1)


def test_answers_that_do_not_vary_are_predicted_as_they_are() -> None:
    fitted = regressor(hidden_units=(), epochs=200, learning_rate=0.1)
    fitted.fit(X, np.full(60, 7.0))
    np.testing.assert_allclose(fitted.predict(X), 7.0, atol=0.05)


def test_the_model_answers_the_same() -> None:
    fitted = regressor(epochs=5).fit(X, VALUES)
    np.testing.assert_allclose(fitted.model_.predict(X), fitted.predict(X), rtol=1e-5)


def test_columns_of_any_size_are_learned() -> None:
    fitted = regressor(epochs=200).fit(X * [1e9, 1e-9, 1.0] + [1e12, 0, 0], VALUES)
    assert fitted.score(X * [1e9, 1e-9, 1.0] + [1e12, 0, 0], VALUES) > 0.97


def test_partial_fit_keeps_the_scale_of_the_first_call() -> None:
    grown = regressor().partial_fit(X, VALUES)
    scale = grown.model_.target
    assert grown.partial_fit(X, VALUES + 5000).model_.target == scale


def test_validation_answers_are_in_the_same_scale() -> None:
    fitted = regressor(epochs=200).fit(X, VALUES, validation_data=(X, VALUES))
    last = fitted.history_["validation_r2"][-1]
    np.testing.assert_allclose(last, fitted.score(X, VALUES), atol=1e-3)
