"""Estimators of several networks, and estimators that know how sure they may be.

Member i is what an estimator of one network would learn with the i-th seed after the
first; they are trained side by side (`fathom.training.ensemble_runs`).
"""

from __future__ import annotations

import dataclasses
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from fathom.errors import require
from fathom.estimators.estimator import NetworkEstimator
from fathom.estimators.learning import Lesson, learn_members
from fathom.estimators.sparse import dense
from fathom.estimators.watched_run import Watch
from fathom.model import Model
from fathom.network import Network
from fathom.privacy.accounting import PrivacySpent
from fathom.record.history import History
from fathom.training.loop import Outcome
from fathom.training.settings import Settings
from fathom.uncertainty.ensemble import Ensemble


class SeveralMembers(NetworkEstimator):
    """An estimator of one network, or of several that answer together.

    Attributes:
        members_: The trained parameters of every member; `variables_` are the first's.
    """

    members_: tuple[dict[str, Any], ...]

    @property
    def model_(self) -> Any:
        """The trained `fathom.Model`, or `fathom.Ensemble` of several members.

        It takes raw rows as the estimator does.
        """
        one = super().model_
        if len(self.members_) == 1:
            return dataclasses.replace(one, conformal=self._conformal)
        models = [dataclasses.replace(one, variables=own) for own in self.members_]
        return Ensemble(tuple(models), one.about, self._conformal)

    @property
    def privacy_(self) -> PrivacySpent | None:
        """What `fit` has spent of the privacy of its rows; None if it was not private.

        Every further fit on the same rows, such as those of a grid search, adds to it.
        """
        check_is_fitted(self, "network_")
        spent = self._about.get("privacy")
        return None if spent is None else PrivacySpent.from_dict(spent)

    def calibrate(self, X: Any, y: Any) -> Self:
        """Fit the uncertainty to rows that `fit` did not learn from.

        A temperature in classification, and scores for intervals and sets. A further
        fit forgets them.

        Args:
            X: As in `fit`.
            y: As in `fit`.

        Raises:
            ValueError: If there is no class and no number to predict (several labels).
        """
        found: Model | Ensemble = self.model_.calibrate((dense(X), y))
        first = found.members[0] if isinstance(found, Ensemble) else found
        self.network_, self._conformal = first.network, found.conformal
        self._about = {**self._about, "calibration": found.about["calibration"]}
        return self

    def _train(
        self,
        network: Network,
        settings: Settings,
        lesson: Lesson,
        start: dict[str, Any] | None,
        watch: Watch | None,
    ) -> Outcome:
        if self.n_members == 1:
            return super()._train(network, settings, lesson, start, watch)
        owner = self._owner
        expected = "1 where fit goes on from weights, or listeners are called"
        require(start is None and not self.listeners, owner, "n_members", expected,
                self.n_members)  # fmt: skip
        members = learn_members(network, settings, lesson, int(self.n_members))
        self.members_ = tuple(one.variables for one in members)
        one = members[0]
        return Outcome(one.variables, History([]), one.stopped, one.best_epoch, 0.0)

    def _fitted(
        self, network: Network, settings: Settings, variables: dict[str, Any]
    ) -> dict[str, Any]:
        fitted = super()._fitted(network, settings, variables)
        if self.n_members == 1:
            fitted["members_"] = (variables,)
        return {**fitted, "_conformal": None}

    def _run(self, network: Network, x: Any, own: Any = None) -> np.ndarray:
        """Return the mean of what the members give for inputs."""
        chosen = self.members_ if own is None else (own,)
        each = [super(SeveralMembers, self)._run(network, x, one) for one in chosen]
        return each[0] if len(each) == 1 else np.mean(each, axis=0)
