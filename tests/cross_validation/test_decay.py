"""`weight_decay="auto"`: chosen on rows held out, in `fm.train` and in estimators."""

from __future__ import annotations

import numpy as np
import pytest

import fathom as fm
from fathom.cross_validation.decay import decays


def noise_around_a_line() -> tuple[np.ndarray, np.ndarray]:
    """Many columns, few rows: without decay the noise is learned by heart."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 12)).astype(np.float32)
    y = 2 * X[:, 0] + rng.normal(size=40)
    return X, y.astype(np.float32)


@pytest.fixture(scope="module")
def regressor() -> fm.Regressor:
    estimator = fm.Regressor(
        (12,), learning_rate=0.02, weight_decay="auto", epochs=40, random_state=0
    )
    return estimator.fit(*noise_around_a_line())


def test_the_decays_go_from_none_to_three_percent_of_a_weight_a_step() -> None:
    assert decays("sgd", 0.1)[0] == 0
    assert decays("sgd", 0.1)[-1] == pytest.approx(0.3)
    assert decays("adam")[-1] == pytest.approx(30)


def test_a_regressor_takes_decay_where_there_is_noise(regressor: fm.Regressor) -> None:
    found = regressor.cross_validation_
    settings = regressor.model_.about["settings"]
    assert settings["weight_decay"] == found.best.setting["weight_decay"] > 0
    assert found.best.mean < found.settings[0].mean


def test_a_regressor_with_the_decay_that_was_found_is_the_same(
    regressor: fm.Regressor,
) -> None:
    X, y = noise_around_a_line()
    decay = regressor.cross_validation_.best.setting["weight_decay"]
    same = fm.Regressor(
        (12,), learning_rate=0.02, weight_decay=decay, epochs=40, random_state=0
    )
    assert (same.fit(X, y).predict(X) == regressor.predict(X)).all()


def test_a_fold_of_an_estimator_is_a_fit_on_its_rows(regressor: fm.Regressor) -> None:
    X, y = noise_around_a_line()
    seed = regressor.cross_validation_.seed
    from fathom.cross_validation.folds import folds_of

    training, held = folds_of(5, len(y), seed)[1]
    decay = regressor.cross_validation_.settings[10].setting["weight_decay"]
    alone = fm.Regressor(
        (12,), learning_rate=0.02, weight_decay=decay, epochs=40, random_state=0
    ).fit(X[training], y[training])
    error = (alone.predict(X[held]) - y[held]) ** 2
    expected = error.mean() / y[training].std() ** 2
    assert regressor.cross_validation_.scores("loss")[10, 1, 0] == pytest.approx(
        expected, rel=1e-4
    )


def test_training_says_how_it_chose() -> None:
    X, y = noise_around_a_line()
    network = fm.Network([fm.Dense(8, "tanh"), fm.Dense(1)], (12,))
    result = fm.train(network, (X, y), weight_decay="auto", epochs=10, validation=0.2)
    found = result.cross_validation
    assert found is not None
    used = result.model.about["settings"]["weight_decay"]
    assert used == found.best.setting["weight_decay"]
    assert len(found.runs) == 21 * 5


def test_an_embedder_says_that_it_cannot_choose() -> None:
    X, _ = noise_around_a_line()
    with pytest.raises(ValueError, match="a number where rows are compared"):
        fm.Embedder().set_params(weight_decay="auto").fit(X, np.arange(40) % 2)


def test_other_words_are_refused() -> None:
    with pytest.raises(fm.InputError, match=r"'weight_decay' parameter .* Got 'best'"):
        fm.train("mlp", noise_around_a_line(), weight_decay="best")
