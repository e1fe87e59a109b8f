"""Attribution: which inputs an output rests on, one number for each input.

Gradient x input, and the integrated gradients of Sundararajan, Taly and Yan,
"Axiomatic attribution for deep networks" (2017), against a baseline b:

    a_i = (x_i - b_i) dF/dx_i (x),
    a_i = (x_i - b_i) * integral over t from 0 to 1 of dF/dx_i (b + t (x - b))

The second are complete: they sum to F(x) - F(b). The way is cut in parts (see
`fathom.inspect.paths`), and those that spoil the sum are halved until it is right.
Tokens have no gradient; that of what their embedding makes of them is summed.
"""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from fathom.errors import choose, did_you_mean, is_whole, require
from fathom.inspect.attributed import Attribution, Values, attributed
from fathom.inspect.baseline import baseline_of
from fathom.inspect.batches import MOST_POINTS, n_rows
from fathom.inspect.entrance import require_movable
from fathom.inspect.occlusion import occlusion
from fathom.inspect.paths import ORDER, Parts, Paths
from fathom.inspect.readout import Asked, asked_names, readout
from fathom.model import Model

# A row's sum may be off by this share of the difference of outputs, or by this share of
# all that speaks for and against, which rounding goes by.
TOLERANCE = 1e-3
ROUNDING = 1e-5
MOST_STEPS = 4096


def attribute(
    model: Model,
    data: Any,
    method: str = "integrated_gradients",
    output: Any = None,
    baseline: Any = None,
    steps: int = 64,
    **settings: Any,
) -> Attribution:
    """Return how much each input adds to an output, for every row.

    Args:
        model: The model.
        data: Raw rows, as `model.predict` takes them.
        method: "integrated_gradients", "gradient_x_input" or "occlusion".
        output: The class or target to explain; None: the class predicted for the row.
        baseline: What to compare with, see `fathom.inspect.baseline`; None: inputs of
            0, which are the means of a table's numbers, or padding.
        steps: Of integrated gradients, where to start; doubled where needed.
        settings: `of` ("logit", the default for classes, or "probability"), `place`
            (which step of outputs that have several), and those of the method:
            `most_steps`; `size` and `stride`.

    Raises:
        InputError: If the data do not fit the model, or a setting cannot be used.
    """
    known = {
        "integrated_gradients": (integrated_gradients, ("steps", "most_steps")),
        "gradient_x_input": (gradient_x_input, ()),
        "occlusion": (occlusion, ("size", "stride")),
    }
    function, own = choose(known, method, "method of attribution")
    allowed = [*asked_names(), *(name for name in own if name != "steps")]
    for name, value in settings.items():
        expected = f"one of {', '.join(allowed)}{did_you_mean(name, allowed)}"
        require(name in allowed, "attribute", name, expected, value)
    if "steps" in own:
        settings["steps"] = steps
    return function(model, data, output=output, baseline=baseline, **settings)


def gradient_x_input(
    model: Model,
    data: Any,
    *,
    output: Any = None,
    baseline: Any = None,
    **asked: Unpack[Asked],
) -> Attribution:
    """Return (x - baseline) times the gradient at x; exact where F is linear.

    See `attribute`.
    """
    x = model.inputs(data)
    require_movable(model.network, x)
    base = baseline_of(model, x, baseline)
    ask = readout(model, x, output, **asked)
    paths = Paths(model, x, base, ask)
    rows, ones = np.arange(n_rows(x)), np.ones(n_rows(x))
    values = paths.slopes(rows, ones)
    ends = paths.value(rows, ones), paths.value(rows, 0 * ones)
    return attributed(model, "gradient_x_input", ask, x, Values(values, base, *ends))


def integrated_gradients(
    model: Model,
    data: Any,
    *,
    output: Any = None,
    baseline: Any = None,
    steps: int = 64,
    most_steps: int = MOST_STEPS,
    **asked: Unpack[Asked],
) -> Attribution:
    """Return the integrated gradients; they sum to the difference of outputs.

    Args:
        model: The model.
        data: Raw rows.
        output: See `attribute`.
        baseline: See `attribute`.
        steps: Points on the way from the baseline at first, in parts of 8.
        most_steps: Where halving parts ends, for each row. The result's `error` says
            how much a sum is still off; 0.1 % of the difference is the aim.
        asked: See `Asked`.
    """
    for name, value in (("steps", steps), ("most_steps", most_steps)):
        expected = "a whole number of at least 1"
        require(is_whole(value), "integrated_gradients", name, expected, value)
    x = model.inputs(data)
    require_movable(model.network, x)
    base = baseline_of(model, x, baseline)
    ask = readout(model, x, output, **asked)
    paths = Paths(model, x, base, ask, steps)
    rows, ones = np.arange(n_rows(x)), np.ones(n_rows(x))
    ends = paths.value(rows, ones), paths.value(rows, 0 * ones)
    allowed = TOLERANCE * np.abs(ends[0] - ends[1])
    values, used = _integrated(paths, allowed, -(-steps // ORDER), most_steps)
    result = Values(values, base, *ends, used)
    return attributed(model, "integrated_gradients", ask, x, result)


def _integrated(
    paths: Paths, allowed: np.ndarray, n_parts: int, most_steps: int
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the integrals over the whole ways, and how many points each took.

    Args:
        paths: The ways of all rows.
        allowed: (rows,) how much the sum over the inputs may be off.
        n_parts: Equal parts to begin with.
        most_steps: Points that a row may take.
    """
    left = Parts.equal(paths.n, n_parts)
    totals: dict[str, np.ndarray] = {}
    used = np.zeros(paths.n, int)
    at_once = MOST_POINTS // ORDER
    while len(left):
        count = np.bincount(left.rows, minlength=paths.n)
        used += ORDER * count
        is_last = used + 2 * ORDER * count > most_steps
        wrong = []
        for start in range(0, len(left), at_once):
            some = left.some(np.arange(start, min(start + at_once, len(left))))
            found = paths.integrals(some)
            is_done = _is_right(paths, some, found, allowed) | is_last[some.rows]
            for name, own in found.items():
                total = totals.setdefault(name, np.zeros((paths.n, *own.shape[1:])))
                np.add.at(total, some.rows[is_done], own[is_done])
            wrong.append(start + np.flatnonzero(~is_done))
        left = left.some(np.concatenate(wrong)).halves()
    return totals, used


def _is_right(
    paths: Paths, parts: Parts, found: dict[str, np.ndarray], allowed: np.ndarray
) -> np.ndarray:
    """Say of each part whether its sum is near the difference of outputs."""
    flat = [own.reshape(len(own), -1) for own in found.values()]
    total = np.sum([own.sum(1) for own in flat], axis=0)
    size = np.sum([np.abs(own).sum(1) for own in flat], axis=0)
    high, low = (paths.value(parts.rows, at) for at in (parts.high, parts.low))
    off = np.abs(total - (high - low))
    within = np.maximum(parts.allowed * allowed[parts.rows], ROUNDING * size)
    return off <= within
