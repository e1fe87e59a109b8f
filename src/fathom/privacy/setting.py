"""The setting that makes a training differentially private.

    g = (sum_i min(1, clip / |g_i|) g_i + noise * clip * N(0, 1)) / batch size

with g_i the gradient of one row. Nobody can then tell from the weights, but for a
factor of e^epsilon in the odds and a probability of delta, whether a row was among
those that were trained on.

Source: Abadi et al., "Deep learning with differential privacy" (2016).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from fathom.errors import InputError, did_you_mean, is_number, is_whole, require
from fathom.privacy.accounting import noise_for, steps_of, usual_delta

OWNER = "DifferentialPrivacy"


@dataclass(frozen=True)
class DifferentialPrivacy:
    """How much noise hides a row, and how far a row may pull.

    Attributes:
        noise: Standard deviation of the noise, in units of `clip`: around 1 for an
            epsilon of a few. More noise is more privacy and less accuracy.
        clip: Largest norm of the gradient of one row, over all parameters.
        delta: Probability that the guarantee may fail, well below 1 / rows; None takes
            1e-5, or a tenth of 1 / rows if that is less.
        seed: Of noise and samples. None draws them from the operating system's
            randomness and keeps it nowhere, as the guarantee needs it. A number makes
            the run repeatable, for lessons and tests: who knows it can take the noise
            off.

    Example:
        >>> DifferentialPrivacy(noise=1.1, clip=1.0).to_dict()
        {'noise': 1.1, 'clip': 1.0, 'delta': None, 'seed': None}
    """

    noise: float
    clip: float
    delta: float | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        """Check the numbers; those of NumPy become plain ones."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.generic):
                object.__setattr__(self, field.name, value.item())
        for name in ("noise", "clip"):
            value = getattr(self, name)
            fits = is_number(value) and value > 0
            require(fits, OWNER, name, "a number above 0", value)
        fits = self.delta is None or (is_number(self.delta) and 0 < self.delta < 1)
        expected = "a probability between 0 and 1 such as 1e-5, or None"
        require(fits, OWNER, "delta", expected, self.delta)
        fits = self.seed is None or is_whole(self.seed, 0)
        expected = "a whole number of at least 0, or None"
        require(fits, OWNER, "seed", expected, self.seed)

    @staticmethod
    def for_epsilon(
        epsilon: float,
        clip: float,
        *,
        rows: int,
        batch_size: int = 32,
        epochs: int = 50,
        delta: float | None = None,
        seed: int | None = None,
    ) -> DifferentialPrivacy:
        """Return the setting with the least noise that keeps to an epsilon.

        Args:
            epsilon: What a run of all epochs may spend.
            clip: As of the class.
            rows: Rows that are trained on, without those held back.
            batch_size: As of the training.
            epochs: As of the training.
            delta: As of the class.
            seed: As of the class.

        Raises:
            InputError: If no noise keeps to it, or `dp-accounting` is not installed.

        Example:
            >>> plan = DifferentialPrivacy.for_epsilon(
            ...     1.0, clip=1.0, rows=1000, batch_size=50, epochs=2)
            >>> 1.5 < plan.noise < 1.7
            True
        """
        require(is_number(epsilon) and epsilon > 0, OWNER, "epsilon",
                "a number above 0", epsilon)  # fmt: skip
        for name, value in (("rows", rows), ("batch_size", batch_size),
                            ("epochs", epochs)):  # fmt: skip
            require(is_whole(value), OWNER, name, "a whole number of at least 1", value)
        own = usual_delta(rows) if delta is None else delta
        noise = noise_for(epsilon, own, steps_of(rows, batch_size, epochs))
        return DifferentialPrivacy(noise, clip, delta, seed)

    def to_dict(self) -> dict[str, Any]:
        """Return the setting as plain data."""
        return asdict(self)

    @staticmethod
    def from_plain(value: Any) -> DifferentialPrivacy | None:
        """Return the setting from what a file or a flag says of it.

        Args:
            value: "noise,clip", {"noise": ..., "clip": ...}, or None or "none".

        Raises:
            InputError: If it is neither.

        Example:
            >>> DifferentialPrivacy.from_plain("1.1,0.5").clip
            0.5
        """
        if value is None or isinstance(value, DifferentialPrivacy):
            return value
        if isinstance(value, str):
            if value.strip().lower() == "none":
                return None
            parts = value.split(",")
            names = ("noise", "clip")
            value = dict(zip(names, parts, strict=True)) if len(parts) == 2 else value
        known = [field.name for field in fields(DifferentialPrivacy)]
        if not isinstance(value, Mapping) or not {"noise", "clip"} <= value.keys():
            raise InputError(_expected(value))
        for name in value:
            if name not in known:
                why = did_you_mean(name, known) or f" Known: {', '.join(known)}."
                raise InputError(f"Unknown part {name!r} of privacy.{why}")
        return DifferentialPrivacy(**{n: _number(v) for n, v in value.items()})


def _expected(got: object) -> str:
    return (
        f"privacy is the noise and the clip, such as 1.1,1.0 (or noise: 1.1 and clip: "
        f"1.0 in a file). Got {got!r} instead."
    )


def _number(value: Any) -> Any:
    """Return text as the number it is, and anything else as it came."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError as error:
        raise InputError(_expected(value)) from error
