"""Split conformal prediction: intervals and sets that hold the answer as often as said.

    score_i = |y_i - f(x_i)| / scale(x_i)            for n rows not learned from
    q       = the ceil((n + 1) coverage)-th smallest score
    answer in f(x) +- q scale(x)

If the calibration rows and a new row are exchangeable, the interval holds its answer
with a probability of at least `coverage`, and (without ties) at most 1 / (n + 1) more,
over all draws of calibration rows and new row, whatever the network. In classification
score_i = 1 - P(y_i | x_i), and the set holds the classes whose score is at most q.

Source: Vovk et al., "Algorithmic learning in a random world" (2005); Lei et al.,
"Distribution-free predictive inference for regression", JASA (2018); Sadinle et al.,
"Least ambiguous set-valued classifiers", JASA (2019).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from fathom.data.plain import NUMBERS, SPREAD, Check, list_of, take
from fathom.errors import InputError, is_number, require

# Of more calibration rows, this many are kept: any sample of them is valid, and the
# quantile of 10,000 is exact to half a percent of coverage.
MOST = 10_000


@dataclass(frozen=True)
class Conformal:
    """Scores of rows that were not learned from.

    Attributes:
        scores: Of every target, sorted; classification has one list.
        floor: Added to the members' spread to give the scale, of every target, so that
            a row on which all agree gets an interval too; empty if the scale is 1.
        rows: How many calibration rows there were.

    Example:
        >>> scores = Conformal((tuple(float(i) for i in range(1, 20)),))
        >>> scores.quantiles(0.9).tolist()  # ceil(20 * 0.9) = 18th of 19
        [18.0]
    """

    scores: tuple[tuple[float, ...], ...]
    floor: tuple[float, ...] = ()
    rows: int = 0

    @classmethod
    def of(cls, scores: np.ndarray, floor: tuple[float, ...] = ()) -> Self:
        """Return the scores (rows, targets) sorted, and a sample where there are many.

        Raises:
            InputError: If there are none, or they are not finite.
        """
        n = len(scores)
        if not n or not np.isfinite(scores).all():
            raise InputError(
                f"Calibration needs rows with finite scores. Got {n} rows"
                f"{', some of which give NaN or infinity' if n else ''}."
            )
        if n > MOST:
            scores = np.random.default_rng(0).choice(scores, MOST, replace=False)
        columns = np.sort(np.asarray(scores, np.float64), axis=0).T
        return cls(tuple(tuple(map(float, one)) for one in columns), floor, n)

    def quantiles(self, coverage: float) -> np.ndarray:
        """Return q of every target (targets,).

        Raises:
            InputError: If the coverage is no share, or there are too few rows for it.
        """
        fits = is_number(coverage) and 0 < coverage < 1
        expected = "a share between 0 and 1 such as 0.9"
        require(fits, "predict_interval", "coverage", expected, coverage)
        n = len(self.scores[0])
        # Rounded first, since 0.07 * 100 is a little more than 7 in binary.
        place = math.ceil(round((n + 1) * coverage, 9))
        if place > n:
            needed = math.ceil(round(coverage / (1 - coverage), 9))
            raise InputError(
                f"A coverage of {coverage} needs at least {needed} calibration rows. "
                f"This model has {n}: calibrate it on more rows, or ask for less."
            )
        return np.array([one[max(place, 1) - 1] for one in self.scores])

    def to_dict(self) -> dict[str, Any]:
        """Return plain data that JSON can hold."""
        return {
            "scores": [list(one) for one in self.scores],
            "floor": list(self.floor),
            "rows": self.rows,
        }

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """Return what `to_dict` wrote.

        Raises:
            InputError: If the data are damaged.
        """
        found = cls(**take(data, "The saved calibration", _FIELDS))
        lengths = {len(one) for one in found.scores}
        fits = len(lengths) == 1 and 0 not in lengths
        fits &= len(found.floor) in (0, len(found.scores))
        if not fits or any(list(one) != sorted(one) for one in found.scores):
            raise InputError(
                "The saved calibration is damaged: scores must be sorted lists of one "
                "length, with a floor for each or none."
            )
        return found


_FIELDS = {
    "scores": Check(
        "lists of finite numbers",
        list_of(NUMBERS.holds),
        lambda value: tuple(NUMBERS.convert(one) for one in value),
    ),
    "floor": Check("numbers of at least 0", list_of(SPREAD.holds), NUMBERS.convert),
    "rows": Check("a whole number", lambda v: type(v) is int and v >= 0),
}
