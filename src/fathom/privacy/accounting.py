"""What a private training has spent, by Google's `dp-accounting`.

    P(outcome | rows) <= e^epsilon P(outcome | rows and one more) + delta,  both ways

for every set of outcomes. Every step is a Gaussian mechanism on a Poisson sample of
limited size; the account composes their privacy loss distributions.

Sources: Koskela, Jaelkoe and Honkela, "Computing tight differential privacy guarantees
using FFT" (2020); "Tighter privacy analysis for truncated Poisson sampling", arXiv
2508.15089 (2025).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache, partial
from importlib.util import find_spec
from typing import Any, NamedTuple

from fathom.errors import InputError
from fathom.privacy.sampling import Sampling

# The sentence that goes with every epsilon.
NOT_COVERED = (
    "Not covered: what was computed from the rows beside the gradients (scales, "
    "medians and class names of the preprocessing, statistics and losses in the record "
    "and the report), the rows that early stopping looked at, and the choice of the "
    "settings."
)
USUAL_DELTA = 1e-5
# The distributions are rounded, always to the safe side, to multiples of this. Finer by
# five takes five times as long and makes epsilon less by 0.1 % at most (measured).
INTERVAL = 5e-4
# Of a search for the noise, which computes a dozen.
SEARCH_INTERVAL = 2e-3
# Less noise hides nothing.
LEAST_NOISE = 0.5


class Steps(NamedTuple):
    """What was done to the rows.

    Attributes:
        n_rows: Rows that could be drawn.
        batch_size: Rows of a step, on average.
        n_steps: How many steps.
    """

    n_rows: int
    batch_size: int
    n_steps: int


@dataclass(frozen=True)
class PrivacySpent:
    """What a training has spent of the privacy of each row.

    Attributes:
        epsilon: Bound of the change in the logarithm of the odds.
        delta: Probability that the bound may fail.
        noise: Standard deviation of the noise, in units of `clip`.
        clip: Largest norm of the gradient of one row.
        sampling_rate: Probability that a row is in a step.
        steps: Steps taken, of all parts of the run, whichever weights were kept.
        rows: Rows that were drawn from.
        capacity: Largest number of rows in a step.
        clipped: Share of the gradients that were clipped.
        repeatable: Whether noise and samples came from a seed. Towards who knows it,
            there is no privacy.
    """

    epsilon: float
    delta: float
    noise: float
    clip: float
    sampling_rate: float
    steps: int
    rows: int
    capacity: int
    clipped: float
    repeatable: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)

    @staticmethod
    def from_dict(content: Mapping[str, Any]) -> PrivacySpent:
        """Return it from plain data."""
        known = [field.name for field in fields(PrivacySpent)]
        return PrivacySpent(**{name: content[name] for name in known})

    def __str__(self) -> str:
        """Return the guarantee, and what it leaves out."""
        seed = (
            " Noise and samples came from a seed: towards who knows it, there is no "
            "privacy."
            if self.repeatable
            else ""
        )
        return (
            f"Differentially private for each training row: epsilon "
            f"{self.epsilon:.3g} at delta {self.delta:.2g} (noise {self.noise:g}, clip "
            f"{self.clip:g}, {self.steps:,} steps with each row in {_share(self)} of "
            f"them; {self.clipped:.0%} of the gradients were clipped).{seed} "
            f"{NOT_COVERED}"
        )


def _share(spent: PrivacySpent) -> str:
    return f"{spent.sampling_rate:.2g}"


def usual_delta(rows: int) -> float:
    """Return the delta for so many rows: a tenth of 1 / rows, 1e-5 at most.

    Example:
        >>> usual_delta(500), usual_delta(50_000)
        (1e-05, 2e-06)
    """
    return min(USUAL_DELTA, 0.1 / rows)


def steps_of(rows: int, batch_size: int, epochs: int) -> Steps:
    """Return the steps of so many epochs."""
    size = min(batch_size, rows)
    return Steps(rows, size, epochs * Sampling(rows, size).n_steps)


@lru_cache(maxsize=64)
def epsilon_of(noise: float, delta: float, steps: Steps) -> float:
    """Return the epsilon of a training.

    Args:
        noise: Standard deviation, in units of the clip.
        delta: Probability that the bound may fail.
        steps: What was done.

    Raises:
        InputError: If `dp-accounting` is not installed.

    Example:
        >>> round(epsilon_of(1.3, 1e-5, Steps(60_000, 250, 3600)), 2)
        0.85
    """
    require_accountant()
    if not steps.n_steps:
        return 0.0
    accountant = _accountant()
    accountant.compose(_event(noise, steps))
    return float(accountant.get_epsilon(delta))


def noise_for(epsilon: float, delta: float, steps: Steps) -> float:
    """Return the least noise, to 0.002 and 0.5 at least, that keeps to an epsilon.

    Args:
        epsilon: What may be spent.
        delta: Probability that the bound may fail.
        steps: What will be done.

    Raises:
        InputError: If none does, or `dp-accounting` is not installed.
    """
    require_accountant()
    from dp_accounting import mechanism_calibration as calibration

    if epsilon_of(LEAST_NOISE, delta, steps) <= epsilon:
        return LEAST_NOISE
    bracket = calibration.LowerEndpointAndGuess(LEAST_NOISE, 1.0)
    try:
        noise = calibration.calibrate_dp_mechanism(
            partial(_accountant, SEARCH_INTERVAL), lambda n: _event(n, steps),
            epsilon, delta, bracket, tol=2e-3,
        )  # fmt: skip
    except calibration.NoBracketIntervalFoundError as error:
        raise InputError(
            f"No noise keeps {steps.n_steps:,} steps to epsilon {epsilon:g} at delta "
            f"{delta:g}. Ask for a larger epsilon, or take fewer epochs."
        ) from error
    return float(noise)


def _accountant(interval: float = INTERVAL) -> Any:
    from dp_accounting.pld import PLDAccountant

    return PLDAccountant(value_discretization_interval=interval)


def _event(noise: float, steps: Steps) -> Any:
    import dp_accounting

    sampling = Sampling(steps.n_rows, steps.batch_size)
    step = dp_accounting.TruncatedSubsampledGaussianDpEvent(
        steps.n_rows, sampling.rate, sampling.capacity, noise
    )
    return dp_accounting.SelfComposedDpEvent(step, steps.n_steps)


def require_accountant() -> None:
    """Raise InputError unless `dp-accounting` is installed."""
    if find_spec("dp_accounting") is None:
        raise InputError(
            "privacy needs the package dp-accounting, which computes epsilon: pip "
            'install "fathom-learn[privacy]".'
        )


def check_alone(given: Mapping[str, Any]) -> None:
    """Raise InputError where a private training would look at its rows besides.

    Args:
        given: The arguments of `fathom.train`, or settings likewise, by name.
    """
    why = {
        "sample_weight": "every row adds alike, up to the clip",
        "class_weight": "every row adds alike, up to the clip",
        "repair": "each repair that is tried is a training more on the same rows",
    }
    for name, reason in why.items():
        if given.get(name) is not None and given[name] is not False:
            raise InputError(f"With privacy, {reason}: leave {name} out.")
    if given.get("weight_decay") == "auto":
        raise InputError(
            "With privacy, weight_decay must be a number: the cross-validation that "
            "'auto' stands for trains on the same rows a hundred times more."
        )
    require_accountant()
