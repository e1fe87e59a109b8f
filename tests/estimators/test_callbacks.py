"""scikit-learn's callbacks on Fathom's estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.estimators.examples import LABELS, VALUES, X, classifier, regressor

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9")


class Listening:
    """A callback that notes what it hears, and stops after some epochs."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.heard: list[str] = []
        self.answers: list[np.ndarray] = []
        self.stop_after = stop_after

    def setup(self, estimator: Any, context: Any) -> None:
        self.heard.append("setup")

    def teardown(self, estimator: Any, context: Any) -> None:
        self.heard.append("teardown")

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        self.heard.append(f"begin {context.task_name}")

    def on_fit_task_end(
        self, estimator: Any, context: Any, *, fitted_estimator: Any = None
    ) -> bool:
        self.heard.append(f"end {context.task_name}")
        if context.task_name == "fit" or fitted_estimator is None:
            return False
        self.answers.append(fitted_estimator.predict(X))
        return context.task_id + 1 == self.stop_after


def test_the_epochs_of_a_fit_are_its_tasks() -> None:
    listening = Listening()
    classifier(epochs=2).set_callbacks(listening).fit(X, LABELS)
    epoch = ["begin epoch", "end epoch"]
    assert listening.heard == [
        "setup", "begin fit", *epoch, *epoch, "end fit", "teardown",
    ]  # fmt: skip


def test_an_epoch_answers_as_if_the_fit_had_stopped_there() -> None:
    listening = Listening()
    fitted = regressor(epochs=3).set_callbacks(listening).fit(X, VALUES)
    np.testing.assert_array_equal(listening.answers[-1], fitted.predict(X))
    grown = regressor(epochs=3).set_callbacks(Listening(2)).fit(X, VALUES)
    np.testing.assert_array_equal(listening.answers[1], grown.predict(X))


def test_a_callback_may_stop_the_fit() -> None:
    listening = Listening(stop_after=2)
    stopped = classifier(epochs=9).set_callbacks(listening).fit(X, LABELS)
    assert (stopped.stopped_, stopped.history_.n_epochs) == ("callback", 2)
    assert listening.heard[-3:] == ["end epoch", "end fit", "teardown"]


def test_callbacks_change_no_weight() -> None:
    plain = classifier(epochs=3).fit(X, LABELS)
    watched = classifier(epochs=3).set_callbacks(Listening()).fit(X, LABELS)
    np.testing.assert_array_equal(plain.predict_proba(X), watched.predict_proba(X))


def test_a_fit_that_fails_is_torn_down() -> None:
    listening = Listening()
    listening.on_fit_task_end = None  # type: ignore[method-assign]
    with pytest.raises(TypeError):
        classifier(epochs=1).set_callbacks(listening).fit(X, LABELS)
    assert listening.heard[-1] == "teardown"


def test_early_stopping_leaves_no_epoch_open() -> None:
    listening = Listening()
    held = classifier(early_stopping=2, epochs=60, learning_rate=0.5)
    held.set_callbacks(listening).fit(X, LABELS)
    begun, ended = (listening.heard.count(f"{do} epoch") for do in ("begin", "end"))
    assert held.stopped_ == "early_stopping"
    assert begun == ended == held.history_.n_epochs


def test_several_members_tell_of_the_whole_fit_only() -> None:
    listening = Listening()
    classifier(epochs=2, n_members=2).set_callbacks(listening).fit(X, LABELS)
    assert listening.heard == ["setup", "begin fit", "end fit", "teardown"]


def test_the_progress_bar_counts_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("rich")
    classifier(epochs=4).set_callbacks(callback.ProgressBar()).fit(X, LABELS)
    shown = capsys.readouterr().out
    assert "Classifier - fit" in shown
    assert "100%" in shown


def test_the_progress_bar_of_a_search_reaches_the_epochs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("rich")
    steps = make_pipeline(StandardScaler(), classifier(epochs=2))
    grid = {"classifier__learning_rate": [0.01, 0.1]}
    search = GridSearchCV(steps, grid, cv=2, error_score="raise")
    search.set_callbacks(callback.ProgressBar(max_propagation_depth=None))
    search.fit(X, LABELS)
    assert capsys.readouterr().out.count("Classifier - fit") == 5


def test_scores_of_every_epoch_are_monitored() -> None:
    monitor = callback.ScoringMonitor(scoring="accuracy")
    fitted = classifier(epochs=3).set_callbacks(monitor).fit(X, LABELS)
    log = monitor.get_logs()
    scores = [row["accuracy"] for row in log.data if row["task_name"] == "epoch"]
    assert len(scores) == 3
    assert scores[-1] == fitted.score(X, LABELS)


def test_a_clone_keeps_its_callbacks() -> None:
    listening = Listening()
    clone(classifier(epochs=1).set_callbacks(listening)).fit(X, LABELS)
    assert "end epoch" in listening.heard
