"""scikit-learn's callbacks: `set_callbacks(ProgressBar())` and the like.

scikit-learn 1.9 tells callbacks of the tasks of a fit. Here these are its epochs, one
after the other below the task of the whole fit. Callbacks may score the network of an
epoch as if the fit had stopped there, and may stop it. Who sets none pays nothing, and
with an earlier scikit-learn nothing can be set.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fathom.estimators.given import Given

try:
    from sklearn.callback import (
        CallbackSupportMixin,  # pyright: ignore
        with_callbacks,
    )
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:
        """An estimator on which no callbacks can be set."""

    def with_callbacks(method: Any) -> Any:
        """Return the method as it is."""
        return method


__all__ = ["CallbackSupportMixin", "FitTasks", "with_callbacks"]


class FitTasks:
    """The tasks of one fit, told to the callbacks of an estimator.

    Args:
        estimator: Has callbacks.
        given: What fit was given.
        n_epochs: At most.
        fitted: Variables -> what makes a copy of the estimator one that is fitted.
    """

    def __init__(
        self,
        estimator: Any,
        given: Given,
        n_epochs: int,
        fitted: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> None:
        weight = given.sample_weight
        self._told: dict[str, Any] = {
            "estimator": estimator,
            "X": given.X,
            "y": given.y,
            "metadata": None if weight is None else {"sample_weight": weight},
        }
        self._fitted = fitted
        self._fit = estimator._init_callback_context(max_subtasks=n_epochs)
        self._fit.call_on_fit_task_begin(**self._told)
        self._epoch: Any = None

    def begin(self) -> None:
        """Tell that an epoch begins."""
        self._epoch = self._fit.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._told)

    def end(self, variables: Callable[[], dict[str, Any]]) -> bool:
        """Tell that it has ended, and return whether a callback wants to stop."""
        epoch, self._epoch = self._epoch, None
        return epoch.call_on_fit_task_end(
            **self._told, reconstruction_attributes=lambda: self._fitted(variables())
        )

    def close(self) -> None:
        """Tell that the fit has ended."""
        if self._epoch is not None:  # NaN cut it off: nothing has come of it
            self._epoch.call_on_fit_task_end(estimator=self._told["estimator"])
        self._fit.call_on_fit_task_end(**self._told, reconstruction_attributes={})


def fit_tasks(
    estimator: Any,
    given: Given,
    n_epochs: int,
    fitted: Callable[[dict[str, Any]], dict[str, Any]],
) -> FitTasks | None:
    """Return the tasks of a fit; None if nobody is to be told.

    Members of an ensemble have their epochs side by side: of these only the whole fit
    is told.
    """
    if given.epochs is not None or not hasattr(estimator, "_skl_callbacks"):
        return None
    n_epochs = n_epochs if estimator.n_members == 1 else 0
    return FitTasks(estimator, given, n_epochs, fitted)
