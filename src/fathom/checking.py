"""`fathom.check`: what is wrong before any training, with what would be trained."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from fathom.agreement import (
    check_outputs,
    check_variables,
    frozen_addresses,
    taken_over,
    usual_loss,
)
from fathom.arrays import array_inputs
from fathom.diagnose.engine import static_findings
from fathom.diagnose.evidence import Evidence, NonFinite
from fathom.diagnose.finding import Findings
from fathom.diagnose.rule import STATIC
from fathom.errors import InputError, did_you_mean
from fathom.examples import as_table, is_table, pair
from fathom.models.recipes import Recipe
from fathom.network import Network
from fathom.preparation import Held, Prepared, is_labels, prepare
from fathom.trained import train
from fathom.training.settings import Settings

# Of the settings of `fathom.train`, those that say what to do with the data.
OWN = ("validation", "class_weight", "sample_weight", "variables", "start_from")


def check(
    network: Network | str | Recipe | Callable[..., Network] | None,
    data: Any,
    loss: str | Callable[..., Any] | None = None,
    **settings: Any,
) -> Findings:
    """Say what is wrong with a network, data, a loss and settings before training.

    The data are prepared just as `fathom.train` would. Then every static rule looks,
    with one forward and one backward pass on some training rows. It takes about a
    second, nothing is trained, and nothing is changed.

    Args:
        network: As `fathom.train` takes it; None looks at the data alone.
        data: As `fathom.train` takes it. NaN and infinite values are a finding here,
            not an error.
        loss: As `fathom.train` takes it.
        settings: Further settings of `fathom.train`, such as validation=0.2,
            batch_size=16, learning_rate=0.1, freeze="dense_1".

    Returns:
        Findings, most likely cause first. An alarm is certain; a note is a symptom
        that may do no harm. `print` shows them as cards; `passed` names the rules that
        looked and found nothing.

    Raises:
        InputError: If the data cannot be used for a reason that no rule names.

    Example:
        >>> import fathom as fm, numpy as np
        >>> X = np.random.default_rng(0).normal(size=(200, 4))
        >>> y = (X[:, 0] + X[:, 1] > 0).astype(int)
        >>> network = fm.Network([fm.Dense(8, "relu"), fm.Dense(2, "relu")], (4,))
        >>> findings = fm.check(network, (X, y), "cross_entropy")
        >>> [(finding.name, finding.severity) for finding in findings]
        [('output-loss-mismatch', 'alarm')]
    """
    known = [*inspect.signature(train).parameters][2:]
    for name in settings:
        if name not in known:
            hint = did_you_mean(name, known)
            raise InputError(
                f"Unknown setting {name!r}.{hint} Settings are those of fathom.train."
            )
    given = _Given("mlp" if network is None else network, data, loss, settings)
    return given.findings(STATIC if network is not None else ("data",))


@dataclass(frozen=True)
class _Given:
    """What was handed over."""

    network: Network | str | Recipe | Callable[..., Network]
    data: Any
    loss: str | Callable[..., Any] | None
    settings: Mapping[str, Any]

    def findings(self, stages: Iterable[str]) -> Findings:
        """Prepare, look, and refuse what training would refuse."""
        data, non_finite = without_non_finite(self.data, self._fixed)
        prepared, refused = self._prepared(data)
        own = {name: self.settings.get(name) for name in OWN}
        prepared = prepared.weighted(own["sample_weight"], own["class_weight"])
        evidence = Evidence.of(
            prepared,
            self._settings(prepared.network),
            table=data if is_table(data, self._fixed) else None,
            given=self._start_values(prepared.network),
            class_weight=own["class_weight"],
            non_finite=non_finite,
        )
        if refused is not None:  # there is nothing to run
            stages = [stage for stage in stages if stage != "start"]
        found = static_findings(evidence, stages)
        if refused is not None and not found.alarms:
            raise refused
        return found

    @property
    def _fixed(self) -> Network | None:
        return self.network if isinstance(self.network, Network) else None

    def _prepared(self, data: Any) -> tuple[Prepared, InputError | None]:
        """Return the data as training takes them, and what it would refuse."""
        held = Held(self.settings.get("validation"), self.settings.get("seed", 0))
        own = self.settings.get("objective") is not None
        network = self.network
        try:
            prepared = prepare(network, data, self.loss, held, own)
            if not own:
                check_outputs(
                    prepared.network, prepared.training, prepared.examples.target
                )
        except InputError as refused:
            if not isinstance(network, Network) or own:
                raise
            labels = self._as_labels(network, data, held)
            if labels is None:
                raise
            return labels, refused
        return prepared, None

    def _as_labels(self, network: Network, data: Any, held: Held) -> Prepared | None:
        """Return data whose inputs fit and whose targets are classes, if they are.

        Without the network's word, targets are taken for what they look like; so it
        can be said that these classes and this network do not go together.
        """
        try:
            if not is_table(data, network):
                array_inputs(pair(data, "data")[0], network)
            prepared = prepare(lambda *_: network, data, self.loss, held)
        except InputError:
            return None
        return prepared if is_labels(prepared.examples.y) else None

    def _settings(self, network: Network) -> Settings:
        names = {field.name for field in fields(Settings)}
        given = {n: v for n, v in self.settings.items() if n in names}
        metrics = given.get("metrics") or ()
        given["metrics"] = (metrics,) if isinstance(metrics, str) else tuple(metrics)
        given["freeze"] = frozen_addresses(network, given.get("freeze", ()))
        return Settings(self.loss or usual_loss(network), **_without_loss(given))

    def _start_values(self, network: Network) -> Mapping[str, Any] | None:
        variables = self.settings.get("variables")
        trained = self.settings.get("start_from")
        if trained is not None:
            seed = self.settings.get("seed", 0)
            return taken_over(network, trained.variables, seed)
        if variables is not None:
            check_variables(network, variables)
        return variables


def _without_loss(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "loss"}


def without_non_finite(
    data: Any, network: Network | None
) -> tuple[Any, tuple[NonFinite, ...]]:
    """Return data that can be looked at, and where they were NaN or infinite.

    A table is returned as a `Table`: its preprocessing fills in what is missing.
    """
    if is_table(data, network):
        return as_table(data), ()
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        X, found = _finite(data, "inputs")
        return X, found
    X, of_inputs = _finite(data[0], "inputs")
    y, of_targets = _finite(data[1], "targets")
    return (X, y), (*of_inputs, *of_targets)


def _finite(values: Any, where: str) -> tuple[Any, tuple[NonFinite, ...]]:
    """Return an array with another value for each that is not finite in float32."""
    if isinstance(values, Mapping):
        parts = {name: _finite(array, where) for name, array in values.items()}
        found = [one for _, own in parts.values() for one in own]
        return {name: array for name, (array, _) in parts.items()}, tuple(found)
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different length: refused when prepared
        return values, ()
    if array.dtype.kind != "f" or not array.ndim:
        return values, ()
    with np.errstate(over="ignore"):
        bad = ~np.isfinite(array.astype(np.float32))
    if not bad.any():
        return values, ()
    place = tuple(int(i) for i in np.argwhere(bad)[0])
    found = NonFinite(where, int(bad.sum()), place, float(array[place]))
    good = array[~bad]
    return np.where(bad, good[0] if good.size else 0, array), (found,)
