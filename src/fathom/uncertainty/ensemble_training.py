"""`fathom.train_ensemble`: several networks from several seeds, by one program.

Member i is the network that `fathom.train(..., seed=seed + i)` would give: start
values, order of the examples, dropout and the rows held back are its own.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from fathom.agreement import check_outputs, usual_metrics, warn_of_logits
from fathom.cross_validation.encoding import Rows
from fathom.cross_validation.validation import NOT_HERE, settings_for
from fathom.errors import InputError, did_you_mean, is_number, is_whole, require
from fathom.examples import as_table, is_table
from fathom.model import Model
from fathom.network import Network
from fathom.preparation import Held, Prepared, prepare
from fathom.trained import train
from fathom.training.ensemble_runs import EnsembleRuns, Member
from fathom.training.member_runs import MemberRuns
from fathom.training.parts import Part, alike
from fathom.training.settings import SEEDS, Settings
from fathom.uncertainty.ensemble import Ensemble
from fathom.version import __version__

OWNER = "train_ensemble"
OF_DATA = ("loss", "validation", "class_weight", "sample_weight", "metrics")


@dataclass(frozen=True)
class EnsembleResult:
    """What `fathom.train_ensemble` returns.

    Attributes:
        model: The ensemble; calibrated if a share was kept for that.
        members: How each one's training went: loss, epochs, best epoch, why it stopped.
        seconds: Of it all, with compilation.
        notes: What was noticed in the data.
    """

    model: Ensemble
    members: tuple[Member, ...]
    seconds: float
    notes: tuple[str, ...] = field(default=())


def train_ensemble(
    network: Network | str | Callable[..., Network],
    data: Any,
    *,
    n_members: int = 5,
    calibration: float | None = None,
    seed: int = 0,
    **settings: Any,
) -> EnsembleResult:
    """Train several networks by one compiled program.

    On an accelerator they stand side by side; on a CPU each core takes one at a time,
    which is faster there.

    Args:
        network: As `fathom.train` takes it.
        data: As `fathom.train` takes it.
        n_members: How many networks; 5 give most of what more would.
        calibration: Share of the rows that no member sees, on which temperature and
            intervals are then fitted; None calibrates nothing.
        seed: Of the first member; the others have those after it.
        settings: Further settings of `fathom.train`, but for those that look at one run
            (record, listeners, checkpoints, resume, repair), begin elsewhere
            (variables, start_from), minimize something else (objective) or try several
            (`weight_decay="auto"`). A share as `validation` is drawn by each member's
            seed.

    Raises:
        InputError: If something handed over cannot be used; says what and why.

    Example:
        >>> import fathom as fm
        >>> X, y = fm.datasets.load("iris")
        >>> network = fm.Network([fm.Dense(8, "relu"), fm.Dense(3, "softmax")], (4,))
        >>> result = fm.train_ensemble(network, (X, y), n_members=3, epochs=10)
        >>> result.model.predict_proba(X).shape
        (150, 3)
    """
    begin = time.perf_counter()
    _check(settings, n_members, calibration, seed)
    given = {name: settings.pop(name, None) for name in OF_DATA}
    metrics = given.pop("metrics")
    common = Settings(given["loss"] or "mean_squared_error", seed=seed, record=False,
                      **settings)  # fmt: skip
    if common.early_stopping is not None and given["validation"] is None:
        raise InputError(
            "early_stopping needs validation: a share of the rows or rows."
        )
    rows_kept = None
    if calibration is not None:
        data, given, rows_kept = _kept_apart(network, data, given, calibration, seed)
    each = _prepared(network, data, given, range(seed, seed + n_members))
    usual = usual_metrics(each[0].examples) if metrics is None else tuple(metrics)
    ready = settings_for(common, each[0].network, given["loss"], usual)
    warn_of_logits(each[0].network, ready.loss)
    apart = is_number(given["validation"])
    members = _trained(each, ready, apart)
    model = _ensemble(each, ready, members)
    if rows_kept is not None:
        model = model.calibrate(rows_kept)
    seconds = time.perf_counter() - begin
    return EnsembleResult(model, tuple(members), seconds, each[0].notes)


def _trained(each: Sequence[Prepared], settings: Settings, apart: bool) -> list[Member]:
    """Train the members: those of one shape by one program."""
    parts = [
        Part(one.network, one.training, one.validation, one.validation or one.training,
             settings.seed + i, i)
        for i, one in enumerate(each)
    ]  # fmt: skip
    found: dict[int, Member] = {}
    for network, numbers in alike(parts, settings):
        runs = MemberRuns(network, [settings], [parts[i] for i in numbers])
        found.update(zip(numbers, EnsembleRuns(runs, apart).train(), strict=True))
    return [found[i] for i in range(len(each))]


def _ensemble(
    each: Sequence[Prepared], settings: Settings, members: Sequence[Member]
) -> Ensemble:
    """Return the members as models that answer together."""
    models = []
    for i, (one, member) in enumerate(zip(each, members, strict=True)):
        own = replace(settings, seed=settings.seed + i).to_dict()
        held = one.validation
        about = {
            "fathom": __version__,
            "settings": own,
            "training_examples": len(one.training.weight),
            "validation_examples": 0 if held is None else len(held.weight),
            "epochs": member.epochs,
            "best_epoch": member.best_epoch,
            "stopped": member.stopped,
        }
        target, preprocessing = one.examples.target, one.examples.preprocessing
        models.append(
            Model(
                one.network,
                member.variables,
                str(own["loss"]),
                target,
                preprocessing,
                about,
            )
        )
    about = {"fathom": __version__, "n_members": len(models), "seed": settings.seed}
    return Ensemble(tuple(models), about)


def _prepared(
    network: Any, data: Any, given: dict[str, Any], seeds: Sequence[int]
) -> list[Prepared]:
    """Return what each member learns from; the same if nothing is drawn by the seed."""
    fixed = network if isinstance(network, Network) else None
    if is_table(data, fixed):
        data = as_table(data)
    each: list[Prepared] = []
    for seed in seeds:
        if each and not is_number(given["validation"]):
            each.append(each[0])
            continue
        held = Held(given["validation"], seed)
        own = prepare(network, data, given["loss"], held)
        own = own.weighted(given["sample_weight"], given["class_weight"])
        check_outputs(own.network, own.training, own.examples.target)
        each.append(own)
    return each


def _kept_apart(
    network: Any, data: Any, given: dict[str, Any], share: float, seed: int
) -> tuple[Any, dict[str, Any], Any]:
    """Return the rows to learn from, their settings, and the rows to calibrate on."""
    from fathom.data.split import split_indices

    rows = Rows.of(data, network, loss=given["loss"])
    training, kept = split_indices(len(rows), share, seed, rows.classes(network))
    weight = given["sample_weight"]
    if weight is not None:
        given = {**given, "sample_weight": np.asarray(weight)[training]}
    return rows.take(training), given, rows.take(kept)


def _check(
    settings: dict[str, Any], n_members: Any, calibration: Any, seed: Any
) -> None:
    known = [n for n, p in inspect.signature(train).parameters.items()
             if p.kind is p.KEYWORD_ONLY and n not in NOT_HERE]  # fmt: skip
    for name in settings:
        if name not in known:
            why = did_you_mean(name, [*known, "n_members", "calibration"])
            why = why or f" Known: {', '.join(known)}."
            raise InputError(f"Unknown setting {name!r} of {OWNER}.{why}")
    expected = "a whole number of at least 1"
    require(is_whole(n_members), OWNER, "n_members", expected, n_members)
    fits = calibration is None or (is_number(calibration) and 0 < calibration < 1)
    require(fits, OWNER, "calibration", "a share such as 0.2, or None", calibration)
    fits = is_whole(seed, 0) and seed + n_members <= SEEDS
    require(fits, OWNER, "seed", "a whole number of at least 0, below 2^32", seed)
