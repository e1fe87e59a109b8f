"""The examples of folds, made alike so that one program serves them all.

Folds differ by a row or two, and where text columns become one input for each category,
by some inputs. Rows of weight 0 and inputs that are always 0 make them alike: neither
changes a cost or a gradient. The rows of the first weights that belong to such inputs
start at 0 and stay there, and the others start as in a run on the fold alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from fathom.layers import Dense
from fathom.network import Network
from fathom.training.objective import Batch
from fathom.training.plan import Plan
from fathom.training.settings import Settings


class Part(NamedTuple):
    """The examples of one fold, for runs with one seed.

    Attributes:
        network: With the input shape of the examples.
        training: Encoded training examples.
        validation: Examples that early stopping looks at, or None.
        test: The examples held out, which only the score looks at.
        seed: Fixes start values, order of the examples and dropout.
        fold: Number of the fold.
    """

    network: Network
    training: Batch
    validation: Batch | None
    test: Batch
    seed: int
    fold: int = 0

    def plan(self, settings: Settings) -> Plan:
        """Return the sizes of a run on the part alone."""
        n, parts = len(self.training.weight), settings.accumulate
        size = min(settings.batch_size, -(-n // parts) * parts)
        return Plan(n, size, settings.shuffle)


def alike(parts: Sequence[Part], settings: Settings) -> list[tuple[Network, list[int]]]:
    """Return which parts one program can serve, each with the widest network of them.

    Parts must take as many steps an epoch; where training draws random numbers for each
    row of a batch, batches must be of one size.

    Args:
        parts: The examples.
        settings: Of the runs.
    """
    groups: dict[Any, list[int]] = {}
    is_random = bool(settings.mix_up)
    for number, part in enumerate(parts):
        plan, network = part.plan(settings), part.network
        size = plan.batch_size if network.is_random or is_random else None
        base = network.with_input_shape(None) if can_widen(network) else network
        key = base, plan.n_steps, size, part.validation is None
        groups.setdefault(key, []).append(number)
    return [
        (max((parts[i].network for i in numbers), key=_width), numbers)
        for numbers in groups.values()
    ]


def can_widen(network: Network) -> bool:
    """Say whether inputs that are always 0 change nothing: a Dense layer comes first.

    Example:
        >>> can_widen(Network([Dense(2)], (3,)))
        True
    """
    shape = network.input_shape
    is_row = isinstance(shape, tuple) and len(shape) == 1
    return is_row and bool(network.layers) and isinstance(network.layers[0], Dense)


def _width(network: Network) -> int:
    shape = network.input_shape
    return shape[0] if isinstance(shape, tuple) and shape else 0


def spread_out(parts: Sequence[Part], shape: Any) -> list[Part]:
    """Return parts with as many rows and inputs each.

    Args:
        parts: Of one program.
        shape: Of an input of the widest network.
    """
    batches = [(part.training, part.validation, part.test) for part in parts]
    columns = list(zip(*batches, strict=True))
    # One row more for training, whose last batch is filled up with a row of weight 0.
    extra = (1, 0, 0)
    filled = [_equal(of, shape, more) for of, more in zip(columns, extra, strict=True)]
    return [
        part._replace(training=training, validation=validation, test=test)
        for part, training, validation, test in zip(parts, *filled, strict=True)
    ]


def _equal(batches: Iterable[Batch | None], shape: Any, more: int) -> list[Any]:
    known = list(batches)
    most = max((len(batch.weight) for batch in known if batch is not None), default=0)
    return [batch and filled(batch, most + more, shape) for batch in known]


def filled(batch: Batch, n: int, shape: Any = None) -> Batch:
    """Return a batch of n rows, the new ones copies of row 0 with weight 0.

    Args:
        batch: Some examples.
        n: How many rows.
        shape: Of an input, if inputs of 0 are to be added.
    """
    missing = n - len(batch.weight)

    def longer(array: np.ndarray) -> np.ndarray:
        return np.concatenate([array, np.repeat(array[:1], missing, axis=0)])

    x, y = jax.tree.map(longer, (batch.x, batch.y))
    if isinstance(x, np.ndarray) and shape is not None and x.shape[1:] != shape:
        x = np.pad(x, ((0, 0), (0, shape[0] - x.shape[1])))
    return Batch(x, y, np.append(batch.weight, np.zeros(missing, np.float32)))


def wider(variables: dict[str, Any], shapes: Any) -> dict[str, Any]:
    """Return start values with zeros for further inputs.

    Args:
        variables: Of the network for fewer inputs.
        shapes: Of the variables of the network for more inputs.

    Example:
        >>> wide = wider({"w": np.ones((1, 2))}, {"w": np.empty((3, 2))})
        >>> wide["w"].tolist()
        [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]
    """

    def padded(array: Any, wanted: Any) -> np.ndarray:
        pairs = zip(wanted.shape, array.shape, strict=True)
        return np.pad(array, [(0, new - old) for new, old in pairs])

    return jax.tree.map(padded, variables, shapes)


def narrower(variables: dict[str, Any], shapes: Any) -> dict[str, Any]:
    """Return trained values without those of further inputs."""

    def cut(array: np.ndarray, wanted: Any) -> np.ndarray:
        return array[tuple(slice(n) for n in wanted.shape)]

    return jax.tree.map(cut, variables, shapes)
