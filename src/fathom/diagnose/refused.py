"""What training would refuse, mended first: outputs for other targets, missing values.

A run that does not begin has no score that a repair could be better than. So only what
is certain is changed here, and it is listed like the other repairs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from fathom.agreement import check_outputs, usual_loss
from fathom.arrays import array_inputs
from fathom.diagnose.edit import Edit
from fathom.diagnose.engine import findings_of
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.repairs import Attempt
from fathom.diagnose.rules import RULES
from fathom.errors import InputError
from fathom.examples import is_table, pair
from fathom.network import Network
from fathom.preparation import Held, is_labels, prepare
from fathom.training.settings import Settings

# A network may have several endings that are wrong, one behind the other.
MOST = 3
WITHOUT = "it is refused without"


class Accepted(NamedTuple):
    """What training takes.

    Attributes:
        network: As `fathom.train` takes it.
        data: Likewise.
        loss: Likewise.
        tried: What had to be changed.
    """

    network: Any
    data: Any
    loss: Any
    tried: tuple[Attempt, ...] = ()


def check_repairable(validation: Any, objective: Any, checkpoints: Any) -> None:
    """Raise InputError where nothing says which repair is better, or it would be lost.

    The rows are not split here: a run without an alarm is to be trained on the same
    rows with repair and without it.
    """
    if validation is None:
        raise InputError(
            "repair keeps what is better on rows that are held back, so it needs "
            "validation: a share of the rows such as 0.2, or a pair (X, y)."
        )
    if objective is not None:
        raise InputError(
            "repair compares answers with targets, which an objective of your own need "
            "not have. Leave repair or objective out."
        )
    if checkpoints is not None:
        raise InputError(
            "A repaired run is several runs, of which no checkpoint can be kept. Leave "
            "repair out, or checkpoints (and resume)."
        )


def accepted(network: Any, data: Any, loss: Any, held: Held) -> Accepted:
    """Return network, data and loss that can be trained.

    Raises:
        InputError: If they are refused for a reason that no edit mends.
    """
    given = Accepted(network, data, loss)
    for _ in range(MOST):
        try:
            found = prepare(given.network, given.data, given.loss, held)
            check_outputs(found.network, found.training, found.examples.target)
        except InputError as refused:
            better = _filled_in(given) or _with_other_ending(given, held)
            if better is None:
                raise refused from None
            given = better
        else:
            return given
    return given


def _filled_in(given: Accepted) -> Accepted | None:
    """Return missing values filled in as a table does, or their rows left out."""
    network = given.network
    if not isinstance(network, Network) or is_table(given.data, network):
        return None
    X, y = pair(given.data, "data")
    X, y = np.asarray(X), np.asarray(y)
    if X.dtype.kind != "f" or X.ndim < 2 or y.shape[:1] != X.shape[:1]:
        return None
    flat, answers = X.reshape(len(X), -1), y.reshape(len(y), -1)
    whole = np.isfinite(flat).all(1)
    if y.dtype.kind == "f":
        whole &= np.isfinite(answers).all(1)
    if whole.all():
        return None
    n = int((~whole).sum())
    rows = f"{n:,} {'row has' if n == 1 else 'rows have'} values that are not finite"
    if X.ndim > 2 or y.ndim > 1:
        edit = Edit("data", "rows", "leave out what is not finite", rows)
        return _changed(given, _attempt("non-finite", edit), data=(X[whole], y[whole]))
    from fathom.data import read

    table = read(np.where(np.isfinite(X), X, np.nan), target=y)
    edit = Edit("data", "inputs", "fill in, as a table does", rows)
    network = Network(network.layers)  # a column that has gaps becomes two inputs
    return _changed(given, _attempt("non-finite", edit), data=table, network=network)


def _with_other_ending(given: Accepted, held: Held) -> Accepted | None:
    """Return another ending, or another loss, where targets do not fit."""
    network = given.network
    if not isinstance(network, Network) or is_table(given.data, network):
        return None
    try:
        array_inputs(pair(given.data, "data")[0], network)
        found = prepare(lambda *_: network, given.data, given.loss, held)
    except InputError:
        return None
    if not is_labels(found.examples.y):
        return None
    settings = Settings(given.loss or usual_loss(network), seed=held.seed)
    for finding in findings_of(Evidence.of(found, settings), ("network",)).alarms:
        edit = finding.edit
        if edit is not None and edit.kind == "layer":
            attempt = _attempt(finding.name, edit)
            return _changed(
                given, attempt, network=network.replace(edit.at, edit.value)
            )
        if edit is not None and edit.at == "loss":
            return _changed(given, _attempt(finding.name, edit), loss=edit.value)
    return None


def _changed(given: Accepted, attempt: Attempt, **new: Any) -> Accepted:
    return given._replace(tried=(*given.tried, attempt), **new)


def _attempt(name: str, edit: Edit) -> Attempt:
    codes = {rule.name: rule.code for rule in RULES}
    return Attempt(name, codes[name], (edit,), kept=True, why=WITHOUT)
