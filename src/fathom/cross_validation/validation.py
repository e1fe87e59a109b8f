"""`fathom.cross_validate`: settings compared on rows that they were not trained on.

Folds x settings x seeds are trained by one compiled program. Each of these runs is the
run that `fathom.train` would make on the training rows of that fold, with the same
start values, batches and stopping.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fathom import metrics as known_metrics
from fathom.agreement import frozen_addresses, usual_loss, warn_of_logits
from fathom.cross_validation.encoding import Rows, encoded_parts
from fathom.cross_validation.folds import OWNER, Fold, folds_of
from fathom.cross_validation.grid import Candidate, by_program, candidates
from fathom.cross_validation.result import CrossValidation, Run
from fathom.errors import InputError, did_you_mean, is_number, is_whole, require
from fathom.network import Network
from fathom.trained import train
from fathom.training.member_runs import MemberRuns
from fathom.training.members import REASONS
from fathom.training.parts import Part, alike, narrower
from fathom.training.rows import variance
from fathom.training.settings import SEEDS, Settings

OF_DATA = ("loss", "validation", "class_weight", "sample_weight", "metrics")
# Settings of `fathom.train` that make no sense for many short-lived runs.
NOT_HERE = ("objective", "record", "variables", "start_from", "checkpoints", "resume",
            "repair", "listeners")  # fmt: skip


def cross_validate(  # noqa: PLR0913  (each setting is one the user may name)
    network: Network | str | Callable[..., Network],
    data: Any,
    *,
    grid: Mapping[str, Iterable[Any]] | None = None,
    folds: int | Iterable[tuple[Any, Any]] = 5,
    seeds: int = 1,
    scoring: str | None = None,
    groups: Any = None,
    in_order: bool = False,
    seed: int = 0,
    keep_models: bool = False,
    n_jobs: int = 1,
    **settings: Any,
) -> CrossValidation:
    """Train on all but one fold and score on that, for every fold, setting and seed.

    Settings that differ in learning rate, weight decay, gradient clip or weight average
    are trained side by side by one program; other settings (batch size, layers) by one
    program each.

    Args:
        network: As `fathom.train` takes it.
        data: As `fathom.train` takes it, with targets.
        grid: Values to compare by name, of which all combinations are tried: settings
            of `fathom.train`; "network", a list of networks; or what the recipe takes,
            such as "hidden" and "dropout" of "mlp".
        folds: How many, by class in classification; or pairs (training rows, rows held
            out), as the splitters of scikit-learn give them.
        seeds: Runs of each setting on each fold, with the seeds from `seed` on.
        scoring: What settings are compared by: "loss" or a metric such as "accuracy".
            None takes the loss, which says more than a count of errors.
        groups: (rows,) group of every row; no group is then trained on and held out.
        in_order: The rows are in order of time: what is held out comes later.
        seed: Decides on the folds, and is the first seed of the runs.
        keep_models: Whether to keep the variables of every run, `result.variables`.
        n_jobs: Programs at work at the same time, by `joblib` and whatever back end it
            has been told to use.
        settings: Further settings of `fathom.train`. `validation` is a share of each
            fold's training rows, which early stopping looks at.

    Returns:
        Scores of all runs, means with standard errors, the best setting, the most
        regularized one within a standard error of it, a chart, and the refit.

    Raises:
        InputError: If something handed over cannot be used; says what and why.

    Example:
        >>> import fathom as fm
        >>> rng = np.random.default_rng(0)
        >>> X = rng.normal(size=(60, 3)); y = X[:, 0] > 0
        >>> network = fm.Network([fm.Dense(1, "sigmoid")], (3,))
        >>> grid = {"weight_decay": [0.0, 100.0]}
        >>> found = fm.cross_validate(network, (X, y), grid=grid, folds=3, epochs=20,
        ...                           learning_rate=0.1)
        >>> found.best.setting
        {'weight_decay': 0.0}
    """
    begin = time.perf_counter()
    _check(settings, seeds, seed)
    given = {name: settings.pop(name, None) for name in OF_DATA}
    asked = given.pop("metrics")
    common = Settings(given["loss"] or "mean_squared_error", seed=seed, record=False,
                      **settings)  # fmt: skip
    _check_stopping(common, given["validation"])
    rows = Rows.of(data, network, **given)
    found = candidates(network, common, grid)
    pairs = folds_of(
        folds, len(rows), seed, rows.classes(found[0].network), groups, in_order
    )
    work = Work(rows, pairs, range(seed, seed + seeds), asked, keep_models)
    groups_of = by_program(found)
    done = _spread(work, [[found[i] for i in own] for own in groups_of], n_jobs)
    runs = sorted(
        (replace(run, candidate=own[run.candidate])
         for own, some in zip(groups_of, done, strict=True) for run in some),
        key=lambda run: (run.candidate, run.fold, run.seed),
    )  # fmt: skip
    return CrossValidation(
        tuple(found), tuple(runs), _scoring(scoring, runs), rows, seed,
        time.perf_counter() - begin,
    )  # fmt: skip


@dataclass(frozen=True)
class Work:
    """What all settings are tried on.

    Attributes:
        rows: All rows.
        folds: Pairs of row numbers.
        seeds: Of the runs.
        metrics: Names of metrics, or None for the usual ones.
        keep: Whether to keep variables.
    """

    rows: Rows
    folds: Sequence[Fold]
    seeds: Sequence[int]
    metrics: Sequence[str] | None = None
    keep: bool = False

    def runs(self, found: Sequence[Candidate]) -> list[Run]:
        """Return the runs of settings that one program can train."""
        parts, usual = encoded_parts(
            self.rows, found[0].network, self.folds, self.seeds
        )
        metrics = usual if self.metrics is None else self.metrics
        metrics = (metrics,) if isinstance(metrics, str) else tuple(metrics)
        ready = [settings_for(c.settings, parts[0].network, self.rows.loss, metrics)
                 for c in found]  # fmt: skip
        warn_of_logits(parts[0].network, ready[0].loss)
        return [
            run
            for network, numbers in alike(parts, ready[0])
            for run in runs_of(network, ready, [parts[i] for i in numbers], self.keep)
        ]


def settings_for(
    settings: Settings, network: Network, loss: Any, metrics: Sequence[str] = ()
) -> Settings:
    """Return settings with the loss and the addresses of a network."""
    return replace(
        settings,
        loss=loss or usual_loss(network),
        metrics=tuple(metrics),
        freeze=frozen_addresses(network, settings.freeze),
    )


def runs_of(
    network: Network, settings: Sequence[Settings], parts: Sequence[Part], keep: bool
) -> list[Run]:
    """Train every setting on every part, side by side, and return what came of it."""
    work = MemberRuns(network, settings, parts)
    lots = work.lots()
    objective = work.members.rule.objective
    found = {}
    for lot, judged in zip(lots, work.each(work.finish, lots), strict=True):
        part = parts[lot.part]
        spread = variance(part.test)
        for place, member in enumerate(lot.members):
            at = [np.asarray(judged.means[n])[place] for n in judged.means]
            means = dict(zip(judged.means, at, strict=True))
            scores = {"loss": float(means.pop("loss"))}
            for name, mean in means.items():
                scale = spread if name == "r2" else None
                scores[name] = objective.finish(name, mean, scale)
            held = None
            if keep:
                held = _own_variables(work, judged.held, place, part.network)
            found[lot.part, int(member)] = Run(
                int(member), part.fold, part.seed, scores,
                int(judged.epochs[place]), int(judged.best_epoch[place]),
                REASONS[int(judged.stopped[place])], held,
            )  # fmt: skip
    return list(found.values())


def _own_variables(
    work: MemberRuns, held: Any, place: int, network: Network
) -> dict[str, Any]:
    """Return the variables of a member, in the shapes of its own fold's network."""
    import jax

    one = jax.tree.map(lambda array: np.asarray(array)[place], held)
    return narrower(work.members.variables(one), jax.eval_shape(network.init))


def _spread(
    work: Work, programs: list[list[Candidate]], n_jobs: int
) -> list[list[Run]]:
    """Return the runs of every program; joblib's back end says where they are made."""
    fits = isinstance(n_jobs, int) and not isinstance(n_jobs, bool) and n_jobs != 0
    require(fits, OWNER, "n_jobs", "a whole number, -1 for all cores", n_jobs)
    if n_jobs == 1 or len(programs) == 1:
        return [work.runs(program) for program in programs]
    from joblib import Parallel, delayed

    done = Parallel(n_jobs=n_jobs)(delayed(work.runs)(own) for own in programs)
    return [list(runs) for runs in done]  # pyright: ignore


def _check(settings: Mapping[str, Any], seeds: int, seed: int) -> None:
    known = [n for n, p in inspect.signature(train).parameters.items()
             if p.kind is p.KEYWORD_ONLY and n not in NOT_HERE]  # fmt: skip
    for name in settings:
        if name not in known:
            own = list(inspect.signature(cross_validate).parameters)[2:-1]
            why = did_you_mean(name, [*known, *own]) or f" Known: {', '.join(known)}."
            raise InputError(f"Unknown setting {name!r} of {OWNER}.{why}")
    require(is_whole(seeds), OWNER, "seeds", "a whole number of at least 1", seeds)
    fits = is_whole(seed, 0) and seed + seeds <= SEEDS
    require(fits, OWNER, "seed", "a whole number of at least 0, below 2^32", seed)


def _check_stopping(settings: Settings, validation: Any) -> None:
    share = validation is None or (is_number(validation) and 0 < validation < 1)
    expected = "a share of each fold's training rows such as 0.2, or None"
    require(share, OWNER, "validation", expected, validation)
    if settings.early_stopping is not None and validation is None:
        raise InputError(
            "early_stopping watches rows that are neither trained on nor scored, so it "
            "needs validation: a share of each fold's training rows such as 0.2."
        )


def _scoring(given: str | None, runs: Sequence[Run]) -> str:
    """Return the name of the score that settings are compared by."""
    known = list(runs[0].scores)
    if given is None:
        return "loss"
    given = known_metrics.ALIASES.get(given, given)
    if given not in known:
        why = did_you_mean(given, [*known, *known_metrics.METRICS])
        raise InputError(
            f"Unknown scoring {given!r}.{why} Known here: {', '.join(known)}; others "
            f"are asked for by metrics=[...]."
        )
    return given
